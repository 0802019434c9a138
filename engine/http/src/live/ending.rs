//! When a stream has to end though nobody closed it: the server stops, or the token or session that opened it
//! is revoked, runs out, or is of somebody who may not act any more.
//!
//! One task reads what the host records and tells all streams what has ended. What somebody may in their
//! community is another matter: `rights`.

use std::pin::Pin;
use std::sync::OnceLock;
use std::time::Duration;

use kith_core::event::Event;
use kith_core::host;
use kith_core::host::noun::{PersonEvent, SessionEvent, TokenEvent};
use kith_core::ids::{CommunityId, PersonId, SessionId, TokenId};
use kith_core::ports::NewRecord;
use kith_core::record::Record;
use kith_runtime::engine::Engine;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio::time::{Sleep, sleep};

use super::hub::Closing;
use crate::caller::{Caller, Identity};
use crate::past::Follow;
use crate::problem::Problem;

/// Ends that a stream may lag behind before it ends itself.
const BEHIND_MAX: usize = 256;

/// What lets nobody listen any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Token(TokenId),
    Session(SessionId),
    Person(PersonId),
    /// The host's records cannot be followed: it is not known what ended.
    Unknown,
}

/// Tells what ends on the host.
#[derive(Default)]
pub(crate) struct Endings(OnceLock<broadcast::Sender<Ended>>);

impl Endings {
    /// What ends from now on.
    fn listen(&self, engine: &Engine) -> broadcast::Receiver<Ended> {
        let sender = self.0.get_or_init(|| {
            let (sender, _) = broadcast::channel(BEHIND_MAX);
            let seq = engine.ports().records.head(CommunityId::HOST).map_or(0, |head| head.seq);
            let host = Follow::after(engine, CommunityId::HOST, seq);
            tokio::spawn(tell(host, sender.clone()));
            sender
        });
        sender.subscribe()
    }
}

async fn tell(mut host: Follow, sender: broadcast::Sender<Ended>) {
    while let Ok(records) = host.next().await {
        for ended in records.iter().flat_map(ended_by) {
            // Nobody may be listening.
            let _ = sender.send(ended);
        }
    }
    let _ = sender.send(Ended::Unknown);
}

/// What a record of the host puts an end to.
fn ended_by(stored: &NewRecord) -> Vec<Ended> {
    let Ok(record) = Record::decode(&stored.bytes) else { return vec![Ended::Unknown] };
    let ended = record.events.iter().flat_map(|event| match event {
        Event::Host(host::Event::Token(TokenEvent::Revoked { old })) => vec![Ended::Token(old.id)],
        Event::Host(host::Event::Session(
            SessionEvent::SignedOut { sessions: gone } | SessionEvent::SignedIn { gone, .. },
        )) => gone.iter().copied().map(Ended::Session).collect(),
        Event::Host(host::Event::Person(PersonEvent::Suspended { person })) => vec![Ended::Person(*person)],
        _ => Vec::new(),
    });
    ended.collect()
}

/// The end of one stream.
pub(crate) struct Ending {
    closing: watch::Receiver<Closing>,
    ended: broadcast::Receiver<Ended>,
    by: Vec<Ended>,
    /// How long token or session last.
    lasts: Option<Pin<Box<Sleep>>>,
}

impl Ending {
    /// The end of a stream that a caller opens; refuses one whose time is over already.
    pub(crate) async fn of(caller: &Caller) -> Result<Self, Problem> {
        let (hub, engine) = (&caller.place.hub, &caller.place.engine);
        let closing = hub.closing();
        // First listen, then look: nothing ends in between unseen.
        let ended = hub.endings.listen(engine);
        let (identity, now_ms) = (caller.identity.clone(), caller.place.now_ms());
        let by = match &identity {
            Identity::Stranger => Vec::new(),
            Identity::Token(grant) => {
                let person = caller.person().map(Ended::Person);
                [Ended::Token(grant.token)].into_iter().chain(person).collect()
            }
            Identity::Session { session, person, .. } => {
                vec![Ended::Session(*session), Ended::Person(*person)]
            }
        };
        let look = move |stream: &kith_core::stream::Stream| match (stream.host(), &identity) {
            (_, Identity::Stranger) => Some(None),
            (Some(host), Identity::Token(grant)) => {
                host::token_in_force(host, grant.token, now_ms).map(|token| token.expires_ms)
            }
            (Some(host), Identity::Session { session, .. }) => {
                host::session_in_force(host, *session, now_ms).map(|session| Some(session.expires_ms))
            }
            (None, _) => None,
        };
        let expires_ms = engine.view(CommunityId::HOST, look).await?.ok_or_else(Problem::unauthenticated)?;
        let lasts = expires_ms.map(|at_ms| Duration::from_millis(at_ms.saturating_sub(now_ms)));
        Ok(Self { closing, ended, by, lasts: lasts.map(|lasts| Box::pin(sleep(lasts))) })
    }

    /// Comes back once the stream has to end. May be dropped and asked again.
    pub(crate) async fn comes(&mut self) {
        let Self { closing, ended, by, lasts } = self;
        let over = async {
            match lasts {
                Some(sleep) => sleep.await,
                None => std::future::pending().await,
            }
        };
        let told = async {
            loop {
                match ended.recv().await {
                    Ok(one) if one != Ended::Unknown && !by.contains(&one) => {}
                    Ok(_) | Err(RecvError::Lagged(_) | RecvError::Closed) => return,
                }
            }
        };
        tokio::select! {
            // Whoever ends the server may be gone with it.
            _ = closing.wait_for(|closing| *closing == Closing::Closed) => {}
            () = over => {}
            () = told => {}
        }
    }
}
