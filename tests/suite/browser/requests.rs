//! What no browser would send by itself: forms without proof, twice, from elsewhere, by guessing.

use kith_core::community::Blueprint;
use kith_core::ids::PersonId;
use kith_runtime::host::Operator;

use crate::http::{Answer, Served};
use crate::world::{Place, World};

const FORM: &str = "application/x-www-form-urlencoded";

/// Somebody with a session's cookie.
pub(super) struct Visitor<'a> {
    served: &'a Served,
    cookie: String,
}

/// What stands between two texts.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let rest = text.split_once(before).unwrap_or_else(|| panic!("{before} is not in {text}")).1;
    rest.split_once(after).expect("it ends").0
}

fn cookie_of(answer: &Answer) -> String {
    answer.header("set-cookie").split(';').next().unwrap_or_default().to_owned()
}

fn link(served: &Served, person: PersonId) -> String {
    let operator = Operator::of(served.world.engine(), served.world.mint());
    let link = served.world.wait(operator.issue_link(person, 60_000)).expect("a link can be issued");
    link.text().to_owned()
}

impl<'a> Visitor<'a> {
    pub(super) fn enter(served: &'a Served, person: PersonId) -> Self {
        let body = format!("code={}", link(served, person));
        let answer = served.request("POST", "/sign-in/link").body(FORM, &body).send();
        assert_eq!(answer.status, 303, "{}", answer.text);
        Self { served, cookie: cookie_of(&answer) }
    }

    pub(super) fn get(&self, path: &str) -> Answer {
        self.served.request("GET", path).header("cookie", &self.cookie).header("accept", "text/html").send()
    }

    pub(super) fn post(&self, path: &str, body: &str) -> Answer {
        let request = self.served.request("POST", path).header("cookie", &self.cookie);
        request.header("accept", "text/html").body(FORM, body).send()
    }

    /// What the forms of a page carry.
    pub(super) fn carried(&self, path: &str) -> String {
        let page = self.get(path);
        assert_eq!(page.status, 200, "{}", page.text);
        let proof = between(&page.text, "name=\"proof\" value=\"", "\"");
        let once = between(&page.text, "name=\"once\" value=\"", "\"");
        format!("proof={proof}&once={once}")
    }
}

fn club() -> (Served, Place, PersonId) {
    let served = Served::over(World::new());
    let owner = served.person("Ines");
    let place = served.world.found_by("club", &Blueprint::default(), owner);
    (served, place, owner)
}

fn said(served: &Served, place: Place) -> usize {
    served.world.view(place.id, |it| it.messages.recent().len())
}

#[test]
fn a_link_signs_in_once_and_a_preview_does_not_use_it_up() {
    let (served, _, owner) = club();
    let code = link(&served, owner);
    let path = format!("/sign-in/link?code={code}");
    for _ in 0..3 {
        assert_eq!(served.request("GET", &path).send().status, 200);
    }
    let body = format!("code={code}&next=//evil.example/");
    let redeem = || served.request("POST", "/sign-in/link").body(FORM, &body).send();
    let first = redeem();
    assert_eq!((first.status, first.header("location")), (303, "/"));
    let cookie = first.header("set-cookie");
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"),
        "{cookie}"
    );
    assert_eq!(redeem().status, 410);
}

#[test]
fn a_form_needs_the_proof_of_its_own_session() {
    let (served, place, owner) = club();
    let visitor = Visitor::enter(&served, owner);
    let path = format!("/c/club/ch/{}", place.channel);
    let carried = visitor.carried(&path);
    let other = Visitor::enter(&served, owner).carried(&path);
    for wrong in ["text=hi", "text=hi&proof=", &format!("{other}&text=hi")] {
        assert_eq!(visitor.post(&path, wrong).status, 403, "{wrong}");
    }
    let from_elsewhere = served.request("POST", "/sign-in").header("sec-fetch-site", "cross-site");
    assert_eq!(from_elsewhere.body(FORM, "name=a&password=b").send().status, 403);
    assert_eq!(said(&served, place), 0);
    assert_eq!(visitor.post(&path, &format!("{carried}&text=hi")).status, 303);
    assert_eq!(said(&served, place), 1);
}

#[test]
fn a_form_sent_twice_is_one_message_and_filled_in_otherwise_another() {
    let (served, place, owner) = club();
    let visitor = Visitor::enter(&served, owner);
    let path = format!("/c/club/ch/{}", place.channel);
    let carried = visitor.carried(&path);
    for _ in 0..3 {
        assert_eq!(visitor.post(&path, &format!("{carried}&text=hi")).status, 303);
    }
    assert_eq!(said(&served, place), 1);
    assert_eq!(visitor.post(&path, &format!("{carried}&text=hi+again")).status, 303);
    assert_eq!(said(&served, place), 2);
}

#[test]
fn what_people_write_is_text_and_nothing_else() {
    let (served, place, owner) = club();
    let visitor = Visitor::enter(&served, owner);
    let path = format!("/c/club/ch/{}", place.channel);
    let evil = "%3Cscript%3Ealert(1)%3C%2Fscript%3E%22+onload%3D%22x+https%3A%2F%2Fa.example%2F%22%3E%3Cb";
    let carried = visitor.carried(&path);
    assert_eq!(visitor.post(&path, &format!("{carried}&text={evil}")).status, 303);
    let page = visitor.get(&path).text;
    assert!(page.contains("&lt;script&gt;alert(1)"), "{page}");
    assert!(
        !page.contains("<script>alert") && !page.contains("<b ") && !page.contains("example/\"><b"),
        "{page}"
    );
    let mistake = visitor.post(&path, &format!("{carried}&text=&reply_to={evil}"));
    assert!(
        (400..500).contains(&mistake.status) && !mistake.text.contains("<script>alert"),
        "{}",
        mistake.text
    );
}

#[test]
fn who_is_not_inside_sees_the_gate_and_nothing_behind_it() {
    let (served, place, _) = club();
    let stranger = served.person("Otto");
    let visitor = Visitor::enter(&served, stranger);
    for rest in ["/announcements", "/members", "/card", "/invites", &format!("/ch/{}", place.channel)] {
        let path = format!("/c/club{rest}");
        let answer = visitor.get(&path);
        assert_eq!((answer.status, answer.header("location")), (303, "/c/club"), "{rest}");
        let nobody = served.request("GET", &path).header("accept", "text/html").send();
        assert_eq!(nobody.status, 303);
        assert!(
            nobody.header("location").starts_with("/sign-in?next=/c/club/"),
            "{}",
            nobody.header("location")
        );
    }
    let live = visitor.get(&format!("/c/club/ch/{}/live", place.channel));
    assert_eq!(live.status, 303);
}

#[test]
fn a_stranger_s_name_that_is_none_is_told_at_its_field() {
    let (served, ..) = club();
    let name = "名".repeat(70);
    let answer = served.request("POST", "/c/club/ask").header("accept", "text/html");
    let answer = answer.body(FORM, &format!("nickname={name}")).send();
    assert_eq!(answer.status, 422, "{}", answer.text);
    assert!(answer.text.contains("id=\"join\"") && answer.text.contains(&name), "{}", answer.text);
    assert!(answer.text.contains("aria-invalid=\"true\""), "{}", answer.text);
    assert_eq!(answer.header("set-cookie"), "", "nobody was signed in");
}

#[test]
fn guessing_passwords_is_slowed_down_and_the_right_one_signs_in() {
    let (served, _, owner) = club();
    let operator = Operator::of(served.world.engine(), served.world.mint());
    served
        .world
        .wait(operator.set_login(owner, ("Ines", "correct horse"), None))
        .expect("a login can be set");
    let sign_in = |name: &str, password: &str| {
        let body = format!("name={name}&password={password}&next=/account");
        served.request("POST", "/sign-in").body(FORM, &body).send()
    };
    let right = sign_in("ines", "correct+horse");
    assert_eq!((right.status, right.header("location")), (303, "/account"));
    let wrong: Vec<u16> = (0..11).map(|_| sign_in("ines", "wrong").status).collect();
    assert_eq!((wrong[0], wrong[9], wrong[10]), (401, 401, 429));
    assert_eq!(sign_in("ines", "correct+horse").status, 429);
    assert_eq!(sign_in("somebody", "else").status, 401);
}

#[test]
fn somebody_leaves_and_is_erased_only_with_their_consent() {
    let (served, place, _) = club();
    let person = served.person("Bo");
    let (member, _) = served.world.knock(place.id, person, "Bo").expect("the gate is open");
    let visitor = Visitor::enter(&served, person);
    let export = visitor.get("/c/club/privacy/export");
    assert_eq!(export.status, 200);
    assert_eq!(export.json()["community"], serde_json::Value::Null, "an export is one JSON document");
    let carried = visitor.carried("/c/club/privacy");
    assert_eq!(visitor.post("/c/club/privacy/erase", &carried).status, 422);
    let standing = |name: &'static str| {
        let is = served.world.view(place.id, move |it| it.members.get(member).map(|row| row.standing.name()));
        assert_eq!(is, Some(name));
    };
    standing("active");
    assert_eq!(visitor.post("/c/club/privacy/leave", &carried).status, 303);
    standing("left");
    assert_eq!(visitor.post("/c/club/privacy/erase", &format!("{carried}&consent=yes")).status, 303);
    standing("erased");
}

#[test]
fn every_page_text_is_there_and_used() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/http");
    let mut sources = String::new();
    let mut folders = vec![root.join("src/pages")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("the folder can be read") {
            let path = entry.expect("the folder can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                sources.push_str(&std::fs::read_to_string(path).expect("the file can be read"));
            }
        }
    }
    let file = std::fs::read_to_string(root.join("messages/en.toml")).expect("the file can be read");
    let texts: std::collections::BTreeMap<String, String> = toml::from_str(&file).expect("it is TOML");
    let named = sources.split("\"page.").skip(1).filter_map(|rest| rest.split('"').next());
    let named: Vec<String> = named.map(|rest| format!("page.{rest}")).collect();
    let is_code =
        |code: &&String| !code.ends_with('.') && !code.contains('{') && !code.ends_with("no_such_thing");
    let missing: Vec<_> = named.iter().filter(is_code).filter(|code| !texts.contains_key(*code)).collect();
    assert!(missing.is_empty(), "add to engine/http/messages: {missing:#?}");
    let is_used = |code: &str| {
        let code = code.strip_suffix(".hint").unwrap_or(code);
        code.starts_with("page.role.") || named.iter().any(|it| it == code)
    };
    let unused: Vec<_> = texts.keys().filter(|code| code.starts_with("page.") && !is_used(code)).collect();
    assert!(unused.is_empty(), "no page says: {unused:#?}");
}

#[test]
fn a_page_of_fifty_messages_is_light() {
    let (served, place, owner) = club();
    for turn in 0..50 {
        let text = format!("Message {turn}: a line as people write them, with a word or two more.");
        served.world.post(place, place.owner, &text).expect("it can be said");
    }
    let visitor = Visitor::enter(&served, owner);
    let page = visitor.get(&format!("/c/club/ch/{}", place.channel)).text;
    assert_eq!(page.matches("class=\"msg").count(), 50);
    let assets = page.split("/assets/").skip(1).filter_map(|rest| rest.split('"').next());
    let assets: std::collections::BTreeSet<&str> = assets.collect();
    let bytes: usize = assets.iter().map(|name| visitor.get(&format!("/assets/{name}")).text.len()).sum();
    let all = page.len() + bytes;
    assert!(all <= 72 * 1_024, "the page has {} bytes, what it loads {bytes}", page.len());
}
