//! Speaking in a channel: the form, what comes of it, and other words for what was said.
//!
//! Without JavaScript a form leads back to the channel; with it the same address answers in JSON, and the
//! message comes by the live stream like everybody else's.

use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use kith_core::ids::{ChannelId, MessageId};
use kith_core::message::{self, Ack, Part, Sort};
use kith_core::role::Permission;
use kith_runtime::draft::Reply;
use maud::{Markup, html};
use serde_json::json;

use super::channel::{self, Seat, View};
use super::mention;
use super::said::{Found, Told, tell};
use super::visit::Visit;
use crate::api::id;
use crate::api::messages::{Fate, fate_of, objections};
use crate::pages::form::{Filled, Mistakes, carried, form};
use crate::pages::layout::Shape;
use crate::pages::page::{Page, Turn};
use crate::pages::parts::{Field, Kind, Look, Tick, Tone, banner, check, choice, link, submit};
use crate::place::Place;
use crate::problem::Problem;
use crate::sent::Path;

/// The header by which the pages' own script asks for JSON.
const BY_SCRIPT: &str = "x-kith-script";

pub(super) fn routes() -> Router<Place> {
    Router::new().route("/c/{community}/m/{message}/edit", get(ask_edit).post(edit))
}

/// Whether the pages' own script asks.
pub(super) fn is_by_script(headers: &HeaderMap) -> bool {
    headers.contains_key(BY_SCRIPT)
}

/// What the form shows.
pub(super) struct Form<'a> {
    pub(super) seat: &'a Seat,
    pub(super) replied: Option<&'a Told>,
    pub(super) text: &'a str,
    pub(super) mistakes: &'a Mistakes,
}

/// The form at the end of a channel.
pub(super) fn shown(visit: &Visit, shown: &Form<'_>) -> Markup {
    if let Some(code) = shown.seat.silent {
        return html! { p.silent.quiet #write { (visit.say(code)) } };
    }
    let action = visit.path(&format!("/ch/{}", shown.seat.id));
    let label = visit.fill("page.channel.write", &[("channel", &shown.seat.name)]);
    html! {
        form.write #write method="post" action=(action) {
            (carried(&visit.page))
            @if let Some(whole) = &shown.mistakes.whole { (banner(Tone::Bad, html! { p { (whole) } })) }
            p.replying #replying hidden[shown.replied.is_none()] {
                span #replied {
                    @if let Some(told) = shown.replied {
                        b { (told.message.author.nickname) } " " (told.begins())
                    }
                }
                a #no-reply href=(action) aria-label=(visit.say("page.channel.no_reply")) { "✕" }
            }
            @let replied = shown.replied.map_or("", |told| &told.message.id);
            input type="hidden" name="reply_to" #reply_to value=(replied);
            div.line {
                label.unseen for="text" { (label) }
                textarea #text name="text" rows="1" required placeholder=(label) maxlength="16000" {
                    "\n" (shown.text)
                }
                button.button.main type="submit" { (visit.say("page.channel.send")) }
            }
            details.more {
                summary { (visit.say("page.channel.more")) }
                (as_what(visit))
            }
        }
    }
}

fn as_what(visit: &Visit) -> Markup {
    html! {
        @if visit.may(Permission::Announce) {
            (choice(
                &Field { value: "talk", ..Field::line("as", visit.say("page.channel.as")) },
                &[
                    ("talk", visit.say("page.channel.as_talk")),
                    ("question", visit.say("page.channel.as_question")),
                    ("announcement", visit.say("page.channel.as_announcement")),
                    ("confirmed", visit.say("page.channel.as_confirmed")),
                ],
            ))
        } @else {
            (check(("as", "question"), visit.say("page.channel.as_question"), Tick::Off))
        }
        p.quiet.small { (visit.say("page.channel.how_to_mention")) }
    }
}

/// A form of somebody who speaks.
pub(super) async fn post(
    Path((community, channel)): Path<(String, String)>,
    headers: HeaderMap,
    form: Filled,
) -> Result<Response, Turn> {
    let visit = Visit::inside(form.page.clone(), &community).await?;
    let channel: ChannelId = id(&channel)?;
    let posted = speak(&visit, channel, &form).await;
    if is_by_script(&headers) {
        return Ok(told_script(&visit, posted?));
    }
    let back = visit.path(&format!("/ch/{channel}"));
    match posted {
        Ok(reply) => Ok(match (fate_of(&reply), objections(&reply).first()) {
            (Fate::Held, Some(receipt)) => {
                visit.page.done(&visit.path(&format!("/receipts/{receipt}")), Some("page.note.held"))
            }
            (Fate::Denied, Some(receipt)) => {
                visit.page.done(&visit.path(&format!("/receipts/{receipt}")), Some("page.note.denied"))
            }
            (Fate::Held, None) => visit.page.done(&back, Some("page.note.held")),
            (Fate::Denied, None) => visit.page.done(&back, Some("page.note.denied")),
            (Fate::Posted, Some(_)) => visit.page.done(&back, Some("page.note.warned")),
            (Fate::Posted, None) => visit.page.done(&back, None),
        }),
        Err(problem) => {
            let mistakes = Mistakes::from_problem(problem, visit.page.words(), &[])?;
            channel::shown(&visit, channel, &View::default(), (form.raw("text"), &mistakes)).await
        }
    }
}

async fn speak(visit: &Visit, channel: ChannelId, form: &Filled) -> Result<Reply, Problem> {
    let text = form.raw("text").replace("\r\n", "\n");
    let text = text.trim_matches('\n').trim_end().to_owned();
    let reply_to = Some(form.text("reply_to")).filter(|it| !it.is_empty());
    let reply_to = reply_to.map(id::<MessageId>).transpose()?;
    let called = mention::called(&text);
    let mentions = visit.room.look(move |sight| Ok(mention::mentions(&sight, &called))).await?;
    // A word that calls everybody is a word like any other for those who may not.
    let mentions = message::Mentions { all: mentions.all && visit.may(Permission::MentionAll), ..mentions };
    let kind = form.text("as").to_owned();
    let asked = visit.room.ask(&form.input, |ink| {
        let parts = vec![Part::Text { body: ink.text(&text) }];
        match kind.as_str() {
            "announcement" => message::Command::Announce { channel, parts, ack: Ack::Optional, mentions },
            "confirmed" => message::Command::Announce { channel, parts, ack: Ack::Required, mentions },
            _ => {
                let sort = if kind == "question" { Sort::Question } else { Sort::Talk };
                message::Command::Post { channel, parts, reply_to, sort, mentions }
            }
        }
    });
    asked.await
}

/// What the script says below the form where a message does not simply appear.
fn told_script(visit: &Visit, reply: Reply) -> Response {
    let receipt = objections(&reply).first().map(|id| visit.path(&format!("/receipts/{id}")));
    let (state, say) = match fate_of(&reply) {
        Fate::Posted if receipt.is_some() => ("posted", Some("page.speech.warned")),
        Fate::Posted => ("posted", None),
        Fate::Held => ("held", Some("page.speech.held")),
        Fate::Denied => ("denied", Some("page.speech.denied")),
    };
    let say = say.map(|code| visit.say(code));
    Json(json!({ "state": state, "say": say, "why": visit.say("page.receipt.why"), "receipt": receipt }))
        .into_response()
}

async fn ask_edit(page: Page, Path((community, message)): Path<(String, String)>) -> Result<Response, Turn> {
    let visit = Visit::inside(page, &community).await?;
    let (message, told) = own(&visit, &message).await?;
    Ok(edit_form(&visit, message, &told, &told.message.text(), &Mistakes::none()))
}

/// One's own message that can be given other words.
async fn own(visit: &Visit, message: &str) -> Result<(MessageId, Told), Turn> {
    let message: MessageId = id(message)?;
    let found = visit.room.look(move |sight| {
        let header = sight.community.messages.get(message);
        let own = header.filter(|it| sight.me.is_some_and(|me| me.id == it.author) && it.deleted.is_none());
        Ok(own.and_then(|header| Found::of(&sight, header.id)))
    });
    let found = found.await?.ok_or_else(Problem::not_found)?;
    let told = tell(&visit.room, vec![found]).await?.into_iter().next().ok_or_else(Problem::not_found)?;
    Ok((message, told))
}

fn edit_form(visit: &Visit, id: MessageId, told: &Told, text: &str, mistakes: &Mistakes) -> Response {
    let field = Field {
        kind: Kind::Area { rows: 5 },
        value: text,
        mistake: mistakes.of("text"),
        ..Field::line("text", visit.say("page.message.words"))
    };
    let fields = html! {
        (field.show())
        div.line {
            (submit(Look::Main, visit.say("page.save")))
            @let back = visit.path(&format!("/ch/{}", told.message.channel));
            (link(Look::Quiet, &back, visit.say("page.cancel")))
        }
    };
    let title = visit.say("page.message.edit");
    let body = html! {
        section.card {
            h1 { (title) }
            @if let Some(whole) = &mistakes.whole { (banner(Tone::Bad, html! { p { (whole) } })) }
            (form(&visit.page, &visit.path(&format!("/m/{id}/edit")), fields))
        }
    };
    let status = if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    visit.show_as(status, (title, "", Shape::Column), body)
}

async fn edit(Path((community, message)): Path<(String, String)>, form: Filled) -> Result<Response, Turn> {
    let visit = Visit::inside(form.page.clone(), &community).await?;
    let (message, told) = own(&visit, &message).await?;
    let text = form.raw("text").replace("\r\n", "\n").trim_end().to_owned();
    let asked = visit.room.ask(&form.input, |ink| {
        let parts = vec![Part::Text { body: ink.text(&text) }];
        message::Command::Edit { message, parts }
    });
    match asked.await {
        Ok(reply) => {
            let to = visit.path(&format!("/ch/{}#{message}", told.message.channel));
            Ok(match (fate_of(&reply), objections(&reply).first()) {
                (Fate::Posted, _) => visit.page.done(&to, None),
                (_, Some(receipt)) => {
                    visit.page.done(&visit.path(&format!("/receipts/{receipt}")), Some("page.note.edit_held"))
                }
                (_, None) => visit.page.done(&to, Some("page.note.edit_held")),
            })
        }
        Err(problem) => {
            let mistakes = Mistakes::from_problem(problem, visit.page.words(), &["text"])?;
            Ok(edit_form(&visit, message, &told, &text, &mistakes))
        }
    }
}
