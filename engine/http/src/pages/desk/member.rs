//! One member as whoever runs the place sees them: how they came, what was decided about them, and what can
//! be done.

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use kith_core::ids::MemberId;
use kith_core::member::{self, Member, Standing};
use kith_core::moment::{DAY_MS, HOUR_MS};
use kith_core::queue::Receipt;
use kith_core::refusal::Refusal;
use kith_core::role::{self, Permission};
use kith_core::rule::{self, Lifted};
use maud::{Markup, html};

use super::case::{Author, Why};
use super::members::WHO;
use super::seat::{Seat, called};
use crate::pages::form::{Filled, Mistakes, form};
use crate::pages::page::{Page, Turn};
use crate::pages::parts::{Field, Look, Presence, Tone, badge, banner, card, choice, fact, press, time};
use crate::place::Place;
use crate::problem::Problem;
use crate::sent::Path;

/// Decisions shown of one member.
const RECEIPTS_SHOWN: usize = 20;

pub(super) fn routes() -> Router<Place> {
    Router::new().route("/c/{community}/desk/members/{member}", get(one).post(act))
}

/// One member as the desk sees them.
struct Seen {
    author: Author,
    row: Member,
    inviter: Option<String>,
    strikes: u32,
    muted_until_ms: Option<u64>,
    receipts: Vec<(Why, u64)>,
    card: Vec<(String, String)>,
    roles: Vec<String>,
    is_me: bool,
}

async fn look(seat: &Seat, id: MemberId) -> Result<Seen, Turn> {
    let (now_ms, language) = (seat.page.caller.place.now_ms(), seat.language());
    let sees_card = seat.may(Permission::ManageMembers);
    let seen = seat.room.look(move |sight| {
        let community = sight.community;
        let row = community.members.get(id).cloned();
        let row = row.ok_or_else(|| Refusal::NotFound { what: id.to_string() })?;
        let rules = &community.rules;
        let receipts = community.queue.receipts.values().rev().filter(|it| it.member == id);
        let why = |receipt: &Receipt| (Why::of(&sight, receipt, language), receipt.at_ms);
        let public = community.card.schema.fields.iter().filter(|_| sees_card);
        let public = public.filter(|field| field.visible_to != kith_core::card::Visibility::Owner);
        let value = |name: &String| row.card.get(name).and_then(|body| sight.stream.bodies.text(body));
        Ok(Seen {
            author: Author::of(&sight, id, now_ms),
            inviter: row.origin.inviter.map(|inviter| called(&sight, inviter)),
            strikes: rules.record.live(id, now_ms, rules.ladder.forget_ms()),
            muted_until_ms: rules.record.mute(id, now_ms).map(|mute| mute.until_ms),
            receipts: receipts.take(RECEIPTS_SHOWN).map(why).collect(),
            card: public.filter_map(|it| Some((it.name.clone(), value(&it.name)?.to_owned()))).collect(),
            roles: community.roles.0.keys().filter(|name| *name != role::OWNER).cloned().collect(),
            is_me: sight.me.is_some_and(|me| me.id == id),
            row,
        })
    });
    Ok(seen.await?)
}

async fn one(page: Page, Path((community, id)): Path<(String, MemberId)>) -> Result<Response, Turn> {
    let seat = Seat::take(page, &community, WHO).await?;
    let seen = look(&seat, id).await?;
    Ok(shown(&seat, &seen, &Mistakes::none()))
}

fn shown(seat: &Seat, seen: &Seen, mistakes: &Mistakes) -> Response {
    let row = &seen.row;
    let by = |mut out: Vec<String>| {
        out.retain(|it| !it.is_empty());
        out.join(" · ")
    };
    let origin = by(vec![
        row.origin.source.clone(),
        seen.inviter
            .as_ref()
            .map(|name| seat.fill("desk.member.invited_by", &[("name", name)]))
            .unwrap_or_default(),
    ]);
    let body = html! {
        div.heading {
            p.quiet { a href=(seat.path("/members")) { (seat.say("desk.members.title")) } }
            h1 { (seen.author.name) }
        }
        @if let Some(whole) = &mistakes.whole { (banner(Tone::Bad, html! { p { (whole) } })) }
        (card("", html! {
            dl {
                (fact(seat.say("desk.members.standing"), html! { (standing(seat, row)) }))
                (fact(seat.say("desk.member.since"), time(row.since_ms, &seat.zoned.full(row.since_ms))))
                @if let Some(joined_ms) = row.joined_ms {
                    (fact(seat.say("desk.member.joined"), time(joined_ms, &seat.zoned.full(joined_ms))))
                }
                (fact(seat.say("desk.member.origin"), html! {
                    @if origin.is_empty() { (seat.say("desk.source.none")) } @else { (origin) }
                }))
                (fact(seat.say("desk.member.strikes"), html! { (seen.strikes) }))
                @if let Some(until_ms) = seen.muted_until_ms {
                    (fact(seat.say("desk.member.muted"), time(until_ms, &seat.zoned.full(until_ms))))
                }
                @for (name, value) in &seen.card { (fact(name, html! { (value) })) }
            }
        }))
        @if !seen.is_me { (named(seat, seen)) (sanctions(seat, seen)) }
        @if !seen.receipts.is_empty() {
            (card(seat.say("desk.member.decisions"), html! {
                ul.plain {
                    @for (why, at_ms) in &seen.receipts {
                        (why.show(seat))
                        li.quiet.small { (time(*at_ms, &seat.zoned.full(*at_ms))) }
                    }
                }
            }))
        }
    };
    let status = if mistakes.is_empty() {
        axum::http::StatusCode::OK
    } else {
        axum::http::StatusCode::UNPROCESSABLE_ENTITY
    };
    seat.show_as(status, (&seen.author.name, "/members"), body)
}

fn standing(seat: &Seat, row: &Member) -> String {
    let word = seat.word(&format!("desk.standing.{}", row.standing.name()));
    let until_ms = match row.standing {
        Standing::Banned { until_ms, .. } => until_ms,
        Standing::Removed { again_ms, .. } => Some(again_ms),
        _ => None,
    };
    match until_ms {
        Some(until_ms) => {
            seat.fill("desk.member.until", &[("what", &word), ("until", &seat.zoned.full(until_ms))])
        }
        None => word,
    }
}

fn path(seat: &Seat, seen: &Seen) -> String {
    seat.path(&format!("/members/{}", seen.row.id))
}

/// Roles and tags, to be given and taken.
fn named(seat: &Seat, seen: &Seen) -> Markup {
    let is_inside = matches!(seen.row.standing, Standing::Active);
    if !seat.may(Permission::ManageMembers) || !is_inside {
        return html! {};
    }
    let take = |does: &str, name: &str| {
        form(
            &seat.page,
            &path(seat, seen),
            html! {
                input type="hidden" name="name" value=(name);
                span.line {
                    (badge(Tone::Plain, name))
                    (press(Look::Quiet, ("do", does), seat.say("desk.member.take")))
                }
            },
        )
    };
    let others = seen.roles.iter().filter(|name| !seen.row.roles.contains(*name));
    let others: Vec<(&str, &str)> = others.map(|name| (name.as_str(), name.as_str())).collect();
    card(
        seat.say("desk.member.named"),
        html! {
            div.line {
                @for name in &seen.row.roles { (take("take_role", name)) }
                @for name in &seen.row.tags { (take("untag", name)) }
            }
            div.pair {
                @if !others.is_empty() {
                    (form(&seat.page, &path(seat, seen), html! {
                        (choice(&Field::line("name", seat.say("desk.members.role")), &others))
                        div.line { (press(Look::Quiet, ("do", "give_role"), seat.say("desk.member.give"))) }
                    }))
                }
                (form(&seat.page, &path(seat, seen), html! {
                    div.field {
                        label for="tag" { (seat.say("desk.members.tag")) }
                        input id="tag" name="name" type="text" autocomplete="off" required;
                    }
                    div.line { (press(Look::Quiet, ("do", "tag"), seat.say("desk.member.give"))) }
                }))
            }
        },
    )
}

/// What can be done to them, mildest first, with a word that they read.
fn sanctions(seat: &Seat, seen: &Seen) -> Markup {
    let is_inside = matches!(seen.row.standing, Standing::Active);
    let (sanction, ban) = (seat.may(Permission::Sanction), seat.may(Permission::Ban));
    let is_banned = matches!(seen.row.standing, Standing::Banned { .. });
    let spans = [
        ("1", "desk.span.hour"),
        ("24", "desk.span.day"),
        ("168", "desk.span.week"),
        ("720", "desk.span.month"),
    ];
    let spans: Vec<(&str, &str)> = spans.iter().map(|(hours, code)| (*hours, seat.say(code))).collect();
    let bans: Vec<(&str, &str)> =
        [("", seat.say("desk.span.ever"))].into_iter().chain(spans.iter().copied()).collect();
    let reason =
        Field { presence: Presence::Optional, ..Field::line("reason", seat.say("desk.member.reason")) };
    html! {
        @if is_banned && ban {
            (card("", form(&seat.page, &path(seat, seen), html! {
                div.line { (press(Look::Quiet, ("do", "unban"), seat.say("desk.member.unban"))) }
            })))
        }
        @if is_inside && sanction {
            (card(seat.say("desk.member.sanctions"), html! {
                (form(&seat.page, &path(seat, seen), html! {
                    (reason.show())
                    div.pair {
                        (choice(
                            &Field { value: "24", ..Field::line("hours", seat.say("desk.member.mute_for")) },
                            &spans,
                        ))
                        @if ban {
                            (choice(
                                &Field {
                                    presence: Presence::Optional,
                                    ..Field::line("ban_hours", seat.say("desk.member.ban_for"))
                                },
                                &bans,
                            ))
                        }
                    }
                    div.line {
                        (press(Look::Quiet, ("do", "warn"), seat.say("desk.member.warn")))
                        (press(Look::Quiet, ("do", "mute"), seat.say("desk.member.mute")))
                        (press(Look::Danger, ("do", "remove"), seat.say("desk.member.remove")))
                        @if ban { (press(Look::Danger, ("do", "ban"), seat.say("desk.member.ban"))) }
                    }
                }))
                @if seen.muted_until_ms.is_some() || seen.strikes > 0 {
                    (form(&seat.page, &path(seat, seen), html! {
                        div.line {
                            @if seen.muted_until_ms.is_some() {
                                (press(Look::Quiet, ("do", "lift_mute"), seat.say("desk.member.lift_mute")))
                            }
                            @if seen.strikes > 0 {
                                (press(
                                    Look::Quiet,
                                    ("do", "lift_strikes"),
                                    seat.say("desk.member.lift_strikes"),
                                ))
                            }
                        }
                    }))
                }
            }))
        }
    }
}

/// Does what was pressed; what the core refuses is told on the member's page.
async fn act(Path((community, member)): Path<(String, MemberId)>, form: Filled) -> Result<Response, Turn> {
    let seat = Seat::take(form.page.clone(), &community, WHO).await?;
    let name = form.text("name").to_owned();
    let reason = form.text("reason");
    let hours = |field: &str| form.text(field).parse::<u64>().ok().map(|hours| hours.saturating_mul(HOUR_MS));
    let does = form.text("do");
    let asked = seat.room.ask(&form.input, |ink| -> kith_core::command::CommandKind {
        let reason = (!reason.is_empty()).then(|| ink.text_of(member, reason));
        match does {
            "give_role" => role::Command::Give { member, name }.into(),
            "take_role" => role::Command::Take { member, name }.into(),
            "tag" => member::Command::Tag { member, tag: name }.into(),
            "untag" => member::Command::Untag { member, tag: name }.into(),
            "mute" => rule::Command::Mute { member, for_ms: hours("hours").unwrap_or(DAY_MS), reason }.into(),
            "remove" => member::Command::Remove { member, reason }.into(),
            "ban" => member::Command::Ban { member, for_ms: hours("ban_hours"), reason }.into(),
            "unban" => member::Command::Unban { member }.into(),
            "lift_mute" => rule::Command::Lift { member, lifted: Lifted::Mute }.into(),
            "lift_strikes" => rule::Command::Lift { member, lifted: Lifted::Strikes }.into(),
            _ => rule::Command::Warn { member, reason }.into(),
        }
    });
    match asked.await {
        Ok(_) => Ok(seat.page.done(&seat.path(&format!("/members/{member}")), Some("desk.done.member"))),
        Err(problem) => told(&seat, member, problem).await,
    }
}

async fn told(seat: &Seat, member: MemberId, problem: Problem) -> Result<Response, Turn> {
    let mistakes = Mistakes::from_problem(problem, seat.page.words(), &[])?;
    Ok(shown(seat, &look(seat, member).await?, &mistakes))
}
