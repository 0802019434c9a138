//! One script: where it stands, how it does, how it is bound, what it gave up; and the switches.

use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use kith_core::hook::Hook;
use kith_core::ids::LetterId;
use kith_core::rule::{Step, Tally};
use kith_core::script::{Binding, Command, DeadLetter, Missed, OnFault, Script};
use kith_runtime::scripting::PutError;
use maud::{Markup, html};

use super::super::seat::{Seat, grouped};
use super::list::{badges, figure, precision, said};
use super::{head, path, take};
use crate::pages::form::{Filled, form};
use crate::pages::page::{Page, Turn};
use crate::pages::parts::{
    Field, Look, Presence, Tone, banner, card, choice, fact, link, press, submit, time,
};
use crate::place::Place;
use crate::problem::Problem;
use crate::sent::Path;

pub(super) fn routes() -> Router<Place> {
    Router::new()
        .route("/c/{community}/desk/scripts/{name}", get(open).post(change))
        .route("/c/{community}/desk/letters", post(letter))
}

/// What the state says of a script besides its row.
struct Seen {
    tally: Tally,
    letters: Vec<DeadLetter>,
}

async fn open(page: Page, Path((community, name)): Path<(String, String)>) -> Result<Response, Turn> {
    let seat = take(page, &community).await?;
    let script = seat.room.script(&name).await?;
    let (no, newest, wanted) = (script.no, script.newest, name.clone());
    let version = script.live.or(script.health.quarantined).unwrap_or(newest);
    let seen = seat.room.look(move |sight| {
        let letters = sight.community.scripts.dead_letters.iter().filter(|letter| letter.no == no).cloned();
        let tally = sight.community.rules.tallies.of_script(&wanted, version);
        Ok(Seen { tally, letters: letters.collect() })
    });
    let seen = seen.await?;
    let body = html! {
        (head(&seat, &name, ""))
        (stands(&seat, &script))
        (health(&seat, &script, &seen.tally))
        @if !seen.letters.is_empty() { (letters(&seat, &script, &seen.letters)) }
        (binding(&seat, &script))
        (ends(&seat, &script))
    };
    Ok(seat.show((&name, "/scripts"), body))
}

fn stands(seat: &Seat, script: &Script) -> Markup {
    let now_ms = seat.page.caller.place.now_ms();
    let version = script.live().or(script.versions.last());
    let hooks: Vec<Hook> = version.map(|version| version.hooks.iter().copied().collect()).unwrap_or_default();
    let since_ms = script.health.since_ms;
    html! {
        section.card {
            div.line { (badges(seat, script, now_ms)) }
            p { (said(seat, &hooks)) }
            @if script.health.quarantined.is_some() && script.live.is_none() {
                (banner(Tone::Bad, html! { p { (seat.say("desk.script.quarantine")) } }))
            }
            dl {
                @if script.live.is_some() && since_ms > 0 {
                    (fact(seat.say("desk.script.since"), time(since_ms, &seat.zoned.full(since_ms))))
                }
                (fact(seat.say("desk.script.origin"), html! {
                    (seat.word(&format!("desk.origin.{}", script.origin.name())))
                }))
            }
            div.line {
                (link(Look::Main, &path(seat, &script.name, "/edit"), seat.say("desk.script.edit")))
                (link(Look::Quiet, &path(seat, &script.name, "/replay"), seat.say("desk.script.replay")))
                @if script.shadow.is_some() {
                    (link(
                        Look::Quiet,
                        &path(seat, &script.name, "/shadow"),
                        seat.say("desk.script.agreement"),
                    ))
                    (button(seat, script, ("shadow_off", ""), (Look::Quiet, "desk.script.shadow_off")))
                }
            }
        }
    }
}

/// A button by itself: what it does to a script.
pub(super) fn button(
    seat: &Seat,
    script: &Script,
    (does, version): (&str, &str),
    (look, code): (Look, &'static str),
) -> Markup {
    let inside = html! {
        @if !version.is_empty() { input type="hidden" name="version" value=(version); }
        (press(look, ("do", does), seat.say(code)))
    };
    form(&seat.page, &path(seat, &script.name, ""), inside)
}

fn health(seat: &Seat, script: &Script, tally: &Tally) -> Markup {
    let (health, now_ms) = (&script.health, seat.page.caller.place.now_ms());
    let operations = health.metered.operations.checked_div(health.metered.runs).unwrap_or(0);
    let (right, wrong) = tally.judged();
    card(
        seat.say("desk.script.health"),
        html! {
            div.figures {
                (figure(seat.say("desk.script.runs"), &grouped(health.metered.runs)))
                (figure(seat.say("desk.script.held"), &grouped(health.metered.held)))
                (figure(seat.say("desk.script.denied"), &grouped(health.metered.denied)))
                (figure(seat.say("desk.script.rewritten"), &grouped(health.metered.rewritten)))
                (figure(seat.say("desk.script.faults"), &grouped(health.metered.faults)))
                (figure(seat.say("desk.script.operations"), &grouped(operations)))
            }
            p {
                (seat.fill("desk.script.hour", &[
                    ("asked", &grouped(health.asked)),
                    ("denied", &grouped(health.denied)),
                    ("sanctioned", &grouped(health.sanctioned)),
                ]))
            }
            @if health.capped {
                (banner(Tone::Warning, html! { p { (seat.say("desk.script.capped_why")) } }))
            }
            @match precision(tally) {
                Some(share) => p { (seat.fill("desk.script.judged", &[
                    ("share", &share), ("right", &grouped(right)), ("wrong", &grouped(wrong)),
                ])) },
                None => p.quiet { (seat.say("desk.script.not_judged")) },
            }
            @for (hook, breaker) in &health.breakers {
                @let hook = seat.word(&format!("desk.hook.{}", hook.name()));
                @let faults = breaker.faults.len().to_string();
                @let until = seat.zoned.clock(breaker.open_until_ms);
                @if breaker.is_open(now_ms) {
                    (banner(Tone::Bad, html! {
                        p { (seat.fill("desk.script.breaker_until", &[("hook", &hook), ("until", &until)])) }
                    }))
                } @else {
                    p { (seat.fill("desk.script.breaker", &[("hook", &hook), ("faults", &faults)])) }
                }
            }
            @if health.metered.faults == 0 { p.quiet { (seat.say("desk.script.no_fault")) } }
        },
    )
}

fn letters(seat: &Seat, script: &Script, letters: &[DeadLetter]) -> Markup {
    card(
        seat.say("desk.letters.title"),
        html! {
            p.quiet { (seat.say("desk.letters.why")) }
            ul.plain {
                @for letter in letters {
                    li.line {
                        span.grow {
                            (time(letter.at_ms, &seat.zoned.full(letter.at_ms))) " · "
                            @match &letter.of {
                                Missed::Event { seq, .. } => (
                                    seat.fill("desk.letters.event", &[("seq", &seq.to_string())])
                                ),
                                Missed::Timer { name, .. } => (
                                    seat.fill("desk.letters.timer", &[("name", name)])
                                ),
                            }
                        }
                        (form(&seat.page, &seat.path("/letters"), html! {
                            input type="hidden" name="script" value=(script.name);
                            input type="hidden" name="letter" value=(letter.id);
                            (press(Look::Quiet, ("do", "retry"), seat.say("desk.letters.retry")))
                            (press(Look::Quiet, ("do", "drop"), seat.say("desk.letters.drop")))
                        }))
                    }
                }
            }
        },
    )
}

const STEPS: [(&str, Step, &str); 6] = [
    ("remind", Step::Remind, "desk.step.remind"),
    ("hold", Step::Hold, "desk.step.hold"),
    ("warn", Step::Warn, "desk.step.warn"),
    ("mute", Step::Mute, "desk.step.mute"),
    ("remove", Step::Remove, "desk.step.remove"),
    ("ban", Step::Ban, "desk.step.ban"),
];

fn binding(seat: &Seat, script: &Script) -> Markup {
    let Binding { step, on_fault } = &script.binding;
    let chosen = STEPS.iter().find(|(_, it, _)| it == step).map_or("", |(name, ..)| name);
    let steps: Vec<(&str, &str)> = STEPS.iter().map(|(name, _, code)| (*name, seat.say(code))).collect();
    let faults = [("hold", seat.say("desk.on_fault.hold")), ("open", seat.say("desk.on_fault.open"))];
    let step = Field {
        value: chosen,
        help: Some(seat.say("desk.step.help")),
        presence: Presence::Optional,
        ..Field::line("step", seat.say("desk.step"))
    };
    let on_fault = if *on_fault == OnFault::Open { "open" } else { "hold" };
    let on_fault = Field { value: on_fault, ..Field::line("on_fault", seat.say("desk.on_fault")) };
    let inside = html! {
        input type="hidden" name="do" value="bind";
        (choice(&step, &steps))
        (choice(&on_fault, &faults))
        div.line { (submit(Look::Quiet, seat.say("desk.save"))) }
    };
    card(seat.say("desk.script.binding"), form(&seat.page, &path(seat, &script.name, ""), inside))
}

fn ends(seat: &Seat, script: &Script) -> Markup {
    card(
        seat.say("desk.script.ends"),
        html! {
            @if script.live.is_some() {
                div.line {
                    p.grow { (seat.say("desk.script.off_why")) }
                    (button(seat, script, ("off", ""), (Look::Quiet, "desk.script.off")))
                }
            }
            details {
                summary { (seat.say("desk.script.remove")) }
                (form(&seat.page, &path(seat, &script.name, ""), html! {
                    div.stack {
                        p { (seat.say("desk.script.remove_why")) }
                        (Field::line(
                            "again",
                            &seat.fill("desk.script.remove_again", &[("name", &script.name)]),
                        ).show())
                        div.line { (press(Look::Danger, ("do", "remove"), seat.say("desk.script.remove"))) }
                    }
                }))
            }
        },
    )
}

/// What a button of the script's pages does.
async fn change(Path((community, name)): Path<(String, String)>, form: Filled) -> Result<Response, Turn> {
    let seat = take(form.page.clone(), &community).await?;
    let script = seat.room.script(&name).await?;
    let version = || form.text("version").parse::<u32>().map_err(|_| Problem::not_found());
    let (command, said) = match form.text("do") {
        "activate" => match seat.page.caller.place.desk.check_kept(&script, version()?).await {
            Ok(_) => (Command::Activate { name, version: version()? }, "desk.done.live"),
            // The editor says what does not pass.
            Err(PutError::Problem(_)) => {
                let to = path(&seat, &name, &format!("/edit?version={}", version()?));
                return Ok(seat.page.done(&to, Some("desk.note.not_passed")));
            }
            Err(PutError::Ask(error)) => return Err(error.into()),
            Err(PutError::TooSlow | PutError::Broken(_)) => return Err(Problem::failed().into()),
        },
        "shadow" => (Command::Shadow { name, version: Some(version()?) }, "desk.done.shadow"),
        "shadow_off" => (Command::Shadow { name, version: None }, "desk.done.shadow_off"),
        "off" => (Command::SwitchOff { name }, "desk.done.off"),
        "remove" if form.text("again") == name => (Command::Remove { name }, "desk.done.removed"),
        "remove" => return Ok(seat.page.done(&path(&seat, &name, ""), Some("desk.note.not_removed"))),
        "bind" => (Command::Bind { name, binding: bound(&script, &form) }, "desk.done.saved"),
        _ => return Err(Problem::not_found().into()),
    };
    let is_gone = matches!(command, Command::Remove { .. });
    let to = if is_gone { seat.path("/scripts") } else { path(&seat, &script.name, "") };
    match seat.room.ask(&form.input, |_| command).await {
        Err(problem) if problem.text.code == "nothing_to_change" => {
            Ok(seat.page.done(&to, Some("desk.note.unchanged")))
        }
        other => {
            other?;
            Ok(seat.page.done(&to, Some(said)))
        }
    }
}

fn bound(script: &Script, form: &Filled) -> Binding {
    let step = STEPS.iter().find(|(name, ..)| *name == form.text("step")).map(|(_, step, _)| *step);
    let on_fault = if form.text("on_fault") == "open" { OnFault::Open } else { OnFault::Hold };
    Binding { step: step.unwrap_or(script.binding.step), on_fault }
}

async fn letter(Path(community): Path<String>, form: Filled) -> Result<Response, Turn> {
    let seat = take(form.page.clone(), &community).await?;
    let letter: LetterId = form.text("letter").parse().map_err(|_| Problem::not_found())?;
    let (command, said) = match form.text("do") {
        "retry" => (Command::RetryLetter { letter }, "desk.done.retried"),
        _ => (Command::DropLetter { letter }, "desk.done.dropped"),
    };
    seat.room.ask(&form.input, |_| command).await?;
    Ok(seat.page.done(&path(&seat, form.text("script"), ""), Some(said)))
}
