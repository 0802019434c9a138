//! What is put on the agenda before the month begins: who comes when and how, how much is said at which
//! hour, and what goes wrong on which day.

use kith_core::moment::{DAY_MS, HOUR_MS, MINUTE_MS};

use super::agenda::{Act, Door, Newcomer, Opening};
use super::cast::{MODERATORS, Part};
use super::{DAYS, Month, Span};

/// How much is said in each hour of the day.
const HOURS: [u64; 24] = [1, 0, 0, 0, 0, 1, 3, 8, 10, 8, 7, 7, 9, 8, 6, 6, 7, 9, 12, 13, 14, 12, 7, 3];
/// Where invites are handed out.
const SOURCES: [(&str, u32); 3] = [("friends", 60), ("poster", 60), ("repair-day", 40)];
/// The day of the repair day, on which many come at once.
const REPAIR_DAY: u64 = 8;
/// Talks that open on an ordinary day once the group is there, and on one of the weekend.
const TALKS_A_DAY: [u64; 2] = [24, 32];
/// Questions in a day.
const QUESTIONS_A_DAY: u64 = 2;
/// When scripts are put in: day, name, version.
const SCRIPTS: [(u64, &str, u32); 4] = [(1, "guard", 1), (0, "hello", 1), (12, "guard", 2), (9, "hello", 2)];

impl Span {
    /// A moment of a day of the month.
    pub(super) fn at(self, day: u64, hour: u64, minute: u64) -> u64 {
        self.from_ms + day * DAY_MS + hour * HOUR_MS + minute * MINUTE_MS
    }
}

impl Month<'_> {
    /// Puts everything in.
    pub(super) fn plan(&mut self) {
        self.doors();
        self.comings();
        self.goings();
        for day in 0..=DAYS.unsigned_abs() {
            self.day(day);
        }
        self.troubles();
        self.last_hour();
    }

    /// A moment of a day when somebody is likely to be there.
    fn some_time(&mut self, day: u64) -> u64 {
        let hour = self.dice.weighted(&HOURS) as u64;
        let minute = self.dice.between(0, 59);
        self.span.at(day, hour, minute) + self.dice.between(0, 59_999)
    }

    fn doors(&mut self) {
        for (source, uses) in SOURCES {
            self.agenda.put(self.span.at(0, 8, 5), Act::Invite { source, uses });
        }
        for who in MODERATORS {
            let at_ms = self.span.at(0, 8, 10 + who as u64 * 4);
            self.agenda.put(at_ms, Act::Knock { who, door: Door::Invite(0), source: "link" });
            self.agenda.put(at_ms + MINUTE_MS, Act::Trust { who });
        }
        for (day, script, version) in SCRIPTS {
            self.agenda.put(self.span.at(day, 8, 45), Act::Put { script, version });
        }
    }

    fn comings(&mut self) {
        for who in 0..self.people.len() {
            match self.people[who].part {
                Part::Neighbour => self.comes(who),
                Part::Spammer => {
                    let day = self.dice.between(3, DAYS.unsigned_abs() - 1);
                    let at_ms = self.some_time(day);
                    self.agenda.put(at_ms, Act::Knock { who, door: Door::Answer, source: "link" });
                    let after_ms = self.dice.between(4, 150) * MINUTE_MS;
                    self.agenda.put(at_ms + after_ms, Act::Advertise { who, left: 3 });
                }
                Part::Owner | Part::Moderator | Part::Newcomer => {}
            }
        }
    }

    /// A third are there from the first days, some come on the repair day, the rest one by one.
    fn comes(&mut self, who: usize) {
        let (at_ms, door, source) = match self.dice.between(0, 9) {
            0..=3 => {
                let day = self.dice.between(0, 2);
                let at_ms = self.some_time(day).max(self.span.at(0, 9, 0));
                (at_ms, Door::Invite(self.dice.place(2)), if self.dice.one_in(2) { "qr" } else { "link" })
            }
            4..=5 => {
                let at_ms = self.span.at(REPAIR_DAY, 13, 0) + self.dice.between(0, 150) * MINUTE_MS;
                (at_ms, Door::Invite(2), "qr")
            }
            6..=7 => {
                let day = self.dice.between(3, DAYS.unsigned_abs());
                (self.some_time(day), Door::Invite(self.dice.place(2)), "link")
            }
            _ => {
                let day = self.dice.between(1, DAYS.unsigned_abs());
                (self.some_time(day), Door::Answer, if self.dice.one_in(3) { "qr" } else { "link" })
            }
        };
        if door == Door::Answer && self.dice.one_in(3) {
            self.agenda.put(at_ms, Act::Knock { who, door: Door::Shrug, source });
        }
        self.agenda.put(at_ms + 7 * MINUTE_MS, Act::Knock { who, door, source });
    }

    fn goings(&mut self) {
        for _ in 0..9 {
            let who = 4 + self.dice.place(self.people.len() / 2);
            let day = self.dice.between(10, DAYS.unsigned_abs() - 1);
            let at_ms = self.some_time(day);
            self.agenda.put(at_ms, Act::Leave { who });
        }
    }

    fn day(&mut self, day: u64) {
        // The first of the month is told apart by nothing but its place: every seventh two are a weekend.
        let talks = TALKS_A_DAY[usize::from(day % 7 >= 5)];
        let grown = talks * (day + 6).min(12) / 12;
        for _ in 0..grown {
            let at_ms = self.some_time(day);
            self.agenda.put(at_ms, Act::Open(Opening::Thread));
        }
        for _ in 0..QUESTIONS_A_DAY {
            let at_ms = self.some_time(day);
            self.agenda.put(at_ms, Act::Open(Opening::Question));
        }
    }

    fn troubles(&mut self) {
        for place in 0..self.world.trouble.notices.len() {
            self.agenda.put(self.span.at(1 + 6 * place as u64, 17, 30), Act::Announce { place });
        }
        for day in (2..30).step_by(2) {
            let at_ms = self.some_time(day);
            self.agenda.put(at_ms, Act::Alarm { newcomer: Newcomer::No });
        }
        for day in 2..13 {
            let at_ms = self.some_time(day);
            self.agenda.put(at_ms, Act::Alarm { newcomer: Newcomer::Yes });
        }
        for day in [5, 13, 21, 27] {
            let at_ms = self.some_time(day);
            self.agenda.put(at_ms, Act::Flood);
        }
        for (place, day) in [(0, 11), (1, 18), (0, 24)] {
            let at_ms = self.some_time(day);
            self.agenda.put(at_ms, Act::Warn { place });
        }
    }

    /// Something is left for whoever looks: people talk now, and something waits.
    fn last_hour(&mut self) {
        let now_ms = self.span.until_ms;
        for minutes in [52, 37, 21, 14] {
            self.agenda.put(now_ms - minutes * MINUTE_MS, Act::Open(Opening::Thread));
        }
        for minutes in [3, 2] {
            self.agenda.put(now_ms - minutes * MINUTE_MS, Act::Alarm { newcomer: Newcomer::No });
        }
    }
}
