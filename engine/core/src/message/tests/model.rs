//! Random talk against a naive model: a list of messages that forgets nothing.
//!
//! The model knows who may do what in its own few words and tells for each command whether it goes through;
//! then both must agree on which messages are to be seen, their reactions, pins and accepted answers. The
//! window has been filled before, so that messages leave it all the time.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use proptest::prelude::*;

use super::super::*;
use crate::limits::RECENT_MESSAGES_MAX;
use crate::testing_talk::*;

const PEOPLE: [MemberId; 4] = [ADMIN, MODERATOR, ANN, BEN];
const EMOJIS: [&str; 3] = ["👍", "🎉", "no emoji"];

#[derive(Debug, Clone)]
struct Row {
    id: MessageId,
    author: MemberId,
    reply_to: Option<usize>,
    asks: bool,
    deleted: bool,
    edited: bool,
    pinned: bool,
    accepted: Option<usize>,
    reactions: BTreeSet<(String, MemberId)>,
}

#[derive(Debug, Clone)]
enum Step {
    Post { reply_to: Option<usize>, asks: bool },
    Edit(usize),
    Delete(usize),
    React(usize, usize),
    Unreact(usize, usize),
    Pin(usize),
    Unpin(usize),
    Accept(usize, usize),
    Unaccept(usize),
}

/// Which message: counted from the newest, or one about to leave the window, or one that has left it.
fn target() -> impl Strategy<Value = usize> {
    prop_oneof![0..12_usize, RECENT_MESSAGES_MAX - 20..RECENT_MESSAGES_MAX + 15]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (proptest::option::of(target()), any::<bool>())
            .prop_map(|(reply_to, asks)| Step::Post { reply_to, asks }),
        2 => target().prop_map(Step::Edit),
        2 => target().prop_map(Step::Delete),
        4 => (target(), 0..EMOJIS.len()).prop_map(|(target, emoji)| Step::React(target, emoji)),
        2 => (target(), 0..EMOJIS.len()).prop_map(|(target, emoji)| Step::Unreact(target, emoji)),
        2 => target().prop_map(Step::Pin),
        1 => target().prop_map(Step::Unpin),
        3 => (target(), target()).prop_map(|(question, answer)| Step::Accept(question, answer)),
        1 => target().prop_map(Step::Unaccept),
    ]
}

#[derive(Clone)]
struct Model {
    bench: Bench,
    rows: Vec<Row>,
}

/// A filled window, with questions and replies along its edge.
static FILLED: LazyLock<Model> = LazyLock::new(|| {
    let mut model = Model { bench: Bench::new(), rows: Vec::new() };
    for index in 0..RECENT_MESSAGES_MAX + 20 {
        let step = Step::Post { reply_to: (index % 2 == 1).then_some(0), asks: index % 2 == 0 };
        model.run(PEOPLE[index % PEOPLE.len()], &step);
    }
    model
});

impl Model {
    /// The row that is `back` messages old; the first one if there are not so many.
    fn place(&self, back: usize) -> usize {
        self.rows.len().saturating_sub(1 + back)
    }

    fn run(&mut self, actor: MemberId, step: &Step) {
        let command = self.command(step);
        let posts = matches!(command, Command::Post { .. });
        let goes_through = self.apply(actor, step);
        let answer = self.bench.ask(actor, command);
        assert_eq!(answer.is_ok(), goes_through, "{actor} {step:?}: {answer:?}");
        if posts && goes_through {
            let id = self.bench.newest();
            if let Some(row) = self.rows.last_mut() {
                row.id = id;
            }
        }
    }

    fn command(&mut self, step: &Step) -> Command {
        let id = |back: usize| self.rows[self.place(back)].id;
        match *step {
            Step::Post { reply_to, asks } => Command::Post {
                channel: self.bench.hall(),
                reply_to: reply_to.map(id),
                sort: if asks { Sort::Question } else { Sort::Talk },
                mentions: Mentions::default(),
                parts: self.bench.text("words"),
            },
            Step::Edit(back) => Command::Edit { message: id(back), parts: self.bench.text("other words") },
            Step::Delete(back) => Command::Delete { message: id(back), reason: None },
            Step::React(back, emoji) => Command::React { message: id(back), emoji: EMOJIS[emoji].to_owned() },
            Step::Unreact(back, emoji) => {
                Command::Unreact { message: id(back), emoji: EMOJIS[emoji].to_owned() }
            }
            Step::Pin(back) => Command::Pin { message: id(back) },
            Step::Unpin(back) => Command::Unpin { message: id(back) },
            Step::Accept(question, answer) => {
                Command::AcceptAnswer { question: id(question), answer: id(answer) }
            }
            Step::Unaccept(back) => Command::UnacceptAnswer { question: id(back) },
        }
    }

    /// Whether the step goes through; if so, it has been made.
    fn apply(&mut self, actor: MemberId, step: &Step) -> bool {
        let moderates = actor == ADMIN || actor == MODERATOR;
        let rank =
            |member| PEOPLE.iter().position(|person| *person == member).map_or(9, |place| place.min(2));
        match *step {
            Step::Post { reply_to, asks } => {
                let reply_to = reply_to.map(|back| self.place(back));
                let fits = reply_to.is_none_or(|place| !self.rows[place].deleted);
                if fits {
                    self.rows.push(Row::new(actor, reply_to, asks));
                }
                fits
            }
            Step::Edit(back) => self.change(back, |row| {
                row.edited |= row.author == actor;
                row.author == actor
            }),
            Step::Delete(back) => {
                let place = self.place(back);
                let fits = self.change(back, |row| {
                    row.deleted = row.author == actor || moderates && rank(actor) < rank(row.author);
                    row.pinned &= !row.deleted;
                    row.deleted
                });
                if let (true, Some(question)) = (fits, self.rows[place].reply_to) {
                    let asked = &mut self.rows[question];
                    asked.accepted = asked.accepted.filter(|answer| *answer != place || asked.deleted);
                }
                fits
            }
            Step::React(back, emoji) => self.change(back, |row| {
                EMOJIS[emoji] != "no emoji" && row.reactions.insert((EMOJIS[emoji].to_owned(), actor))
            }),
            Step::Unreact(back, emoji) => {
                self.change(back, |row| row.reactions.remove(&(EMOJIS[emoji].to_owned(), actor)))
            }
            Step::Pin(back) => {
                let full = self.rows.iter().filter(|row| row.pinned).count() >= crate::limits::PINS_MAX;
                moderates && !full && self.change(back, |row| !std::mem::replace(&mut row.pinned, true))
            }
            Step::Unpin(back) => {
                moderates && self.change(back, |row| std::mem::replace(&mut row.pinned, false))
            }
            Step::Accept(question, answer) => {
                let answer = self.place(answer);
                let answered = self.rows[answer].clone();
                let replies = answered.reply_to == Some(self.place(question)) && !answered.deleted;
                self.change(question, |row| {
                    let fits = replies && row.asks && (moderates || row.author == actor);
                    fits && row.accepted.replace(answer) != Some(answer)
                })
            }
            Step::Unaccept(back) => {
                self.change(back, |row| (moderates || row.author == actor) && row.accepted.take().is_some())
            }
        }
    }

    /// Changes a message that is not deleted.
    fn change(&mut self, back: usize, change: impl FnOnce(&mut Row) -> bool) -> bool {
        let place = self.place(back);
        let row = &mut self.rows[place];
        !row.deleted && change(row)
    }

    fn check(&self) {
        let messages = &self.bench.community().messages;
        let newest = &self.rows[self.rows.len() - RECENT_MESSAGES_MAX..];
        assert!(messages.recent().map(|header| header.id).eq(newest.iter().map(|row| row.id)));
        for row in &self.rows {
            assert_eq!(messages.is_deleted(row.id), row.deleted, "{row:?}");
            match messages.get(row.id) {
                Some(header) if !row.deleted => self.check_row(row, header),
                Some(_) => {}
                None => assert!(row.deleted || row.is_as_posted(), "{row:?} was forgotten"),
            }
        }
        let pins: BTreeSet<_> = messages.pins(self.bench.hall()).iter().copied().collect();
        assert_eq!(pins, self.rows.iter().filter(|row| row.pinned).map(|row| row.id).collect());
        self.bench.check();
    }

    fn check_row(&self, row: &Row, header: &Header) {
        assert_eq!(header.author, row.author);
        assert_eq!(header.edited_ms.is_some(), row.edited);
        assert_eq!(header.reply_to, row.reply_to.map(|place| self.rows[place].id));
        assert_eq!(header.accepted, row.accepted.map(|place| self.rows[place].id));
        let reactions = header.reactions.iter();
        let seen: BTreeSet<_> =
            reactions.flat_map(|(emoji, members)| members.iter().map(|id| (emoji.clone(), *id))).collect();
        assert_eq!(seen, row.reactions);
        assert!(header.reactions.values().all(|members| !members.is_empty()));
    }
}

impl Row {
    fn new(author: MemberId, reply_to: Option<usize>, asks: bool) -> Self {
        Self {
            id: MessageId(0),
            author,
            reply_to,
            asks,
            deleted: false,
            edited: false,
            pinned: false,
            accepted: None,
            reactions: BTreeSet::new(),
        }
    }

    fn is_as_posted(&self) -> bool {
        !self.edited && self.accepted.is_none() && self.reactions.is_empty()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_state_agrees_with_a_list_that_forgets_nothing(
        steps in proptest::collection::vec((0..PEOPLE.len(), step()), 1..120),
    ) {
        let mut model = FILLED.clone();
        for (person, step) in steps {
            model.run(PEOPLE[person], &step);
        }
        model.check();
    }
}
