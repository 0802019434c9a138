//! Webhooks as tables: what they may be, and what becomes of one that does not answer.

use super::*;
use crate::event::Event as AnyEvent;
use crate::moment::{DAY_MS, HOUR_MS};
use crate::testing_talk::{ADMIN, ANN, Bench, MODERATOR, OWNER};

const URL: &str = "https://example.org/hook?a=b";
const SECRET: &str = "a secret of some length";

fn only(kinds: &[&str]) -> Kinds {
    Kinds::Only(kinds.iter().map(|kind| (*kind).to_owned()).collect())
}

fn add_as(
    bench: &mut Bench,
    by: MemberId,
    (url, secret): (&str, &str),
    kinds: Kinds,
) -> Result<WebhookId, Refusal> {
    let id = WebhookId(bench.upcoming(2).0);
    let (url, secret) = (bench.body_of(owner(id), url), bench.body_of(owner(id), secret));
    bench.ask(by, Command::Add { label: "hook".to_owned(), url, secret, kinds }).map(|_| id)
}

/// A bench with a webhook that its administrator added.
fn hooked() -> (Bench, WebhookId) {
    let mut bench = Bench::new();
    let id = add_as(&mut bench, ADMIN, (URL, SECRET), Kinds::All).unwrap();
    (bench, id)
}

fn row(bench: &Bench, id: WebhookId) -> &Webhook {
    bench.community().webhooks.get(id).expect("it is there")
}

fn host(bench: &mut Bench, command: Command) -> Result<Vec<AnyEvent>, Refusal> {
    bench.ask_as(crate::command::Actor::Host, command)
}

#[test]
fn a_webhook_has_an_address_a_secret_and_names_of_events() {
    let invalid = |name: &str, expected: &str| Refusal::ValueInvalid {
        name: name.to_owned(),
        expected: expected.to_owned(),
    };
    let address = || Some(invalid("url", "http_or_https"));
    let name = |name: &str| Some(Refusal::NameInvalid { name: name.to_owned() });
    let long = "a".repeat(65);
    let too_long = |field: &str, max| Some(Refusal::TextTooLong { field: field.to_owned(), max });
    let empty = Some(Refusal::TextEmpty { field: "kinds".to_owned() });
    for (url, secret, kinds, refused) in [
        (URL, SECRET, Kinds::All, None),
        ("http://127.0.0.1:8080/", SECRET, only(&["message.posted", "member.joined"]), None),
        ("ftp://example.org", SECRET, Kinds::All, address()),
        ("https://", SECRET, Kinds::All, address()),
        ("https://a b", SECRET, Kinds::All, address()),
        ("https://a\nHost: b", SECRET, Kinds::All, address()),
        (URL, "too short", Kinds::All, Some(invalid("secret", "secret_length"))),
        (URL, &long, Kinds::All, too_long("secret", 64)),
        (URL, SECRET, only(&[]), empty),
        (URL, SECRET, only(&["posted"]), name("posted")),
        (URL, SECRET, only(&["Message.posted"]), name("Message.posted")),
        (URL, SECRET, only(&["message."]), name("message.")),
    ] {
        let mut bench = Bench::new();
        assert_eq!(add_as(&mut bench, OWNER, (url, secret), kinds).err(), refused, "{url} {secret}");
    }
}

#[test]
fn settings_are_for_those_who_may_and_deliveries_for_the_host() {
    let (mut bench, id) = hooked();
    for (by, may) in [(ANN, false), (MODERATOR, false), (ADMIN, true), (OWNER, true)] {
        assert_eq!(add_as(&mut bench, by, (URL, SECRET), Kinds::All).is_ok(), may, "{by}");
        let kinds = Some(only(&[if by == OWNER { "owner.may" } else { "admin.may" }]));
        let change = Command::Change { webhook: id, url: None, secret: None, kinds };
        assert_eq!(bench.ask(by, change).is_ok(), may, "{by}");
    }
    for command in [Command::Delivered { webhook: id, seq: 1 }, Command::Failed { webhook: id, seq: 1 }] {
        assert_eq!(bench.ask(OWNER, command), Err(Refusal::HostOnly));
    }
    for _ in 3..32 {
        add_as(&mut bench, OWNER, (URL, SECRET), Kinds::All).unwrap();
    }
    let full = Refusal::TooMany { what: "webhook".to_owned(), max: 32 };
    assert_eq!(add_as(&mut bench, OWNER, (URL, SECRET), Kinds::All), Err(full));
    bench.check();
}

#[test]
fn what_a_webhook_is_made_of_is_its_own_and_goes_with_it() {
    let (mut bench, id) = hooked();
    let strangers = bench.body_of(ANN, URL);
    let change = |url, secret| Command::Change { webhook: id, url, secret, kinds: None };
    assert_eq!(bench.ask(ADMIN, change(Some(strangers), None)), Err(Refusal::BodyMissing));
    let old = row(&bench, id).url;
    let url = bench.body_of(owner(id), "https://example.org/other");
    bench.ask(ADMIN, change(Some(url), None)).unwrap();
    let text = |bench: &Bench, body: &BodyRef| bench.stream.bodies.text(body).map(str::to_owned);
    assert_eq!(text(&bench, &old), None);
    assert_eq!(text(&bench, &url).as_deref(), Some("https://example.org/other"));
    let secret = row(&bench, id).secret;
    assert_eq!(text(&bench, &secret).as_deref(), Some(SECRET));
    assert_eq!(bench.ask(ADMIN, change(None, None)), Err(Refusal::NothingToChange));
    bench.ask(ADMIN, Command::Remove { webhook: id }).unwrap();
    assert_eq!((text(&bench, &url), text(&bench, &secret)), (None, None));
    assert!(bench.stream.erasures.members().eq([owner(id)]));
    let gone = Refusal::NotFound { what: "webhook".to_owned() };
    assert_eq!(bench.ask(ADMIN, Command::Remove { webhook: id }), Err(gone));
    bench.check();
}

#[test]
fn it_wants_what_it_names() {
    let (mut bench, _) = hooked();
    let some = add_as(&mut bench, ADMIN, (URL, SECRET), only(&["member.joined"])).unwrap();
    let wants = |kind: &str| bench.community().webhooks.iter().map(|row| row.wants(kind)).collect::<Vec<_>>();
    assert_eq!(wants("member.joined"), [true, true]);
    assert_eq!(wants("member.left"), [true, false]);
    assert_eq!(row(&bench, some).by, Some(ADMIN));
}

#[test]
fn what_was_delivered_is_noted_once_and_never_ahead() {
    let (mut bench, id) = hooked();
    let newest = bench.stream.seq;
    assert_eq!(row(&bench, id).acked_seq, newest, "it is told of what comes after");
    bench.say(ANN, "hello");
    for (seq, refused) in [
        (newest + 2, Some(Refusal::NotFound { what: "record".to_owned() })),
        (newest, Some(Refusal::NothingToChange)),
        (newest + 1, None),
        (newest + 1, Some(Refusal::NothingToChange)),
    ] {
        assert_eq!(host(&mut bench, Command::Delivered { webhook: id, seq }).err(), refused, "{seq}");
    }
    assert_eq!(row(&bench, id).acked_seq, newest + 1);
    assert_eq!(crate::script::told(bench.last()).count(), 0, "no script is woken by it");
    bench.check();
}

#[test]
fn one_that_does_not_answer_is_tried_later_each_time_and_then_given_up() {
    let (mut bench, id) = hooked();
    let seq = bench.stream.seq;
    let began_ms = bench.now_ms() + 1_000;
    let mut waits_s = Vec::new();
    while let State::On | State::Failing { .. } = row(&bench, id).state {
        host(&mut bench, Command::Failed { webhook: id, seq }).unwrap();
        let now_ms = bench.now_ms();
        if let State::Failing { since_ms, next_ms, attempts } = row(&bench, id).state {
            assert_eq!((since_ms, attempts as usize), (began_ms, waits_s.len() + 1));
            waits_s.push((next_ms - now_ms) / 1_000);
            assert!(!row(&bench, id).is_due(next_ms - 1) && row(&bench, id).is_due(next_ms));
            bench.advance(next_ms - now_ms - 1_000);
        }
    }
    assert_eq!(waits_s[..5], [10, 20, 40, 80, 160]);
    assert_eq!(waits_s.iter().max(), Some(&(6 * 60 * 60)));
    let took_ms = bench.now_ms() - began_ms;
    assert!((3 * DAY_MS..3 * DAY_MS + 6 * HOUR_MS).contains(&took_ms), "{took_ms}");
    assert_eq!(row(&bench, id).state, State::Off { why: Why::Silent });
    assert_eq!(bench.told(ADMIN), ["webhook.given_up"]);
    let again = host(&mut bench, Command::Failed { webhook: id, seq });
    assert_eq!(again, Err(Refusal::NothingToChange), "it was under way when it was given up");
    bench.check();
}

#[test]
fn an_answer_or_another_address_ends_the_waiting() {
    let (mut bench, id) = hooked();
    let seq = bench.stream.seq;
    let fail = Command::Failed { webhook: id, seq };
    host(&mut bench, fail.clone()).unwrap();
    host(&mut bench, Command::Delivered { webhook: id, seq }).unwrap();
    assert_eq!(row(&bench, id).state, State::On);
    host(&mut bench, fail.clone()).unwrap();
    let kinds = Some(only(&["member.left"]));
    bench.ask(ADMIN, Command::Change { webhook: id, url: None, secret: None, kinds }).unwrap();
    assert_eq!(row(&bench, id).state, State::On);
    assert!(bench.told(ADMIN).is_empty());
    bench.check();
}

#[test]
fn a_paused_one_is_told_nothing_until_it_is_resumed() {
    let (mut bench, id) = hooked();
    let (pause, resume) = (Command::Pause { webhook: id }, Command::Resume { webhook: id });
    assert_eq!(bench.ask(ADMIN, resume.clone()), Err(Refusal::NothingToChange));
    bench.ask(ADMIN, pause.clone()).unwrap();
    assert_eq!(bench.ask(ADMIN, pause), Err(Refusal::NothingToChange));
    assert!(!row(&bench, id).is_due(u64::MAX));
    let acked = row(&bench, id).acked_seq;
    bench.ask(ADMIN, resume).unwrap();
    assert_eq!((row(&bench, id).state, row(&bench, id).acked_seq), (State::On, acked));
    assert!(row(&bench, id).is_due(0));
    bench.check();
}
