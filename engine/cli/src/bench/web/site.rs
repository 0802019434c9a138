//! A served host with people who have tokens and communities that they are members of.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use kith_core::body::Bodies;
use kith_core::command::Actor;
use kith_core::gate;
use kith_core::host::{Holder, Reach};
use kith_core::ids::{CommunityId, MemberId, PersonId};
use kith_core::role::Permission;
use kith_http::{Place, Quota, Server, Settings};
use kith_runtime::draft::{AskError, Draft};
use kith_runtime::host::{NewToken, Operator, SessionWish};
use kith_runtime::mint::Mint;
use kith_runtime::scripting::Desk;
use tokio::sync::oneshot;

use crate::bench::host::Host;
use crate::bench::run::BenchError;
use crate::bench::town::{Town, blueprint};

/// Commands that are asked for at once while it is built.
const AT_ONCE: usize = 256;

/// Somebody with a token for every community.
#[derive(Clone)]
pub(super) struct Somebody {
    pub(super) person: PersonId,
    pub(super) token: String,
}

/// A served host.
pub(super) struct Site {
    pub(super) host: Host,
    pub(super) address: SocketAddr,
    pub(super) place: Place,
    pub(super) people: Vec<Somebody>,
    pub(super) towns: Vec<Town>,
    running: Running,
}

/// A server that runs until it is told to stop.
pub(super) struct Running {
    stop: oneshot::Sender<()>,
    server: tokio::task::JoinHandle<()>,
}

impl Running {
    /// Lets a server run.
    pub(super) fn start(host: &Host, server: Server) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let server = host.runtime.spawn(server.serve(async {
            // Dropped is stopped.
            let _ = stopped.await;
        }));
        Self { stop, server }
    }

    /// Stops it and waits until it has ended.
    pub(super) fn stop(self, host: &Host) {
        // It may have ended already.
        let _ = self.stop.send(());
        let _ = host.runtime.block_on(self.server);
    }
}

fn io(source: std::io::Error) -> BenchError {
    BenchError::Io { path: "a socket".into(), source }
}

/// Any free port of loopback.
pub(super) fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// A server that answers the same to everything.
pub(super) fn bare(host: &Host, answer: &'static str) -> Result<(SocketAddr, Running), BenchError> {
    let server = host.runtime.block_on(Server::bare(loopback(), answer)).map_err(io)?;
    let address = server.address().map_err(io)?;
    Ok((address, Running::start(host, server)))
}

impl Site {
    /// Founds communities of so many people each, all the same people, and serves them.
    pub(super) fn build(data: &Path, communities: usize, people: usize) -> Result<Self, BenchError> {
        let host = Host::start(data)?;
        let mint = Arc::new(Mint::System);
        let desk = Desk {
            engine: host.engine.clone(),
            mint: Arc::clone(&mint),
            compiler: host.opened.scripting().compiler(),
        };
        let (people, towns) = host.runtime.block_on(async {
            let people = register(&host, &mint, people).await?;
            let towns = found(&host, &mint, communities, &people).await?;
            Ok::<_, BenchError>((people, towns))
        })?;
        let place = Place::new(desk, host.opened.scripting().runner(), unhurried());
        let server = host.runtime.block_on(Server::bind(loopback(), place.clone())).map_err(io)?;
        let address = server.address().map_err(io)?;
        let running = Running::start(&host, server);
        Ok(Self { host, address, place, people, towns, running })
    }

    /// Tokens of people who are nowhere yet.
    pub(super) fn newcomers(&mut self, people: usize) -> Result<Vec<String>, BenchError> {
        let registered = self.host.runtime.block_on(register(&self.host, &Mint::System, people))?;
        Ok(registered.into_iter().map(|somebody| somebody.token).collect())
    }

    /// The secret of a session of somebody's.
    pub(super) fn session(&self, person: PersonId) -> Result<String, BenchError> {
        let wish = SessionWish { label: "bench".to_owned(), lasts_ms: 3_600_000 };
        self.host.runtime.block_on(async {
            let operator = Operator::start(&self.host.engine, &Mint::System).await?;
            let (_, secret) = operator.sign_in(person, wish).await?;
            Ok(secret.text().to_owned())
        })
    }

    /// Stops the server, then the engine.
    pub(super) fn stop(self) {
        drop(self.place);
        self.running.stop(&self.host);
        self.host.stop();
    }
}

/// Limits that nobody here reaches: they are counted as ever, and turn nobody away.
fn unhurried() -> Settings {
    let quota = Quota { count: 1_000_000, window_s: 1 };
    Settings { caller_quota: quota, stranger_quota: quota, ..Settings::default() }
}

async fn register(host: &Host, mint: &Mint, people: usize) -> Result<Vec<Somebody>, AskError> {
    let operator = Operator::start(&host.engine, mint).await?;
    let mut registered = Vec::with_capacity(people);
    for number in 0..people {
        let person = operator.register_person(Some(&format!("person {number}"))).await?;
        let (_, secret) = operator
            .issue_token(NewToken {
                holder: Holder::Person(person),
                reach: Reach::All,
                permissions: Permission::ALL.iter().copied().collect(),
                label: "bench".to_owned(),
                lasts_ms: None,
            })
            .await?;
        registered.push(Somebody { person, token: secret.text().to_owned() });
    }
    Ok(registered)
}

async fn found(
    host: &Host,
    mint: &Mint,
    communities: usize,
    people: &[Somebody],
) -> Result<Vec<Town>, BenchError> {
    let operator = Operator::start(&host.engine, mint).await?;
    let mut towns = Vec::with_capacity(communities);
    for number in 0..communities {
        let id = operator.create(&format!("town-{number}"), blueprint(), None).await?;
        for group in people.chunks(AT_ONCE) {
            let mut pending = Vec::with_capacity(group.len());
            for somebody in group {
                pending.push(host.engine.post(knock(host, mint, id, somebody.person)).await?);
            }
            for one in pending {
                one.reply().await?;
            }
        }
        let town = host.engine.view(id, Town::of).await?;
        towns.push(town.ok_or(BenchError::Ask(AskError::Stopping))?);
    }
    Ok(towns)
}

/// Somebody new asks to join.
fn knock(host: &Host, mint: &Mint, community: CommunityId, person: PersonId) -> Draft {
    let now_ms = host.engine.ports().clock.wall_ms();
    let command = mint.command(now_ms);
    let mut bodies = Bodies::default();
    let nickname = mint.text(&mut bodies, now_ms, MemberId::of(command, 0), "somebody");
    let request = gate::Command::RequestJoin {
        nickname,
        card: BTreeMap::new(),
        answers: BTreeMap::new(),
        invite: None,
        source: "bench".to_owned(),
    };
    Draft::new(command, community, Actor::Person(person), request).with_bodies(bodies)
}
