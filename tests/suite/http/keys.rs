//! Idempotency keys: whatever is asked twice under one key is done once and answered twice the same.

use super::crowd::Crowd;
use super::operations::{document, operations};

/// Operations that no key makes one: what they start or tell is new every time, and changes no community.
const NEVER_THE_SAME: &[&str] = &["replays_start", "replays_stop", "scripts_shadow_report"];

#[test]
fn whatever_is_asked_twice_under_one_key_is_answered_twice_the_same() {
    let crowd = Crowd::new();
    let all = operations(&document());
    let (mut complaints, mut asked) = (Vec::new(), 0);
    let changes =
        all.iter().enumerate().filter(|(_, it)| it.method != "GET" && it.path.contains("{community}"));
    for (number, operation) in changes.filter(|(_, it)| it.needs != "host") {
        if NEVER_THE_SAME.contains(&operation.id.as_str()) {
            continue;
        }
        let mut ground = crowd.ground(&format!("ground{number}"));
        operation.prepare(&crowd, &mut ground, &all);
        let (path, example) = (operation.path_in(&ground), operation.example_in(&ground));
        let target = (operation.method.as_str(), path.as_str());
        let ask = || crowd.ask_under(Some("once"), operation.asker(), target, example.as_ref());
        let (first, second) = (ask(), ask());
        asked += 1;
        if (first.status, &first.text) != (second.status, &second.text) {
            let (one, other) = ((first.status, first.text), (second.status, second.text));
            complaints.push(format!("{}: {one:?}, then {other:?}", operation.id));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    assert!(asked > 50, "{asked}");
}
