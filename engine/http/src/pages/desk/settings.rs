//! Settings: each section is a typed value of the core. What is plain in it has a field; the whole of it can
//! be written as in `community.toml`, with the place of a mistake told.
//!
//! A form is made of the section's own serialized value and a table of fields, read back over that value, and
//! parsed by the core's own types: nothing is checked here that the core does not check.

mod sections;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use kith_core::command::CommandKind;
use kith_core::community::{self, Language, Setting, Zone};
use kith_core::moment::DAY_MS;
use kith_core::role::Permission;
use kith_core::stream::Community;
use kith_runtime::blueprint::Mistake;
use maud::{Markup, html};
use serde_json::{Map, Value};

use self::sections::{SECTIONS, Section, Typed};
use super::seat::Seat;
use crate::pages::form::{Filled, Mistakes, form};
use crate::pages::page::{Page, Turn};
use crate::pages::parts::{Field, Kind, Look, Presence, Tone, banner, choice, press};
use crate::place::Place;
use crate::problem::Problem;
use crate::sent::Path;

pub(super) fn routes() -> Router<Place> {
    Router::new()
        .route("/c/{community}/desk/settings", get(open))
        .route("/c/{community}/desk/settings/{section}", post(save))
}

/// What the page shows of the community.
#[derive(Clone)]
struct Seen {
    about: String,
    zone: String,
    language: String,
    rejoin_days: String,
    retention_days: String,
    sections: Vec<(Value, String)>,
}

impl Seen {
    fn of(community: &Community) -> Self {
        let profile = &community.profile;
        Self {
            about: profile.about.clone(),
            zone: profile.zone.name().to_owned(),
            language: profile.language.tag().to_owned(),
            rejoin_days: (profile.settings.rejoin_pause_ms / DAY_MS).to_string(),
            retention_days: profile.settings.retention_days.map(|days| days.to_string()).unwrap_or_default(),
            sections: SECTIONS.iter().map(|it| ((it.value)(community), (it.text)(community))).collect(),
        }
    }
}

/// What came of a form: which section, what was typed, what is wrong.
#[derive(Default)]
struct Again {
    section: String,
    text: Option<String>,
    fields: Map<String, Value>,
    mistakes: Mistakes,
    in_text: Option<Box<Mistake>>,
}

async fn seen(seat: &Seat) -> Result<Seen, Turn> {
    Ok(seat.room.look(|sight| Ok(Seen::of(sight.community))).await?)
}

async fn open(page: Page, Path(community): Path<String>) -> Result<Response, Turn> {
    let seat = Seat::take(page, &community, super::seat::OPERATORS).await?;
    let seen = seen(&seat).await?;
    Ok(shown(&seat, &seen, &Again::default()))
}

fn shown(seat: &Seat, seen: &Seen, again: &Again) -> Response {
    let title = seat.say("desk.settings.title");
    let body = html! {
        div.heading { h1 { (title) } }
        @if seat.may(Permission::ManageSettings) { (profile(seat, seen, again)) }
        @for (section, (value, text)) in SECTIONS.iter().zip(&seen.sections) {
            @if seat.may(section.permission) { (shown_section(seat, section, (value, text), again)) }
        }
    };
    let is_wrong = !again.mistakes.is_empty() || again.in_text.is_some();
    let status = if is_wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    seat.show_as(status, (title, "/settings"), body)
}

/// What the community is called for, and its general settings.
fn profile(seat: &Seat, seen: &Seen, again: &Again) -> Markup {
    let is_again = again.section == "profile";
    let typed = |name: &str, value: &str| -> String {
        let typed = again.fields.get(name).and_then(Value::as_str).filter(|_| is_again);
        typed.unwrap_or(value).to_owned()
    };
    let field = |name: &str, kind: Kind<'_>, value: &str| {
        let (label, help) = (seat.word(&format!("desk.field.profile.{name}")), help(seat, "profile", name));
        let mistake = again.mistakes.of(name).filter(|_| is_again);
        let value = typed(name, value);
        Field {
            kind,
            presence: Presence::Optional,
            value: &value,
            mistake,
            help,
            ..Field::line(name, &label)
        }
        .show()
    };
    let languages = [("en", "English"), ("zh-CN", "简体中文")];
    let language = seat.word("desk.field.profile.language");
    let line = Kind::Line { autocomplete: "off" };
    html! {
        section.card #profile {
            h2 { (seat.say("desk.section.profile")) }
            @if let Some(whole) = again.mistakes.whole.as_ref().filter(|_| is_again) {
                (banner(Tone::Bad, html! { p { (whole) } }))
            }
            (form(&seat.page, &seat.path("/settings/profile"), html! {
                (field("about", line, &seen.about))
                div.pair {
                    (field("zone", line, &seen.zone))
                    (choice(
                        &Field { value: &seen.language, ..Field::line("language", &language) },
                        &languages,
                    ))
                    (field("rejoin_days", Kind::Number, &seen.rejoin_days))
                    (field("retention_days", Kind::Number, &seen.retention_days))
                }
                div.line { (press(Look::Main, ("do", "fields"), seat.say("desk.save"))) }
            }))
        }
    }
}

fn help<'a>(seat: &Seat, section: &str, name: &str) -> Option<&'a str> {
    seat.page.words().find(&format!("desk.field.{section}.{name}.help"))
}

fn shown_section(seat: &Seat, section: &Section, (value, text): (&Value, &String), again: &Again) -> Markup {
    let is_again = again.section == section.key;
    let action = seat.path(&format!("/settings/{}", section.key));
    let in_text = again.in_text.as_ref().filter(|_| is_again);
    let text = again.text.as_ref().filter(|_| is_again).unwrap_or(text);
    let id = format!("text-{}", section.key);
    html! {
        section.card id=(section.key) {
            h2 { (seat.word(&format!("desk.section.{}", section.key))) }
            @if let Some(whole) = again.mistakes.whole.as_ref().filter(|_| is_again) {
                (banner(Tone::Bad, html! { p { (whole) } }))
            }
            (form(&seat.page, &action, html! {
                div.pair {
                    @for (name, typed) in section.fields {
                        (field(seat, section, (name, *typed), value, again))
                    }
                }
                div.line { (press(Look::Main, ("do", "fields"), seat.say("desk.save"))) }
            }))
            details open[again.text.is_some() && is_again] {
                summary { (seat.say("desk.settings.whole")) }
                (form(&seat.page, &action, html! {
                    @if let Some(mistake) = in_text {
                        (banner(Tone::Bad, html! { pre { (mistake.to_string()) } }))
                    }
                    div.field {
                        label.unseen for=(id) { (seat.say("desk.settings.whole")) }
                        textarea.code id=(id)
                        name="text" rows=(text.lines().count().clamp(4, 40))
                        spellcheck="false" { "\n" (text) }
                    }
                    div.line { (press(Look::Quiet, ("do", "text"), seat.say("desk.save"))) }
                }))
            }
        }
    }
}

fn field(
    seat: &Seat,
    section: &Section,
    (name, typed): (&str, Typed),
    value: &Value,
    again: &Again,
) -> Markup {
    let is_again = again.section == section.key;
    let full = format!("{}.{name}", section.key);
    let typed_again = again.fields.get(name).filter(|_| is_again);
    let current = typed_again.or(value.get(name)).map(plain).unwrap_or_default();
    let label = seat.word(&format!("desk.field.{full}"));
    let field = Field {
        kind: if matches!(typed, Typed::Number) { Kind::Number } else { Kind::Line { autocomplete: "off" } },
        presence: if matches!(typed, Typed::Number) { Presence::Required } else { Presence::Optional },
        value: &current,
        mistake: again.mistakes.of(&full).filter(|_| is_again),
        help: help(seat, section.key, name),
        ..Field::line(&full, &label)
    };
    match typed {
        Typed::One(options) => {
            let named = options.iter().map(|option| (*option, seat.word(&format!("desk.value.{option}"))));
            let named: Vec<(&str, String)> = named.collect();
            let named: Vec<(&str, &str)> = named.iter().map(|(a, b)| (*a, b.as_str())).collect();
            choice(&field, &named)
        }
        _ => field.show(),
    }
}

/// A value as it stands in a field.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

async fn save(Path((community, key)): Path<(String, String)>, form: Filled) -> Result<Response, Turn> {
    let seat = Seat::take(form.page.clone(), &community, super::seat::OPERATORS).await?;
    let seen = seen(&seat).await?;
    if key == "profile" {
        return save_profile(&seat, &seen, &form).await;
    }
    let found = SECTIONS.iter().zip(&seen.sections).find(|(section, _)| section.key == key);
    let (section, (value, _)) = found.ok_or_else(Problem::not_found)?;
    let mut again = Again { section: key.clone(), ..Again::default() };
    let command = if form.text("do") == "text" {
        let text = form.raw("text").replace("\r\n", "\n");
        again.text = Some(text.clone());
        (section.command_of_text)(&text).map_err(|mistake| again.in_text = Some(mistake))
    } else {
        let value = filled(&seat, section, value, &form, &mut again);
        if !again.mistakes.is_empty() {
            return Ok(shown(&seat, &seen, &again));
        }
        (section.command)(value).map_err(|what| again.mistakes.whole = Some(what))
    };
    let Ok(command) = command else { return Ok(shown(&seat, &seen, &again)) };
    let names: Vec<String> = section.fields.iter().map(|(name, _)| format!("{key}.{name}")).collect();
    finish(&seat, (&seen, again), (&form, &names), command).await
}

/// The section's value with what was filled in over it.
fn filled(seat: &Seat, section: &Section, value: &Value, form: &Filled, again: &mut Again) -> Value {
    let mut value = value.clone();
    let Some(map) = value.as_object_mut() else { return value };
    for (name, typed) in section.fields {
        let full = format!("{}.{name}", section.key);
        let text = form.text(&full);
        again.fields.insert((*name).to_owned(), Value::String(text.to_owned()));
        match read(*typed, text) {
            Some(Value::Null) => drop(map.remove(*name)),
            Some(read) => drop(map.insert((*name).to_owned(), read)),
            None => again.mistakes.note(&full, seat.say("desk.settings.no_number")),
        }
    }
    value
}

/// What was typed, as the core's types have it; nothing where it is none.
fn read(typed: Typed, text: &str) -> Option<Value> {
    match typed {
        Typed::Number => text.parse::<u64>().ok().map(Value::from),
        Typed::Maybe if text.is_empty() => Some(Value::Null),
        Typed::Maybe => Some(text.parse::<u64>().map_or_else(|_| Value::from(text), Value::from)),
        Typed::Text | Typed::One(_) => Some(Value::from(text)),
        Typed::Names => {
            let names = text.split([' ', ',', '，', '、', '\n', '\r']).filter(|name| !name.is_empty());
            Some(Value::from(names.map(Value::from).collect::<Vec<_>>()))
        }
    }
}

/// Asks; what is refused stands at its field, with what was typed.
async fn finish(
    seat: &Seat,
    (seen, mut again): (&Seen, Again),
    (form, names): (&Filled, &[String]),
    command: CommandKind,
) -> Result<Response, Turn> {
    let to = format!("{}#{}", seat.path("/settings"), again.section);
    match seat.room.ask(&form.input, |_| command).await {
        Ok(_) => Ok(seat.page.done(&to, Some("desk.done.saved"))),
        Err(problem) if problem.text.code == "nothing_to_change" => {
            Ok(seat.page.done(&to, Some("desk.note.unchanged")))
        }
        Err(problem) => {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            again.mistakes = Mistakes::from_problem(problem, seat.page.words(), &names)?;
            Ok(shown(seat, seen, &again))
        }
    }
}

/// Changes of the general settings, one command each.
async fn save_profile(seat: &Seat, seen: &Seen, form: &Filled) -> Result<Response, Turn> {
    let mut again = Again { section: "profile".to_owned(), ..Again::default() };
    let names = ["about", "zone", "rejoin_days", "retention_days"];
    for name in names {
        again.fields.insert(name.to_owned(), Value::String(form.text(name).to_owned()));
    }
    let changed = match changes(seat, seen, form) {
        Ok(changed) => changed,
        Err((name, sentence)) => {
            again.mistakes.note(name, sentence);
            return Ok(shown(seat, seen, &again));
        }
    };
    let is_nothing = changed.is_empty();
    for (place, setting) in changed.into_iter().enumerate() {
        let mut room = seat.room.clone();
        // One form, several commands: each has a key of its own.
        room.caller.key = room.caller.key.map(|key| format!("{key} {place}"));
        let asked = room.ask(&form.input, |_| community::Command::Change { setting }).await;
        if let Err(problem) = asked {
            again.mistakes = Mistakes::from_problem(problem, seat.page.words(), &names)?;
            return Ok(shown(seat, seen, &again));
        }
    }
    let said = if is_nothing { "desk.note.unchanged" } else { "desk.done.saved" };
    Ok(seat.page.done(&seat.path("/settings"), Some(said)))
}

fn changes(seat: &Seat, seen: &Seen, form: &Filled) -> Result<Vec<Setting>, (&'static str, String)> {
    let text = |name| form.text(name);
    let days = |name: &'static str| {
        text(name).parse::<u32>().map_err(|_| (name, seat.say("desk.settings.no_number").to_owned()))
    };
    let mut changed = Vec::new();
    if text("about") != seen.about {
        changed.push(Setting::About(text("about").to_owned()));
    }
    if text("zone") != seen.zone {
        let zone = Zone::new(text("zone"));
        let zone = zone.map_err(|refusal| ("zone", Problem::from(refusal).title(seat.page.words())))?;
        changed.push(Setting::Zone(zone));
    }
    if text("language") != seen.language {
        let is_chinese = text("language") == Language::Chinese.tag();
        changed.push(Setting::Language(if is_chinese { Language::Chinese } else { Language::English }));
    }
    if text("rejoin_days") != seen.rejoin_days {
        changed.push(Setting::RejoinPauseMs(u64::from(days("rejoin_days")?) * DAY_MS));
    }
    if text("retention_days") != seen.retention_days {
        let is_none = text("retention_days").is_empty();
        changed.push(Setting::RetentionDays(if is_none { None } else { Some(days("retention_days")?) }));
    }
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_read_as_the_cores_types_have_it() {
        for (typed, text, expected) in [
            (Typed::Number, "12", Some(Value::from(12))),
            (Typed::Number, "twelve", None),
            (Typed::Maybe, "", Some(Value::Null)),
            (Typed::Maybe, "5", Some(Value::from(5))),
            (Typed::Text, "24h", Some(Value::from("24h"))),
            (Typed::Names, "zan、 jiayou", Some(serde_json::json!(["zan", "jiayou"]))),
        ] {
            assert_eq!(read(typed, text), expected, "{text}");
        }
    }
}
