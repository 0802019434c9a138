//! Doing what effects say: each is a command of the script's bot, with an id of its own, decided by the noun
//! it belongs to. What is refused is counted and left out.

use serde::{Deserialize, Serialize};

use super::{Effect, Hook, chain};
use crate::body::{Bodies, BodyRef};
use crate::command::{Actor, Command, CommandKind};
use crate::decide::{Ctx, Outcome, decide_kind};
use crate::ids::{CommandId, derive};
use crate::message::{self, Mentions, Part, Sort};
use crate::notice::{Arg, Text};
use crate::refusal::Refusal;
use crate::script::{self, Run, RunOutcome, Script};
use crate::{member, role, rule};

/// Effects that wait with something held: done when it is released, dropped when it is denied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// The script.
    pub no: u32,
    /// The version that proposed them.
    pub version: u32,
    /// What it proposed.
    pub effects: Vec<Effect>,
}

impl Waiting {
    /// What the effects refer to.
    pub fn bodies(&self) -> impl Iterator<Item = &BodyRef> {
        self.effects.iter().filter_map(Effect::body)
    }
}

/// Does what effects say, in their order, and returns how many were refused. `bodies` are those that the
/// effects refer to.
pub fn enact(
    ctx: &Ctx<'_>,
    script: &Script,
    (effects, bodies): (&[Effect], &Bodies),
    out: &mut Outcome,
) -> u32 {
    let mut refused = 0;
    for effect in effects {
        let index = out.effects;
        out.effects += 1;
        let before = out.events.len();
        if one(ctx, script, (effect, index), (bodies, out)).is_err() {
            out.events.truncate(before);
            refused += 1;
        }
    }
    refused
}

/// Does what waited with something held, now that it was released: checked again, without a second run. The
/// script's number and version stand in the row, so that an undo finds it.
pub fn release(ctx: &Ctx<'_>, hook: Hook, waiting: &[Waiting], out: &mut Outcome) {
    for waiting in waiting {
        let Some(script) = ctx.community.scripts.numbered(waiting.no) else { continue };
        let first = out.events.len() as u32;
        let mut bodies = Bodies::default();
        let effects: Vec<Effect> =
            waiting.effects.iter().filter_map(|effect| afresh(ctx, script, effect, &mut bodies)).collect();
        let erased = (waiting.effects.len() - effects.len()) as u32;
        let refused = erased + enact(ctx, script, (&effects, &bodies), out);
        out.bodies.extend(bodies);
        let row = chain::row(script, waiting.version, hook, RunOutcome::Allow);
        out.runs.push(Run { refused, events: (first, out.events.len() as u32 - first), ..row });
    }
}

/// An effect that waited, with its text in a body of this command's record; `None` once the text is erased.
/// The state lets go of the old body together with whatever held it.
fn afresh(ctx: &Ctx<'_>, script: &Script, effect: &Effect, bodies: &mut Bodies) -> Option<Effect> {
    let text = match effect.body() {
        Some(body) => ctx.stream.bodies.text(body)?,
        None => "",
    };
    let mut put = |owner, _| bodies.put(ctx.extensions.body(ctx.at_ms(), owner, text));
    Some(effect.clone().apart(script.bot, &mut put))
}

fn one(
    ctx: &Ctx<'_>,
    script: &Script,
    (effect, index): (&Effect, u32),
    (bodies, out): (&Bodies, &mut Outcome),
) -> Result<(), Refusal> {
    let id = CommandId(derive(ctx.command.id.0, "effect", index));
    let Some(kind) = command(effect) else {
        let command = Command { id, ..shell(ctx, script, ctx.command.kind.clone()) };
        let ctx = Ctx { command: &command, bodies, by_script: true, ..*ctx };
        return match effect {
            Effect::Notify { member, text } => {
                ctx.row(*member).ok_or(Refusal::NotFound { what: member.to_string() })?;
                let says = Text::new("script.says").with("script", script.name.as_str());
                out.notify(*member, says.with("text", Arg::Body(*text)));
                Ok(())
            }
            _ => script::remember(&ctx, script, (effect, 0), out),
        };
    };
    let command = Command { id, ..shell(ctx, script, kind) };
    let actor = role::check(ctx.community, &command)?;
    let ctx = Ctx { command: &command, bodies, actor, by_script: true, ..*ctx };
    decide_kind(&ctx, &command.kind, out)
}

fn shell(ctx: &Ctx<'_>, script: &Script, kind: CommandKind) -> Command {
    Command {
        id: ctx.command.id,
        community: ctx.command.community,
        at_ms: ctx.command.at_ms,
        actor: Actor::Member(script.bot),
        scope: None,
        key: None,
        cause: Some(ctx.command.id),
        kind,
    }
}

/// The command that an effect amounts to; `None` for notices and the script's own memory.
fn command(effect: &Effect) -> Option<CommandKind> {
    Some(match effect.clone() {
        Effect::Tag { member, tag } => member::Command::Tag { member, tag }.into(),
        Effect::Untag { member, tag } => member::Command::Untag { member, tag }.into(),
        Effect::GiveRole { member, role } => role::Command::Give { member, name: role }.into(),
        Effect::TakeRole { member, role } => role::Command::Take { member, name: role }.into(),
        Effect::Warn { member, text } => rule::Command::Warn { member, reason: Some(text) }.into(),
        Effect::Mute { member, for_ms, text } => {
            rule::Command::Mute { member, for_ms, reason: Some(text) }.into()
        }
        Effect::Remove { member, text } => member::Command::Remove { member, reason: Some(text) }.into(),
        Effect::Post { channel, text, reply_to } => message::Command::Post {
            channel,
            parts: vec![Part::Text { body: text }],
            reply_to,
            sort: Sort::Talk,
            mentions: Mentions::default(),
        }
        .into(),
        Effect::Delete { message, text } => message::Command::Delete { message, reason: Some(text) }.into(),
        Effect::React { message, emoji } => message::Command::React { message, emoji }.into(),
        Effect::Pin { message } => message::Command::Pin { message }.into(),
        Effect::Notify { .. }
        | Effect::Put { .. }
        | Effect::Drop { .. }
        | Effect::SetTimer { .. }
        | Effect::DropTimer { .. } => return None,
    })
}
