//! Webhooks: a receiver that checks signatures by its own means is told everything in order; whoever is down
//! is tried again; nobody is sent where they should not go.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use kith_core::channel;
use kith_core::community::Blueprint;
use kith_core::ids::ChannelId;
use kith_core::message;
use kith_core::rule::{self, RuleConfig, Step};
use kith_http::webhook::{KINDS, Reach};
use kith_http::{Quota, Settings};
use serde_json::{Value, json};

use super::served::Served;
use crate::world::{Ground, ManualClock, Place, World, tool};

/// How long a receiver may hear nothing.
const PATIENCE: Duration = Duration::from_secs(60);

/// The example's receiver, which ends with the case.
struct Receiver {
    process: Child,
    lines: mpsc::Receiver<String>,
}

impl Receiver {
    fn start(port: u16, secret: &str) -> Self {
        Self::answering(port, secret, &[])
    }

    fn answering(port: u16, secret: &str, settings: &[(&str, &str)]) -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/webhook-receiver/receiver.py");
        let started = Command::new("python3")
            .arg(file)
            .arg(port.to_string())
            .env("KITH_SECRET", secret)
            // The clock of a case may stand in another year.
            .env("TOLERANCE_S", "999999999")
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            // It complains of connections that break when a case lets the server fall.
            .stderr(Stdio::null())
            .spawn();
        let mut process = started.expect("there is a python3");
        let out = BufReader::new(process.stdout.take().expect("it was piped"));
        let (sender, lines) = mpsc::channel();
        // Ends with the process, or once nobody wants to hear more.
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let receiver = Self { process, lines };
        assert_eq!(receiver.line(), "READY");
        receiver
    }

    fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("the receiver is told something")
    }

    /// The next letter.
    fn told(&self) -> Letter {
        let line = self.line();
        let fields: Vec<&str> = line.splitn(5, ' ').collect();
        let [word, id, kind, subject, data] = fields[..] else { panic!("{line}") };
        let data = serde_json::from_str(data).expect("the data is JSON");
        Letter {
            is_again: word == "AGAIN",
            id: id.to_owned(),
            kind: kind.strip_prefix("kith.").expect("it is Kith's").to_owned(),
            subject: subject.to_owned(),
            data,
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[derive(Debug)]
struct Letter {
    is_again: bool,
    id: String,
    kind: String,
    subject: String,
    data: Value,
}

impl Letter {
    fn text(&self) -> &str {
        self.data["parts"][0]["text"].as_str().unwrap_or("nothing")
    }
}

/// A port that nobody listens on.
fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    listener.local_addr().expect("it is bound").port()
}

/// A community of which webhooks are told.
struct Hooked {
    served: Served,
    place: Place,
    token: String,
    path: String,
}

impl Hooked {
    fn over(world: World, webhooks: Reach) -> Self {
        let quota = Quota { count: 1_000_000, window_s: 60 };
        let settings = Settings { webhooks, caller_quota: quota, ..Settings::default() };
        let served = Served::with(world, settings);
        let owner = served.person("Ines");
        let place = served.world.found_by("club", &Blueprint::default(), owner);
        let token = served.token(owner, place.id);
        Self { served, place, token, path: format!("/api/v1/communities/{}/webhooks", place.id) }
    }

    fn new() -> Self {
        Self::over(World::new(), Reach::Anywhere)
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let path = format!("{}{path}", self.path);
        let request = self.served.request(method, &path).token(&self.token);
        let answer = if body.is_null() { request.send() } else { request.json(body).send() };
        (answer.status, answer.json())
    }

    /// Adds a webhook to a port of this machine: its id and its secret.
    fn add(&self, port: u16, kinds: &[&str]) -> (String, String) {
        let url = format!("http://localhost:{port}/letters?for=garden");
        let (status, made) = self.ask("POST", "", &json!({ "label": "board", "url": url, "kinds": kinds }));
        assert_eq!(status, 201, "{made}");
        let text = |name: &str| made[name].as_str().expect("it is there").to_owned();
        (text("id"), text("secret"))
    }

    fn shown(&self) -> Value {
        self.ask("GET", "", &Value::Null).1["webhooks"][0].clone()
    }

    fn until_state(&self, state: &str, attempts: Option<u64>) {
        self.served.world.until(&format!("the webhook is {state}"), |_| {
            let shown = self.shown();
            shown["state"] == state && attempts.is_none_or(|attempts| shown["attempts"] == attempts)
        });
    }

    fn say(&self, text: &str) -> kith_core::ids::MessageId {
        self.served.world.post(self.place, self.place.owner, text).expect("the owner may speak")
    }
}

#[test]
fn letters_come_signed_and_in_order_and_after_a_fall_with_the_same_ids() {
    if tool(&["python3"]).is_none() {
        return;
    }
    let mut hooked = Hooked::new();
    hooked.say("before there was a webhook");
    let port = free_port();
    let (_, secret) = hooked.add(port, &["message.posted", "member.joined"]);
    let receiver = Receiver::start(port, &secret);
    let said: Vec<String> = (0..40).map(|number| format!("早上好 {number}")).collect();
    for text in &said[..30] {
        hooked.say(text);
    }
    let mut heard: Vec<Letter> = (0..30).map(|_| receiver.told()).collect();
    assert!(heard.iter().all(|letter| !letter.is_again), "nothing is told twice where nothing breaks");
    let subject = heard[0].data["message"].as_str().unwrap();
    assert_eq!((heard[0].kind.as_str(), heard[0].subject.as_str()), ("message.posted", subject));

    hooked.served.fall_and_rise();
    for text in &said[30..] {
        hooked.say(text);
    }
    hooked.served.world.knock(hooked.place.id, hooked.served.person("Gil"), "gil").unwrap();
    loop {
        let letter = receiver.told();
        match letter.is_again {
            true => assert!(heard.iter().any(|before| before.id == letter.id)),
            false => heard.push(letter),
        }
        if heard.last().is_some_and(|letter| letter.kind == "member.joined") {
            break;
        }
    }
    let last = heard.pop().unwrap();
    assert!(last.data["member"].as_str().is_some_and(|member| member == last.subject));
    assert_eq!(heard.iter().map(Letter::text).collect::<Vec<_>>(), said);
    let head = |hooked: &Hooked| hooked.served.world.durable_seq(hooked.place.id);
    hooked.served.world.until("what was taken is noted", |_| {
        hooked.shown()["acked_seq"].as_u64().is_some_and(|seq| seq + 2 >= head(&hooked))
    });
    let before = head(&hooked);
    hooked.served.stop();
    assert_eq!(head(&hooked), before, "whoever knows everything is noted once");
}

#[test]
fn who_is_down_is_tried_later_each_time_and_then_told_everything() {
    if tool(&["python3"]).is_none() {
        return;
    }
    let clock = ManualClock::new();
    let hooked = Hooked::over(Ground::fresh().clock(&clock).open(), Reach::Anywhere);
    let port = free_port();
    let (_, secret) = hooked.add(port, &[]);
    let texts = ["one", "two", "three"];
    for text in texts {
        hooked.say(text);
    }
    hooked.until_state("failing", Some(1));
    clock.advance(10_000);
    hooked.until_state("failing", Some(2));
    clock.advance(10_000);
    hooked.say("four");
    let receiver = Receiver::start(port, &secret);
    let asked = hooked.shown();
    assert_eq!((&asked["attempts"], &asked["state"]), (&json!(2), &json!("failing")), "not before its time");
    clock.advance(10_000);
    for text in texts.iter().chain(&["four"]) {
        assert_eq!(receiver.told().text(), *text);
    }
    hooked.until_state("on", None);
}

#[test]
fn nobody_is_sent_into_the_host_s_own_network_unless_it_says_so() {
    let hooked = Hooked::over(World::new(), Reach::Public);
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    for (url, expected) in [
        (format!("http://127.0.0.1:{port}/"), "public_address"),
        (format!("http://[::1]:{port}/"), "public_address"),
        ("http://169.254.169.254/latest/".to_owned(), "public_address"),
        ("https://ann:word@board.example/".to_owned(), "http_or_https"),
    ] {
        let (status, refused) = hooked.ask("POST", "", &json!({ "label": "inside", "url": url }));
        assert_eq!((status, &refused["code"]), (422, &json!("value_invalid")), "{url}");
        assert_eq!(refused["args"]["expected"], format!("expected.{expected}"), "{url}");
    }
    // A name says nothing until it is resolved.
    hooked.add(port, &[]);
    hooked.say("hello");
    hooked.until_state("failing", Some(1));
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

#[test]
fn no_redirect_is_followed() {
    if tool(&["python3"]).is_none() {
        return;
    }
    let hooked = Hooked::new();
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let elsewhere = format!("http://{}/", listener.local_addr().unwrap());
    let port = free_port();
    let (_, secret) = hooked.add(port, &[]);
    let settings = [("ANSWER", "307"), ("LOCATION", elsewhere.as_str())];
    let receiver = Receiver::answering(port, &secret, &settings);
    hooked.say("hello");
    assert_eq!(receiver.told().text(), "hello");
    hooked.until_state("failing", Some(1));
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

/// A channel that only moderators read.
fn hidden(hooked: &Hooked) -> ChannelId {
    let channel = channel::ChannelConfig {
        read_roles: ["moderator".to_owned()].into(),
        ..channel::ChannelConfig::group("backstage")
    };
    let open = channel::Command::Open { channel };
    let reply = hooked.served.world.ask_member(hooked.place.id, hooked.place.owner, open);
    ChannelId(reply.unwrap().command.0)
}

#[test]
fn it_is_told_what_every_member_may_know_and_that_a_moderator_is_wanted() {
    if tool(&["python3"]).is_none() {
        return;
    }
    let hooked = Hooked::new();
    let (world, place) = (&hooked.served.world, hooked.place);
    let check = serde_json::from_str(r#"{"length": {"max_chars": 20}}"#).unwrap();
    let rule = RuleConfig { step: Step::Hold, ..RuleConfig::new("long", check) };
    world.ask_member(place.id, place.owner, rule::Command::Set { rule: Box::new(rule) }).unwrap();
    let (guest, _) = world.knock(place.id, hooked.served.person("Gil"), "gil").unwrap();
    let (gone, _) = world.knock(place.id, hooked.served.person("Mo"), "mo").unwrap();

    let port = free_port();
    let (id, secret) = hooked.add(port, &[]);
    assert_eq!(hooked.ask("POST", &format!("/{id}/pause"), &Value::Null).0, 200);
    let backstage = Place { channel: hidden(&hooked), ..place };
    let secret_message = world.post(backstage, place.owner, "among us").unwrap();
    world.edit(backstage, place.owner, secret_message, "still among us").unwrap();
    let taken_back = hooked.say("taken back");
    let delete = message::Command::Delete { message: taken_back, reason: None };
    world.ask_member(place.id, place.owner, delete).unwrap();
    world.post(place, gone, "erased").unwrap();
    world.ask_member(place.id, gone, kith_core::privacy::Command::EraseMyself).unwrap();
    world.settle(place.id);
    world.post(place, guest, "a text of more than twenty").unwrap();
    hooked.say("last");

    let receiver = Receiver::start(port, &secret);
    assert_eq!(hooked.ask("POST", &format!("/{id}/resume"), &Value::Null).0, 200);
    let mut heard = Vec::new();
    while heard.last().is_none_or(|letter: &Letter| letter.text() != "last") {
        heard.push(receiver.told());
    }
    let heard: Vec<(&str, &str)> = heard.iter().map(|it| (it.kind.as_str(), it.text())).collect();
    let expected = [
        ("message.posted", "nothing"),
        ("message.deleted", "nothing"),
        ("message.posted", "nothing"),
        ("hold.placed", "nothing"),
        ("message.posted", "last"),
    ];
    assert_eq!(heard, expected);
}

#[test]
fn kinds_secrets_and_addresses_can_be_changed_and_only_by_those_who_may() {
    if tool(&["python3"]).is_none() {
        return;
    }
    let hooked = Hooked::new();
    let port = free_port();
    let (id, secret) = hooked.add(port, &["member.joined"]);
    assert_eq!(hooked.shown()["kinds"], json!(["member.joined"]));
    let all = json!({ "kinds": [] });
    assert_eq!(hooked.ask("PATCH", &format!("/{id}"), &all).0, 200);
    assert_eq!(hooked.shown().get("kinds"), None, "nothing named means everything");
    let unknown = hooked.ask("PATCH", &format!("/{id}"), &json!({ "kinds": ["hold.resolved"] }));
    assert_eq!((unknown.0, &unknown.1["args"]["expected"]), (422, &json!("expected.event_kind")));
    assert!(KINDS.is_sorted() && KINDS.contains(&"hold.placed"));

    let (status, renewed) = hooked.ask("POST", &format!("/{id}/secret"), &Value::Null);
    let renewed = renewed["secret"].as_str().unwrap().to_owned();
    assert!(status == 200 && renewed != secret && renewed.starts_with("kith_"));
    let receiver = Receiver::start(port, &renewed);
    hooked.say("hello");
    assert_eq!(receiver.told().text(), "hello", "the new secret signs");

    let key = |key: &str| {
        let request = hooked.served.request("POST", &hooked.path).token(&hooked.token);
        let body = json!({ "label": "twice", "url": "https://board.example/" });
        request.header("idempotency-key", key).json(&body).send().json()
    };
    assert_eq!(key("one"), key("one"), "a request that came twice tells the secret that is kept");

    let member = hooked.served.person("Otto");
    hooked.served.world.knock(hooked.place.id, member, "otto").unwrap();
    let token = hooked.served.token(member, hooked.place.id);
    let refused = hooked.served.request("GET", &hooked.path).token(&token).send();
    assert_eq!((refused.status, refused.code().as_str()), (403, "permission_missing"));
    let listed = hooked.served.request("GET", &hooked.path).token(&hooked.token).send().text;
    assert!(!listed.contains(&renewed) && listed.contains("letters?for=garden"), "{listed}");
    assert_eq!(hooked.ask("DELETE", &format!("/{id}"), &Value::Null).0, 200);
}
