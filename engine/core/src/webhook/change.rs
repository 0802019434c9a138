//! Adding and changing webhooks: what an address, a secret and a list of kinds must look like.

use super::{Event, Kinds, State, Webhook, owner};
use crate::body::BodyRef;
use crate::decide::{Ctx, Outcome};
use crate::ids::WebhookId;
use crate::limits::{self, LINK_BYTES_MAX};
use crate::refusal::Refusal;

/// Webhooks of one community: each costs a request for every event.
const WEBHOOKS_MAX: usize = 32;
/// Kinds that one webhook names; there are fewer.
const KINDS_MAX: usize = 128;
/// Bytes of a kind's name.
const KIND_BYTES_MAX: usize = 64;
/// Bytes of a secret: no shorter than a key that nobody guesses, no longer than the block of its HMAC.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 16..=64;

pub(super) fn add(
    ctx: &Ctx<'_>,
    label: &str,
    (url, secret): (BodyRef, BodyRef),
    kinds: &Kinds,
    out: &mut Outcome,
) -> Result<(), Refusal> {
    let id = WebhookId(ctx.command.id.0);
    limits::check_name(label)?;
    check_url(ctx, id, &url)?;
    check_secret(ctx, id, &secret)?;
    check_kinds(kinds)?;
    if ctx.community.webhooks.iter().count() >= WEBHOOKS_MAX {
        return Err(Refusal::TooMany { what: "webhook".to_owned(), max: WEBHOOKS_MAX as u64 });
    }
    let webhook = Webhook {
        id,
        label: label.to_owned(),
        url,
        secret,
        kinds: kinds.clone(),
        by: ctx.actor.map(|actor| actor.id),
        since_ms: ctx.at_ms(),
        acked_seq: ctx.stream.seq + 1,
        state: State::On,
    };
    out.event(Event::Added { webhook: Box::new(webhook) });
    Ok(())
}

pub(super) fn change(
    ctx: &Ctx<'_>,
    id: WebhookId,
    (url, secret, kinds): (Option<BodyRef>, Option<BodyRef>, Option<&Kinds>),
    out: &mut Outcome,
) -> Result<(), Refusal> {
    url.iter().try_for_each(|url| check_url(ctx, id, url))?;
    secret.iter().try_for_each(|secret| check_secret(ctx, id, secret))?;
    kinds.into_iter().try_for_each(check_kinds)?;
    let old = ctx.community.webhooks.find(id)?;
    let mut webhook = old.clone();
    webhook.url = url.unwrap_or(old.url);
    webhook.secret = secret.unwrap_or(old.secret);
    kinds.into_iter().for_each(|kinds| webhook.kinds.clone_from(kinds));
    if webhook == *old {
        return Err(Refusal::NothingToChange);
    }
    if matches!(old.state, State::Failing { .. }) {
        webhook.state = State::On;
    }
    out.event(Event::Changed { webhook: Box::new(webhook), old: Box::new(old.clone()) });
    Ok(())
}

/// The text of a body that came with the command and is the webhook's own.
fn own_text<'a>(
    ctx: &Ctx<'a>,
    id: WebhookId,
    (field, body): (&str, &BodyRef),
    bytes_max: usize,
) -> Result<&'a str, Refusal> {
    let text = ctx.fresh_text(field, body, bytes_max)?;
    if ctx.bodies.get(body).is_none_or(|body| body.owner != owner(id)) {
        return Err(Refusal::BodyMissing);
    }
    Ok(text)
}

/// Refuses what is no address of the web. Whether it may be reached is for whoever sends to say.
fn check_url(ctx: &Ctx<'_>, id: WebhookId, url: &BodyRef) -> Result<(), Refusal> {
    let text = own_text(ctx, id, ("url", url), LINK_BYTES_MAX)?;
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let is_address = |rest: &str| !rest.is_empty() && !rest.contains(|c: char| c.is_control() || c == ' ');
    if rest.is_some_and(is_address) {
        return Ok(());
    }
    Err(Refusal::ValueInvalid { name: "url".to_owned(), expected: "http_or_https".to_owned() })
}

fn check_secret(ctx: &Ctx<'_>, id: WebhookId, secret: &BodyRef) -> Result<(), Refusal> {
    let text = own_text(ctx, id, ("secret", secret), *SECRET_BYTES.end())?;
    if SECRET_BYTES.contains(&text.len()) {
        return Ok(());
    }
    Err(Refusal::ValueInvalid { name: "secret".to_owned(), expected: "secret_length".to_owned() })
}

/// Refuses names that no kind of event can have. Which kinds there are is for the table of events to say.
fn check_kinds(kinds: &Kinds) -> Result<(), Refusal> {
    let Kinds::Only(kinds) = kinds else { return Ok(()) };
    if kinds.is_empty() {
        return Err(Refusal::TextEmpty { field: "kinds".to_owned() });
    }
    if kinds.len() > KINDS_MAX {
        return Err(Refusal::TooMany { what: "kinds".to_owned(), max: KINDS_MAX as u64 });
    }
    let word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let is_kind = |kind: &&String| {
        kind.len() <= KIND_BYTES_MAX
            && kind.split_once('.').is_some_and(|(noun, verb)| word(noun) && word(verb))
    };
    match kinds.iter().find(|kind| !is_kind(kind)) {
        None => Ok(()),
        Some(kind) => {
            Err(Refusal::NameInvalid { name: kind.chars().filter(|c| !c.is_control()).take(60).collect() })
        }
    }
}
