//! Malformed input through the engine: each is refused by a code that says what to mend, and nothing has
//! changed.

use kith_core::body::{Bodies, Body, BodyRef};
use kith_core::channel::ChannelConfig;
use kith_core::command::{Actor, CommandKind, Key};
use kith_core::community::{self, Blueprint, Setting};
use kith_core::ids::{BodyId, ChannelId, CommunityId, MemberId, MessageId};
use kith_core::limits::{KEY_BYTES_MAX, TEXT_BYTES_MAX};
use kith_core::message::{Command as Talk, Mentions, Part, Sort};
use kith_core::{channel, gate, host, member, role, rule};
use kith_runtime::draft::{AskError, Draft};

use crate::world::{Place, World};

/// Two communities, a member of the first, and a message in the second.
struct Scene {
    world: World,
    here: Place,
    there: Place,
    ann: MemberId,
    foreign_message: MessageId,
}

/// A bad input and the code of its refusal.
type Row = (&'static str, fn(&Scene) -> Draft, &'static str);

impl Scene {
    fn draft(&self, actor: Actor, kind: impl Into<CommandKind>) -> Draft {
        self.world.draft(self.here.id, actor, kind)
    }

    fn owner(&self, kind: impl Into<CommandKind>) -> Draft {
        self.draft(Actor::Member(self.here.owner), kind)
    }

    /// A post of one body, which comes with it or not.
    fn post(&self, channel: ChannelId, body: Option<&Body>, reference: BodyRef) -> Draft {
        let (parts, mentions) = (vec![Part::Text { body: reference }], Mentions::default());
        let post = Talk::Post { channel, parts, reply_to: None, sort: Sort::Talk, mentions };
        self.draft(Actor::Member(self.ann), post).with_bodies(body.cloned().into_iter().collect::<Bodies>())
    }

    fn saying(&self, bytes: &[u8]) -> Draft {
        let body = self.body(bytes);
        self.post(self.here.channel, Some(&body), body.reference())
    }

    fn body(&self, bytes: &[u8]) -> Body {
        Body { id: BodyId(self.world.mint().bits(1)), owner: self.ann, key: [1; 16], bytes: bytes.into() }
    }

    fn invite(&self, code: &str, uses: u32) -> Draft {
        let (code, source) = (code.to_owned(), String::new());
        self.owner(gate::Command::CreateInvite { code, uses, expires_at_ms: None, source, for_person: None })
    }

    fn keyed(&self, text: String) -> Draft {
        let tag = member::Command::Tag { member: self.ann, tag: "tea".to_owned() };
        Draft { key: Some(Key { text, input: [0; 16] }), ..self.owner(tag) }
    }

    fn set(&self, setting: Setting) -> Draft {
        self.owner(community::Command::Change { setting })
    }
}

const ROWS: &[Row] = &[
    ("a text that is not UTF-8", |scene| scene.saying(&[b'a', 0xff, 0xfe]), "body_missing"),
    ("a text of no bytes", |scene| scene.saying(b""), "text_empty"),
    ("a text of spaces", |scene| scene.saying("\u{3000} \n".as_bytes()), "text_empty"),
    ("a text a byte too long", |scene| scene.saying(&vec![b'x'; TEXT_BYTES_MAX + 1]), "text_too_long"),
    (
        "a body that did not come",
        |scene| {
            let body = scene.body(b"hello");
            scene.post(scene.here.channel, None, body.reference())
        },
        "body_missing",
    ),
    (
        "a body with another's MAC",
        |scene| {
            let body = scene.body(b"hello");
            scene.post(scene.here.channel, Some(&body), BodyRef { mac: [0; 16], ..body.reference() })
        },
        "body_missing",
    ),
    (
        "another community's channel",
        |scene| {
            let body = scene.body(b"hello");
            scene.post(scene.there.channel, Some(&body), body.reference())
        },
        "not_found",
    ),
    (
        "another community's member",
        |scene| scene.draft(Actor::Member(scene.there.owner), member::Command::Leave),
        "not_a_member",
    ),
    (
        "another community's message",
        |scene| scene.owner(Talk::Pin { message: scene.foreign_message }),
        "not_found",
    ),
    ("a message that never was", |scene| scene.owner(Talk::Pin { message: MessageId(0) }), "not_found"),
    (
        "a message without parts",
        |scene| {
            let post = Talk::Post {
                channel: scene.here.channel,
                parts: Vec::new(),
                reply_to: None,
                sort: Sort::Talk,
                mentions: Mentions::default(),
            };
            scene.owner(post)
        },
        "text_empty",
    ),
    (
        "no such community",
        |scene| scene.world.draft(CommunityId(5), Actor::Host, community::Command::Suspend),
        "community_not_found",
    ),
    (
        "a host's command to a community",
        |scene| scene.draft(Actor::Host, host::Command::Found),
        "wrong_stream",
    ),
    ("an empty key", |scene| scene.keyed(String::new()), "key_invalid"),
    ("a key a byte too long", |scene| scene.keyed("k".repeat(KEY_BYTES_MAX + 1)), "key_invalid"),
    (
        "an empty tag",
        |scene| scene.owner(member::Command::Tag { member: scene.ann, tag: String::new() }),
        "name_invalid",
    ),
    (
        "a tag with a line end",
        |scene| scene.owner(member::Command::Tag { member: scene.ann, tag: "a\nb".to_owned() }),
        "name_invalid",
    ),
    (
        "a channel name of 10,000 bytes",
        |scene| {
            let channel = ChannelConfig::group(&"n".repeat(10_000));
            scene.owner(channel::Command::Open { channel })
        },
        "name_invalid",
    ),
    (
        "a role that nobody defined",
        |scene| scene.owner(role::Command::Give { member: scene.ann, name: "emperor".to_owned() }),
        "not_found",
    ),
    (
        "a mute until after the end of time",
        |scene| scene.owner(rule::Command::Mute { member: scene.ann, for_ms: u64::MAX, reason: None }),
        "value_invalid",
    ),
    (
        "a mute of no time",
        |scene| scene.owner(rule::Command::Mute { member: scene.ann, for_ms: 0, reason: None }),
        "value_invalid",
    ),
    ("an invite for nobody", |scene| scene.invite("TEATIME4", 0), "value_invalid"),
    ("an invite without a code", |scene| scene.invite("", 3), "value_invalid"),
    ("a pause of a million years", |scene| scene.set(Setting::RejoinPauseMs(u64::MAX)), "value_invalid"),
    ("a description of a megabyte", |scene| scene.set(Setting::About("a".repeat(1 << 20))), "text_too_long"),
    (
        "a list of a line of a megabyte",
        |scene| {
            let lines = vec!["a".repeat(1 << 20)];
            scene.owner(community::Command::SetList { name: "ads".to_owned(), lines })
        },
        "text_too_long",
    ),
];

#[test]
fn malformed_input_is_refused_by_name_and_changes_nothing() {
    let world = World::new();
    let here = world.found("garden", &Blueprint::default());
    let there = world.found("attic", &Blueprint::default());
    let ann = world.join(here.id, "Ann");
    let foreign_message = world.post(there, there.owner, "elsewhere").unwrap();
    world.post(here, ann, "so that there is something to change").unwrap();
    world.await_index();
    let scene = Scene { world, here, there, ann, foreign_message };
    // The engine tells the host of new members by itself: that is over before anything is compared.
    let quiet = |id| scene.world.look(id, |stream| stream.handoffs.outbox().next().is_none()).unwrap();
    scene.world.until("the outboxes are empty", |_| quiet(here.id) && quiet(there.id));
    let state = || [here.id, there.id].map(|id| scene.world.state_hash(id));
    let before = state();
    let mut wrong = Vec::new();
    for (name, build, code) in ROWS {
        match scene.world.ask(build(&scene)) {
            Err(AskError::Refused(refusal)) if refusal.code() == *code => {}
            other => wrong.push(format!("{name}: expected {code}, found {other:?}")),
        }
        if state() != before {
            wrong.push(format!("{name} changed something"));
            break;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(scene.world.verify().is_sound());
}

#[test]
fn a_malformed_blueprint_is_refused_with_its_place() {
    for (text, says) in [
        ("capacity = 3", "capacity"),
        ("[gate]\ncapacity = -1", "line 2"),
        ("[gate]\ncapacity = 99999999999999999999", "line 2"),
        ("[[rule]]\nname = \"a\"", "check"),
        ("[[rule]]\nname = \"a\"\ncheck.wrods = {}", "line 3"),
        ("zone = 5", "line 1"),
        ("about = \"\u{0}\"", "line 1"),
        ("[gate", "line 1"),
    ] {
        let error = toml::from_str::<Blueprint>(text).expect_err(text).to_string();
        assert!(error.contains(says), "{text}: {error}");
    }
}
