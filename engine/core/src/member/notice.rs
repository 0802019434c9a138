//! What a notice quotes is kept for as long as the notice is unread, and let go of when nothing else names
//! it.
//!
//! Without it a reader would be told why a message was held, and find the quoted words missing. Moves bodies
//! about and derives nothing from them.

use super::{Member, Notice};
use crate::body::BodyRef;
use crate::decide::{Shelf, keep};
use crate::ids::{BodyId, MemberId};
use crate::limits;
use crate::message::MENTIONED;
use crate::notice::{Arg, Text};
use crate::queue::{Item, own_words};
use crate::rule::text_of;
use crate::stream::Community;

/// Puts a notice before a member; beyond `NOTICES_MAX` the oldest mention goes, or else the oldest of all:
/// nobody's mentions push a receipt out.
pub(super) fn put(community: &mut Community, id: MemberId, notice: Notice, mut shelf: Shelf<'_>) {
    quoted(&notice.text).into_iter().for_each(|body| keep(&mut shelf, body));
    let mut gone = None;
    community.members.change(id, |member| {
        if member.notices.len() >= limits::NOTICES_MAX {
            let mention = member.notices.iter().position(|kept| kept.text.code == MENTIONED);
            gone = Some(member.notices.remove(mention.unwrap_or(0)));
        }
        member.notices.push(notice);
    });
    let_go(community, id, gone.as_slice(), shelf);
}

/// Takes the notices away that a member has read.
pub(super) fn read(community: &mut Community, id: MemberId, until_ms: u64, shelf: Shelf<'_>) {
    let mut gone = Vec::new();
    community.members.change(id, |member| {
        let notices = std::mem::take(&mut member.notices);
        (gone, member.notices) = notices.into_iter().partition(|notice| notice.at_ms <= until_ms);
    });
    let_go(community, id, &gone, shelf);
}

fn let_go(community: &Community, id: MemberId, gone: &[Notice], shelf: Shelf<'_>) {
    for body in gone.iter().flat_map(|notice| quoted(&notice.text)) {
        if !is_named(community, id, body.id) {
            shelf.0.remove(body.id);
        }
    }
}

/// What people wrote and a text shows.
fn quoted(text: &Text) -> Vec<&BodyRef> {
    fn of(arg: &Arg) -> Vec<&BodyRef> {
        match arg {
            Arg::Body(body) | Arg::Quote { body, .. } => vec![body],
            Arg::Text(inner) => quoted(inner),
            _ => Vec::new(),
        }
    }
    text.args.values().flat_map(of).collect()
}

/// Whether anything else of a member that the state keeps names the body.
pub(crate) fn is_named(community: &Community, id: MemberId, body: BodyId) -> bool {
    let row = community.members.get(id).is_some_and(|member| names(member, body));
    let waits = community.queue.holds.values().any(|hold| match &hold.item {
        Item::Message(held) => held.parts.iter().filter_map(text_of).any(|part| part.id == body),
        Item::Card(_) | Item::Join { .. } => false,
    });
    let denied = community.queue.denied.iter().flat_map(|denied| &denied.held.parts);
    let card = community.card.held.get(&id).is_some_and(|held| {
        let fields = held.fields.values().flatten();
        held.nickname.iter().chain(fields).any(|value| value.id == body)
    });
    let answers = community.gate.applications.get(&id).map(|application| application.answers.values());
    row || waits
        || card
        || denied.filter_map(text_of).any(|part| part.id == body)
        || answers.into_iter().flatten().any(|answer| answer.id == body)
        || community.queue.appeals.values().any(|appeal| appeal.text.id == body)
        || community.queue.receipts.values().flat_map(own_words).any(|words| words.id == body)
}

fn names(member: &Member, body: BodyId) -> bool {
    let notices = member.notices.iter().flat_map(|notice| quoted(&notice.text));
    member.nickname.id == body || member.card.values().chain(notices).any(|reference| reference.id == body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_text_within_a_text_quotes_is_quoted_too() {
        let body = BodyRef { id: BodyId(7), len: 1, mac: [0; 16] };
        let inner = Text::new("inner").with("words", Arg::Body(body));
        assert_eq!(quoted(&Text::new("outer").with("said", inner)), [&body]);
    }
}
