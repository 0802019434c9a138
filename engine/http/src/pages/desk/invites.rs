//! Invites of the whole community: who made each, how much of it is used, what it brought; and ending one.
//! They are made where members make theirs.

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use kith_core::gate::{Command, Invite};
use kith_core::ids::InviteId;
use kith_core::role::Permission;
use maud::{Markup, html};

use super::seat::{Seat, called, segment};
use crate::pages::form::{Filled, form};
use crate::pages::page::{Page, Turn};
use crate::pages::parts::{Look, Tone, badge, empty, link, press, row, time};
use crate::place::Place;
use crate::problem::Problem;
use crate::sent::Path;

const WHO: &[Permission] = &[Permission::ManageGate];

pub(super) fn routes() -> Router<Place> {
    Router::new().route("/c/{community}/desk/invites", get(open).post(end))
}

struct Shown {
    id: InviteId,
    invite: Invite,
    by: Option<String>,
}

async fn open(page: Page, Path(community): Path<String>) -> Result<Response, Turn> {
    let seat = Seat::take(page, &community, WHO).await?;
    let seen = seat.room.look(|sight| {
        let invites = sight.community.gate.invites.iter().rev();
        let shown = invites.map(|(id, invite)| Shown {
            id: *id,
            invite: invite.clone(),
            by: invite.by.map(|by| called(&sight, by)),
        });
        Ok(shown.collect::<Vec<_>>())
    });
    let invites = seen.await?;
    let title = seat.say("desk.invites.title");
    let new = format!("/c/{}/invites", segment(&seat.name));
    let body = html! {
        div.heading.line { h1.grow { (title) } (link(Look::Main, &new, seat.say("desk.invites.new"))) }
        @if invites.is_empty() { (empty(seat.say("desk.invites.none"), html! {})) } @else {
            ul.rows.card { @for it in &invites { (shown(&seat, it)) } }
        }
    };
    Ok(seat.show((title, "/invites"), body))
}

fn shown(seat: &Seat, it: &Shown) -> Markup {
    let (invite, now_ms) = (&it.invite, seat.page.caller.place.now_ms());
    let is_over = invite.expires_at_ms.is_some_and(|end_ms| end_ms <= now_ms);
    let (used, most) = (invite.used.to_string(), invite.uses_max.to_string());
    let lives = invite.revoked_ms.is_none() && !is_over && invite.used < invite.uses_max;
    let by = it.by.as_deref().unwrap_or_else(|| seat.say("desk.host"));
    let body = html! {
        span.line {
            code { (invite.code) }
            @if !invite.source.is_empty() { (badge(Tone::Plain, &invite.source)) }
        }
        p.quiet {
            (seat.fill("desk.invites.used", &[("used", &used), ("most", &most)])) " · " (by)
            @if let Some(end_ms) = invite.expires_at_ms {
                " · " (seat.say("desk.invites.until"))
                " " (time(end_ms, &seat.zoned.full(end_ms)))
            }
        }
    };
    let after = html! {
        @if lives {
            (form(&seat.page, &seat.path("/invites"), html! {
                input type="hidden" name="invite" value=(it.id);
                (press(Look::Quiet, ("do", "end"), seat.say("desk.invites.end")))
            }))
        } @else { (badge(Tone::Plain, seat.say("desk.invites.over"))) }
    };
    row(html! {}, body, after)
}

async fn end(Path(community): Path<String>, form: Filled) -> Result<Response, Turn> {
    let seat = Seat::take(form.page.clone(), &community, WHO).await?;
    let invite = form.text("invite").parse().map_err(|_| Problem::not_found())?;
    seat.room.ask(&form.input, |_| Command::RevokeInvite { invite }).await?;
    Ok(seat.page.done(&seat.path("/invites"), Some("desk.done.ended")))
}
