//! Runs scripts: keeps what was compiled, calls a hook's function within its limits, and turns what comes
//! back into what the core asked for.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use kith_core::hook::{Call, Effect, Fault, FaultKind, Hook, Input, Ran, Ruling, Topic as Proposed};
use kith_core::limits::REASON_BYTES_MAX;
use kith_core::notice::Text;
use kith_core::ports::Hash;
use rhai::{Array, Dynamic, Position, Scope};
use sha2::{Digest, Sha256};

use crate::api::{self, Topic, Verdict};
use crate::compile::{Compiled, compile, prepare};
use crate::diagnostic::Diagnostic;
use crate::fault;
use crate::frame::{Frame, Outside};
use crate::limits::{Limits, TOPICS_MAX};
use crate::{kinds, say};

/// What a run used, for the side table: nothing of it decides anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// Operations.
    pub operations: u64,
    /// Microseconds by the clock.
    pub wall_us: u64,
    /// Bytes that it held at most, as seen between operations; 0 where memory is not counted.
    pub memory_peak_bytes: u64,
    /// What it logged.
    pub log: Vec<String>,
    /// Whether it read what is not known of imported members: their card, since when they are inside.
    pub lacked: bool,
}

/// Runs scripts for any number of communities at once.
pub struct Host {
    limits: Limits,
    kept: Mutex<Kept>,
}

/// Compiled sources by their hash. Equal sources are one, whoever's they are.
#[derive(Default)]
struct Kept {
    scripts: BTreeMap<Hash, (u64, Arc<Compiled>)>,
    uses: u64,
}

impl Host {
    /// A host with these limits.
    pub fn new(limits: Limits) -> Self {
        prepare();
        Self { limits, kept: Mutex::default() }
    }

    /// Its limits.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Compiles a source, or says everything that is wrong with it.
    pub fn compile(&self, source: &str) -> Result<Arc<Compiled>, Vec<Diagnostic>> {
        let hash: Hash = Sha256::digest(source.as_bytes()).into();
        self.compiled(hash, source)
    }

    fn compiled(&self, hash: Hash, source: &str) -> Result<Arc<Compiled>, Vec<Diagnostic>> {
        if let Some(known) = self.kept().find(&hash) {
            return Ok(known);
        }
        let compiled = Arc::new(compile(source, &self.limits)?);
        Ok(self.kept().keep(hash, compiled, self.limits.scripts_kept_max))
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs one hook once.
    pub fn run(&self, call: &Call<'_>, outside: &dyn Outside) -> (Ran, Usage) {
        let hook = call.input.hook();
        let version = call.version;
        let compiled = match self.compiled(version.hash, &version.source) {
            Ok(compiled) => compiled,
            Err(said) => return uncompiled(hook, &said),
        };
        let frame = Frame::new(Some((call, outside)), *self.limits.of(hook.class())).reading(compiled.reads);
        let outcome = frame.enter(|| {
            let called = catch_unwind(AssertUnwindSafe(|| invoke(&compiled, call.input, hook)));
            called.unwrap_or_else(|_| Err(bug()))
        });
        let outcome = match outcome {
            Ok(value) => accept(value, hook, &frame),
            Err(error) => Err(fault::explain(&error, hook, &frame)),
        };
        let mut journal = frame.journal.borrow_mut();
        let outcome = outcome.map(|(ruling, reply)| {
            let mut effects = journal.take_effects();
            effects.extend(reply);
            (ruling, effects)
        });
        let operations = frame.operations();
        let usage = Usage {
            operations,
            wall_us: frame.wall_us(),
            memory_peak_bytes: frame.peak_bytes(),
            log: journal.take_log(),
            lacked: frame.lacked(),
        };
        let dice = frame.dice.borrow().is_some();
        (Ran { outcome, operations, dice }, usage)
    }
}

impl Kept {
    fn find(&mut self, hash: &Hash) -> Option<Arc<Compiled>> {
        self.uses += 1;
        let (used, compiled) = self.scripts.get_mut(hash)?;
        *used = self.uses;
        Some(Arc::clone(compiled))
    }

    /// Keeps one more; the one that was not used for the longest time goes.
    fn keep(&mut self, hash: Hash, compiled: Arc<Compiled>, max: usize) -> Arc<Compiled> {
        if self.scripts.len() >= max.max(1) && !self.scripts.contains_key(&hash) {
            let oldest = self.scripts.iter().min_by_key(|(_, (used, _))| *used).map(|(hash, _)| *hash);
            oldest.and_then(|hash| self.scripts.remove(&hash));
        }
        let uses = self.uses;
        Arc::clone(&self.scripts.entry(hash).or_insert((uses, compiled)).1)
    }
}

fn uncompiled(hook: Hook, said: &[Diagnostic]) -> (Ran, Usage) {
    let first = said.first();
    let place = first
        .filter(|first| first.line > 0)
        .map(|first| kith_core::hook::Place { line: first.line, column: first.column });
    let detail = first.map(|first| first.message.clone()).unwrap_or_default();
    let fault = Fault { kind: FaultKind::Compile, hook, place, detail };
    (Ran { outcome: Err(fault), operations: 0, dice: false }, Usage::default())
}

fn bug() -> Box<rhai::EvalAltResult> {
    crate::frame::wrong(say::run::bug())
}

/// Calls the hook's function.
fn invoke(compiled: &Compiled, input: &Input<'_>, hook: Hook) -> Result<Dynamic, Box<rhai::EvalAltResult>> {
    let asked = match input {
        Input::Join(_) => Dynamic::from(api::Request),
        Input::Card(_) => Dynamic::from(api::Change),
        Input::Message(_) => Dynamic::from(api::Message::Draft),
        Input::Command(_) => Dynamic::from(api::Typed),
        Input::Event(_) => Dynamic::from(api::Happened),
        Input::Timer(_) => Dynamic::from(api::Rung),
        Input::Topic { .. } => Dynamic::from(api::Want),
    };
    let Some(body) = compiled.body(hook) else {
        return Err(crate::frame::wrong(say::run::no_hook(hook.function())));
    };
    let [ctx, second] = &body.parameters;
    let mut scope = Scope::new();
    scope.push(ctx.as_str(), api::Context).push_dynamic(second.as_str(), asked);
    compiled.engine(hook.class()).eval_ast_with_scope(&mut scope, &body.ast)
}

/// What came back, as the hook may answer; with a reply as an effect.
type Accepted = Result<(Ruling, Option<Effect<String>>), Fault>;

fn accept(value: Dynamic, hook: Hook, frame: &Frame<'_>) -> Accepted {
    let made = frame.journal.borrow().rulings.clone();
    let last = made.last().copied().unwrap_or(Position::NONE);
    let wrong = |place, text: Text| Err(fault::no_ruling(hook, place, text));
    if hook.rules() {
        let kind = value.type_name();
        let Some(verdict) = value.try_cast::<Verdict>() else {
            let name = hook.function();
            return wrong(
                last,
                match (kind, made.is_empty()) {
                    (_, false) => say::run::ruling_lost(),
                    ("()", _) => say::run::no_ruling(name),
                    _ => say::run::not_a_ruling(name, kinds::of(kind)),
                },
            );
        };
        if made.len() > 1 {
            return wrong(made[0], say::run::rulings_lost(made.len()));
        }
        let ruling = Arc::unwrap_or_clone(verdict.0);
        if matches!(ruling, Ruling::Rewrite(_)) && hook != Hook::Message {
            return wrong(last, say::run::rewrite_only_message());
        }
        return Ok((ruling, None));
    }
    if !made.is_empty() {
        return wrong(last, say::run::ruling_unheard(hook.function()));
    }
    match hook {
        Hook::Topic => topics(value, hook).map(|topics| (Ruling::Topics(topics), None)),
        Hook::Command => reply(value, frame),
        _ => Ok((Ruling::Allow, None)),
    }
}

/// What a command answers is told to who typed it.
fn reply(value: Dynamic, frame: &Frame<'_>) -> Accepted {
    let Ok(text) = value.into_immutable_string() else { return Ok((Ruling::Allow, None)) };
    let Ok(Input::Command(typed)) = frame.input() else { return Ok((Ruling::Allow, None)) };
    let mut end = text.len().min(REASON_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let effect = Effect::Notify { member: typed.member.id, text: text[..end].to_owned() };
    Ok((Ruling::Allow, (end > 0).then_some(effect)))
}

fn topics(value: Dynamic, hook: Hook) -> Result<Vec<Proposed>, Fault> {
    let wrong = || fault::no_ruling(hook, Position::NONE, say::run::topics_only());
    let items: Array = value.into_array().map_err(|_| wrong())?;
    let topics = items.into_iter().take(TOPICS_MAX).map(|item| {
        let topic = item.try_cast::<Topic>().ok_or_else(wrong)?;
        Ok(Arc::unwrap_or_clone(topic.0))
    });
    topics.collect()
}
