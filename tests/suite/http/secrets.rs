//! Secrets: what lets somebody in, and what somebody wrote, is in no line of the log, however much is logged.

use std::fmt::{Debug, Write as _};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::crowd::{Crowd, Ground, Pass};

/// Everything that is logged while it listens.
struct Everything;

static LISTENS: AtomicBool = AtomicBool::new(false);
static LINES: Mutex<String> = Mutex::new(String::new());
static SPANS: AtomicU64 = AtomicU64::new(1);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing to a string cannot fail.
        let _ = write!(self.0, " {field}={value:?}");
    }
}

fn keep(line: Line) {
    if LISTENS.load(Ordering::Relaxed) {
        let mut lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push_str(&line.0);
        lines.push('\n');
    }
}

impl Subscriber for Everything {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut line = Line(span.metadata().name().to_owned());
        span.record(&mut line);
        keep(line);
        Id::from_u64(SPANS.fetch_add(1, Ordering::Relaxed))
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut line = Line(String::new());
        values.record(&mut line);
        keep(line);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().name().to_owned());
        event.record(&mut line);
        keep(line);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Set in the process that the case has for itself.
const ALONE: &str = "KITH_CASE_ALONE";
/// What the case is called.
const CASE: &str = "http::secrets::no_secret_and_nothing_that_somebody_wrote_is_logged";

/// Words of somebody's and secrets that are made up, by where they are sent.
const PLANTED: &[&str] = &[
    "planted_password",
    "planted_login",
    "planted_form",
    "planted_search",
    "planted_header",
    "planted_cookie",
    "planted_key",
    "planted_source",
    "planted_appeal",
    "planted_socket",
    "planted_external",
    "planted_answer",
    "planted_path",
];

/// Sends them the ways that pages and programs have, right and wrong.
fn by_pages_and_programs(crowd: &Crowd, ground: &Ground) {
    let form = "application/x-www-form-urlencoded";
    let post = |path: &str, body: &str| crowd.served.request("POST", path).body(form, body).send();
    post("/sign-in", "name=planted_login&password=planted_password");
    post("/sign-in/link", "code=planted_form");
    post(
        "/c/garden/ask",
        "nickname=planted_form&answer.x=planted_answer&password=planted_password&login=planted_login",
    );
    post("/c/planted_path/ask", "nickname=a");
    let Pass::Session { cookie, proof } = &crowd.who("member").pass else { panic!("a session") };
    let as_member = |body: &str| format!("proof={proof}&{body}");
    let cookie = format!("kith_session={cookie}; other=planted_cookie");
    let page = |method, path: &str, body: Option<String>| {
        let request = crowd.served.request(method, path).header("cookie", &cookie);
        let request =
            request.header("x-planted", "planted_header").header("referer", "http://a/planted_path");
        match body {
            Some(body) => request.body(form, &body).send(),
            None => request.send(),
        }
    };
    let talk = format!("/c/garden/ch/{}", ground.params["channel"]);
    assert_eq!(page("POST", &talk, Some(as_member("text=planted_form"))).status, 303);
    page("POST", &talk, Some(format!("proof=planted_form&text={}", "planted_form+".repeat(9_000))));
    assert_eq!(page("GET", "/c/garden/search?q=planted_search", None).status, 200);
    page("GET", "/c/garden/m/planted_path?planted_path", None);
    page("POST", "/account/login", Some(as_member("name=planted_login&password=planted_password")));
    let at = |path: &str| format!("/api/v1/communities/{}{path}", ground.id);
    crowd.ask("member", ("GET", &at("/search?q=planted_search")), None);
    let appeal = json!({ "receipt": ground.params["receipt"], "text": "planted_appeal" });
    crowd.ask("member", ("POST", &at("/appeals")), Some(&appeal));
    let source = json!({ "source": "fn on_message(ctx, message) { planted_source() }", "stage": "live" });
    crowd.ask("owner", ("PUT", &at("/scripts/guard")), Some(&source));
    let fault = json!({
        "source": "fn on_message(ctx, message) { throw \"planted_source\" + message.text.len() }",
        "stage": "live",
    });
    crowd.ask("owner", ("PUT", &at("/scripts/guard")), Some(&fault));
    let body = json!({ "parts": [{ "type": "text", "text": "planted_socket" }] });
    let talk = at(&format!("/channels/{}/messages", ground.params["channel"]));
    for _ in 0..2 {
        let answer = crowd.ask_under(Some("planted_key"), "owner", ("POST", &talk), Some(&body));
        assert_eq!(answer.status, 201, "{}", answer.text);
    }
    let network = json!({ "name": "first", "network": "irc", "can": ["post"] });
    let made = crowd.must("owner", ("POST", &at("/connectors")), Some(&network));
    let relayed = json!({
        "external_person": "planted_external", "external_channel": "planted_external", "external_id": "1",
        "parts": [{ "type": "text", "text": "planted_external" }],
    });
    let path = at(&format!("/connectors/{}/messages", made["id"].as_str().unwrap_or_default()));
    crowd.ask("owner", ("POST", &path), Some(&relayed));
}

#[test]
fn no_secret_and_nothing_that_somebody_wrote_is_logged() {
    // Only one may listen in a process, and another case may have been first: so this one has its own.
    if std::env::var_os(ALONE).is_none() {
        let mut alone = std::process::Command::new(std::env::current_exe().unwrap());
        let done = alone.args(["--exact", CASE, "--nocapture"]).env(ALONE, "1").output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        return;
    }
    tracing::subscriber::set_global_default(Everything).expect("nobody else listens in this process");
    LISTENS.store(true, Ordering::Relaxed);
    let crowd = Crowd::new();
    let ground = crowd.ground("garden");
    let token = crowd.served.token(crowd.who("owner").person.unwrap(), ground.id);
    let Pass::Session { cookie, proof } = &crowd.who("member").pass else { panic!("a session") };
    let written = "a word that nobody else would ever say";
    let body = json!({ "parts": [{ "type": "text", "text": written }] });
    let talk = format!("/api/v1/communities/{}/channels/{}/messages", ground.id, ground.params["channel"]);
    assert_eq!(crowd.served.request("POST", &talk).token(&token).json(&body).send().status, 201);
    let removed =
        format!("/api/v1/communities/{}/members/{}?reason=quarrelsome", ground.id, ground.params["member"]);
    crowd.must("owner", ("DELETE", &removed), None);
    crowd.served.request("GET", "/api/v1/me").token("kith_made_up_secret").send();
    crowd.served.request("GET", "/sign-in/link?code=kith_planted_link").send();
    crowd.served.request("GET", "/join/PLANTED-CODE").send();
    let hooks = format!("/api/v1/communities/{}/webhooks", ground.id);
    let hook = json!({ "label": "board", "url": "http://localhost:9/planted-address" });
    let hook = crowd.must("owner", ("POST", &hooks), Some(&hook));
    let signs = hook["secret"].as_str().expect("a webhook has a secret");
    crowd.served.request("POST", &talk).token(&token).json(&body).send();
    crowd.served.world.until("the webhook has failed", |_| {
        crowd.must("owner", ("GET", &hooks), None)["webhooks"][0]["state"] == "failing"
    });
    by_pages_and_programs(&crowd, &ground);
    LISTENS.store(false, Ordering::Relaxed);
    let lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    let route = "route=\"/api/v1/communities/{community}/channels/{channel}/messages\"";
    assert!(lines.contains(route), "the log is listened to: {lines}");
    assert!(lines.contains("a webhook was not told"), "{lines}");
    let secrets = [
        &token,
        cookie,
        proof,
        written,
        "quarrelsome",
        "kith_made_up_secret",
        "kith_planted_link",
        "PLANTED",
        "planted-address",
        signs,
    ];
    for secret in secrets.into_iter().chain(PLANTED.iter().copied()) {
        let found = lines.lines().find(|line| line.contains(secret));
        assert_eq!(found, None, "{secret}");
    }
}
