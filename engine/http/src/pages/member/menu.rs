//! One message with all that can be done with it: where the menu of a message leads without JavaScript.

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use kith_core::ids::MessageId;
use kith_core::role::Permission;
use maud::html;

use super::channel::act;
use super::said::{Found, Told, tell};
use super::visit::Visit;
use crate::api::id;
use crate::pages::layout::Shape;
use crate::pages::page::{Page, Turn, see_other};
use crate::pages::parts::{Look, link};
use crate::place::Place;
use crate::problem::Problem;
use crate::sent::Path;
use crate::talk::readable;

pub(super) fn routes() -> Router<Place> {
    Router::new()
        .route("/c/{community}/m/{message}", get(show))
        .route("/c/{community}/m/{message}/reply", get(reply))
}

async fn found(page: Page, (community, message): (String, String)) -> Result<(Visit, Told), Turn> {
    let visit = Visit::inside(page, &community).await?;
    let message: MessageId = id(&message)?;
    let found = visit.room.look(move |sight| {
        let header = sight.community.messages.get(message).filter(|header| header.deleted.is_none());
        let Some(header) = header else { return Ok(None) };
        readable(&sight, header.channel)?;
        Ok(Found::of(&sight, message))
    });
    let found = found.await?.ok_or_else(Problem::not_found)?;
    let told = tell(&visit.room, vec![found]).await?.into_iter().next().ok_or_else(Problem::not_found)?;
    Ok((visit, told))
}

async fn show(page: Page, Path(named): Path<(String, String)>) -> Result<Response, Turn> {
    let (visit, told) = found(page, named).await?;
    let (me, back) = (visit.me.map(|me| me.to_string()), format!("/ch/{}", told.message.channel));
    let title = visit.say("page.message.words");
    let class = if visit.may(Permission::Moderate) { "card one moderates" } else { "card one" };
    let body = html! {
        h1 { (title) }
        section class=(class) { ol.talk { (visit.hand().opened(&told, me.as_deref())) } }
        p { (link(Look::Quiet, &visit.path(&back), visit.say("page.cancel"))) }
        (act(&visit, &back))
    };
    Ok(visit.show((title, &back, Shape::Column), body))
}

/// To the form of its channel, which replies to it then.
async fn reply(page: Page, Path(named): Path<(String, String)>) -> Result<Response, Turn> {
    let (visit, told) = found(page, named).await?;
    let message = &told.message;
    Ok(see_other(&visit.path(&format!("/ch/{}?reply={}#write", message.channel, message.id))))
}
