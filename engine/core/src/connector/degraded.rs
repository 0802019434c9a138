//! What a community's rules ask that a network cannot do: said when a bot is connected or a rulebook is
//! installed, so that nobody believes in a rule that does nothing there.

use std::collections::BTreeSet;

use super::Ability;
use crate::hook::Hook;
use crate::notice::Text;
use crate::rule::Step;
use crate::stream::Community;

/// What follows on a network whose bot can do only this: a sentence for each rule and each thing it cannot
/// do, in the operator's order.
pub fn degraded(community: &Community, network: &str, can: &BTreeSet<Ability>) -> Vec<Text> {
    let lacks = |ability: Ability| !can.contains(&ability);
    let said = |code: &str| Text::new(code).with("network", network);
    let mut found = Vec::new();
    if lacks(Ability::Post) {
        found.push(said("connector.degraded.post"));
    }
    for rule in &community.rules.rows {
        let rungs = community.rules.ladder.rungs.iter().map(|rung| rung.step());
        let steps: BTreeSet<Step> = rungs.filter(|step| *step >= rule.config.step).collect();
        let lacking = steps.into_iter().filter_map(needed).filter(|(ability, _)| lacks(*ability));
        found.extend(lacking.map(|(_, code)| said(code).with("rule", rule.config.name.as_str())));
    }
    if lacks(Ability::Delete) {
        if community.rules.slow.is_on() {
            found.push(said("connector.degraded.slow"));
        }
        let scripts = community.scripts.answering(Hook::Message);
        found.extend(
            scripts.map(|(script, _)| said("connector.degraded.script").with("script", script.name.as_str())),
        );
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
