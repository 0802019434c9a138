//! What a community's rules ask that a network cannot do: said when a bot is connected and when a rule or a
//! script is put in, so that nobody believes in a rule that does nothing there.

use std::collections::BTreeSet;

use super::Ability;
use crate::hook::Hook;
use crate::notice::Text;
use crate::rule::{Rule, Step};
use crate::script::{Script, Version};
use crate::stream::Community;

/// A network, and what its bot can do there.
struct There<'a> {
    network: &'a str,
    can: &'a BTreeSet<Ability>,
}

impl There<'_> {
    fn lacks(&self, ability: Ability) -> bool {
        !self.can.contains(&ability)
    }

    fn said(&self, code: &str) -> Text {
        Text::new(code).with("network", self.network)
    }

    /// A sentence for each thing that a rule may come to and the bot cannot do.
    fn by_rule(&self, community: &Community, rule: &Rule) -> Vec<Text> {
        let rungs = community.rules.ladder.rungs.iter().map(|rung| rung.step());
        let steps: BTreeSet<Step> = rungs.filter(|step| *step >= rule.config.step).collect();
        let lacking = steps.into_iter().filter_map(needed).filter(|(ability, _)| self.lacks(*ability));
        lacking.map(|(_, code)| self.said(code).with("rule", rule.config.name.as_str())).collect()
    }

    /// The same of a script, wherever it stands.
    fn by_script(&self, script: &Script, version: &Version) -> Option<Text> {
        let may = self.lacks(Ability::Delete) && version.hooks.contains(&Hook::Message);
        may.then(|| self.said("connector.degraded.script").with("script", script.name.as_str()))
    }
}

/// What follows on a network whose bot can do only this: a sentence for each rule and each thing it cannot
/// do, in the operator's order.
pub fn degraded(community: &Community, network: &str, can: &BTreeSet<Ability>) -> Vec<Text> {
    let there = There { network, can };
    let mut found = Vec::new();
    if there.lacks(Ability::Post) {
        found.push(there.said("connector.degraded.post"));
    }
    found.extend(community.rules.rows.iter().flat_map(|rule| there.by_rule(community, rule)));
    if there.lacks(Ability::Delete) && community.rules.slow.is_on() {
        found.push(there.said("connector.degraded.slow"));
    }
    let scripts = community.scripts.answering(Hook::Message);
    found.extend(scripts.filter_map(|(script, version)| there.by_script(script, version)));
    found
}

/// What of one rule does nothing on the networks that are connected.
pub fn degraded_by_rule(community: &Community, name: &str) -> Vec<Text> {
    let rules = || community.rules.rows.iter().filter(|rule| rule.config.name == name);
    everywhere(community, |there| rules().flat_map(|rule| there.by_rule(community, rule)).collect())
}

/// The same of the newest version of a script.
pub fn degraded_by_script(community: &Community, name: &str) -> Vec<Text> {
    let script = community.scripts.get(name);
    let newest = script.and_then(|script| Some((script, script.versions.last()?)));
    everywhere(community, |there| {
        newest.and_then(|(it, version)| there.by_script(it, version)).into_iter().collect()
    })
}

/// What is said of each network, once.
fn everywhere(community: &Community, said: impl Fn(&There<'_>) -> Vec<Text>) -> Vec<Text> {
    let mut found = Vec::new();
    for row in community.connectors.iter() {
        for text in said(&There { network: &row.network, can: &row.can }) {
            if !found.contains(&text) {
                found.push(text);
            }
        }
    }
    found
}

/// What a bot must be able to do for a rung, and what is said where it cannot. A reminder is given by the
/// community itself.
const fn needed(step: Step) -> Option<(Ability, &'static str)> {
    match step {
        Step::Remind => None,
        Step::Hold => Some((Ability::Delete, "connector.degraded.hold")),
        Step::Warn => Some((Ability::Delete, "connector.degraded.deny")),
        Step::Mute => Some((Ability::Mute, "connector.degraded.mute")),
        Step::Remove => Some((Ability::Remove, "connector.degraded.remove")),
        Step::Ban => Some((Ability::Ban, "connector.degraded.ban")),
    }
}
