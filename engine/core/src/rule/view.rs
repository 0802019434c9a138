//! What the checks look at: one draft, read once, however many rules ask.
//!
//! The only file of the rules that knows how other nouns store what is judged.

use std::cell::OnceCell;

use serde::{Deserialize, Serialize};

use super::Draft;
use super::activity::Said;
use super::compiled::Compiled;
use crate::body::BodyRef;
use crate::decide::Ctx;
use crate::ids::ChannelId;
use crate::limits::QUOTES_MAX;
use crate::message::{CardSubject, Part};
use crate::notice::Arg;
use crate::stream::Community;
use crate::text::links::{Link, LinkKind};
use crate::text::measure::{self, Measure};
use crate::text::normal::{Exactness, Normal};

/// A piece of what was judged: bytes in one of the message's bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// The body.
    pub body: BodyRef,
    /// First byte.
    pub start: u32,
    /// After the last byte.
    pub end: u32,
}

impl From<Quote> for Arg {
    fn from(quote: Quote) -> Self {
        Self::Quote { body: quote.body, start: quote.start, end: quote.end }
    }
}

/// Whether checks may look at what the author said before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Past {
    /// They may.
    Known,
    /// An old text is judged by itself, outside its time.
    LeftOut,
}

/// A draft under judgement.
pub(super) struct View<'a> {
    /// What was asked, and the state.
    pub ctx: &'a Ctx<'a>,
    /// What is judged.
    pub draft: &'a Draft<'a>,
    /// Compiled lists, patterns and templates.
    pub compiled: &'a Compiled,
    past: Past,
    measure: OnceCell<Measure>,
}

impl<'a> View<'a> {
    /// A view of a draft.
    pub(super) fn new(ctx: &'a Ctx<'a>, draft: &'a Draft<'a>, past: Past) -> Self {
        Self {
            ctx,
            draft,
            compiled: ctx.community.rules.compiled.get(&ctx.community.rules, &ctx.community.profile.lists),
            past,
            measure: OnceCell::new(),
        }
    }

    /// The texts, normalised.
    pub(super) fn normal(&self, exactness: Exactness) -> &[Normal] {
        self.draft.texts.normal(exactness)
    }

    /// Everything found in the texts that leads out of the community, with the number of its text.
    pub(super) fn links(&self) -> &[(usize, Link)] {
        self.draft.texts.links()
    }

    /// How many things of some kinds were found, and the first of them as quotes.
    pub(super) fn count_links(&self, wanted: impl Fn(&Link) -> bool) -> (u32, Vec<Quote>) {
        let found = || self.links().iter().filter(|(_, link)| wanted(link));
        let quotes = found().filter_map(|(index, link)| self.quote(*index, &link.range)).take(QUOTES_MAX);
        (found().count() as u32, quotes.collect())
    }

    /// Links into the web.
    pub(super) fn is_web(link: &Link) -> bool {
        matches!(link.kind, LinkKind::Web | LinkKind::Ip)
    }

    /// Characters and lines of all texts together.
    pub(super) fn measure(&self) -> &Measure {
        self.measure.get_or_init(|| {
            self.draft.texts.iter().map(|text| measure::measure(text)).fold(Measure::default(), |sum, one| {
                Measure {
                    chars: sum.chars.saturating_add(one.chars),
                    lines: sum.lines.saturating_add(one.lines),
                    ..sum
                }
            })
        })
    }

    /// The fingerprint of the texts.
    pub(super) fn fingerprint(&self) -> u32 {
        self.draft.texts.fingerprint()
    }

    /// What the author said in the last `within_ms`, newest first.
    pub(super) fn said(&self, within_ms: u64) -> impl Iterator<Item = &Said> {
        let from_ms = match self.past {
            Past::Known => self.ctx.at_ms().saturating_sub(within_ms).saturating_add(1),
            Past::LeftOut => u64::MAX,
        };
        self.ctx.community.rules.activity.since(self.draft.author.id, from_ms)
    }

    /// How long the author has been inside.
    pub(super) fn inside_ms(&self) -> u64 {
        let author = self.draft.author;
        self.ctx.at_ms().saturating_sub(author.joined_ms.unwrap_or(author.since_ms))
    }

    /// Pictures, voice and files of the draft.
    pub(super) fn media(&self) -> u32 {
        self.draft.parts.iter().filter(|part| is_media(part)).count() as u32
    }

    /// A range of the `index`-th text as a quote; `None` where the draft names no body, as for nicknames.
    pub(super) fn quote(&self, index: usize, range: &std::ops::Range<usize>) -> Option<Quote> {
        let body = *self.draft.parts.iter().filter_map(text_of).nth(index)?;
        Some(Quote { body, start: range.start as u32, end: range.end as u32 })
    }
}

/// The body of a part that has a text, in the order of `Draft::texts`.
pub fn text_of(part: &Part) -> Option<&BodyRef> {
    match part {
        Part::Text { body } | Part::Code { body } | Part::Link { body } => Some(body),
        Part::Card { subject: CardSubject::Written(body) } => Some(body),
        Part::File { name, .. } => Some(name),
        Part::Card { subject: CardSubject::Member(_) } | Part::Image { .. } | Part::Voice { .. } => None,
    }
}

/// Whether a part is a picture, voice or a file.
const fn is_media(part: &Part) -> bool {
    matches!(part, Part::Image { .. } | Part::Voice { .. } | Part::File { .. })
}

/// The name of a channel.
pub(super) fn channel_name(community: &Community, id: ChannelId) -> Option<&str> {
    community.channels.get(id).map(|channel| channel.name.as_str())
}
