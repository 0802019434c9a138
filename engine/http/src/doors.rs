//! Doors: whom a secret lets in, which community bears a name, who a person is there.
//!
//! The host's stream knows; asking it for every request would make one mailbox the bottleneck of all. So
//! answers are kept for as long as the host's stream has no new record, and no longer than `KEPT_MS`, since
//! tokens and sessions also end by the clock. What is kept is bounded: beyond it everything is asked again.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kith_core::gate;
use kith_core::host::{self, Grant, SecretHash};
use kith_core::ids::{CommandId, CommunityId, MemberId, PersonId, SessionId};
use kith_core::stream::Stream;
use kith_runtime::draft::AskError;
use kith_runtime::engine::Engine;

/// How long an answer is kept at most.
const KEPT_MS: u64 = 5_000;
/// Answers of one kind that are kept.
const KEPT_MAX: usize = 50_000;

/// A session and whose it is.
type Signed = (SessionId, PersonId);

/// What is known of the host at one of its records.
#[derive(Default)]
struct Kept {
    host_seq: u64,
    grants: HashMap<[u8; 32], (u64, Option<Arc<Grant>>)>,
    sessions: HashMap<[u8; 32], (u64, Option<Signed>)>,
    names: HashMap<String, (u64, Option<CommunityId>)>,
}

/// The doors of a place.
pub(crate) struct Doors {
    engine: Engine,
    kept: Mutex<Kept>,
    members: Mutex<HashMap<(CommunityId, PersonId), MemberId>>,
}

impl Doors {
    pub(crate) fn new(engine: Engine) -> Self {
        Self { engine, kept: Mutex::default(), members: Mutex::default() }
    }

    /// What a token's secret grants.
    pub(crate) async fn grant(&self, secret: &str) -> Result<Option<Arc<Grant>>, AskError> {
        let (hash, now_ms) = (SecretHash::of(secret), self.now_ms());
        if let Some(grant) = fresh(&self.kept().grants, &hash.0, now_ms) {
            return Ok(grant);
        }
        let found = self.ask(move |host| host::authenticate(host, &hash, now_ms)).await?.map(Arc::new);
        keep(&mut self.kept().grants, hash.0, (now_ms, found.clone()));
        Ok(found)
    }

    /// Whose session a cookie's secret is.
    pub(crate) async fn session(&self, secret: &str) -> Result<Option<(SessionId, PersonId)>, AskError> {
        let (hash, now_ms) = (SecretHash::of(secret), self.now_ms());
        if let Some(session) = fresh(&self.kept().sessions, &hash.0, now_ms) {
            return Ok(session);
        }
        let found = self.ask(move |host| host::authenticate_session(host, &hash, now_ms)).await?;
        keep(&mut self.kept().sessions, hash.0, (now_ms, found));
        Ok(found)
    }

    /// The community of a name or id; whether it exists at all is for its stream to say.
    pub(crate) async fn community(&self, name: &str) -> Result<Option<CommunityId>, AskError> {
        if let Ok(id) = name.parse::<CommunityId>() {
            return Ok(Some(id).filter(|id| *id != CommunityId::HOST));
        }
        let now_ms = self.now_ms();
        if let Some(id) = fresh(&self.kept().names, name, now_ms) {
            return Ok(id);
        }
        let wanted = name.to_owned();
        let found = self.ask(move |host| host.communities.named(&wanted).map(|row| row.id)).await?;
        if found.is_some() {
            keep(&mut self.kept().names, name.to_owned(), (now_ms, found));
        }
        Ok(found)
    }

    /// Who a person is in a community, or would be if the command were their application.
    pub(crate) async fn member(
        &self,
        community: CommunityId,
        person: PersonId,
        command: CommandId,
    ) -> Result<MemberId, AskError> {
        if let Some(member) = lock(&self.members).get(&(community, person)) {
            return Ok(*member);
        }
        let look = move |stream: &Stream| {
            let known = stream.community().is_some_and(|it| it.members.of_person(person).is_some());
            (gate::applicant_id(stream, person, command), known)
        };
        let (member, is_known) = self.engine.view(community, look).await?;
        if is_known {
            keep(&mut lock(&self.members), (community, person), member);
        }
        Ok(member)
    }

    /// Forgets who a person is in a community: it turned out to be otherwise.
    pub(crate) fn forget_member(&self, community: CommunityId, person: PersonId) {
        lock(&self.members).remove(&(community, person));
    }

    async fn ask<T: Send + 'static>(
        &self,
        look: impl FnOnce(&host::Host) -> Option<T> + Send + 'static,
    ) -> Result<Option<T>, AskError> {
        self.engine.view(CommunityId::HOST, |stream| stream.host().and_then(look)).await
    }

    /// What is kept, emptied if the host has recorded anything since.
    fn kept(&self) -> MutexGuard<'_, Kept> {
        let host_seq = self.engine.ports().records.head(CommunityId::HOST).map_or(0, |head| head.seq);
        let mut kept = lock(&self.kept);
        if kept.host_seq != host_seq {
            *kept = Kept { host_seq, ..Kept::default() };
        }
        kept
    }

    fn now_ms(&self) -> u64 {
        self.engine.ports().clock.wall_ms()
    }
}

fn fresh<K: Eq + Hash + std::borrow::Borrow<Q>, Q: Eq + Hash + ?Sized, V: Clone>(
    rows: &HashMap<K, (u64, V)>,
    key: &Q,
    now_ms: u64,
) -> Option<V> {
    rows.get(key).filter(|(at_ms, _)| now_ms.saturating_sub(*at_ms) < KEPT_MS).map(|(_, value)| value.clone())
}

fn keep<K: Eq + Hash, V>(rows: &mut HashMap<K, V>, key: K, value: V) {
    if rows.len() >= KEPT_MAX {
        rows.clear();
    }
    rows.insert(key, value);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
