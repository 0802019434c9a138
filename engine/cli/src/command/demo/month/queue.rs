//! What goes wrong, and what moderators make of it: most decisions are right, some are taken back.

use kith_core::event::Event;
use kith_core::ids::ReceiptId;
use kith_core::moment::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};
use kith_core::queue::{self, AtDeadline, Decision, Verdict};
use kith_runtime::draft::Reply;

use super::Month;
use super::agenda::{Act, Looked, Meant, Newcomer, Said, Who};
use super::cast::{MODERATORS, Part};

/// Of so many wanted messages that wait, a moderator denies one by mistake.
const MISTAKEN_ONE_IN: u64 = 5;
/// Of so many ads that were denied, one is defended, and one ends with a ban.
const BOLD_ONE_IN: u64 = 4;
const BANNED_ONE_IN: u64 = 3;

impl Month<'_> {
    fn some_moderator(&mut self) -> Who {
        *MODERATORS.start() + self.dice.place(MODERATORS.count())
    }

    /// Somebody sells something, and comes back tomorrow while they can.
    pub(super) fn advertise(&mut self, who: Who, left: u32, at_ms: u64) {
        if left == 0 || !self.is_inside(who) {
            return;
        }
        let text = self.dice.word(&self.world.trouble.ads).to_owned();
        self.agenda.put(at_ms, Act::Say(Said { meant: Meant::Ill, ..self.chat(who, text) }));
        let after_ms = if self.dice.one_in(2) { 20 * MINUTE_MS } else { DAY_MS };
        self.agenda.put(at_ms + after_ms, Act::Advertise { who, left: left - 1 });
    }

    /// Somebody who means well says what a rule or script takes for something else.
    pub(super) fn alarm(&mut self, newcomer: Newcomer, at_ms: u64) {
        let Some(who) = self.some_people(1).pop() else { return };
        let words = match newcomer {
            Newcomer::Yes => &self.world.trouble.newcomer_false_alarms,
            Newcomer::No => &self.world.trouble.false_alarms,
        };
        let text = self.dice.word(words).to_owned();
        self.agenda.put(at_ms, Act::Say(self.chat(who, text)));
    }

    /// A bored neighbour.
    pub(super) fn flood(&mut self, at_ms: u64) {
        let mut bored = self.some_people(6);
        bored.retain(|who| self.people[*who].part == Part::Neighbour);
        let Some(who) = bored.pop() else { return };
        for (place, text) in self.world.trouble.flood.iter().enumerate() {
            let at_ms = at_ms + place as u64 * 3 * SECOND_MS;
            let said = Said { meant: Meant::Ill, ..self.chat(who, text.clone()) };
            self.agenda.put(at_ms, Act::Say(said));
        }
    }

    /// What was said may wait now: a moderator will look.
    pub(super) fn note_holds(&mut self, said: &Said, reply: &Reply, at_ms: u64) {
        let receipt = reply.receipts.iter().find(|receipt| receipt.verdict == Verdict::Hold);
        let Some(receipt) = receipt.map(|receipt| receipt.id) else { return };
        for event in &reply.events {
            let Event::Queue(queue::Event::Held { id, .. }) = event else { continue };
            let (by, at_ms) = (self.some_moderator(), at_ms + self.dice.between(6, 95) * MINUTE_MS);
            self.agenda.put(at_ms, Act::Look(Looked { hold: *id, by, meant: said.meant, receipt }));
        }
    }

    /// What a moderator decides about something that waits.
    pub(super) fn opinion(&mut self, meant: Meant) -> AtDeadline {
        match meant {
            Meant::Ill => AtDeadline::Deny,
            Meant::Well if self.dice.one_in(MISTAKEN_ONE_IN) => AtDeadline::Deny,
            Meant::Well => AtDeadline::Release,
        }
    }

    /// A message was denied: some ask again, some are sent out.
    pub(super) fn denied(&mut self, who: Who, (receipt, meant): (ReceiptId, Meant), at_ms: u64) {
        let after_ms = self.dice.between(20, 200) * MINUTE_MS;
        match meant {
            Meant::Well => self.agenda.put(at_ms + after_ms, Act::Appeal { who, receipt, meant }),
            Meant::Ill => {
                if self.dice.one_in(BOLD_ONE_IN) {
                    self.agenda.put(at_ms + after_ms, Act::Appeal { who, receipt, meant });
                }
                if self.dice.one_in(BANNED_ONE_IN) {
                    self.agenda.put(at_ms + after_ms + HOUR_MS, Act::Ban { who });
                }
            }
        }
    }

    /// Somebody asked again: the owner will decide.
    pub(super) fn note_appeal(&mut self, meant: Meant, reply: &Reply, at_ms: u64) {
        let decision = match meant {
            Meant::Well => Decision::Overturned,
            Meant::Ill => Decision::Upheld,
        };
        for event in &reply.events {
            if let Event::Queue(queue::Event::Appealed { id, .. }) = event {
                let at_ms = at_ms + self.dice.between(30, 400) * MINUTE_MS;
                self.agenda.put(at_ms, Act::Judge { appeal: *id, decision });
            }
        }
    }
}
