//! The members as members see them: names, roles, and the fields of a card that the reader may see.

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use kith_core::card::visible;
use kith_core::ids::MemberId;
use kith_core::member::Standing;
use kith_core::role::{MEMBER, SCRIPT};
use maud::html;
use serde::Deserialize;

use super::visit::{Visit, name_of};
use crate::api::id;
use crate::pages::layout::Shape;
use crate::pages::page::{Page, Turn, escaped};
use crate::pages::parts::{Look, Tone, avatar, badge, empty, fact, link, pager, row};
use crate::place::Place;
use crate::sent::{Path, Query};

/// Members of one page.
const MEMBERS_PER_PAGE: usize = 50;

pub(super) fn routes() -> Router<Place> {
    Router::new()
        .route("/c/{community}/members", get(list))
        .route("/c/{community}/members/{member}", get(show))
}

/// Which page of the list.
#[derive(Debug, Deserialize)]
struct View {
    #[serde(default)]
    q: String,
    after: Option<String>,
}

/// One member.
struct Line {
    id: MemberId,
    name: String,
    roles: Vec<String>,
    is_bot: bool,
}

/// A role in the reader's language, where it is one of the engine's own.
fn role_name<'a>(visit: &Visit, role: &'a str) -> &'a str {
    visit.page.words().find(&format!("page.role.{role}")).unwrap_or(role)
}

async fn list(page: Page, Path(community): Path<String>, Query(view): Query<View>) -> Result<Response, Turn> {
    let visit = Visit::inside(page, &community).await?;
    let after: Option<MemberId> = view.after.as_deref().map(id).transpose()?;
    let (wanted, gone) = (view.q.trim().to_lowercase(), visit.say("page.members.gone"));
    let seen = visit.room.look(move |sight| {
        let members = &sight.community.members;
        let inside = members.iter().filter(|it| matches!(it.standing, Standing::Active | Standing::Bot));
        let rest = inside.skip_while(|it| after.is_some_and(|after| it.id <= after));
        let named = rest.map(|it| (it, name_of(&sight, it.id, gone)));
        let found = named.filter(|(_, name)| wanted.is_empty() || name.to_lowercase().contains(&wanted));
        let lines: Vec<Line> = found
            .take(MEMBERS_PER_PAGE)
            .map(|(it, name)| Line {
                id: it.id,
                name,
                roles: it.roles.iter().filter(|role| *role != MEMBER && *role != SCRIPT).cloned().collect(),
                is_bot: it.standing == Standing::Bot,
            })
            .collect();
        Ok((lines, members.active_count()))
    });
    let (lines, count) = seen.await?;
    let title = visit.say("page.members.title");
    let last = lines.last().filter(|_| lines.len() == MEMBERS_PER_PAGE);
    let next =
        last.map(|last| format!("{}?q={}&after={}", visit.path("/members"), escaped(&view.q), last.id));
    let body = html! {
        div.head {
            h1 { (title) }
            p.quiet { (visit.fill("page.members.count", &[("count", &count.to_string())])) }
        }
        form.find method="get" action=(visit.path("/members")) role="search" {
            label.unseen for="q" { (visit.say("page.members.find")) }
            input #q name="q" type="search" value=(view.q) placeholder=(visit.say("page.members.find"));
            button.button type="submit" { (visit.say("page.find")) }
        }
        @if lines.is_empty() {
            (empty(visit.say("page.members.none"), html! {}))
        } @else {
            ul.rows.card { @for it in &lines {
                (row(
                    avatar(&it.id.to_string(), &it.name),
                    html! { a.cover href=(visit.path(&format!("/members/{}", it.id))) { (it.name) } },
                    html! {
                        @for role in &it.roles { (badge(Tone::Plain, role_name(&visit, role))) }
                        @if it.is_bot { (badge(Tone::Plain, visit.say("page.members.bot"))) }
                    },
                ))
            } }
            (pager(None, next.as_deref().map(|href| (href, visit.say("page.more")))))
        }
    };
    Ok(visit.show((title, "/members", Shape::Column), body))
}

async fn show(page: Page, Path((community, member)): Path<(String, String)>) -> Result<Response, Turn> {
    let visit = Visit::inside(page, &community).await?;
    let (member, gone): (MemberId, _) = (id(&member)?, visit.say("page.members.gone"));
    let seen = visit.room.look(move |sight| {
        let me = sight.inside().ok_or(kith_core::refusal::Refusal::NotAMember)?;
        let row = sight.community.members.get(member);
        let row = row.filter(|row| matches!(row.standing, Standing::Active | Standing::Bot));
        let row = row.ok_or_else(|| kith_core::refusal::Refusal::NotFound { what: member.to_string() })?;
        let text = |body| sight.stream.bodies.text(body).unwrap_or_default().to_owned();
        let label = |field: &kith_core::card::Field| {
            if field.label.is_empty() { field.name.clone() } else { field.label.clone() }
        };
        let card: Vec<(String, String)> =
            visible(sight.community, row, me).map(|(field, body)| (label(field), text(body))).collect();
        let facts = (row.joined_ms.unwrap_or(row.since_ms), row.roles.clone(), me.id == row.id);
        Ok((name_of(&sight, row.id, gone), card, facts))
    });
    let (name, card, (since_ms, roles, is_me)) = seen.await?;
    let roles: Vec<String> = roles.into_iter().filter(|role| role != MEMBER).collect();
    let body = html! {
        section.card {
            header.face { (avatar(&member.to_string(), &name)) div { h1 { (name) }
                @if !roles.is_empty() {
                    p { @for role in &roles { (badge(Tone::Plain, role_name(&visit, role))) " " } }
                }
            } }
            dl {
                (fact(visit.say("page.members.since"), html! { (visit.zoned.day(since_ms)) }))
                @for (label, value) in &card { (fact(label, html! { (value) })) }
            }
            @if is_me { p { (link(Look::Quiet, &visit.path("/card"), visit.say("page.card.change"))) } }
        }
    };
    Ok(visit.show((&name, "/members", Shape::Column), body))
}
