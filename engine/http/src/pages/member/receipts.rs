//! A receipt: why something was held, denied or punished, by which rule in which version, what would have
//! passed, and how to have somebody look again.

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use kith_core::ids::ReceiptId;
use kith_core::moment::DAY_MS;
use kith_core::queue::{AtDeadline, Command, Decision, Ground, Item, Receipt, State, Verdict};
use kith_core::role::Permission;
use kith_runtime::texts::Reader;
use maud::{Markup, html};

use super::visit::{Visit, name_of};
use crate::api::id;
use crate::pages::form::{Filled, Mistakes, form};
use crate::pages::layout::Shape;
use crate::pages::page::{Page, Turn};
use crate::pages::parts::{Field, Kind, Look, Tone, badge, banner, card, fact, submit, time};
use crate::place::Place;
use crate::problem::Problem;
use crate::room::Sight;
use crate::sent::Path;

pub(super) fn routes() -> Router<Place> {
    Router::new()
        .route("/c/{community}/receipts/{receipt}", get(show))
        .route("/c/{community}/receipts/{receipt}/appeal", post(appeal))
}

/// What became of what a receipt is about.
enum Fate {
    /// It waits, until a time and with what happens then.
    Waits(Option<u64>, AtDeadline),
    /// It was not let through.
    Denied,
    /// Nothing of it is in the queue any more.
    Over,
}

/// What the page shows.
struct Shown {
    receipt: Receipt,
    reason: String,
    hint: Option<String>,
    remedy: Option<String>,
    text: Option<String>,
    fate: Fate,
    about: Option<String>,
    by: By,
    appeal: Option<(String, State)>,
    may_appeal: bool,
    appeal_until_ms: u64,
}

/// What decided.
enum By {
    Rule(String, u32),
    Script(String, u32),
    Gate,
    Person,
    Deadline,
}

impl By {
    fn of(ground: &Ground) -> Self {
        match ground {
            Ground::Rule(ground) => Self::Rule(ground.rule.clone(), ground.version),
            Ground::Script(ground) => Self::Script(ground.script.clone(), ground.version),
            Ground::Gate(_) => Self::Gate,
            Ground::Person { .. } => Self::Person,
            Ground::Deadline { .. } => Self::Deadline,
        }
    }

    fn told(&self, visit: &Visit) -> String {
        let versioned = |code, name: &str, version: u32| {
            visit.fill(code, &[("name", name), ("version", &version.to_string())])
        };
        match self {
            Self::Rule(name, 0) => name.clone(),
            Self::Rule(name, version) => versioned("page.receipt.rule", name, *version),
            Self::Script(name, version) => versioned("page.receipt.script", name, *version),
            Self::Gate => visit.say("page.receipt.gate").to_owned(),
            Self::Person => visit.say("page.receipt.person").to_owned(),
            Self::Deadline => visit.say("page.receipt.deadline").to_owned(),
        }
    }
}

/// What was decided, as a badge.
pub(super) fn verdict(visit: &Visit, verdict: Verdict) -> Markup {
    match verdict {
        Verdict::Allow => badge(Tone::Plain, visit.say("page.receipt.allowed")),
        Verdict::Hold => badge(Tone::Warning, visit.say("page.receipt.held")),
        Verdict::Deny => badge(Tone::Bad, visit.say("page.receipt.denied")),
    }
}

async fn look(visit: &Visit, id: ReceiptId) -> Result<Shown, Problem> {
    let (language, now_ms) = (visit.page.words().language, visit.page.caller.place.now_ms());
    let gone = visit.say("page.members.gone");
    let shown = visit.room.look(move |sight| {
        let reader = Reader { language, stream: Some(sight.stream) };
        let queue = &sight.community.queue;
        let appealed = queue.appeals.values().find(|appeal| appeal.receipt.id == id);
        let receipt = queue.receipts.get(&id).or_else(|| appealed.map(|appeal| &appeal.receipt));
        let is_mine = |receipt: &Receipt| sight.me.is_some_and(|me| me.id == receipt.member);
        let moderates = sight.may(Permission::Moderate);
        let receipt = receipt.filter(|receipt| is_mine(receipt) || moderates);
        let receipt =
            receipt.ok_or_else(|| kith_core::refusal::Refusal::NotFound { what: id.to_string() })?.clone();
        let (fate, text) = fate(&sight, id);
        let said = |body| sight.stream.bodies.text(body).unwrap_or_default().to_owned();
        let appeal_until_ms = receipt.at_ms.saturating_add(u64::from(queue.config.appeal_days) * DAY_MS);
        let may_appeal = is_mine(&receipt) && appealed.is_none() && receipt.objects();
        Ok(Shown {
            reason: reader.render(&receipt.reason),
            hint: reader.hint(&receipt.reason),
            remedy: receipt.remedy.as_ref().map(|text| reader.render(text)),
            text,
            fate,
            about: (!is_mine(&receipt)).then(|| name_of(&sight, receipt.member, gone)),
            by: By::of(&receipt.ground),
            appeal: appealed.map(|appeal| (said(&appeal.text), appeal.state.clone())),
            may_appeal: may_appeal && now_ms < appeal_until_ms,
            appeal_until_ms,
            receipt,
        })
    });
    shown.await
}

/// What became of it, and what it said where the queue still has it.
fn fate(sight: &Sight<'_>, id: ReceiptId) -> (Fate, Option<String>) {
    let queue = &sight.community.queue;
    let text = |held: &kith_core::message::Held| {
        let texts = held.parts.iter().filter_map(|part| sight.stream.bodies.text(part.body()?));
        Some(texts.collect::<Vec<_>>().join("\n")).filter(|text| !text.is_empty())
    };
    if let Some(hold) = queue.holds.values().find(|hold| hold.receipts.contains(&id)) {
        let said = match &hold.item {
            Item::Message(held) => text(held),
            Item::Join { .. } | Item::Card(_) => None,
        };
        return (Fate::Waits(hold.due_ms, hold.at_deadline), said);
    }
    match queue.denied.iter().find(|denied| denied.receipts.contains(&id)) {
        Some(denied) => (Fate::Denied, text(&denied.held)),
        None => (Fate::Over, None),
    }
}

async fn show(page: Page, Path((community, receipt)): Path<(String, String)>) -> Result<Response, Turn> {
    let (visit, _) = Visit::known(page, &community).await?;
    let receipt: ReceiptId = id(&receipt)?;
    let shown = look(&visit, receipt).await?;
    Ok(page_of(&visit, &shown, ("", &Mistakes::none())))
}

fn page_of(visit: &Visit, shown: &Shown, (text, mistakes): (&str, &Mistakes)) -> Response {
    let title = visit.say("page.receipt.title");
    let at_ms = shown.receipt.at_ms;
    let body = html! {
        div.head { h1 { (title) } }
        section.card {
            div.line {
                (verdict(visit, shown.receipt.verdict))
                span.quiet { (time(at_ms, &visit.zoned.full(at_ms))) }
            }
            @if let Some(name) = &shown.about { p { (visit.fill("page.receipt.about", &[("name", name)])) } }
            @if let Some(text) = &shown.text { blockquote.words { (text) } }
            p.large { (shown.reason) }
            @if let Some(remedy) = &shown.remedy { p { (remedy) } }
            @if let Some(hint) = &shown.hint { p { (hint) } }
            dl {
                (fact(visit.say("page.receipt.by"), html! { (shown.by.told(visit)) }))
                (fact(visit.say("page.receipt.what_now"), html! { (what_now(visit, shown)) }))
            }
        }
        (appealed(visit, shown))
        @if shown.may_appeal { (appeal_form(visit, shown, text, mistakes)) }
    };
    let status = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    visit.show_as(status, (title, "/notices", Shape::Column), body)
}

fn what_now(visit: &Visit, shown: &Shown) -> String {
    let told = |until_ms: u64, code| visit.fill(code, &[("until", &visit.zoned.full(until_ms))]);
    let is_overturned =
        matches!(&shown.appeal, Some((_, State::Decided { decision: Decision::Overturned, .. })));
    match &shown.fate {
        _ if is_overturned => visit.say("page.receipt.restored").to_owned(),
        Fate::Waits(Some(until_ms), AtDeadline::Release) => told(*until_ms, "page.receipt.waits_release"),
        Fate::Waits(Some(until_ms), AtDeadline::Deny) => told(*until_ms, "page.receipt.waits_deny"),
        Fate::Waits(..) => visit.say("page.receipt.waits").to_owned(),
        Fate::Denied => visit.say("page.receipt.not_posted").to_owned(),
        Fate::Over => visit.say("page.receipt.over").to_owned(),
    }
}

fn appealed(visit: &Visit, shown: &Shown) -> Markup {
    let Some((text, state)) = &shown.appeal else { return html! {} };
    let (tone, code) = match state {
        State::Open => (Tone::Warning, "page.appeal.open"),
        State::Decided { decision: Decision::Upheld, .. } => (Tone::Bad, "page.appeal.upheld"),
        State::Decided { decision: Decision::Overturned, .. } => (Tone::Good, "page.appeal.overturned"),
    };
    card(
        visit.say("page.appeal.yours"),
        html! {
            p { (badge(tone, visit.say(code))) }
            blockquote.words { (text) }
        },
    )
}

fn appeal_form(visit: &Visit, shown: &Shown, text: &str, mistakes: &Mistakes) -> Markup {
    let field = Field {
        kind: Kind::Area { rows: 3 },
        help: Some(visit.say("page.appeal.help")),
        value: text,
        mistake: mistakes.of("appeal"),
        ..Field::line("appeal", visit.say("page.appeal.text"))
    };
    let until = visit.fill("page.appeal.until", &[("until", &visit.zoned.full(shown.appeal_until_ms))]);
    card(
        visit.say("page.appeal.title"),
        html! {
            p.quiet { (until) }
            @if let Some(whole) = &mistakes.whole { (banner(Tone::Bad, html! { p { (whole) } })) }
            (form(&visit.page, &visit.path(&format!("/receipts/{}/appeal", shown.receipt.id)), html! {
                (field.show())
                (submit(Look::Main, visit.say("page.appeal.ask")))
            }))
        },
    )
}

async fn appeal(Path((community, receipt)): Path<(String, String)>, form: Filled) -> Result<Response, Turn> {
    let (visit, me) = Visit::known(form.page.clone(), &community).await?;
    let receipt: ReceiptId = id(&receipt)?;
    let text = form.text("appeal").to_owned();
    let asked = visit.room.ask(&form.input, |ink| Command::Appeal { receipt, text: ink.text_of(me, &text) });
    match asked.await {
        Ok(_) => {
            Ok(visit.page.done(&visit.path(&format!("/receipts/{receipt}")), Some("page.done.appealed")))
        }
        Err(problem) => {
            let mistakes = Mistakes::from_problem(problem, visit.page.words(), &["appeal"])?;
            let shown = look(&visit, receipt).await?;
            Ok(page_of(&visit, &shown, (&text, &mistakes)))
        }
    }
}
