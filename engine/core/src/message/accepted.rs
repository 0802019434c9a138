//! Accepted answers: a question, and the reply that helped (求助 / 分享).

use super::post::wrong;
use super::{Event, Header, Sort, evidence};
use crate::decide::{Ctx, Outcome};
use crate::ids::MessageId;
use crate::notice::{Arg, Text};
use crate::refusal::Refusal;
use crate::role::{self, Permission};

/// Says which reply answered a question; another one may have been accepted before.
pub(super) fn accept(
    ctx: &Ctx<'_>,
    question: MessageId,
    answer: MessageId,
    out: &mut Outcome,
) -> Result<(), Refusal> {
    let asked = evidence::find(ctx, question)?;
    may_accept(ctx, asked.header)?;
    let answered = evidence::find(ctx, answer)?.header;
    if asked.header.sort != Sort::Question {
        return Err(wrong(question, "not_a_question"));
    }
    if answered.reply_to != Some(question) {
        return Err(wrong(answer, "not_a_reply"));
    }
    if asked.header.accepted == Some(answer) {
        return Err(Refusal::NothingToChange);
    }
    let answerer = answered.author;
    let (old, recalled) = (asked.header.accepted, asked.recalled());
    out.event(Event::AnswerAccepted { question, answer, answerer, old, recalled });
    if answerer != asked.header.author {
        let text = Text::new("message.answer_accepted")
            .with("question", Arg::Message(question))
            .with("answer", Arg::Message(answer));
        out.notify(answerer, text);
    }
    Ok(())
}

/// Takes the acceptance back.
pub(super) fn unaccept(ctx: &Ctx<'_>, question: MessageId, out: &mut Outcome) -> Result<(), Refusal> {
    let asked = evidence::find(ctx, question)?.header;
    may_accept(ctx, asked)?;
    let old = asked.accepted.ok_or(Refusal::NothingToChange)?;
    out.event(Event::AnswerUnaccepted { question, old });
    Ok(())
}

/// A deleted answer answers nothing any more, if the state still knows its question.
pub(crate) fn answer_deleted(ctx: &Ctx<'_>, answer: &Header, out: &mut Outcome) {
    let Some(question) = answer.reply_to else { return };
    let accepted = ctx.community.messages.get(question).and_then(|asked| asked.accepted);
    if accepted == Some(answer.id) {
        out.event(Event::AnswerUnaccepted { question, old: answer.id });
    }
}

fn may_accept(ctx: &Ctx<'_>, question: &Header) -> Result<(), Refusal> {
    let own = ctx.actor.is_some_and(|actor| actor.id == question.author);
    role::may(ctx, if own { Permission::Participate } else { Permission::Moderate })
}
