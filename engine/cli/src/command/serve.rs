//! `kith serve`: the API and the pages over a DATA folder, until Ctrl-C.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use kith_http::webhook::Reach;
use kith_http::{Place, Server, Settings};
use serde_json::json;

use super::Stage;
use crate::arguments::Data;
use crate::failure::{Exit, Failure};
use crate::report::{Form, Report};
use crate::session::{self, Folder, Session};
use crate::watch::Interrupt;

/// How often it is looked whether somebody wants it to end.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Serve the API and the pages, until Ctrl-C.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  kith serve --data data --listen 127.0.0.1:8080")]
pub(crate) struct Serve {
    #[command(flatten)]
    place: Data,
    /// Where to listen; in front of anything but loopback stands whatever terminates TLS
    #[arg(long, env = "KITH_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where the outside finds this server, such as https://kith.example: for links and QR codes
    #[arg(long, env = "KITH_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// How far webhooks reach: whoever may add one could else have the host ask services of its own network
    #[arg(long, env = "KITH_WEBHOOKS", value_enum, default_value_t = Webhooks::Public)]
    webhooks: Webhooks,
}

/// How far webhooks reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Webhooks {
    /// Addresses of the public internet only
    Public,
    /// The host's own network too
    Anywhere,
}

impl Webhooks {
    fn reach(self) -> Reach {
        match self {
            Self::Public => Reach::Public,
            Self::Anywhere => Reach::Anywhere,
        }
    }
}

impl Serve {
    pub(super) fn run(self, stage: &mut Stage<'_>) -> Result<Report, Failure> {
        let interrupt = Interrupt::listen()?;
        session::run(&self.place.data, Folder::Existing, async |session| {
            let server = bind(session, self.listen, self.settings()).await?;
            let address = server.address()?;
            stage.streams.say(&match stage.form {
                Form::People => format!("http://{address}\n"),
                Form::Json => format!("{}\n", json!({ "address": address.to_string() })),
            })?;
            server.serve(interrupted(&interrupt)).await;
            Ok(Report::said_already())
        })
    }

    fn settings(&self) -> Settings {
        let public_url = self.public_url.as_ref().map(|url| url.trim_end_matches('/').to_owned());
        Settings { public_url, webhooks: self.webhooks.reach(), ..Settings::default() }
    }
}

/// A server over a running engine.
pub(crate) async fn bind(
    session: &Session,
    listen: SocketAddr,
    settings: Settings,
) -> Result<Server, Failure> {
    session.operator().await?;
    let place = Place::searching(
        session.desk(),
        session.opened.scripting().runner(),
        settings,
        Some(Arc::clone(session.opened.indexing()?.search())),
    );
    let bound = Server::bind(listen, place).await;
    bound.map_err(|error| Failure::said(Exit::BadInput, "cli.listen", format!("{listen}: {error}")))
}

/// Ends once somebody wants it to.
pub(crate) async fn interrupted(interrupt: &Interrupt) {
    while !interrupt.is_set() {
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
