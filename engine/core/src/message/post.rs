//! Posting: who may, in what shape, what the rules say, and what comes of that.
//!
//! Refuses in the order of `refusal.rs`, except that the channel must be found first: who may post depends
//! on it.

use serde::{Deserialize, Serialize};

use super::{Ack, Command, Event, Header, Measure, Mentions, Messages, Origin, Part, Sort};
use super::{announcement, evidence, mention, part, typed};
use crate::body::BodyRef;
use crate::channel::{self, Channel, Kind, Status};
use crate::decide::{Ctx, Outcome};
use crate::hook::{Chain, Hook, Input, Posting, Waiting};
use crate::ids::{ChannelId, MessageId};
use crate::member::{Member, Standing};
use crate::moment::Moment;
use crate::queue::{self, Item, Receipt, Verdict};
use crate::refusal::Refusal;
use crate::rule::{self, Draft, Judgement, Occasion};
use crate::text::reading::Reading;

/// A message, or the edit of one, that is not shown (yet): it waits in the queue, or was denied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Its header once it is posted; `at_ms` is when it was said.
    pub header: Box<Header>,
    /// Its content.
    pub parts: Vec<Part>,
    /// Who is to take note.
    #[serde(default, skip_serializing_if = "Mentions::is_empty")]
    pub mentions: Mentions,
    /// The header that an edit is to change; `None` for a new message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edits: Option<Box<Header>>,
    /// What its author wrote, where a script put another text in its place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub original: Vec<Part>,
}

impl Held {
    /// Puts one text in the place of all that it has; the first text there was stays as evidence.
    fn rewrite(&mut self, body: BodyRef, measure: Measure) {
        if self.original.is_empty() {
            self.original.clone_from(&self.parts);
        }
        let mut text = Some(Part::Text { body });
        let rewritten = self.parts.drain(..).filter_map(|part| match rule::text_of(&part) {
            Some(_) => text.take(),
            None => Some(part),
        });
        let mut parts: Vec<Part> = rewritten.collect();
        parts.extend(text);
        self.parts = parts;
        *self.header = self.header.clone().measured(measure);
    }
}

/// What somebody wants to say: a plain message or an announcement.
struct Saying<'a> {
    channel: ChannelId,
    parts: &'a [Part],
    reply_to: Option<MessageId>,
    sort: Sort,
    mentions: &'a Mentions,
    announcement: Option<Ack>,
    origin: Option<Box<Origin>>,
}

/// Decides `Post` and `Announce`; other commands are not this file's. `origin` is where it came from, if that
/// was another network.
pub(super) fn decide(
    ctx: &Ctx<'_>,
    command: &Command,
    origin: Option<Box<Origin>>,
    out: &mut Outcome,
) -> Result<(), Refusal> {
    match command {
        Command::Post { channel, parts, reply_to, sort, mentions } => {
            let (channel, reply_to, sort) = (*channel, *reply_to, *sort);
            let saying = Saying { channel, parts, reply_to, sort, mentions, announcement: None, origin };
            say(ctx, saying, out)
        }
        Command::Announce { channel, parts, ack, mentions } => {
            let (channel, announcement) = (*channel, Some(*ack));
            let (reply_to, sort) = (None, Sort::Talk);
            let saying = Saying { channel, parts, reply_to, sort, mentions, announcement, origin };
            say(ctx, saying, out)
        }
        _ => Err(Refusal::NothingToChange),
    }
}

fn say(ctx: &Ctx<'_>, saying: Saying<'_>, out: &mut Outcome) -> Result<(), Refusal> {
    let author = ctx.acting()?;
    let channel = channel::find_readable(ctx, saying.channel)?;
    may_say(ctx, &saying, author, channel)?;
    let texts = part::check(ctx, saying.parts)?;
    let texts = Reading::of(&texts);
    mention::check_counts(ctx, saying.mentions)?;
    check_objects(ctx, &saying, channel)?;
    if saying.announcement.is_none()
        && author.standing != Standing::Bot
        && let Some(call) = texts.first().and_then(|text| typed::read(ctx, saying.parts, text))
    {
        typed::answer(ctx, author, (channel.id, &call), out);
        return Ok(());
    }
    let header = Header {
        reply_to: saying.reply_to,
        sort: saying.sort,
        announcement: saying.announcement,
        origin: saying.origin,
        ..Header::new(MessageId(ctx.command.id.0), channel.id, author.id, ctx.at_ms())
            .measured(Measure::of(&texts))
    };
    let held = Held {
        header: Box::new(header),
        parts: saying.parts.to_vec(),
        mentions: saying.mentions.clone(),
        edits: None,
        original: Vec::new(),
    };
    settle(ctx, author, &texts, held, out);
    Ok(())
}

fn may_say(ctx: &Ctx<'_>, saying: &Saying<'_>, author: &Member, channel: &Channel) -> Result<(), Refusal> {
    match (saying.announcement, channel.kind) {
        (None, _) => channel::may_post(ctx, author, channel)?,
        // `Announce` has been checked as the command's need; it opens broadcast channels too.
        (Some(_), Kind::Broadcast | Kind::Group) => {}
        (Some(_), Kind::Feed { .. }) => return Err(wrong(channel.id, "feed")),
    }
    mention::check_permission(ctx, saying.mentions)?;
    rule::may_speak(ctx, author)
}

fn check_objects(ctx: &Ctx<'_>, saying: &Saying<'_>, channel: &Channel) -> Result<(), Refusal> {
    check_open(channel)?;
    mention::check_members(ctx, saying.mentions)?;
    check_cards(ctx, saying.parts)?;
    let Some(replied) = saying.reply_to else { return Ok(()) };
    if evidence::find(ctx, replied)?.header.channel != channel.id {
        return Err(wrong(replied, "other_channel"));
    }
    Ok(())
}

/// Refuses a closed channel.
pub(super) fn check_open(channel: &Channel) -> Result<(), Refusal> {
    match channel.status {
        Status::Open => Ok(()),
        Status::Closed { .. } => Err(wrong(channel.id, "closed")),
    }
}

/// Refuses cards of members whom the community does not know.
pub(super) fn check_cards(ctx: &Ctx<'_>, parts: &[Part]) -> Result<(), Refusal> {
    part::shown_members(parts).try_for_each(|member| ctx.member_inside(member).map(drop))
}

/// Lets rules and scripts judge, and does what they say: post, hold or deny.
pub(super) fn settle(ctx: &Ctx<'_>, author: &Member, texts: &Reading<'_>, mut held: Held, out: &mut Outcome) {
    let judge = |held: &Held, texts: &Reading<'_>| rule::judge(ctx, &draft(author, held, texts));
    let mut chain = Chain::new(ctx, author.id);
    let (mut judgement, rewritten) = hear((ctx, author), &mut chain, (&mut held, texts, judge), out);
    judgement.find_room(ctx, author.id);
    let verdict = judgement.verdict.unwrap_or(Verdict::Allow);
    let waiting = chain.settle(verdict, out);
    let own = rewritten.as_deref().map(|text| [text]);
    let own = own.as_ref().map(|own| Reading::of(own));
    let draft = draft(author, &held, own.as_ref().unwrap_or(texts));
    rule::punish(ctx, &draft, (&judgement, &chain), out);
    let receipts: Vec<Receipt> = judgement.receipts.iter().chain(chain.receipts()).cloned().collect();
    carry_out(ctx, (verdict, &receipts, waiting), held, out);
}

/// What today's rules and live scripts say about an old message by itself, in its author's own words.
/// Nothing comes of it: no effect, no row of a run, no breaker that counts. `None` where a text or the author
/// is gone.
pub fn review(ctx: &Ctx<'_>, held: &Held) -> Option<Verdict> {
    let author = ctx.community.members.get(held.header.author)?;
    let mut held = held.clone();
    if !held.original.is_empty() {
        held.parts = std::mem::take(&mut held.original);
    }
    let parts = held.parts.clone();
    let texts: Vec<&str> =
        parts.iter().filter_map(rule::text_of).map(|body| ctx.text(body)).collect::<Option<_>>()?;
    let judge = |held: &Held, texts: &Reading<'_>| rule::review(ctx, &draft(author, held, texts));
    let (mut chain, mut aside) = (Chain::new(ctx, author.id), Outcome::default());
    let texts = Reading::of(&texts);
    let (judgement, _) = hear((ctx, author), &mut chain, (&mut held, &texts, judge), &mut aside);
    Some(judgement.verdict.unwrap_or(Verdict::Allow))
}

/// Asks the rules by `judge` and then the scripts, and the rules again about every text that a script put in
/// the place of another. Says what they come to, and the last such text.
fn hear<'a>(
    (ctx, author): (&Ctx<'a>, &Member),
    chain: &mut Chain<'a>,
    (held, texts, judge): (&mut Held, &Reading<'_>, impl Fn(&Held, &Reading<'_>) -> Judgement),
    out: &mut Outcome,
) -> (Judgement, Option<String>) {
    let mut judgement = judge(held, texts);
    let mut rewritten: Option<String> = None;
    for asked in Chain::scripts(ctx, Hook::Message) {
        if judgement.verdict == Some(Verdict::Deny) {
            break;
        }
        let own = rewritten.as_deref().map(|text| [text]);
        let own = own.as_ref().map(|own| Reading::of(own));
        let input = Input::Message(posting(author, held, own.as_ref().unwrap_or(texts)));
        let heard = chain.ask(asked, &input, out);
        if heard.verdict != Verdict::Allow {
            judgement.verdict = judgement.verdict.max(Some(heard.verdict));
        }
        let Some(body) = heard.rewrite else { continue };
        let text = out.bodies.text(&body).unwrap_or_default().to_owned();
        let list = [text.as_str()];
        let reading = Reading::of(&list);
        held.rewrite(body, Measure::of(&reading));
        let again = judge(held, &reading);
        if again.verdict > judgement.verdict {
            judgement = again;
        }
        rewritten = Some(text);
    }
    (judgement, rewritten)
}

fn draft<'a>(author: &'a Member, held: &'a Held, texts: &'a Reading<'a>) -> Draft<'a> {
    let occasion = if held.edits.is_some() { Occasion::Edit } else { Occasion::Post };
    Draft { author, channel: Some(held.header.channel), parts: &held.parts, texts, occasion }
}

fn posting<'a>(author: &'a Member, held: &'a Held, texts: &'a Reading<'a>) -> Posting<'a> {
    Posting {
        author,
        channel: held.header.channel,
        message: held.header.id,
        parts: &held.parts,
        texts,
        reply_to: held.header.reply_to,
        mentions: &held.mentions,
        edit: held.edits.is_some(),
    }
}

pub(super) fn carry_out(
    ctx: &Ctx<'_>,
    (verdict, receipts, waiting): (Verdict, &[Receipt], Vec<Waiting>),
    held: Held,
    out: &mut Outcome,
) {
    match verdict {
        Verdict::Allow => publish(ctx, held, out),
        Verdict::Hold => queue::hold(ctx, Item::Message(Box::new(held)), (receipts, waiting), out),
        Verdict::Deny => {
            let receipts = receipts.iter().map(|receipt| receipt.id).collect();
            out.event(Event::Denied { held: Box::new(held), receipts });
        }
    }
}

/// Posts a held or denied message under its own id, or makes a held edit: a human released it, a deadline
/// did, or an appeal was upheld. An edit of a message that has been deleted meanwhile is dropped.
pub fn release(ctx: &Ctx<'_>, held: &Held, out: &mut Outcome) {
    let mut released = held.clone();
    let messages = &ctx.community.messages;
    match &held.edits {
        None => {
            released.header.said_at_ms = Some(held.header.at_ms);
            released.header.at_ms = ctx.at_ms();
        }
        Some(_) if messages.is_deleted(held.header.id) => return,
        // What the edit found is out of date: reactions and other edits may have come since.
        Some(_) => {
            if let Some(now) = messages.get(held.header.id) {
                released.edits = Some(Box::new(now.clone()));
            }
        }
    }
    publish(ctx, released, out);
}

fn publish(ctx: &Ctx<'_>, held: Held, out: &mut Outcome) {
    let Held { header, parts, mentions, edits, original } = held;
    let original = original.into_boxed_slice();
    if edits.is_none() {
        mention::notify(ctx, &header, &mentions, out);
    }
    out.event(match edits {
        None => Event::Posted { header: *header, parts, mentions, original },
        Some(old) => Event::Edited {
            message: header.id,
            parts,
            measure: header.measure(),
            old: old.measure(),
            old_edited_ms: old.edited_ms,
            recalled: ctx.community.messages.get(header.id).is_none().then_some(old),
            original,
        },
    });
}

/// Applies that a message was posted.
pub(super) fn apply(messages: &mut Messages, header: &Header, mentions: &Mentions, moment: &Moment) {
    messages.push(header.clone());
    if let Some(ack) = header.announcement {
        announcement::opened(messages, header.id, ack);
    }
    if mentions.all {
        messages.mention_all(moment.at_ms);
    }
}

/// The refusal for something that is not in a state in which this can be done.
pub(super) fn wrong(what: impl ToString, state: &str) -> Refusal {
    Refusal::WrongState { what: what.to_string(), state: state.to_owned() }
}
