//! What the state says of one member, in their own words where they wrote them.
//!
//! Pure: the sheet is one part of an export, the walk over the log outside is the other. Seeds, others' texts
//! and others' ids are not in it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::ids::MemberId;
use crate::member::{Origin, Standing};
use crate::notice::Text;
use crate::queue::Receipt;
use crate::stream::Stream;

/// One member's sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sheet {
    /// Who.
    pub member: MemberId,
    /// The community's name.
    pub community: String,
    /// Shown name; `None` once erased.
    pub nickname: Option<String>,
    /// The card's values.
    pub card: BTreeMap<String, Option<String>>,
    /// Roles.
    pub roles: BTreeSet<String>,
    /// Tags.
    pub tags: BTreeSet<String>,
    /// Where they stand.
    pub standing: Standing,
    /// First seen, Unix milliseconds.
    pub since_ms: u64,
    /// Last admitted, Unix milliseconds.
    pub joined_ms: Option<u64>,
    /// How they came; who invited them is another's fact.
    pub origin: Origin,
    /// What the engine had to tell them.
    pub notices: Vec<SheetNotice>,
    /// Why things were decided about them.
    pub receipts: Vec<Receipt>,
}

/// A notice as it stands in a sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SheetNotice {
    /// When, Unix milliseconds.
    pub at_ms: u64,
    /// What.
    pub text: Text,
}

/// What the state says of a member; `None` for nobody.
pub fn export(stream: &Stream, member: MemberId) -> Option<Sheet> {
    let community = stream.community()?;
    let row = community.members.get(member)?;
    let text = |reference| stream.bodies.text(reference).map(str::to_owned);
    let notices = row.notices.iter();
    Some(Sheet {
        member,
        community: community.profile.name.clone(),
        nickname: text(&row.nickname),
        card: row.card.iter().map(|(field, value)| (field.clone(), text(value))).collect(),
        roles: row.roles.clone(),
        tags: row.tags.clone(),
        standing: row.standing,
        since_ms: row.since_ms,
        joined_ms: row.joined_ms,
        origin: Origin { inviter: None, ..row.origin.clone() },
        notices: notices.map(|kept| SheetNotice { at_ms: kept.at_ms, text: kept.text.clone() }).collect(),
        receipts: community.queue.receipts.values().filter(|kept| kept.member == member).cloned().collect(),
    })
}
