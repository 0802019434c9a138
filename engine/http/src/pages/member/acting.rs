//! What is done to messages by one button each: reactions, pins, answers, confirming, deleting.

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use kith_core::ids::MessageId;
use kith_core::message::Command;

use super::speech::is_by_script;
use super::visit::Visit;
use crate::api::id;
use crate::pages::form::Filled;
use crate::pages::page::Turn;
use crate::place::Place;
use crate::problem::Problem;
use crate::sent::Path;

pub(super) fn routes() -> Router<Place> {
    Router::new().route("/c/{community}/act", post(act))
}

async fn act(Path(community): Path<String>, headers: HeaderMap, form: Filled) -> Result<Response, Turn> {
    let visit = Visit::inside(form.page.clone(), &community).await?;
    let mut words = form.text("do").splitn(3, ' ');
    let (what, message) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let message: MessageId = id(message)?;
    let command = command(&visit, what, message, words.next().unwrap_or_default()).await?;
    visit.room.ask(&form.input, |_| command).await?;
    if is_by_script(&headers) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let code = (what == "delete").then_some("page.done.deleted");
    Ok(visit.page.done(&visit.path(&format!("{}#{message}", own(form.text("back")))), code))
}

/// The page it came from, below the community's.
fn own(back: &str) -> &str {
    let is_own =
        back.starts_with('/') && back.chars().all(|it| it.is_ascii_alphanumeric() || "/_".contains(it));
    if is_own { back } else { "" }
}

async fn command(visit: &Visit, what: &str, message: MessageId, rest: &str) -> Result<Command, Problem> {
    Ok(match what {
        "toggle" => toggled(visit, message, rest.to_owned()).await?,
        "pin" => Command::Pin { message },
        "unpin" => Command::Unpin { message },
        "confirm" => Command::Acknowledge { message },
        "delete" => Command::Delete { message, reason: None },
        "accept" => {
            let question = visit.room.look(move |sight| {
                Ok(sight.community.messages.get(message).and_then(|header| header.reply_to))
            });
            let question = question.await?.ok_or_else(Problem::not_found)?;
            Command::AcceptAnswer { question, answer: message }
        }
        _ => return Err(Problem::not_found()),
    })
}

/// The same emoji again takes it back.
async fn toggled(visit: &Visit, message: MessageId, emoji: String) -> Result<Command, Problem> {
    let wanted = emoji.clone();
    let is_mine = visit.room.look(move |sight| {
        let header = sight.community.messages.get(message);
        let by = header.and_then(|header| header.reactions.get(&wanted));
        Ok(sight.me.is_some_and(|me| by.is_some_and(|by| by.contains(&me.id))))
    });
    Ok(if is_mine.await? { Command::Unreact { message, emoji } } else { Command::React { message, emoji } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_stays_below_the_community() {
        assert_eq!(own("/ch/chn_01"), "/ch/chn_01");
        for wrong in ["//evil.example", "/../..", "https://evil", "/a?b#c"] {
            assert!(own(wrong).is_empty() || !own(wrong).contains(['.', ':', '?']), "{wrong}");
        }
    }
}
