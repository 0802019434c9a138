//! Scripts over the API: cases are kept with the version that they came with, and played before it is live
//! again.

use kith_core::community::Blueprint;
use kith_core::hook::Hook;
use kith_core::script;
use serde_json::{Value, json};

use super::served::Served;
use crate::world::World;

const SOURCE: &str = "fn on_message(ctx, message) { allow() }";
const CASES: &str = "[[case]]\ntext = \"hello\"\nexpect = \"allow\"\n";

#[test]
fn a_version_is_live_again_only_if_its_own_cases_still_pass() {
    let served = Served::over(World::new());
    let owner = served.person("Ines");
    let place = served.world.found_by("club", &Blueprint::default(), owner);
    let token = served.token(owner, place.id);
    let guard = format!("/api/v1/communities/{}/scripts/guard", place.id);
    let ask = |method: &str, path: &str, body: Option<&Value>| {
        let path = format!("{guard}{path}");
        let request = served.request(method, &path).token(&token);
        let answer = match body {
            Some(body) => request.json(body).send(),
            None => request.send(),
        };
        (answer.status, answer.json())
    };
    let put = ask("PUT", "", Some(&json!({ "source": SOURCE, "cases": CASES })));
    assert_eq!((put.0, &put.1["cases"], &put.1["degraded"]), (200, &json!(1), &json!([])));
    assert_eq!(ask("GET", "/versions/1", None).1["cases"], CASES);

    // A version whose cases do not pass any more: here they never did.
    let wrong = script::Command::Put {
        name: "guard".to_owned(),
        source: format!("{SOURCE} // 2"),
        hooks: [Hook::Message].into(),
        origin: script::Origin::Command,
        binding: None,
        stage: script::Stage::Kept,
        cases: CASES.replace("allow", "hold new"),
    };
    served.world.ask_member(place.id, place.owner, wrong).expect("it is put in");
    let refused = ask("PUT", "/live", Some(&json!({ "version": 2 })));
    assert_eq!((refused.0, &refused.1["code"]), (422, &json!("script_flawed")));
    assert!(refused.1["flaws"]["cases"].is_array(), "{}", refused.1);
    let live = || served.world.view(place.id, |it| it.scripts.get("guard").and_then(|script| script.live));
    assert_eq!(live(), Some(1));

    ask("PUT", "", Some(&json!({ "source": format!("{SOURCE} // 3"), "cases": CASES })));
    assert_eq!((ask("PUT", "/live", Some(&json!({ "version": 1 }))).0, live()), (200, Some(1)));
    assert_eq!(ask("PUT", "/live", Some(&json!({ "version": 9 }))).0, 404);
}
