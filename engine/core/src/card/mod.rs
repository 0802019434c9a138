//! The card: fields of the community's own, a name template, counts by field.
//!
//! Values and nicknames are checked when somebody joins and when they change; the rules judge them like a
//! message. A new schema leaves existing values as they are: a query says which no longer fit.

mod change;
mod query;
mod schema;
#[cfg(test)]
mod tests;

pub use change::{check_nickname, check_template, check_values, discard, draft, release, review};
pub use query::{Counts, Misfit, count_by, misfits, visible};
pub use schema::{FIELDS_MAX, Field, Kind, NICKNAME, OPTIONS_MAX, Schema, VALUE_BYTES_MAX, Visibility};

/// The card as a blueprint sets it up.
pub type CardConfig = Schema;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::body::BodyRef;
use crate::decide::{Ctx, Outcome, Shelf, keep};
use crate::ids::MemberId;
use crate::moment::Moment;
use crate::refusal::Refusal;
use crate::role::{Need, Permission};
use crate::stream::Community;

/// The card's fields, and changes that wait for a human.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cards {
    /// The fields.
    pub schema: Schema,
    /// Changes that wait; one a member.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub held: BTreeMap<MemberId, Held>,
}

/// A change of card or nickname that waits in the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Whose.
    pub member: MemberId,
    /// What they want to go by, where that is to change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nickname: Option<BodyRef>,
    /// Fields that are to change; `None` takes a value off.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Option<BodyRef>>,
}

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Replace the fields.
    SetSchema {
        /// What they are to be.
        schema: Schema,
    },
    /// Change one's card, and the nickname with it where the template joins them.
    ChangeCard {
        /// Fields that are to change; `None` takes a value off.
        fields: BTreeMap<String, Option<BodyRef>>,
        /// The nickname that goes with it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nickname: Option<BodyRef>,
    },
    /// Change one's nickname.
    ChangeNickname {
        /// What one wants to go by.
        nickname: BodyRef,
    },
}

impl Command {
    /// What the actor must be or may do.
    pub fn needs(&self) -> Need {
        match self {
            Self::SetSchema { .. } => Need::Permission(Permission::ManageCard),
            Self::ChangeCard { .. } | Self::ChangeNickname { .. } => Need::Inside,
        }
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The fields were replaced.
    SchemaSet {
        /// What they are now.
        schema: Box<Schema>,
        /// What they were.
        old: Box<Schema>,
    },
    /// A card or nickname changed.
    Changed {
        /// What changed, and whose.
        change: Held,
        /// What it was.
        old: Held,
    },
    /// A change waits for a human.
    Held {
        /// Which.
        change: Held,
    },
    /// A change that waited is not going to be.
    Dropped {
        /// Which.
        old: Held,
    },
}

/// Decides a command.
pub fn decide(ctx: &Ctx<'_>, command: &Command, out: &mut Outcome) -> Result<(), Refusal> {
    match command {
        Command::SetSchema { schema } => {
            schema.check()?;
            let old = &ctx.community.card.schema;
            if schema == old {
                return Err(Refusal::NothingToChange);
            }
            out.event(Event::SchemaSet { schema: Box::new(schema.clone()), old: Box::new(old.clone()) });
            Ok(())
        }
        Command::ChangeCard { fields, nickname } => change::change(ctx, *nickname, fields, out),
        Command::ChangeNickname { nickname } => change::change(ctx, Some(*nickname), &BTreeMap::new(), out),
    }
}

/// Sets the card up as a blueprint says. Founding calls it, having refused what `Schema::check` refuses.
pub fn configure(community: &mut Community, config: &CardConfig) {
    community.card.schema = config.clone();
}

fn invalid(name: &str, expected: String) -> Refusal {
    Refusal::ValueInvalid { name: name.to_owned(), expected }
}

/// Applies what happened.
pub fn apply(community: &mut Community, event: &Event, _moment: &Moment, mut shelf: Shelf<'_>) {
    match event {
        Event::SchemaSet { schema, .. } => community.card.schema = schema.as_ref().clone(),
        Event::Held { change } => {
            references(change).for_each(|reference| keep(&mut shelf, reference));
            community.card.held.insert(change.member, change.clone());
        }
        Event::Dropped { old } => {
            community.card.held.remove(&old.member);
            references(old).for_each(|reference| drop(shelf.0.remove(reference.id)));
        }
        Event::Changed { change, old } => {
            if community.card.held.get(&change.member) == Some(change) {
                community.card.held.remove(&change.member);
            }
            references(old).for_each(|reference| drop(shelf.0.remove(reference.id)));
            references(change).for_each(|reference| keep(&mut shelf, reference));
            change::fold(community, change);
        }
    }
}

fn references(change: &Held) -> impl Iterator<Item = &BodyRef> {
    change.nickname.iter().chain(change.fields.values().flatten())
}
