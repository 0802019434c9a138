//! `kith serve`: the API and the pages over a DATA folder, until Ctrl-C.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
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
}

impl Serve {
    pub(super) fn run(self, stage: &mut Stage<'_>) -> Result<Report, Failure> {
        let interrupt = Interrupt::listen()?;
        session::run(&self.place.data, Folder::Existing, async |session| {
            let server = bind(session, self.listen, self.public_url.clone()).await?;
            let address = server.address()?;
            stage.streams.say(&match stage.form {
                Form::People => format!("http://{address}\n"),
                Form::Json => format!("{}\n", json!({ "address": address.to_string() })),
            })?;
            server.serve(interrupted(&interrupt)).await;
            Ok(Report::said_already())
        })
    }
}

/// A server over a running engine.
pub(crate) async fn bind(
    session: &Session,
    listen: SocketAddr,
    public_url: Option<String>,
) -> Result<Server, Failure> {
    session.operator().await?;
    let public_url = public_url.map(|url| url.trim_end_matches('/').to_owned());
    let settings = Settings { public_url, ..Settings::default() };
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
