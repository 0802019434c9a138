//! The questions condition: the community asks, and an answer passes, fails, or goes before a human.
//!
//! Answers are compared without case, width, spacing and punctuation. What an applicant wrote never leaves
//! its body: the ground holds only how many of the accepted answers were found, and never which ones would
//! have passed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::body::BodyRef;
use crate::decide::Ctx;
use crate::limits;
use crate::notice::Text;
use crate::queue::Verdict;
use crate::refusal::Refusal;

/// Questions of one condition; more scare people away.
pub const QUESTIONS_MAX: usize = 20;
/// Accepted answers of one question.
pub const ACCEPTS_MAX: usize = 100;
/// Bytes of one answer: a paragraph or two for a human.
pub const ANSWER_BYTES_MAX: usize = 4_096;

/// The questions of a gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// Each must be answered well.
    pub questions: Vec<Question>,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Names the question in answers.
    pub name: String,
    /// What is asked.
    pub text: String,
    /// Answers or keywords that pass.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepts: Vec<String>,
    /// How an answer is held against them.
    #[serde(rename = "match", default)]
    pub matching: Matching,
    /// Shown to those who failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// How an answer is held against what is accepted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Matching {
    /// It is one of the accepted answers.
    #[default]
    Equals,
    /// It contains one of the keywords.
    OneKeyword,
    /// It contains all of the keywords.
    AllKeywords,
    /// A human reads it.
    Human,
}

impl Terms {
    /// Refuses questions that nobody could answer.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        if self.questions.is_empty() {
            return Err(Refusal::TextEmpty { field: "questions".to_owned() });
        }
        if self.questions.len() > QUESTIONS_MAX {
            return Err(Refusal::TooMany { what: "question".to_owned(), max: QUESTIONS_MAX as u64 });
        }
        let mut names = BTreeSet::new();
        for question in &self.questions {
            question.check()?;
            if !names.insert(&question.name) {
                return Err(Refusal::AlreadyExists { what: question.name.clone() });
            }
        }
        Ok(())
    }
}

impl Question {
    fn check(&self) -> Result<(), Refusal> {
        limits::check_name(&self.name)?;
        if self.text.trim().is_empty() {
            return Err(Refusal::TextEmpty { field: self.name.clone() });
        }
        if self.accepts.len() > ACCEPTS_MAX {
            return Err(Refusal::TooMany { what: "answer".to_owned(), max: ACCEPTS_MAX as u64 });
        }
        let unusable =
            self.accepts.is_empty() || self.accepts.iter().any(|accepted| plain(accepted).is_empty());
        if self.matching != Matching::Human && unusable {
            return Err(super::invalid(&self.name, "accepts = [\"…\"]".to_owned()));
        }
        Ok(())
    }

    fn answered(&self, answer: Option<&str>) -> Answered {
        let answer = answer.map(plain).unwrap_or_default();
        let found = self.accepts.iter().filter(|accepted| self.matching.finds(&answer, &plain(accepted)));
        Answered {
            question: self.name.clone(),
            matching: self.matching,
            accepts: self.accepts.len() as u32,
            found: found.count() as u32,
            given: !answer.is_empty(),
            hint: self.hint.clone(),
        }
    }
}

impl Matching {
    fn finds(self, answer: &str, accepted: &str) -> bool {
        match self {
            Self::Equals => answer == accepted,
            Self::OneKeyword | Self::AllKeywords => answer.contains(accepted),
            Self::Human => false,
        }
    }
}

/// Letters and digits only, in one case and width: `ＡＢ c!` and `abc` are the same answer.
fn plain(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).filter(|letter| letter.is_alphanumeric()).collect()
}

/// What the verdict rests on: how each question was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ground {
    /// In the order of the questions.
    pub answers: Vec<Answered>,
}

/// How one question was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// The question's name.
    pub question: String,
    /// How the answer was compared.
    pub matching: Matching,
    /// How many answers or keywords are accepted.
    pub accepts: u32,
    /// How many of them were found.
    pub found: u32,
    /// Whether there was an answer at all.
    pub given: bool,
    /// The operator's hint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Answered {
    /// What follows for this question.
    pub fn verdict(&self) -> Verdict {
        let passes = match self.matching {
            Matching::Equals | Matching::OneKeyword => self.found > 0,
            Matching::AllKeywords => self.found == self.accepts,
            Matching::Human if self.given => return Verdict::Hold,
            Matching::Human => false,
        };
        if passes { Verdict::Allow } else { Verdict::Deny }
    }
}

/// Holds the answers against the questions.
pub(super) fn check(ctx: &Ctx<'_>, terms: &Terms, answers: &BTreeMap<String, BodyRef>) -> Ground {
    let text = |name: &str| answers.get(name).and_then(|answer| ctx.text(answer));
    Ground {
        answers: terms.questions.iter().map(|question| question.answered(text(&question.name))).collect(),
    }
}

impl Ground {
    /// Each question counts: the strictest verdict.
    pub fn verdict(&self) -> Verdict {
        self.answers.iter().map(Answered::verdict).max().unwrap_or(Verdict::Allow)
    }

    /// The question that decided.
    fn decisive(&self) -> Option<&Answered> {
        let verdict = self.verdict();
        self.answers.iter().find(|answered| answered.verdict() == verdict)
    }

    pub(super) fn reason(&self) -> Text {
        let Some(answered) = self.decisive() else { return Text::new("gate.questions.passed") };
        let code = match (answered.verdict(), answered.given) {
            (Verdict::Allow, _) => "gate.questions.passed",
            (Verdict::Hold, _) => "gate.questions.human",
            (Verdict::Deny, true) => "gate.questions.wrong",
            (Verdict::Deny, false) => "gate.questions.unanswered",
        };
        Text::new(code).with("question", answered.question.as_str())
    }

    pub(super) fn remedy(&self) -> Option<Text> {
        let answered = self.decisive().filter(|answered| answered.verdict() == Verdict::Deny)?;
        let text = match &answered.hint {
            Some(hint) => Text::new("gate.questions.remedy_hint").with("hint", hint.as_str()),
            None => Text::new("gate.questions.remedy"),
        };
        Some(text.with("question", answered.question.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(matching: Matching, accepts: &[&str]) -> Question {
        Question {
            name: "q".to_owned(),
            text: "?".to_owned(),
            accepts: accepts.iter().map(|text| (*text).to_owned()).collect(),
            matching,
            hint: None,
        }
    }

    #[test]
    fn answers_are_compared_without_case_width_spacing_and_punctuation() {
        use Matching::{AllKeywords, Equals, Human, OneKeyword};
        use Verdict::{Allow, Deny, Hold};
        let rows: [(Matching, &[&str], Option<&str>, Verdict); 20] = [
            (Equals, &["Zig"], Some("zig"), Allow),
            (Equals, &["Zig"], Some("  ＺＩＧ! "), Allow),
            (Equals, &["Zig"], Some("zigs"), Deny),
            (Equals, &["Zig", "Rust"], Some("rust."), Allow),
            (Equals, &["Zig"], None, Deny),
            (Equals, &["Zig"], Some("…"), Deny),
            (Equals, &["罗辑思维"], Some("罗辑 思维。"), Allow),
            (Equals, &["罗辑思维"], Some("逻辑思维"), Deny),
            (Equals, &["42"], Some("４２"), Allow),
            (OneKeyword, &["friend", "poster"], Some("A friend told me"), Allow),
            (OneKeyword, &["friend", "poster"], Some("saw the POSTER"), Allow),
            (OneKeyword, &["friend", "poster"], Some("no idea"), Deny),
            (OneKeyword, &["朋友"], Some("我的朋 友介绍"), Allow),
            (AllKeywords, &["no", "ads"], Some("No ads here"), Allow),
            (AllKeywords, &["no", "ads"], Some("ads are fine"), Deny),
            (AllKeywords, &["不", "广告"], Some("我不发广告"), Allow),
            (AllKeywords, &["no", "ads"], None, Deny),
            (Human, &[], Some("because"), Hold),
            (Human, &[], Some(" "), Deny),
            (Human, &[], None, Deny),
        ];
        for (matching, accepts, answer, expected) in rows {
            let answered = question(matching, accepts).answered(answer);
            assert_eq!(answered.verdict(), expected, "{matching:?} {accepts:?} {answer:?}");
        }
    }

    #[test]
    fn the_strictest_question_decides_and_is_named() {
        let row = |name: &str, matching, answer| Answered {
            question: name.to_owned(),
            ..question(matching, &["yes"]).answered(answer)
        };
        let passed = row("a", Matching::Equals, Some("yes"));
        let human = row("b", Matching::Human, Some("well"));
        let wrong = row("c", Matching::Equals, Some("no"));
        let code = |answers: &[&Answered]| {
            let ground = Ground { answers: answers.iter().map(|answered| (*answered).clone()).collect() };
            (ground.verdict(), ground.reason().code)
        };
        assert_eq!(code(&[&passed]), (Verdict::Allow, "gate.questions.passed".to_owned()));
        assert_eq!(code(&[&passed, &human]), (Verdict::Hold, "gate.questions.human".to_owned()));
        assert_eq!(code(&[&passed, &human, &wrong]), (Verdict::Deny, "gate.questions.wrong".to_owned()));
    }

    #[test]
    fn questions_that_nobody_could_answer_are_refused() {
        let terms = |questions: &[Question]| Terms { questions: questions.to_vec() }.check();
        let good = question(Matching::Equals, &["yes"]);
        assert_eq!(terms(std::slice::from_ref(&good)), Ok(()));
        assert!(terms(&[]).is_err(), "no question");
        assert!(terms(&[good.clone(), good.clone()]).is_err(), "a name twice");
        assert!(terms(&[question(Matching::Equals, &[])]).is_err(), "nothing accepted");
        assert!(terms(&[question(Matching::Equals, &["!?"])]).is_err(), "only punctuation accepted");
        assert_eq!(terms(&[question(Matching::Human, &[])]), Ok(()));
    }
}
