//! What a version did at the gate, to cards, and as somebody who raises topics: taken back where that can be,
//! else listed.

use std::collections::{BTreeMap, BTreeSet};

use kith_core::body::{Bodies, BodyRef};
use kith_core::command::Actor;
use kith_core::hook::{Call, Effect, Hook, Reason, Ruling, Topic};
use kith_core::ids::{MemberId, MessageId};
use kith_core::member::Standing;
use kith_core::message::{self, Part, Sort};
use kith_core::moment::{DAY_MS, HOUR_MS, SECOND_MS};
use kith_core::script::{Left, What};
use kith_core::topic::{self, TimeOfDay, TopicConfig};
use kith_core::{card, gate};

use super::{Group, block_on};
use crate::draft::Draft;
use crate::host::Operator;
use crate::undo::{Mode, Report};

/// Answers by the first word of a nickname.
pub(super) fn answer(call: &Call<'_>, nickname: Option<&BodyRef>) -> (Ruling, Vec<Effect<String>>) {
    let text = nickname.and_then(|nickname| call.ctx.text(nickname)).unwrap_or_default();
    let reason = || Reason { code: "test".to_owned(), text: "because".to_owned() };
    let ruling = match text.split(' ').next() {
        Some("deny") => Ruling::Deny(reason()),
        Some("hold") => Ruling::Hold(reason()),
        _ => Ruling::Allow,
    };
    (ruling, Vec::new())
}

/// Proposes a topic that was never there.
pub(super) fn propose(call: &Call<'_>) -> (Ruling, Vec<Effect<String>>) {
    let title = format!("what about {}?", call.ctx.at_ms());
    (Ruling::Topics(vec![Topic { title, text: String::new() }]), Vec::new())
}

impl Group {
    async fn with_hook(hook: Hook) -> Self {
        let group = Self::new().await;
        group.put_for("fn", BTreeSet::from([hook])).await;
        group
    }

    /// Somebody asks to come in under a nickname.
    async fn knock(&self, nickname: &str) -> MemberId {
        let operator = Operator::start(&self.engine, &self.own).await.unwrap();
        let person = operator.register_person(None).await.unwrap();
        self.clock.advance(SECOND_MS);
        let now_ms = self.engine.ports().clock.wall_ms();
        let id = self.own.command(now_ms);
        let member = gate::applicant_id(&self.state().await, person, id);
        let mut bodies = Bodies::default();
        let nickname = self.own.text(&mut bodies, now_ms, member, nickname);
        let request = gate::Command::RequestJoin {
            nickname,
            card: BTreeMap::new(),
            answers: BTreeMap::new(),
            invite: None,
            source: String::new(),
        };
        let draft = Draft::new(id, self.id, Actor::Person(person), request).with_bodies(bodies);
        self.engine.ask(draft).await.unwrap();
        member
    }

    async fn rename(&self, member: usize, nickname: &str) {
        let member = self.members[member];
        let mut bodies = Bodies::default();
        let now_ms = self.engine.ports().clock.wall_ms();
        let nickname = self.own.text(&mut bodies, now_ms, member, nickname);
        let rename = card::Command::ChangeNickname { nickname };
        self.ask_with(&self.own, Actor::Member(member), rename, bodies).await.unwrap();
    }

    async fn nickname(&self, member: usize) -> String {
        let stream = self.state().await;
        let row = stream.community().unwrap().members.get(self.members[member]).unwrap();
        stream.bodies.text(&row.nickname).unwrap().to_owned()
    }

    async fn is_inside(&self, member: MemberId) -> bool {
        let stream = self.state().await;
        let row = stream.community().unwrap().members.get(member);
        row.is_some_and(|row| row.standing == Standing::Active)
    }

    /// Lets a day pass, and says what was raised in it.
    async fn tomorrow(&self) -> MessageId {
        self.clock.advance(DAY_MS);
        let stream = self.state().await;
        stream.community().unwrap().topics.past().next_back().unwrap().message
    }

    async fn reply(&self, member: usize, to: MessageId) {
        let member = self.members[member];
        let mut bodies = Bodies::default();
        let body = self.own.text(&mut bodies, self.engine.ports().clock.wall_ms(), member, "I think so");
        let post = message::Command::Post {
            channel: self.hall,
            parts: vec![Part::Text { body }],
            reply_to: Some(to),
            sort: Sort::Talk,
            mentions: message::Mentions::default(),
        };
        self.ask_with(&self.own, Actor::Member(member), post, bodies).await.unwrap();
    }
}

fn reasons(report: &Report) -> Vec<(What, Left, Option<MemberId>)> {
    report.reasons.iter().map(|reason| (reason.what, reason.left, reason.member)).collect()
}

#[test]
fn whoever_waits_at_the_gate_is_let_in_and_whoever_was_turned_away_is_listed() {
    block_on(async {
        let group = Group::with_hook(Hook::Join).await;
        let (denied, held) = (group.knock("deny me").await, group.knock("hold me").await);
        let welcome = group.knock("good friend").await;
        assert!(!group.is_inside(denied).await && !group.is_inside(held).await);
        let plan = group.undo(Mode::Plan).await;
        assert!(!group.is_inside(held).await, "a plan changes nothing");
        let done = group.undo(Mode::Carry).await;
        assert_eq!((plan.undone, done.undone, done.left), (1, 1, 1), "{done:#?}");
        assert_eq!(reasons(&done), [(What::Join, Left::AskAgain, Some(denied))]);
        assert!(group.is_inside(held).await && group.is_inside(welcome).await);
        assert!(!group.is_inside(denied).await);
        assert_eq!(group.undo(Mode::Carry).await.undone, 0);
        group.knock("deny me").await;
    });
}

#[test]
fn a_change_of_card_is_made_unless_they_go_by_another_name_since() {
    block_on(async {
        let group = Group::with_hook(Hook::Card).await;
        group.rename(0, "deny rose").await;
        group.rename(1, "hold fern").await;
        group.rename(2, "deny moss").await;
        group.rename(2, "clover").await;
        assert_eq!(group.nickname(0).await, "member 1");
        let done = group.undo(Mode::Carry).await;
        assert_eq!((done.undone, done.left), (2, 1), "{done:#?}");
        assert_eq!(reasons(&done), [(What::Card, Left::Changed, Some(group.members[2]))]);
        for (member, nickname) in [(0, "deny rose"), (1, "hold fern"), (2, "clover")] {
            assert_eq!(group.nickname(member).await, nickname);
        }
        assert!(group.undo(Mode::Carry).await.is_nothing());
    });
}

#[test]
fn a_topic_goes_unless_people_answered_it() {
    block_on(async {
        let group = Group::with_hook(Hook::Topic).await;
        let at = vec![TimeOfDay::try_from("09:00".to_owned()).unwrap()];
        group
            .order(topic::Command::Configure { config: TopicConfig { at, ..Default::default() } })
            .await
            .unwrap();
        let answered = group.tomorrow().await;
        group.clock.advance(HOUR_MS);
        group.reply(0, answered).await;
        let silent = group.tomorrow().await;
        assert_ne!(answered, silent);
        let done = group.undo(Mode::Carry).await;
        assert_eq!((done.undone, done.left), (1, 1), "{done:#?}");
        assert_eq!(reasons(&done).first().map(|row| (row.0, row.1)), Some((What::Post, Left::Answered)));
        let stream = group.state().await;
        let messages = &stream.community().unwrap().messages;
        assert!(messages.is_deleted(silent) && !messages.is_deleted(answered));
        assert_eq!(group.undo(Mode::Carry).await.undone, 0);
    });
}
