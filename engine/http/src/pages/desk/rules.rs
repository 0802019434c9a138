//! Rules, their lists, and the raid switch. A rule is written as in `community.toml`; a mistake is told with
//! its place, and what was typed stands there again.

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use kith_core::command::CommandKind;
use kith_core::community;
use kith_core::role::Permission;
use kith_core::rule::{Command, RuleConfig, Switch, Tally};
use kith_runtime::blueprint::{Mistake, Source};
use maud::{Markup, html};

use super::scripts::{figure, moved, precision};
use super::seat::{Seat, grouped};
use crate::pages::form::{Filled, Mistakes, form};
use crate::pages::page::{Page, Turn};
use crate::pages::parts::{Field, Look, Tone, badge, banner, card, press};
use crate::place::Place;
use crate::problem::Problem;
use crate::sent::Path;

/// A rule to begin from.
const FIRST: &str = "name = \"ads\"\nstep = \"hold\"\ncheck.words = { lists = [\"ads\"] }\n";

pub(super) fn routes() -> Router<Place> {
    Router::new()
        .route("/c/{community}/desk/rules", get(open).post(act))
        .route("/c/{community}/desk/lists", post(set_list))
        .route("/c/{community}/desk/raid", post(turn))
}

struct Row {
    name: String,
    step: &'static str,
    version: u32,
    check: String,
    text: String,
    tally: Tally,
}

struct Seen {
    rules: Vec<Row>,
    lists: Vec<(String, Vec<String>)>,
    raid_until_ms: Option<u64>,
}

/// What was typed and cannot be taken: for which rule, the text, and why.
struct Again {
    rule: String,
    text: String,
    why: Markup,
}

const WHO: &[Permission] = &[Permission::ManageRules];

async fn open(page: Page, Path(community): Path<String>) -> Result<Response, Turn> {
    let seat = Seat::take(page, &community, WHO).await?;
    shown(&seat, None).await
}

async fn look(seat: &Seat) -> Result<Seen, Turn> {
    let seen = seat.room.look(|sight| {
        let (rules, profile) = (&sight.community.rules, &sight.community.profile);
        let row = |rule: &kith_core::rule::Rule| {
            let check = serde_json::to_value(&rule.config.check).unwrap_or_default();
            let kind = check.as_object().and_then(|map| map.keys().next().cloned());
            Row {
                name: rule.config.name.clone(),
                step: rule.config.step.name(),
                version: rule.version,
                check: kind.unwrap_or_default(),
                text: toml::to_string(&rule.config).unwrap_or_default(),
                tally: rules.tallies.get(&rule.config.name, rule.version),
            }
        };
        let lists = profile.lists.iter().map(|(name, lines)| (name.clone(), lines.clone()));
        Ok(Seen {
            rules: rules.rows.iter().map(row).collect(),
            lists: lists.collect(),
            raid_until_ms: rules.raid.until_ms,
        })
    });
    Ok(seen.await?)
}

async fn shown(seat: &Seat, again: Option<&Again>) -> Result<Response, Turn> {
    let seen = look(seat).await?;
    let title = seat.say("desk.rules.title");
    let of = |name: &str| again.filter(|again| again.rule == name);
    let body = html! {
        div.heading { h1 { (title) } p.quiet { (seat.say("desk.rules.order")) } }
        @if seat.may(Permission::Moderate) { (raid(seat, seen.raid_until_ms)) }
        @for (place, row) in seen.rules.iter().enumerate() {
            (rule(seat, row, (place, seen.rules.len()), of(&row.name)))
        }
        section.card {
            details open[of("").is_some()] {
                summary { (seat.say("desk.rules.new")) }
                (editor(seat, ("", of("").map_or(FIRST, |again| &again.text)), of("")))
            }
        }
        h2 { (seat.say("desk.lists.title")) }
        @for (name, lines) in &seen.lists { (list(seat, name, lines)) }
        (list(seat, "", &[]))
    };
    let status = if again.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(seat.show_as(status, (title, "/rules"), body))
}

fn rule(seat: &Seat, row: &Row, (place, of): (usize, usize), again: Option<&Again>) -> Markup {
    let action = seat.path("/rules");
    let text = again.map_or(row.text.as_str(), |again| &again.text);
    html! {
        section.card.rule {
            div.line {
                h2.grow { (row.name) }
                (badge(Tone::Plain, &seat.word(&format!("desk.check_kind.{}", row.check))))
                (badge(Tone::Warning, &seat.word(&format!("desk.step.{}", row.step))))
            }
            div.figures {
                (figure(seat.say("desk.version_column"), &row.version.to_string()))
                (figure(seat.say("desk.tally.hits"), &grouped(row.tally.hits)))
                @if let Some(share) = precision(&row.tally) { (figure(seat.say("desk.precision"), &share)) }
            }
            @if of > 1 {
                (form(&seat.page, &action, html! {
                    div.line {
                        input type="hidden" name="name" value=(row.name);
                        @if place > 0 { (press(Look::Quiet, ("do", "up"), seat.say("desk.move_up"))) }
                        @if place + 1 < of {
                            (press(Look::Quiet, ("do", "down"), seat.say("desk.move_down")))
                        }
                    }
                }))
            }
            details open[again.is_some()] {
                summary { (seat.say("desk.rules.edit")) }
                (editor(seat, (&row.name, text), again))
            }
        }
    }
}

fn editor(seat: &Seat, (name, text): (&str, &str), again: Option<&Again>) -> Markup {
    let id = format!("rule-{name}");
    form(
        &seat.page,
        &seat.path("/rules"),
        html! {
            @if let Some(again) = again { (banner(Tone::Bad, again.why.clone())) }
            input type="hidden" name="name" value=(name);
            div.field {
                label.unseen for=(id) { (seat.say("desk.rules.text")) }
                textarea.code id=(id)
                name="text" rows=(text.lines().count().clamp(4, 40))
                spellcheck="false" { "\n" (text) }
            }
            div.line {
                (press(Look::Main, ("do", "set"), seat.say("desk.save")))
                @if !name.is_empty() {
                    (press(Look::Danger, ("do", "remove"), seat.say("desk.rules.remove")))
                }
            }
        },
    )
}

async fn act(Path(community): Path<String>, form: Filled) -> Result<Response, Turn> {
    let seat = Seat::take(form.page.clone(), &community, WHO).await?;
    let (name, text) = (form.text("name").to_owned(), form.raw("text").replace("\r\n", "\n"));
    let command: CommandKind = match form.text("do") {
        "remove" => Command::Remove { name: name.clone() }.into(),
        way @ ("up" | "down") => {
            let names = look(&seat).await?.rules.into_iter().map(|row| row.name).collect();
            Command::Reorder { names: moved(names, &name, way) }.into()
        }
        _ => match toml::from_str::<RuleConfig>(&text) {
            Ok(rule) => Command::Set { rule: Box::new(rule) }.into(),
            Err(error) => {
                let source = Source { path: "community.toml", text: &text };
                let why = html! { pre { (Mistake::of_toml(source, &error).to_string()) } };
                return shown(&seat, Some(&Again { rule: name, text, why })).await;
            }
        },
    };
    match seat.room.ask(&form.input, |_| command).await {
        Ok(_) => Ok(seat.page.done(&seat.path("/rules"), Some("desk.done.saved"))),
        Err(problem) => {
            let mistakes = Mistakes::from_problem(problem, seat.page.words(), &[])?;
            let why = html! { p { (mistakes.whole.unwrap_or_default()) } };
            shown(&seat, Some(&Again { rule: name, text, why })).await
        }
    }
}

fn list(seat: &Seat, name: &str, lines: &[String]) -> Markup {
    let (id, text) = (format!("list-{name}"), lines.join("\n"));
    let inside = html! {
        @if name.is_empty() { (Field::line("name", seat.say("desk.lists.name")).show()) }
        @else { input type="hidden" name="name" value=(name); }
        div.field {
            label for=(id) { (seat.say("desk.lists.lines")) }
            textarea id=(id) name="lines" rows=(lines.len().clamp(4, 20)) spellcheck="false" { "\n" (text) }
        }
        div.line { (press(Look::Quiet, ("do", "set"), seat.say("desk.save"))) }
    };
    let heading = if name.is_empty() {
        seat.say("desk.lists.new").to_owned()
    } else {
        format!("{name} · {}", lines.len())
    };
    html! {
        section.card { details { summary { (heading) } (form(&seat.page, &seat.path("/lists"), inside)) } }
    }
}

async fn set_list(Path(community): Path<String>, form: Filled) -> Result<Response, Turn> {
    let seat = Seat::take(form.page.clone(), &community, WHO).await?;
    let name = form.text("name").to_owned();
    let lines = form.raw("lines").lines().map(str::trim).filter(|line| !line.is_empty());
    let lines: Vec<String> = lines.map(str::to_owned).collect();
    seat.room.ask(&form.input, |_| community::Command::SetList { name, lines }).await?;
    Ok(seat.page.done(&seat.path("/rules"), Some("desk.done.saved")))
}

fn raid(seat: &Seat, until_ms: Option<u64>) -> Markup {
    let action = seat.path("/raid");
    card(
        seat.say("desk.raid.title"),
        html! {
            @match until_ms {
                Some(until_ms) => {
                    (banner(Tone::Warning, html! {
                        p { (seat.fill("desk.raid.on", &[("until", &seat.zoned.full(until_ms))])) }
                    }))
                    (form(&seat.page, &action, html! {
                        div.line { (press(Look::Quiet, ("switch", "off"), seat.say("desk.raid.turn_off"))) }
                    }))
                },
                None => {
                    p.quiet { (seat.say("desk.raid.what")) }
                    (form(&seat.page, &action, html! {
                        div.line { (press(Look::Danger, ("switch", "on"), seat.say("desk.raid.turn_on"))) }
                    }))
                },
            }
        },
    )
}

async fn turn(Path(community): Path<String>, form: Filled) -> Result<Response, Turn> {
    let seat = Seat::take(form.page.clone(), &community, &[Permission::Moderate]).await?;
    let switch = match form.text("switch") {
        "on" => Switch::On { for_ms: None },
        "off" => Switch::Off,
        _ => return Err(Problem::not_found().into()),
    };
    seat.room.ask(&form.input, |_| Command::SetRaid { switch }).await?;
    Ok(seat.page.done(&seat.path("/rules"), Some("desk.done.saved")))
}
