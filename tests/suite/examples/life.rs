//! A community's life as a story: who did what, what came of it, and what everybody read, in both languages.
//!
//! Each verb asks the real engine and writes what happened. Promises that no text is shown with a raw code
//! or an argument left over: it fails on the spot.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use kith_core::body::{Bodies, BodyRef};
use kith_core::command::{Actor, CommandKind};
use kith_core::community::Language;
use kith_core::gate;
use kith_core::ids::{ChannelId, CommandId, HoldId, MemberId, MessageId, PersonId, ReceiptId};
use kith_core::message::{self, Mentions, Part, Sort};
use kith_core::notice::{Arg, Text};
use kith_core::queue::Receipt;
use kith_core::stream::Stream;
use kith_runtime::blueprint;
use kith_runtime::draft::{AskError, Draft, Reply};
use kith_runtime::texts::Reader;

use super::folder;
use crate::world::{Ground, ManualClock, Place, World};

/// Every life begins with the same dice, so that its snapshot does not change.
const SEED: u64 = 20_260_701;

/// What somebody brings to the gate.
#[derive(Default)]
pub(crate) struct Brings<'a> {
    pub(crate) invite: Option<&'a str>,
    pub(crate) answers: &'a [(&'a str, &'a str)],
    pub(crate) card: &'a [(&'a str, &'a str)],
}

/// What a command needs of the one who writes it.
pub(crate) struct Pen<'a> {
    world: &'a World,
    owner: MemberId,
    bodies: Bodies,
}

impl Pen<'_> {
    /// A text that belongs to whom it is about.
    pub(crate) fn write(&mut self, text: &str) -> BodyRef {
        self.world.mint().text(&mut self.bodies, self.world.now_ms(), self.owner, text)
    }

    /// A message of one text.
    pub(crate) fn parts(&mut self, text: &str) -> Vec<Part> {
        vec![Part::Text { body: self.write(text) }]
    }

    fn all(&mut self, texts: &[(&str, &str)]) -> BTreeMap<String, BodyRef> {
        texts.iter().map(|(name, text)| ((*name).to_owned(), self.write(text))).collect()
    }
}

/// One person of the story.
struct Person {
    id: PersonId,
    notices_seen: usize,
}

/// A community with people in it, and what was told so far.
pub(crate) struct Life {
    world: World,
    clock: ManualClock,
    pub(crate) place: Place,
    people: BTreeMap<String, Person>,
    told: String,
}

impl Life {
    /// Founds an example; `owner` is its first owner.
    pub(crate) fn found(example: &str, owner: &str) -> Self {
        Self::found_from(&folder(example), owner)
    }

    /// Founds the community of any blueprint.
    pub(crate) fn found_from(folder: &Path, owner: &str) -> Self {
        let clock = ManualClock::new();
        let world = Ground::fresh().clock(&clock).seed(SEED).open();
        let loaded = blueprint::read(folder).unwrap_or_else(|error| panic!("{error}"));
        assert!(loaded.unknown_files.is_empty(), "{:?}", loaded.unknown_files);
        let place = world.found(&loaded.name, &loaded.blueprint);
        let person = world.view(place.id, move |community| community.members.get(place.owner).cloned());
        let id = person.and_then(|row| row.person).expect("the founder is a person");
        let people = BTreeMap::from([(owner.to_owned(), Person { id, notices_seen: 0 })]);
        Self { world, clock, place, people, told: String::new() }
    }

    /// The world it takes place in.
    pub(crate) fn world(&self) -> &World {
        &self.world
    }

    /// The story so far.
    pub(crate) fn told(&self) -> &str {
        &self.told
    }

    /// Begins a chapter.
    pub(crate) fn chapter(&mut self, title: &str) {
        let _ = writeln!(self.told, "\n# {title}\n");
    }

    /// The member that a person is.
    pub(crate) fn member(&self, who: &str) -> MemberId {
        self.row(who).expect("the person is known here")
    }

    fn row(&self, who: &str) -> Option<MemberId> {
        let person = self.people.get(who)?.id;
        self.world.view(self.place.id, move |community| community.members.of_person(person).map(|row| row.id))
    }

    /// Where a person stands: `active`, `waiting`, `removed` …
    pub(crate) fn standing(&self, who: &str) -> &'static str {
        let member = self.member(who);
        self.world.view(self.place.id, move |community| match community.gate.applications.get(&member) {
            Some(application) => application.stage.name(),
            None => community.members.get(member).map_or("stranger", |row| row.standing.name()),
        })
    }

    /// A channel by name.
    pub(crate) fn channel(&self, name: &str) -> ChannelId {
        let name = name.to_owned();
        let find = move |community: &kith_core::stream::Community| {
            community.channels.of_name(&name).map(|channel| channel.id)
        };
        self.world.view(self.place.id, find).expect("the example has the channel")
    }

    /// What of a person waits for a moderator longest.
    pub(crate) fn hold_of(&self, who: &str) -> HoldId {
        let member = self.member(who);
        let find = move |community: &kith_core::stream::Community| {
            let own = community.queue.holds.iter().filter(|(_, hold)| hold.item.member() == member);
            own.min_by_key(|(id, hold)| (hold.at_ms, **id)).map(|(id, _)| *id)
        };
        self.world.view(self.place.id, find).expect("something of theirs waits")
    }

    /// Looks at the community.
    pub(crate) fn view<T: Send + 'static>(
        &self,
        look: impl FnOnce(&kith_core::stream::Community) -> T + Send + 'static,
    ) -> T {
        self.world.view(self.place.id, look)
    }

    /// Somebody asks to join.
    pub(crate) fn join(&mut self, who: &str, nickname: &str, brings: &Brings<'_>) {
        let world = &self.world;
        let person = self
            .people
            .entry(who.to_owned())
            .or_insert_with(|| Person { id: world.person(), notices_seen: 0 });
        let (person, at_ms) = (person.id, world.now_ms());
        let command = world.mint().command(at_ms);
        let applicant = world
            .look(self.place.id, move |stream| gate::applicant_id(stream, person, command))
            .expect("the stream can be read");
        let mut pen = Pen { world, owner: applicant, bodies: Bodies::default() };
        let join = gate::Command::RequestJoin {
            nickname: pen.write(nickname),
            card: pen.all(brings.card),
            answers: pen.all(brings.answers),
            invite: brings.invite.map(str::to_owned),
            source: String::new(),
        };
        let bodies = pen.bodies;
        let draft = Draft::new(command, self.place.id, Actor::Person(person), join).with_bodies(bodies);
        let answer = self.world.ask(draft);
        self.tell(who, "asks to join", &answer);
    }

    /// Somebody does something whose texts are about themselves.
    pub(crate) fn does<C: Into<CommandKind>>(
        &mut self,
        who: &str,
        what: &str,
        command: impl FnOnce(&mut Pen<'_>) -> C,
    ) -> Option<CommandId> {
        let owner = self.member(who);
        self.does_to(who, what, owner, command)
    }

    /// Somebody does something whose texts are about another.
    pub(crate) fn does_to<C: Into<CommandKind>>(
        &mut self,
        who: &str,
        what: &str,
        owner: MemberId,
        command: impl FnOnce(&mut Pen<'_>) -> C,
    ) -> Option<CommandId> {
        let actor = match self.standing(who) {
            "active" => Actor::Member(self.member(who)),
            _ => Actor::Person(self.people[who].id),
        };
        let mut pen = Pen { world: &self.world, owner, bodies: Bodies::default() };
        let kind = command(&mut pen);
        let bodies = pen.bodies;
        let draft = self.world.draft(self.place.id, actor, kind).with_bodies(bodies);
        let id = draft.id;
        let answer = self.world.ask(draft);
        self.tell(who, what, &answer);
        answer.is_ok().then_some(id)
    }

    /// Somebody says something in a channel.
    pub(crate) fn says(&mut self, who: &str, channel: &str, text: &str) -> Option<MessageId> {
        let channel = self.channel(channel);
        let said = self.does(who, &format!("says: {text}"), |pen| message::Command::Post {
            channel,
            parts: pen.parts(text),
            reply_to: None,
            sort: Sort::Talk,
            mentions: Mentions::default(),
        });
        said.map(|id| MessageId(id.0))
    }

    /// The newest receipt of a person.
    pub(crate) fn receipt(&self, who: &str) -> ReceiptId {
        let member = self.member(who);
        let find = move |community: &kith_core::stream::Community| {
            let own = community.queue.receipts.values().filter(|receipt| receipt.member == member);
            own.max_by_key(|receipt| (receipt.at_ms, receipt.id)).map(|receipt| receipt.id)
        };
        self.world.view(self.place.id, find).expect("there is a receipt")
    }

    /// Time passes, and what falls due happens.
    pub(crate) fn passes(&mut self, what: &str, ms: u64) {
        self.clock.advance(ms);
        let (id, now_ms) = (self.place.id, self.world.now_ms());
        self.world.until("nothing is due", |world| {
            let next = world.look(id, |stream| stream.timers.next()).expect("the stream can be read");
            next.is_none_or(|(due_ms, _)| due_ms > now_ms)
        });
        let _ = writeln!(self.told, "- {what}");
        self.tell_notices();
    }

    /// The community is read back from disk and is as it was.
    pub(crate) fn survives_a_restart(&mut self) {
        self.world.settle(self.place.id);
        let before = self.world.state_hash(self.place.id);
        self.world.restart();
        assert_eq!(self.world.state_hash(self.place.id), before);
    }

    fn tell(&mut self, who: &str, what: &str, answer: &Result<Reply, AskError>) {
        let _ = writeln!(self.told, "- {who} {what}");
        match answer {
            Ok(reply) => reply.receipts.iter().for_each(|receipt| self.tell_receipt(receipt)),
            Err(AskError::Refused(refusal)) => {
                let text = refusal.text();
                self.show("refused", &text);
                self.show_hint(&text);
            }
            Err(error) => panic!("{who} {what}: {error}"),
        }
        self.tell_notices();
    }

    fn tell_receipt(&mut self, receipt: &Receipt) {
        assert_eq!(receipt.ground.verdict(), receipt.verdict, "a receipt alone leads to its verdict");
        self.show("because", &receipt.reason);
        if let Some(remedy) = &receipt.remedy {
            self.show("so", remedy);
        }
    }

    fn tell_notices(&mut self) {
        let people: Vec<(String, PersonId, usize)> =
            self.people.iter().map(|(name, person)| (name.clone(), person.id, person.notices_seen)).collect();
        for (name, person, seen) in people {
            let unread = self.world.view(self.place.id, move |community| {
                let row = community.members.of_person(person);
                row.map_or(Vec::new(), |row| row.notices.iter().skip(seen).cloned().collect())
            });
            for notice in &unread {
                self.show(&format!("{name} is told"), &notice.text);
            }
            if let Some(person) = self.people.get_mut(&name) {
                person.notices_seen += unread.len();
            }
        }
    }

    fn show(&mut self, label: &str, text: &Text) {
        for language in [Language::English, Language::Chinese] {
            let rendered = self.rendered(language, text, |reader, text| Some(reader.render(text)));
            let rendered = rendered.unwrap_or_default();
            assert_readable(text, &rendered);
            let _ = writeln!(self.told, "  {label} [{}] {rendered}", language.tag());
        }
    }

    fn show_hint(&mut self, text: &Text) {
        for language in [Language::English, Language::Chinese] {
            if let Some(hint) = self.rendered(language, text, |reader, text| reader.hint(text)) {
                assert_readable(text, &hint);
                let _ = writeln!(self.told, "  hint [{}] {hint}", language.tag());
            }
        }
    }

    fn rendered(
        &self,
        language: Language,
        text: &Text,
        how: impl FnOnce(&Reader<'_>, &Text) -> Option<String> + Send + 'static,
    ) -> Option<String> {
        let text = text.clone();
        let look = move |stream: &Stream| how(&Reader { language, stream: Some(stream) }, &text);
        self.world.look(self.place.id, look).expect("the stream can be read")
    }
}

/// A text that a person can read: no braces left over, no code where a word should be. Ids may stand there,
/// and what an operator named.
fn assert_readable(text: &Text, rendered: &str) {
    let code = &text.code;
    assert_ne!(rendered, code, "there is no text for the code");
    let names = text.args.values().filter_map(|arg| match arg {
        Arg::Name(name) if !name.is_empty() => Some(name.as_str()),
        _ => None,
    });
    let own = names.fold(rendered.to_owned(), |own, name| own.replace(name, ""));
    assert!(!own.contains(['{', '}']), "{code} has an argument left over: {rendered}");
    for gone in ["(erased)", "（已删除）"] {
        assert!(!own.contains(gone), "{code} does not show what it quotes: {rendered}");
    }
    let mut words = own.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let raw = words.find(|word| word.contains('_') && !word.bytes().any(|byte| byte.is_ascii_digit()));
    assert_eq!(raw, None, "{code} shows a raw code: {rendered}");
}

impl Drop for Life {
    /// A story that broke off is shown as far as it went.
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.told);
        }
    }
}
