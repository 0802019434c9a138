//! The editor: a source and its cases, what the checks say of them, and putting them in.
//!
//! Without JavaScript a button checks; with it the same checks are asked while somebody types. What does not
//! pass changes nothing: the live version stays, and what was typed stands in the fields again.

use axum::Router;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use kith_core::community::Language;
use kith_core::script::{Origin, Script, Stage};
use kith_runtime::scripting::{CASES_ENDING, How, SCRIPT_ENDING, Written};
use maud::{Markup, html};
use serde::Deserialize;

use super::super::seat::Seat;
use super::told::Told;
use super::{head, path, replay, take};
use crate::pages::assets;
use crate::pages::form::{Filled, Mistakes, form};
use crate::pages::page::{Page, Turn};
use crate::pages::parts::{Field, Look, Tone, banner, choice, press};
use crate::place::Place;
use crate::sent::{Path, Query};

/// Numbers beside the lines, beyond those there are: somebody may write more of them.
const LINES_MORE: usize = 300;

const FIRST: [(&str, &str); 2] = [
    (include_str!("first/en.rhai"), include_str!("first/en.cases.toml")),
    (include_str!("first/zh-CN.rhai"), include_str!("first/zh-CN.cases.toml")),
];

pub(super) fn routes() -> Router<Place> {
    Router::new()
        .route("/c/{community}/desk/new-script", get(begin).post(save_new))
        .route("/c/{community}/desk/check-script", post(check))
        .route("/c/{community}/desk/scripts/{name}/edit", get(open).post(save))
}

/// What stands in the editor.
#[derive(Debug, Clone)]
pub(super) struct Typed {
    pub(super) name: String,
    pub(super) source: String,
    cases: String,
    stage: Stage,
}

impl Typed {
    fn of(form: &Filled, name: &str) -> Self {
        // Browsers send line ends as CRLF whatever was typed.
        let text = |field| form.raw(field).replace("\r\n", "\n");
        let stage = match form.text("stage") {
            "shadow" => Stage::Shadow,
            "kept" => Stage::Kept,
            _ => Stage::Live,
        };
        Self { name: name.to_owned(), source: text("source"), cases: text("cases"), stage }
    }

    pub(super) fn file(&self) -> String {
        format!("{}{SCRIPT_ENDING}", self.name)
    }

    fn written(&self) -> Written {
        let cases = Some(self.cases.clone()).filter(|text| !text.trim().is_empty());
        let cases = cases.map(|text| (format!("{}{CASES_ENDING}", self.name), text));
        Written { name: self.name.clone(), file: self.file(), source: self.source.clone(), cases }
    }
}

const fn stage_name(stage: Stage) -> &'static str {
    match stage {
        Stage::Live => "live",
        Stage::Shadow => "shadow",
        Stage::Kept => "kept",
    }
}

/// Which version to begin with.
#[derive(Debug, Deserialize)]
struct From {
    version: Option<u32>,
}

async fn begin(page: Page, Path(community): Path<String>) -> Result<Response, Turn> {
    let seat = take(page, &community).await?;
    let (source, cases) = FIRST[usize::from(seat.language() == Language::Chinese)];
    let (source, cases) = (source.to_owned(), cases.to_owned());
    let typed = Typed { name: String::new(), source, cases, stage: Stage::Shadow };
    Ok(shown(&seat, None, &typed, (&Told::Nothing, &Mistakes::none())))
}

async fn open(
    page: Page,
    Path((community, name)): Path<(String, String)>,
    Query(from): Query<From>,
) -> Result<Response, Turn> {
    let seat = take(page, &community).await?;
    let script = seat.room.script(&name).await?;
    let version = match from.version {
        Some(number) => script.version(number),
        None => script.versions.last(),
    };
    let (source, cases) =
        version.map(|version| (version.source.clone(), version.cases.clone())).unwrap_or_default();
    let typed = Typed { name, source, cases, stage: Stage::Live };
    Ok(shown(&seat, Some(&script), &typed, (&Told::Nothing, &Mistakes::none())))
}

async fn save_new(Path(community): Path<String>, form: Filled) -> Result<Response, Turn> {
    let seat = take(form.page.clone(), &community).await?;
    let typed = Typed::of(&form, form.text("name"));
    let wanted = typed.name.clone();
    let known = seat.room.look(move |sight| Ok(sight.community.scripts.get(&wanted).is_some())).await?;
    let mut mistakes = Mistakes::none();
    if known {
        mistakes.note("name", seat.say("desk.script.name_taken"));
    } else if kith_core::limits::check_name(&typed.name).is_err() {
        mistakes.note("name", seat.say("desk.script.name_wrong"));
    }
    if !mistakes.is_empty() {
        return Ok(shown(&seat, None, &typed, (&Told::Nothing, &mistakes)));
    }
    act(&seat, None, &typed, &form).await
}

async fn save(Path((community, name)): Path<(String, String)>, form: Filled) -> Result<Response, Turn> {
    let seat = take(form.page.clone(), &community).await?;
    let script = seat.room.script(&name).await?;
    act(&seat, Some(&script), &Typed::of(&form, &name), &form).await
}

/// Does what the pressed button says.
async fn act(seat: &Seat, script: Option<&Script>, typed: &Typed, form: &Filled) -> Result<Response, Turn> {
    let desk = &seat.page.caller.place.desk;
    let checked = match desk.check(&typed.written()).await {
        Ok(checked) => checked,
        Err(error) => {
            let told = Told::of(seat, error)?;
            return Ok(shown(seat, script, typed, (&told, &Mistakes::none())));
        }
    };
    match form.text("do") {
        "save" => {}
        "replay" => return replay::of_draft(seat, &typed.written(), &checked).await,
        _ => return Ok(shown(seat, script, typed, (&Told::Fine(checked), &Mistakes::none()))),
    }
    let how = How { origin: Origin::Command, binding: None, stage: typed.stage };
    if let Err(problem) = seat.room.put_script(&form.input, (&typed.written(), &how), &checked).await {
        let mistakes = Mistakes::from_problem(problem, seat.page.words(), &["name"])?;
        let told = match &mistakes.whole {
            Some(sentence) => Told::Refused(sentence.clone()),
            None => Told::Fine(checked),
        };
        return Ok(shown(seat, script, typed, (&told, &mistakes)));
    }
    let said = match typed.stage {
        Stage::Live => "desk.done.live",
        Stage::Shadow => "desk.done.shadow",
        Stage::Kept => "desk.done.kept",
    };
    Ok(seat.page.done(&path(seat, &typed.name, ""), Some(said)))
}

/// What the checks say, as a piece of the page: asked while somebody types.
async fn check(Path(community): Path<String>, form: Filled) -> Result<Response, Turn> {
    let seat = take(form.page.clone(), &community).await?;
    let name = Some(form.text("name")).filter(|name| !name.is_empty()).unwrap_or("script");
    let typed = Typed::of(&form, name);
    let told = match seat.page.caller.place.desk.check(&typed.written()).await {
        Ok(checked) => Told::Fine(checked),
        Err(error) => Told::of(&seat, error)?,
    };
    let piece = html! { (told.shown(&seat)) (told.marks(&typed.source, &typed.file())) };
    Ok(Html(piece.into_string()).into_response())
}

fn shown(seat: &Seat, script: Option<&Script>, typed: &Typed, said: (&Told, &Mistakes)) -> Response {
    let title = match script {
        Some(script) => script.name.clone(),
        None => seat.say("desk.scripts.new").to_owned(),
    };
    let action = match script {
        Some(script) => path(seat, &script.name, "/edit"),
        None => seat.path("/new-script"),
    };
    let is_of_folder = script.is_some_and(|script| script.origin == Origin::Folder);
    let body = html! {
        @match script {
            Some(script) => (head(seat, &script.name, "/edit")),
            None => div.heading {
                p.quiet { a href=(seat.path("/scripts")) { (seat.say("desk.scripts.title")) } }
                h1 { (title) }
            },
        }
        @if is_of_folder { (banner(Tone::Warning, html! { p { (seat.say("desk.script.of_folder")) } })) }
        div.card.edit data-check=(seat.path("/check-script")) {
            (form(&seat.page, &action, fields(seat, script, typed, said)))
        }
        script src=(assets::address("editor.js")) defer {}
    };
    let (told, mistakes) = said;
    let is_fine = !told.is_wrong() && mistakes.is_empty();
    let status = if is_fine { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    seat.show_as(status, (&title, "/scripts"), body)
}

fn fields(
    seat: &Seat,
    script: Option<&Script>,
    typed: &Typed,
    (told, mistakes): (&Told, &Mistakes),
) -> Markup {
    // What comes from a folder is put in there.
    let is_ours = script.is_none_or(|script| script.origin == Origin::Command);
    let stages = [
        ("live", seat.say("desk.stage.live")),
        ("shadow", seat.say("desk.stage.shadow")),
        ("kept", seat.say("desk.stage.kept")),
    ];
    let stage = Field {
        value: stage_name(typed.stage),
        help: Some(seat.say("desk.stage.help")),
        ..Field::line("stage", seat.say("desk.stage"))
    };
    html! {
        @match script {
            Some(script) => input type="hidden" name="name" value=(script.name);,
            None => (Field {
                value: &typed.name,
                mistake: mistakes.of("name"),
                help: Some(seat.say("desk.script.name_help")),
                ..Field::line("name", seat.say("desk.script.name"))
            }.show()),
        }
        div.field {
            label for="source" { (seat.say("desk.script.source")) }
            (source_field(typed, told))
        }
        (told.shown(seat))
        details open[!typed.cases.trim().is_empty()] {
            summary { (seat.say("desk.script.cases")) }
            div.field {
                p.help #cases-help { (seat.say("desk.script.cases_help")) }
                textarea.code #cases name="cases" rows="8" spellcheck="false" autocapitalize="off"
                    autocomplete="off" aria-label=(seat.say("desk.script.cases"))
                    aria-describedby="cases-help"
                    { "\n" (typed.cases) }
            }
        }
        @if is_ours { (choice(&stage, &stages)) }
        div.line {
            @if is_ours { (press(Look::Main, ("do", "save"), seat.say("desk.script.save"))) }
            (press(Look::Quiet, ("do", "check"), seat.say("desk.script.check")))
            (press(Look::Quiet, ("do", "replay"), seat.say("desk.script.replay_draft")))
        }
    }
}

/// The field with numbers beside its lines and marks behind them.
fn source_field(typed: &Typed, told: &Told) -> Markup {
    let lines = typed.source.split('\n').count();
    let numbers: String = (1..=lines + LINES_MORE).map(|line| format!("{line}\n")).collect();
    html! {
        div.source {
            div.numbers aria-hidden="true" { pre { (numbers) } }
            div.page {
                (told.marks(&typed.source, &typed.file()))
                textarea.code #source name="source" rows=(lines.clamp(12, 60)) required spellcheck="false"
                    autocapitalize="off" autocomplete="off" wrap="off"
                    aria-invalid=[told.is_wrong().then_some("true")] aria-describedby="told"
                    { "\n" (typed.source) }
            }
        }
    }
}
