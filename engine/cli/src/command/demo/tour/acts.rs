//! The scenes about people: somebody passes the gate, an ad is held and its author asks again.

use kith_core::body::Bodies;
use kith_core::command::Actor;
use kith_core::event::Event;
use kith_core::gate;
use kith_core::ids::ChannelId;
use kith_core::queue::{self, AtDeadline, Decision, Verdict};

use super::Tour;
use crate::failure::Failure;

impl Tour<'_, '_> {
    pub(super) async fn gate(&mut self) -> Result<(), Failure> {
        self.scene("gate").await?;
        let world = self.world;
        let name = world.word("guest");
        let person = self.stranger(name).await?;
        let question = world.blueprint.gate.conditions.iter().find_map(|condition| match condition {
            gate::Condition::Questions(terms) => terms.questions.first().map(|it| it.text.as_str()),
            _ => None,
        });
        self.say("gate_question", &[("name", name), ("question", question.unwrap_or_default())]).await?;
        for (sentence, answer) in [("gate_wrong", "gate_wrong_answer"), ("gate_right", "gate_right_answer")] {
            let answer = world.word(answer);
            let told = self.knock(person, name, answer).await?;
            self.say(sentence, &[("answer", answer), ("told", &told)]).await?;
        }
        self.member(person).await?;
        self.facts.joined += 1;
        let people = self.people().await?.to_string();
        self.say("gate_in", &[("name", name), ("people", &people)]).await?;
        self.page("")
    }

    pub(super) async fn advertisement(&mut self, yard: ChannelId) -> Result<(), Failure> {
        self.scene("ad").await?;
        let world = self.world;
        let (name, text) = (world.word("seller"), world.word("ad_text"));
        let person = self.stranger(name).await?;
        self.knock(person, name, world.word("gate_right_answer")).await?;
        let seller = self.member(person).await?;
        let judged = self.post(seller, yard, text).await?;
        self.say("ad_says", &[("name", name), ("text", text)]).await?;
        let (Some(hold), Some(receipt)) = (judged.hold, judged.receipt) else { return Ok(()) };
        self.facts.held += 1;
        let moderator = self.member(self.running.made.moderator).await?;
        let looks = self.name(moderator).await?;
        let resolve = queue::Command::Resolve { hold, outcome: AtDeadline::Deny, note: None };
        self.ask(Actor::Member(moderator), resolve, Bodies::default()).await?;
        self.say("ad_denied", &[("name", &looks)]).await?;
        let reason = self.reason(&receipt).await?;
        self.say("ad_receipt", &[("reason", &reason)]).await?;
        let plea = world.word("ad_appeal");
        let reply = self.appeal(seller, receipt.id, plea).await?;
        self.say("ad_appealed", &[("name", name), ("text", plea)]).await?;
        self.judge(&reply.events).await?;
        self.page(&format!("/receipts/{}", receipt.id))
    }

    /// The owner reads an appeal, with what today's rules say beside it.
    async fn judge(&mut self, events: &[Event]) -> Result<(), Failure> {
        let found = events.iter().find_map(|event| match event {
            Event::Queue(queue::Event::Appealed { id, appeal, .. }) => Some((*id, appeal.review.on_text)),
            _ => None,
        });
        let Some((appeal, review)) = found else { return Ok(()) };
        self.facts.appealed += 1;
        let verdict = match review.unwrap_or(Verdict::Allow) {
            Verdict::Allow => "verdict_allow",
            Verdict::Hold => "verdict_hold",
            Verdict::Deny => "verdict_deny",
        };
        self.say("ad_review", &[("verdict", self.world.word(verdict))]).await?;
        let owner = self.member(self.running.made.owner).await?;
        let decide = queue::Command::DecideAppeal { appeal, decision: Decision::Upheld, note: None };
        self.ask(Actor::Member(owner), decide, Bodies::default()).await?;
        let name = self.name(owner).await?;
        self.say("ad_upheld", &[("name", &name)]).await
    }
}
