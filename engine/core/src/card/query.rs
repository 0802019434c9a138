//! What can be asked of cards: how many live where, which values no longer fit, what a viewer may see.
//!
//! Counted from the bodies at hand each time: nothing derived from what people wrote is kept.

use std::collections::BTreeMap;

use super::schema::{Field, Visibility};
use crate::body::BodyRef;
use crate::ids::MemberId;
use crate::member::Member;
use crate::role::Permission;
use crate::stream::{Community, Stream};

/// How the members inside are spread over one field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Members by value; a choice as the operator spells it.
    pub by_value: BTreeMap<String, u64>,
    /// Members whose value was destroyed.
    pub erased: u64,
    /// Members without a value.
    pub empty: u64,
}

/// A value that does not fit today's schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// The field.
    pub field: String,
    /// What would fit; `None` if the card has no such field any more.
    pub expected: Option<String>,
}

/// Counts the members inside by a field.
pub fn count_by(stream: &Stream, field: &str) -> Counts {
    let mut counts = Counts::default();
    let Some(community) = stream.community() else { return counts };
    let kind = community.card.schema.field(field).map(|field| &field.kind);
    for member in community.members.active() {
        let Some(value) = member.card.get(field) else {
            counts.empty += 1;
            continue;
        };
        let Some(text) = stream.bodies.text(value) else {
            counts.erased += 1;
            continue;
        };
        let value = kind.map_or_else(|| text.trim().to_owned(), |kind| kind.counted(text));
        *counts.by_value.entry(value).or_insert(0) += 1;
    }
    counts
}

/// Values of a member that were good once and do not fit today's schema; required fields that are empty, too.
pub fn misfits(stream: &Stream, id: MemberId) -> Vec<Misfit> {
    let Some(community) = stream.community() else { return Vec::new() };
    let Some(member) = community.members.get(id) else { return Vec::new() };
    let schema = &community.card.schema;
    let mut misfits = Vec::new();
    for (name, value) in &member.card {
        let expected = match (schema.field(name), stream.bodies.text(value)) {
            (None, _) => None,
            (Some(_), None) => continue,
            (Some(field), Some(text)) => match field.kind.fits(text) {
                Ok(()) => continue,
                Err(expected) => Some(expected),
            },
        };
        misfits.push(Misfit { field: name.clone(), expected });
    }
    let missing = schema.required().filter(|name| !member.card.contains_key(*name));
    misfits.extend(missing.map(|name| Misfit { field: name.to_owned(), expected: Some("…".to_owned()) }));
    misfits
}

/// The fields of a member's card that a viewer may see, in the schema's order.
pub fn visible<'a>(
    community: &'a Community,
    member: &'a Member,
    viewer: &'a Member,
) -> impl Iterator<Item = (&'a Field, &'a BodyRef)> {
    let own = member.id == viewer.id;
    let owner = community.profile.owner == Some(viewer.id);
    let moderates = owner || community.roles.allow(viewer, Permission::Moderate);
    let inside = viewer.standing == crate::member::Standing::Active;
    let sees = move |field: &Field| {
        own || inside
            && match field.visible_to {
                Visibility::Members => true,
                Visibility::Moderators => moderates,
                Visibility::Owner => owner,
            }
    };
    let fields = community.card.schema.fields.iter().filter(move |field| sees(field));
    fields.filter_map(|field| Some((field, member.card.get(&field.name)?)))
}
