//! Undoing what a script remembered and the timers it set.

use super::Left;
use crate::decide::{Ctx, Outcome};
use crate::hook::Value;
use crate::script::memory::Waiting;
use crate::script::{Event, Memory};

type Change<'a, T> = (&'a str, &'a Option<T>, &'a Option<T>);

fn memory<'a>(ctx: &Ctx<'a>, no: u32) -> Result<Option<&'a Memory>, Left> {
    let scripts = &ctx.community.scripts;
    scripts.numbered(no).ok_or(Left::ScriptGone)?;
    Ok(scripts.memories.get(&no))
}

pub(super) fn value(
    ctx: &Ctx<'_>,
    no: u32,
    (key, new, old): Change<'_, Value>,
    out: &mut Outcome,
) -> Result<(), Left> {
    let now = memory(ctx, no)?.and_then(|memory| memory.values.get(key));
    still(now, new, old)?;
    let key = key.to_owned();
    match (old.clone(), now.cloned()) {
        (Some(value), old) => out.event(Event::Put { no, key, value, old }),
        (None, Some(old)) => out.event(Event::Dropped { no, key, old }),
        (None, None) => return Err(Left::Over),
    }
    Ok(())
}

pub(super) fn timer(
    ctx: &Ctx<'_>,
    no: u32,
    (name, new, old): Change<'_, Waiting>,
    out: &mut Outcome,
) -> Result<(), Left> {
    let now = memory(ctx, no)?.and_then(|memory| memory.timers.get(name));
    still(now, new, old)?;
    let name = name.to_owned();
    // The clock's own timer is still set for as long as it is not due: timers are never taken back.
    match old.clone().filter(|old| old.due_ms > ctx.at_ms()) {
        Some(Waiting { due_ms, note, .. }) => out.event(Event::TimerSet { no, name, due_ms, note }),
        None if now.is_some() => out.event(Event::TimerDropped { no, name }),
        None => return Err(Left::Over),
    }
    Ok(())
}

/// Refuses what is not as the script left it.
fn still<T: PartialEq>(now: Option<&T>, new: &Option<T>, old: &Option<T>) -> Result<(), Left> {
    match now {
        now if now == new.as_ref() => Ok(()),
        now if now == old.as_ref() => Err(Left::Over),
        _ => Err(Left::Changed),
    }
}
