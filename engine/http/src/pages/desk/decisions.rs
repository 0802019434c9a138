//! Decisions: the newest receipts, by rule, script and verdict; one of them with everything it rests on; and
//! how often people agreed with what each rule decided.

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use kith_core::ids::ReceiptId;
use kith_core::queue::Ground;
use kith_core::refusal::Refusal;
use kith_core::role::Permission;
use kith_core::rule::Tally;
use kith_runtime::texts::Reader;
use maud::{Markup, html};
use serde::Deserialize;

use super::case::{Author, Why, by_in_words, decided_by, verdict_name, version_of, words};
use super::scripts::verdict_badge;
use super::seat::{Seat, called, grouped, percent};
use crate::pages::page::{Page, Turn, escaped};
use crate::pages::parts::{card, empty, fact, pager, time};
use crate::place::Place;
use crate::sent::{Path, Query};
use kith_core::queue::Item;

/// Receipts on one page.
const PAGE: usize = 40;

pub(super) fn routes() -> Router<Place> {
    Router::new()
        .route("/c/{community}/desk/decisions", get(list))
        .route("/c/{community}/desk/decisions/{receipt}", get(one))
}

/// What is looked for.
#[derive(Debug, Clone, Default, Deserialize)]
struct Sought {
    #[serde(default)]
    by: String,
    #[serde(default)]
    verdict: String,
    #[serde(default)]
    before: String,
}

struct Row {
    why: Why,
    name: String,
    at_ms: u64,
    version: Option<u32>,
}

struct Found {
    rows: Vec<Row>,
    more: bool,
    tallies: Vec<(String, u32, Tally)>,
}

async fn list(
    page: Page,
    Path(community): Path<String>,
    Query(sought): Query<Sought>,
) -> Result<Response, Turn> {
    let seat = Seat::take(page, &community, &[Permission::Moderate]).await?;
    let (language, wanted) = (seat.language(), sought.clone());
    let found = seat.room.look(move |sight| {
        let before: Option<ReceiptId> = wanted.before.parse().ok();
        let fits = |verdict: &str, wanted: &str| wanted.is_empty() || verdict == wanted;
        let receipts = sight.community.queue.receipts.values().rev();
        let receipts = receipts
            .filter(|it| before.is_none_or(|before| it.id < before))
            .filter(|it| fits(verdict_name(it.verdict), &wanted.verdict))
            .filter(|it| fits(&decided_by(&it.ground), &wanted.by));
        let row = |receipt: &kith_core::queue::Receipt| Row {
            why: Why::of(&sight, receipt, language),
            name: called(&sight, receipt.member),
            at_ms: receipt.at_ms,
            version: version_of(&receipt.ground),
        };
        let mut rows: Vec<Row> = receipts.take(PAGE + 1).map(row).collect();
        let more = rows.len() > PAGE;
        rows.truncate(PAGE);
        let tallies = sight.community.rules.tallies.iter();
        let tallies = tallies.map(|(rule, version, tally)| (rule.to_owned(), version, *tally)).collect();
        Ok(Found { rows, more, tallies })
    });
    let found = found.await?;
    let title = seat.say("desk.decisions.title");
    let body = html! {
        div.heading { h1 { (title) } }
        (filter(&seat, &sought, &found.tallies))
        @if found.rows.is_empty() { (empty(seat.say("desk.decisions.none"), html! {})) } @else {
            ul.rows.card { @for row in &found.rows { (shown(&seat, row)) } }
        }
        (older(&seat, &sought, &found))
        @if !found.tallies.is_empty() { (precision(&seat, &found.tallies)) }
    };
    Ok(seat.show((title, "/decisions"), body))
}

fn shown(seat: &Seat, row: &Row) -> Markup {
    let href = seat.path(&format!("/decisions/{}", row.why.receipt));
    let version = row.version.map(|version| format!(" · {version}")).unwrap_or_default();
    html! {
        li.row.act {
            div.body {
                span.line {
                    (verdict_badge(seat, verdict_name(row.why.verdict)))
                    a.cover href=(href) { strong { (row.name) } }
                    span.quiet { (by_in_words(seat, &row.why.by)) (version) }
                }
                p { (row.why.reason()) }
            }
            div.after { span.quiet.small { (time(row.at_ms, &seat.zoned.full(row.at_ms))) } }
        }
    }
}

fn filter(seat: &Seat, sought: &Sought, tallies: &[(String, u32, Tally)]) -> Markup {
    let mut by: Vec<String> = tallies.iter().map(|(rule, ..)| key_of(rule)).collect();
    by.dedup();
    by.extend(["gate", "person", "deadline", "engine"].map(str::to_owned));
    html! {
        form.card.pair method="get" {
            div.field {
                label for="by" { (seat.say("desk.decisions.by")) }
                select id="by" name="by" {
                    option value="" { (seat.say("desk.all")) }
                    @for key in &by {
                        option value=(key)
                        selected[*key == sought.by] { (by_in_words(seat, key)) }
                    }
                }
            }
            div.field {
                label for="verdict" { (seat.say("desk.decisions.verdict")) }
                select id="verdict" name="verdict" {
                    option value="" { (seat.say("desk.all")) }
                    @for name in ["deny", "hold", "allow"] {
                        option value=(name)
                        selected[name == sought.verdict] { (seat.word(&format!("desk.verdict.{name}"))) }
                    }
                }
            }
            button.button type="submit" { (seat.say("desk.filter")) }
        }
    }
}

/// The name under which a rule is counted, as what decided.
fn key_of(tallied: &str) -> String {
    if tallied.starts_with("script ") { tallied.to_owned() } else { format!("rule {tallied}") }
}

fn older(seat: &Seat, sought: &Sought, found: &Found) -> Markup {
    let last = found.rows.last().filter(|_| found.more);
    let Some(last) = last else { return html! {} };
    let (by, verdict) = (escaped(&sought.by), escaped(&sought.verdict));
    let href = seat.path(&format!("/decisions?by={by}&verdict={verdict}&before={}", last.why.receipt));
    pager(Some((&href, seat.say("desk.older"))), None)
}

fn precision(seat: &Seat, tallies: &[(String, u32, Tally)]) -> Markup {
    card(
        seat.say("desk.precision.title"),
        html! {
            p.quiet { (seat.say("desk.precision.what")) }
            div.table tabindex="0" {
                table {
                    thead { tr {
                        th scope="col" { (seat.say("desk.decisions.by")) }
                        th.number scope="col" { (seat.say("desk.version_column")) }
                        th.number scope="col" { (seat.say("desk.tally.hits")) }
                        th.number scope="col" { (seat.say("desk.tally.right")) }
                        th.number scope="col" { (seat.say("desk.tally.wrong")) }
                        th.number scope="col" { (seat.say("desk.tally.appealed")) }
                        th.number scope="col" { (seat.say("desk.precision")) }
                    } }
                    tbody {
                        @for (rule, version, tally) in tallies {
                            @let (right, wrong) = tally.judged();
                            tr {
                                th scope="row" { (by_in_words(seat, &key_of(rule))) }
                                td.number { (version) }
                                td.number { (grouped(tally.hits)) }
                                td.number { (grouped(right)) }
                                td.number { (grouped(wrong)) }
                                td.number { (grouped(tally.appealed)) }
                                td.number {
                                    (percent(right, right + wrong).unwrap_or_else(|| "–".to_owned()))
                                }
                            }
                        }
                    }
                }
            }
        },
    )
}

/// One receipt as it is read.
struct One {
    author: Author,
    why: Why,
    remedy: Option<String>,
    at_ms: u64,
    version: Option<u32>,
    words: Vec<String>,
    /// What it rests on, as it is recorded.
    facts: String,
    by: Option<String>,
}

async fn one(page: Page, Path((community, receipt)): Path<(String, ReceiptId)>) -> Result<Response, Turn> {
    let seat = Seat::take(page, &community, &[Permission::Moderate]).await?;
    let (now_ms, language) = (seat.page.caller.place.now_ms(), seat.language());
    let found = seat.room.look(move |sight| {
        let queue = &sight.community.queue;
        let found = queue.receipts.get(&receipt);
        let found = found.ok_or_else(|| Refusal::NotFound { what: receipt.to_string() })?;
        let denied = queue.denied.iter().find(|it| it.receipts.contains(&receipt));
        let waiting = queue.holds.values().find(|it| it.receipts.contains(&receipt));
        let item = denied.map(|it| Item::Message(Box::new(it.held.clone())));
        let item = item.or_else(|| waiting.map(|hold| hold.item.clone()));
        let reader = Reader { language, stream: Some(sight.stream) };
        let by = match &found.ground {
            Ground::Person { by: Some(by), .. } => Some(called(&sight, *by)),
            _ => None,
        };
        Ok(One {
            author: Author::of(&sight, found.member, now_ms),
            why: Why::of(&sight, found, language),
            remedy: found.remedy.as_ref().map(|remedy| reader.render(remedy)),
            at_ms: found.at_ms,
            version: version_of(&found.ground),
            words: item.map(|item| words(&sight, &item)).unwrap_or_default(),
            facts: serde_json::to_string_pretty(&found.ground).unwrap_or_default(),
            by,
        })
    });
    let it = found.await?;
    let body = html! {
        div.heading {
            p.quiet { a href=(seat.path("/decisions")) { (seat.say("desk.decisions.title")) } }
            h1 { (it.why.reason()) }
        }
        (card("", html! {
            (it.author.show(&seat))
            @for text in &it.words { blockquote { (text) } }
            dl {
                (fact(seat.say("desk.decisions.verdict"), verdict_badge(&seat, verdict_name(it.why.verdict))))
                (fact(seat.say("desk.decisions.by"), html! {
                    (by_in_words(&seat, &it.why.by))
                    @if let Some(by) = &it.by { " · " (by) }
                }))
                @if let Some(version) = it.version {
                    (fact(seat.say("desk.version_column"), html! { (version) }))
                }
                (fact(seat.say("desk.when"), time(it.at_ms, &seat.zoned.full(it.at_ms))))
                @if let Some(remedy) = &it.remedy {
                    (fact(seat.say("desk.decisions.remedy"), html! { (remedy) }))
                }
                (fact(seat.say("desk.decisions.receipt"), html! { code { (it.why.receipt) } }))
            }
            details { summary { (seat.say("desk.decisions.facts")) } pre { code { (it.facts) } } }
        }))
    };
    Ok(seat.show((seat.say("desk.decisions.title"), "/decisions"), body))
}
