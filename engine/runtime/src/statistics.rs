//! Figures of a community for those who run it: who came, when there is talk, who stays, what was held and
//! whether that was right. Derived from the log in one pass, and carried on from where it ended.
//!
//! Days, weeks and hours are those of the community's zone; if it moves, the pass begins anew. Holds ids,
//! dates and counts, nothing that anybody wrote. Kept in memory: it is lost with the process, and made again.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use kith_core::community::Zone;
use kith_core::event::Event;
use kith_core::ids::{CommunityId, HoldId, MemberId};
use kith_core::ports::Records;
use kith_core::queue::{AtDeadline, Cause};
use kith_core::record::Record;
use kith_core::stream::Stream;
use kith_core::{import, member, message, queue};

use crate::draft::AskError;
use crate::recover;

/// Communities whose figures are kept.
const KEPT_MAX: usize = 256;

/// The figures of one community.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// The record up to which they count.
    pub seq: u64,
    /// Who came, in order of the log. Whoever came back is there again.
    pub joins: Vec<Join>,
    /// Messages by weekday, Monday first, and hour.
    pub talk: [[u64; 24]; 7],
    /// Messages by day.
    pub messages: BTreeMap<Date, u64>,
    /// The weeks in which a member said something, by their Mondays.
    pub weeks: BTreeMap<MemberId, BTreeSet<Date>>,
    /// What was held, and what became of it.
    pub holds: BTreeMap<HoldId, Held>,
    zone: Zone,
    rules: TimeZone,
    frame_no: u64,
}

/// Somebody came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Join {
    /// When.
    pub date: Date,
    /// Who.
    pub member: MemberId,
    /// How.
    pub way: Way,
}

/// How somebody came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Through the gate.
    Gate,
    /// With an imported past.
    Import,
}

/// Something that was held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// When.
    pub date: Date,
    /// What became of it; `None` while it waits, or where it had no object any more.
    pub settled: Option<Settled>,
}

/// What became of a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// A human let it through: it was not needed.
    Released,
    /// A human denied it: it was right.
    Denied,
    /// Its time was over.
    Expired,
}

/// One week's newcomers, and how many of them spoke in the weeks after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cohort {
    /// The Monday of the week in which they came.
    pub week: Date,
    /// How many they are.
    pub members: u64,
    /// How many of them said something: in that week, the one after, and so on up to the newest.
    pub active: Vec<u64>,
}

impl Figures {
    /// Nothing yet.
    pub fn new(zone: &Zone) -> Self {
        Self {
            seq: 0,
            joins: Vec::new(),
            talk: [[0; 24]; 7],
            messages: BTreeMap::new(),
            weeks: BTreeMap::new(),
            holds: BTreeMap::new(),
            zone: zone.clone(),
            rules: zone.rules(),
            frame_no: 0,
        }
    }

    /// What a log that was cut begins with: those who were there.
    fn begin(&mut self, start: &Stream) {
        let members = start.community().into_iter().flat_map(|community| community.members.iter());
        for row in members.filter(|row| row.standing == member::Standing::Active) {
            let way = if row.joined_ms.is_some() { Way::Gate } else { Way::Import };
            self.came(row.id, row.joined_ms.unwrap_or(row.since_ms), way);
        }
    }

    /// Takes note of a record.
    pub fn saw(&mut self, record: &Record) {
        let at_ms = record.command.at_ms;
        self.seq = record.seq;
        for event in &record.events {
            match event {
                Event::Member(member::Event::Joined { member, .. }) => self.came(*member, at_ms, Way::Gate),
                Event::Import(import::Event::MemberImported { member, seen_ms, .. }) => {
                    self.came(*member, *seen_ms, Way::Import);
                }
                Event::Message(message::Event::Posted { header, .. }) => {
                    self.said(header.author, header.said_at_ms.unwrap_or(header.at_ms));
                }
                Event::Import(import::Event::MessageImported { author, said_at_ms, .. }) => {
                    self.said(*author, *said_at_ms);
                }
                Event::Queue(queue::Event::Held { id, .. }) => {
                    let date = self.local(at_ms).date();
                    self.holds.insert(*id, Held { date, settled: None });
                }
                Event::Queue(queue::Event::Resolved { hold, outcome, cause, .. }) => {
                    self.settled(*hold, (*outcome, *cause));
                }
                _ => {}
            }
        }
    }

    fn local(&self, at_ms: u64) -> jiff::civil::DateTime {
        let at = i64::try_from(at_ms).ok().and_then(|at_ms| Timestamp::from_millisecond(at_ms).ok());
        self.rules.to_datetime(at.unwrap_or(Timestamp::MAX))
    }

    fn came(&mut self, member: MemberId, at_ms: u64, way: Way) {
        let date = self.local(at_ms).date();
        self.joins.push(Join { date, member, way });
    }

    fn said(&mut self, author: MemberId, at_ms: u64) {
        let at = self.local(at_ms);
        let weekday = usize::try_from(at.date().weekday().to_monday_zero_offset()).unwrap_or(0);
        let hour = usize::try_from(at.hour()).unwrap_or(0);
        if let Some(count) = self.talk.get_mut(weekday).and_then(|hours| hours.get_mut(hour)) {
            *count += 1;
        }
        *self.messages.entry(at.date()).or_default() += 1;
        self.weeks.entry(author).or_default().insert(monday(at.date()));
    }

    fn settled(&mut self, hold: HoldId, (outcome, cause): (AtDeadline, Cause)) {
        let Some(held) = self.holds.get_mut(&hold) else { return };
        held.settled = match (outcome, cause) {
            // It goes on waiting.
            (AtDeadline::Keep, _) => return,
            (_, Cause::Deadline) => Some(Settled::Expired),
            (AtDeadline::Release, _) => Some(Settled::Released),
            (AtDeadline::Deny, _) => Some(Settled::Denied),
        };
    }

    /// The newest cohorts, oldest first: those who came through the gate in each of so many weeks up to
    /// `today`.
    pub fn cohorts(&self, today: Date, weeks: usize) -> Vec<Cohort> {
        let newest = monday(today);
        let mut came: BTreeMap<Date, BTreeSet<MemberId>> = BTreeMap::new();
        for join in self.joins.iter().filter(|join| join.way == Way::Gate) {
            came.entry(monday(join.date)).or_default().insert(join.member);
        }
        let cohort = |back: usize| {
            let week = weeks_before(newest, back)?;
            let members = came.get(&week)?;
            let spoke = |ahead: usize| {
                let in_week = weeks_before(newest, back - ahead);
                let is_active = |member: &&MemberId| {
                    in_week
                        .is_some_and(|week| self.weeks.get(member).is_some_and(|they| they.contains(&week)))
                };
                members.iter().filter(is_active).count() as u64
            };
            Some(Cohort { week, members: members.len() as u64, active: (0..=back).map(spoke).collect() })
        };
        (0..weeks).rev().filter_map(cohort).collect()
    }
}

/// The Monday of a day's week.
pub fn monday(date: Date) -> Date {
    let since = i64::from(date.weekday().to_monday_zero_offset());
    date.checked_sub(since.days()).unwrap_or(date)
}

fn weeks_before(monday: Date, weeks: usize) -> Option<Date> {
    monday.checked_sub(i64::try_from(weeks).ok()?.weeks()).ok()
}

/// Figures of communities, kept and carried on.
#[derive(Default)]
pub struct Statistics(Mutex<HashMap<CommunityId, Arc<Mutex<Figures>>>>);

impl Statistics {
    /// The figures of a community up to its durable head. Reads what was recorded since the last time, and
    /// blocks.
    pub fn of(
        &self,
        community: CommunityId,
        zone: &Zone,
        records: &dyn Records,
    ) -> Result<Figures, AskError> {
        let kept = self.kept(community, zone);
        let mut figures = lock(&kept);
        if figures.zone != *zone {
            *figures = Figures::new(zone);
        }
        if figures.frame_no == 0 {
            let (start, head) = recover::start_in_log(community, records)?;
            figures.begin(&start);
            figures.frame_no = head.frame_no;
        }
        let mut broken = None;
        records.read_facts(community, figures.frame_no + 1, &mut |frame| {
            for stored in &frame.records {
                match recover::decode(community, stored) {
                    Ok(record) => figures.saw(&record),
                    Err(what) => broken = Some(what),
                }
            }
            figures.frame_no = frame.head.frame_no;
            if broken.is_none() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        match broken {
            Some(what) => Err(AskError::Unreadable { community, what }),
            None => Ok(figures.clone()),
        }
    }

    fn kept(&self, community: CommunityId, zone: &Zone) -> Arc<Mutex<Figures>> {
        let mut kept = lock(&self.0);
        if kept.len() >= KEPT_MAX && !kept.contains_key(&community) {
            kept.clear();
        }
        let new = || Arc::new(Mutex::new(Figures::new(zone)));
        Arc::clone(kept.entry(community).or_insert_with(new))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: u64 = 3_600_000;
    const DAY_MS: u64 = 24 * HOUR_MS;

    fn shanghai() -> Figures {
        Figures::new(&Zone::new("Asia/Shanghai").unwrap())
    }

    fn member(id: u128) -> MemberId {
        MemberId(id)
    }

    #[test]
    fn an_hour_is_that_of_the_clock_on_the_wall() {
        let mut figures = shanghai();
        // 1970-01-01 was a Thursday; at 20:00 in London it is Friday, 04:00, in Shanghai.
        figures.said(member(1), 20 * HOUR_MS);
        assert_eq!(figures.talk[4][4], 1);
        assert_eq!(figures.messages.keys().next().unwrap().to_string(), "1970-01-02");
        assert_eq!(figures.weeks[&member(1)].iter().next().unwrap().to_string(), "1969-12-29");
    }

    #[test]
    fn a_cohort_is_followed_week_by_week() {
        let mut figures = shanghai();
        for (id, at_ms) in [(1, 4 * DAY_MS), (2, 5 * DAY_MS), (3, 12 * DAY_MS)] {
            figures.came(member(id), at_ms, Way::Gate);
            figures.said(member(id), at_ms);
        }
        figures.came(member(9), 4 * DAY_MS, Way::Import);
        figures.said(member(2), 18 * DAY_MS + HOUR_MS);
        let cohorts = figures.cohorts("1970-01-20".parse().unwrap(), 8);
        let told: Vec<(String, u64, Vec<u64>)> =
            cohorts.into_iter().map(|it| (it.week.to_string(), it.members, it.active)).collect();
        assert_eq!(
            told,
            [("1970-01-05".to_owned(), 2, vec![2, 0, 1]), ("1970-01-12".to_owned(), 1, vec![1, 0])]
        );
    }

    #[test]
    fn a_hold_that_is_kept_waits_and_one_that_expired_is_nobodys_verdict() {
        let mut figures = shanghai();
        let date = "2026-11-22".parse().unwrap();
        let person = Cause::Person { by: None };
        for (id, outcome, cause, expected) in [
            (1, AtDeadline::Keep, person, None),
            (2, AtDeadline::Release, person, Some(Settled::Released)),
            (3, AtDeadline::Deny, person, Some(Settled::Denied)),
            (4, AtDeadline::Deny, Cause::Deadline, Some(Settled::Expired)),
            (5, AtDeadline::Release, Cause::Undo, Some(Settled::Released)),
        ] {
            figures.holds.insert(HoldId(id), Held { date, settled: None });
            figures.settled(HoldId(id), (outcome, cause));
            assert_eq!(figures.holds[&HoldId(id)].settled, expected, "{id}");
        }
    }
}
