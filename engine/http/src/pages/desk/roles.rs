//! Roles: what each allows, and its rank. Whoever has any number of roles may do what any of them allows.

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use kith_core::role::{Command, OWNER, Permission, Role};
use maud::{Markup, html};

use super::seat::Seat;
use crate::pages::form::{Filled, Mistakes, form};
use crate::pages::page::{Page, Turn};
use crate::pages::parts::{Field, Kind, Look, Tick, Tone, banner, check, press};
use crate::place::Place;
use crate::sent::Path;

const WHO: &[Permission] = &[Permission::ManageRoles];

pub(super) fn routes() -> Router<Place> {
    Router::new().route("/c/{community}/desk/roles", get(open).post(act))
}

async fn open(page: Page, Path(community): Path<String>) -> Result<Response, Turn> {
    let seat = Seat::take(page, &community, WHO).await?;
    shown(&seat, None).await
}

async fn shown(seat: &Seat, again: Option<(&str, &Role, &Mistakes)>) -> Result<Response, Turn> {
    let seen = seat.room.look(|sight| {
        let community = sight.community;
        let bearers = |name: &str| community.members.active().filter(|row| row.roles.contains(name)).count();
        let rows = community.roles.0.iter().map(|(name, role)| (name.clone(), role.clone(), bearers(name)));
        Ok(rows.collect::<Vec<_>>())
    });
    let mut rows = seen.await?;
    rows.sort_by_key(|(_, role, _)| std::cmp::Reverse(role.rank));
    let title = seat.say("desk.roles.title");
    let none = Mistakes::none();
    let new = Role { rank: 30, permissions: [Permission::Read, Permission::Post, Permission::React].into() };
    let typed = |name: &str| again.filter(|(typed, ..)| *typed == name);
    let body = html! {
        div.heading { h1 { (title) } p.quiet { (seat.say("desk.roles.what")) } }
        @for (name, role, bearers) in &rows {
            @let (_, role, mistakes) = typed(name).unwrap_or((name, role, &none));
            (one(seat, name, (role, *bearers), mistakes))
        }
        @let is_known = again.is_some_and(|(typed, ..)| rows.iter().any(|(name, ..)| name == typed));
        @let (_, role, mistakes) = again.filter(|_| !is_known).unwrap_or(("", &new, &none));
        (one(seat, "", (role, 0), mistakes))
    };
    let status = if again.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(seat.show_as(status, (title, "/roles"), body))
}

fn one(seat: &Seat, name: &str, (role, bearers): (&Role, usize), mistakes: &Mistakes) -> Markup {
    let (rank, id) = (role.rank.to_string(), format!("rank-{name}"));
    let is_wrong = mistakes.whole.is_some() || mistakes.of("rank").or(mistakes.of("name")).is_some();
    let heading = match name {
        "" => seat.say("desk.role.new").to_owned(),
        name => seat.fill("desk.role.bearers", &[("name", name), ("n", &bearers.to_string())]),
    };
    let inside = html! {
        @if let Some(whole) = &mistakes.whole { (banner(Tone::Bad, html! { p { (whole) } })) }
        @if name.is_empty() {
            (Field { mistake: mistakes.of("name"), ..Field::line("name", seat.say("desk.role.name")) }.show())
        } @else { input type="hidden" name="name" value=(name); }
        div.field {
            (Field {
                kind: Kind::Number,
                value: &rank,
                mistake: mistakes.of("rank"),
                help: Some(seat.say("desk.role.rank_help")),
                ..Field::line(&id, seat.say("desk.role.rank"))
            }.show())
        }
        fieldset {
            legend { (seat.say("desk.role.allows")) }
            div.boxes {
                @for permission in Permission::of_roles() {
                    @let tick = if role.permissions.contains(&permission) { Tick::On } else { Tick::Off };
                    (check(
                        ("permission", permission.code()),
                        &seat.word(&format!("desk.permission.{}", permission.code())),
                        tick,
                    ))
                }
            }
        }
        @if name != OWNER {
            div.line {
                (press(Look::Main, ("do", "define"), seat.say("desk.save")))
                @if !name.is_empty() { (press(Look::Danger, ("do", "remove"), seat.say("desk.role.remove"))) }
            }
        }
    };
    html! {
        section.card {
            details open[is_wrong] {
                summary { h2 { (heading) } }
                (form(&seat.page, &seat.path("/roles"), inside))
            }
        }
    }
}

async fn act(Path(community): Path<String>, form: Filled) -> Result<Response, Turn> {
    let seat = Seat::take(form.page.clone(), &community, WHO).await?;
    let name = form.text("name").to_owned();
    let ticked: Vec<&str> = form.all("permission").collect();
    let permissions = Permission::of_roles().filter(|it| ticked.contains(&it.code())).collect();
    let rank = form.under("rank-").next().and_then(|(_, rank)| rank.parse().ok()).unwrap_or_default();
    let role = Role { rank, permissions };
    let command = match form.text("do") {
        "remove" => Command::Remove { name: name.clone() },
        _ => Command::Define { name: name.clone(), role: role.clone() },
    };
    match seat.room.ask(&form.input, |_| command).await {
        Ok(_) => Ok(seat.page.done(&seat.path("/roles"), Some("desk.done.saved"))),
        Err(problem) => {
            let mistakes = Mistakes::from_problem(problem, seat.page.words(), &["name", "rank"])?;
            shown(&seat, Some((&name, &role, &mistakes))).await
        }
    }
}
