//! Scripts that want more than they may have: each ends as a fault that names its kind, line and remedy, and
//! leaves nothing behind.

use kith_core::hook::{Fault, FaultKind};

use super::english::english;
use super::{complaints, differs, play};
use crate::allocator::held_bytes;
use crate::cases::{self, Case};
use crate::{Host, Limits};

/// The fault of a message hook with this body; its own lines begin with the second.
fn fault(body: &str) -> Fault {
    let source =
        format!("fn on_message(ctx, message) {{\n{body}\n}}\nfn deeper(n) {{\n1 + deeper(n + 1)\n}}");
    play(&source, "text = \"x\"").ran.outcome.unwrap_err()
}

#[track_caller]
fn ends(body: &str, kind: FaultKind, line: u32, remedy: &str) {
    let fault = fault(body);
    assert_eq!(fault.kind, kind, "{body}: {}", english(&fault.detail));
    assert!(english(&fault.detail).contains(remedy), "{body}: {}", english(&fault.detail));
    assert_eq!(fault.place.map(|place| place.line), Some(line), "{body}: {}", english(&fault.detail));
}

#[test]
fn endless_loops_end_at_the_operations() {
    ends("loop { }\nallow()", FaultKind::Operations, 2, "set a timer");
    ends("let i = 0;\nwhile true { i += 1; }\nallow()", FaultKind::Operations, 3, "set a timer");
    ends(
        "let a = [1,2,3,4,5,6,7,8,9];\na.map(|x| { let i = 0; while i < 9000 { i += 1; } i });\nallow()",
        FaultKind::Operations,
        3,
        "set a timer",
    );
    ends(
        "let t = message.text; loop { try { throw 1; } catch { } }\nallow()",
        FaultKind::Operations,
        2,
        "timer",
    );
}

#[test]
fn deep_recursion_ends_at_the_depth() {
    ends("deeper(0);\nallow()", FaultKind::Size, 2, "32 deep");
}

#[test]
fn bombs_end_at_the_sizes() {
    let size = FaultKind::Size;
    ends("let s = \"x\";\nloop { s += s; }\nallow()", size, 3, "32 KiB");
    ends("let s = \"xxxxxxxxxx\"; s.pad(1000000000, \"y\");\nallow()", size, 2, "32 KiB");
    ends("let s = \"a\"; s.pad(30000, 'a');\ns.replace(\"a\", s);\nallow()", size, 3, "32 KiB");
    ends("let s = \"a\"; s.pad(30000, 'a');\nlet t = s.replaced(\"a\", s);\nallow()", size, 3, "32 KiB");
    ends("let s = \"a\"; s.pad(30000, 'a');\nlet a = s.split(\"\");\nallow()", size, 3, "1024");
    ends("let s = \"a\"; s.pad(30000, 'a');\nlet a = s.to_chars();\nallow()", size, 3, "1024");
    ends("let a = [];\na.pad(1000000, 1);\nallow()", size, 3, "1024");
    ends("let a = [1];\nloop { a += a; }\nallow()", size, 3, "1024");
    ends("let a = [1];\nloop { a.append(a); }\nallow()", size, 3, "1024");
    ends("let a = [];\nloop { a.push(a); }\nallow()", size, 3, "1024");
    ends("let m = #{};\nlet i = 0;\nloop { m = #{a: m, b: m}; }\nallow()", size, 4, "256 entries");
    ends("let t = `${message.text}`;\nloop { t = `${t}${t}`; }\nallow()", size, 3, "32 KiB");
}

#[test]
fn a_map_that_grows_past_its_limit_ends_at_the_memory_or_the_operations() {
    let grows = "let m = #{};
        let i = 0;
        let s = \"x\"; s.pad(20000, 'x');
        loop { m[`k${i}`] = s + i; i += 1; }
        allow()";
    let fault = fault(grows);
    assert_eq!(fault.kind, FaultKind::Memory, "{}", english(&fault.detail));
    assert!(
        english(&fault.detail).contains("32 MiB") && english(&fault.detail).contains("keep less"),
        "{}",
        english(&fault.detail)
    );
    assert_eq!(fault.place.map(|place| place.line), Some(5));
    let nested = play(
        "fn on_message(ctx, message) { let m = #{}; let i = 0; loop { m[`k${i}`] = m; i += 1; } allow() }",
        "text = \"x\"",
    );
    assert!(nested.ran.outcome.is_err());
    let deep = play(
        "fn on_message(ctx, message) { let m = #{}; loop { let n = #{}; n[\"a\"] = m; m = n; } allow() }",
        "text = \"x\"",
    );
    assert!(deep.ran.outcome.is_err());
    let array = play(
        "fn on_message(ctx, message) { let a = [0]; loop { a[0] = a; let t = `${a}`; } allow() }",
        "text = \"x\"",
    );
    assert!(array.ran.outcome.is_err());
}

#[test]
fn effects_and_texts_are_bounded() {
    let effects = FaultKind::Effects;
    ends("loop { tag(message.author, \"x\"); }\nallow()", effects, 2, "at most 32");
    ends("let i = 0;\nloop { kv.put(`k${i}`, i); i += 1; }\nallow()", effects, 3, "at most 32");
    ends("let s = \"x\"; s.pad(30000, 'x');\nwarn(message.author, s);\nallow()", effects, 3, "at most 2000");
    ends("let s = \"x\"; s.pad(30000, 'x');\nkv.put(\"k\", s);\nallow()", effects, 3, "at most 8192");
    ends("let s = \"x\"; s.pad(30000, 'x');\nreturn deny(\"c\", s);", effects, 3, "at most 2000");
    ends("try { loop { tag(message.author, \"x\"); } } catch { }\nallow()", effects, 2, "at most 32");
}

#[test]
fn an_order_that_is_none_does_not_bring_the_host_down() {
    let source = "fn on_message(ctx, message) {
        let a = []; for i in 0..200 { a.push((i * 7919) % 211); }
        let n = 0;
        a.sort(|x, y| if (x + y) % 3 == 0 { 1 } else { -1 });
        allow()
    }";
    let outcome = play(source, "text = \"x\"").ran.outcome;
    assert!(outcome.is_ok() || outcome.is_err_and(|fault| fault.kind == FaultKind::Runtime));
}

#[test]
fn the_log_is_cut() {
    let source = "fn on_message(ctx, message) {
        let s = \"字\"; s.pad(5000, '字');
        for i in 0..1000 { log(s); }
        allow()
    }";
    let log = play(source, "text = \"x\"").usage.log;
    assert!(log.iter().map(String::len).sum::<usize>() <= 4 << 10);
    assert!(log.iter().all(|line| line.len() <= 1 << 10));
}

#[test]
fn what_is_no_ruling_is_a_fault() {
    let none = FaultKind::NoRuling;
    let runs = |body: &str| fault(&format!("let f = {body};\nf"));
    for body in ["42", "\"allow\"", "true", "[allow()]"] {
        assert_eq!(runs(body).kind, none, "{body}");
    }
    ends("let a = deny(\"a\", \"b\");\nallow()", none, 2, "write `return` before each");
    ends("let all = [hold(\"a\", \"b\")];\nall.len", none, 2, "made and not returned");
    let unit = fault("let x = message.text.len;\nx = ();\nx");
    assert!(english(&unit.detail).contains("allow()"), "{}", english(&unit.detail));
    ends("throw \"no ads\";", FaultKind::Runtime, 2, "return deny(code, text)");
}

#[test]
fn topics_and_silent_hooks_answer_in_their_own_way() {
    let kind = |source: &str, case: &str| play(source, case).ran.outcome.unwrap_err();
    let topics = kind("fn propose_topics(ctx, want) { 7 }", "topics = 1");
    assert!(english(&topics.detail).contains("array of topics"), "{}", english(&topics.detail));
    let ruled = kind(
        "fn made() { allow() } fn on_timer(ctx, timer) { let x = [1].map(|y| made()); }",
        "timer = \"t\"",
    );
    assert_eq!(ruled.kind, FaultKind::NoRuling);
    let joined = kind("fn on_join(ctx, request) { let x = [rewrite(\"y\")]; x[0] }", "hook = \"join\"");
    assert!(english(&joined.detail).contains("only a message"), "{}", english(&joined.detail));
}

#[test]
fn comparing_unlike_things_is_an_error() {
    let runtime = FaultKind::Runtime;
    ends(
        "kv.put(\"n\", 3);\nif kv.get(\"n\") == \"3\" { return allow(); }\nallow()",
        runtime,
        3,
        "parse_int",
    );
    ends(
        "let x = [message.author];\nif x[0] == \"ann\" { return allow(); }\nallow()",
        runtime,
        3,
        "member.name",
    );
    ends("let x = [message.author.joined];\nif x[0] < 7 { return allow(); }\nallow()", runtime, 3, "7.days");
}

#[test]
fn runtime_errors_say_what_to_write() {
    let runtime = FaultKind::Runtime;
    ends(
        "if message.text.has_any(list(\"ad-wrods\")) { return allow(); }\nallow()",
        runtime,
        2,
        "there is no list",
    );
    ends("let m = #{a: 1};\nif m.b == 1 { return allow(); }\nallow()", runtime, 3, "the map has no `b`");
    ends("let a = [];\nlet b = a[0];\nallow()", runtime, 3, "the array is empty");
    ends("let x = 1 / 0;\nallow()", runtime, 2, "cannot be worked out");
    ends("if message.author.can(\"moderat\") { return allow(); }\nallow()", runtime, 2, "write \"moderate\"");
    ends("let x = message.author.card.regoin;\nallow()", runtime, 2, "write `region`");
    ends("post(\"genral\", \"x\");\nallow()", runtime, 2, "write \"general\"");
    ends("let q = [1]; let z = q[0]; z.foo;\nallow()", runtime, 2, "foo");
    ends("tag(message.reply_to.author, \"x\");\nallow()", runtime, 2, "nobody");
}

#[test]
fn what_the_language_could_do_is_left_out() {
    let body = |line: &str| complaints(&format!("fn on_message(ctx, message) {{ {line} allow() }}"));
    for (line, remedy) in [
        ("eval(\"1\");", "write the code itself"),
        ("sleep(1);", "set_timer"),
        ("let t = timestamp();", "ctx.now_ms"),
        ("exit();", "write `return`"),
        ("let f = Fn(\"x\");", "by its name"),
    ] {
        let said = body(line);
        assert!(said.contains(remedy), "{line}: {said}");
    }
    assert!(
        complaints("import \"x\" as y;\nfn on_message(ctx, message) { allow() }")
            .contains("a script stands alone")
    );
}

#[test]
fn hostile_sources_do_not_overflow_the_compiler() {
    for source in [
        "(".repeat(60_000),
        "!".repeat(60_000),
        "-".repeat(60_000),
        "[".repeat(60_000),
        "{".repeat(60_000),
        "if x {".repeat(9_000),
        "|x|".repeat(20_000),
        "a.".repeat(30_000),
        "`${".repeat(20_000),
        "x=".repeat(30_000),
        "1+".repeat(30_000),
        "x?.".repeat(20_000),
        "switch x {_=>".repeat(4_000),
        "\"".repeat(60_001),
        "/*".repeat(30_000),
    ] {
        let held = format!("fn on_message(ctx, message) {{ {source}");
        assert!(!complaints(&held[..held.len().min(64 << 10)]).is_empty());
    }
    let many: String = (0..200).map(|n| format!("fn f{n}() {{ }}\n")).collect();
    assert!(complaints(&many).contains("more than 128 functions"));
    assert!(complaints(&" ".repeat((64 << 10) + 1)).contains("at most"));
}

#[test]
fn limits_are_live() {
    // Another crate could switch them off for all by asking Rhai for its feature `unchecked`.
    let endless = "fn on_message(ctx, message) { loop { } allow() }";
    let mut limits = Limits::default();
    limits.waited_for.operations_max = 500;
    let case = Case::default();
    let ran = cases::run(&Host::new(limits), endless, &case).unwrap().ran;
    assert_eq!(ran.outcome.unwrap_err().kind, FaultKind::Operations);
    assert!((500..=501).contains(&ran.operations), "{}", ran.operations);
    let mut limits = Limits::default();
    limits.waited_for.wall_ms_max = 0;
    let ran = cases::run(&Host::new(limits), endless, &case).unwrap().ran;
    assert_eq!(ran.outcome.unwrap_err().kind, FaultKind::Time);
    assert!(crate::memory_is_counted());
}

#[test]
fn runs_leave_no_memory_behind() {
    let scripts = [
        "fn on_message(ctx, message) { let m = #{}; let i = 0; loop { m[`k${i}`] = i; i += 1; } allow() }",
        "fn on_message(ctx, message) { let a = [1]; let f = |x| x + 1; a.push(f); a.map(|x| a); allow() }",
        "fn on_message(ctx, message) { kv.increment(\"n\"); tag(message.author, \"x\"); allow() }",
        "fn on_message(ctx, message) { let s = \"x\"; loop { s += s; } allow() }",
        "fn on_message(ctx, message) { if message.text.has_any(list(\"w\")) { throw \"x\"; } allow() }",
    ];
    let host = Host::new(Limits::default());
    let case: Case = toml::from_str("text = \"hello casino\"\nlists.w = [\"casino\"]").unwrap();
    let rounds: u32 = if std::env::var_os("KITH_NIGHT").is_some() { 200_000 } else { 15 };
    let round = || {
        for source in &scripts {
            let _ = cases::run(&host, source, &case).unwrap();
        }
    };
    (0..5).for_each(|_| round());
    let before = held_bytes();
    (0..rounds).for_each(|_| round());
    let grown = held_bytes() - before;
    assert!(grown.abs() < 64 << 10, "{grown} bytes more after {rounds} rounds");
}

#[test]
fn many_cheap_runs_keep_the_memory_flat() {
    let source = "fn on_message(ctx, message) {
        if message.author.has_tag(\"x\") { return hold(\"a\", \"b\"); }
        allow()
    }";
    let host = Host::new(Limits::default());
    let runs: u32 = if std::env::var_os("KITH_NIGHT").is_some() { 1_000_000 } else { 2_000 };

    let grown = cases::with_call(&host, (source, &Case::default()), |call, outside| {
        (0..100).for_each(|_| drop(host.run(call, outside)));
        let before = held_bytes();
        (0..runs).for_each(|_| drop(host.run(call, outside)));
        held_bytes() - before
    });
    let peak = grown.unwrap();
    assert!(peak.abs() < 16 << 10, "{peak} bytes more after {runs} runs");
}

#[test]
fn what_is_remembered_is_neither_deep_nor_large_nor_alive() {
    let size = FaultKind::Size;
    ends("let a = [];\nfor n in 0..8 { a = [a]; }\nkv.put(\"a\", a);\nallow()", size, 4, "8 deep");
    ends(
        "let m = #{};\nfor n in 0..20 { m = #{m: m}; }\nkv.put(\"m\", m);\nallow()",
        size,
        4,
        "of their own",
    );
    let effects = FaultKind::Effects;
    ends("let s = \"a\"; s.pad(9000, 'a');\nkv.put(\"a\", [s]);\nallow()", effects, 3, "use several keys");
    ends("let s = \"a\"; s.pad(9000, 'a');\nkv.put(\"a\", s);\nallow()", effects, 3, "use several keys");
    ends("let a = []; a.pad(1000, -1000000000);\nkv.put(\"a\", a);\nallow()", effects, 3, "8192 bytes");
    ends(
        "let m = #{}; let s = \"a\"; s.pad(9000, 'a');\nm[s] = 1;\nkv.put(\"m\", m);\nallow()",
        effects,
        4,
        "8192",
    );
    ends("kv.put(\"a\", [message.author]);\nallow()", FaultKind::Runtime, 2, "`member.id`");
    ends("kv.put(\"a\", #{m: message});\nallow()", FaultKind::Runtime, 2, "`message.id`");
    ends("kv.put(\"a\", [1.days]);\nallow()", FaultKind::Runtime, 2, "arrays and maps of them");
}

#[test]
fn a_run_reads_a_few_messages_and_each_once() {
    let reads = "fn on_message(ctx, message) { // reads: questions(7d)
  let texts = \"\";
  for round in 0..3 { for one in questions() { texts += one.text; } }
  hold(texts, \"x\")
}";
    let questions = |count: usize| {
        let asked: Vec<String> = (0..count).map(|number| format!("\"{number}\"")).collect();
        format!("text = \"x\"\nquestions = [{}]", asked.join(", "))
    };
    let few = play(reads, &questions(8));
    assert!(few.ran.outcome.is_ok(), "{}", differs(&few));
    let fault = play(reads, &questions(9)).ran.outcome.unwrap_err();
    assert_eq!((fault.kind, fault.place.map(|place| place.line)), (FaultKind::Size, Some(3)));
    assert!(english(&fault.detail).contains("at most 8 messages"), "{}", english(&fault.detail));
}
