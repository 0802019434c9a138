//! Connectors as tables: who connects, who is met, what they may say, what a network is asked to do.

mod effects;
mod people;

use super::*;
use crate::event::Event as AnyEvent;
use crate::ids::{ChannelId, MemberId, MessageId};
use crate::message;
use crate::message::Part;
use crate::rule::Step;
use crate::testing_rule::rule;
use crate::testing_talk::{ADMIN, ANN, Bench, MODERATOR, OWNER};

/// The keys of two channels of the network.
const ROOM: Short = 77;
const SECOND_ROOM: Short = 78;
/// Somebody of the network.
const LIN: Short = 1;

pub(super) fn all() -> BTreeSet<Ability> {
    use Ability as A;
    [A::Delete, A::Edit, A::Mute, A::Remove, A::Ban, A::Post, A::React, A::Pin].into()
}

/// A bench with a bot of a network whose room stands for the hall.
pub(super) struct Town {
    bench: Bench,
    bot: ConnectorId,
}

impl Town {
    fn new() -> Self {
        let mut town = Self { bench: Bench::new(), bot: ConnectorId(0) };
        town.bot = town.connect("bot", "qq");
        let hall = town.bench.hall();
        town.map(town.bot, ROOM, hall).unwrap();
        town
    }

    fn connect(&mut self, name: &str, network: &str) -> ConnectorId {
        let (name, network) = (name.to_owned(), network.to_owned());
        let id = ConnectorId(self.bench.upcoming(0).0);
        self.bench.ask(ADMIN, Command::Connect { name, network, can: all() }).unwrap();
        id
    }

    fn map(
        &mut self,
        connector: ConnectorId,
        external: Short,
        channel: ChannelId,
    ) -> Result<Vec<AnyEvent>, Refusal> {
        let name = self.bench.body_of(owner(connector), &format!("room {external}"));
        self.bench.ask(ADMIN, Command::MapChannel { connector, external, name, channel })
    }

    /// Meets somebody who is, or would be, this member.
    fn meet_as(&mut self, key: Short, member: Option<MemberId>) -> Result<Vec<AnyEvent>, Refusal> {
        let member = member.unwrap_or_else(|| MemberId::of(self.bench.upcoming(2), 0));
        let external = self.bench.body_of(member, &format!("user {key}"));
        let nickname = Some(self.bench.body_of(member, &format!("nick {key}")));
        let person = ExternalPerson { key, external, imported: BTreeSet::from([key]) };
        self.bench.ask(ADMIN, Command::Meet { connector: self.bot, person, nickname })
    }

    /// Meets somebody for the first time.
    fn meet(&mut self, key: Short) -> MemberId {
        self.meet_as(key, None).unwrap();
        self.who(key)
    }

    fn who(&self, key: Short) -> MemberId {
        self.bench.community().connectors.met("qq", key).expect("they were met").member
    }

    fn speech(&mut self, key: Short, text: &str) -> Speech {
        let author = self.bench.community().connectors.met("qq", key).map_or(ANN, |met| met.member);
        let external_id = self.bench.body_of(author, &format!("id of {text}"));
        let parts = vec![Part::Text { body: self.bench.body_of(author, text) }];
        Speech { connector: self.bot, person: key, channel: ROOM, external_id, parts, reply_to: None }
    }

    fn speak(&mut self, key: Short, text: &str) -> Result<Vec<AnyEvent>, Refusal> {
        let speech = self.speech(key, text);
        self.bench.ask(ADMIN, Command::Speak(Box::new(speech)))
    }

    /// Says something that goes through.
    fn says(&mut self, key: Short, text: &str) -> MessageId {
        let events = self.speak(key, text).unwrap();
        let posted = events.iter().find_map(message::posted_id);
        posted.unwrap_or_else(|| panic!("it was not posted: {events:?}"))
    }

    /// What the last record asks of the network, as words and the network's own ids.
    fn asked(&self) -> Vec<String> {
        self.asked_of(self.bot)
    }

    fn asked_of(&self, connector: ConnectorId) -> Vec<String> {
        let effects = effects_of(self.bench.last(), self.bench.community(), connector);
        effects.iter().map(|effect| self.words(&effect.what)).collect()
    }

    fn words(&self, what: &What) -> String {
        let text = |body: &BodyRef| self.bench.stream.bodies.text(body).unwrap_or("gone").to_owned();
        match what {
            What::Delete { external_id, .. } => {
                format!("delete {}", external_id.as_ref().map_or("own".to_owned(), text))
            }
            What::Mute { whom, .. } => format!("mute {}", text(&whom.external)),
            What::Unmute { whom } => format!("unmute {}", text(&whom.external)),
            What::Remove { whom } => format!("remove {}", text(&whom.external)),
            What::Ban { whom, until_ms } => {
                format!(
                    "ban {} {}",
                    text(&whom.external),
                    if until_ms.is_some() { "a while" } else { "for good" }
                )
            }
            What::Unban { whom } => format!("unban {}", text(&whom.external)),
            What::Post { channel, reply_to, .. } => {
                let reply = reply_to.as_ref().map(|id| format!(" to {}", text(id))).unwrap_or_default();
                format!("post in {}{reply}", text(channel))
            }
            What::Edit { .. } => "edit".to_owned(),
        }
    }
}

#[test]
fn a_network_is_connected_by_whoever_may_and_under_a_name_of_its_own() {
    let mut town = Town::new();
    let connect = |name: &str| Command::Connect {
        name: name.to_owned(),
        network: "irc".to_owned(),
        can: BTreeSet::new(),
    };
    let missing = Refusal::PermissionMissing { permission: "connect".to_owned() };
    for (member, name, refused) in [
        (ANN, "other", Some(missing.clone())),
        (MODERATOR, "other", Some(missing)),
        (ADMIN, "bot", Some(Refusal::AlreadyExists { what: "bot".to_owned() })),
        (ADMIN, "", Some(Refusal::NameInvalid { name: String::new() })),
        (OWNER, "other", None),
    ] {
        assert_eq!(town.bench.ask(member, connect(name)).err(), refused, "{member} {name:?}");
    }
    for index in 2..32 {
        town.bench.ask(OWNER, connect(&format!("n{index}"))).unwrap();
    }
    let full = Refusal::TooMany { what: "connector".to_owned(), max: 32 };
    assert_eq!(town.bench.ask(OWNER, connect("last")), Err(full));
    town.bench.check();
}

#[test]
fn what_a_bot_can_do_is_described_anew() {
    let mut town = Town::new();
    let can = BTreeSet::from([Ability::Delete]);
    let describe = Command::Describe { connector: town.bot, can: can.clone() };
    town.bench.ask(ADMIN, describe.clone()).unwrap();
    assert_eq!(town.bench.community().connectors.get(town.bot).map(|row| &row.can), Some(&can));
    assert_eq!(town.bench.ask(ADMIN, describe), Err(Refusal::NothingToChange));
    let unknown = Command::Describe { connector: ConnectorId(5), can };
    assert_eq!(town.bench.ask(ADMIN, unknown), Err(Refusal::NotFound { what: "connector".to_owned() }));
}

#[test]
fn a_room_stands_for_one_channel_and_can_be_given_another() {
    let mut town = Town::new();
    let hall = town.bench.hall();
    assert_eq!(town.map(town.bot, ROOM, hall), Err(Refusal::NothingToChange));
    let nowhere = ChannelId(5);
    assert_eq!(town.map(town.bot, ROOM, nowhere), Err(Refusal::NotFound { what: nowhere.to_string() }));
    let name = town.bench.body_of(ANN, "not the connector's");
    let strangers = Command::MapChannel { connector: town.bot, external: 5, name, channel: hall };
    assert_eq!(town.bench.ask(ADMIN, strangers), Err(Refusal::BodyMissing));
    let unmap = Command::UnmapChannel { connector: town.bot, external: ROOM };
    let named = town.bench.community().connectors.get(town.bot).unwrap().channels[&ROOM].name;
    assert_eq!(town.bench.stream.bodies.text(&named), Some("room 77"));
    town.bench.ask(ADMIN, unmap.clone()).unwrap();
    assert_eq!(town.bench.stream.bodies.text(&named), None);
    assert_eq!(town.bench.ask(ADMIN, unmap), Err(Refusal::NothingToChange));
    town.bench.check();
}

#[test]
fn a_connector_that_goes_takes_its_own_key_and_leaves_its_people() {
    let mut town = Town::new();
    let lin = town.meet(LIN);
    let named = town.bench.community().connectors.get(town.bot).unwrap().channels[&ROOM].name;
    town.bench.ask(ADMIN, Command::Disconnect { connector: town.bot }).unwrap();
    assert!(town.bench.stream.erasures.members().eq([owner(town.bot)]));
    assert_eq!(town.bench.stream.bodies.text(&named), None);
    assert_eq!(town.speak(LIN, "hello"), Err(Refusal::NotFound { what: "connector".to_owned() }));
    town.bot = town.connect("bot", "qq");
    assert_eq!(town.who(LIN), lin, "whoever was met is known by the next bot of the network");
    town.bench.check();
}

#[test]
fn what_was_done_is_acknowledged_once_and_never_ahead() {
    let mut town = Town::new();
    let ack = |town: &mut Town, seq| town.bench.ask(ADMIN, Command::Ack { connector: town.bot, seq }).err();
    let since = town.bench.community().connectors.get(town.bot).unwrap().acked_seq;
    let newest = town.bench.stream.seq;
    for (seq, refused) in [
        (newest + 1, Some(Refusal::NotFound { what: "record".to_owned() })),
        (since, Some(Refusal::NothingToChange)),
        (newest, None),
        (newest, Some(Refusal::NothingToChange)),
    ] {
        assert_eq!(ack(&mut town, seq), refused, "{seq}");
    }
    assert_eq!(crate::script::told(town.bench.last()).count(), 0, "no script is woken by it");
    assert_eq!(town.bench.community().connectors.get(town.bot).unwrap().acked_seq, newest);
}

#[test]
fn what_the_rules_ask_and_a_network_cannot_is_said() {
    let mut town = Town::new();
    let codes = |town: &Town, can: &[Ability]| {
        let said = degraded(town.bench.community(), "qq", &can.iter().copied().collect());
        said.into_iter().map(|text| text.code.replace("connector.degraded.", "")).collect::<Vec<_>>()
    };
    assert_eq!(codes(&town, &[]), ["post"]);
    town.bench.set_config(rule("short", r#"{"length": {"max_chars": 5}}"#, Step::Mute));
    town.bench.set_config(rule("ads", r#"{"length": {"max_chars": 50}}"#, Step::Hold));
    use Ability as A;
    for (can, said) in [
        (&[A::Post, A::Delete, A::Mute, A::Remove, A::Ban][..], &[][..]),
        (&[A::Post, A::Delete, A::Remove, A::Ban], &["mute", "mute"]),
        (&[A::Post, A::Mute, A::Remove, A::Ban], &["hold", "deny"]),
        (&[A::Post, A::Delete, A::Mute], &["remove", "ban", "remove", "ban"]),
    ] {
        assert_eq!(codes(&town, can), said, "{can:?}");
    }
    let can = BTreeSet::from([A::Post, A::Mute]);
    town.bench.ask(ADMIN, Command::Describe { connector: town.bot, can }).unwrap();
    let by_rule = |town: &Town, name: &str| -> Vec<String> {
        let said = degraded_by_rule(town.bench.community(), name);
        said.into_iter().map(|text| text.code.replace("connector.degraded.", "")).collect()
    };
    let before = by_rule(&town, "ads");
    assert_eq!(before, ["hold", "deny", "remove", "ban"]);
    assert_eq!(by_rule(&town, "short"), ["remove", "ban"]);
    town.connect("another", "irc");
    assert_eq!(by_rule(&town, "ads"), before, "a bot that can everything lacks nothing");
    let wait = "10s".parse().unwrap();
    town.bench.ask(OWNER, crate::rule::Command::SetSlowMode { channel: None, wait }).unwrap();
    assert_eq!(codes(&town, &[A::Post, A::Mute, A::Remove, A::Ban]), ["hold", "deny", "slow"]);
}
