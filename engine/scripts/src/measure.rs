//! What the host adds to a script: a call as the engine makes it, beside the bare call of the same function
//! on the same AST. For figures; nothing here decides anything.

use std::hint::black_box;
use std::time::Instant;

use kith_core::body::Body;
use kith_core::decide::{Ctx, Outcome};
use kith_core::hook::{Call, Chain, Class, Extensions, Hook, Ran};
use kith_core::ids::{BodyId, CommandId, CommunityId, MemberId};
use kith_core::queue::Verdict;
use rhai::{CallFnOptions, Dynamic, EvalAltResult, Scope};

use crate::api;
use crate::cases::{self, Case, CaseError};
use crate::compile::Compiled;
use crate::frame::Frame;
use crate::host::Host;
use crate::journal::Journal;
use crate::limits::Budget;
use crate::say;

/// Samples of which the one in the middle counts; kinds take turns.
const SAMPLES: usize = 11;

/// What one call of `on_message` takes, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// The function alone, called by its language.
    pub bare_ns: f64,
    /// The same by the host: within limits, with its effects collected.
    pub run_ns: f64,
    /// The same by the core: asked, its effects made events, its row written.
    pub decided_ns: f64,
}

/// Measures `on_message` of a source on a case, so many calls a sample.
pub fn on_message(host: &Host, (source, case): (&str, &Case), calls: u32) -> Result<Cost, CaseError> {
    let compiled = host
        .compile(source)
        .map_err(|said| CaseError(said.first().map(|first| first.message.clone()).unwrap_or_default()))?;
    let cost = cases::with_call(host, (source, case), |call, outside| -> Result<Cost, String> {
        let unlimited =
            Budget { operations_max: u64::MAX - 1, wall_ms_max: 600_000, ..host.limits().waited_for };
        let frame = Frame::new(Some((call, outside)), unlimited);
        frame.enter(|| bare(&compiled, &frame)).map_err(|error| error.to_string()).map(drop)?;
        let direct = Direct(host);
        let ctx = Ctx { extensions: &direct, ..*call.ctx };
        let mut samples = [const { Vec::new() }; 3];
        for _ in 0..SAMPLES {
            samples[0].push(frame.enter(|| per_call(calls, || drop(black_box(bare(&compiled, &frame))))));
            samples[1].push(per_call(calls, || drop(black_box(host.run(call, outside)))));
            samples[2].push(per_call(calls, || drop(black_box(decide(&ctx, call)))));
        }
        let [bare_ns, run_ns, decided_ns] = samples.map(middle);
        Ok(Cost { bare_ns, run_ns, decided_ns })
    });
    cost?.map_err(|error| CaseError(say::case::not_measured(error)))
}

fn bare(compiled: &Compiled, frame: &Frame<'_>) -> Result<Dynamic, Box<EvalAltResult>> {
    *frame.journal.borrow_mut() = Journal::new(0);
    let body = compiled.body(Hook::Message).ok_or("there is no on_message")?;
    let options = CallFnOptions::new().eval_ast(false);
    let arguments = (Dynamic::from(api::Context), Dynamic::from(api::Message::Draft));
    let (engine, scope) = (compiled.engine(Class::Medium), &mut Scope::new());
    engine.call_fn_with_options(options, scope, &body.ast, Hook::Message.function(), arguments)
}

/// Asks the script as a message does, and does what it says.
fn decide(ctx: &Ctx<'_>, call: &Call<'_>) -> Outcome {
    let mut out = Outcome::default();
    let mut chain = Chain::new(ctx, call.script.bot);
    chain.ask((call.script, Some(call.version)), call.input, &mut out);
    chain.settle(Verdict::Allow, &mut out);
    out
}

#[expect(clippy::disallowed_methods, reason = "a measurement")]
fn per_call(calls: u32, mut work: impl FnMut()) -> f64 {
    let begun = Instant::now();
    (0..calls).for_each(|_| work());
    begun.elapsed().as_nanos() as f64 / f64::from(calls.max(1))
}

fn middle(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied().unwrap_or(0.0)
}

/// The host as the core asks it, with nothing in between.
struct Direct<'a>(&'a Host);

impl Extensions for Direct<'_> {
    fn run(&self, call: &Call<'_>) -> Ran {
        self.0.run(call, &|| [0; 32]).0
    }

    fn body(&self, at_ms: u64, owner: MemberId, text: &str) -> Body {
        Body { id: BodyId(u128::from(at_ms)), owner, key: [0; 16], bytes: text.as_bytes().into() }
    }

    fn seed(&self, _community: CommunityId, _command: CommandId) -> [u8; 32] {
        [0; 32]
    }
}
