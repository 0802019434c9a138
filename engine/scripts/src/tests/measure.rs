//! The measuring of a call: every kind does the work that it is measured for.

use crate::cases::Case;
use crate::measure::on_message;
use crate::{Host, Limits};

#[test]
fn a_call_is_measured_bare_by_the_host_and_with_its_row() {
    let host = Host::new(Limits::default());
    let source = "fn on_message(ctx, message) { kv.increment(\"n\"); allow() }";
    let cost = on_message(&host, (source, &Case::default()), 20).unwrap();
    for ns in [cost.bare_ns, cost.run_ns, cost.decided_ns] {
        assert!(ns > 0.0, "{cost:?}");
    }
}

#[test]
fn what_does_not_run_is_not_measured() {
    let host = Host::new(Limits::default());
    for source in ["fn on_message(ctx, message) { alow() }", "fn on_message(ctx, message) { throw \"x\"; }"] {
        assert!(on_message(&host, (source, &Case::default()), 1).is_err(), "{source}");
    }
}
