//! Logins, sessions and sign-in links: who gets in, for how long, and what ends it.

use super::*;
use crate::body::BodyRef;
use crate::ids::SessionId;
use crate::testing_host::Keep;

const PHC: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaA";
const PEPPER: [u8; 32] = [5; 32];

fn secret(secret: u8) -> SecretHash {
    SecretHash([secret; 32])
}

fn hash(name: &str) -> LoginHash {
    LoginHash::of(&PEPPER, name).unwrap()
}

pub(super) fn session(of: u8, expires_ms: u64) -> NewSession {
    NewSession { secret_hash: secret(of), expires_ms, label: "Firefox on Linux".to_owned() }
}

/// Signs a person in for an hour.
pub(super) fn signed_in(streams: &mut Streams, person: PersonId, of: u8) -> SessionId {
    let (id, expires_ms) = (SessionId(streams.next_id().0), streams.now_ms + HOUR_MS);
    streams.host(SessionCommand::SignIn { person, session: session(of, expires_ms) }).unwrap();
    id
}

fn link(streams: &mut Streams, person: PersonId, of: u8) -> Result<Outcome, Refusal> {
    let expires_ms = streams.now_ms + HOUR_MS;
    streams.host(LinkCommand::Issue { person, secret_hash: secret(of), expires_ms })
}

fn redeem(streams: &mut Streams, link: u8, of: u8) -> Result<Outcome, Refusal> {
    let expires_ms = streams.now_ms + HOUR_MS;
    streams.host(LinkCommand::Redeem { link: secret(link), session: session(of, expires_ms) })
}

fn password(streams: &mut Streams, person: PersonId) -> BodyRef {
    streams.body(name_owner(person), PHC)
}

fn set(streams: &mut Streams, person: PersonId, name: &str) -> Result<BodyRef, Refusal> {
    let password = password(streams, person);
    let command = LoginCommand::Set { person, login: hash(name), password, keep: None };
    streams.host(command).map(|_| password)
}

/// Whom a secret lets in now.
fn bearer(streams: &Streams, of: u8) -> Option<PersonId> {
    authenticate_session(streams.known(), &secret(of), streams.now_ms).map(|(_, person)| person)
}

#[test]
fn a_login_name_is_the_same_whatever_its_case_width_and_space() {
    for (name, same) in [
        ("Ann", "ann"),
        (" ann\t", "ann"),
        ("ＡＮＮ", "ann"),
        ("e\u{301}ve", "Éve"),
        ("İ", "i\u{307}"),
        ("小明", "小明"),
    ] {
        assert_eq!(hash(name), hash(same), "{name:?}");
    }
    assert_ne!(hash("ann"), hash("anne"));
    assert_ne!(LoginHash::of(&[6; 32], "ann"), Ok(hash("ann")), "another host's pepper");
    for name in ["", "  ", "a\u{7}b", &"a".repeat(181)] {
        assert!(matches!(LoginHash::of(&PEPPER, name), Err(Refusal::NameInvalid { .. })), "{name:?}");
    }
}

#[test]
fn a_login_is_one_person_s_and_is_found_by_its_name() {
    let mut streams = Streams::new();
    let (ann, bo) = (streams.person(), streams.person());
    let first = set(&mut streams, ann, "ann").unwrap();
    assert_eq!(set(&mut streams, bo, "ANN"), Err(Refusal::LoginTaken));
    assert_eq!(login_of(streams.known(), &hash("Ann")).map(|login| login.person), Some(ann));
    assert_eq!(streams.streams[&HOST].bodies.text(&first), Some(PHC));
    let second = set(&mut streams, ann, "anna").unwrap();
    assert_eq!(login_of(streams.known(), &hash("ann")), None, "the old name is free");
    assert_eq!(streams.streams[&HOST].bodies.text(&first), None, "the old password is gone");
    assert_eq!(streams.streams[&HOST].bodies.text(&second), Some(PHC));
    set(&mut streams, bo, "ann").unwrap();
    streams.host(LoginCommand::Clear { person: ann }).unwrap();
    assert_eq!(streams.host(LoginCommand::Clear { person: ann }), Err(Refusal::NothingToChange));
    assert_eq!(login_of(streams.known(), &hash("anna")), None);
    assert_eq!(streams.streams[&HOST].bodies.text(&second), None);
}

#[test]
fn a_password_is_the_person_s_own_body_and_never_in_clear() {
    let mut streams = Streams::new();
    let (ann, bo) = (streams.person(), streams.person());
    let clear = Refusal::ValueInvalid { name: "password".to_owned(), expected: "argon2id".to_owned() };
    for (owner, text, refused) in [
        (bo, PHC.to_owned(), Refusal::BodyMissing),
        (ann, "hunter2".to_owned(), clear.clone()),
        (ann, format!("{PHC}{}", "a".repeat(256)), clear),
    ] {
        let password = streams.body(name_owner(owner), &text);
        let command = LoginCommand::Set { person: ann, login: hash("ann"), password, keep: None };
        assert_eq!(streams.host(command), Err(refused), "{text}");
    }
}

#[test]
fn another_password_ends_the_other_sessions_and_links_and_another_name_does_not() {
    let mut streams = Streams::new();
    let (ann, bo) = (streams.person(), streams.person());
    let password = set(&mut streams, ann, "ann").unwrap();
    let here = signed_in(&mut streams, ann, 1);
    signed_in(&mut streams, ann, 2);
    let theirs = signed_in(&mut streams, bo, 3);
    link(&mut streams, ann, 4).unwrap();
    let rename = LoginCommand::Set { person: ann, login: hash("anna"), password, keep: None };
    streams.host(rename.clone()).unwrap();
    assert_eq!(streams.host(rename), Err(Refusal::NothingToChange));
    assert_eq!([1, 2].map(|of| bearer(&streams, of)), [Some(ann); 2]);
    let password = self::password(&mut streams, ann);
    let keep = Some(here);
    streams.host(LoginCommand::Set { person: ann, login: hash("anna"), password, keep }).unwrap();
    assert_eq!([1, 2, 3].map(|of| bearer(&streams, of)), [Some(ann), None, Some(bo)]);
    assert!(matches!(redeem(&mut streams, 4, 5), Err(Refusal::NotFound { .. })));
    let keep = Some(theirs);
    let password = self::password(&mut streams, ann);
    streams.host(LoginCommand::Set { person: ann, login: hash("anna"), password, keep }).unwrap();
    assert_eq!(bearer(&streams, 1), None, "somebody else's session keeps none of hers");
}

#[test]
fn a_session_holds_until_it_expires_ends_or_its_person_may_not_act() {
    let mut streams = Streams::new();
    let ann = streams.person();
    let id = signed_in(&mut streams, ann, 1);
    assert_eq!(authenticate_session(streams.known(), &secret(1), streams.now_ms), Some((id, ann)));
    let end_ms = streams.now_ms + HOUR_MS;
    assert_eq!(authenticate_session(streams.known(), &secret(1), end_ms), None);
    assert_eq!(bearer(&streams, 2), None);
    streams.host(PersonCommand::Suspend { person: ann }).unwrap();
    assert_eq!(bearer(&streams, 1), None);
    let again = SessionCommand::SignIn { person: ann, session: session(2, end_ms) };
    assert_eq!(streams.host(again), Err(Refusal::PersonSuspended));
    streams.host(PersonCommand::Resume { person: ann }).unwrap();
    assert_eq!(bearer(&streams, 1), Some(ann));
    streams.ask(HOST, Actor::Person(ann), SessionCommand::SignOut { session: id }).unwrap();
    assert_eq!(bearer(&streams, 1), None);
    let twice = streams.host(SessionCommand::SignOut { session: id });
    assert_eq!(twice, Err(Refusal::NotFound { what: "session".to_owned() }));
}

#[test]
fn a_session_has_a_label_an_end_and_a_secret_of_its_own() {
    let mut streams = Streams::new();
    let ann = streams.person();
    signed_in(&mut streams, ann, 1);
    let now_ms = streams.now_ms;
    let end =
        |expected: &str| Refusal::ValueInvalid { name: "expires".to_owned(), expected: expected.to_owned() };
    let soon = now_ms + 1;
    let labelled = |label: &str| NewSession { label: label.to_owned(), ..session(2, soon) };
    for (session, refused) in [
        (session(2, now_ms), end("future")),
        (session(2, now_ms + SESSION_MS_MAX + 1), end("sooner")),
        (session(1, soon), Refusal::AlreadyExists { what: "session".to_owned() }),
        (labelled(""), Refusal::NameInvalid { name: String::new() }),
        (labelled(&"a".repeat(61)), Refusal::TextTooLong { field: "label".to_owned(), max: 60 }),
    ] {
        assert_eq!(streams.host(SessionCommand::SignIn { person: ann, session }), Err(refused));
    }
    let longest = session(2, now_ms + SESSION_MS_MAX);
    streams.host(SessionCommand::SignIn { person: ann, session: longest }).unwrap();
}

#[test]
fn beyond_the_limit_the_oldest_session_goes_and_expired_ones_go_first() {
    let mut streams = Streams::new();
    let (ann, bo) = (streams.person(), streams.person());
    signed_in(&mut streams, bo, 200);
    for of in 0..SESSIONS_PER_PERSON_MAX as u8 {
        signed_in(&mut streams, ann, of);
        streams.now_ms += 1;
    }
    signed_in(&mut streams, ann, 100);
    assert_eq!([0, 1, 100, 200].map(|of| bearer(&streams, of).is_some()), [false, true, true, true]);
    assert_eq!(streams.known().sessions.of_person(ann).count(), SESSIONS_PER_PERSON_MAX);
    streams.now_ms += HOUR_MS;
    signed_in(&mut streams, ann, 101);
    assert_eq!(streams.known().sessions.of_person(ann).count(), 1, "the expired ones are let go");
    assert_eq!(streams.known().sessions.of_person(bo).count(), 1, "his wait for his own next sign-in");
}

#[test]
fn all_sessions_end_at_once_except_the_one_that_asks() {
    let mut streams = Streams::new();
    let ann = streams.person();
    let here = signed_in(&mut streams, ann, 1);
    signed_in(&mut streams, ann, 2);
    link(&mut streams, ann, 3).unwrap();
    let all = |keep| SessionCommand::SignOutAll { person: ann, keep };
    streams.ask(HOST, Actor::Person(ann), all(Some(here))).unwrap();
    assert_eq!([1, 2].map(|of| bearer(&streams, of)), [Some(ann), None]);
    assert!(matches!(redeem(&mut streams, 3, 4), Err(Refusal::NotFound { .. })));
    assert_eq!(streams.host(all(Some(here))), Err(Refusal::NothingToChange));
    streams.host(all(None)).unwrap();
    assert_eq!(bearer(&streams, 1), None);
}

#[test]
fn a_link_signs_in_once_and_soon() {
    let mut streams = Streams::new();
    let ann = streams.person();
    link(&mut streams, ann, 1).unwrap();
    link(&mut streams, ann, 2).unwrap();
    assert_eq!(link(&mut streams, ann, 1), Err(Refusal::AlreadyExists { what: "sign_in_link".to_owned() }));
    redeem(&mut streams, 1, 10).unwrap();
    assert_eq!(bearer(&streams, 10), Some(ann));
    assert_eq!(redeem(&mut streams, 1, 11), Err(Refusal::LinkUsed));
    assert_eq!(redeem(&mut streams, 9, 11), Err(Refusal::NotFound { what: "sign_in_link".to_owned() }));
    streams.host(PersonCommand::Suspend { person: ann }).unwrap();
    assert_eq!(redeem(&mut streams, 2, 11), Err(Refusal::PersonSuspended));
    assert_eq!(link(&mut streams, ann, 3), Err(Refusal::PersonSuspended));
    streams.host(PersonCommand::Resume { person: ann }).unwrap();
    streams.now_ms += HOUR_MS;
    assert_eq!(redeem(&mut streams, 2, 11), Err(Refusal::LinkExpired));
    let too_long = streams.now_ms + LINK_MS_MAX + 1;
    let issue = LinkCommand::Issue { person: ann, secret_hash: secret(3), expires_ms: too_long };
    assert!(matches!(streams.host(issue), Err(Refusal::ValueInvalid { .. })));
}

#[test]
fn links_that_expired_or_are_too_many_are_let_go() {
    let mut streams = Streams::new();
    let (ann, bo) = (streams.person(), streams.person());
    for of in 1..=LINKS_PER_PERSON_MAX as u8 {
        link(&mut streams, ann, of).unwrap();
        streams.now_ms += 1;
    }
    redeem(&mut streams, 2, 20).unwrap();
    link(&mut streams, ann, 30).unwrap();
    assert_eq!(redeem(&mut streams, 2, 21), Err(Refusal::LinkUsed), "a used one counts no more");
    link(&mut streams, ann, 31).unwrap();
    assert!(matches!(redeem(&mut streams, 1, 21), Err(Refusal::NotFound { .. })), "the oldest went");
    redeem(&mut streams, 3, 22).unwrap();
    streams.now_ms += HOUR_MS;
    link(&mut streams, bo, 40).unwrap();
    assert!(matches!(redeem(&mut streams, 4, 23), Err(Refusal::NotFound { .. })), "it had expired");
}

#[test]
fn an_erased_person_leaves_no_way_in() {
    let mut streams = Streams::with_garden();
    let (ann, _) = streams.linked(GARDEN, "ann");
    let password = set(&mut streams, ann, "ann").unwrap();
    signed_in(&mut streams, ann, 1);
    link(&mut streams, ann, 2).unwrap();
    link(&mut streams, ann, 3).unwrap();
    redeem(&mut streams, 3, 4).unwrap();
    streams.host(PersonCommand::Erase { person: ann }).unwrap();
    let host = streams.known();
    assert!(host.logins.is_empty() && host.sessions.is_empty() && host.links.is_empty());
    assert_eq!(streams.streams[&HOST].bodies.text(&password), None);
    assert_eq!(set(&mut streams, ann, "ann"), Err(Refusal::PersonNotFound));
    let bo = streams.person();
    set(&mut streams, bo, "ann").unwrap();
}

#[test]
fn the_state_is_the_same_from_a_snapshot_and_without_any_body() {
    let mut streams = Streams::new();
    let ann = streams.person();
    set(&mut streams, ann, "ann").unwrap();
    signed_in(&mut streams, ann, 1);
    link(&mut streams, ann, 2).unwrap();
    let stream = &streams.streams[&HOST];
    let again = Stream::decode(&stream.encode(), stream.bodies.clone()).unwrap();
    assert_eq!(&again, stream, "what is found again is the same");
    assert_eq!(streams.refold(HOST, |_| Keep::No).hash(), stream.hash());
}

#[test]
fn a_sign_in_is_a_small_record() {
    let mut streams = Streams::new();
    let ann = streams.person();
    signed_in(&mut streams, ann, 1);
    let (record, _) = streams.records[&HOST].last().unwrap();
    assert!(record.encode().len() <= 480, "{} bytes", record.encode().len());
}
