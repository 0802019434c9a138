//! Members as whoever runs the place sees them: found by name, role, tag, standing and source.

use std::collections::BTreeSet;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use kith_core::ids::MemberId;
use kith_core::member::Member;
use kith_core::role::{self, Permission};
use maud::{Markup, html};
use serde::Deserialize;

use super::seat::{Seat, called, grouped};
use crate::pages::page::{Page, Turn, escaped};
use crate::pages::parts::{Field, Presence, Tone, avatar, badge, choice, empty, pager, time};
use crate::place::Place;
use crate::room::Sight;
use crate::sent::{Path, Query};

/// Members on one page.
const PAGE: usize = 50;
const STANDINGS: [&str; 8] =
    ["active", "applicant", "left", "removed", "banned", "turned_away", "bot", "erased"];
pub(super) const WHO: &[Permission] = &[Permission::ManageMembers, Permission::Sanction];

pub(super) fn routes() -> Router<Place> {
    Router::new().route("/c/{community}/desk/members", get(list))
}

/// What is looked for.
#[derive(Debug, Clone, Default, Deserialize)]
struct Sought {
    #[serde(default)]
    name: String,
    #[serde(default)]
    role: String,
    #[serde(default)]
    tag: String,
    #[serde(default)]
    standing: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    after: String,
}

impl Sought {
    fn fits(&self, sight: &Sight<'_>, row: &Member) -> bool {
        let standing = if self.standing.is_empty() { "active" } else { self.standing.as_str() };
        (standing == "all" || row.standing.name() == standing)
            && (self.role.is_empty() || row.roles.contains(&self.role))
            && (self.tag.is_empty() || row.tags.contains(&self.tag))
            && (self.source.is_empty() || row.origin.source == self.source)
            && (self.name.is_empty()
                || called(sight, row.id).to_lowercase().contains(&self.name.to_lowercase()))
    }
}

struct Row {
    id: MemberId,
    name: String,
    standing: &'static str,
    roles: Vec<String>,
    tags: Vec<String>,
    source: String,
    since_ms: u64,
    strikes: u32,
}

/// What there is to choose among.
#[derive(Default)]
struct Known {
    roles: Vec<String>,
    tags: BTreeSet<String>,
    sources: BTreeSet<String>,
}

async fn list(
    page: Page,
    Path(community): Path<String>,
    Query(sought): Query<Sought>,
) -> Result<Response, Turn> {
    let seat = Seat::take(page, &community, WHO).await?;
    let (now_ms, wanted) = (seat.page.caller.place.now_ms(), sought.clone());
    let seen = seat.room.look(move |sight| {
        let community = sight.community;
        let after: Option<MemberId> = wanted.after.parse().ok();
        let mut known = Known { roles: community.roles.0.keys().cloned().collect(), ..Known::default() };
        for row in community.members.iter() {
            known.tags.extend(row.tags.iter().cloned());
            known.sources.insert(row.origin.source.clone());
        }
        known.sources.remove("");
        let fitting = || community.members.iter().filter(|row| wanted.fits(&sight, row));
        let count = fitting().count() as u64;
        let rules = &community.rules;
        let rows =
            fitting().filter(|row| after.is_none_or(|after| row.id > after)).take(PAGE + 1).map(|row| Row {
                id: row.id,
                name: called(&sight, row.id),
                standing: row.standing.name(),
                roles: row.roles.iter().filter(|name| *name != role::MEMBER).cloned().collect(),
                tags: row.tags.iter().cloned().collect(),
                source: row.origin.source.clone(),
                since_ms: row.joined_ms.unwrap_or(row.since_ms),
                strikes: rules.record.live(row.id, now_ms, rules.ladder.forget_ms()),
            });
        Ok((rows.collect::<Vec<_>>(), count, known))
    });
    let (mut rows, count, known) = seen.await?;
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let title = seat.say("desk.members.title");
    let body = html! {
        div.heading { h1 { (title) } }
        (filter(&seat, &sought, &known))
        p.quiet { (seat.fill("desk.members.found", &[("n", &grouped(count))])) }
        @if rows.is_empty() {
            (empty(seat.say("desk.members.none"), html! {}))
        } @else {
            (table(&seat, &rows))
        }
        @if let Some(last) = rows.last().filter(|_| more) {
            (pager(None, Some((&further(&seat, &sought, last.id), seat.say("desk.further")))))
        }
    };
    Ok(seat.show((title, "/members"), body))
}

fn further(seat: &Seat, sought: &Sought, after: MemberId) -> String {
    let Sought { name, role, tag, standing, source, .. } = sought;
    let [name, role, tag, standing, source] = [name, role, tag, standing, source].map(|it| escaped(it));
    seat.path(&format!(
        "/members?name={name}&role={role}&tag={tag}&standing={standing}&source={source}&after={after}"
    ))
}

fn filter(seat: &Seat, sought: &Sought, known: &Known) -> Markup {
    let all = seat.say("desk.all");
    let plain = |names: &mut dyn Iterator<Item = &String>| {
        let names: Vec<(String, String)> = names.map(|name| (name.clone(), name.clone())).collect();
        [vec![(String::new(), all.to_owned())], names].concat()
    };
    let standings =
        STANDINGS.iter().map(|name| ((*name).to_owned(), seat.word(&format!("desk.standing.{name}"))));
    let standings: Vec<(String, String)> = standings.chain([("all".to_owned(), all.to_owned())]).collect();
    let select = |name: &str, code: &'static str, value: &str, options: Vec<(String, String)>| {
        let options: Vec<(&str, &str)> = options.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        choice(&Field { value, presence: Presence::Optional, ..Field::line(name, seat.say(code)) }, &options)
    };
    html! {
        form.card.pair method="get" {
            (Field {
                value: &sought.name,
                presence: Presence::Optional,
                ..Field::line("name", seat.say("desk.members.name"))
            }.show())
            (select(
                "standing",
                "desk.members.standing",
                if sought.standing.is_empty() { "active" } else { &sought.standing },
                standings,
            ))
            (select("role", "desk.members.role", &sought.role, plain(&mut known.roles.iter())))
            @if !known.tags.is_empty() {
                (select("tag", "desk.members.tag", &sought.tag, plain(&mut known.tags.iter())))
            }
            @if !known.sources.is_empty() {
                (select("source", "desk.members.source", &sought.source, plain(&mut known.sources.iter())))
            }
            button.button type="submit" { (seat.say("desk.filter")) }
        }
    }
}

/// A table where there is room for it, cards where there is not.
fn table(seat: &Seat, rows: &[Row]) -> Markup {
    let columns = ["name", "roles", "tags", "source", "since", "strikes"]
        .map(|name| (name, seat.word(&format!("desk.members.column.{name}"))));
    html! {
        div.card.rows {
            table.people {
                thead {
                    tr {
                        @for (name, label) in &columns {
                            th scope="col" class=[(*name == "strikes").then_some("number")] { (label) }
                        }
                    }
                }
                tbody {
                    @for row in rows {
                        tr {
                            th scope="row" {
                                span.line {
                                    (avatar(&row.id.to_string(), &row.name))
                                    a href=(seat.path(&format!("/members/{}", row.id))) { (row.name) }
                                    @if row.standing != "active" {
                                        (badge(
                                            Tone::Plain,
                                            &seat.word(&format!("desk.standing.{}", row.standing)),
                                        ))
                                    }
                                }
                            }
                            td data-label=(columns[1].1) {
                                @for name in &row.roles { (badge(Tone::Plain, name)) " " }
                            }
                            td data-label=(columns[2].1) {
                                @for name in &row.tags { (badge(Tone::Good, name)) " " }
                            }
                            td data-label=(columns[3].1) { (row.source) }
                            td data-label=(columns[4].1) {
                                (time(row.since_ms, &seat.zoned.day(row.since_ms)))
                            }
                            td.number data-label=(columns[5].1) { @if row.strikes > 0 { (row.strikes) } }
                        }
                    }
                }
            }
        }
    }
}
