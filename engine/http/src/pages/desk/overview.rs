//! The overview: what waits today, and charts of who comes, when there is talk, who stays, what was held and
//! whether that was right.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use kith_core::ids::MemberId;
use kith_core::role::Permission;
use kith_runtime::statistics::{Figures, Settled, Statistics, Way};
use maud::{Markup, html};

use super::chart::{Bars, Squares};
use super::seat::{OPERATORS, Seat, grouped, percent};
use crate::pages::page::{Page, Turn};
use crate::pages::parts::card;
use crate::place::Place;
use crate::problem::Problem;
use crate::sent::Path;

/// Days that the charts over time show.
const DAYS: i32 = 30;
/// Weeks of newcomers that are followed.
const WEEKS: usize = 8;
/// Sources with a colour of their own; the others are put together.
const SOURCES_MAX: usize = 5;
const COLOURS: [&str; SOURCES_MAX + 1] = ["c0", "c1", "c2", "c3", "c4", "c5"];
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

pub(super) fn routes() -> Router<Place> {
    Router::new().route("/c/{community}/desk", get(open)).layer(Extension(Arc::new(Statistics::default())))
}

async fn open(
    page: Page,
    Extension(statistics): Extension<Arc<Statistics>>,
    Path(community): Path<String>,
) -> Result<Response, Turn> {
    let seat = Seat::take(page, &community, OPERATORS).await?;
    let place = seat.page.caller.place.clone();
    let (id, zone, now_ms) = (seat.room.id, seat.zone.clone(), place.now_ms());
    let figures =
        tokio::task::spawn_blocking(move || statistics.of(id, &zone, place.engine.ports().records.as_ref()));
    let figures = figures.await.map_err(|_| Problem::failed())??;
    let seen = seat.room.look(|sight| {
        let members = sight.community.members.iter();
        let sources: BTreeMap<MemberId, String> =
            members.map(|row| (row.id, row.origin.source.clone())).collect();
        Ok((sources, sight.community.members.active_count()))
    });
    let (sources, members) = seen.await?;
    let today = today(&seat, now_ms);
    let title = seat.say("desk.overview.title");
    let body = html! {
        div.heading { h1 { (title) } }
        (waits(&seat))
        (numbers(&seat, &figures, members, today))
        div.grids {
            section.card { (joins(&seat, &figures, &sources, today)) }
            section.card { (talk(&seat, &figures)) }
            section.card { (retention(&seat, &figures, today)) }
            section.card { (holds(&seat, &figures, today)) }
        }
    };
    Ok(seat.show((title, ""), body))
}

fn today(seat: &Seat, now_ms: u64) -> Date {
    let now = i64::try_from(now_ms).ok().and_then(|now_ms| Timestamp::from_millisecond(now_ms).ok());
    seat.zone.rules().to_datetime(now.unwrap_or_default()).date()
}

/// What waits for a human, each with the way to it.
fn waits(seat: &Seat) -> Markup {
    let waiting = seat.waiting;
    let moderates = seat.may(Permission::Moderate);
    let rows: [(usize, &'static str, &str, bool); 4] = [
        (waiting.appeals, "desk.waits.appeals", "/queue", moderates),
        (waiting.applicants, "desk.waits.applicants", "/queue", seat.may(Permission::Approve)),
        (waiting.holds, "desk.waits.holds", "/queue", moderates),
        (waiting.letters, "desk.waits.letters", "/scripts", seat.may(Permission::ManageRules)),
    ];
    let rows: Vec<_> = rows.into_iter().filter(|(count, _, _, may)| *count > 0 && *may).collect();
    card(
        seat.say("desk.waits.title"),
        html! {
            @if rows.is_empty() { p.quiet { (seat.say("desk.waits.none")) } } @else {
                div.figures.large {
                    @for (count, code, rest, _) in rows {
                        a.figure href=(seat.path(rest)) {
                            span.quiet.small { (seat.say(code)) }
                            strong { (count) }
                        }
                    }
                }
            }
        },
    )
}

fn numbers(seat: &Seat, figures: &Figures, members: u64, today: Date) -> Markup {
    let since = first_day(today);
    let came = figures.joins.iter().filter(|it| it.way == Way::Gate && it.date >= since).count() as u64;
    let said: u64 = figures.messages.range(since..).map(|(_, count)| count).sum();
    let week = kith_runtime::statistics::monday(today);
    let spoke = figures.weeks.values().filter(|weeks| weeks.contains(&week)).count() as u64;
    let (right, wrong) = judged(figures, since);
    let shown = [
        ("desk.overview.members", grouped(members)),
        ("desk.overview.came", grouped(came)),
        ("desk.overview.said", grouped(said)),
        ("desk.overview.spoke", grouped(spoke)),
        ("desk.overview.precision", percent(right, right + wrong).unwrap_or_else(|| "–".to_owned())),
    ];
    html! {
        section.card {
            div.figures.large {
                @for (code, value) in &shown {
                    div.figure { span.quiet.small { (seat.say(code)) } strong { (value) } }
                }
            }
        }
    }
}

fn first_day(today: Date) -> Date {
    today.checked_sub((DAYS - 1).days()).unwrap_or(today)
}

/// The days that are shown, oldest first.
fn days(today: Date) -> impl Iterator<Item = Date> {
    let first = first_day(today);
    (0..DAYS).filter_map(move |ahead| first.checked_add(ahead.days()).ok())
}

/// How much of what was held in the time was right, and how much was not, by those who looked.
fn judged(figures: &Figures, since: Date) -> (u64, u64) {
    let count = |settled| {
        let held = figures.holds.values().filter(|it| it.date >= since && it.settled == Some(settled));
        held.count() as u64
    };
    (count(Settled::Denied), count(Settled::Released))
}

fn joins(seat: &Seat, figures: &Figures, sources: &BTreeMap<MemberId, String>, today: Date) -> Markup {
    let since = first_day(today);
    let of = |member: &MemberId| sources.get(member).map_or("", String::as_str);
    let came = || figures.joins.iter().filter(move |it| it.way == Way::Gate && it.date >= since);
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for join in came() {
        *counts.entry(of(&join.member)).or_default() += 1;
    }
    let mut named: Vec<(&str, u64)> = counts.into_iter().collect();
    named.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let own: Vec<&str> = named.iter().take(SOURCES_MAX).map(|(name, _)| *name).collect();
    let has_others = named.len() > SOURCES_MAX;
    let width = own.len() + usize::from(has_others);
    let place = |name: &str| own.iter().position(|it| *it == name).unwrap_or(own.len());
    let mut by_day: BTreeMap<Date, Vec<u64>> = days(today).map(|day| (day, vec![0; width])).collect();
    for join in came() {
        if let Some(count) = by_day.get_mut(&join.date).and_then(|row| row.get_mut(place(of(&join.member)))) {
            *count += 1;
        }
    }
    let label = |name: &str| if name.is_empty() { seat.say("desk.source.none") } else { name }.to_owned();
    let mut series: Vec<(String, &'static str)> =
        own.iter().zip(COLOURS).map(|(name, colour)| (label(name), colour)).collect();
    if has_others {
        series.push((seat.say("desk.source.others").to_owned(), COLOURS[SOURCES_MAX]));
    }
    Bars {
        heading: seat.say("desk.chart.joins"),
        summary: seat.say("desk.as_table"),
        over: seat.say("desk.day"),
        series,
        columns: by_day.into_iter().map(|(day, values)| (short(day), values)).collect(),
    }
    .show()
}

/// A day of this year or the last: month and day, as both languages write it.
fn short(day: Date) -> String {
    format!("{:02}-{:02}", day.month(), day.day())
}

fn talk(seat: &Seat, figures: &Figures) -> Markup {
    let most = figures.talk.iter().flatten().copied().max().unwrap_or(0);
    let row = |(name, hours): (&&str, &[u64; 24])| {
        let cells = hours.iter().map(|count| Some((*count, grouped(*count)))).collect();
        (seat.word(&format!("desk.weekday.{name}")), cells)
    };
    Squares {
        heading: seat.say("desk.chart.talk"),
        summary: seat.say("desk.as_table"),
        columns: (0..24).map(|hour| format!("{hour:02}")).collect(),
        rows: WEEKDAYS.iter().zip(&figures.talk).map(row).collect(),
        most,
    }
    .show()
}

fn retention(seat: &Seat, figures: &Figures, today: Date) -> Markup {
    let cohorts = figures.cohorts(today, WEEKS);
    let width = cohorts.iter().map(|cohort| cohort.active.len()).max().unwrap_or(0);
    if width == 0 {
        return html! {
            h2 { (seat.say("desk.chart.retention")) }
            p.quiet { (seat.say("desk.chart.nobody")) }
        };
    }
    let row = |cohort: &kith_runtime::statistics::Cohort| {
        let mut cells: Vec<Option<(u64, String)>> = cohort
            .active
            .iter()
            .map(|active| {
                let share = percent(*active, cohort.members).unwrap_or_default();
                Some((active * 100 / cohort.members.max(1), format!("{active} ({share})")))
            })
            .collect();
        cells.resize(width, None);
        (format!("{} · {}", short(cohort.week), cohort.members), cells)
    };
    Squares {
        heading: seat.say("desk.chart.retention"),
        summary: seat.say("desk.as_table"),
        columns: (0..width).map(|week| seat.fill("desk.chart.week", &[("n", &week.to_string())])).collect(),
        rows: cohorts.iter().map(row).collect(),
        most: 100,
    }
    .show()
}

fn holds(seat: &Seat, figures: &Figures, today: Date) -> Markup {
    let mut by_day: BTreeMap<Date, Vec<u64>> = days(today).map(|day| (day, vec![0; 4])).collect();
    for held in figures.holds.values() {
        let place = match held.settled {
            Some(Settled::Denied) => 0,
            Some(Settled::Released) => 1,
            Some(Settled::Expired) => 2,
            None => 3,
        };
        if let Some(row) = by_day.get_mut(&held.date) {
            row[place] += 1;
        }
    }
    let used: BTreeSet<usize> =
        (0..4).filter(|place| *place < 2 || by_day.values().any(|row| row[*place] > 0)).collect();
    let all: [(&'static str, &'static str); 4] = [
        ("desk.chart.right", "c-good"),
        ("desk.chart.wrong", "c-bad"),
        ("desk.chart.expired", "c-quiet"),
        ("desk.chart.waits", "c-warning"),
    ];
    let series = used.iter().map(|place| (seat.say(all[*place].0).to_owned(), all[*place].1)).collect();
    let values = |row: Vec<u64>| used.iter().map(|place| row[*place]).collect();
    Bars {
        heading: seat.say("desk.chart.holds"),
        summary: seat.say("desk.as_table"),
        over: seat.say("desk.day"),
        series,
        columns: by_day.into_iter().map(|(day, row)| (short(day), values(row))).collect(),
    }
    .show()
}
