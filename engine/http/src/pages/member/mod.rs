//! Pages of one community as its members see them, under `/c/{community}`.
//!
//! Reading order: `visit` (who is where and may do what), `landing` and `join` (coming in), `channels`,
//! `channel` and `speech` (talking), `said` (how a message looks), `live` (the same as it happens), then what
//! a member has besides: announcements, notices and receipts, card, privacy, members, invites.

mod acting;
mod announcements;
mod card;
mod channel;
mod channels;
mod invites;
mod join;
mod landing;
mod live;
mod members;
mod mention;
mod menu;
mod name;
mod notices;
mod privacy;
mod receipts;
mod said;
mod search;
mod seen;
mod speech;
mod visit;

use axum::Router;

use crate::place::Place;

pub(super) use channel::alone as channel_alone;
pub(super) use join::login_mistakes;

/// The routes of member pages.
pub(super) fn routes() -> Router<Place> {
    Router::new()
        .merge(landing::routes())
        .merge(join::routes())
        .merge(channel::routes())
        .merge(speech::routes())
        .merge(acting::routes())
        .merge(menu::routes())
        .merge(live::routes())
        .merge(announcements::routes())
        .merge(notices::routes())
        .merge(receipts::routes())
        .merge(card::routes())
        .merge(privacy::routes())
        .merge(members::routes())
        .merge(search::routes())
        .merge(invites::routes())
}
