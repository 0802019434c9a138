//! How each hook is put before a version: the input that the engine would make of it, what becomes of the
//! ruling, and what of the effects.

use kith_core::body::{Bodies, BodyRef};
use kith_core::command::{Actor, CommandKind};
use kith_core::decide::Ctx;
use kith_core::gate::Placed;
use kith_core::hook::{CardChange, Chain, Extensions, Hook, Input, JoinRequest, Posting};
use kith_core::ids::{CommandId, MemberId, TimerId, derive};
use kith_core::member::{Member, Standing};
use kith_core::message;
use kith_core::queue::Verdict;
use kith_core::rule::{self, Judgement, Occasion};
use kith_core::script::{self, Happened};
use kith_core::text::reading::Reading;
use kith_core::timer;
use kith_core::topic;
use kith_core::{card, hook};

use super::Cascade;
use super::answer::Answer;
use super::asked::{Asked, Changing, Due, Entering, Typed};
use super::said::Said;
use super::world::{Asking, Held, World};

/// What came with something, and whoever runs the version.
pub(super) type With<'a> = (&'a Bodies, &'a dyn Extensions);

impl World<'_> {
    /// Whether the version has a hook at all.
    pub(super) fn has(&self, hook: Hook) -> bool {
        self.draft.hooks.contains(&hook)
    }

    /// Puts something before the version; `None` where it has no say in it.
    pub(super) fn ask(&mut self, asked: &Asked<'_>, with: With<'_>) -> Option<Answer> {
        match asked {
            Asked::Said(said) => match said.as_typed(with.0).filter(|_| self.has(Hook::Command)) {
                Some(typed) => self.typed(&typed, with),
                None => self.said(said, with),
            },
            Asked::Typed(typed) => self.typed(typed, with),
            Asked::Entering(entering) => self.entering(entering, with),
            Asked::Changing(changing) => self.changing(changing, with),
            Asked::Topics(due) => self.topics(due, with),
        }
    }

    fn said(&mut self, said: &Said<'_>, (bodies, extensions): With<'_>) -> Option<Answer> {
        if said.by_rules == Verdict::Deny || !self.has(Hook::Message) {
            return None;
        }
        self.install(said.at_ms);
        let prevented = self.is_muted(said.author, said.at_ms);
        if prevented && self.cascade == Cascade::Followed {
            return Some(Answer { prevented, ..Answer::skipped(Hook::Message, said.at_ms) });
        }
        let texts = said.parts.iter().filter_map(rule::text_of).map(|body| bodies.text(body));
        let texts: Vec<&str> = texts.collect::<Option<_>>()?;
        let kind = message::Command::Edit { message: said.message, parts: Vec::new() };
        let asking = Asking {
            command: said.command,
            at_ms: said.at_ms,
            actor: Actor::Member(said.author),
            kind: kind.into(),
            bodies,
            extensions,
        };
        let decided = self.decide(&asking, |ctx, out| {
            let author = ctx.actor?;
            // In quarantine it is asked no more, and messages pass.
            let Some(asked) = self.asked(ctx, Hook::Message) else {
                return Some((Answer::skipped(Hook::Message, said.at_ms), Vec::new()));
            };
            let (texts, mut chain) = (Reading::of(&texts), Chain::new(ctx, author.id));
            let input = Input::Message(posting(said, author, &texts));
            let verdict = chain.ask(asked, &input, out).verdict;
            let occasion = if said.edit { Occasion::Edit } else { Occasion::Post };
            let (channel, parts) = (Some(said.channel), said.parts);
            let draft = rule::Draft { author, channel, parts, texts: &texts, occasion };
            let waiting = chain.settle(verdict.max(said.by_rules), out);
            rule::punish(ctx, &draft, (&Judgement::default(), &chain), out);
            Some((Answer::of(verdict, said.at_ms, out, author.id)?, waiting))
        });
        let ((answer, waiting), doing) = decided?;
        if said.recorded == Verdict::Hold {
            self.hold(Held::Message(said.message), waiting, &doing);
        }
        self.keep(doing);
        Some(Answer { prevented, ..answer })
    }

    fn entering(&mut self, entering: &Entering<'_>, (bodies, extensions): With<'_>) -> Option<Answer> {
        let Entering { command, entry, answers, placed, by_rules, .. } = *entering;
        let brought = [&entry.nickname].into_iter().chain(entry.card.values()).chain(answers.values());
        if by_rules == Verdict::Deny || !self.has(Hook::Join) || !are_there(brought, bodies) {
            return None;
        }
        let at_ms = command.at_ms;
        self.install(at_ms);
        let row = entry.row(at_ms);
        let (id, actor, kind) = (command.id, command.actor, command.kind.clone());
        let asking = Asking { command: id, at_ms, actor, kind, bodies, extensions };
        let decided = self.decide(&asking, |ctx, out| {
            let mut chain = Chain::new(ctx, row.id);
            let request = JoinRequest { applicant: &row, answers, origin: &entry.origin };
            let verdict = chain.ask(self.asked(ctx, Hook::Join)?, &Input::Join(request), out).verdict;
            out.decisions.extend(chain.receipts().cloned());
            // Whoever waits for a seat has passed, and what scripts want waits all the same.
            let waiting = match (verdict.max(by_rules), placed) {
                (Verdict::Deny, _) => chain.settle_entering(&row, Verdict::Deny, out),
                (Verdict::Hold, _) | (_, Placed::Pending(_)) => {
                    chain.settle_entering(&row, Verdict::Hold, out)
                }
                (Verdict::Allow, _) => chain.settle_entering(&inside(&row, entering), Verdict::Allow, out),
            };
            Some((Answer::of(verdict, at_ms, out, row.id)?, waiting))
        });
        let ((answer, waiting), doing) = decided?;
        if matches!(placed, Placed::Pending(_)) {
            self.hold(Held::Join(row.id), waiting, &doing);
        }
        self.keep(doing);
        Some(answer)
    }

    fn changing(&mut self, changing: &Changing<'_>, (bodies, extensions): With<'_>) -> Option<Answer> {
        let Changing { command, nickname, by_rules, .. } = *changing;
        let none = std::collections::BTreeMap::new();
        let fields = changing.fields.unwrap_or(&none);
        let brought = || nickname.into_iter().chain(fields.values().flatten());
        if by_rules == Verdict::Deny || !self.has(Hook::Card) || !are_there(brought(), bodies) {
            return None;
        }
        let at_ms = command.at_ms;
        self.install(at_ms);
        let (id, actor, kind) = (command.id, command.actor, command.kind.clone());
        let asking = Asking { command: id, at_ms, actor, kind, bodies, extensions };
        let texts: Vec<&str> = brought().filter_map(|body| bodies.text(body)).collect();
        let decided = self.decide(&asking, |ctx, out| {
            let (member, texts) = (ctx.actor?, Reading::of(&texts));
            let mut chain = Chain::new(ctx, member.id);
            let input = Input::Card(CardChange { member, nickname, fields });
            let verdict = chain.ask(self.asked(ctx, Hook::Card)?, &input, out).verdict;
            let waiting = chain.settle(verdict.max(by_rules), out);
            let draft = card::draft(member, &texts);
            rule::punish(ctx, &draft, (&Judgement::default(), &chain), out);
            Some((Answer::of(verdict, at_ms, out, member.id)?, waiting))
        });
        let ((answer, waiting), doing) = decided?;
        if changing.recorded == Verdict::Hold {
            self.hold(Held::Card(changing.member), waiting, &doing);
        }
        self.keep(doing);
        Some(answer)
    }

    fn typed(&mut self, typed: &Typed<'_>, (bodies, extensions): With<'_>) -> Option<Answer> {
        let Typed { command, at_ms, channel, name, argument, .. } = *typed;
        if !self.has(Hook::Command) {
            return None;
        }
        self.install(at_ms);
        let prevented = self.is_muted(typed.member, at_ms);
        if prevented && self.cascade == Cascade::Followed {
            return Some(Answer { prevented, ..Answer::skipped(Hook::Command, at_ms) });
        }
        let post =
            message::Command::Edit { message: kith_core::ids::MessageId(command.0), parts: Vec::new() };
        let (actor, kind) = (Actor::Member(typed.member), post.into());
        let asking = Asking { command, at_ms, actor, kind, bodies, extensions };
        let decided = self.decide(&asking, |ctx, out| {
            let member = ctx.actor.filter(|member| member.standing != Standing::Bot)?;
            let mut chain = Chain::new(ctx, member.id);
            let input = Input::Command(hook::Typed { member, channel, name, argument });
            let heard = chain.ask(self.asked(ctx, Hook::Command)?, &input, out);
            let (verdict, reacted) = (heard.verdict, !heard.failed() && heard.reacts());
            // Nothing can wait for a human here: a hold is a no.
            chain.settle(if verdict == Verdict::Allow { verdict } else { Verdict::Deny }, out);
            Some(Answer { reacted, ..Answer::of(verdict, at_ms, out, member.id)? })
        });
        let (answer, doing) = decided?;
        self.keep(doing);
        Some(Answer { prevented, ..answer })
    }

    fn topics(&mut self, due: &Due<'_>, (bodies, extensions): With<'_>) -> Option<Answer> {
        if !self.has(Hook::Topic) {
            return None;
        }
        let (id, at_ms, actor) = (due.command.id, due.command.at_ms, due.command.actor);
        self.install(at_ms);
        let kind = due.command.kind.clone();
        let asking = Asking { command: id, at_ms, actor, kind, bodies, extensions };
        let (answer, doing) = self.decide(&asking, |ctx, out| {
            let count = topic::wanted(ctx, due.turn)?;
            let asked = self.asked(ctx, Hook::Topic)?;
            let mut chain = Chain::new(ctx, asked.0.bot);
            let topics = chain.ask(asked, &Input::Topic { count }, out).topics().len() as u64;
            chain.settle(Verdict::Allow, out);
            Some(Answer { topics, ..Answer::of(Verdict::Allow, at_ms, out, asked.0.bot)? })
        })?;
        self.keep(doing);
        Some(answer)
    }

    /// Tells the version of something that happened, if the engine would.
    pub(super) fn tell(&mut self, happened: &Happened, (bodies, extensions): With<'_>) -> Option<Answer> {
        self.install(happened.at_ms);
        let scripts = &self.stream.community()?.scripts;
        // What the version that it stands for did is its own doing.
        let own = scripts.get(&self.draft.name).map(|script| script.no);
        if self.root.0 != happened.root {
            self.root = (happened.root, 0);
        }
        if happened.by.is_some_and(|by| Some(by) == own) || self.root.1 >= kith_core::limits::EVENT_RUNS_MAX {
            return None;
        }
        let asking = Asking {
            command: happened.attend_id(),
            at_ms: happened.at_ms,
            actor: Actor::Stream(self.stream.id),
            kind: script::Command::Attend { seq: happened.seq, index: happened.index }.into(),
            bodies,
            extensions,
        };
        let (answer, doing) = self.decide(&asking, |ctx, out| {
            let asked = self.asked(ctx, Hook::Event)?;
            script::tell(ctx, asked, (happened, 0), out);
            Answer::of(Verdict::Allow, happened.at_ms, out, asked.0.bot)
        })?;
        self.root.1 += 1;
        self.lay_over(&doing, bodies);
        Some(answer)
    }

    /// Lets a timer of the version's own ring. `None` where it found nothing to do any more.
    pub(super) fn ring(
        &mut self,
        (due_ms, timer): (u64, TimerId),
        (quoted, extensions): With<'_>,
    ) -> Option<Answer> {
        let fire = timer::Command::Fire { timer, due_ms };
        let asking = Asking {
            command: CommandId(derive(timer.0, "fire", 0)),
            at_ms: due_ms,
            actor: Actor::Timer(timer),
            kind: CommandKind::Timer(fire.clone()),
            bodies: quoted,
            extensions,
        };
        let nobody = MemberId(0);
        let (answer, doing) = self.decide(&asking, |ctx: &Ctx<'_>, out| {
            timer::decide(ctx, &fire, out).ok()?;
            Some(Answer::of(Verdict::Allow, due_ms, out, nobody))
        })?;
        self.lay_over(&doing, quoted);
        answer
    }
}

fn posting<'a>(said: &Said<'a>, author: &'a Member, texts: &'a Reading<'a>) -> Posting<'a> {
    Posting {
        author,
        channel: said.channel,
        message: said.message,
        parts: said.parts,
        texts,
        reply_to: said.reply_to,
        mentions: said.mentions,
        edit: said.edit,
    }
}

/// The row of somebody once they are let in.
fn inside(row: &Member, entering: &Entering<'_>) -> Member {
    let (roles, joined_ms) = ([entering.role.to_owned()].into(), Some(entering.command.at_ms));
    Member { standing: Standing::Active, roles, joined_ms, ..row.clone() }
}

/// Whether nothing of what was brought is erased.
fn are_there<'a>(mut brought: impl Iterator<Item = &'a BodyRef>, bodies: &Bodies) -> bool {
    brought.all(|reference| bodies.get(reference).is_some())
}
