//! Connectors: the example's bot bridges a chat and a community, is killed, and nothing is said twice.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use kith_core::community::Blueprint;
use kith_core::connector::Ability;
use kith_core::queue::{self, AtDeadline};
use kith_core::rule::{self, RuleConfig, Step};
use serde_json::{Value, json};

use super::live::Ear;
use super::served::Served;
use crate::world::{Place, World, tool};

/// How long a chat may say nothing.
const PATIENCE: Duration = Duration::from_secs(60);

fn example(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/bridge-bot").join(file)
}

/// A process that ends with the case.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The example's chat.
struct Chat {
    _process: Process,
    address: String,
}

impl Chat {
    fn start() -> Self {
        let started = Command::new("python3").arg(example("chat.py")).stdout(Stdio::piped()).spawn();
        let mut process = Process(started.expect("there is a python3"));
        let mut port = String::new();
        let out = process.0.stdout.take().expect("it was piped");
        BufReader::new(out).read_line(&mut port).expect("it says its port");
        Self { _process: process, address: format!("127.0.0.1:{}", port.trim()) }
    }
}

/// Somebody who looks at the chat.
struct Guest(BufReader<TcpStream>);

impl Guest {
    fn come(chat: &Chat) -> Self {
        let stream = TcpStream::connect(&chat.address).expect("the chat is there");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket takes a timeout");
        Self(BufReader::new(stream))
    }

    fn say(&mut self, text: &str) {
        self.0.get_mut().write_all(format!("SAY 小林 - {text}\n").as_bytes()).expect("the chat listens");
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("the chat goes on");
        assert!(!line.is_empty(), "the chat has ended");
        line.trim_end().to_owned()
    }

    /// The next line that says something; lines before it are passed.
    fn hears(&mut self, what: &str) -> String {
        loop {
            let line = self.line();
            if line.contains(what) {
                return line;
            }
        }
    }

    /// What stands in the chat: number, who and words.
    fn stands(chat: &Chat) -> Vec<String> {
        let (mut guest, mut standing) = (Self::come(chat), Vec::new());
        loop {
            match guest.line().splitn(5, ' ').collect::<Vec<_>>()[..] {
                ["READY"] => return standing,
                ["SAID", number, person, _, text] => standing.push(format!("{number} {person} {text}")),
                ref other => panic!("a chat does not begin with {other:?}"),
            }
        }
    }
}

/// A community with a connector for the chat's lobby.
struct Bridged {
    served: Served,
    place: Place,
    token: String,
    path: String,
}

impl Bridged {
    fn new() -> Self {
        let served = Served::over(World::new());
        let owner = served.person("Ines");
        let place = served.world.found_by("club", &Blueprint::default(), owner);
        let token = served.token(owner, place.id);
        let check = serde_json::from_str(r#"{"length": {"max_chars": 20}}"#).unwrap();
        let rule = RuleConfig { step: Step::Hold, ..RuleConfig::new("long", check) };
        let set = rule::Command::Set { rule: Box::new(rule) };
        served.world.ask_member(place.id, place.owner, set).unwrap();

        let all = format!("/api/v1/communities/{}/connectors", place.id);
        let new = json!({ "name": "bridge", "network": "lines", "can": ["post", "delete"] });
        let connected = served.request("POST", &all).token(&token).json(&new).send();
        assert_eq!(connected.status, 201, "{}", connected.text);
        let path = format!("{all}/{}", connected.json()["id"].as_str().unwrap());
        let bridged = Self { served, place, token, path };
        let mapping = json!({ "external_channel": "lobby", "channel": place.channel.to_string() });
        assert_eq!(bridged.post("/channels", &mapping).0, 200);
        bridged
    }

    fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let path = format!("{}{path}", self.path);
        let answer = self.served.request("POST", &path).token(&self.token).json(body).send();
        (answer.status, answer.json())
    }

    fn bot(&self, chat: &Chat) -> Process {
        let started = Command::new("python3")
            .arg(example("bot.py"))
            .env("KITH_CONNECTOR", self.served.url(&self.path))
            .env("KITH_TOKEN", &self.token)
            .env("CHAT", &chat.address)
            .spawn();
        Process(started.expect("there is a python3"))
    }

    /// Everything that stands in the channel, oldest first.
    fn said(&self) -> Vec<String> {
        let path = format!("/api/v1/communities/{}/channels/{}/messages", self.place.id, self.place.channel);
        let page = self.served.request("GET", &path).token(&self.token).send().json();
        let messages = page["messages"].as_array().unwrap().iter();
        let text = |message: &Value| message["parts"][0]["text"].as_str().unwrap_or("gone").to_owned();
        messages.map(text).collect()
    }

    fn releases_what_waits(&self) {
        let waits = |it: &kith_core::stream::Community| it.queue.holds.keys().next().copied();
        let hold = self.served.world.view(self.place.id, waits).expect("something waits");
        let release = queue::Command::Resolve { hold, outcome: AtDeadline::Release, note: None };
        self.served.world.ask_member(self.place.id, self.place.owner, release).unwrap();
    }
}

#[test]
fn a_bot_bridges_a_chat_and_goes_on_after_it_was_killed() {
    if tool(&["python3"]).is_none() {
        return;
    }
    let (bridged, chat) = (Bridged::new(), Chat::start());
    let (world, place) = (&bridged.served.world, bridged.place);
    let mut ear = Ear::open(&bridged.served, place, &bridged.token, None);
    let mut guest = Guest::come(&chat);
    let bot = bridged.bot(&chat);

    guest.say("大家好");
    ear.until("message.posted");
    guest.say("an advertisement that is too long");
    ear.until("hold.placed");
    assert!(guest.hears("TELL 小林").contains("20"), "the author reads why");
    guest.hears("GONE 2");
    bridged.releases_what_waits();
    assert!(guest.hears("SAID 3 bridge").ends_with("小林: an advertisement that is too long"));

    drop(bot);
    world.post(place, place.owner, "from here").unwrap();
    let taken_back = world.post(place, place.owner, "taken back").unwrap();
    let delete = kith_core::message::Command::Delete { message: taken_back, reason: None };
    world.ask_member(place.id, place.owner, delete).unwrap();
    guest.say("while it was away");
    guest.hears("SAID 4");
    let _bot = bridged.bot(&chat);
    guest.hears("SAID 5 bridge");

    // Once one more has come through from each side, whatever was to be said twice would have been.
    guest.say("good night");
    world.until("the chat's last word is here", |_| bridged.said().iter().any(|it| it == "good night"));
    world.post(place, place.owner, "good night too").unwrap();
    guest.hears("good night too");
    let expected = ["大家好", "an advertisement that is too long", "from here", "gone"];
    let last = ["while it was away", "good night", "good night too"];
    assert_eq!(bridged.said(), [&expected[..], &last[..]].concat());
    assert_eq!(
        Guest::stands(&chat),
        [
            "1 小林 大家好",
            "3 bridge 小林: an advertisement that is too long",
            "4 小林 while it was away",
            "5 bridge founder: from here",
            "6 小林 good night",
            "7 bridge founder: good night too",
        ]
    );
}

#[test]
fn a_message_is_taken_once_however_often_it_is_said() {
    let bridged = Bridged::new();
    let said = |id: &str, text: &str, nickname: Option<&str>| {
        let parts = [json!({ "type": "text", "text": text })];
        bridged.post(
            "/messages",
            &json!({
                "external_person": "u1", "nickname": nickname, "external_channel": "lobby",
                "external_id": id, "parts": parts,
            }),
        )
    };
    let nameless = said("1", "hello", None);
    assert_eq!((nameless.0, nameless.1["code"].as_str()), (422, Some("text_empty")));
    let first = said("1", "hello", Some("Lin"));
    assert_eq!((first.0, &first.1["state"]), (200, &json!("posted")));
    assert_eq!(said("1", "hello", None), first, "whoever was met is known");
    let held = said("2", "a text of more than twenty", None);
    assert_eq!(held.1["state"], "held");
    assert!(held.1["receipts"][0]["reason"].as_str().is_some_and(|reason| reason.contains("20")));
    assert_eq!(said("2", "a text of more than twenty", None), held, "the verdict is told again, and why");
    let other = said("1", "something else", None);
    assert_eq!((other.0, other.1["code"].as_str()), (422, Some("key_reused")));
    assert_eq!(bridged.said(), ["hello"]);
}

#[test]
fn what_a_bot_cannot_do_is_said_and_only_who_may_connect_does() {
    let bridged = Bridged::new();
    let change = |can: &[Ability], token: &str| {
        let body = json!({ "can": can });
        bridged.served.request("PATCH", &bridged.path).token(token).json(&body).send()
    };
    let degraded = change(&[Ability::Post], &bridged.token).json()["degraded"].to_string();
    assert!(degraded.contains("long") && degraded.contains("lines"), "{degraded}");
    // The same is said of what is put in afterwards.
    let put = |path: &str, body: &Value| {
        let path = format!("/api/v1/communities/{}/{path}", bridged.place.id);
        let answer = bridged.served.request("PUT", &path).token(&bridged.token).json(body).send();
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()["degraded"].to_string()
    };
    let rule = json!({ "name": "ads", "check": { "links": { "max": 1 } }, "step": "hold" });
    let said = put("rules/ads", &rule);
    assert!(said.contains("ads") && said.contains("lines") && !said.contains("long"), "{said}");
    let said = put("scripts/guard", &json!({ "source": "fn on_message(ctx, message) { allow() }" }));
    assert!(said.contains("guard") && said.contains("lines"), "{said}");
    let member = bridged.served.person("Otto");
    bridged.served.world.knock(bridged.place.id, member, "otto").unwrap();
    let refused = change(&[], &bridged.served.token(member, bridged.place.id));
    assert_eq!((refused.status, refused.code().as_str()), (403, "permission_missing"));
    let token = bridged.served.token(member, bridged.place.id);
    let all = format!("/api/v1/communities/{}/connectors", bridged.place.id);
    for path in [format!("{}/effects", bridged.path), all] {
        let refused = bridged.served.request("GET", &path).token(&token).send();
        assert_eq!((refused.status, refused.code().as_str()), (403, "permission_missing"), "{path}");
    }
}

#[test]
fn an_edit_is_told_and_an_old_message_is_still_named_by_the_network_s_own_id() {
    let bridged = Bridged::new();
    let (world, place) = (&bridged.served.world, bridged.place);
    let describe = json!({ "can": ["post", "delete", "edit"] });
    let described =
        bridged.served.request("PATCH", &bridged.path).token(&bridged.token).json(&describe).send();
    assert_eq!(described.status, 200, "{}", described.text);
    let say = |number: usize| {
        let body = json!({
            "external_person": "u1", "nickname": "Lin", "external_channel": "lobby",
            "external_id": format!("m{number}"), "parts": [{ "type": "text", "text": "hello" }],
        });
        let (status, said) = bridged.post("/messages", &body);
        assert_eq!(status, 200, "{said}");
        said["message"].as_str().unwrap().to_owned()
    };
    let old = say(0);
    // Of so many messages the state has the network's ids at hand.
    (1..=1_024).for_each(|number| drop(say(number)));
    let mut ear = Ear::at(&bridged.served, &format!("{}/effects", bridged.path), &bridged.token);
    let message = world.post(place, place.owner, "helo").unwrap();
    world.edit(place, place.owner, message, "hello").unwrap();
    let edited = ear.until("edit").data;
    assert_eq!(edited["message"].as_str(), Some(&*message.to_string()));
    assert_eq!(edited["parts"][0]["text"], "hello");
    let delete = kith_core::message::Command::Delete { message: old.parse().unwrap(), reason: None };
    world.ask_member(place.id, place.owner, delete).unwrap();
    let deleted = ear.until("delete").data;
    assert_eq!((deleted["message"].as_str(), deleted["external_id"].as_str()), (Some(&*old), Some("m0")));
}
