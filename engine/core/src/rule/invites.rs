//! Invites into other groups and platforms.

use super::counted;
pub use super::counted::{Facts, Params};
pub(super) use super::counted::{OCCASIONS, verdict};
use super::view::View;
use crate::notice::Text;
use crate::text::links::LinkKind;

/// Counts them.
pub(super) fn measure(view: &View<'_>, _params: &Params) -> Facts {
    counted::count(view, &[LinkKind::Invite, LinkKind::GroupQr])
}

pub(super) fn texts(params: &Params, facts: &Facts) -> (Text, Option<Text>) {
    counted::texts("rule.invites", (params, facts))
}
