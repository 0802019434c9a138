//! Undo: what one version of a script did is taken back by events, one thing at a time.
//!
//! Whoever read the log says what there is to undo (`item`); here each thing is held against the state of
//! today and undone only where that still is as the version left it (`people`, `talk`, `kept`). So doing it
//! twice changes nothing the second time. What is left as it is gets a reason. Everybody concerned is told
//! once. The things name what somebody is to have written: only what reads the log makes such a command.

mod item;
mod kept;
mod people;
mod talk;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

pub use item::{Left, Row, UndoItem, What, Wording};

use super::Event;
use crate::body::Bodies;
use crate::command::{Command as AnyCommand, CommandKind};
use crate::decide::{Ctx, Facts, Outcome};
use crate::hook::NoExtensions;
use crate::ids::MemberId;
use crate::limits::{self, UNDO_ITEMS_MAX};
use crate::message::Evidence;
use crate::notice::Text;
use crate::refusal::Refusal;
use crate::rule::{Edition, Label, Tallies};
use crate::stream::{Community, Stream};

/// What is to be undone.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Undo {
    /// The script's number: it may be taken out, and its name given to another.
    pub no: u32,
    /// Its name.
    pub name: String,
    /// The version.
    pub version: u32,
    /// What it did; at most `UNDO_ITEMS_MAX` things.
    pub items: Vec<UndoItem>,
    /// Members who were told by an earlier command of the same undo.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub told: BTreeSet<MemberId>,
}

/// Decides an undo.
pub(super) fn decide(ctx: &Ctx<'_>, undo: &Undo, out: &mut Outcome) -> Result<(), Refusal> {
    check(ctx, undo)?;
    let rows = carry_out(ctx, undo, out);
    if out.events.is_empty() {
        return Err(Refusal::NothingToChange);
    }
    tell(undo, &rows, out);
    let (no, version, name) = (undo.no, undo.version, undo.name.clone());
    out.event(Event::Undone { no, name, version, rows });
    Ok(())
}

fn check(ctx: &Ctx<'_>, undo: &Undo) -> Result<(), Refusal> {
    limits::check_name(&undo.name)?;
    if undo.items.len() > UNDO_ITEMS_MAX {
        return Err(Refusal::TooMany { what: "row".to_owned(), max: UNDO_ITEMS_MAX as u64 });
    }
    let scripts = &ctx.community.scripts;
    let other = |script: &super::Script| script.name != undo.name || undo.version > script.newest;
    if undo.no >= scripts.numbered || scripts.numbered(undo.no).is_some_and(other) {
        let what = format!("script {} version {}", undo.name, undo.version);
        return Err(Refusal::NotFound { what });
    }
    Ok(())
}

/// What would become of each thing today, and nothing is changed: `None` where it would be undone.
pub fn examine(stream: &Stream, command: &AnyCommand, bodies: &Bodies) -> Vec<Option<Left>> {
    let (Some(community), CommandKind::Script(super::Command::Undo(undo))) =
        (stream.community(), &command.kind)
    else {
        return Vec::new();
    };
    let evidence = Evidence::default();
    let ctx = Ctx {
        stream,
        community,
        command,
        bodies,
        evidence: &evidence,
        actor: None,
        extensions: &NoExtensions,
        by_script: false,
        entering: None,
    };
    carry_out(&ctx, undo, &mut Outcome::default()).into_iter().map(|row| row.left).collect()
}

/// Names the messages that would be posted and that the state does not know: one may be there already.
pub fn facts(community: &Community, undo: &Undo, facts: &mut Facts) {
    let posts = undo.items.iter().take(UNDO_ITEMS_MAX).filter_map(UndoItem::posts);
    facts.messages.extend(posts.filter(|id| community.messages.get(*id).is_none()));
}

fn carry_out(ctx: &Ctx<'_>, undo: &Undo, out: &mut Outcome) -> Vec<Row> {
    let mut rows = Vec::with_capacity(undo.items.len());
    for item in &undo.items {
        let left = one(ctx, undo, item, out).err();
        rows.push(Row { what: item.what(), member: item.member(), left });
    }
    rows
}

fn one(ctx: &Ctx<'_>, undo: &Undo, item: &UndoItem, out: &mut Outcome) -> Result<(), Left> {
    let at_hand = |body| ctx.text(body).is_some();
    if !item.bodies().into_iter().all(at_hand) {
        return Err(Left::TextGone);
    }
    match item {
        UndoItem::Standing { .. }
        | UndoItem::Strike { .. }
        | UndoItem::Mute { .. }
        | UndoItem::Tagged { .. }
        | UndoItem::Untagged { .. }
        | UndoItem::Given { .. }
        | UndoItem::Taken { .. } => people::undo(ctx, item, out),
        UndoItem::Value { key, new, old } => kept::value(ctx, undo.no, (key, new, old), out),
        UndoItem::Timer { name, new, old } => kept::timer(ctx, undo.no, (name, new, old), out),
        _ => talk::undo(ctx, (undo.no, undo.version), item, out),
    }
}

/// Labels the version with every decision of it that was taken back: whoever undoes it says it was wrong.
pub(super) fn label(tallies: &mut Tallies, (name, version): (&str, u32), rows: &[Row]) {
    let edition = Edition::of_script(name, version);
    let decision = |row: &&Row| matches!(row.what, What::Held | What::Denied | What::Card);
    rows.iter()
        .filter(|row| row.left.is_none())
        .filter(decision)
        .for_each(|_| tallies.count(&edition, Label::Undone));
}

/// Tells everybody concerned once, of what mattered most to them.
fn tell(undo: &Undo, rows: &[Row], out: &mut Outcome) {
    let mut codes: BTreeMap<MemberId, (u8, &str)> = BTreeMap::new();
    for row in rows {
        let Some(member) = row.member.filter(|member| !undo.told.contains(member)) else { continue };
        let code = match (row.what, row.left) {
            (What::Removal, None) => (0, "script.undone_removal"),
            (What::Removal, Some(Left::NoSeat)) => (1, "script.undone_no_seat"),
            (_, Some(_)) => continue,
            (What::Strike | What::Mute, None) => (2, "script.undone_sanction"),
            (What::Denied | What::Held | What::Rewrite | What::Deletion, None) => {
                (3, "script.undone_message")
            }
            (_, None) => (4, "script.undone"),
        };
        let heard = codes.entry(member).or_insert(code);
        *heard = (*heard).min(code);
    }
    for (member, (_, code)) in codes {
        let text = Text::new(code).with("script", undo.name.as_str()).with("version", undo.version);
        out.notify(member, text);
    }
}
