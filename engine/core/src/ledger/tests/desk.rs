//! What the tests of points, transfers and packets share: a community with points on, and what to look at.

use super::super::*;
use crate::event::Event as AnyEvent;
use crate::testing_talk::*;

/// Points are on, with the defaults for all else.
pub(super) fn points_on() -> Config {
    let points = PointsConfig { state: Switch::On, ..PointsConfig::default() };
    Config { points, ..Config::default() }
}

/// A community with points on.
pub(super) fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.ask(OWNER, Command::Configure { config: Box::new(points_on()) }).unwrap();
    bench
}

pub(super) fn units(units: i64) -> Amount {
    Amount::new(units).unwrap()
}

pub(super) fn grant(to: &[MemberId], amount: i64) -> Command {
    Command::Grant { to: to.iter().copied().collect(), amount: units(amount), reason: None }
}

/// The codes of what a member was told.
pub(super) fn told(bench: &Bench, member: MemberId) -> Vec<String> {
    let row = bench.community().members.get(member).unwrap();
    row.notices.iter().map(|notice| notice.text.code.clone()).collect()
}

/// Every transaction of a template.
pub(super) fn posted(bench: &Bench, template: Template) -> Vec<Transaction> {
    let events = bench.records().flat_map(|record| &record.events);
    let found = events.filter_map(|event| match event {
        AnyEvent::Ledger(Event::Posted { transaction }) if transaction.template == template => {
            Some(transaction.as_ref().clone())
        }
        _ => None,
    });
    found.collect()
}
