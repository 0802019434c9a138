//! One's own card and nickname: a form made of the community's fields, each with who sees it.

use std::collections::BTreeMap;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use kith_core::card::{Command, Field as CardField, Visibility};
use kith_core::queue::Verdict;
use maud::{Markup, html};

use super::join::card_field;
use super::name::{formed, told};
use super::visit::Visit;
use crate::pages::form::{Filled, Mistakes, form};
use crate::pages::layout::Shape;
use crate::pages::page::{Page, Turn};
use crate::pages::parts::{Field, Look, Tone, banner, submit};
use crate::place::Place;
use crate::sent::Path;
use crate::talk::nickname;

pub(super) fn routes() -> Router<Place> {
    Router::new().route("/c/{community}/card", get(show).post(change))
}

/// The card as it stands.
struct Mine {
    fields: Vec<CardField>,
    values: BTreeMap<String, String>,
    nickname: String,
    template: Option<String>,
    is_waiting: bool,
}

async fn look(visit: &Visit) -> Result<Mine, Turn> {
    let mine = visit.room.look(|sight| {
        let me = sight.inside().ok_or(kith_core::refusal::Refusal::NotAMember)?;
        let text = |body| sight.stream.bodies.text(body).unwrap_or_default().to_owned();
        let card = &sight.community.card;
        Ok(Mine {
            fields: card.schema.fields.clone(),
            values: me.card.iter().map(|(name, body)| (name.clone(), text(body))).collect(),
            nickname: nickname(&sight, me.id),
            template: card.schema.name_template.clone(),
            is_waiting: card.held.contains_key(&me.id),
        })
    });
    Ok(mine.await?)
}

async fn show(page: Page, Path(community): Path<String>) -> Result<Response, Turn> {
    let visit = Visit::inside(page, &community).await?;
    let mine = look(&visit).await?;
    Ok(shown(&visit, &mine, &Mistakes::none()))
}

fn shown(visit: &Visit, mine: &Mine, mistakes: &Mistakes) -> Response {
    let title = visit.say("page.card.title");
    let help = mine.template.as_ref().map(|it| {
        let told = told(it, &mine.fields, visit.say("page.join.nickname"));
        visit.fill("page.card.template", &[("template", &told)])
    });
    let name = Field {
        value: &mine.nickname,
        help: help.as_deref(),
        mistake: mistakes.of("nickname"),
        ..Field::line("nickname", visit.say("page.join.nickname"))
    };
    let body = html! {
        h1 { (title) }
        @if mine.is_waiting { (banner(Tone::Warning, html! { p { (visit.say("page.card.waiting")) } })) }
        section.card {
            @if let Some(whole) = &mistakes.whole { (banner(Tone::Bad, html! { p { (whole) } })) }
            (form(&visit.page, &visit.path("/card"), html! {
                (name.show())
                @for field in &mine.fields { (own_field(visit, field, mine, mistakes)) }
                (submit(Look::Main, visit.say("page.save")))
            }))
        }
    };
    let status = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    visit.show_as(status, (title, "/card", Shape::Column), body)
}

fn own_field(visit: &Visit, field: &CardField, mine: &Mine, mistakes: &Mistakes) -> Markup {
    html! {
        div {
            (card_field(field, mine.values.get(&field.name), mistakes))
            p.quiet.small.sees { (visit.say(code_of(field.visible_to))) }
        }
    }
}

const fn code_of(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Members => "page.card.for_members",
        Visibility::Moderators => "page.card.for_moderators",
        Visibility::Owner => "page.card.for_owner",
    }
}

async fn change(Path(community): Path<String>, form: Filled) -> Result<Response, Turn> {
    let visit = Visit::inside(form.page.clone(), &community).await?;
    let old = look(&visit).await?;
    let typed: BTreeMap<String, String> =
        form.under("card.").map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let new_name = formed(old.template.as_deref(), form.text("nickname"), &typed);
    let before = |name: &String| old.values.get(name).map_or("", String::as_str);
    let changed: BTreeMap<&String, &String> =
        typed.iter().filter(|(name, value)| before(name) != *value).collect();
    let is_renamed = new_name != old.nickname;
    let asked = visit.room.ask(&form.input, |ink| {
        let fields = changed.iter().map(|(name, value)| {
            ((*name).clone(), Some(value).filter(|value| !value.is_empty()).map(|value| ink.text(value)))
        });
        let fields = fields.collect();
        Command::ChangeCard { fields, nickname: is_renamed.then(|| ink.text(&new_name)) }
    });
    match asked.await {
        Ok(reply) => {
            let against = reply.receipts.iter().find(|it| it.verdict != Verdict::Allow);
            Ok(match against {
                Some(receipt) => {
                    let to = visit.path(&format!("/receipts/{}", receipt.id));
                    visit.page.done(&to, Some("page.note.card_held"))
                }
                None => visit.page.done(&visit.path("/card"), Some("page.done.saved")),
            })
        }
        Err(problem) => {
            let names: Vec<String> = typed.keys().map(|name| format!("card.{name}")).collect();
            let names: Vec<&str> =
                std::iter::once("nickname").chain(names.iter().map(String::as_str)).collect();
            let mistakes = Mistakes::from_problem(problem, visit.page.words(), &names)?;
            Ok(shown(&visit, &Mine { values: typed, nickname: new_name, ..old }, &mistakes))
        }
    }
}
