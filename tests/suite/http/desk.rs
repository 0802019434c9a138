//! The desk over HTTP: who may open which of its pages, and that nothing is done that nobody meant.

use kith_core::community::Blueprint;
use kith_core::script;
use kith_runtime::host::{Operator, SessionWish};

use super::served::Served;
use crate::world::World;

const PAGES: &[&str] = &[
    "",
    "/queue",
    "/decisions",
    "/members",
    "/scripts",
    "/new-script",
    "/rules",
    "/channels",
    "/invites",
    "/roles",
    "/settings",
    "/webhooks",
    "/audit",
];

#[test]
fn the_desk_is_the_operators_alone() {
    let served = Served::over(World::new());
    let owner = served.person("Ines");
    let place = served.world.found_by("club", &Blueprint::default(), owner);
    let otto = served.person("Otto");
    served.world.knock(place.id, otto, "Otto").expect("the gate is open");
    let (owners, members) = (served.token(owner, place.id), served.token(otto, place.id));
    let foreign = served.person("Noor");
    let elsewhere = served.world.found_by("other", &Blueprint::default(), foreign);
    let foreign = served.token(foreign, elsewhere.id);
    for page in PAGES {
        let path = format!("/c/club/desk{page}");
        let stranger = served.request("GET", &path).send();
        assert_eq!(stranger.status, 303, "{page}");
        assert!(stranger.header("location").starts_with("/sign-in?next="), "{page}");
        assert_eq!(served.request("GET", &path).token(&members).send().status, 403, "{page}");
        assert_eq!(served.request("GET", &path).token(&foreign).send().status, 404, "{page}");
        let shown = served.request("GET", &path).token(&owners).send();
        assert_eq!(shown.status, 200, "{page}: {}", shown.text);
        assert!(!shown.text.contains("desk."), "a code without a text on {page}: {}", shown.text);
        assert!(!shown.text.contains(" style="), "a style that the policy forbids on {page}");
    }
}

#[test]
fn the_audit_tells_what_operators_did_and_not_what_came_to_nothing() {
    let served = Served::over(World::new());
    let owner = served.person("Ines");
    let place = served.world.found_by("club", &Blueprint::default(), owner);
    let token = served.token(owner, place.id);
    let path = format!("/api/v1/communities/{}/gate/capacity", place.id);
    let set = |capacity: u64, key: &str| {
        let request = served.request("PUT", &path).token(&token).header("idempotency-key", key);
        request.json(&serde_json::json!({ "capacity": capacity })).send().status
    };
    assert_eq!((set(7_001, "one"), set(7_001, "two")), (200, 409), "the second is recorded and does nothing");
    served.world.post(place, place.owner, "hello").expect("it can be said");
    let shown = served.request("GET", "/c/club/desk/audit").token(&token).send().text;
    assert_eq!(shown.matches("gate.set_capacity").count(), 1, "{shown}");
    assert!(shown.contains("capacity: 7001") && !shown.contains("message.post"), "{shown}");
}

#[test]
fn a_source_that_does_not_pass_is_told_with_its_place_and_changes_nothing() {
    let served = Served::over(World::new());
    let owner = served.person("Ines");
    let place = served.world.found_by("club", &Blueprint::default(), owner);
    let token = served.token(owner, place.id);
    let send = |source: &str, does: &str| {
        let form = format!("do={does}&name=guard&stage=live&source={source}");
        let request = served.request("POST", "/c/club/desk/new-script").token(&token);
        request.header("accept-language", "en").body("application/x-www-form-urlencoded", &form).send()
    };
    let scripts = || served.world.view(place.id, |it| it.scripts.rows.len());

    let wrong = send("fn+on_message(ctx,+message)+{%0D%0A++alow()%0D%0A}", "save");
    assert_eq!(wrong.status, 422);
    assert!(wrong.text.contains("data-line=\"2\""), "{}", wrong.text);
    assert!(wrong.text.contains("<mark class=\"error\">alow</mark>"), "{}", wrong.text);
    assert_eq!(scripts(), 0);

    let right = "fn+on_message(ctx,+message)+{%0D%0A++allow()%0D%0A}";
    assert_eq!(send(right, "check").status, 200);
    assert_eq!(scripts(), 0, "a check puts nothing in");
    let put = send(right, "save");
    assert_eq!((put.status, put.header("location")), (303, "/c/club/desk/scripts/guard"), "{}", put.text);
    let version =
        served.world.view(place.id, |it| it.scripts.get("guard").and_then(|script| script.live().cloned()));
    let version: script::Version = version.expect("it is live");
    assert_eq!(
        (version.source.as_str(), version.by),
        ("fn on_message(ctx, message) {\n  allow()\n}", Some(place.owner))
    );
}

#[test]
fn an_undo_needs_more_than_the_rules_and_a_form_that_was_meant() {
    let served = Served::over(World::new());
    let owner = served.person("Ines");
    let place = served.world.found_by("club", &Blueprint::default(), owner);
    let token = served.token(owner, place.id);
    let put = script::Command::Put {
        name: "guard".to_owned(),
        source: "fn on_message(ctx, message) { allow() }".to_owned(),
        hooks: [kith_core::hook::Hook::Message].into(),
        origin: script::Origin::Command,
        binding: None,
        stage: script::Stage::Live,
        cases: String::new(),
    };
    served.world.ask_member(place.id, place.owner, put).expect("it is put in");
    let path = "/c/club/desk/scripts/guard/undo";
    let plan = served.request("GET", &format!("{path}?version=1")).token(&token).send();
    assert_eq!(plan.status, 200, "{}", plan.text);
    let form = ("application/x-www-form-urlencoded", "version=1&do=carry");
    assert_eq!(served.request("POST", path).token(&token).body(form.0, form.1).send().status, 200);
    let operator = Operator::of(served.world.engine(), served.world.mint());
    let wish = SessionWish { label: "case".to_owned(), lasts_ms: 60_000 };
    let (_, secret) = served.world.wait(operator.sign_in(owner, wish)).expect("they can sign in");
    let cookie = format!("kith_session={}", secret.text());
    let unmeant = served.request("POST", path).header("cookie", &cookie).body(form.0, form.1).send();
    assert_eq!(unmeant.status, 403, "{}", unmeant.text);

    let narrow = served.token_of(kith_runtime::host::NewToken {
        holder: kith_core::host::Holder::Person(owner),
        reach: kith_core::host::Reach::Community(place.id),
        permissions: [kith_core::role::Permission::ManageRules].into(),
        label: "rules".to_owned(),
        lasts_ms: None,
    });
    assert_eq!(served.request("GET", &format!("{path}?version=1")).token(&narrow).send().status, 403);
}

#[test]
fn a_webhook_s_secret_is_shown_once_and_what_is_wrong_with_a_form_is_said_in_it() {
    let served = Served::over(World::new());
    let owner = served.person("Ines");
    let place = served.world.found_by("club", &Blueprint::default(), owner);
    let token = served.token(owner, place.id);
    let send = |form: &str| {
        let request = served.request("POST", "/c/club/desk/webhooks").token(&token);
        request.header("accept-language", "en").body("application/x-www-form-urlencoded", form).send()
    };
    let page = || served.request("GET", "/c/club/desk/webhooks").token(&token).send().text;
    let wrong = send("do=add&label=board&url=http://10.0.0.1/&kind=member.joined");
    assert_eq!(wrong.status, 422, "{}", wrong.text);
    assert!(wrong.text.contains("public internet") && wrong.text.contains("value=\"http://10.0.0.1/\""));
    let added = send("do=add&label=board&url=https://board.example/&kind=member.joined&kind=hold.placed");
    let secret = |text: &str| text.split("<code>kith_").nth(1).map(|rest| rest[..43].to_owned());
    let first = secret(&added.text).expect("the page says it");
    assert!(secret(&page()).is_none() && page().contains("hold.placed, member.joined"), "{}", page());
    let id = page().split("name=\"webhook\" value=\"").nth(1).unwrap()[..30].to_owned();
    let renewed = send(&format!("do=renew&webhook={id}"));
    assert_ne!(secret(&renewed.text).expect("the page says it"), first);
    for (does, state) in [("pause", "paused"), ("resume", ">on<")] {
        assert_eq!(send(&format!("do={does}&webhook={id}")).status, 303);
        assert!(page().contains(state), "{}", page());
    }
    assert_eq!(send(&format!("do=remove&webhook={id}")).status, 303);
    assert!(page().contains("Nobody is told."), "{}", page());
}
