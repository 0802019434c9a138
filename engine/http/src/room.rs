//! A room: one community as one caller may use it. Every command and every look of the API and the pages
//! goes through here, so that token scope, membership and keys are minded in one place.

use std::sync::Arc;

use kith_core::body::{Bodies, BodyRef};
use kith_core::command::{Actor, CommandKind, Key};
use kith_core::ids::{CommandId, CommunityId, MemberId};
use kith_core::member::{Member, Standing};
use kith_core::refusal::Refusal;
use kith_core::role::Permission;
use kith_core::stream::{Community, Stream};
use kith_runtime::draft::{AskError, Asker, Draft, Reply};
use kith_runtime::mint::Mint;
use kith_runtime::undo::{Asked, Mode, Report};

use crate::caller::{Caller, Identity};
use crate::problem::Problem;

/// One community as one caller may use it.
#[derive(Clone)]
pub(crate) struct Room {
    pub(crate) caller: Caller,
    pub(crate) id: CommunityId,
}

/// What a command is written with: its texts become bodies of whoever they belong to.
pub(crate) struct Ink<'a> {
    /// The command's id: what it creates has its bits.
    pub(crate) id: CommandId,
    /// Whose words they are unless somebody else is named.
    pub(crate) owner: MemberId,
    mint: &'a Mint,
    bodies: &'a mut Bodies,
}

impl Ink<'_> {
    /// A text of the caller's own.
    pub(crate) fn text(&mut self, text: &str) -> BodyRef {
        self.text_of(self.owner, text)
    }

    /// A text that belongs to somebody else, such as the reason why they were removed.
    pub(crate) fn text_of(&mut self, owner: MemberId, text: &str) -> BodyRef {
        self.mint.text(self.bodies, self.id.at_ms(), owner, text)
    }
}

/// What a look is given.
#[derive(Clone, Copy)]
pub(crate) struct Sight<'a> {
    pub(crate) stream: &'a Stream,
    pub(crate) community: &'a Community,
    /// The caller as a member, whatever their standing; nobody for strangers and the host.
    pub(crate) me: Option<&'a Member>,
    /// Whether the caller is the operator of the process, who sees everything.
    pub(crate) is_host: bool,
    pub(crate) scope: Option<&'a std::collections::BTreeSet<Permission>>,
}

impl<'a> Sight<'a> {
    /// Whether the caller may do something, as a member inside and within their token.
    pub(crate) fn may(&self, permission: Permission) -> bool {
        let within = self.scope.is_none_or(|scope| scope.contains(&permission));
        within && (self.is_host || self.inside().is_some_and(|me| self.community.roles.allow(me, permission)))
    }

    /// The caller, if they are inside.
    pub(crate) fn inside(&self) -> Option<&'a Member> {
        self.me.filter(|me| matches!(me.standing, Standing::Active | Standing::Bot))
    }

    /// Refuses whoever is not inside.
    pub(crate) fn need_inside(&self) -> Result<(), Refusal> {
        if self.is_host || self.inside().is_some() { Ok(()) } else { Err(Refusal::NotAMember) }
    }

    /// Refuses a caller who may not.
    pub(crate) fn need(&self, permission: Permission) -> Result<(), Refusal> {
        if self.may(permission) {
            return Ok(());
        }
        if self.scope.is_some_and(|scope| !scope.contains(&permission)) {
            return Err(Refusal::ScopeTooNarrow { permission: permission.code().to_owned() });
        }
        if self.inside().is_none() {
            return Err(Refusal::NotAMember);
        }
        Err(Refusal::PermissionMissing { permission: permission.code().to_owned() })
    }
}

impl Caller {
    /// The community that a path names. What a caller's token does not reach is not found.
    pub(crate) async fn room(&self, name: &str) -> Result<Room, Problem> {
        let id = self.place.doors.community(name).await?;
        let id = id.filter(|id| self.reaches(*id)).ok_or(Refusal::CommunityNotFound)?;
        Ok(Room { caller: self.clone(), id })
    }
}

impl Room {
    /// Asks for a command and waits until its outcome is durable. A retry under the same key and with the
    /// same input gives the first outcome.
    pub(crate) async fn ask<K: Into<CommandKind>>(
        &self,
        input: &[u8],
        write: impl FnOnce(&mut Ink<'_>) -> K,
    ) -> Result<Reply, Problem> {
        let (place, actor) = (&self.caller.place, self.caller.acting()?);
        let id = place.mint.command(place.now_ms());
        let owner = match actor {
            Actor::Person(person) => place.doors.member(self.id, person, id).await?,
            Actor::Member(member) => member,
            _ => MemberId::of(id, 0),
        };
        let mut bodies = Bodies::default();
        let mut ink = Ink { id, owner, mint: &place.mint, bodies: &mut bodies };
        let kind = write(&mut ink).into();
        let mut draft = Draft::new(id, self.id, actor, kind).with_bodies(bodies);
        draft.scope = self.caller.scope();
        draft.key = self.key(input)?;
        let asked = place.engine.ask(draft).await;
        if let (Err(AskError::Refused(Refusal::BodyMissing)), Actor::Person(person)) = (&asked, actor) {
            place.doors.forget_member(self.id, person);
        }
        Ok(asked?)
    }

    /// Lists what a version of a script did, or takes it back in the caller's own name.
    pub(crate) async fn undo(
        &self,
        (script, version): (String, u32),
        since_ms: Option<u64>,
        mode: Mode,
    ) -> Result<Report, Problem> {
        let actor = match mode {
            Mode::Plan => self.caller.actor()?,
            Mode::Carry => self.caller.acting()?,
        };
        let by = Asker { actor, scope: self.caller.scope() };
        let asked = Asked { community: self.id, script, version, since_ms, mode, by };
        let place = &self.caller.place;
        Ok(place.engine.undo(asked, &place.mint, Box::new(|_, _| {})).await?)
    }

    fn key(&self, input: &[u8]) -> Result<Option<Key>, Problem> {
        let Some(text) = self.caller.key.clone() else { return Ok(None) };
        let pepper = self.caller.place.engine.ports().keys.pepper(self.id)?;
        let input = [self.caller.target.as_bytes(), b"\n", input].concat();
        Ok(Some(Key::new(text, &pepper, &input)))
    }

    /// Looks at the community; the answer rests on durable records only.
    pub(crate) async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(Sight<'_>) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Problem> {
        let (person, is_host) = (self.caller.person(), self.caller.is_host());
        let grant = match &self.caller.identity {
            Identity::Token(grant) => Some(Arc::clone(grant)),
            Identity::Stranger | Identity::Session { .. } => None,
        };
        let seen = self.caller.place.engine.view(self.id, move |stream| {
            let community = stream.community().ok_or(Refusal::CommunityNotFound)?;
            let me = person.and_then(|person| community.members.of_person(person));
            look(Sight { stream, community, me, is_host, scope: grant.as_deref().map(|grant| &grant.scope) })
        });
        Ok(seen.await??)
    }
}
