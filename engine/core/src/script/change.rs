//! Putting scripts in, switching versions, taking scripts out.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::{Binding, Command, Event, Health, Script, Scripts, Stage, Version, bot};
use crate::decide::{Ctx, Outcome};
use crate::ids::MemberId;
use crate::limits::{self, SCRIPT_BYTES_MAX, SCRIPT_VERSIONS_KEPT, SCRIPTS_MAX};
use crate::moment::Moment;
use crate::refusal::Refusal;

/// Puts a version in; other commands are not this function's.
pub(super) fn put(ctx: &Ctx<'_>, command: &Command, out: &mut Outcome) -> Result<(), Refusal> {
    let Command::Put { name, source, hooks, origin, binding, stage, cases } = command else {
        return Err(Refusal::NothingToChange);
    };
    limits::check_name(name)?;
    for (field, text) in [("source", source), ("cases", cases)] {
        if text.len() > SCRIPT_BYTES_MAX {
            return Err(Refusal::TextTooLong { field: field.to_owned(), max: SCRIPT_BYTES_MAX as u64 });
        }
    }
    if hooks.is_empty() {
        return Err(Refusal::ValueInvalid { name: "hooks".to_owned(), expected: "at least one".to_owned() });
    }
    let scripts = &ctx.community.scripts;
    let version = |number| Version {
        number,
        hash: Sha256::digest(source).into(),
        source: source.clone(),
        cases: cases.clone(),
        hooks: hooks.clone(),
        at_ms: ctx.at_ms(),
        by: ctx.actor.map(|actor| actor.id),
    };
    let Some(script) = scripts.get(name) else {
        if scripts.rows.len() >= SCRIPTS_MAX {
            return Err(Refusal::TooMany { what: "script".to_owned(), max: SCRIPTS_MAX as u64 });
        }
        let quota = ctx.community.hosted.quotas().map(|quotas| u64::from(quotas.scripts));
        if let Some(max) = quota.filter(|max| scripts.rows.len() as u64 >= *max) {
            return Err(Refusal::QuotaExceeded { quota: "scripts".to_owned(), max });
        }
        let (no, bot) = (scripts.numbered, bot::row(ctx, name, out));
        let binding = binding.clone().unwrap_or_default();
        let script = empty(no, name, (bot.id, *origin), binding);
        out.event(Event::Added { script: Box::new(script), bot: Box::new(bot) });
        out.event(Event::VersionPut { no, version: Box::new(version(1)) });
        stand(no, (None, None), (*stage, 1), out);
        return Ok(());
    };
    if script.origin != *origin {
        let state = format!("comes_by_{}", script.origin.name());
        return Err(Refusal::WrongState { what: format!("script {name}"), state });
    }
    if let Some(binding) = binding.as_ref().filter(|binding| **binding != script.binding) {
        let old = script.binding.clone();
        out.event(Event::Bound { no: script.no, binding: binding.clone(), old });
    }
    let number = match script.versions.last().filter(|last| last.source == *source) {
        Some(last) => {
            if last.cases != *cases {
                let (version, cases, old) = (last.number, cases.clone(), last.cases.clone());
                out.event(Event::CasesKept { no: script.no, version, cases, old });
            }
            last.number
        }
        None => {
            let number = script.newest.saturating_add(1);
            out.event(Event::VersionPut { no: script.no, version: Box::new(version(number)) });
            number
        }
    };
    stand(script.no, (script.live, script.shadow), (*stage, number), out);
    if out.events.is_empty() { Err(Refusal::NothingToChange) } else { Ok(()) }
}

fn empty(no: u32, name: &str, (bot, origin): (MemberId, super::Origin), binding: Binding) -> Script {
    Script {
        no,
        name: name.to_owned(),
        bot,
        origin,
        binding,
        live: None,
        shadow: None,
        versions: Vec::new(),
        newest: 0,
        health: Health::default(),
    }
}

/// Makes a version live or lets it run beside the live one.
fn stand(
    no: u32,
    (live, shadow): (Option<u32>, Option<u32>),
    (stage, number): (Stage, u32),
    out: &mut Outcome,
) {
    match stage {
        Stage::Live if live != Some(number) => {
            out.event(Event::Switched { no, live: Some(number), old: live });
        }
        Stage::Shadow if shadow != Some(number) => {
            out.event(Event::Shadowed { no, version: Some(number), old: shadow });
        }
        _ => {}
    }
}

fn find<'a>(ctx: &Ctx<'a>, name: &str) -> Result<&'a Script, Refusal> {
    ctx.community.scripts.get(name).ok_or_else(|| Refusal::NotFound { what: format!("script {name}") })
}

fn find_version(script: &Script, number: u32) -> Result<&Version, Refusal> {
    let what = || format!("script {} version {number}", script.name);
    script.version(number).ok_or_else(|| Refusal::NotFound { what: what() })
}

pub(super) fn activate(ctx: &Ctx<'_>, name: &str, number: u32, out: &mut Outcome) -> Result<(), Refusal> {
    let script = find(ctx, name)?;
    find_version(script, number)?;
    if script.live == Some(number) {
        return Err(Refusal::NothingToChange);
    }
    out.event(Event::Switched { no: script.no, live: Some(number), old: script.live });
    if script.shadow == Some(number) {
        out.event(Event::Shadowed { no: script.no, version: None, old: script.shadow });
    }
    Ok(())
}

pub(super) fn shadow(
    ctx: &Ctx<'_>,
    name: &str,
    version: Option<u32>,
    out: &mut Outcome,
) -> Result<(), Refusal> {
    let script = find(ctx, name)?;
    if let Some(number) = version {
        find_version(script, number)?;
        if script.live == Some(number) {
            let what = format!("script {name} version {number}");
            return Err(Refusal::WrongState { what, state: "live".to_owned() });
        }
    }
    if script.shadow == version {
        return Err(Refusal::NothingToChange);
    }
    out.event(Event::Shadowed { no: script.no, version, old: script.shadow });
    Ok(())
}

pub(super) fn switch_off(ctx: &Ctx<'_>, name: &str, out: &mut Outcome) -> Result<(), Refusal> {
    let script = find(ctx, name)?;
    if script.live.is_none() && script.health.quarantined.is_none() {
        return Err(Refusal::NothingToChange);
    }
    out.event(Event::Switched { no: script.no, live: None, old: script.live });
    Ok(())
}

pub(super) fn remove(ctx: &Ctx<'_>, name: &str, out: &mut Outcome) -> Result<(), Refusal> {
    let script = find(ctx, name)?;
    let place = ctx.community.scripts.rows.iter().position(|row| row.no == script.no).unwrap_or_default();
    out.event(Event::Removed { place: place as u32, old: Box::new(script.clone()) });
    Ok(())
}

pub(super) fn reorder(ctx: &Ctx<'_>, names: &[String], out: &mut Outcome) -> Result<(), Refusal> {
    let old: Vec<String> = ctx.community.scripts.rows.iter().map(|script| script.name.clone()).collect();
    if let Some(unknown) = names.iter().find(|name| !old.contains(name)) {
        return Err(Refusal::NotFound { what: format!("script {unknown}") });
    }
    if names.len() != old.len() || names.iter().collect::<BTreeSet<_>>().len() != old.len() {
        let expected = "every script's name once".to_owned();
        return Err(Refusal::ValueInvalid { name: "names".to_owned(), expected });
    }
    if names == old {
        return Err(Refusal::NothingToChange);
    }
    out.event(Event::Reordered { names: names.to_vec(), old });
    Ok(())
}

pub(super) fn bind(ctx: &Ctx<'_>, name: &str, binding: &Binding, out: &mut Outcome) -> Result<(), Refusal> {
    let script = find(ctx, name)?;
    if script.binding == *binding {
        return Err(Refusal::NothingToChange);
    }
    let old = script.binding.clone();
    out.event(Event::Bound { no: script.no, binding: binding.clone(), old });
    Ok(())
}

/// Applies what happened to scripts and versions.
pub(super) fn apply(scripts: &mut Scripts, event: &Event, moment: &Moment) {
    match event {
        Event::Added { script, .. } => {
            scripts.numbered = scripts.numbered.max(script.no.saturating_add(1));
            scripts.rows.push((**script).clone());
        }
        Event::Removed { old, .. } => scripts.rows.retain(|script| script.no != old.no),
        Event::Reordered { names, .. } => {
            scripts.rows.sort_by_key(|script| names.iter().position(|name| *name == script.name));
        }
        Event::VersionPut { no, version } => change(scripts, *no, |script| {
            script.newest = version.number;
            script.versions.push((**version).clone());
            drop_oldest(script);
        }),
        Event::CasesKept { no, version, cases, .. } => change(scripts, *no, |script| {
            if let Some(kept) = script.versions.iter_mut().find(|kept| kept.number == *version) {
                kept.cases.clone_from(cases);
            }
        }),
        Event::Switched { no, live, .. } => change(scripts, *no, |script| {
            script.live = *live;
            script.health.begin(moment.at_ms);
        }),
        Event::Shadowed { no, version, .. } => change(scripts, *no, |script| script.shadow = *version),
        Event::Bound { no, binding, .. } => change(scripts, *no, |script| script.binding = binding.clone()),
        Event::Quarantined { no, version, live } => change(scripts, *no, |script| {
            script.live = *live;
            script.health.begin(moment.at_ms);
            script.health.failed.insert(*version);
            script.health.quarantined = live.is_none().then_some(*version);
        }),
        Event::Capped { no, .. } => change(scripts, *no, |script| script.health.capped = true),
        // What scripts remember, and what they are told of, is not this file's.
        _ => {}
    }
}

fn change(scripts: &mut Scripts, no: u32, change: impl FnOnce(&mut Script)) {
    if let Some(script) = scripts.rows.iter_mut().find(|script| script.no == no) {
        change(script);
    }
}

/// Keeps the newest versions, and those that are live or in the shadow.
fn drop_oldest(script: &mut Script) {
    while script.versions.len() > SCRIPT_VERSIONS_KEPT {
        let (live, shadow) = (script.live, script.shadow);
        let wanted = |version: &Version| Some(version.number) == live || Some(version.number) == shadow;
        let Some(place) = script.versions.iter().position(|version| !wanted(version)) else { return };
        script.versions.remove(place);
    }
}
