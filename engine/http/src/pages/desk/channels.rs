//! Channels: opened, named, ordered, narrowed to roles, closed and opened again.

use std::collections::BTreeSet;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use kith_core::channel::{ChannelConfig, Command, ConfigKind, Status};
use kith_core::ids::ChannelId;
use kith_core::role::Permission;
use maud::{Markup, html};

use super::seat::Seat;
use crate::pages::form::{Filled, Mistakes, form};
use crate::pages::page::{Page, Turn};
use crate::pages::parts::{Field, Kind, Look, Presence, Tick, Tone, badge, banner, check, choice, press};
use crate::place::Place;
use crate::problem::Problem;
use crate::sent::Path;

const WHO: &[Permission] = &[Permission::ManageChannels];

pub(super) fn routes() -> Router<Place> {
    Router::new().route("/c/{community}/desk/channels", get(open).post(act))
}

/// A channel as its form has it; a new one has no id.
#[derive(Debug, Clone, Default)]
struct Row {
    id: String,
    config: ChannelConfig,
    is_closed: bool,
}

async fn open(page: Page, Path(community): Path<String>) -> Result<Response, Turn> {
    let seat = Seat::take(page, &community, WHO).await?;
    shown(&seat, None).await
}

/// The page; with what was typed into one form and what is wrong with it.
async fn shown(seat: &Seat, again: Option<(Row, Mistakes)>) -> Result<Response, Turn> {
    let seen = seat.room.look(|sight| {
        let row = |channel: &kith_core::channel::Channel| {
            let is_closed = matches!(channel.status, Status::Closed { .. });
            Some(Row { id: channel.id.to_string(), config: channel.config()?, is_closed })
        };
        let mut rows: Vec<Row> = sight.community.channels.iter().filter_map(row).collect();
        rows.sort_by_key(|row| row.config.order);
        Ok((rows, sight.community.roles.0.keys().cloned().collect::<Vec<String>>()))
    });
    let (rows, roles) = seen.await?;
    let title = seat.say("desk.channels.title");
    let new = Row {
        config: ChannelConfig { order: rows.len() as u32 + 1, ..ChannelConfig::default() },
        ..Row::default()
    };
    let typed = |row: &Row| -> (Row, Mistakes) {
        match &again {
            Some((typed, mistakes)) if typed.id == row.id => (typed.clone(), mistakes.clone()),
            _ => (row.clone(), Mistakes::none()),
        }
    };
    let body = html! {
        div.heading { h1 { (title) } }
        @for row in rows.iter().chain([&new]) {
            @let (row, mistakes) = typed(row);
            (one(seat, &row, &roles, &mistakes))
        }
    };
    let status = if again.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(seat.show_as(status, (title, "/channels"), body))
}

fn one(seat: &Seat, row: &Row, roles: &[String], mistakes: &Mistakes) -> Markup {
    let (config, key) = (&row.config, if row.id.is_empty() { "new" } else { &row.id });
    let kinds =
        [("group", seat.say("desk.channel.group")), ("broadcast", seat.say("desk.channel.broadcast"))];
    let kind = if config.kind == ConfigKind::Broadcast { "broadcast" } else { "group" };
    let order = config.order.to_string();
    let text = |name: &str, kind, value: &str, code| {
        let id = format!("{key}.{name}");
        let presence = if name == "name" { Presence::Required } else { Presence::Optional };
        Field { kind, presence, value, mistake: mistakes.of(name), ..Field::line(&id, seat.say(code)) }.show()
    };
    let line = Kind::Line { autocomplete: "off" };
    let boxes = |name: &str, chosen: &BTreeSet<String>, code| {
        let name = format!("{key}.{name}");
        html! {
            fieldset {
                legend { (seat.say(code)) }
                div.line {
                    @for role in roles {
                        (check((&name, role), role, if chosen.contains(role) { Tick::On } else { Tick::Off }))
                    }
                }
            }
        }
    };
    let inside = html! {
        @if let Some(whole) = &mistakes.whole { (banner(Tone::Bad, html! { p { (whole) } })) }
        input type="hidden" name="channel" value=(row.id);
        div.pair {
            (text("name", line, &config.name, "desk.channel.name"))
            (choice(
                &Field { value: kind, ..Field::line(&format!("{key}.kind"), seat.say("desk.channel.kind")) },
                &kinds,
            ))
            (text("order", Kind::Number, &order, "desk.channel.order"))
        }
        (text("topic", line, &config.topic, "desk.channel.topic"))
        details {
            summary { (seat.say("desk.channel.roles")) }
            div.stack {
                (boxes("read", &config.read_roles, "desk.channel.read_roles"))
                (boxes("post", &config.post_roles, "desk.channel.post_roles"))
            }
        }
        div.line {
            (press(Look::Main, ("do", "save"), seat.say("desk.save")))
            @if !row.id.is_empty() && !row.is_closed {
                (press(Look::Danger, ("do", "close"), seat.say("desk.channel.close")))
            }
            @if row.is_closed { (press(Look::Quiet, ("do", "reopen"), seat.say("desk.channel.reopen"))) }
        }
    };
    html! {
        section.card {
            div.line {
                h2.grow {
                    @if row.id.is_empty() { (seat.say("desk.channel.new")) } @else { "#" (config.name) }
                }
                @if row.is_closed { (badge(Tone::Warning, seat.say("desk.channel.closed"))) }
            }
            (form(&seat.page, &seat.path("/channels"), inside))
        }
    }
}

fn typed(form: &Filled) -> Row {
    let id = form.text("channel").to_owned();
    let key = if id.is_empty() { "new" } else { id.as_str() };
    let text = |name: &str| form.text(&format!("{key}.{name}")).to_owned();
    let roles = |name: &str| form.all(&format!("{key}.{name}")).map(str::to_owned).collect();
    let kind = if text("kind") == "broadcast" { ConfigKind::Broadcast } else { ConfigKind::Group };
    let config = ChannelConfig {
        name: text("name"),
        kind,
        topic: text("topic"),
        order: text("order").parse().unwrap_or_default(),
        read_roles: roles("read"),
        post_roles: roles("post"),
    };
    Row { config, is_closed: false, id }
}

async fn act(Path(community): Path<String>, form: Filled) -> Result<Response, Turn> {
    let seat = Seat::take(form.page.clone(), &community, WHO).await?;
    let row = typed(&form);
    let channel = row.id.parse::<ChannelId>().map_err(|_| Problem::not_found());
    let command = match form.text("do") {
        "close" => Command::Close { channel: channel? },
        "reopen" => Command::Reopen { channel: channel? },
        _ if row.id.is_empty() => Command::Open { channel: row.config.clone() },
        _ => Command::Change { channel: channel?, to: row.config.clone() },
    };
    match seat.room.ask(&form.input, |_| command).await {
        Ok(_) => Ok(seat.page.done(&seat.path("/channels"), Some("desk.done.saved"))),
        Err(problem) => {
            let mistakes = Mistakes::from_problem(problem, seat.page.words(), &["name", "topic", "order"])?;
            shown(&seat, Some((row, mistakes))).await
        }
    }
}
