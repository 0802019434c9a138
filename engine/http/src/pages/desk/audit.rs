//! The audit: what was done by hand in a community, newest first, by whom. Read from the log; what people
//! wrote is not in it.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use kith_core::command::{Actor, CommandKind};
use kith_core::ids::CommunityId;
use kith_core::member::Member;
use kith_core::ports::Records;
use kith_core::record::Outline;
use kith_core::role::Need;
use kith_runtime::draft::AskError;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use super::seat::{Seat, called};
use crate::pages::page::{Page, Turn};
use crate::pages::parts::{empty, pager, time};
use crate::place::Place;
use crate::problem::Problem;
use crate::room::Sight;
use crate::sent::{Path, Query};

/// Acts on one page.
const PAGE: usize = 60;
/// Records that are read back for one page: what is older is reached by going back further.
const RECORDS_MAX: u64 = 50_000;

pub(super) fn routes() -> Router<Place> {
    Router::new().route("/c/{community}/desk/audit", get(list))
}

#[derive(Debug, Default, Deserialize)]
struct Before {
    before: Option<u64>,
}

/// One act.
struct Act {
    seq: u64,
    at_ms: u64,
    actor: Actor,
    /// What was asked, as its stable name: `rule.set`.
    what: String,
    /// Operators' names and settings in it.
    details: String,
}

async fn list(
    page: Page,
    Path(community): Path<String>,
    Query(before): Query<Before>,
) -> Result<Response, Turn> {
    let seat = Seat::take(page, &community, &[kith_core::role::Permission::ManageSettings]).await?;
    let (id, records) = (seat.room.id, Arc::clone(&seat.page.caller.place.engine.ports().records));
    let read = tokio::task::spawn_blocking(move || acts(id, records.as_ref(), before.before));
    let (acts, oldest) = read.await.map_err(|_| Problem::failed())??;
    let actors: Vec<Actor> = acts.iter().map(|act| act.actor).collect();
    let host = seat.say("desk.host");
    let named = seat
        .room
        .look(move |sight| Ok(actors.iter().map(|actor| name(&sight, *actor, host)).collect::<Vec<_>>()));
    let named = named.await?;
    let title = seat.say("desk.audit.title");
    let href = seat.path(&format!("/audit?before={oldest}"));
    let body = html! {
        div.heading { h1 { (title) } p.quiet { (seat.say("desk.audit.what")) } }
        @if acts.is_empty() { (empty(seat.say("desk.audit.none"), html! {})) } @else {
            ul.rows.card { @for (act, by) in acts.iter().zip(&named) { (shown(&seat, act, by)) } }
        }
        @if oldest > 1 { (pager(Some((&href, seat.say("desk.older"))), None)) }
    };
    Ok(seat.show((title, "/audit"), body))
}

fn shown(seat: &Seat, act: &Act, by: &str) -> Markup {
    html! {
        li.row.act {
            div.body {
                span.line {
                    strong { (by) }
                    span { (seat.word(&format!("desk.event.{}", act.what))) }
                    code.quiet.small { (act.what) }
                }
                @if !act.details.is_empty() { p.quiet.small { (act.details) } }
            }
            div.after { span.quiet.small { (time(act.at_ms, &seat.zoned.full(act.at_ms))) " · " (act.seq) } }
        }
    }
}

fn name(sight: &Sight<'_>, actor: Actor, host: &str) -> String {
    let of = |row: Option<&Member>| row.map_or_else(|| host.to_owned(), |row| called(sight, row.id));
    match actor {
        Actor::Person(person) => of(sight.community.members.of_person(person)),
        Actor::Member(member) => of(sight.community.members.get(member)),
        Actor::Host | Actor::Timer(_) | Actor::Stream(_) => host.to_owned(),
    }
}

/// The newest acts before a record, newest first; and the oldest record that was read.
fn acts(
    community: CommunityId,
    records: &dyn Records,
    before: Option<u64>,
) -> Result<(Vec<Act>, u64), AskError> {
    let head = records.head(community).map_or(0, |head| head.seq);
    let before = before.unwrap_or(head + 1).min(head + 1);
    let first = before.saturating_sub(RECORDS_MAX);
    let mut found: VecDeque<Act> = VecDeque::new();
    let mut oldest = first.max(1);
    records.read_facts(community, 1, &mut |frame| {
        if frame.head.seq < first {
            return ControlFlow::Continue(());
        }
        for stored in frame.records.iter().filter(|it| it.seq >= first && it.seq < before) {
            // What cannot be read is `kith verify`'s to tell.
            let Ok(record) = Outline::decode(&stored.bytes) else { continue };
            if let Some(act) = act(&record) {
                if found.len() == PAGE {
                    oldest = found.pop_front().map_or(oldest, |gone| gone.seq + 1);
                }
                found.push_back(act);
            }
        }
        if frame.head.seq >= before { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok((found.into_iter().rev().collect(), oldest))
}

/// What a record is of, if it is something that an operator did.
fn act(record: &Outline) -> Option<Act> {
    let kind = &record.command.kind;
    let is_by_hand = matches!(record.command.actor, Actor::Host | Actor::Person(_) | Actor::Member(_));
    let needs = kind.needs();
    let is_operators = needs.permissions().iter().any(|it| super::seat::OPERATORS.contains(it))
        || matches!(needs, Need::Owner | Need::Host);
    if !is_by_hand || !is_operators || !record.has_effect() {
        return None;
    }
    let value = serde_json::to_value(kind).ok()?;
    let (what, inside) = path_of(&value);
    let details = details(kind, inside);
    Some(Act { seq: record.seq, at_ms: record.command.at_ms, actor: record.command.actor, what, details })
}

/// `{"rule": {"set": {…}}}` is `rule.set`, and what stands inside.
fn path_of(value: &Value) -> (String, Option<&Value>) {
    let step = |value: &Value| -> Option<String> {
        match value {
            Value::String(name) => Some(name.clone()),
            Value::Object(map) if map.len() == 1 => map.keys().next().cloned(),
            _ => None,
        }
    };
    let Some(noun) = step(value) else { return (String::new(), None) };
    let inside = value.get(&noun);
    match inside.and_then(|inside| step(inside).map(|verb| (inside, verb))) {
        Some((inside, verb)) => {
            let what = format!("{noun}.{verb}");
            (what, inside.get(&verb))
        }
        None => (noun, inside),
    }
}

/// Letters of a detail that are shown.
const DETAIL_CHARS_MAX: usize = 160;

/// Names and numbers in a command, in a line. Sources of scripts and bodies are left out.
fn details(kind: &CommandKind, inside: Option<&Value>) -> String {
    if matches!(kind, CommandKind::Import(_)) {
        return String::new();
    }
    let Some(Value::Object(map)) = inside else { return String::new() };
    let plain = |(name, value): (&String, &Value)| match value {
        Value::String(text) if name != "source" => Some(format!("{name}: {text}")),
        Value::Number(number) => Some(format!("{name}: {number}")),
        Value::Bool(flag) => Some(format!("{name}: {flag}")),
        _ => None,
    };
    let line = map.iter().filter_map(plain).collect::<Vec<_>>().join(" · ");
    line.chars().take(DETAIL_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_act_is_called_by_noun_and_verb() {
        for (value, expected) in [
            (serde_json::json!({ "rule": { "set": { "rule": {} } } }), "rule.set"),
            (serde_json::json!({ "community": "reopen" }), "community.reopen"),
            (serde_json::json!({ "gate": { "set_capacity": { "capacity": 5 } } }), "gate.set_capacity"),
        ] {
            assert_eq!(path_of(&value).0, expected);
        }
    }
}
