//! Pages for operators, under `/c/{community}/desk`: what waits, what was decided, and every setting.
//!
//! Reading order: `seat` (who sits at the desk and what they may open), `chart`, `case` (something to decide,
//! as it is read), then a file for each page. What a page changes is a command of the core, asked as the
//! person who pressed the button.

mod audit;
mod case;
mod channels;
mod chart;
mod decisions;
mod invites;
mod member;
mod members;
mod overview;
mod queue;
mod roles;
mod rules;
mod scripts;
mod seat;
mod settings;
mod webhooks;

pub(super) use seat::OPERATORS;

use axum::Router;

use crate::place::Place;

pub(super) fn routes() -> Router<Place> {
    Router::new()
        .merge(overview::routes())
        .merge(queue::routes())
        .merge(decisions::routes())
        .merge(members::routes())
        .merge(member::routes())
        .merge(rules::routes())
        .merge(channels::routes())
        .merge(invites::routes())
        .merge(roles::routes())
        .merge(settings::routes())
        .merge(audit::routes())
        .merge(scripts::routes())
        .merge(webhooks::routes())
}
