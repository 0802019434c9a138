//! Counting verdicts on joins, and on changes of cards and nicknames.

use std::collections::VecDeque;

use kith_core::body::Bodies;
use kith_core::ids::MemberId;
use kith_core::queue::Verdict;
use kith_core::stream::Stream;

use super::answer::Answer;
use super::asked::{Changing, Entering};
use super::count::{CASES_MAX, cut, name, nickname};
use super::report::Case;
use super::runs::Tally;
use super::sections::{Agreement, Rulings};

/// What was asked for, and what became of it then.
pub(super) struct Wanted {
    member: MemberId,
    at_ms: u64,
    /// In their words.
    text: String,
    recorded: Verdict,
    by_rules: Verdict,
}

impl Wanted {
    pub(super) fn to_enter(entering: &Entering<'_>, bodies: &Bodies) -> Self {
        Self {
            member: entering.entry.member,
            at_ms: entering.command.at_ms,
            text: cut(bodies.text(&entering.entry.nickname).unwrap_or_default()),
            recorded: entering.recorded,
            by_rules: entering.by_rules,
        }
    }

    pub(super) fn to_change(changing: &Changing<'_>, bodies: &Bodies) -> Self {
        let text = |body| bodies.text(body).unwrap_or_default();
        let nickname = changing.nickname.map(|body| text(body).to_owned());
        let fields = changing.fields.into_iter().flatten();
        let fields = fields.map(|(field, value)| format!("{field}: {}", value.as_ref().map_or("–", text)));
        let wanted: Vec<String> = nickname.into_iter().chain(fields).collect();
        Self {
            member: changing.member,
            at_ms: changing.command.at_ms,
            text: cut(&wanted.join(", ")),
            recorded: changing.recorded,
            by_rules: changing.by_rules,
        }
    }
}

/// Verdicts of one hook so far.
#[derive(Default)]
pub(super) struct Ruling {
    rulings: Rulings,
    cases: VecDeque<Case>,
    tally: Tally,
}

impl Ruling {
    /// Counts something that the draft was asked about; `None` for an answer: it was not.
    pub(super) fn note(
        &mut self,
        state: &Stream,
        wanted: Wanted,
        (answer, other): (Option<Answer>, Option<Option<Answer>>),
    ) {
        let rulings = &mut self.rulings;
        let Some(answer) = answer else {
            rulings.not_asked += 1;
            return;
        };
        self.tally.note(&answer);
        let verdict = answer.verdict.max(wanted.by_rules);
        let differs = verdict != wanted.recorded;
        let (hits, hit_then) = (answer.strikes(), wanted.recorded != Verdict::Allow);
        rulings.asked += 1;
        match answer.verdict {
            Verdict::Allow => rulings.allowed += 1,
            Verdict::Hold => rulings.held += 1,
            Verdict::Deny => rulings.denied += 1,
        }
        rulings.differs += u64::from(differs);
        rulings.stricter += u64::from(differs && hits && !hit_then);
        rulings.looser += u64::from(differs && !hits && hit_then);
        if let Some(other) = other.flatten() {
            let against = rulings.against.get_or_insert(Agreement::default());
            match (hits, other.strikes()) {
                (true, false) => against.stricter += 1,
                (false, true) => against.looser += 1,
                _ if other.verdict == answer.verdict => against.same += 1,
                _ => {}
            }
        }
        if hits || differs {
            self.cases.push_front(Case {
                message: None,
                member: wanted.member,
                nickname: nickname(state, wanted.member),
                at_ms: wanted.at_ms,
                text: wanted.text,
                says: answer.outcome.name(),
                verdict: name(verdict),
                recorded: name(wanted.recorded),
                code: answer.code,
                reason: answer.text,
            });
            self.cases.truncate(CASES_MAX);
        }
    }

    pub(super) fn told(self, state: &Stream) -> Rulings {
        let named = |mut case: Case| {
            case.nickname = nickname(state, case.member);
            case
        };
        let cases = self.cases.into_iter().map(named).collect();
        Rulings { cases, used: self.tally.told(), ..self.rulings }
    }
}
