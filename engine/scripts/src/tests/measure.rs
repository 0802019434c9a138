//! What the host adds to a script, as a ratio within one run. Printed by
//! `cargo test --release -p kith-scripts measure -- --nocapture`.

use std::hint::black_box;
use std::time::Instant;

use kith_core::hook::{Class, Hook};
use rhai::{CallFnOptions, Dynamic, Scope};

use crate::api;
use crate::cases::{self, Case};
use crate::frame::Frame;
use crate::journal::Journal;
use crate::{Budget, Host, Limits};

const SOURCE: &str = "fn on_message(ctx, message) {
  if message.author.can(\"moderate\") { return allow(); }
  if message.text.has_any(list(\"words\")) { return hold(\"words\", \"A moderator looks at it.\"); }
  kv.increment(message.author.id);
  allow()
}";

const CASE: &str = r#"
text = "hello everybody, this is a perfectly ordinary message of about two hundred bytes that somebody could have written in a group on a quiet evening, with nothing to sell and nobody to annoy, really."
lists.words = ["casino", "viagra", "jackpot", "lottery", "bitcoin", "crypto", "forex", "loan", "payday", "escort", "xxx", "freegift", "nitro", "giveaway", "airdrop", "whatsapp", "telegram", "onlyfans", "clickhere", "discount"]
"#;

#[expect(clippy::disallowed_methods, reason = "a measurement")]
fn nanoseconds(mut work: impl FnMut()) -> f64 {
    let rounds = if cfg!(debug_assertions) { 20 } else { 20_000 };
    let mut all: Vec<f64> = (0..11)
        .map(|_| {
            let begun = Instant::now();
            (0..rounds).for_each(|_| work());
            begun.elapsed().as_nanos() as f64 / f64::from(rounds)
        })
        .collect();
    all.sort_by(f64::total_cmp);
    all[5]
}

/// What one more script of ten lines takes.
fn own_bytes(host: &Host) -> i64 {
    let before = crate::allocator::held_bytes();
    let scripts: Vec<String> = (0..100).map(|n| format!("const N = {n};\n{SOURCE}")).collect();
    let sources = crate::allocator::held_bytes() - before;
    scripts.iter().for_each(|source| drop(host.compile(source).unwrap()));
    (crate::allocator::held_bytes() - before - sources) / 100
}

#[test]
fn measure_the_host_against_a_bare_call() {
    let case: Case = toml::from_str(CASE).unwrap();
    let host = Host::new(Limits::default());
    let compiled = host.compile(SOURCE).unwrap();
    let (bare, run) = cases::with_call(&host, (SOURCE, &case), |call, outside| {
        let budget =
            Budget { operations_max: u64::MAX - 1, wall_ms_max: 600_000, ..host.limits().waited_for };
        let frame = Frame::new(Some((call, outside)), budget);
        let (engine, ast) = (compiled.engine(Class::Medium), &compiled.body(Hook::Message).unwrap().ast);
        let bare = frame.enter(|| {
            nanoseconds(|| {
                *frame.journal.borrow_mut() = Journal::new(0);
                let options = CallFnOptions::new().eval_ast(false);
                let arguments = (Dynamic::from(api::Context), Dynamic::from(api::Message::Draft));
                let scope = &mut Scope::new();
                let said: Dynamic =
                    engine.call_fn_with_options(options, scope, ast, "on_message", arguments).unwrap();
                drop(black_box(said));
            })
        });
        (bare, nanoseconds(|| drop(black_box(host.run(call, outside)))))
    })
    .unwrap();
    println!("{} bytes for one compiled script", own_bytes(&host));
    println!("bare call_fn {bare:.0} ns, Host::run {run:.0} ns, ratio {:.2}", run / bare);
    assert!(cfg!(debug_assertions) || run / bare < 3.0, "{run} ns against {bare} ns");
}
