//! What waits for a human: held messages, names and joins, applicants, appeals; and deciding about them.
//!
//! What one rule held can be decided together. Nobody decides a case of their own: the core refuses, and here
//! there is no button.

use std::collections::BTreeMap;

use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use kith_core::gate::{self, Stage};
use kith_core::ids::{AppealId, HoldId, MemberId};
use kith_core::queue::{AtDeadline, Command, Decision, Item, Receipt, State, Verdict};
use kith_core::refusal::Refusal;
use kith_core::role::Permission;
use maud::{Markup, html};

use super::case::{Author, Why, answers, by_in_words, words};
use super::scripts::verdict_badge;
use super::seat::Seat;
use crate::pages::form::{Filled, form};
use crate::pages::page::{Page, Turn};
use crate::pages::parts::{Field, Look, Presence, Tone, badge, empty, press, time};
use crate::place::Place;
use crate::problem::Problem;
use crate::room::Sight;
use crate::sent::Path;

/// Cases shown at once; the oldest first, so that the others come up.
const SHOWN_MAX: usize = 100;

pub(super) fn routes() -> Router<Place> {
    Router::new()
        .route("/c/{community}/desk/queue", get(open))
        .route("/c/{community}/desk/queue/holds", post(resolve))
        .route("/c/{community}/desk/queue/applicants", post(decide))
        .route("/c/{community}/desk/queue/appeals", post(answer))
}

const WHO: &[Permission] = &[Permission::Moderate, Permission::Approve];

/// One thing that waits.
struct Case {
    id: String,
    kind: &'static str,
    author: Author,
    words: Vec<String>,
    why: Vec<Why>,
    at_ms: u64,
    due: Option<(u64, AtDeadline)>,
    is_own: bool,
    /// Of an appeal: what today's rules would say.
    today: Option<Verdict>,
    /// Of an appeal: what the member says.
    plea: Option<String>,
}

struct Waiting {
    holds: Vec<Case>,
    applicants: Vec<Case>,
    appeals: Vec<Case>,
}

async fn open(page: Page, Path(community): Path<String>) -> Result<Response, Turn> {
    let seat = Seat::take(page, &community, WHO).await?;
    let (now_ms, language) = (seat.page.caller.place.now_ms(), seat.language());
    let waiting = seat.room.look(move |sight| {
        let reader = Reading { sight, now_ms, language };
        let queue = &sight.community.queue;
        let applicants = sight.community.gate.applications.iter();
        let is_held = |member: &MemberId| {
            queue
                .holds
                .values()
                .any(|hold| matches!(&hold.item, Item::Join { member: held } if held == member))
        };
        Ok(Waiting {
            holds: queue.holds.keys().take(SHOWN_MAX).filter_map(|id| reader.hold(*id)).collect(),
            applicants: applicants
                .filter(|(member, it)| it.stage == Stage::Review && !is_held(member))
                .take(SHOWN_MAX)
                .map(|(member, it)| reader.applicant(*member, it.since_ms))
                .collect(),
            appeals: queue.appeals.keys().filter_map(|id| reader.appeal(*id)).take(SHOWN_MAX).collect(),
        })
    });
    let waiting = waiting.await?;
    let title = seat.say("desk.queue.title");
    let is_empty = waiting.holds.is_empty() && waiting.applicants.is_empty() && waiting.appeals.is_empty();
    let body = html! {
        div.heading { h1 { (title) } }
        @if is_empty { (empty(seat.say("desk.queue.none"), html! {})) }
        (appeals(&seat, &waiting.appeals))
        (applicants(&seat, &waiting.applicants))
        @if seat.may(Permission::Moderate) {
            @for (by, cases) in by_rule(&waiting.holds) { (held(&seat, &by, &cases)) }
        }
    };
    Ok(seat.show((title, "/queue"), body))
}

/// A look at the queue in somebody's language.
struct Reading<'a> {
    sight: Sight<'a>,
    now_ms: u64,
    language: kith_core::community::Language,
}

impl Reading<'_> {
    fn case(&self, id: String, kind: &'static str, (member, at_ms): (MemberId, u64)) -> Case {
        Case {
            id,
            kind,
            author: Author::of(&self.sight, member, self.now_ms),
            words: Vec::new(),
            why: Vec::new(),
            at_ms,
            due: None,
            is_own: self.sight.me.is_some_and(|me| me.id == member),
            today: None,
            plea: None,
        }
    }

    fn why(&self, receipt: &Receipt) -> Why {
        Why::of(&self.sight, receipt, self.language)
    }

    fn hold(&self, id: HoldId) -> Option<Case> {
        let queue = &self.sight.community.queue;
        let hold = queue.holds.get(&id)?;
        let kind = match hold.item {
            Item::Message(_) => "message",
            Item::Join { .. } => "join",
            Item::Card(_) => "card",
        };
        Some(Case {
            words: words(&self.sight, &hold.item),
            why: hold
                .receipts
                .iter()
                .filter_map(|id| queue.receipts.get(id))
                .map(|it| self.why(it))
                .collect(),
            due: hold.due_ms.map(|due_ms| (due_ms, hold.at_deadline)),
            ..self.case(id.to_string(), kind, (hold.item.member(), hold.at_ms))
        })
    }

    fn applicant(&self, member: MemberId, since_ms: u64) -> Case {
        let words = answers(&self.sight, member);
        Case { words, ..self.case(member.to_string(), "join", (member, since_ms)) }
    }

    fn appeal(&self, id: AppealId) -> Option<Case> {
        let queue = &self.sight.community.queue;
        let appeal = queue.appeals.get(&id).filter(|appeal| appeal.state == State::Open)?;
        let receipt = appeal.receipt.id;
        let denied = queue.denied.iter().find(|it| it.receipts.contains(&receipt));
        let waiting = queue.holds.values().find(|it| it.receipts.contains(&receipt));
        let item = denied.map(|it| Item::Message(Box::new(it.held.clone())));
        let item = item.or_else(|| waiting.map(|hold| hold.item.clone()));
        Some(Case {
            words: item.map(|item| words(&self.sight, &item)).unwrap_or_default(),
            why: vec![self.why(&appeal.receipt)],
            today: appeal.review.on_text.or(appeal.review.on_facts),
            plea: Some(self.sight.stream.bodies.text(&appeal.text).unwrap_or("–").to_owned()),
            ..self.case(id.to_string(), "appeal", (appeal.receipt.member, appeal.at_ms))
        })
    }
}

/// Holds by what held them, the order kept: what one rule held is decided alike more often than not.
fn by_rule(holds: &[Case]) -> BTreeMap<String, Vec<&Case>> {
    let mut found: BTreeMap<String, Vec<&Case>> = BTreeMap::new();
    for case in holds {
        let by = case.why.first().map(|why| why.by.clone()).unwrap_or_default();
        found.entry(by).or_default().push(case);
    }
    found
}

fn held(seat: &Seat, by: &str, cases: &[&Case]) -> Markup {
    let mine = cases.iter().filter(|case| !case.is_own);
    let together: Vec<&str> = mine.map(|case| case.id.as_str()).collect();
    let n = together.len().to_string();
    let action = seat.path("/queue/holds");
    html! {
        section.stack {
            div.heading.line {
                h2.grow { (by_in_words(seat, by)) " " span.quiet { "· " (cases.len()) } }
                @if together.len() > 1 {
                    details.together {
                        summary { (seat.fill("desk.queue.together", &[("n", &n)])) }
                        (form(&seat.page, &action, html! {
                            @for id in &together { input type="hidden" name="hold" value=(id); }
                            (note(seat, &format!("note-{}", together[0])))
                            div.line {
                                (press(
                                    Look::Quiet,
                                    ("outcome", "release"),
                                    &seat.fill("desk.queue.release_all", &[("n", &n)]),
                                ))
                                (press(
                                    Look::Danger,
                                    ("outcome", "deny"),
                                    &seat.fill("desk.queue.deny_all", &[("n", &n)]),
                                ))
                            }
                        }))
                    }
                }
            }
            @for case in cases {
                (shown(seat, case, html! {
                    (form(&seat.page, &action, html! {
                        input type="hidden" name="hold" value=(case.id);
                        (note(seat, &case.id))
                        div.line {
                            (press(Look::Main, ("outcome", "release"), seat.say("desk.queue.release")))
                            (press(Look::Danger, ("outcome", "deny"), seat.say("desk.queue.deny")))
                            @if case.due.is_some() {
                                (press(Look::Quiet, ("outcome", "keep"), seat.say("desk.queue.keep")))
                            }
                        }
                    }))
                }))
            }
        }
    }
}

fn applicants(seat: &Seat, cases: &[Case]) -> Markup {
    if cases.is_empty() || !seat.may(Permission::Approve) {
        return html! {};
    }
    html! {
        section.stack {
            h2 { (seat.say("desk.queue.applicants")) " " span.quiet { "· " (cases.len()) } }
            @for case in cases {
                (shown(seat, case, html! {
                    (form(&seat.page, &seat.path("/queue/applicants"), html! {
                        input type="hidden" name="member" value=(case.id);
                        (note(seat, &case.id))
                        div.line {
                            (press(Look::Main, ("decision", "admit"), seat.say("desk.queue.admit")))
                            (press(Look::Danger, ("decision", "refuse"), seat.say("desk.queue.refuse")))
                        }
                    }))
                }))
            }
        }
    }
}

fn appeals(seat: &Seat, cases: &[Case]) -> Markup {
    if cases.is_empty() || !seat.may(Permission::Moderate) {
        return html! {};
    }
    html! {
        section.stack {
            h2 { (seat.say("desk.queue.appeals")) " " span.quiet { "· " (cases.len()) } }
            @for case in cases {
                (shown(seat, case, html! {
                    (form(&seat.page, &seat.path("/queue/appeals"), html! {
                        input type="hidden" name="appeal" value=(case.id);
                        (note(seat, &case.id))
                        div.line {
                            (press(Look::Main, ("decision", "overturned"), seat.say("desk.queue.overturn")))
                            (press(Look::Danger, ("decision", "upheld"), seat.say("desk.queue.uphold")))
                        }
                    }))
                }))
            }
        }
    }
}

/// One case with what can be done about it.
fn shown(seat: &Seat, case: &Case, deeds: Markup) -> Markup {
    html! {
        article.card.case {
            div.line {
                (case.author.show(seat))
                span.grow {}
                (badge(Tone::Plain, &seat.word(&format!("desk.item.{}", case.kind))))
            }
            @for text in &case.words { blockquote { (text) } }
            @if !case.why.is_empty() { ul.plain { @for why in &case.why { (why.show(seat)) } } }
            @if let Some(plea) = &case.plea {
                div { p.quiet.small { (seat.say("desk.queue.plea")) } blockquote { (plea) } }
            }
            @if let Some(today) = case.today {
                p.line {
                    span.quiet { (seat.say("desk.queue.today")) }
                    (verdict_badge(seat, super::case::verdict_name(today)))
                }
            }
            p.quiet.small {
                (time(case.at_ms, &seat.zoned.full(case.at_ms)))
                @if let Some((due_ms, outcome)) = case.due { " · " (deadline(seat, due_ms, outcome)) }
            }
            @if case.is_own { p.quiet { (seat.say("desk.queue.own")) } } @else { (deeds) }
        }
    }
}

fn deadline(seat: &Seat, due_ms: u64, outcome: AtDeadline) -> String {
    let code = match outcome {
        AtDeadline::Release => "desk.queue.then_release",
        AtDeadline::Deny => "desk.queue.then_deny",
        AtDeadline::Keep => "desk.queue.then_keep",
    };
    seat.fill(code, &[("until", &seat.zoned.full(due_ms))])
}

/// A word for whoever it concerns.
fn note(seat: &Seat, id: &str) -> Markup {
    let id = format!("note-{id}");
    let label = seat.say("desk.queue.note");
    let field = Field { presence: Presence::Optional, ..Field::line("note", label) };
    html! {
        div.field {
            label.unseen for=(id) { (field.label) }
            input id=(id) name=(field.name) type="text" autocomplete="off" placeholder=(field.label);
        }
    }
}

/// Decides about one thing that waits, or about several alike.
async fn resolve(Path(community): Path<String>, form: Filled) -> Result<Response, Turn> {
    let seat = Seat::take(form.page.clone(), &community, &[Permission::Moderate]).await?;
    let outcome = match form.text("outcome") {
        "release" => AtDeadline::Release,
        "deny" => AtDeadline::Deny,
        "keep" => AtDeadline::Keep,
        _ => return Err(Problem::not_found().into()),
    };
    let holds: Vec<HoldId> = form.all("hold").filter_map(|id| id.parse().ok()).collect();
    let is_one = holds.len() == 1;
    let mut left = 0;
    for hold in holds {
        match settle(&seat, &form, (hold, outcome)).await {
            // Somebody was faster, or it is a case of one's own: the others are decided all the same.
            Err(problem) if !is_one && problem.status.is_client_error() => left += 1,
            other => other?,
        }
    }
    let said = if left == 0 { "desk.done.settled" } else { "desk.note.some_left" };
    Ok(seat.page.done(&seat.path("/queue"), Some(said)))
}

async fn settle(seat: &Seat, form: &Filled, (hold, outcome): (HoldId, AtDeadline)) -> Result<(), Problem> {
    let author = seat.room.look(move |sight| {
        let found = sight.community.queue.holds.get(&hold).map(|hold| hold.item.member());
        found.ok_or_else(|| Refusal::NotFound { what: hold.to_string() })
    });
    let author = author.await?;
    let mut room = seat.room.clone();
    // One form, several commands: each has a key of its own.
    room.caller.key = room.caller.key.map(|key| format!("{key} {hold}"));
    let text = form.text("note");
    room.ask(&form.input, |ink| {
        let note = (!text.is_empty()).then(|| ink.text_of(author, text));
        Command::Resolve { hold, outcome, note }
    })
    .await?;
    Ok(())
}

async fn decide(Path(community): Path<String>, form: Filled) -> Result<Response, Turn> {
    let seat = Seat::take(form.page.clone(), &community, &[Permission::Approve]).await?;
    let member: MemberId = form.text("member").parse().map_err(|_| Problem::not_found())?;
    let (decision, said) = match form.text("decision") {
        "admit" => (gate::Decision::Admit, "desk.done.admitted"),
        "refuse" => (gate::Decision::Refuse, "desk.done.refused"),
        _ => return Err(Problem::not_found().into()),
    };
    let text = form.text("note");
    seat.room
        .ask(&form.input, |ink| {
            let reason = (!text.is_empty()).then(|| ink.text_of(member, text));
            gate::Command::Decide { member, decision, reason }
        })
        .await?;
    Ok(seat.page.done(&seat.path("/queue"), Some(said)))
}

async fn answer(Path(community): Path<String>, form: Filled) -> Result<Response, Turn> {
    let seat = Seat::take(form.page.clone(), &community, &[Permission::Moderate]).await?;
    let appeal: AppealId = form.text("appeal").parse().map_err(|_| Problem::not_found())?;
    let (decision, said) = match form.text("decision") {
        "overturned" => (Decision::Overturned, "desk.done.overturned"),
        "upheld" => (Decision::Upheld, "desk.done.upheld"),
        _ => return Err(Problem::not_found().into()),
    };
    let author = seat.room.look(move |sight| {
        let found = sight.community.queue.appeals.get(&appeal).map(|appeal| appeal.receipt.member);
        found.ok_or_else(|| Refusal::NotFound { what: appeal.to_string() })
    });
    let (author, text) = (author.await?, form.text("note"));
    seat.room
        .ask(&form.input, |ink| {
            let note = (!text.is_empty()).then(|| ink.text_of(author, text));
            Command::DecideAppeal { appeal, decision, note }
        })
        .await?;
    Ok(seat.page.done(&seat.path("/queue"), Some(said)))
}
