//! Changing a card or a nickname: checked against the schema, judged by rules and scripts, held where they
//! say so.

use std::collections::BTreeMap;

use super::schema::{NICKNAME, VALUE_BYTES_MAX};
use super::{Event, Held, invalid};
use crate::body::BodyRef;
use crate::decide::{Ctx, Outcome};
use crate::hook::{CardChange, Chain, Input};
use crate::limits;
use crate::member::Member;
use crate::queue::{self, Item, Receipt, Verdict};
use crate::refusal::Refusal;
use crate::rule::{self, Draft, Occasion};
use crate::stream::Community;
use crate::text::reading::Reading;
use crate::text::template::Template;

/// Checks a nickname that came with the command, and finds its text.
pub fn check_nickname<'a>(ctx: &Ctx<'a>, nickname: &BodyRef) -> Result<&'a str, Refusal> {
    let text = ctx.fresh_text(NICKNAME, nickname, limits::NAME_BYTES_MAX)?;
    if text.trim().is_empty() {
        return Err(Refusal::TextEmpty { field: NICKNAME.to_owned() });
    }
    if text.chars().any(char::is_control) {
        return Err(invalid(NICKNAME, "…".to_owned()));
    }
    Ok(text)
}

/// Checks values that came with the command: each has a field and fits it.
pub fn check_values(ctx: &Ctx<'_>, values: &BTreeMap<String, BodyRef>) -> Result<(), Refusal> {
    for (name, value) in values {
        check_value(ctx, name, value)?;
    }
    Ok(())
}

fn check_value(ctx: &Ctx<'_>, name: &str, value: &BodyRef) -> Result<(), Refusal> {
    let text = ctx.fresh_text(name, value, VALUE_BYTES_MAX)?;
    let field = ctx.community.card.schema.field(name);
    let field = field.ok_or_else(|| Refusal::NotFound { what: name.to_owned() })?;
    field.kind.fits(text).map_err(|expected| invalid(name, expected))
}

/// Holds a nickname against the name template: each part is what the card says, or would fit the field. The
/// refusal names the template, never a value: refusals are remembered, and values are not theirs to keep.
pub fn check_template(
    ctx: &Ctx<'_>,
    nickname: &str,
    card: &BTreeMap<String, BodyRef>,
) -> Result<(), Refusal> {
    let Some(source) = &ctx.community.card.schema.name_template else { return Ok(()) };
    let Ok(template) = Template::parse(source) else { return Ok(()) };
    let misfit = || invalid(NICKNAME, source.clone());
    for (name, part) in template.read(nickname).map_err(|_| misfit())? {
        let Some(field) = ctx.community.card.schema.field(name) else { continue };
        let fits = match card.get(name).and_then(|value| ctx.text(value)) {
            Some(value) => field.kind.counted(value) == field.kind.counted(part),
            None => field.kind.fits(part).is_ok(),
        };
        if !fits {
            return Err(misfit());
        }
    }
    Ok(())
}

/// A name and its card as a draft that the rules judge.
pub fn draft<'a>(author: &'a Member, texts: &'a Reading<'a>) -> Draft<'a> {
    Draft { author, channel: None, parts: &[], texts, occasion: Occasion::Nickname }
}

/// Changes the acting member's nickname, card, or both. Queue and ladder tell them of a hold or a denial.
pub(super) fn change(
    ctx: &Ctx<'_>,
    nickname: Option<BodyRef>,
    fields: &BTreeMap<String, Option<BodyRef>>,
    out: &mut Outcome,
) -> Result<(), Refusal> {
    let member = ctx.acting()?;
    let change = Held { member: member.id, nickname, fields: fields.clone() };
    let texts = check(ctx, member, &change)?;
    if ctx.community.card.held.contains_key(&member.id) {
        return Err(Refusal::WrongState { what: "card".to_owned(), state: "held".to_owned() });
    }
    let texts = Reading::of(&texts);
    let draft = draft(member, &texts);
    let (mut chain, mut judgement) = (Chain::new(ctx, member.id), rule::judge(ctx, &draft));
    let input = Input::Card(CardChange { member, nickname: nickname.as_ref(), fields });
    let from = judgement.verdict.unwrap_or(Verdict::Allow);
    judgement.verdict = Some(chain.ask_all(from, &input, out));
    judgement.find_room(ctx, member.id);
    let verdict = judgement.verdict.unwrap_or(Verdict::Allow);
    let waiting = chain.settle(verdict, out);
    rule::punish(ctx, &draft, (&judgement, &chain), out);
    match verdict {
        Verdict::Allow => release(ctx, &change, out),
        Verdict::Hold => {
            let receipts: Vec<Receipt> = judgement.receipts.iter().chain(chain.receipts()).cloned().collect();
            out.event(Event::Held { change: change.clone() });
            queue::hold(ctx, Item::Card(change), (&receipts, waiting), out);
        }
        Verdict::Deny => {}
    }
    Ok(())
}

/// What today's rules and live scripts say about an old change by itself, held against the row as it is now.
/// Nothing comes of it: no effect, no row of a run, no breaker that counts. `None` where a text or the member
/// is gone.
pub fn review(ctx: &Ctx<'_>, change: &Held) -> Option<Verdict> {
    let member = ctx.community.members.get(change.member)?;
    let texts: Vec<&str> = super::references(change).map(|body| ctx.text(body)).collect::<Option<_>>()?;
    let from = rule::review(ctx, &draft(member, &Reading::of(&texts))).verdict.unwrap_or(Verdict::Allow);
    let input = CardChange { member, nickname: change.nickname.as_ref(), fields: &change.fields };
    Some(Chain::new(ctx, member.id).ask_all(from, &Input::Card(input), &mut Outcome::default()))
}

/// Checks a change as a whole, and finds the texts that are new.
fn check<'a>(ctx: &Ctx<'a>, member: &Member, change: &Held) -> Result<Vec<&'a str>, Refusal> {
    let mut texts = Vec::new();
    if let Some(nickname) = &change.nickname {
        texts.push(check_nickname(ctx, nickname)?);
    }
    let mut card = member.card.clone();
    for (name, value) in &change.fields {
        match value {
            Some(value) => {
                check_value(ctx, name, value)?;
                texts.extend(ctx.text(value));
                card.insert(name.clone(), *value);
            }
            None => take_off(ctx, name, &mut card)?,
        }
    }
    if change.nickname.is_none() && change.fields.is_empty() {
        return Err(Refusal::NothingToChange);
    }
    let nickname = change.nickname.unwrap_or(member.nickname);
    if let Some(nickname) = ctx.text(&nickname) {
        check_template(ctx, nickname, &card)?;
    }
    Ok(texts)
}

fn take_off(ctx: &Ctx<'_>, name: &str, card: &mut BTreeMap<String, BodyRef>) -> Result<(), Refusal> {
    if let Some(field) = ctx.community.card.schema.field(name).filter(|field| field.required) {
        return Err(invalid(&field.name, "…".to_owned()));
    }
    match card.remove(name) {
        Some(_) => Ok(()),
        None => Err(Refusal::NotFound { what: name.to_owned() }),
    }
}

/// Applies a change that nothing speaks against, or that a human released. Finds nothing to do for a member
/// who is gone.
pub fn release(ctx: &Ctx<'_>, change: &Held, out: &mut Outcome) {
    let Some(member) = ctx.community.members.get(change.member) else { return };
    let old = Held {
        member: member.id,
        nickname: change.nickname.map(|_| member.nickname),
        fields: change.fields.keys().map(|name| (name.clone(), member.card.get(name).copied())).collect(),
    };
    out.event(Event::Changed { change: change.clone(), old });
}

/// Lets go of a held change that a human denied.
pub fn discard(ctx: &Ctx<'_>, change: &Held, out: &mut Outcome) {
    if ctx.community.card.held.get(&change.member) == Some(change) {
        out.event(Event::Dropped { old: change.clone() });
    }
}

/// Writes a change into the member's row.
pub(super) fn fold(community: &mut Community, change: &Held) {
    community.members.change(change.member, |member| {
        member.nickname = change.nickname.unwrap_or(member.nickname);
        for (name, value) in &change.fields {
            match value {
                Some(value) => member.card.insert(name.clone(), *value),
                None => member.card.remove(name),
            };
        }
    });
}
