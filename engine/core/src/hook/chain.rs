//! Asking the scripts that stand before a decision, one after another, in the operator's order.
//!
//! Strength: deny before hold before rewrite before allow; the first denial ends the chain. A fault is
//! neither yes nor no: what becomes of it is the hook's policy. What a version may do in an hour is capped;
//! beyond it its denials are holds.

use super::{Call, Effect, Fault, Hook, Input, Reason, Ruling, Topic, Value, Waiting, enact};
use crate::body::{Bodies, BodyRef};
use crate::decide::{Ctx, Outcome};
use crate::ids::{MemberId, ReceiptId};
use crate::limits::{EFFECTS_MAX, NAME_BYTES_MAX, REASON_BYTES_MAX};
use crate::member::Member;
use crate::notice::{Arg, Text};
use crate::queue::{self, Receipt, Verdict};
use crate::rule::{self, Climb, Rung};
use crate::script::{self, Ground, OnFault, Run, RunOutcome, Script, Version};

/// Numbers of receipts within one command from which on the scripts count.
const INDEX_FROM: u32 = 1 << 17;

/// What one script said.
pub struct Heard<'a> {
    script: &'a Script,
    run: Run,
    /// What it amounts to.
    pub verdict: Verdict,
    /// Another text, as a body that is among the outcome's.
    pub rewrite: Option<BodyRef>,
    topics: Vec<Topic>,
    receipt: Option<Receipt>,
    effects: Vec<Effect>,
    bodies: Bodies,
}

/// The scripts' voices on one thing, collected until it is clear what becomes of it.
pub struct Chain<'a> {
    ctx: &'a Ctx<'a>,
    member: MemberId,
    heard: Vec<Heard<'a>>,
}

impl<'a> Chain<'a> {
    /// A chain about something that one member wants.
    pub fn new(ctx: &'a Ctx<'a>, member: MemberId) -> Self {
        Self { ctx, member, heard: Vec::new() }
    }

    /// Whoever is to be asked: nobody about what a script itself does.
    pub fn scripts(ctx: &Ctx<'a>, hook: Hook) -> impl Iterator<Item = (&'a Script, Option<&'a Version>)> {
        let scripts = &ctx.community.scripts;
        let asked = !ctx.by_script;
        scripts.rows.iter().filter(move |_| asked).filter_map(move |script| {
            let live = script.live().filter(|version| version.hooks.contains(&hook));
            let guards = matches!(hook, Hook::Join | Hook::Card);
            let quarantined = script.health.quarantined.and_then(|number| script.version(number));
            let shut = guards && quarantined.is_some_and(|version| version.hooks.contains(&hook));
            (live.is_some() || shut).then_some((script, live))
        })
    }

    /// Asks one script; `None` for its version stands for one in quarantine.
    pub fn ask(
        &mut self,
        (script, version): (&'a Script, Option<&'a Version>),
        input: &Input<'_>,
        out: &mut Outcome,
    ) -> &Heard<'a> {
        let hook = input.hook();
        let shut = script.health.is_open(hook, self.ctx.at_ms()) || self.is_out_of_fuel();
        let heard = match version.filter(|_| !shut) {
            Some(version) => self.run(script, version, input, out),
            None => {
                let number = version.map(|version| version.number).or(script.health.quarantined);
                let run = row(script, number.unwrap_or(0), hook, RunOutcome::Skipped);
                self.fail(script, run)
            }
        };
        self.heard.push(heard);
        self.heard.last().expect("one was pushed just now")
    }

    /// Whether the community's scripts have burned what its host lets them in a minute.
    fn is_out_of_fuel(&self) -> bool {
        let community = self.ctx.community;
        let quotas = community.hosted.quotas();
        quotas.is_some_and(|quotas| community.scripts.are_spent(quotas.fuel_per_minute, self.ctx.at_ms()))
    }

    fn run(
        &self,
        script: &'a Script,
        version: &'a Version,
        input: &Input<'_>,
        out: &mut Outcome,
    ) -> Heard<'a> {
        let hook = input.hook();
        let ran = self.ctx.extensions.run(&Call { ctx: self.ctx, script, version, input });
        if ran.dice {
            out.seed = Some(self.ctx.extensions.seed(self.ctx.stream.id, self.ctx.command.id));
        }
        let row = Run { operations: ran.operations, ..row(script, version.number, hook, RunOutcome::Allow) };
        let outcome = ran.outcome.and_then(|(ruling, effects)| sized(hook, ruling, effects));
        match outcome {
            Ok((ruling, effects)) => self.rule(script, row, (ruling, effects), out),
            Err(fault) => {
                let run = Run { outcome: RunOutcome::Fault, fault: Some(fault), ..row };
                script::quarantine(self.ctx, script, &run, out);
                self.fail(script, run)
            }
        }
    }

    /// A script that cannot answer: its policy decides.
    fn fail(&self, script: &'a Script, run: Run) -> Heard<'a> {
        let open = run.hook == Hook::Message && script.binding.on_fault == OnFault::Open;
        let verdict = if open { Verdict::Allow } else { Verdict::Hold };
        let mut heard = Heard::new(script, run, verdict);
        if !open {
            let ground = heard.ground(String::new(), None);
            self.explain(&mut heard, ground, Text::new("script.not_answering"));
        }
        heard
    }

    fn rule(
        &self,
        script: &'a Script,
        run: Run,
        (ruling, effects): (Ruling, Vec<Effect<String>>),
        out: &mut Outcome,
    ) -> Heard<'a> {
        let mut heard = Heard::new(script, run, Verdict::Allow);
        let (outcome, reason) = match ruling {
            Ruling::Allow => (RunOutcome::Allow, None),
            Ruling::Topics(topics) => {
                heard.topics = topics;
                (RunOutcome::Allow, None)
            }
            Ruling::Rewrite(text) => {
                let body = out.bodies.put(self.ctx.extensions.body(self.ctx.at_ms(), self.member, &text));
                heard.rewrite = Some(body);
                (RunOutcome::Rewrite, None)
            }
            Ruling::Hold(reason) => (RunOutcome::Hold, Some(reason)),
            Ruling::Deny(reason) => (RunOutcome::Deny, Some(reason)),
            Ruling::Violation(reason) => (RunOutcome::Violation, Some(reason)),
        };
        heard.run.outcome = outcome;
        let run_hook = heard.run.hook;
        let climb = (outcome == RunOutcome::Violation).then(|| self.climb(script));
        let bites = match (outcome, &climb) {
            (RunOutcome::Deny, _) => run_hook == Hook::Message,
            (_, Some(climb)) => climb.rung().verdict() == Verdict::Deny,
            _ => false,
        };
        let mut effects = effects;
        let sanctions = effects.iter().any(|effect| effect.sanctions().is_some());
        let members = self.ctx.community.members.active_count();
        if (bites || sanctions) && !script.health.within_cap(members, self.ctx.at_ms()) {
            heard.run.outcome = RunOutcome::Capped;
            effects.retain(|effect| effect.sanctions().is_none());
            script::cap(self.ctx, script, heard.run.version, out);
        }
        if let Some(reason) = reason {
            let ground = heard.ground(reason.code.clone(), climb);
            heard.verdict = ground.verdict();
            let text = self.reason_text(&reason, out);
            self.explain(&mut heard, ground, text);
        } else if heard.run.outcome == RunOutcome::Capped {
            heard.verdict = Verdict::Hold;
            let ground = heard.ground(String::new(), None);
            self.explain(&mut heard, ground, Text::new("script.capped"));
        }
        heard.take_effects(self.ctx, effects);
        heard
    }

    fn climb(&self, script: &Script) -> Climb {
        rule::climb_from(self.ctx, self.member, script.binding.step)
    }

    fn reason_text(&self, reason: &Reason, out: &mut Outcome) -> Text {
        let body = self.ctx.extensions.body(self.ctx.at_ms(), self.member, &reason.text);
        Text::new("script.reason").with("text", Arg::Body(out.bodies.put(body)))
    }

    /// Leaves a receipt: the reason with who says so and what came of it.
    fn explain(&self, heard: &mut Heard<'_>, ground: Ground, reason: Text) {
        let outcome = match ground.verdict() {
            Verdict::Allow => "outcome.allow",
            Verdict::Hold => "outcome.hold",
            Verdict::Deny => "outcome.deny",
        };
        let reason = reason
            .with("script", ground.script.as_str())
            .with("version", ground.version)
            .with("outcome", Arg::Code(outcome.to_owned()));
        heard.receipt = Some(Receipt {
            id: ReceiptId::of(self.ctx.command.id, INDEX_FROM + self.heard.len() as u32),
            member: self.member,
            at_ms: self.ctx.at_ms(),
            verdict: ground.verdict(),
            ground: queue::Ground::Script(ground),
            reason,
            remedy: Some(Text::new("rule.ask_again")),
        });
    }

    /// Asks every script that answers a hook before a decision, from a verdict on. The first denial ends it.
    pub fn ask_all(&mut self, from: Verdict, input: &Input<'_>, out: &mut Outcome) -> Verdict {
        let mut verdict = from;
        for asked in Self::scripts(self.ctx, input.hook()) {
            if verdict == Verdict::Deny {
                break;
            }
            verdict = verdict.max(self.ask(asked, input, out).verdict);
        }
        verdict
    }

    /// Whether nobody was asked.
    pub fn is_empty(&self) -> bool {
        self.heard.is_empty()
    }

    /// The receipts of those who objected, in the order in which they were asked.
    pub fn receipts(&self) -> impl Iterator<Item = &Receipt> {
        self.heard.iter().filter_map(|heard| heard.receipt.as_ref())
    }

    /// The breaches that were reported: the script's receipt and the rung that follows.
    pub fn breaches(&self) -> impl Iterator<Item = (&Receipt, Rung)> {
        self.heard.iter().filter(|heard| heard.run.outcome == RunOutcome::Violation).filter_map(|heard| {
            let receipt = heard.receipt.as_ref()?;
            let queue::Ground::Script(Ground { climb: Some(climb), .. }) = &receipt.ground else {
                return None;
            };
            Some((receipt, climb.rung()))
        })
    }

    /// Writes the runs into the outcome, and does what the effects of this verdict say. Returns those that
    /// wait with something held.
    pub fn settle(&mut self, verdict: Verdict, out: &mut Outcome) -> Vec<Waiting> {
        self.settle_in(self.ctx, verdict, out)
    }

    /// The same about somebody whom the command lets in or turns away, once the events that say so are there.
    pub fn settle_entering(&mut self, row: &Member, verdict: Verdict, out: &mut Outcome) -> Vec<Waiting> {
        self.settle_in(&Ctx { entering: Some(row), ..*self.ctx }, verdict, out)
    }

    fn settle_in(&mut self, ctx: &Ctx<'_>, verdict: Verdict, out: &mut Outcome) -> Vec<Waiting> {
        let mut waiting = Vec::new();
        for heard in &mut self.heard {
            let (script, own, mut run) = (heard.script, heard.verdict, heard.run.clone());
            let (effects, bodies) = (std::mem::take(&mut heard.effects), std::mem::take(&mut heard.bodies));
            let first = out.events.len() as u32;
            let (now, later): (Vec<Effect>, Vec<Effect>) =
                effects.into_iter().partition(|effect| match verdict {
                    Verdict::Allow => true,
                    Verdict::Hold => effect.is_memory(),
                    Verdict::Deny => effect.is_memory() || (own == Verdict::Deny && effect.follows_denial()),
                });
            run.refused = enact(ctx, script, (&now, &bodies), out);
            if verdict == Verdict::Hold && !later.is_empty() {
                waiting.push(Waiting { no: script.no, version: run.version, effects: later });
            }
            out.bodies.extend(bodies);
            run.events = (first, out.events.len() as u32 - first);
            out.runs.push(run);
        }
        waiting
    }
}

impl<'a> Heard<'a> {
    fn new(script: &'a Script, run: Run, verdict: Verdict) -> Self {
        let (topics, effects, bodies) = (Vec::new(), Vec::new(), Bodies::default());
        Self { script, run, verdict, rewrite: None, topics, receipt: None, effects, bodies }
    }

    /// The script.
    pub const fn script(&self) -> &'a Script {
        self.script
    }

    /// The topics it proposes.
    pub fn topics(&self) -> &[Topic] {
        &self.topics
    }

    /// Whether it could not answer, or was not asked because it often could not.
    pub const fn failed(&self) -> bool {
        matches!(self.run.outcome, RunOutcome::Fault | RunOutcome::Skipped)
    }

    /// Whether it said or wants anything at all.
    pub fn reacts(&self) -> bool {
        self.run.outcome != RunOutcome::Allow || !self.effects.is_empty()
    }

    /// The text of its reason, as an argument of a text.
    pub fn reason(&self) -> Option<&Arg> {
        self.receipt.as_ref().and_then(|receipt| receipt.reason.args.get("text"))
    }

    fn ground(&self, code: String, climb: Option<Climb>) -> Ground {
        Ground {
            script: self.script.name.clone(),
            no: self.run.no,
            version: self.run.version,
            hook: self.run.hook,
            outcome: self.run.outcome,
            code,
            fault: self.run.fault.clone(),
            climb,
        }
    }

    /// Puts the effects' texts apart from the facts.
    fn take_effects(&mut self, ctx: &Ctx<'_>, effects: Vec<Effect<String>>) {
        let (bot, bodies) = (self.script.bot, &mut self.bodies);
        let mut put = |owner, text: String| bodies.put(ctx.extensions.body(ctx.at_ms(), owner, &text));
        self.effects = effects.into_iter().map(|effect| effect.apart(bot, &mut put)).collect();
    }
}

/// A row of a run that has changed nothing yet.
pub(crate) fn row(script: &Script, version: u32, hook: Hook, outcome: RunOutcome) -> Run {
    Run { no: script.no, version, hook, outcome, operations: 0, events: (0, 0), refused: 0, fault: None }
}

/// What an extension sent back, or a fault where it is too large.
pub(crate) fn sized(
    hook: Hook,
    ruling: Ruling,
    effects: Vec<Effect<String>>,
) -> Result<(Ruling, Vec<Effect<String>>), Fault> {
    let fault = |kind, detail: Text| Err(Fault { kind, hook, place: None, detail });
    if effects.len() > EFFECTS_MAX {
        let detail = Text::new("script.run.many_effects").with("n", effects.len()).with("max", EFFECTS_MAX);
        return fault(super::FaultKind::Effects, detail);
    }
    let reason = match &ruling {
        Ruling::Hold(reason) | Ruling::Deny(reason) | Ruling::Violation(reason) => Some(reason),
        _ => None,
    };
    if reason.is_some_and(|reason| {
        reason.code.is_empty() || reason.code.len() > NAME_BYTES_MAX || reason.text.len() > REASON_BYTES_MAX
    }) {
        let detail = Text::new("script.run.reason_sized").with("max", REASON_BYTES_MAX);
        return fault(super::FaultKind::Size, detail);
    }
    Ok((ruling, effects))
}

impl<T> Effect<T> {
    /// The same with its texts put apart: what a member is told is theirs, everything else is the bot's.
    pub(crate) fn apart(self, bot: MemberId, put: &mut impl FnMut(MemberId, T) -> BodyRef) -> Effect {
        match self {
            Self::Tag { member, tag } => Effect::Tag { member, tag },
            Self::Untag { member, tag } => Effect::Untag { member, tag },
            Self::GiveRole { member, role } => Effect::GiveRole { member, role },
            Self::TakeRole { member, role } => Effect::TakeRole { member, role },
            Self::Warn { member, text } => Effect::Warn { member, text: put(member, text) },
            Self::Mute { member, for_ms, text } => Effect::Mute { member, for_ms, text: put(member, text) },
            Self::Remove { member, text } => Effect::Remove { member, text: put(member, text) },
            Self::Notify { member, text } => Effect::Notify { member, text: put(member, text) },
            Self::Post { channel, text, reply_to } => {
                Effect::Post { channel, text: put(bot, text), reply_to }
            }
            Self::Delete { message, text } => Effect::Delete { message, text: put(bot, text) },
            Self::React { message, emoji } => Effect::React { message, emoji },
            Self::Pin { message } => Effect::Pin { message },
            Self::Put { key, value } => Effect::Put { key, value: value.apart(bot, put) },
            Self::Drop { key } => Effect::Drop { key },
            Self::SetTimer { name, due_ms, note } => {
                Effect::SetTimer { name, due_ms, note: note.map(|note| note.apart(bot, put)) }
            }
            Self::DropTimer { name } => Effect::DropTimer { name },
        }
    }
}

impl<T> Value<T> {
    fn apart(self, owner: MemberId, put: &mut impl FnMut(MemberId, T) -> BodyRef) -> Value {
        match self {
            Self::Int(number) => Value::Int(number),
            Self::Bool(yes) => Value::Bool(yes),
            Self::Text(text) => Value::Text(put(owner, text)),
            Self::Json(text) => Value::Json(put(owner, text)),
        }
    }
}
