//! Judging a draft, and what follows for its author.
//!
//! Rules are asked in the operator's order. The strongest verdict wins: deny before hold before allow. Each
//! rule that objects leaves a receipt; one breach, the hardest, counts as a strike.

use super::check::Clause;
use super::config::RuleConfig;
use super::ladder::{Climb, Rung, Step};
use super::view::{Past, View};
use super::{Draft, Ground, Judgement, Rule, raid, sanction};
use crate::decide::{Ctx, Outcome};
use crate::hook::Chain;
use crate::ids::{MemberId, ReceiptId};
use crate::limits::RULE_RECEIPTS_MAX;
use crate::member::Standing;
use crate::notice::{Arg, Text};
use crate::queue::{self, Receipt, Verdict};

/// Numbers of receipts and timers within one command from which on the rules count: other nouns count from
/// 0.
pub(super) const INDEX_FROM: u32 = 1 << 16;

/// Name under which the engine's own clauses stand in receipts, beside the operator's rules.
pub const RAID: &str = "raid";
/// The same for the limits of the queue.
pub const QUEUE: &str = "queue";

/// Judges a draft by the rules, the raid switch and the room in the queue; changes nothing. One draft a
/// command.
pub fn judge(ctx: &Ctx<'_>, draft: &Draft<'_>) -> Judgement {
    let mut judgement = judge_by_rules(&View::new(ctx, draft, Past::Known));
    if let Some(clause) = raid::breach(ctx, draft) {
        judgement.add(ctx, draft.author.id, (fixed(RAID, clause, Rung::Hold), None));
    }
    judgement.find_room(ctx, draft.author.id);
    judgement
}

/// What today's rules say about an old text by itself: without what its author said before and after,
/// without the raid switch.
pub fn review(ctx: &Ctx<'_>, draft: &Draft<'_>) -> Judgement {
    judge_by_rules(&View::new(ctx, draft, Past::LeftOut))
}

fn judge_by_rules(view: &View<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    let (ctx, draft) = (view.ctx, view.draft);
    for rule in &ctx.community.rules.rows {
        let config = &rule.config;
        if judgement.receipts.len() >= RULE_RECEIPTS_MAX {
            break;
        }
        if !config.covers(ctx, draft.occasion, draft.channel) || !config.binds(ctx, draft.author) {
            continue;
        }
        if let Some(clause) = config.check.breach(view) {
            let climb = climb(ctx, draft.author.id, rule);
            let ground = Ground { rule: config.name.clone(), version: rule.version, clause, climb };
            judgement.add(ctx, draft.author.id, (ground, Some(config)));
        }
    }
    judgement
}

fn climb(ctx: &Ctx<'_>, author: MemberId, rule: &Rule) -> Climb {
    climb_from(ctx, author, rule.config.step)
}

/// The way up the ladder for a breach that starts at a step.
pub fn climb_from(ctx: &Ctx<'_>, author: MemberId, step: Step) -> Climb {
    let rules = &ctx.community.rules;
    Climb {
        step,
        strikes: rules.record.live(author, ctx.at_ms(), rules.ladder.forget_ms()),
        rungs: rules.ladder.rungs.clone(),
    }
}

/// The ground of a clause that is no rule of the operator's: always the same rung.
fn fixed(name: &str, clause: Clause, rung: Rung) -> Ground {
    let climb = Climb { step: rung.step(), strikes: 0, rungs: vec![rung] };
    Ground { rule: name.to_owned(), version: 0, clause, climb }
}

impl Judgement {
    /// Denies what would be held where the queue has no room for one more of this member's.
    pub fn find_room(&mut self, ctx: &Ctx<'_>, member: MemberId) {
        if self.verdict == Some(Verdict::Hold)
            && let Some(clause) = queue::full_for(ctx, member)
        {
            self.add(ctx, member, (fixed(QUEUE, clause, Rung::Warn), None));
        }
    }

    /// Adds a receipt, and its verdict if it is stronger than those before.
    fn add(&mut self, ctx: &Ctx<'_>, member: MemberId, (ground, own): (Ground, Option<&RuleConfig>)) {
        let verdict = ground.verdict();
        let (reason, remedy) = texts(&ground, own);
        let index = INDEX_FROM + self.receipts.len() as u32;
        self.verdict = self.verdict.max(Some(verdict));
        self.receipts.push(Receipt {
            id: ReceiptId::of(ctx.command.id, index),
            member,
            at_ms: ctx.at_ms(),
            verdict,
            ground: queue::Ground::Rule(ground),
            reason,
            remedy,
        });
    }

    /// The receipt of the hardest rung among the operator's rules; the first of several.
    fn hardest(&self) -> Option<(&Receipt, Rung)> {
        let mut hardest: Option<(&Receipt, Rung)> = None;
        for receipt in &self.receipts {
            let queue::Ground::Rule(ground) = &receipt.ground else { continue };
            let rung = ground.climb.rung();
            if ground.clause.is_rule() && hardest.is_none_or(|(_, other)| rung > other) {
                hardest = Some((receipt, rung));
            }
        }
        hardest
    }
}

/// Reason and remedy: the clause's or the community's own, with who says so and what came of it.
fn texts(ground: &Ground, own: Option<&RuleConfig>) -> (Text, Option<Text>) {
    let (mut reason, remedy) = ground.clause.texts();
    let mut remedy = remedy.unwrap_or_else(|| Text::new("rule.ask_again"));
    if let Some(code) = own.and_then(|own| own.reason.as_ref()) {
        reason.code.clone_from(code);
    }
    if let Some(code) = own.and_then(|own| own.remedy.as_ref()) {
        remedy.code.clone_from(code);
    }
    let outcome = Arg::Code(format!("outcome.{}", outcome(ground.verdict())));
    let reason =
        reason.with("rule", ground.rule.as_str()).with("version", ground.version).with("outcome", outcome);
    (reason, Some(remedy))
}

const fn outcome(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => "allow",
        Verdict::Hold => "hold",
        Verdict::Deny => "deny",
    }
}

/// Adds what follows from a judgement: receipts, the strike and the ladder's step.
///
/// A hold is no strike: whether it was a breach is for the human to say. Nothing but the receipts follows
/// for somebody who is not inside.
pub fn punish(
    ctx: &Ctx<'_>,
    draft: &Draft<'_>,
    (judgement, chain): (&Judgement, &Chain<'_>),
    out: &mut Outcome,
) {
    out.decisions.extend(judgement.receipts.iter().chain(chain.receipts()).cloned());
    let hardest = judgement
        .hardest()
        .into_iter()
        .chain(chain.breaches())
        .reduce(|hardest, other| if other.1 > hardest.1 { other } else { hardest });
    let Some((receipt, rung)) = hardest else { return };
    if draft.author.standing == Standing::Active && rung != Rung::Hold {
        sanction::follow(ctx, draft.author, (receipt, rung), out);
    }
}
