//! Scripts that read what was said before: in the same frame, from the log, after a restart; edited, released
//! and erased.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use kith_core::body::Bodies;
use kith_core::community::Blueprint;
use kith_core::hook::Hook;
use kith_core::ids::{MemberId, MessageId};
use kith_core::message::{self, Mentions, Sort};
use kith_core::moment::HOUR_MS;
use kith_core::ports::{Records as _, StoredRecord};
use kith_core::record::Record;
use kith_core::stream::Community;
use kith_core::{privacy, queue, script};
use kith_runtime::replay::{self, Draft, Plan, Stage};

use crate::world::{Ground, ManualClock, Place, World, text_part};

const ASKS: &str = r#"
fn propose_topics(ctx, want) {                                        // reads: questions(7d)
  let q = questions().unanswered(7.days);
  if q.len == 0 { return []; }
  let texts = "";
  for one in q { texts += `[${one.text}]`; }
  [topic(`Who helps? ${q.len}`, `${q[0].text}: ${texts}`)]
}
fn on_message(ctx, message) {
  if message.text.contains("wait") { return hold("wait", "Somebody looks at it."); }
  if message.is_reply && message.reply_to.text == "No answers." { return deny("no", "As it says."); }
  if message.is_reply { return rewrite(`> ${message.reply_to.text}`); }
  allow()
}
"#;

struct Scene {
    world: World,
    clock: ManualClock,
    place: Place,
    ann: MemberId,
}

impl Scene {
    fn open() -> Self {
        let clock = ManualClock::new();
        let world = Ground::fresh().clock(&clock).open();
        let mut blueprint = Blueprint::default();
        let hours: Vec<String> = (0..24).step_by(3).map(|hour| format!("{hour:02}:30")).collect();
        blueprint.topics.at = serde_json::from_value(serde_json::json!(hours)).unwrap();
        let place = world.found("garden", &blueprint);
        let put = script::Command::Put {
            name: "asks".to_owned(),
            source: ASKS.to_owned(),
            hooks: BTreeSet::from([Hook::Topic, Hook::Message]),
            origin: script::Origin::Command,
            binding: None,
            stage: script::Stage::Live,
            cases: String::new(),
        };
        world.ask_member(place.id, place.owner, put).unwrap();
        let ann = world.join(place.id, "Ann");
        world.await_index();
        Self { world, clock, place, ann }
    }

    fn say(&self, who: MemberId, text: &str, (reply_to, sort): (Option<MessageId>, Sort)) -> MessageId {
        let mut bodies = Bodies::default();
        let parts = vec![text_part(&self.world, &mut bodies, who, text)];
        let (channel, mentions) = (self.place.channel, Mentions::default());
        let post = message::Command::Post { channel, parts, reply_to, sort, mentions };
        let draft = self.world.draft(self.place.id, kith_core::command::Actor::Member(who), post);
        let message = MessageId(draft.id.0);
        self.world.ask(draft.with_bodies(bodies)).unwrap();
        message
    }

    fn question(&self, who: MemberId, text: &str) -> MessageId {
        self.say(who, text, (None, Sort::Question))
    }

    fn record(&self, message: MessageId) -> (Record, StoredRecord) {
        let stored = self.world.opened().store().log().locate(self.place.id, message.0).unwrap().unwrap();
        (Record::decode(&stored.bytes).unwrap(), stored)
    }

    /// What a message says that was posted as it is: a rewritten one has its new text.
    fn text(&self, message: MessageId) -> String {
        let (record, stored) = self.record(message);
        let (_, parts) = record.events.iter().find_map(message::said).unwrap();
        let bodies: Bodies = stored.bodies.into_iter().collect();
        bodies.text(parts[0].text().unwrap()).unwrap().to_owned()
    }

    /// Lets go what waits.
    fn release(&self) {
        let waits = |community: &Community| community.queue.holds.keys().next().copied().expect("it waits");
        let hold = self.world.view(self.place.id, waits);
        let resolve = queue::Command::Resolve { hold, outcome: queue::AtDeadline::Release, note: None };
        self.world.ask_member(self.place.id, self.place.owner, resolve).unwrap();
    }

    /// Lets three hours pass; the topic that was raised.
    fn topic(&self) -> String {
        let raised = |world: &World| world.view(self.place.id, |community| community.topics.past().len());
        let before = raised(&self.world);
        for _ in 0..12 {
            self.clock.advance(HOUR_MS / 4);
            // Timers stay with the clock only where somebody looks in between.
            self.world.until("timers go on", |world| !world.engine().timers_paused());
        }
        self.world.until("a topic was raised", |world| raised(world) > before);
        let last = self.world.view(self.place.id, |community| {
            community.topics.past().next_back().map(|raised| raised.message)
        });
        self.text(last.unwrap())
    }
}

#[test]
fn a_topic_quotes_what_was_asked_before_and_after_a_restart() {
    let mut scene = Scene::open();
    scene.question(scene.ann, "How do I graft an apple tree?");
    assert_eq!(scene.topic(), "Who helps? 1\nHow do I graft an apple tree?: [How do I graft an apple tree?]");
    scene.question(scene.ann, "And a pear?");
    scene.world.restart();
    scene.world.await_index();
    assert_eq!(scene.topic(), "Who helps? 2\nAnd a pear?: [And a pear?][How do I graft an apple tree?]");
}

#[test]
fn what_a_script_read_is_evidence_and_an_edit_a_release_and_an_erasure_are_seen() {
    let mut scene = Scene::open();
    let asked = scene.question(scene.ann, "How?");
    let quoted = scene.say(scene.place.owner, "so", (Some(asked), Sort::Talk));
    assert_eq!(scene.text(quoted), "> How?");
    let (record, _) = scene.record(quoted);
    let shown: Vec<(&MessageId, usize)> =
        record.evidence.shown.iter().map(|(message, shown)| (message, shown.len())).collect();
    assert_eq!(shown, [(&asked, 1)], "which body it was");
    assert!(scene.record(asked).0.evidence.is_empty(), "nothing was read for it");

    scene.clock.advance(1);
    scene.world.edit(scene.place, scene.ann, asked, "How exactly?").unwrap();
    let waits = scene.question(scene.ann, "wait a moment");
    scene.release();
    // Two texts of one message were held; each is found by itself.
    scene.clock.advance(1);
    scene.world.edit(scene.place, scene.ann, waits, "wait no longer").unwrap();
    scene.release();
    for _ in 0..2 {
        let quotes = [asked, waits]
            .map(|message| scene.text(scene.say(scene.place.owner, "so", (Some(message), Sort::Talk))));
        assert_eq!(quotes, ["> How exactly?", "> wait no longer"]);
        scene.world.restart();
        scene.world.await_index();
    }

    let erase = privacy::Command::Erase { member: scene.ann };
    scene.world.ask_member(scene.place.id, scene.place.owner, erase).unwrap();
    let quoted = scene.say(scene.place.owner, "so", (Some(waits), Sort::Talk));
    assert_eq!(scene.text(quoted), "> ", "erased at once, whether or not the key is destroyed yet");
}

#[test]
fn a_replay_of_the_live_version_reads_what_it_read() {
    let scene = Scene::open();
    for text in ["No answers.", "Answers!"] {
        let asked = scene.question(scene.ann, text);
        scene.say(scene.place.owner, "so", (Some(asked), Sort::Talk));
    }
    let ports = scene.world.opened().ports();
    let runner = scene.world.opened().scripting().runner();
    let stage = Stage { records: ports.records.as_ref(), keys: ports.keys, runner };
    let draft = scene.world.view(scene.place.id, |community| {
        let script = community.scripts.get("asks").unwrap();
        Draft::of(script, script.live().unwrap())
    });
    let report =
        replay::run(&stage, &Plan::new(scene.place.id, draft), &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!((report.denied, report.rewritten, report.faults, report.differs), (1, 1, 0, 0));
}
