//! Secrets: what lets somebody in, and what somebody wrote, is in no line of the log, however much is logged.

use std::fmt::{Debug, Write as _};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::crowd::{Crowd, Pass};

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
    for secret in secrets {
        let found = lines.lines().find(|line| line.contains(secret));
        assert_eq!(found, None, "{secret}");
    }
}
