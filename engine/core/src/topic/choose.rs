//! Choosing what to talk about: what people planned for the day, then what scripts propose in the operator's
//! order, then the built-in generator, until there are as many as are wanted.
//!
//! The generator raises the question that has waited longest without a reply, and then a line of the
//! community's list: one that was never raised, else the one that was raised longest ago. What was raised
//! within the pause does not come again, except what people planned.

use super::{Source, config};
use crate::channel::Channel;
use crate::community::Language;
use crate::decide::{Ctx, Outcome};
use crate::hook::{Chain, Hook, Input};
use crate::ids::{MemberId, MessageId, derive};
use crate::limits::{NAME_BYTES_MAX, TEXT_BYTES_MAX};
use crate::message::{Header, Measure, Sort};
use crate::moment::{DAY_MS, HOUR_MS};
use crate::queue::Verdict;
use crate::text::reading::Reading;

/// A topic to be raised.
pub(super) struct Chosen {
    pub(super) title: String,
    pub(super) text: String,
    pub(super) fingerprint: u32,
    pub(super) source: Source,
    /// Who raises it.
    pub(super) bot: MemberId,
    pub(super) reply_to: Option<MessageId>,
}

/// What was chosen so far.
struct Choice<'a> {
    ctx: &'a Ctx<'a>,
    channel: &'a Channel,
    /// The engine's own bot.
    bot: MemberId,
    chosen: Vec<Chosen>,
}

pub(super) fn choose(ctx: &Ctx<'_>, channel: &Channel, bot: MemberId, out: &mut Outcome) -> Vec<Chosen> {
    let mut choice = Choice { ctx, channel, bot, chosen: Vec::new() };
    choice.take_from_board();
    choice.take_from_scripts(out);
    choice.take_from_questions();
    choice.take_from_list();
    choice.chosen
}

/// How many topics the board leaves to scripts; `None` for none.
pub(super) fn wanted(ctx: &Ctx<'_>, channel: &Channel, bot: MemberId) -> Option<u32> {
    let mut choice = Choice { ctx, channel, bot, chosen: Vec::new() };
    choice.take_from_board();
    u32::try_from(choice.left()).ok().filter(|left| *left > 0)
}

impl Choice<'_> {
    fn left(&self) -> usize {
        (self.ctx.community.topics.config.count as usize).saturating_sub(self.chosen.len())
    }

    fn add(&mut self, chosen: Chosen) {
        if self.left() > 0 {
            self.chosen.push(chosen);
        }
    }

    /// When a topic was raised last, and whether it may come again.
    fn last(&self, fingerprint: u32) -> (Option<u64>, Again) {
        let topics = &self.ctx.community.topics;
        let past = topics.past().rev().find(|raised| raised.fingerprint == fingerprint);
        let last_ms = past.map(|raised| raised.at_ms);
        let pause_ms = topics.config.repeat_ms();
        let recent = last_ms.is_some_and(|at_ms| self.ctx.at_ms().saturating_sub(at_ms) < pause_ms);
        let now = self.chosen.iter().any(|chosen| chosen.fingerprint == fingerprint);
        (last_ms, if recent || now { Again::Not } else { Again::May })
    }

    fn take_from_board(&mut self) {
        let ctx = self.ctx;
        let Some(today) = config::day_of(&ctx.community.profile.zone.rules(), ctx.at_ms()) else { return };
        let planned = &ctx.community.topics.planned;
        let mut due: Vec<_> = planned.iter().filter(|(_, planned)| planned.day <= today).collect();
        due.sort_by_key(|(id, planned)| (planned.day, **id));
        for (id, planned) in due {
            // Whoever planned it may have been erased since.
            let Some(title) = ctx.text(&planned.title) else { continue };
            let text = planned.text.as_ref().and_then(|text| ctx.text(text)).unwrap_or_default();
            self.add(Chosen {
                title: title.to_owned(),
                text: text.to_owned(),
                fingerprint: fingerprint(title),
                source: Source::Board { topic: *id },
                bot: self.bot,
                reply_to: None,
            });
        }
    }

    fn take_from_scripts(&mut self, out: &mut Outcome) {
        let mut chain = Chain::new(self.ctx, self.bot);
        for asked in Chain::scripts(self.ctx, Hook::Topic) {
            let Some(count) = u32::try_from(self.left()).ok().filter(|left| *left > 0) else { break };
            let proposed = chain.ask(asked, &Input::Topic { count }, out).topics().to_vec();
            let (no, bot) = (asked.0.no, asked.0.bot);
            for topic in proposed {
                let title = topic.title.trim().to_owned();
                let fits = !title.is_empty()
                    && title.len() <= NAME_BYTES_MAX
                    && topic.text.len() <= TEXT_BYTES_MAX / 2;
                let fingerprint = fingerprint(&title);
                if fits && self.last(fingerprint).1 == Again::May {
                    let (text, source) = (topic.text, Source::Script { no });
                    self.add(Chosen { title, text, fingerprint, source, bot, reply_to: None });
                }
            }
        }
        chain.settle(Verdict::Allow, out);
    }

    fn take_from_questions(&mut self) {
        let ctx = self.ctx;
        let days = u64::from(ctx.community.topics.config.question_days);
        let waits = HOUR_MS..days.saturating_mul(DAY_MS);
        let messages = &ctx.community.messages;
        let replied = |id: MessageId| messages.recent().any(|header| header.reply_to == Some(id));
        let open = |header: &&Header| {
            header.sort == Sort::Question
                && header.channel == self.channel.id
                && header.accepted.is_none()
                && header.deleted.is_none()
                && waits.contains(&ctx.at_ms().saturating_sub(header.at_ms))
                && !replied(header.id)
        };
        let fingerprint = |id: MessageId| derive(id.0, "question", 0) as u32;
        let may = |header: &&Header| self.last(fingerprint(header.id)).1 == Again::May;
        let left = self.left();
        let found: Vec<MessageId> =
            messages.recent().filter(open).filter(may).take(left).map(|header| header.id).collect();
        for question in found {
            self.add(Chosen {
                title: who_can_help(ctx.community.profile.language).to_owned(),
                text: String::new(),
                fingerprint: fingerprint(question),
                source: Source::Question { question },
                bot: self.bot,
                reply_to: Some(question),
            });
        }
    }

    fn take_from_list(&mut self) {
        let profile = &self.ctx.community.profile;
        let Some(lines) = profile.lists.get(&self.ctx.community.topics.config.list) else { return };
        let mut lines: Vec<_> = lines
            .iter()
            .map(|line| (line, fingerprint(line)))
            .map(|(line, fingerprint)| (self.last(fingerprint), line, fingerprint))
            .filter(|((_, again), ..)| *again == Again::May)
            .collect();
        lines.sort_by_key(|((last_ms, _), ..)| *last_ms);
        for (_, line, fingerprint) in lines {
            // The same line may stand in the list twice.
            if self.left() > 0 && self.last(fingerprint).1 == Again::May {
                self.add(Chosen {
                    title: line.clone(),
                    text: String::new(),
                    fingerprint,
                    source: Source::List,
                    bot: self.bot,
                    reply_to: None,
                });
            }
        }
    }
}

/// Whether a topic may come again now.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Again {
    May,
    Not,
}

fn fingerprint(title: &str) -> u32 {
    Measure::of(&Reading::of(&[title])).fingerprint
}

/// What is said under a question that nobody answered. It is posted, so it stands in the community's
/// language, not in each reader's.
const fn who_can_help(language: Language) -> &'static str {
    match language {
        Language::English => "This question still waits for an answer. Who can help?",
        Language::Chinese => "这个问题还没有人回答，谁来帮帮忙？",
    }
}
