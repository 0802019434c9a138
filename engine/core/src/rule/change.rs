//! Changing the rules: setting, removing, ordering, the ladder; and setting them up at founding.

use std::collections::BTreeSet;

use super::config::{RuleConfig, Surroundings};
use super::ladder::LadderConfig;
use super::raid::RaidConfig;
use super::{Event, Rule, Rules, words};
use crate::decide::{Ctx, Outcome};
use crate::limits::RULES_MAX;
use crate::refusal::Refusal;
use crate::stream::Community;
use crate::text::normal::Exactness;

/// Sets a rule: at the end if it is new, in its place with the next version if not.
pub(super) fn set(ctx: &Ctx<'_>, config: &RuleConfig, out: &mut Outcome) -> Result<(), Refusal> {
    let rules = &ctx.community.rules;
    let profile = &ctx.community.profile;
    config.check_sound(&Surroundings {
        lists: &profile.lists,
        texts: &profile.texts,
        ladder: &rules.ladder,
    })?;
    let old = rules.get(&config.name);
    match old {
        Some(old) if old.config == *config => return Err(Refusal::NothingToChange),
        None if rules.rows.len() >= RULES_MAX => {
            return Err(Refusal::TooMany { what: "rule".to_owned(), max: RULES_MAX as u64 });
        }
        _ => {}
    }
    let last = old.map(|old| old.version).or_else(|| rules.retired.get(&config.name).copied());
    let rule = Rule { version: last.unwrap_or(0).saturating_add(1), config: config.clone() };
    out.event(Event::Set { rule: Box::new(rule), old: old.cloned().map(Box::new) });
    Ok(())
}

/// Removes a rule. Its versions go on from there if it ever comes back.
pub(super) fn remove(ctx: &Ctx<'_>, name: &str, out: &mut Outcome) -> Result<(), Refusal> {
    let rows = &ctx.community.rules.rows;
    let place = rows
        .iter()
        .position(|rule| rule.config.name == name)
        .ok_or_else(|| Refusal::NotFound { what: format!("rule {name}") })?;
    out.event(Event::Removed { place: place as u32, old: Box::new(rows[place].clone()) });
    Ok(())
}

/// Orders the rules anew: every name once.
pub(super) fn reorder(ctx: &Ctx<'_>, names: &[String], out: &mut Outcome) -> Result<(), Refusal> {
    let old: Vec<String> = ctx.community.rules.rows.iter().map(|rule| rule.config.name.clone()).collect();
    let asked: BTreeSet<&String> = names.iter().collect();
    if let Some(unknown) = names.iter().find(|name| !old.contains(name)) {
        return Err(Refusal::NotFound { what: format!("rule {unknown}") });
    }
    if names.len() != old.len() || asked.len() != old.len() {
        let expected = "every rule's name once";
        return Err(Refusal::ValueInvalid { name: "names".to_owned(), expected: expected.to_owned() });
    }
    if names == old {
        return Err(Refusal::NothingToChange);
    }
    out.event(Event::Reordered { names: names.to_vec(), old });
    Ok(())
}

/// Sets the ladder; every rule must find its step on it.
pub(super) fn set_ladder(ctx: &Ctx<'_>, ladder: &LadderConfig, out: &mut Outcome) -> Result<(), Refusal> {
    ladder.check()?;
    let rules = &ctx.community.rules;
    if rules.ladder == *ladder {
        return Err(Refusal::NothingToChange);
    }
    let top = ladder.rungs.last().map(|rung| rung.step());
    if let Some(rule) = rules.rows.iter().find(|rule| Some(rule.config.step) > top) {
        let name = "ladder.rungs".to_owned();
        let expected = format!("`{}`, where rule {} starts", rule.config.step.name(), rule.config.name);
        return Err(Refusal::ValueInvalid { name, expected });
    }
    out.event(Event::LadderSet { ladder: ladder.clone(), old: rules.ladder.clone() });
    Ok(())
}

/// Sets how the raid switch works.
pub(super) fn set_raid(ctx: &Ctx<'_>, config: &RaidConfig, out: &mut Outcome) -> Result<(), Refusal> {
    config.check()?;
    let old = &ctx.community.rules.raid.config;
    if old == config {
        return Err(Refusal::NothingToChange);
    }
    out.event(Event::RaidConfigured { config: config.clone(), old: old.clone() });
    Ok(())
}

/// Refuses rules with which no community can be founded.
pub fn check(rules: &[RuleConfig], around: &Surroundings<'_>) -> Result<(), Refusal> {
    around.ladder.check()?;
    if rules.len() > RULES_MAX {
        return Err(Refusal::TooMany { what: "rule".to_owned(), max: RULES_MAX as u64 });
    }
    let mut names = BTreeSet::new();
    for rule in rules {
        rule.check_sound(around)?;
        if !names.insert(&rule.name) {
            return Err(Refusal::AlreadyExists { what: format!("rule {}", rule.name) });
        }
    }
    Ok(())
}

/// Refuses lines that a rule which names the list could not use, and the removal of such a list.
pub fn check_list(rules: &Rules, name: &str, lines: &[String]) -> Result<(), Refusal> {
    let mut users =
        rules.rows.iter().filter(|rule| rule.config.check.lists().iter().any(|list| list == name));
    let Some(_) = users.next() else { return Ok(()) };
    if lines.is_empty() {
        return Err(Refusal::WrongState { what: format!("list {name}"), state: "used_by_rule".to_owned() });
    }
    words::check_lines(name, lines, Exactness::Loose)
}

/// Sets a new community up with its rules and ladder, each rule in version 1. `apply` of its founding calls
/// it.
pub fn configure(community: &mut Community, rules: &[RuleConfig], ladder: &LadderConfig) {
    let state = &mut community.rules;
    state.rows = rules.iter().map(|config| Rule { version: 1, config: config.clone() }).collect();
    state.ladder = ladder.clone();
    state.compiled.clear();
}

/// Sets a new community up with its raid switch.
pub fn configure_raid(community: &mut Community, config: &RaidConfig) {
    community.rules.raid.config = config.clone();
}

/// Applies a change.
pub(super) fn apply(rules: &mut Rules, event: &Event, at_ms: u64) {
    rules.compiled.clear();
    match event {
        Event::Set { rule, .. } => {
            rules.retired.remove(&rule.config.name);
            match rules.rows.iter_mut().find(|row| row.config.name == rule.config.name) {
                Some(row) => *row = (**rule).clone(),
                None => rules.rows.push((**rule).clone()),
            }
        }
        Event::Removed { old, .. } => {
            rules.rows.retain(|row| row.config.name != old.config.name);
            if rules.retired.len() < RULES_MAX {
                rules.retired.insert(old.config.name.clone(), old.version);
            }
        }
        Event::Reordered { names, .. } => {
            rules.rows.sort_by_key(|row| names.iter().position(|name| *name == row.config.name));
        }
        Event::LadderSet { ladder, old } => {
            for strikes in rules.record.strikes.values_mut() {
                strikes.settle(at_ms, old.forget_ms());
            }
            rules.record.strikes.retain(|_, strikes| !strikes.receipts.is_empty());
            rules.ladder = ladder.clone();
        }
        Event::RaidConfigured { config, .. } => rules.raid.config = config.clone(),
        _ => {}
    }
}
