//! What a script could not do is tried again, a little later each time, and given up in the end.
//!
//! Events are told `TELL_AGAIN_MS` after they failed, timers ring again `RING_AGAIN_MS` later. What was given
//! up is kept as a dead letter, and the owner is told.

use super::attend::{self, Happened};
use super::letter::{DeadLetter, Missed};
use super::{Event, Script, Timer, Version};
use crate::decide::{Ctx, Outcome};
use crate::hook::{Chain, Hook, Input, Ringing};
use crate::ids::LetterId;
use crate::limits::RETRIES_WAITING_MAX;
use crate::moment::{HOUR_MS, MINUTE_MS, SECOND_MS};
use crate::notice::{Arg, Text};
use crate::queue::Verdict;
use crate::timer::{self, Purpose};

/// When an event is told again.
const TELL_AGAIN_MS: [u64; 3] = [SECOND_MS, 10 * SECOND_MS, MINUTE_MS];
/// When a timer rings again.
const RING_AGAIN_MS: [u64; 5] = [SECOND_MS, 10 * SECOND_MS, MINUTE_MS, 10 * MINUTE_MS, HOUR_MS];

/// A live version that answers a hook.
fn answering<'a>(ctx: &Ctx<'a>, no: u32, hook: Hook) -> Option<(&'a Script, Option<&'a Version>)> {
    let script = ctx.community.scripts.numbered(no)?;
    let live = script.live().filter(|version| version.hooks.contains(&hook))?;
    Some((script, Some(live)))
}

/// A script failed to listen: tells it later, or gives up.
pub(super) fn tell(ctx: &Ctx<'_>, script: &Script, (happened, tries): (&Happened, u32), out: &mut Outcome) {
    let crowded = ctx.stream.timers.len() >= RETRIES_WAITING_MAX;
    match TELL_AGAIN_MS.get(tries as usize).filter(|_| !crowded) {
        Some(wait_ms) => {
            let happened = Box::new(happened.clone());
            let purpose = Timer::TellAgain { no: script.no, tries: tries + 1, happened };
            let due_ms = ctx.at_ms().saturating_add(*wait_ms);
            timer::set(ctx, script.no, due_ms, Purpose::Script(purpose), out);
        }
        None => {
            let (seq, index) = (happened.seq, happened.index);
            let happened = Box::new(happened.clone());
            give_up(ctx, script, Missed::Event { seq, index, happened }, out);
        }
    }
}

/// It is time to tell a script again. One that is gone or switched off missed it.
pub(super) fn tells(ctx: &Ctx<'_>, no: u32, (happened, tries): (&Happened, u32), out: &mut Outcome) {
    let Some(asked) = answering(ctx, no, Hook::Event) else { return };
    let Happened { seq, index, root, depth, .. } = *happened;
    out.event(Event::ToldAgain { no, seq, index, root, depth });
    attend::tell(ctx, asked, (happened, tries), out);
}

/// A script's timer rings, if it is still the one that was set.
pub(super) fn rings(ctx: &Ctx<'_>, (no, name, turn): (u32, &str, u64), out: &mut Outcome) {
    let memory = ctx.community.scripts.memories.get(&no);
    let waiting = memory.and_then(|memory| memory.timers.get(name));
    let Some(waiting) = waiting.filter(|waiting| waiting.due_ms == turn) else { return };
    let gone = Event::TimerDropped { no, name: name.to_owned() };
    let Some(asked) = answering(ctx, no, Hook::Timer) else { return out.event(gone) };
    let script = asked.0;
    let mut chain = Chain::new(ctx, script.bot);
    let due_ms = waiting.first_ms.unwrap_or(waiting.due_ms);
    let input = Input::Timer(Ringing { name, note: waiting.note.as_ref(), due_ms });
    if !chain.ask(asked, &input, out).failed() {
        // Gone before the effects: the script may set it anew.
        out.event(gone);
        chain.settle(Verdict::Allow, out);
        return;
    }
    chain.settle(Verdict::Allow, out);
    match RING_AGAIN_MS.get(waiting.tries as usize) {
        Some(wait_ms) => {
            let due_ms = ctx.at_ms().saturating_add(*wait_ms);
            out.event(Event::TimerPutOff { no, name: name.to_owned(), due_ms });
            let purpose = Timer::Rings { no, name: name.to_owned(), turn: due_ms };
            timer::set(ctx, no, due_ms, Purpose::Script(purpose), out);
        }
        None => {
            let (name, waiting) = (name.to_owned(), waiting.clone());
            give_up(ctx, script, Missed::Timer { name, waiting }, out);
        }
    }
}

fn give_up(ctx: &Ctx<'_>, script: &Script, of: Missed, out: &mut Outcome) {
    let (hook, id) = (of.hook(), LetterId::of(ctx.command.id, script.no));
    let letter = DeadLetter { id, no: script.no, version: script.live, of, at_ms: ctx.at_ms() };
    out.event(Event::GaveUp { letter: Box::new(letter) });
    if let Some(owner) = ctx.community.profile.owner {
        let text = Text::new("script.gave_up").with("script", script.name.as_str());
        out.notify(owner, text.with("hook", hook.function()).with("at", Arg::Time(ctx.at_ms())));
    }
}
