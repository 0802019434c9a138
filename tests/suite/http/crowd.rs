//! Everybody who may ask over HTTP, and communities in which everything is there that can be asked about.

use std::collections::BTreeMap;

use kith_core::command::Actor;
use kith_core::community::Blueprint;
use kith_core::gate::{self, Decision};
use kith_core::host::{Holder, Reach};
use kith_core::ids::{CommunityId, MemberId, PersonId};
use kith_core::role::{self, Permission};
use kith_runtime::blueprint::{Source, parse};
use kith_runtime::host::{NewToken, Operator, SessionWish};
use serde_json::{Value, json};

use super::served::{Answer, Served};
use crate::world::World;

const BLUEPRINT: &str = r#"
about = "Growing things"

[gate]
conditions = [{ kind = "approval" }]

[[card.fields]]
name = "region"
kind = { choice = { options = ["North", "South"] } }

[[rule]]
name = "floods"
check.flood = { messages = 500, within = "1m" }

[[rule]]
name = "ads"
step = "hold"
check.links = { max = 0 }

[lists]
ads = ["cheap"]
"#;

/// How somebody says who they are.
#[derive(Debug, Clone)]
pub(crate) enum Pass {
    /// Not at all.
    None,
    /// With a token.
    Token(String),
    /// With a session's cookie and its proof.
    Session { cookie: String, proof: String },
}

/// Somebody who asks.
#[derive(Debug, Clone)]
pub(crate) struct Who {
    pub(crate) person: Option<PersonId>,
    pub(crate) pass: Pass,
}

/// Everybody, and the world that they are in.
pub(crate) struct Crowd {
    pub(crate) served: Served,
    people: BTreeMap<&'static str, Who>,
}

/// A community with one of everything.
pub(crate) struct Ground {
    pub(crate) id: CommunityId,
    /// Values of parameters of paths.
    pub(crate) params: BTreeMap<&'static str, String>,
    /// What stands in examples for ids, by prefix.
    pub(crate) ids: BTreeMap<&'static str, String>,
    pub(crate) members: BTreeMap<&'static str, MemberId>,
}

/// People with a session, in the order in which they come into a community; the first founds it.
const PEOPLE: &[&str] = &["owner", "admin", "moderator", "member", "victim", "applicant", "outsider"];

impl Crowd {
    /// Registers everybody.
    pub(crate) fn new() -> Self {
        Self::of(Served::over(World::new()))
    }

    /// Registers everybody with a server of the case's own.
    pub(crate) fn of(served: Served) -> Self {
        let mut people = BTreeMap::new();
        for name in PEOPLE {
            let person = served.person(name);
            let who = Who { person: Some(person), pass: session(&served, person) };
            people.insert(*name, who);
        }
        let token = |permissions, holder| {
            let (reach, label, lasts_ms) = (Reach::All, "case".to_owned(), None);
            Pass::Token(served.token_of(NewToken { holder, reach, permissions, label, lasts_ms }))
        };
        let host = token(Permission::ALL.iter().copied().collect(), Holder::Host);
        let owner = people["owner"].person;
        let narrow = token(Default::default(), Holder::Person(owner.expect("the owner is a person")));
        let reads = [Permission::Read].into_iter().collect();
        let reader = token(reads, Holder::Person(owner.expect("the owner is a person")));
        people.insert("reader", Who { person: owner, pass: reader });
        people.insert("stranger", Who { person: None, pass: Pass::None });
        people.insert("host", Who { person: None, pass: host });
        people.insert("narrow", Who { person: owner, pass: narrow });
        Self { served, people }
    }

    /// Somebody by name.
    pub(crate) fn who(&self, name: &str) -> &Who {
        &self.people[name]
    }

    /// Asks in somebody's name.
    pub(crate) fn ask(&self, who: &str, target: (&str, &str), body: Option<&Value>) -> Answer {
        self.ask_under(None, who, target, body)
    }

    /// The same under an idempotency key.
    pub(crate) fn ask_under(
        &self,
        key: Option<&str>,
        who: &str,
        (method, path): (&str, &str),
        body: Option<&Value>,
    ) -> Answer {
        let mut request = self.served.request(method, path);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        request = match &self.who(who).pass {
            Pass::None => request,
            Pass::Token(token) => request.token(token),
            Pass::Session { cookie, proof } => {
                request.header("cookie", &format!("kith_session={cookie}")).header("x-csrf-token", proof)
            }
        };
        match body {
            Some(body) => request.json(body).send(),
            None => request.send(),
        }
    }

    /// The same, where it must work.
    pub(crate) fn must(&self, who: &str, target: (&str, &str), body: Option<&Value>) -> Value {
        let answer = self.ask(who, target, body);
        assert!((200..300).contains(&answer.status), "{who} {target:?}: {} {}", answer.status, answer.text);
        if answer.text.is_empty() { Value::Null } else { answer.json() }
    }

    /// Somebody comes in, and gets a role.
    fn admit(&self, id: CommunityId, name: &'static str) -> MemberId {
        let person = self.who(name).person.expect("only persons come in");
        let world = &self.served.world;
        let (member, _) = world.knock(id, person, name).expect("everybody may ask");
        if name != "applicant" {
            let decide = gate::Command::Decide { member, decision: Decision::Admit, reason: None };
            world.ask_as(id, Actor::Host, decide).expect("the host lets in");
        }
        if ["admin", "moderator"].contains(&name) {
            let give = role::Command::Give { member, name: name.to_owned() };
            world.ask_as(id, Actor::Host, give).expect("the host gives roles");
        }
        member
    }

    /// A community with one of everything.
    pub(crate) fn ground(&self, name: &str) -> Ground {
        let source = Source { path: "community.toml", text: BLUEPRINT };
        let blueprint: Blueprint = parse(&[source]).expect("the blueprint is sound");
        let owner = self.who("owner").person.expect("the owner is a person");
        let place = self.served.world.found_by(name, &blueprint, owner);
        let mut members: BTreeMap<_, _> =
            PEOPLE[1..6].iter().map(|name| (*name, self.admit(place.id, name))).collect();
        members.insert("owner", place.owner);
        let mut ground = Ground { id: place.id, params: BTreeMap::new(), ids: BTreeMap::new(), members };
        let at = |path: &str| format!("/api/v1/communities/{}{path}", place.id);
        let made = |who: &str, path: &str, body: Value| {
            let made = self.must(who, ("POST", &at(path)), Some(&body));
            made["id"].as_str().unwrap_or_default().to_owned()
        };
        let text = |text: &str| json!({ "parts": [{ "type": "text", "text": text }] });
        let channel = place.channel.to_string();
        let talk = format!("/channels/{channel}/messages");
        let message = made("owner", &talk, text("Good morning"));
        let question = made("owner", &talk, json!({ "parts": text("When?")["parts"], "question": true }));
        let answer =
            made("member", &talk, json!({ "parts": text("At seven")["parts"], "reply_to": question }));
        let announcement = made(
            "owner",
            "/announcements",
            json!({ "channel": channel, "confirm": "required", "parts": text("We meet")["parts"] }),
        );
        for url in ["https://one.example", "https://two.example"] {
            made("member", &talk, json!({ "parts": [{ "type": "link", "url": url }] }));
        }
        let queue = self.must("moderator", ("GET", &at("/queue")), None);
        let hold_of = |place: usize| &queue["holds"][place];
        let id_of = |value: &Value| value["id"].as_str().unwrap_or_default().to_owned();
        let receipt = id_of(&hold_of(1)["receipts"][0]);
        let appealed = id_of(&hold_of(2)["receipts"][0]);
        let appeal = made("member", "/appeals", json!({ "receipt": appealed, "text": "Why?" }));
        let invite = made("owner", "/invites", json!({ "uses": 3 }));
        let topic = made("owner", "/topics", json!({ "day": "2099-01-01", "title": "Seeds" }));
        let victim = ground.members["victim"].to_string();
        let person = self.who("victim").person.expect("the victim is a person").to_string();
        ground.params = [
            ("community", place.id.to_string()),
            ("channel", channel.clone()),
            ("message", message),
            ("announcement", announcement),
            ("question", question),
            ("member", victim.clone()),
            ("applicant", ground.members["applicant"].to_string()),
            ("hold", id_of(hold_of(1))),
            ("receipt", receipt.clone()),
            ("appeal", appeal),
            ("invite", invite),
            ("topic", topic),
            ("person", person),
            ("role", "moderator".to_owned()),
            ("new_role", "helper".to_owned()),
            ("tag", "friend".to_owned()),
            ("list", "ads".to_owned()),
            ("rule", "ads".to_owned()),
            ("script", "ads".to_owned()),
            ("field", "region".to_owned()),
            ("language", "en".to_owned()),
            ("emoji", "%F0%9F%91%8D".to_owned()),
            ("version", "1".to_owned()),
            ("letter", "ltr_01JD0000000000000000000000".to_owned()),
            ("sha256", "0".repeat(64)),
        ]
        .into();
        ground.ids = [("mem_", victim), ("msg_", answer), ("chn_", channel), ("rcp_", receipt)].into();
        ground
    }
}

/// A session of a person, with the proof that its pages know.
pub(crate) fn session(served: &Served, person: PersonId) -> Pass {
    let operator = Operator::of(served.world.engine(), served.world.mint());
    let wish = SessionWish { label: "case".to_owned(), lasts_ms: 3_600_000 };
    let (_, secret) = served.world.wait(operator.sign_in(person, wish)).expect("a person can sign in");
    let cookie = secret.text().to_owned();
    let me = served.request("GET", "/api/v1/me").header("cookie", &format!("kith_session={cookie}")).send();
    let proof = me.json()["csrf"].as_str().expect("a session has a proof").to_owned();
    Pass::Session { cookie, proof }
}
