//! Markup in every field that somebody can fill in, on every page that shows it: it stands there as text.

use std::collections::{BTreeMap, BTreeSet};

use kith_core::ids::PersonId;
use kith_runtime::blueprint::{Source, parse};
use kith_runtime::host::{NewToken, Operator};
use serde_json::{Value, json};

use super::chrome::{Chrome, Screen, Tab};
use crate::http::Served;
use crate::world::{Place, World};

/// Pages of one kind that are looked at.
const OF_A_KIND_MAX: usize = 3;
/// What no page has unless somebody's words became its own.
const BROKEN: &str = "document.querySelector('xss, body script:not([src])')?.outerHTML
    || [...document.querySelectorAll('*')].flatMap((it) => [...it.attributes]).filter((it) =>
        it.name.startsWith('on') || /^\\s*(javascript|data|vbscript):/i.test(it.value)
            && it.ownerElement.tagName === 'A').map((it) => it.ownerElement.outerHTML)[0]
    || window.hacked || null";
/// All that can be read on a page: its text, folded parts included, fields, and what is read aloud.
const READ: &str = "document.documentElement.textContent + [...document.querySelectorAll('input, textarea')]
    .map((it) => it.value).join(' ') + [...document.querySelectorAll('[aria-label], [title], [placeholder]')]
    .map((it) => it.ariaLabel + it.title + it.placeholder).join(' ')";

/// Words that would be markup if anybody forgot that they are words.
fn evil(field: &str) -> String {
    format!("{field}\"'><xss onclick=hacked=1>&amp;")
}

/// A community in which everything that somebody wrote is hostile.
struct Pit {
    served: Served,
    place: Place,
    owner: (PersonId, String),
    seller: (PersonId, String),
}

fn blueprint() -> String {
    let text = |field: &str| Value::String(evil(field));
    format!(
        "about = {about}\n\
         [gate]\nmode = \"all\"\n\
         [[gate.conditions]]\nkind = \"approval\"\n\
         [[gate.conditions]]\nkind = \"questions\"\n\
         [[gate.conditions.questions]]\nname = {question_name}\ntext = {question}\nmatch = \"human\"\n\
         [[card.fields]]\nname = \"place\"\nlabel = {label}\nkind = {{ text = {{ chars_max = 80 }} }}\n\
         [[channel]]\nname = {channel}\ntopic = {topic}\n\
         [roles.{role}]\nrank = 40\npermissions = [\"read\"]\n\
         [[rule]]\nname = {rule}\nstep = \"hold\"\ncheck.words = {{ lists = [{list}] }}\n\
         [lists]\n{list} = [\"casino\", {word}]\n",
        about = text("about"),
        question_name = text("question-name"),
        question = text("question"),
        label = text("card-label"),
        channel = text("channel"),
        topic = text("topic"),
        role = text("role"),
        rule = text("rule"),
        list = text("list"),
        word = text("word"),
    )
}

impl Pit {
    fn new() -> Self {
        let served = Served::over(World::new());
        let source = blueprint();
        let blueprint = parse(&[Source { path: "community.toml", text: &source }]);
        let blueprint = blueprint.unwrap_or_else(|error| panic!("{error}"));
        let (owner, seller) = (served.person(&evil("owner-person")), served.person(&evil("person")));
        let place = served.world.found_by("pit", &blueprint, owner);
        let tokens = [owner, seller].map(|person| served.token(person, place.id));
        let [of_owner, of_seller] = tokens;
        Self { served, place, owner: (owner, of_owner), seller: (seller, of_seller) }
    }

    /// Asks the API as somebody, where it must work.
    fn ask(&self, who: &(PersonId, String), (method, path): (&str, &str), body: &Value) -> Value {
        let path = format!("/api/v1/communities/{}{path}", self.place.id);
        let answer = self.served.request(method, &path).token(&who.1).json(body).send();
        assert!((200..300).contains(&answer.status), "{method} {path}: {}", answer.text);
        if answer.text.is_empty() { Value::Null } else { answer.json() }
    }

    fn apply(&self, who: &(PersonId, String), field: &str) {
        let request = json!({
            "nickname": evil(field), "card": { "place": evil(&format!("{field}-card")) },
            "answers": { evil("question-name"): evil(&format!("{field}-answer")) },
        });
        self.ask(who, ("POST", "/application"), &request);
    }

    fn say(&self, who: &(PersonId, String), message: Value) -> String {
        let path = format!("/channels/{}/messages", self.place.channel);
        self.ask(who, ("POST", &path), &message)["id"].as_str().unwrap_or_default().to_owned()
    }

    fn say_text(&self, who: &(PersonId, String), field: &str) -> String {
        self.say(who, json!({ "parts": [{ "type": "text", "text": evil(field) }] }))
    }

    /// Somebody comes in, whom the owner greets with a reason.
    fn admit(&self) -> String {
        let texts = json!({ "texts": { "gate.held": evil("own-text") } });
        self.ask(&self.owner, ("PUT", "/texts/en"), &texts);
        self.apply(&self.seller, "nickname");
        let all = self.ask_get(&self.owner, "/applications");
        let member = all["applications"][0]["member"].as_str().or(all["applications"][0]["id"].as_str());
        let member = member.unwrap_or_else(|| panic!("{all}")).to_owned();
        let decision = json!({ "decision": "admit", "reason": evil("admit-reason") });
        self.ask(&self.owner, ("PUT", &format!("/applications/{member}/decision")), &decision);
        member
    }

    fn ask_get(&self, who: &(PersonId, String), path: &str) -> Value {
        let path = format!("/api/v1/communities/{}{path}", self.place.id);
        self.served.request("GET", &path).token(&who.1).send().json()
    }

    fn talk(&self) {
        let said = self.say_text(&self.seller, "message");
        self.say(
            &self.owner,
            json!({
                "parts": [{ "type": "text", "text": evil("reply") }], "reply_to": said,
            }),
        );
        self.say(&self.seller, json!({ "parts": [{ "type": "code", "text": evil("code") }] }));
        let link = "https://link.example/\"'><xss>";
        self.say(&self.seller, json!({ "parts": [{ "type": "link", "url": link }] }));
        let text = format!("javascript:hacked=1 https://a.example/{} www.b.example", evil("bare-link"));
        self.say(&self.seller, json!({ "parts": [{ "type": "text", "text": text }] }));
        let question = self.say(
            &self.seller,
            json!({
                "parts": [{ "type": "text", "text": evil("asked") }], "question": true,
            }),
        );
        let answer = self.say(
            &self.owner,
            json!({
                "parts": [{ "type": "text", "text": evil("answered") }], "reply_to": question,
            }),
        );
        let accepted = format!("/messages/{question}/accepted-answer");
        self.ask(&self.owner, ("PUT", &accepted), &json!({ "answer": answer }));
        self.ask(&self.owner, ("PUT", &format!("/messages/{said}/pin")), &Value::Null);
        let put = self.ask(&self.seller, ("PUT", "/attachments"), &json!("<script>hacked=1</script>"));
        let file = json!({
            "type": "file", "name": evil("file-name"),
            "attachment": { "sha256": put["sha256"], "bytes": put["bytes"], "media_type": "text/html" },
        });
        self.say(&self.seller, json!({ "parts": [file] }));
        let announcement = json!({
            "channel": self.place.channel, "confirm": "required",
            "parts": [{ "type": "text", "text": evil("announcement") }],
        });
        self.ask(&self.owner, ("POST", "/announcements"), &announcement);
        let topic = json!({ "day": "2099-01-01", "title": evil("topic-title"), "text": evil("topic-text") });
        self.ask(&self.owner, ("POST", "/topics"), &topic);
        let gone = self.say_text(&self.seller, "gone");
        let path = format!("/messages/{gone}?reason=because");
        self.ask(&self.owner, ("DELETE", &path), &Value::Null);
    }

    /// Held, explained, appealed and decided, with words at every step.
    fn quarrel(&self, member: &str) {
        for field in ["held", "denied", "waiting"] {
            let text = format!("casino {}", evil(field));
            self.say(&self.seller, json!({ "parts": [{ "type": "text", "text": text }] }));
        }
        let queue = self.ask_get(&self.owner, "/queue");
        let holds = queue["holds"].as_array().expect("a list");
        // Before them somebody waits at the gate.
        let hold = |place: usize| &holds[holds.len() - 3 + place];
        let receipt = &hold(0)["receipts"][0]["id"];
        let appeal = json!({ "receipt": receipt, "text": evil("appeal") });
        self.ask(&self.seller, ("POST", "/appeals"), &appeal);
        let denied = hold(1)["id"].as_str().unwrap_or_default();
        let outcome = json!({ "outcome": "deny", "note": evil("note") });
        self.ask(&self.owner, ("PUT", &format!("/queue/{denied}")), &outcome);
        let strike = json!({ "reason": evil("strike-reason") });
        self.ask(&self.owner, ("POST", &format!("/members/{member}/strikes")), &strike);
        let tag = "tag%22%27%3E%3Cxss%20onclick%3Dhacked%3D1%3E%26amp%3B";
        self.ask(&self.owner, ("PUT", &format!("/members/{member}/tags/{tag}")), &Value::Null);
        let role = tag.replace("tag", "role");
        self.ask(&self.owner, ("PUT", &format!("/members/{member}/roles/{role}")), &Value::Null);
    }

    fn equip(&self) {
        let invite = json!({ "uses": 3, "source": evil("source") });
        self.ask(&self.owner, ("POST", "/invites"), &invite);
        let script = format!(
            "// {}\nfn on_message(ctx, message) {{ if message.text.has_any([\"lottery\"]) \
             {{ return hold(\"game\", {}); }} allow() }}",
            evil("script-source"),
            json!(evil("script-reason"))
        );
        let put = json!({ "source": script, "stage": "live" });
        self.ask(&self.owner, ("PUT", "/scripts/guard"), &put);
        let again = json!({ "source": format!("{script}\n// {}", evil("script-change")), "stage": "live" });
        self.ask(&self.owner, ("PUT", "/scripts/guard"), &again);
        let text = format!("lottery {}", evil("lottery"));
        self.say(&self.seller, json!({ "parts": [{ "type": "text", "text": text }] }));
        let network = json!({ "name": evil("connector"), "network": "irc", "can": ["post"] });
        self.ask(&self.owner, ("POST", "/connectors"), &network);
        let token = NewToken {
            holder: kith_core::host::Holder::Person(self.owner.0),
            reach: kith_core::host::Reach::All,
            permissions: Default::default(),
            label: evil("label"),
            lasts_ms: None,
        };
        self.served.token_of(token);
    }

    fn enter(&self, tab: &mut Tab, person: PersonId) {
        let operator = Operator::of(self.served.world.engine(), self.served.world.mint());
        let link = self.served.world.wait(operator.issue_link(person, 60_000)).expect("a link can be issued");
        tab.open(&self.served.url(&format!("/sign-in/link?code={}", link.text())));
        tab.follow("main button");
    }
}

/// What kind of page an address leads to: ids of things and what is asked do not matter.
fn kind(path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let is_id = |part: &str| part.len() > 26 && part.contains('_');
    let parts = path.split('/').map(|part| if is_id(part) { "*" } else { part }).collect::<Vec<_>>();
    let asked: Vec<&str> = query.split('&').filter_map(|it| it.split('=').next()).collect();
    format!("{}?{}", parts.join("/"), asked.join("&"))
}

/// Looks at every page that links lead to, and says all that can be read there.
fn walk(tab: &mut Tab, origin: &str, from: Vec<String>) -> (String, usize) {
    let (mut ahead, mut seen) = (from, BTreeSet::new());
    let (mut kinds, mut read) = (BTreeMap::<String, usize>::new(), String::new());
    while let Some(path) = ahead.pop() {
        let count = kinds.entry(kind(&path)).or_default();
        let is_page = !path.ends_with("/export") && !path.contains("/api") && !path.contains("/attachments/");
        if !is_page || *count >= OF_A_KIND_MAX || !seen.insert(path.clone()) {
            continue;
        }
        *count += 1;
        tab.open(&format!("{origin}{path}"));
        let broken = tab.eval(BROKEN);
        assert!(broken.is_null(), "{path}: {broken}");
        read.push_str(tab.eval(READ).as_str().unwrap_or_default());
        tab.assert_clean();
        let links = tab.eval(
            "[...document.querySelectorAll('a[href]')].filter((it) => it.origin === location.origin)\
             .map((it) => it.pathname + it.search)",
        );
        ahead.extend(links.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
    }
    (read, seen.len())
}

/// Every field that was filled in; each is read somewhere.
const FIELDS: &[&str] = &[
    "about",
    "question",
    "card-label",
    "channel",
    "topic",
    "role",
    "rule",
    "list",
    "word",
    "nickname",
    "nickname-card",
    "applicant",
    "applicant-answer",
    "message",
    "reply",
    "code",
    "asked",
    "answered",
    "bare-link",
    "file-name",
    "announcement",
    "held",
    "waiting",
    "appeal",
    "strike-reason",
    "tag",
    "source",
    "script-source",
    "script-reason",
    "script-change",
    "lottery",
    "label",
    "own-text",
    "searched",
];

#[test]
fn what_anybody_wrote_is_text_on_every_page() {
    let Some(mut chrome) = Chrome::start() else { return };
    let pit = Pit::new();
    let member = pit.admit();
    let applicant = pit.served.person(&evil("applicant-person"));
    let applicant = (applicant, pit.served.token(applicant, pit.place.id));
    pit.apply(&applicant, "applicant");
    pit.talk();
    pit.quarrel(&member);
    pit.equip();

    let (mut read, mut pages) = (String::new(), 0);
    let origin = pit.served.url("");
    for person in [pit.owner.0, pit.seller.0, applicant.0] {
        let mut tab = chrome.somebody(Screen { width: 1280, ..Screen::phone("en") });
        pit.enter(&mut tab, person);
        let home =
            tab.eval("[...document.querySelectorAll('a[href^=\"/c/\"]')][0]?.pathname || location.pathname");
        let home = home.as_str().expect("text").to_owned();
        let asked = "q=searched%22%27%3E%3Cxss%20onclick%3Dhacked%3D1%3E%26amp%3B";
        let mut from: Vec<String> =
            ["", "/desk", "/receipts", "/notices"].map(|it| format!("{home}{it}")).into();
        from.extend(
            ["/search", "/members", "/desk/members", "/desk/decisions", "/desk/audit"]
                .map(|it| format!("{home}{it}?{asked}")),
        );
        from.extend(["/".to_owned(), "/account".to_owned()]);
        let (said, count) = walk(&mut tab, &origin, from);
        read.push_str(&said);
        pages += count;
        if person == pit.owner.0 {
            as_it_happens(&mut tab, &pit, &format!("{origin}{home}/ch/{}", pit.place.channel));
        }
    }
    let missing: Vec<_> = FIELDS.iter().filter(|field| !read.contains(&evil(field))).collect();
    assert!(missing.is_empty(), "no page shows, or not as it was written: {missing:?}");
    assert!(pages > 60, "{pages}");
}

/// A page that listens shows what comes as text, too.
fn as_it_happens(tab: &mut Tab, pit: &Pit, hall: &str) {
    tab.open(hall);
    tab.until("document.getElementById('log')?.dataset.live");
    pit.say_text(&pit.seller, "live");
    tab.until(&format!("document.body.textContent.includes({})", json!(evil("live"))));
    assert!(tab.eval(BROKEN).is_null());
    tab.assert_clean();
}
