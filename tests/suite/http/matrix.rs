//! Who may ask what: every operation × everybody × their own and a foreign community, asked for real. What
//! is expected follows from the permission that the document names and from the roles of the community.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use kith_core::ids::{CommunityId, PersonId};
use kith_core::record::Record;
use kith_core::role::Permission;

use super::crowd::{Crowd, Ground};
use super::operations::{Operation, document, operations};
use super::served::Answer;

/// Those who ask. `narrow` is the owner's token with an empty scope. Another of theirs, `reader`, may read;
/// the log has to say that neither changed anything.
const EVERYBODY: &[&str] =
    &["stranger", "outsider", "applicant", "member", "moderator", "admin", "owner", "narrow", "host"];

/// What somebody is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// That they may not ask this.
    Refused,
    /// Anything else, be it that it makes no sense now.
    Heard,
    /// Either: the operator is no person, so that what only a person can do makes no sense for it.
    Either,
}

/// Codes that say: not you.
const REFUSALS: &[&str] = &[
    "http.unauthenticated",
    "http.session_only",
    "not_a_member",
    "permission_missing",
    "scope_too_narrow",
    "owner_only",
    "host_only",
    "banned",
];

fn expected(
    crowd: &Crowd,
    operation: &Operation,
    who: &str,
    ground: &Ground,
    is_foreign: Foreign,
) -> Expected {
    use Expected::{Either, Heard, Refused};
    let heard = |yes: bool| if yes { Heard } else { Refused };
    let is_inside = is_foreign == Foreign::No && !["stranger", "outsider", "applicant"].contains(&who);
    let is_known = is_inside || (is_foreign == Foreign::No && who == "applicant");
    match (operation.needs.as_str(), who) {
        ("anyone", _) => Heard,
        ("host", _) => heard(who == "host"),
        ("session", "host") => Either,
        ("session", _) => heard(!["stranger", "narrow"].contains(&who)),
        ("person" | "known" | "oneself" | "inside", "host") => Either,
        ("oneself", "narrow") => Refused,
        // Where one would go is looked up before it is asked.
        ("person", "narrow") if operation.id == "gate_take_overflow" => Either,
        ("person" | "known" | "inside", "narrow") if operation.method != "GET" => Refused,
        ("person", _) => heard(who != "stranger"),
        ("known" | "oneself", _) => heard(is_known),
        ("inside", _) => heard(is_inside),
        // A token is never as much as its owner: neither the owner's nor the host's.
        ("owner", _) => heard(who == "owner" && is_foreign == Foreign::No),
        (_, "host") => Heard,
        (_, "narrow") => Refused,
        (code, _) => heard(is_inside && allows(crowd, ground, who, code)),
    }
}

/// Whether a member's roles have a permission.
fn allows(crowd: &Crowd, ground: &Ground, who: &str, code: &str) -> bool {
    let permission = Permission::ALL.iter().find(|it| it.code() == code).copied();
    let permission = permission.unwrap_or_else(|| panic!("`{code}` is no permission"));
    let member = ground.members[who];
    crowd.served.world.view(ground.id, move |community| {
        community.members.get(member).is_some_and(|row| community.roles.allow(row, permission))
    })
}

/// Whether the community is one that nobody of the crowd is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Foreign {
    No,
    Yes,
}

/// Whether an answer says that this operation is not for whoever asks. Another permission than the one it
/// names, such as for something of somebody else's, is another matter.
fn is_refused(operation: &Operation, answer: &Answer) -> bool {
    if !matches!(answer.status, 401 | 403) {
        return false;
    }
    let (code, args) = (answer.code(), answer.json()["args"]["permission"].clone());
    let named = args.as_str().and_then(|it| it.strip_prefix("permission.")).unwrap_or_default();
    let is_other = code == "permission_missing" && named != operation.needs;
    REFUSALS.contains(&code.as_str()) && !is_other
}

/// What tokens that may change nothing have changed in a stream.
fn changed_within(crowd: &Crowd, stream: CommunityId) -> Vec<String> {
    let narrow = [BTreeSet::new(), BTreeSet::from([Permission::Read])];
    let mut found = Vec::new();
    let records = &crowd.served.world.engine().ports().records;
    let read = records.read(stream, 1, &mut |frame| {
        let decoded = frame.records.iter().map(|stored| Record::decode(&stored.bytes).expect("it is sound"));
        let theirs = decoded.filter(|it| it.command.scope.as_ref().is_some_and(|it| narrow.contains(it)));
        found.extend(theirs.filter(|it| !it.events.is_empty()).map(|it| format!("{:?}", it.command)));
        ControlFlow::Continue(())
    });
    read.expect("the log can be read");
    found
}

/// A community of somebody else's, with the same ids in its paths.
fn elsewhere(crowd: &Crowd, owner: PersonId, number: usize) -> CommunityId {
    crowd.served.world.found_by(&format!("elsewhere{number}"), &Default::default(), owner).id
}

#[test]
fn nobody_is_heard_who_may_not_ask_and_everybody_who_may() {
    let (crowd, document) = (Crowd::new(), document());
    let all = operations(&document);
    let somebody = crowd.served.person("somebody");
    let (mut complaints, mut cells) = (Vec::new(), 0);
    for (number, operation) in all.iter().enumerate() {
        // Somebody who signs out everywhere asks nothing any more.
        if operation.id.starts_with("sessions_sign_out") {
            continue;
        }
        let mut ground = crowd.ground(&format!("ground{number}"));
        operation.prepare(&crowd, &mut ground, &all);
        let elsewhere = elsewhere(&crowd, somebody, number);
        let example = operation.example_in(&ground);
        let here = operation.path_in(&ground);
        let there = here.replace(&ground.id.to_string(), &elsewhere.to_string());
        crowd.ask("reader", (&operation.method, &here), example.as_ref());
        // Those who are refused ask first: whoever is heard may leave nothing behind to be asked about.
        let mut cells_here: Vec<_> = EVERYBODY
            .iter()
            .flat_map(|who| [(*who, Foreign::Yes), (*who, Foreign::No)])
            .map(|(who, foreign)| (expected(&crowd, operation, who, &ground, foreign), who, foreign))
            .collect();
        cells_here.sort_by_key(|(expected, ..)| *expected != Expected::Refused);
        for (expected, who, foreign) in cells_here {
            if operation.needs == "host" && foreign == Foreign::Yes {
                continue;
            }
            let path = if foreign == Foreign::Yes { &there } else { &here };
            let answer = crowd.ask(who, (&operation.method, path), example.as_ref());
            cells += 1;
            let is_right = match expected {
                Expected::Refused => is_refused(operation, &answer),
                // The operator may ask anything, and is no member who could post or react.
                Expected::Heard if who == "host" && answer.status == 403 => answer.code() == "not_a_member",
                Expected::Heard => !is_refused(operation, &answer),
                Expected::Either => true,
            };
            if !is_right || answer.status >= 500 {
                complaints.push(format!(
                    "{} as {who}, foreign {foreign:?}: {} {}, expected {expected:?}",
                    operation.id, answer.status, answer.text
                ));
            }
        }
        complaints.extend(changed_within(&crowd, ground.id));
    }
    complaints.extend(changed_within(&crowd, CommunityId::HOST));
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    assert!(cells > 1_500, "{cells}");
}
