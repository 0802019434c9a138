//! How people of the tour ask: at the gate, in the yard, about a decision; and what they are told.

use std::collections::BTreeMap;

use kith_core::body::Bodies;
use kith_core::command::{Actor, CommandKind};
use kith_core::event::Event;
use kith_core::gate;
use kith_core::ids::{ChannelId, CommandId, HoldId, MemberId, PersonId, ReceiptId};
use kith_core::message::{self, Mentions, Part, Sort};
use kith_core::queue::{self, Receipt};
use kith_core::refusal::Refusal;
use kith_runtime::draft::Reply;
use kith_runtime::texts::Reader;

use super::Tour;
use crate::command::shown;
use crate::failure::Failure;

/// What the rules made of a message.
pub(super) struct Judged {
    pub(super) hold: Option<HoldId>,
    pub(super) receipt: Option<Receipt>,
}

impl Tour<'_, '_> {
    fn id(&self) -> CommandId {
        self.session.mint.command(self.session.now_ms())
    }

    pub(super) async fn ask(
        &self,
        actor: Actor,
        kind: impl Into<CommandKind>,
        bodies: Bodies,
    ) -> Result<Reply, Failure> {
        self.session.ask_from((self.id(), actor, bodies), self.community, kind).await
    }

    /// Somebody whom nobody knows yet.
    pub(super) async fn stranger(&self, name: &str) -> Result<PersonId, Failure> {
        Ok(self.session.operator().await?.register_person(Some(name)).await?)
    }

    /// Answers the question at the gate; says what the gate says.
    pub(super) async fn knock(&self, person: PersonId, name: &str, answer: &str) -> Result<String, Failure> {
        let id = self.id();
        let owner =
            self.session.engine.view(self.community, move |stream| gate::applicant_id(stream, person, id));
        let (owner, mint, mut bodies) = (owner.await?, &self.session.mint, Bodies::default());
        let nickname = mint.text(&mut bodies, id.at_ms(), owner, name);
        let answer = mint.text(&mut bodies, id.at_ms(), owner, answer);
        let request = gate::Command::RequestJoin {
            nickname,
            card: BTreeMap::new(),
            answers: BTreeMap::from([(self.world.question(), answer)]),
            invite: None,
            source: "link".to_owned(),
        };
        let asked = (id, Actor::Person(person), bodies);
        self.session.ask_from(asked, self.community, request).await?;
        self.notices_since(person, id.at_ms()).await
    }

    /// What somebody has been told since.
    async fn notices_since(&self, person: PersonId, since_ms: u64) -> Result<String, Failure> {
        let (language, joint) = (self.language, self.world.word("joint").to_owned());
        self.session
            .view(self.community, move |stream, community| {
                let reader = Reader { language, stream: Some(stream) };
                let row = community.members.of_person(person);
                let notices = row.map(|row| row.notices.as_slice()).unwrap_or_default();
                let since = notices.iter().filter(|notice| notice.at_ms >= since_ms);
                since.map(|it| shown::printable(&reader.render(&it.text))).collect::<Vec<_>>().join(&joint)
            })
            .await
    }

    /// The member that a person is.
    pub(super) async fn member(&self, person: PersonId) -> Result<MemberId, Failure> {
        let found =
            self.session.view(self.community, move |_, it| it.members.of_person(person).map(|row| row.id));
        found.await?.ok_or_else(|| Refusal::NotAMember.into())
    }

    pub(super) async fn name(&self, member: MemberId) -> Result<String, Failure> {
        self.session.view(self.community, move |stream, _| shown::nickname(stream, member)).await
    }

    pub(super) async fn people(&self) -> Result<u64, Failure> {
        self.session.view(self.community, |_, community| community.members.active_count()).await
    }

    /// Says something in a channel.
    pub(super) async fn post(
        &self,
        member: MemberId,
        channel: ChannelId,
        text: &str,
    ) -> Result<Judged, Failure> {
        let (id, mut bodies) = (self.id(), Bodies::default());
        let body = self.session.mint.text(&mut bodies, id.at_ms(), member, text);
        let post = message::Command::Post {
            channel,
            parts: vec![Part::Text { body }],
            reply_to: None,
            sort: Sort::Talk,
            mentions: Mentions::default(),
        };
        let asked = (id, Actor::Member(member), bodies);
        let reply = self.session.ask_from(asked, self.community, post).await?;
        let hold = reply.events.iter().find_map(|event| match event {
            Event::Queue(queue::Event::Held { id, .. }) => Some(*id),
            _ => None,
        });
        Ok(Judged { hold, receipt: reply.receipts.into_iter().next() })
    }

    /// A reason in the reader's language.
    pub(super) async fn reason(&self, receipt: &Receipt) -> Result<String, Failure> {
        let (reason, language) = (receipt.reason.clone(), self.language);
        self.session
            .view(self.community, move |stream, _| {
                shown::printable(&Reader { language, stream: Some(stream) }.render(&reason))
            })
            .await
    }

    /// Asks to look at a decision again.
    pub(super) async fn appeal(
        &self,
        member: MemberId,
        receipt: ReceiptId,
        text: &str,
    ) -> Result<Reply, Failure> {
        let mut bodies = Bodies::default();
        let text = self.session.mint.text(&mut bodies, self.session.now_ms(), member, text);
        self.ask(Actor::Member(member), queue::Command::Appeal { receipt, text }, bodies).await
    }
}
