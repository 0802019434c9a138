//! What scripts hold: ids and names, never rows. Each is read from the state when it is asked for.

use std::sync::Arc;

use kith_core::hook::Ruling;
use kith_core::ids::{ChannelId, MemberId, MessageId};
use rhai::{ImmutableString, Module};

/// `ctx`.
#[derive(Clone, Copy)]
pub(crate) struct Context;
/// `ctx.settings`.
#[derive(Clone, Copy)]
pub(crate) struct Settings;
/// `ctx.random`.
#[derive(Clone, Copy)]
pub(crate) struct Random;
/// `ctx.today`: a moment as the community's clock shows it, Unix milliseconds.
#[derive(Clone, Copy)]
pub(crate) struct Today(pub(crate) u64);
/// `kv`.
#[derive(Clone, Copy)]
pub(crate) struct Store;
/// What `on_join` is asked about.
#[derive(Clone, Copy)]
pub(crate) struct Request;
/// What `on_card` is asked about.
#[derive(Clone, Copy)]
pub(crate) struct Change;
/// What `on_command` is asked about.
#[derive(Clone, Copy)]
pub(crate) struct Typed;
/// What `on_event` is told.
#[derive(Clone, Copy)]
pub(crate) struct Happened;
/// What `on_timer` is told.
#[derive(Clone, Copy)]
pub(crate) struct Rung;
/// What `propose_topics` is asked for.
#[derive(Clone, Copy)]
pub(crate) struct Want;
/// The links of the draft.
#[derive(Clone, Copy)]
pub(crate) struct Links;
/// A member; the id 0 is nobody.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Member(pub(crate) MemberId);
/// A member's card.
#[derive(Clone, Copy)]
pub(crate) struct Card(pub(crate) MemberId);
/// A channel.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Channel(pub(crate) ChannelId);
/// A message: the one that is asked about, or one that stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Message {
    Draft,
    Posted(MessageId),
}
/// Messages that ask for help.
#[derive(Clone)]
pub(crate) struct Questions(pub(crate) Arc<[MessageId]>);
/// A named list.
#[derive(Clone)]
pub(crate) struct List(pub(crate) ImmutableString);
/// A length of time, milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span(pub(crate) u64);
/// A ruling that was made and must be returned.
#[derive(Clone)]
pub(crate) struct Verdict(pub(crate) Arc<Ruling>);
/// Something to talk about.
#[derive(Clone)]
pub(crate) struct Topic(pub(crate) Arc<kith_core::hook::Topic>);

/// Nobody: where there is no member to name.
pub(crate) const NOBODY: Member = Member(MemberId(0));

/// Gives the types the names that messages show.
pub(crate) fn name_types(module: &mut Module) {
    module.set_custom_type::<Context>("Context");
    module.set_custom_type::<Settings>("Settings");
    module.set_custom_type::<Random>("Random");
    module.set_custom_type::<Today>("Today");
    module.set_custom_type::<Store>("Store");
    module.set_custom_type::<Request>("Request");
    module.set_custom_type::<Change>("Change");
    module.set_custom_type::<Typed>("Call");
    module.set_custom_type::<Happened>("Event");
    module.set_custom_type::<Rung>("Timer");
    module.set_custom_type::<Want>("Want");
    module.set_custom_type::<Links>("Links");
    module.set_custom_type::<Member>("Member");
    module.set_custom_type::<Card>("Card");
    module.set_custom_type::<Channel>("Channel");
    module.set_custom_type::<Message>("Message");
    module.set_custom_type::<Questions>("Questions");
    module.set_custom_type::<List>("List");
    module.set_custom_type::<Span>("Span");
    module.set_custom_type::<Verdict>("Verdict");
    module.set_custom_type::<Topic>("Topic");
}
