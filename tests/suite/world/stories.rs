//! What people do in a world, one verb each: found, join, post, say who may.
//!
//! Each verb builds the draft that a client would send and asks for it. A verb that returns no `Result` is
//! for cases in which it cannot be refused.

use kith_core::body::Bodies;
use kith_core::command::{Actor, CommandKind};
use kith_core::community::{self, Blueprint, Founder};
use kith_core::gate;
use kith_core::ids::{ChannelId, CommandId, CommunityId, MemberId, MessageId, PersonId};
use kith_core::member::Standing;
use kith_core::message::{self, Mentions, Part, Sort};
use kith_runtime::draft::{AskError, Draft, Reply};
use kith_runtime::host::{FirstOwner, Operator};

use super::World;

/// A founded community: its id, its owner and where they talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// The community.
    pub(crate) id: CommunityId,
    /// Its owner.
    pub(crate) owner: MemberId,
    /// Its first channel in the operator's order.
    pub(crate) channel: ChannelId,
}

impl World {
    /// A draft with a fresh id.
    pub(crate) fn draft(&self, id: CommunityId, actor: Actor, kind: impl Into<CommandKind>) -> Draft {
        Draft::new(self.mint().command(self.now_ms()), id, actor, kind)
    }

    /// Asks for a command that needs no bodies.
    pub(crate) fn ask_as(
        &self,
        id: CommunityId,
        actor: Actor,
        kind: impl Into<CommandKind>,
    ) -> Result<Reply, AskError> {
        self.ask(self.draft(id, actor, kind))
    }

    /// The same as a member.
    pub(crate) fn ask_member(
        &self,
        id: CommunityId,
        member: MemberId,
        kind: impl Into<CommandKind>,
    ) -> Result<Reply, AskError> {
        self.ask_as(id, Actor::Member(member), kind)
    }

    /// Founds a community with an owner who goes by "founder".
    pub(crate) fn found(&self, name: &str, blueprint: &Blueprint) -> Place {
        let draft = self.founding(name, blueprint);
        let (id, owner) = (draft.community, MemberId::of(draft.id, 0));
        self.ask(draft).expect("a community can be founded");
        let channel =
            self.view(id, |community| community.channels.listed().first().map(|channel| channel.id));
        Place { id, owner, channel: channel.expect("a community has a channel") }
    }

    /// Founds a community with a person of the host as its owner.
    pub(crate) fn found_by(&self, name: &str, blueprint: &Blueprint, owner: PersonId) -> Place {
        let first = FirstOwner { person: owner, nickname: "founder".to_owned() };
        let id = self.wait(async {
            let operator = Operator::start(self.engine(), self.mint()).await?;
            operator.create(name, blueprint.clone(), Some(first)).await
        });
        let id = id.expect("a community can be founded");
        let (owner, channel) = self.view(id, move |community| {
            let owner = community.members.of_person(owner).map(|row| row.id);
            (owner, community.channels.listed().first().map(|channel| channel.id))
        });
        Place { id, owner: owner.expect("it has an owner"), channel: channel.expect("it has a channel") }
    }

    /// The draft that founds a community; its owner is `MemberId::of(draft.id, 0)`.
    pub(crate) fn founding(&self, name: &str, blueprint: &Blueprint) -> Draft {
        let at_ms = self.now_ms();
        let (id, community) = (self.mint().command(at_ms), CommunityId(self.mint().bits(at_ms)));
        let mut bodies = Bodies::default();
        let nickname = self.mint().text(&mut bodies, at_ms, MemberId::of(id, 0), "founder");
        let founder = Founder { person: self.person(), nickname };
        let create = community::Command::Create {
            name: name.to_owned(),
            blueprint: Box::new(blueprint.clone()),
            founder: Some(founder),
        };
        Draft::new(id, community, Actor::Host, create).with_bodies(bodies)
    }

    /// Somebody new.
    pub(crate) fn person(&self) -> PersonId {
        PersonId(self.mint().bits(self.now_ms()))
    }

    /// Somebody asks to join with nothing but a nickname; where they stand afterwards.
    pub(crate) fn knock(
        &self,
        id: CommunityId,
        person: PersonId,
        nickname: &str,
    ) -> Result<(MemberId, Standing), AskError> {
        let at_ms = self.now_ms();
        let command: CommandId = self.mint().command(at_ms);
        let applicant = self.look(id, move |stream| gate::applicant_id(stream, person, command))?;
        let mut bodies = Bodies::default();
        let nickname = self.mint().text(&mut bodies, at_ms, applicant, nickname);
        let join = gate::Command::RequestJoin {
            nickname,
            card: Default::default(),
            answers: Default::default(),
            invite: None,
            source: String::new(),
        };
        self.ask(Draft::new(command, id, Actor::Person(person), join).with_bodies(bodies))?;
        let row = self.look(id, move |stream| {
            stream.community().and_then(|community| community.members.of_person(person)).cloned()
        })?;
        let row = row.expect("whoever asks has a row");
        Ok((row.id, row.standing))
    }

    /// Somebody new joins an open community.
    pub(crate) fn join(&self, id: CommunityId, nickname: &str) -> MemberId {
        let (member, standing) = self.knock(id, self.person(), nickname).expect("the gate is open");
        assert_eq!(standing, Standing::Active, "the gate is open");
        member
    }

    /// The draft of a message with one text.
    pub(crate) fn message(&self, id: CommunityId, channel: ChannelId, member: MemberId, text: &str) -> Draft {
        let mut bodies = Bodies::default();
        let parts = vec![text_part(self, &mut bodies, member, text)];
        let mentions = Mentions::default();
        let post = message::Command::Post { channel, parts, reply_to: None, sort: Sort::Talk, mentions };
        self.draft(id, Actor::Member(member), post).with_bodies(bodies)
    }

    /// Posts a text; the message has the bits of the command.
    pub(crate) fn post(&self, place: Place, member: MemberId, text: &str) -> Result<MessageId, AskError> {
        let draft = self.message(place.id, place.channel, member, text);
        let message = MessageId(draft.id.0);
        self.ask(draft).map(|_| message)
    }

    /// Gives a message another text.
    pub(crate) fn edit(
        &self,
        place: Place,
        member: MemberId,
        message: MessageId,
        text: &str,
    ) -> Result<Reply, AskError> {
        let mut bodies = Bodies::default();
        let parts = vec![text_part(self, &mut bodies, member, text)];
        let edit = message::Command::Edit { message, parts };
        self.ask(self.draft(place.id, Actor::Member(member), edit).with_bodies(bodies))
    }
}

/// A text part whose body is put among `bodies`.
pub(crate) fn text_part(world: &World, bodies: &mut Bodies, owner: MemberId, text: &str) -> Part {
    Part::Text { body: world.mint().text(bodies, world.now_ms(), owner, text) }
}
