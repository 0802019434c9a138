//! Tests of imported facts: first sight, renames, what is known already, and that nothing is decided about
//! them.

use super::*;
use crate::command::Actor;
use crate::event::Event as AnyEvent;
use crate::rule::Step;
use crate::testing_talk::{ANN, Bench};

const FILE: [u8; 32] = [4; 32];
const NICK: MemberId = MemberId(500);
const ROSE: MemberId = MemberId(501);

fn author(bench: &mut Bench, key: Short, member: MemberId, name: &str) -> Author {
    Author { key, member, nickname: Some(bench.body(name)) }
}

fn said(bench: &mut Bench, line: u64, author: u32, text: &str) -> Row {
    let parts = bench.text(text);
    let what = What::Message { author, parts, reply_to: None, label: None };
    Row { line, id: None, said_at_ms: line * 1_000, what }
}

fn batch(bench: &Bench, authors: Vec<Author>, rows: Vec<Row>) -> Command {
    let through_line = rows.iter().map(|row| row.line).max().unwrap_or(0);
    let origin = Origin { format: "irc-blocks".to_owned(), file: FILE };
    Command::Batch { origin, channel: bench.hall(), authors, rows, through_line }
}

fn events(result: Result<Vec<AnyEvent>, Refusal>) -> Vec<Event> {
    let only_import = |event| match event {
        AnyEvent::Import(event) => Some(event),
        _ => None,
    };
    result.unwrap().into_iter().filter_map(only_import).collect()
}

fn messages(events: &[Event]) -> usize {
    events.iter().filter(|event| matches!(event, Event::MessageImported { .. })).count()
}

#[test]
fn first_sight_makes_a_member_without_a_person() {
    let mut bench = Bench::new();
    let authors = vec![author(&mut bench, 1, NICK, "nick")];
    let rows = vec![said(&mut bench, 1, 0, "hello"), said(&mut bench, 2, 0, "again")];
    let asked = batch(&bench, authors, rows);
    let events = events(bench.ask_as(Actor::Host, asked));
    assert_eq!(messages(&events), 2);
    let member = bench.community().members.get(NICK).unwrap();
    assert_eq!((member.person, member.standing, member.joined_ms), (None, Standing::Active, Some(1_000)));
    bench.check();
}

#[test]
fn the_same_file_twice_changes_nothing() {
    let mut bench = Bench::new();
    let once = |bench: &mut Bench, through: u64| {
        let authors = vec![author(bench, 1, NICK, "nick")];
        let rows = (1..=through).map(|line| said(bench, line, 0, "hello")).collect();
        let asked = batch(bench, authors, rows);
        bench.ask_as(Actor::Host, asked)
    };
    assert_eq!(messages(&events(once(&mut bench, 3))), 3);
    let hash = bench.stream.hash();
    assert_eq!(once(&mut bench, 3), Err(Refusal::NothingToChange));
    assert_eq!(bench.stream.hash(), hash);
    assert_eq!(messages(&events(once(&mut bench, 5))), 2, "a run that was cut off goes on where it was");
}

#[test]
fn a_row_with_an_id_is_known_from_any_file() {
    let mut bench = Bench::new();
    let once = |bench: &mut Bench, file: [u8; 32]| {
        let authors = vec![author(bench, 1, NICK, "nick")];
        let rows = vec![Row { id: Some(77), ..said(bench, 1, 0, "hello") }];
        let Command::Batch { channel, authors, rows, through_line, .. } = batch(bench, authors, rows);
        let origin = Origin { format: "telegram-json".to_owned(), file };
        let asked = Command::Batch { origin, channel, authors, rows, through_line };
        messages(&events(bench.ask_as(Actor::Host, asked)))
    };
    assert_eq!((once(&mut bench, [1; 32]), once(&mut bench, [2; 32])), (1, 0));
}

#[test]
fn renames_lead_to_the_same_member_and_never_merge_two() {
    let mut bench = Bench::new();
    let renamed = |bench: &mut Bench, line, author, key| Row {
        line,
        id: None,
        said_at_ms: line * 1_000,
        what: What::Renamed { author, key, nickname: bench.body("new name") },
    };
    let authors = vec![author(&mut bench, 1, NICK, "nick"), author(&mut bench, 2, ROSE, "rose")];
    let rows = vec![
        said(&mut bench, 1, 0, "hello"),
        said(&mut bench, 2, 1, "hello too"),
        renamed(&mut bench, 3, 0, 3),
        renamed(&mut bench, 4, 1, 1),
    ];
    let asked = batch(&bench, authors, rows);
    let events = events(bench.ask_as(Actor::Host, asked));
    let renames = events.iter().filter(|event| matches!(event, Event::MemberRenamed { .. })).count();
    assert_eq!(renames, 1, "rose cannot become who nick was");
    let imports = &bench.community().imports;
    assert_eq!(
        (imports.member(&1), imports.member(&3), imports.member(&2)),
        (Some(NICK), Some(NICK), Some(ROSE))
    );
    bench.check();
}

#[test]
fn no_rule_runs_on_facts() {
    let mut bench = Bench::new();
    bench.set_list("ads", &["加微"]);
    bench.set_rule("ads", r#"{"words": {"lists": ["ads"]}}"#, Step::Hold);
    let authors = vec![author(&mut bench, 1, NICK, "nick")];
    let rows = vec![said(&mut bench, 1, 0, "加 微")];
    let asked = batch(&bench, authors, rows);
    assert_eq!(messages(&events(bench.ask_as(Actor::Host, asked))), 1);
    assert!(bench.community().queue.holds.is_empty());
    assert_eq!(
        bench.try_say(ANN, "加 微"),
        crate::queue::Verdict::Hold,
        "the same words are held when said here"
    );
}

#[test]
fn a_batch_that_does_not_add_up_is_refused_whole() {
    let mut bench = Bench::new();
    let nobody = vec![said(&mut bench, 1, 7, "hello")];
    let nameless = vec![Author { key: 1, member: NICK, nickname: None }];
    let too_many: Vec<Row> = (0..=limits::IMPORT_ROWS_MAX as u64)
        .map(|line| Row { line, id: None, said_at_ms: 1, what: What::Came { author: 0 } })
        .collect();
    let said = vec![said(&mut bench, 1, 0, "hello")];
    let hash = bench.stream.hash();
    for (authors, rows, expected) in [
        (Vec::new(), nobody, "not_found"),
        (nameless.clone(), said, "body_missing"),
        (nameless, too_many, "too_many"),
    ] {
        let asked = batch(&bench, authors, rows);
        assert_eq!(bench.ask_as(Actor::Host, asked).map_err(|refusal| refusal.code()), Err(expected));
    }
    assert_eq!(bench.stream.hash(), hash);
    assert_eq!(
        bench.ask(ANN, batch(&Bench::new(), Vec::new(), Vec::new())).map_err(|refusal| refusal.code()),
        Err("permission_missing")
    );
}

#[test]
fn the_past_of_somebody_erased_does_not_come_back() {
    let mut bench = Bench::new();
    let mut rows = vec![said(&mut bench, 1, 0, "hello")];
    let authors = vec![author(&mut bench, 1, NICK, "nick")];
    let asked = batch(&bench, authors.clone(), rows.clone());
    bench.ask_as(Actor::Host, asked).unwrap();
    bench.ask_as(Actor::Host, crate::privacy::Command::Erase { member: NICK }).unwrap();
    rows.push(said(&mut bench, 2, 0, "I am still here"));
    let asked = batch(&bench, authors, rows);
    assert_eq!(messages(&events(bench.ask_as(Actor::Host, asked))), 0);
    bench.check();
}
