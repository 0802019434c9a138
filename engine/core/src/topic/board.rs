//! The board: topics that people planned for a day.

use serde::{Deserialize, Serialize};

use super::{Day, Event, config};
use crate::body::BodyRef;
use crate::decide::{Ctx, Outcome};
use crate::ids::{MemberId, TopicId};
use crate::limits::{NAME_BYTES_MAX, TEXT_BYTES_MAX};
use crate::refusal::Refusal;

/// Topics on the board: more than a year of days.
const PLANNED_MAX: usize = 400;

/// A topic that is planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// For which day; raised on the first occasion from then on.
    pub day: Day,
    /// One line.
    pub title: BodyRef,
    /// What else there is to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<BodyRef>,
    /// By whom; `None` the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<MemberId>,
}

impl Planned {
    /// What it refers to.
    pub(super) fn bodies(&self) -> impl Iterator<Item = &BodyRef> {
        std::iter::once(&self.title).chain(&self.text)
    }
}

pub(super) fn plan(
    ctx: &Ctx<'_>,
    day: Day,
    (title, text): (BodyRef, Option<BodyRef>),
    out: &mut Outcome,
) -> Result<(), Refusal> {
    if ctx.fresh_text("title", &title, NAME_BYTES_MAX)?.trim().is_empty() {
        return Err(Refusal::TextEmpty { field: "title".to_owned() });
    }
    if let Some(text) = &text {
        ctx.fresh_text("text", text, TEXT_BYTES_MAX / 2)?;
    }
    let today = config::day_of(&ctx.community.profile.zone.rules(), ctx.at_ms());
    if let Some(today) = today.filter(|today| day < *today) {
        let expected = format!("{today} or later");
        return Err(Refusal::ValueInvalid { name: "day".to_owned(), expected });
    }
    if ctx.community.topics.planned.len() >= PLANNED_MAX {
        return Err(Refusal::TooMany { what: "planned_topic".to_owned(), max: PLANNED_MAX as u64 });
    }
    let planned = Planned { day, title, text, by: ctx.actor.map(|actor| actor.id) };
    out.event(Event::Planned { topic: TopicId(ctx.command.id.0), planned });
    Ok(())
}

pub(super) fn drop_planned(ctx: &Ctx<'_>, topic: TopicId, out: &mut Outcome) -> Result<(), Refusal> {
    let planned = ctx.community.topics.planned.get(&topic);
    let old = planned.ok_or_else(|| Refusal::NotFound { what: topic.to_string() })?.clone();
    out.event(Event::Dropped { topic, old });
    Ok(())
}
