//! What the operator does with the host, as the command line needs it: each step can be repeated.
//!
//! A community is founded in three records: its name is taken in the host's stream (`founding`), its own
//! stream begins, the host's row is confirmed (`open`). Whoever is cut off in between asks the same again and
//! goes on where it was. Suspending and removing are hand-offs; they wait here until the community has
//! answered.

mod sign_in;

pub use sign_in::{NewToken, Seen, SessionWish};

use std::io::{Read, Seek};
use std::sync::Arc;
use std::time::Duration;

use kith_core::body::Bodies;
use kith_core::command::{Actor, CommandKind};
use kith_core::community::{self, Blueprint, Founder};
use kith_core::host::noun::{PersonCommand, RegistryCommand};
use kith_core::host::{self, Row, State, Wanted};
use kith_core::ids::{CommunityId, MemberId, PersonId};
use kith_core::refusal::Refusal;

use crate::draft::{AskError, Draft, Reply};
use crate::engine::Engine;
use crate::mint::Mint;
use crate::transfer::{self, Summary, TransferError};

/// How often a hand-off's answer is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// How many times, before the in-between state is reported instead.
const LOOKS_MAX: u32 = 2_000;

/// The operator at work, or a person who minds what is theirs.
#[derive(Clone, Copy)]
pub struct Operator<'a> {
    engine: &'a Engine,
    mint: &'a Mint,
    actor: Actor,
}

/// Who founds a community.
#[derive(Debug, Clone)]
pub struct FirstOwner {
    /// The person.
    pub person: PersonId,
    /// The nickname they go by there.
    pub nickname: String,
}

/// Why a community was not brought in.
#[derive(Debug, thiserror::Error)]
pub enum BringError {
    /// The host says no.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The file or the log says no.
    #[error(transparent)]
    Transfer(#[from] TransferError),
}

impl<'a> Operator<'a> {
    /// Founds the host's stream if it is new.
    pub async fn start(engine: &'a Engine, mint: &'a Mint) -> Result<Self, AskError> {
        let operator = Self::of(engine, mint);
        let founded = operator.ask(CommunityId::HOST, host::Command::Found).await;
        unless(founded, &Refusal::NothingToChange)?;
        Ok(operator)
    }

    /// The operator of a host that was founded before.
    pub fn of(engine: &'a Engine, mint: &'a Mint) -> Self {
        Self { engine, mint, actor: Actor::Host }
    }

    /// A person in the operator's place: the host refuses them what is not their own.
    #[must_use]
    pub fn in_the_name_of(self, person: PersonId) -> Self {
        Self { actor: Actor::Person(person), ..self }
    }

    /// Asks the host, or a community for what only its host may ask.
    pub async fn ask(&self, to: CommunityId, kind: impl Into<CommandKind>) -> Result<Reply, AskError> {
        let id = self.mint.command(self.engine.ports().clock.wall_ms());
        self.engine.ask(Draft::new(id, to, self.actor, kind)).await
    }

    /// Registers a person.
    pub async fn register_person(&self, name: Option<&str>) -> Result<PersonId, AskError> {
        let at_ms = self.engine.ports().clock.wall_ms();
        let id = self.mint.command(at_ms);
        let person = PersonId(id.0);
        let mut bodies = Bodies::default();
        let name = name.map(|name| self.mint.text(&mut bodies, at_ms, host::name_owner(person), name));
        let draft = Draft::new(id, CommunityId::HOST, self.actor, PersonCommand::Register { name });
        self.engine.ask(draft.with_bodies(bodies)).await?;
        Ok(person)
    }

    /// The community that bears a name.
    pub async fn resolve(&self, name: &str) -> Result<Option<Row>, AskError> {
        let name = name.to_owned();
        let look = move |host: &host::Host| host.communities.named(&name).cloned();
        self.look(look).await.map(Option::flatten)
    }

    /// Every community of the host.
    pub async fn communities(&self) -> Result<Vec<Row>, AskError> {
        let rows = self.look(|host| host.communities.iter().cloned().collect()).await?;
        Ok(rows.unwrap_or_default())
    }

    async fn row(&self, community: CommunityId) -> Result<Option<Row>, AskError> {
        self.look(move |host| host.communities.get(community).cloned()).await.map(Option::flatten)
    }

    async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&host::Host) -> T + Send + 'static,
    ) -> Result<Option<T>, AskError> {
        self.engine.view(CommunityId::HOST, |stream| stream.host().map(look)).await
    }

    /// Creates a community, or goes on with a creation that was cut off.
    pub async fn create(
        &self,
        name: &str,
        blueprint: Blueprint,
        owner: Option<FirstOwner>,
    ) -> Result<CommunityId, AskError> {
        let community = self.take_name(name).await?;
        let at_ms = self.engine.ports().clock.wall_ms();
        let id = self.mint.command(at_ms);
        let mut bodies = Bodies::default();
        let founder = owner.map(|owner| Founder {
            person: owner.person,
            nickname: self.mint.text(&mut bodies, at_ms, MemberId::of(id, 0), &owner.nickname),
        });
        let kind =
            community::Command::Create { name: name.to_owned(), blueprint: Box::new(blueprint), founder };
        let created = self.engine.ask(Draft::new(id, community, self.actor, kind).with_bodies(bodies)).await;
        unless(created, &Refusal::CommunityExists)?;
        self.confirm(community).await?;
        Ok(community)
    }

    /// Takes a name for a community whose stream somebody else begins, such as a re-enactment. The id is
    /// that of a creation cut off under the name, or a new one; `confirm` it once the stream is there.
    pub async fn take_name(&self, name: &str) -> Result<CommunityId, AskError> {
        let begun = |row: &Row| matches!(row.state, State::Founding | State::Lapsed) && row.name == name;
        if let Some(row) = self.communities().await?.into_iter().find(begun) {
            return Ok(row.id);
        }
        let community = CommunityId(self.mint.bits(self.engine.ports().clock.wall_ms()));
        let name = name.to_owned();
        self.ask(CommunityId::HOST, RegistryCommand::Register { community, name }).await?;
        Ok(community)
    }

    /// Tells the host that a stream is there. Repeating it changes nothing.
    pub async fn confirm(&self, community: CommunityId) -> Result<(), AskError> {
        let confirmed = self.ask(CommunityId::HOST, RegistryCommand::Confirm { community }).await;
        unless(confirmed, &Refusal::NothingToChange)
    }

    /// Suspends, resumes or removes a community and waits for its answer. A removed one's keys are destroyed
    /// when this returns with `removed`; any other state of the row means that it is still on its way.
    pub async fn set_status(&self, community: CommunityId, status: Wanted) -> Result<Option<Row>, AskError> {
        self.ask(CommunityId::HOST, RegistryCommand::SetStatus { community, status }).await?;
        self.settled(community).await
    }

    /// Gives a community another name and waits for its answer.
    pub async fn rename(&self, community: CommunityId, name: &str) -> Result<Option<Row>, AskError> {
        let name = name.to_owned();
        self.ask(CommunityId::HOST, RegistryCommand::Rename { community, name }).await?;
        self.settled(community).await
    }

    async fn settled(&self, community: CommunityId) -> Result<Option<Row>, AskError> {
        let mut row = None;
        for _ in 0..LOOKS_MAX {
            row = self.row(community).await?;
            let answered = row.as_ref().is_none_or(|row| row.asked.is_none());
            if answered && self.engine.view(community, |stream| stream.erasures.is_empty()).await? {
                break;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(row)
    }

    /// Brings a community in from a file of another host: verified first, then its name is taken, then it is
    /// written.
    pub async fn bring<F: Read + Seek + Send + 'static>(&self, mut file: F) -> Result<Summary, BringError> {
        let (found, mut file) =
            blocking(move || transfer::verify(&mut file).map(|found| (found, file))).await?;
        match self.row(found.community).await? {
            Some(row) if matches!(row.state, State::Founding | State::Lapsed) => {}
            Some(_) => return Err(TransferError::Exists(found.community).into()),
            None => {
                let (community, name) = (found.community, found.name.clone());
                self.ask(CommunityId::HOST, RegistryCommand::Register { community, name }).await?;
            }
        }
        // No writer may have the stream open while frames are appended beside it.
        self.engine.rest(found.community).await;
        let ports = self.engine.ports();
        let (records, at_ms) = (Arc::clone(&ports.records), ports.clock.wall_ms());
        blocking(move || {
            file.rewind()?;
            transfer::import(records.as_ref(), &mut file, at_ms)
        })
        .await?;
        self.confirm(found.community).await?;
        Ok(found)
    }
}

fn unless(asked: Result<Reply, AskError>, fine: &Refusal) -> Result<(), AskError> {
    match asked {
        Ok(_) => Ok(()),
        Err(AskError::Refused(refusal)) if refusal == *fine => Ok(()),
        Err(error) => Err(error),
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, TransferError> + Send + 'static,
) -> Result<T, TransferError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|panic| Err(TransferError::Io(std::io::Error::other(panic))))
}
