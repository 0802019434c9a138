//! What came of sending: how far a webhook was told, when it is tried again, and when it is given up.

use super::{Event, State, Webhook, Why};
use crate::decide::{Ctx, Outcome};
use crate::ids::WebhookId;
use crate::moment::{DAY_MS, HOUR_MS, SECOND_MS};
use crate::notice::Text;
use crate::refusal::Refusal;

/// How long is waited after the first failure; after each further one twice as long.
pub const BACKOFF_MS: u64 = 10 * SECOND_MS;
/// The longest wait.
pub const BACKOFF_MS_MAX: u64 = 6 * HOUR_MS;
/// How long a webhook may not answer before it is turned off: a weekend, and a morning to mend it.
pub const GIVE_UP_MS: u64 = 3 * DAY_MS;

/// It was told of the records up to `seq`. An older word than the last says only that it answers.
pub(super) fn delivered(ctx: &Ctx<'_>, id: WebhookId, seq: u64, out: &mut Outcome) -> Result<(), Refusal> {
    let row = of_record(ctx, id, seq)?;
    let before = out.events.len();
    if seq > row.acked_seq {
        out.event(Event::Delivered { webhook: id, seq, old: row.acked_seq });
    }
    if matches!(row.state, State::Failing { .. }) {
        becomes(row, State::On, None, out);
    }
    if out.events.len() == before { Err(Refusal::NothingToChange) } else { Ok(()) }
}

/// It did not take a record: it is tried again, later each time, and given up in the end.
pub(super) fn failed(ctx: &Ctx<'_>, id: WebhookId, seq: u64, out: &mut Outcome) -> Result<(), Refusal> {
    let row = of_record(ctx, id, seq)?;
    let at_ms = ctx.at_ms();
    let (since_ms, attempts) = match row.state {
        State::On => (at_ms, 0),
        State::Failing { since_ms, attempts, .. } => (since_ms, attempts),
        // It was turned off while this was under way.
        State::Off { .. } => return Err(Refusal::NothingToChange),
    };
    if at_ms.saturating_sub(since_ms) >= GIVE_UP_MS {
        becomes(row, State::Off { why: Why::Silent }, Some(seq), out);
        if let Some(by) = row.by.filter(|by| ctx.member_inside(*by).is_ok()) {
            out.notify(by, Text::new("webhook.given_up").with("webhook", row.label.as_str()));
        }
        return Ok(());
    }
    let wait_ms = BACKOFF_MS.checked_shl(attempts).filter(|wait_ms| wait_ms >> attempts == BACKOFF_MS);
    let next_ms = at_ms.saturating_add(wait_ms.unwrap_or(BACKOFF_MS_MAX).min(BACKOFF_MS_MAX));
    let attempts = attempts.saturating_add(1);
    becomes(row, State::Failing { since_ms, attempts, next_ms }, Some(seq), out);
    Ok(())
}

pub(super) fn pause(ctx: &Ctx<'_>, id: WebhookId, out: &mut Outcome) -> Result<(), Refusal> {
    let row = ctx.community.webhooks.find(id)?;
    if matches!(row.state, State::Off { .. }) {
        return Err(Refusal::NothingToChange);
    }
    becomes(row, State::Off { why: Why::Paused }, None, out);
    Ok(())
}

pub(super) fn resume(ctx: &Ctx<'_>, id: WebhookId, out: &mut Outcome) -> Result<(), Refusal> {
    let row = ctx.community.webhooks.find(id)?;
    if !matches!(row.state, State::Off { .. }) {
        return Err(Refusal::NothingToChange);
    }
    becomes(row, State::On, None, out);
    Ok(())
}

/// The webhook, for a record that there is.
fn of_record<'a>(ctx: &Ctx<'a>, id: WebhookId, seq: u64) -> Result<&'a Webhook, Refusal> {
    let row = ctx.community.webhooks.find(id)?;
    if seq > ctx.stream.seq {
        return Err(Refusal::NotFound { what: "record".to_owned() });
    }
    Ok(row)
}

fn becomes(row: &Webhook, state: State, seq: Option<u64>, out: &mut Outcome) {
    out.event(Event::StateChanged { webhook: row.id, state, old: row.state, seq });
}
