//! Talk: who takes part, what they say one after another, and what a topic brings.

use std::collections::BTreeMap;

use kith_core::ids::MessageId;
use kith_core::message::Sort;
use kith_core::moment::{HOUR_MS, MINUTE_MS, SECOND_MS};

use super::super::world::{Answers, filled};
use super::Month;
use super::agenda::{Act, Follows, Meant, Opening, Said, Who};

/// Replies that a topic brings.
const TOPIC_REPLIES: [u64; 2] = [9, 26];
/// Of so many messages one is reacted to.
const REACTED_ONE_IN: u64 = 6;

/// A thread that was begun: who asked, and what stands of it.
pub(super) struct Underway {
    asker: Who,
    messages: Vec<Option<MessageId>>,
}

impl Underway {
    /// What a line answers, if it stands.
    pub(super) fn answered(&self, answers: Answers) -> Option<MessageId> {
        match answers {
            Answers::Nothing => None,
            Answers::Before => self.messages.last().copied().flatten(),
            Answers::Question => self.messages.first().copied().flatten(),
        }
    }
}

impl Month<'_> {
    /// Different people who are there, those who talk much before others.
    pub(super) fn some_people(&mut self, count: usize) -> Vec<Who> {
        let here: Vec<Who> = (0..self.people.len()).filter(|who| self.is_inside(*who)).collect();
        let mut weights: Vec<u64> = here.iter().map(|who| self.people[*who].talks).collect();
        let mut found = Vec::new();
        while found.len() < count && weights.iter().any(|weight| *weight > 0) {
            let place = self.dice.weighted(&weights);
            weights[place] = 0;
            found.push(here[place]);
        }
        found
    }

    /// Begins a thread: everything that will be said is put on the agenda.
    pub(super) fn open(&mut self, opening: Opening, at_ms: u64) {
        let speakers = self.some_people(3);
        let [asker, _, _] = speakers[..] else { return };
        let world = self.world;
        let (threads, channel) = match opening {
            Opening::Thread => (&world.talk.threads, self.channels.yard),
            Opening::Question => (&world.talk.questions, self.channels.help),
        };
        let place = match opening {
            Opening::Thread => self.draw(threads.len()),
            Opening::Question => self.dice.place(threads.len()),
        };
        let Some(thread) = threads.get(place) else { return };
        let mut slots = self.slots(&speakers);
        slots.insert("daytime".to_owned(), self.daytime(at_ms));
        self.threads.push(Underway { asker, messages: Vec::new() });
        let mut at_ms = at_ms;
        for (place, line) in thread.lines().enumerate() {
            let Some(who) = speakers.get(line.speaker) else { continue };
            let asks = opening == Opening::Question && place == 0;
            self.agenda.put(
                at_ms,
                Act::Say(Said {
                    who: *who,
                    channel,
                    text: filled(line.text, &slots),
                    sort: if asks { Sort::Question } else { Sort::Talk },
                    meant: Meant::Well,
                    follows: Follows::Thread(self.threads.len() - 1, line.answers),
                }),
            );
            at_ms += self.dice.between(18 * SECOND_MS, 4 * MINUTE_MS);
        }
    }

    /// One of so many, each once before any comes again.
    fn draw(&mut self, count: usize) -> usize {
        if self.deck.is_empty() {
            self.deck.extend(0..count);
        }
        let place = self.dice.place(self.deck.len());
        self.deck.swap_remove(place)
    }

    /// What people call this time of the day: the slot's words are morning, afternoon, evening.
    fn daytime(&self, at_ms: u64) -> String {
        let hour = at_ms.saturating_sub(self.span.from_ms) / HOUR_MS % 24;
        let place = match hour {
            4..=11 => 0,
            12..=17 => 1,
            _ => 2,
        };
        self.world.talk.slot("daytime", place).to_owned()
    }

    /// What the slots stand for, names of the speakers included.
    fn slots(&mut self, speakers: &[Who]) -> BTreeMap<String, String> {
        let mut slots = self.world.talk.fill(&mut self.dice);
        for (letter, who) in ["A", "B", "C"].iter().zip(speakers) {
            slots.insert((*letter).to_owned(), self.people[*who].name.clone());
        }
        slots
    }

    /// Who came says hello, a while later.
    pub(super) fn greet(&mut self, who: Who, at_ms: u64) {
        if self.people[who].talks == 0 || self.dice.one_in(3) {
            return;
        }
        let mut slots = self.slots(&[who]);
        slots.insert("daytime".to_owned(), self.daytime(at_ms));
        let text = filled(self.dice.word(&self.world.talk.hellos), &slots);
        let at_ms = at_ms + self.dice.between(1, 25) * MINUTE_MS;
        self.agenda.put(at_ms, Act::Say(self.chat(who, text)));
    }

    /// Something said in the yard that belongs to nothing.
    pub(super) fn chat(&self, who: Who, text: String) -> Said {
        let channel = self.channels.yard;
        Said { who, channel, text, sort: Sort::Talk, meant: Meant::Well, follows: Follows::Nothing }
    }

    /// A topic was raised: people answer it over the day.
    pub(super) fn answer_topic(&mut self, topic: MessageId, at_ms: u64) {
        self.counts.topics += 1;
        let [low, high] = TOPIC_REPLIES;
        for _ in 0..self.dice.between(low, high) {
            let Some(who) = self.some_people(1).pop() else { return };
            let slots = self.slots(&[who]);
            let world = self.world;
            let words = if self.dice.one_in(4) { &world.talk.agreeing } else { &world.talk.topic_replies };
            let text = filled(self.dice.word(words), &slots);
            let at_ms = at_ms + self.dice.between(3 * MINUTE_MS, 11 * HOUR_MS);
            let follows = Follows::Message(topic);
            self.agenda.put(at_ms, Act::Say(Said { follows, ..self.chat(who, text) }));
        }
    }

    /// A message of a thread stands, or does not.
    pub(super) fn note_line(&mut self, said: &Said, message: Option<MessageId>, at_ms: u64) {
        let Follows::Thread(thread, answers) = said.follows else { return };
        let Some(underway) = self.threads.get_mut(thread) else { return };
        underway.messages.push(message);
        let (who, question) = (underway.asker, underway.answered(Answers::Question));
        if let (Answers::Question, Some(answer), Some(question)) = (answers, message, question) {
            let at_ms = at_ms + self.dice.between(2, 90) * MINUTE_MS;
            self.agenda.put(at_ms, Act::Accept { who, question, answer });
        }
    }

    /// Some of what is said is liked.
    pub(super) fn like(&mut self, message: MessageId, at_ms: u64) {
        if !self.dice.one_in(REACTED_ONE_IN) {
            return;
        }
        let times = usize::try_from(self.dice.between(1, 3)).unwrap_or(1);
        for who in self.some_people(times) {
            let at_ms = at_ms + self.dice.between(SECOND_MS * 8, HOUR_MS);
            self.agenda.put(at_ms, Act::React { who, message });
        }
    }
}
