//! What the tests of rules and queue ask of a bench: a rule, a text, a receipt.

use crate::command::Actor;
use crate::community;
use crate::event::Event;
use crate::ids::{HoldId, MemberId, ReceiptId};
use crate::message::{self, Mentions, Part, Sort};
use crate::queue::{self, AtDeadline, Decision, Receipt, Verdict};
use crate::refusal::Refusal;
use crate::rule::{self, Check, RuleConfig, Step};
use crate::testing_talk::{Bench, MODERATOR, OWNER};
use crate::timer;

/// A check as it stands in TOML, written as JSON.
pub(crate) fn check(json: &str) -> Check {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"))
}

/// A rule with a step.
pub(crate) fn rule(name: &str, json: &str, step: Step) -> RuleConfig {
    RuleConfig { step, ..RuleConfig::new(name, check(json)) }
}

impl Bench {
    /// Sets a rule.
    pub(crate) fn set_rule(&mut self, name: &str, json: &str, step: Step) {
        self.set_config(rule(name, json, step));
    }

    /// Sets a rule with all it has.
    pub(crate) fn set_config(&mut self, config: RuleConfig) {
        self.ask(OWNER, rule::Command::Set { rule: Box::new(config) }).unwrap();
    }

    /// Sets a list.
    pub(crate) fn set_list(&mut self, name: &str, lines: &[&str]) {
        let lines = lines.iter().map(|line| (*line).to_owned()).collect();
        self.ask(OWNER, community::Command::SetList { name: name.to_owned(), lines }).unwrap();
    }

    /// Posts parts into the group channel and says what became of them.
    pub(crate) fn try_parts(&mut self, member: MemberId, parts: Vec<Part>) -> Result<Verdict, Refusal> {
        let (channel, sort, mentions) = (self.hall(), Sort::Talk, Mentions::default());
        let events =
            self.ask(member, message::Command::Post { channel, parts, reply_to: None, sort, mentions })?;
        let verdict = events.iter().find_map(|event| match event {
            Event::Message(message::Event::Posted { .. }) => Some(Verdict::Allow),
            Event::Message(message::Event::Denied { .. }) => Some(Verdict::Deny),
            Event::Queue(queue::Event::Held { .. }) => Some(Verdict::Hold),
            _ => None,
        });
        Ok(verdict.expect("a post is posted, held or denied"))
    }

    /// Posts a text into the group channel and says what became of it.
    pub(crate) fn try_say(&mut self, member: MemberId, text: &str) -> Verdict {
        let parts = self.text(text);
        self.try_parts(member, parts).unwrap_or_else(|refusal| panic!("{text}: {refusal:?}"))
    }

    /// The newest receipt.
    pub(crate) fn receipt(&self) -> &Receipt {
        self.community().queue.receipts.values().next_back().expect("there is one")
    }

    /// The newest hold.
    pub(crate) fn hold(&self) -> HoldId {
        *self.community().queue.holds.keys().next_back().expect("there is one")
    }

    /// A moderator resolves the newest hold.
    pub(crate) fn resolve(&mut self, outcome: AtDeadline) -> Result<Vec<Event>, Refusal> {
        let hold = self.hold();
        self.ask(MODERATOR, queue::Command::Resolve { hold, outcome, note: None })
    }

    /// A member appeals.
    pub(crate) fn appeal(&mut self, member: MemberId, receipt: ReceiptId) -> Result<Vec<Event>, Refusal> {
        let text = self.body("please look again");
        self.ask(member, queue::Command::Appeal { receipt, text })
    }

    /// A moderator decides the newest appeal.
    pub(crate) fn decide_appeal(&mut self, decision: Decision) -> Result<Vec<Event>, Refusal> {
        let appeal = *self.community().queue.appeals.keys().next_back().expect("there is one");
        self.ask(MODERATOR, queue::Command::DecideAppeal { appeal, decision, note: None })
    }

    /// Live strikes of a member.
    pub(crate) fn strikes(&self, member: MemberId) -> u32 {
        let rules = &self.community().rules;
        rules.record.live(member, self.now_ms(), rules.ladder.forget_ms())
    }

    /// Codes of the notices of a member, newest last.
    pub(crate) fn told(&self, member: MemberId) -> Vec<&str> {
        let notices = &self.community().members.get(member).expect("a member").notices;
        notices.iter().map(|notice| notice.text.code.as_str()).collect()
    }

    /// Lets time pass and fires what is due.
    pub(crate) fn pass(&mut self, ms: u64) {
        self.advance(ms);
        while let Some((due_ms, timer)) = self.stream.timers.next().filter(|(due, _)| *due <= self.now_ms()) {
            self.ask_as(Actor::Timer(timer), timer::Command::Fire { timer, due_ms }).unwrap();
        }
    }
}
