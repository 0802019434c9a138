//! A script that acts at random in one group, and the same talk in a group without it: once everything is
//! undone, the groups are the same but for what is named in `Facts`.

mod cases;
mod gates;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kith_core::body::{Bodies, Body, BodyRef};
use kith_core::channel::Channels;
use kith_core::command::{Actor, CommandKind};
use kith_core::community::{Blueprint, Profile};
use kith_core::event::Event;
use kith_core::gate::Gate;
use kith_core::hook::{Call, Effect, Extensions, Hook, Input, Posting, Ran, Reason, Ruling, Value};
use kith_core::ids::{BodyId, ChannelId, CommandId, CommunityId, MemberId, MessageId, mint};
use kith_core::member::{Origin as Came, Standing};
use kith_core::message::{self, Header, Part, Sort};
use kith_core::moment::{HOUR_MS, SECOND_MS};
use kith_core::queue::{Denied, Hold};
use kith_core::role::Roles;
use kith_core::rule::{LadderConfig, Record as Conduct, Rule, Step};
use kith_core::script::{Binding, Command as ScriptCommand, Memory as Remembered, Origin, Stage};
use kith_core::stream::{Community, Stream};
use kith_core::{card, import, member};
use proptest::prelude::*;

use super::{Asked, Mode, Report};
use crate::draft::{AskError, Asker, Draft, Reply};
use crate::engine::{Engine, Options};
use crate::host::Operator;
use crate::memory::{HandClock, Memory};
use crate::mint::Mint;

const START_MS: u64 = 1_700_000_000_000;
const REWRITTEN: &str = "rewrite";

/// What the stand-in makes of a word.
const WORDS: [&str; 17] = [
    "plain", "hello", "deny", "hold", "breach", REWRITTEN, "tag", "untag", "mute", "remove", "post", "count",
    "forget", "timer", "delete", "react", "role",
];

/// Answers by the first word of what somebody says.
#[derive(Default)]
struct Stand(AtomicU64);

impl Extensions for Stand {
    fn run(&self, call: &Call<'_>) -> Ran {
        let said = match call.input {
            Input::Message(posting) => answer(call, posting),
            Input::Join(request) => gates::answer(call, Some(&request.applicant.nickname)),
            Input::Card(change) => gates::answer(call, change.nickname),
            Input::Topic { .. } => gates::propose(call),
            _ => (Ruling::Allow, Vec::new()),
        };
        Ran { outcome: Ok(said), operations: 3, dice: false }
    }

    fn body(&self, at_ms: u64, owner: MemberId, text: &str) -> Body {
        let count = self.0.fetch_add(1, Ordering::Relaxed);
        let id = BodyId(mint(at_ms, u128::from(count) | 1 << 70));
        Body { id, owner, key: [5; 16], bytes: text.as_bytes().into() }
    }

    fn seed(&self, _community: CommunityId, _command: CommandId) -> [u8; 32] {
        [1; 32]
    }
}

fn answer(call: &Call<'_>, posting: &Posting<'_>) -> (Ruling, Vec<Effect<String>>) {
    let (member, channel) = (posting.author.id, posting.channel);
    let reason = || Reason { code: "test".to_owned(), text: "because".to_owned() };
    let text = || "said the script".to_owned();
    let key = |name: &str| format!("{name}:{member}");
    let newest = || {
        let recent = call.ctx.community.messages.recent().rev();
        let mut theirs = recent.filter(|header| header.deleted.is_none() && header.author != call.script.bot);
        theirs.next().map(|header| header.id)
    };
    let word = posting.texts.first().copied().unwrap_or_default().split(' ').next().unwrap_or_default();
    let effects = match word {
        "deny" => return (Ruling::Deny(reason()), Vec::new()),
        "hold" => {
            let later = vec![Effect::Tag { member, tag: "waited".to_owned() }];
            return (Ruling::Hold(reason()), later);
        }
        "breach" => return (Ruling::Violation(reason()), Vec::new()),
        REWRITTEN => return (Ruling::Rewrite("in other words".to_owned()), Vec::new()),
        "tag" => vec![Effect::Tag { member, tag: "noted".to_owned() }],
        "untag" => vec![
            Effect::Untag { member, tag: "by hand".to_owned() },
            Effect::Untag { member, tag: "noted".to_owned() },
        ],
        "mute" => vec![Effect::Mute { member, for_ms: HOUR_MS / 2, text: text() }],
        "remove" => vec![Effect::Remove { member, text: text() }],
        "post" => vec![
            Effect::Post { channel, text: text(), reply_to: None },
            Effect::Notify { member, text: text() },
        ],
        "count" => vec![
            Effect::Put { key: key("count"), value: Value::Int(call.ctx.at_ms() as i64) },
            Effect::Put { key: key("last"), value: Value::Text(text()) },
        ],
        "forget" => vec![Effect::Drop { key: key("last") }],
        "timer" => {
            let due_ms = call.ctx.at_ms() + 1_000 * HOUR_MS;
            vec![Effect::SetTimer { name: key("later"), due_ms, note: Some(Value::Text(text())) }]
        }
        "delete" => newest().map(|message| Effect::Delete { message, text: text() }).into_iter().collect(),
        "react" => newest()
            .map(|message| vec![Effect::React { message, emoji: "👍".to_owned() }, Effect::Pin { message }])
            .unwrap_or_default(),
        "role" => vec![Effect::GiveRole { member, role: "guest".to_owned() }],
        _ => Vec::new(),
    };
    (Ruling::Allow, effects)
}

/// One group on memory, with ids that repeat.
struct Group {
    engine: Engine,
    clock: Arc<HandClock>,
    mint: Mint,
    /// For what happens in this group alone.
    own: Mint,
    id: CommunityId,
    hall: ChannelId,
    members: Vec<MemberId>,
}

impl Group {
    async fn new() -> Self {
        let (memory, clock) = (Memory::new(), HandClock::at(START_MS));
        let mut ports = memory.ports(Arc::clone(&clock) as _);
        ports.extensions = Arc::new(Stand::default());
        let (engine, mint) = (Engine::start(ports, Options::default()), Mint::seeded(1));
        let operator = Operator::start(&engine, &mint).await.unwrap();
        let id = operator.create("garden", Blueprint::default(), None).await.unwrap();
        let hall = |stream: &Stream| stream.community().unwrap().channels.common().next().unwrap().id;
        let hall = engine.view(id, hall).await.unwrap();
        let mut group = Self { engine, clock, mint, own: Mint::seeded(2), id, hall, members: Vec::new() };
        for key in 1..=4 {
            group.import(key).await;
        }
        group
    }

    /// A group with a script for messages.
    async fn with_script() -> Self {
        let group = Self::new().await;
        group.put("fn on_message").await;
        group
    }

    async fn put(&self, source: &str) {
        self.put_for(source, BTreeSet::from([Hook::Message])).await;
    }

    async fn put_for(&self, source: &str, hooks: BTreeSet<Hook>) {
        let put = ScriptCommand::Put {
            name: "guard".to_owned(),
            source: source.to_owned(),
            hooks,
            origin: Origin::Command,
            binding: Some(Binding { step: Step::Warn, ..Binding::default() }),
            stage: Stage::Live,
            cases: String::new(),
        };
        self.ask_with(&self.own, Actor::Host, put, Bodies::default()).await.unwrap();
    }

    async fn import(&mut self, key: u64) {
        let member = MemberId(self.mint.bits(START_MS));
        let mut bodies = Bodies::default();
        let nickname = Some(self.mint.text(&mut bodies, START_MS, member, &format!("member {key}")));
        let body = self.mint.text(&mut bodies, START_MS, member, "from before");
        let parts = vec![Part::Text { body }];
        let what = import::What::Message { author: 0, parts, reply_to: None, label: None };
        let batch = import::Command::Batch {
            origin: import::Origin { format: "jsonl".to_owned(), file: [key as u8; 32] },
            channel: self.hall,
            authors: vec![import::Author { key, member, nickname }],
            rows: vec![import::Row { line: 1, id: None, said_at_ms: START_MS, what }],
            through_line: 1,
        };
        self.ask_with(&self.mint, Actor::Host, batch, bodies).await.unwrap();
        self.members.push(member);
    }

    async fn ask_with(
        &self,
        mint: &Mint,
        actor: Actor,
        kind: impl Into<CommandKind>,
        bodies: Bodies,
    ) -> Result<Reply, AskError> {
        self.clock.advance(SECOND_MS);
        let id = mint.command(self.engine.ports().clock.wall_ms());
        self.engine.ask(Draft::new(id, self.id, actor, kind).with_bodies(bodies)).await
    }

    /// Says something, and returns its id and what came of it; `None` where it was refused.
    async fn say(&self, author: usize, text: &str) -> Option<(MessageId, Vec<Event>)> {
        let member = self.members[author];
        let mut bodies = Bodies::default();
        let body = self.mint.text(&mut bodies, self.engine.ports().clock.wall_ms(), member, text);
        let post = message::Command::Post {
            channel: self.hall,
            parts: vec![Part::Text { body }],
            reply_to: None,
            sort: Sort::Talk,
            mentions: message::Mentions::default(),
        };
        let reply = self.ask_with(&self.mint, Actor::Member(member), post, bodies).await.ok()?;
        Some((MessageId(reply.command.0), reply.events))
    }

    async fn edit(&self, author: usize, message: MessageId, text: &str) -> Option<Vec<Event>> {
        let member = self.members[author];
        let mut bodies = Bodies::default();
        let body = self.mint.text(&mut bodies, self.engine.ports().clock.wall_ms(), member, text);
        let edit = message::Command::Edit { message, parts: vec![Part::Text { body }] };
        self.ask_with(&self.mint, Actor::Member(member), edit, bodies).await.ok().map(|reply| reply.events)
    }

    /// As the operator.
    async fn order(&self, kind: impl Into<CommandKind>) -> Result<Reply, AskError> {
        self.ask_with(&self.mint, Actor::Host, kind, Bodies::default()).await
    }

    async fn undo(&self, mode: Mode) -> Report {
        self.state().await;
        self.undo_version(1, None, mode).await.unwrap()
    }

    async fn undo_version(
        &self,
        version: u32,
        since_ms: Option<u64>,
        mode: Mode,
    ) -> Result<Report, AskError> {
        self.undo_by(Asker::HOST, (version, since_ms), mode).await
    }

    async fn undo_by(
        &self,
        by: Asker,
        (version, since_ms): (u32, Option<u64>),
        mode: Mode,
    ) -> Result<Report, AskError> {
        let (community, script) = (self.id, "guard".to_owned());
        let asked = Asked { community, script, version, since_ms, mode, by };
        self.clock.advance(SECOND_MS);
        self.engine.undo(asked, &self.own, Box::new(|_, _| {})).await
    }

    /// The state once every timer that is due has rung.
    async fn state(&self) -> Stream {
        loop {
            let stream = self.engine.view(self.id, Stream::clone).await.unwrap();
            let now_ms = self.engine.ports().clock.wall_ms();
            if stream.timers.next().is_none_or(|(due_ms, _)| due_ms > now_ms) {
                return stream;
            }
            self.engine.wake(self.id).await.unwrap();
        }
    }
}

/// Everything of a group that an undo brings back, field by field.
///
/// Not in here, because it is the journal of what happened or follows from the order of events: receipts and
/// tallies, notices, what members said lately (`activity`), the order of messages and when they were posted
/// or edited, counts for quotas, the script with its health and its bot, what the bot had posted (deleted
/// now), clock timers (they find nothing to do), handoffs and answers.
#[derive(Debug, PartialEq)]
struct Facts {
    profile: Profile,
    roles: Roles,
    members: BTreeMap<MemberId, Person>,
    cards: card::Cards,
    gate: Gate,
    channels: Channels,
    messages: BTreeMap<MessageId, Header>,
    pins: BTreeSet<MessageId>,
    rules: Vec<Rule>,
    ladder: LadderConfig,
    conduct: Conduct,
    holds: Vec<Hold>,
    denied: Vec<Denied>,
    remembered: Vec<Remembered>,
}

#[derive(Debug, PartialEq)]
struct Person {
    nickname: BodyRef,
    card: BTreeMap<String, BodyRef>,
    roles: BTreeSet<String>,
    tags: BTreeSet<String>,
    standing: Standing,
    joined_ms: Option<u64>,
    origin: Came,
}

impl Facts {
    fn of(community: &Community, rewritten: &BTreeSet<MessageId>) -> Self {
        let members = community.members.iter().filter(|row| row.standing != Standing::Bot);
        let person = |row: &member::Member| Person {
            nickname: row.nickname,
            card: row.card.clone(),
            roles: row.roles.clone(),
            tags: row.tags.clone(),
            standing: row.standing,
            joined_ms: row.joined_ms,
            origin: row.origin.clone(),
        };
        let bots: BTreeSet<MemberId> = community.scripts.rows.iter().map(|script| script.bot).collect();
        let headers = community.messages.recent().filter(|header| !bots.contains(&header.author));
        let header = |header: &Header| Header {
            at_ms: header.said_at_ms.unwrap_or(header.at_ms),
            said_at_ms: None,
            edited_ms: header.edited_ms.filter(|_| !rewritten.contains(&header.id)).map(|_| 0),
            ..header.clone()
        };
        let channels = community.channels.common();
        let pins = channels.flat_map(|channel| community.messages.pins(channel.id));
        let remembered = community.scripts.memories.values();
        let nothing = Remembered::default();
        Self {
            profile: community.profile.clone(),
            roles: community.roles.clone(),
            members: members.map(|row| (row.id, person(row))).collect(),
            cards: community.card.clone(),
            gate: community.gate.clone(),
            channels: community.channels.clone(),
            messages: headers.map(|row| (row.id, header(row))).collect(),
            pins: pins.copied().collect(),
            rules: community.rules.rows.clone(),
            ladder: community.rules.ladder.clone(),
            conduct: community.rules.record.clone(),
            holds: community.queue.holds.values().cloned().collect(),
            denied: community.queue.denied.iter().cloned().collect(),
            remembered: remembered.filter(|memory| **memory != nothing).cloned().collect(),
        }
    }
}

/// What is done in both groups, unless the one with the script refuses it: what was refused is in no log, and
/// no undo can bring it back.
#[derive(Debug, Clone)]
enum Deed {
    Say { author: usize, word: usize },
    EditNewest { author: usize, word: usize },
    Tag { member: usize },
    Pin { back: usize },
    LaterBy { hours: u64 },
}

fn deed() -> impl Strategy<Value = Deed> {
    let word = || 0..WORDS.len();
    prop_oneof![
        12 => (0..4_usize, word()).prop_map(|(author, word)| Deed::Say { author, word }),
        2 => (0..4_usize, word()).prop_map(|(author, word)| Deed::EditNewest { author, word }),
        1 => (0..4_usize).prop_map(|member| Deed::Tag { member }),
        1 => (0..6_usize).prop_map(|back| Deed::Pin { back }),
        1 => prop_oneof![Just(1), Just(2), Just(200)].prop_map(|hours| Deed::LaterBy { hours }),
    ]
}

/// The same talk in two groups.
#[derive(Default)]
struct Talk {
    newest: BTreeMap<usize, MessageId>,
    said: Vec<MessageId>,
    rewritten: BTreeSet<MessageId>,
}

impl Talk {
    async fn both(&mut self, scripted: &Group, plain: &Group, deed: &Deed) {
        match deed {
            Deed::Say { author, word } => {
                let text = format!("{} {}", WORDS[*word], self.said.len());
                match scripted.say(*author, &text).await {
                    Some((id, _)) => {
                        let (same, _) = plain.say(*author, &text).await.unwrap();
                        assert_eq!(id, same);
                        self.note(*author, id, WORDS[*word]);
                    }
                    None => skip(plain),
                }
            }
            Deed::EditNewest { author, word } => {
                // Once each, so that no edit that waits is overtaken by another.
                let Some(id) = self.newest.remove(author) else { return };
                let text = format!("{} otherwise", WORDS[*word]);
                match scripted.edit(*author, id, &text).await {
                    Some(_) => {
                        plain.edit(*author, id, &text).await.unwrap();
                        if WORDS[*word] == REWRITTEN {
                            self.rewritten.insert(id);
                        }
                    }
                    None => skip(plain),
                }
            }
            Deed::Tag { member } => {
                let tag =
                    member::Command::Tag { member: scripted.members[*member], tag: "by hand".to_owned() };
                order(scripted, plain, tag).await;
            }
            Deed::Pin { back } => {
                let Some(message) = self.said.iter().rev().nth(*back).copied() else { return };
                order(scripted, plain, message::Command::Pin { message }).await;
            }
            Deed::LaterBy { hours } => {
                scripted.clock.advance(hours * HOUR_MS);
                plain.clock.advance(hours * HOUR_MS);
            }
        }
    }

    fn note(&mut self, author: usize, id: MessageId, word: &str) {
        self.newest.insert(author, id);
        self.said.push(id);
        if word == REWRITTEN {
            self.rewritten.insert(id);
        }
    }
}

/// The operator's word in both groups; what does nothing in one is not asked of the other.
async fn order(scripted: &Group, plain: &Group, kind: impl Into<CommandKind>) {
    let kind = kind.into();
    match scripted.order(kind.clone()).await {
        Ok(_) => drop(plain.order(kind).await),
        Err(_) => {
            plain.clock.advance(SECOND_MS);
            plain.mint.command(0);
        }
    }
}

/// Lets a refused command pass by: ids and time go on alike.
fn skip(plain: &Group) {
    let mut bodies = Bodies::default();
    plain.mint.text(&mut bodies, 0, MemberId(0), "");
    plain.clock.advance(SECOND_MS);
    plain.mint.command(0);
}

/// Fails with the lines that differ and nothing else.
fn assert_same(is: &Facts, expected: &Facts) {
    if is == expected {
        return;
    }
    let (is, expected) = (format!("{is:#?}"), format!("{expected:#?}"));
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let (is, expected) = (lines(&is), lines(&expected));
    let more: Vec<_> = is.difference(&expected).collect();
    let less: Vec<_> = expected.difference(&is).collect();
    panic!("only after the undo: {more:#?}\nonly without the script: {less:#?}");
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn after_an_undo_the_group_is_as_if_the_script_had_never_been(
        deeds in proptest::collection::vec(deed(), 1..50),
    ) {
        block_on(async {
            let (scripted, plain) = (Group::with_script().await, Group::new().await);
            plain.clock.advance(SECOND_MS);
            let mut talk = Talk::default();
            for deed in &deeds {
                talk.both(&scripted, &plain, deed).await;
            }
            let before = scripted.state().await;
            let plan = scripted.undo(Mode::Plan).await;
            assert_eq!(scripted.state().await.hash(), before.hash(), "a plan changes nothing");
            let done = scripted.undo(Mode::Carry).await;
            assert_eq!((plan.undone, plan.left, plan.over), (done.undone, done.left, done.over));
            let (after, without) = (scripted.state().await, plain.state().await);
            let of = |stream: &Stream| Facts::of(stream.community().unwrap(), &talk.rewritten);
            assert_same(&of(&after), &of(&without));
            let again = scripted.undo(Mode::Carry).await;
            assert!(again.is_nothing(), "{again:#?}");
            assert_eq!(scripted.state().await.hash(), after.hash(), "a second undo changes nothing");
        });
    }
}
