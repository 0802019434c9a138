//! Dead letters from outside: a script that fails at an event is given up, mended, and tries again.

use std::sync::Arc;

use kith::opened::Opened;
use kith_core::moment::MINUTE_MS;
use kith_runtime::engine::{Engine, Options};
use kith_runtime::host::Operator;
use kith_runtime::mint::Mint;

use super::say;
use crate::cli::Desk;
use crate::world::ManualClock;

const IN: &str = "--data @data --community garden";

/// Lets time pass until something is given up.
fn until_given_up(desk: &Desk) {
    let opened = Opened::open(&desk.path("data"), Box::new(|_| {})).expect("opened");
    let mut ports = opened.ports();
    let clock = ManualClock::new();
    clock.set_wall(ports.clock.wall_ms());
    ports.clock = Arc::new(clock.clone());
    let work = async {
        let engine = Engine::start(ports, Options::default());
        let operator = Operator::start(&engine, &Mint::System).await.expect("an operator");
        let id = operator.resolve("garden").await.expect("asked").expect("it is there").id;
        let letters = |stream: &kith_core::stream::Stream| {
            stream.community().map_or(0, |community| community.scripts.dead_letters.len())
        };
        while engine.view(id, letters).await.expect("seen") == 0 {
            clock.advance(2 * MINUTE_MS);
            tokio::task::yield_now().await;
        }
        engine.stop().await;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(work);
}

#[test]
fn a_script_that_was_given_up_tries_again_once_it_is_mended() {
    let desk = Desk::new();
    desk.write("talk.txt", "1577836800\nann\nhello\n\n");
    desk.works("import --data @data --community garden --format irc-blocks @talk.txt");
    desk.write("greeter.rhai", "fn on_event(ctx, event) { throw \"not today\"; }\n");
    desk.works(&format!("script put {IN} greeter @greeter.rhai"));
    assert!(desk.works(&format!("script letters {IN}")).contains("No script has given up"));
    say(&desk, "garden", ("ann", "is anybody there?"));
    until_given_up(&desk);
    let listed = desk.run(&format!("--language en script letters {IN}"));
    assert_eq!(listed.code, 1, "{listed:?}");
    assert!(listed.out.contains("greeter@1") && listed.out.contains("message.posted"), "{listed:?}");
    let json = desk.run(&format!("--json script letters {IN}")).out;
    let json: serde_json::Value = serde_json::from_str(&json).expect("one JSON object");
    let letter = json["letters"][0]["id"].as_str().expect("an id").to_owned();
    desk.write("greeter.rhai", "fn on_event(ctx, event) { log(event.kind); }\n");
    desk.works(&format!("script put {IN} greeter @greeter.rhai"));
    assert!(desk.works(&format!("script letters {IN} --retry {letter}")).contains("is tried again"));
    assert!(desk.works(&format!("script letters {IN}")).contains("No script has given up"));
    assert_eq!(desk.run(&format!("script letters {IN} --drop {letter}")).code, 3);
    assert_eq!(desk.json("verify --data @data")["sound"], true);
}
