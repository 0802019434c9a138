//! What authors are told, as the command line tells it in English and in Chinese: the mistakes that people
//! make first, why a run came to nothing, cases that fail.

use crate::cli::Desk;

const LANGUAGES: [&str; 2] = ["en", "zh-CN"];

/// What a command says of a script in each language; the commands end with 1.
fn said(files: &[(&str, &str)], line: &str) -> String {
    let desk = Desk::new();
    for (name, text) in files {
        desk.write(name, text);
    }
    let folder = format!("{}/", desk.path("").display()).replace("//", "/");
    let told = LANGUAGES.map(|language| {
        let ended = desk.run(&format!("--language {language} script {line}"));
        assert_eq!(ended.code, 1, "{files:?}: {}{}", ended.out, ended.err);
        format!("{}{}", ended.out, ended.err).replace(&folder, "")
    });
    told.join("————\n")
}

/// What is wrong with a source.
fn complaints(source: &str) -> String {
    said(&[("guard.rhai", source)], "check @guard.rhai")
}

macro_rules! says {
    ($($name:ident: $source:expr;)*) => {$(
        #[test]
        fn $name() {
            let source = $source;
            insta::assert_snapshot!(format!("{source}\n————\n{}", complaints(source)));
        }
    )*};
}

says! {
    names_chinese_punctuation: r#"fn on_message(ctx, message) {
  if message.text.has_any(list(“广告”)) { return deny("ads"，"不发广告，谢谢")； }
  allow()
}"#;
    names_the_hook_that_was_meant: r#"fn on_mesage(ctx, message) {
  allow()
}"#;
    names_the_function_that_was_meant: r#"fn on_message(ctx, message) {
  if message.text.len > 100 { return dney("long", "too long"); }
  alow()
}"#;
    names_the_property_that_was_meant: r#"fn on_message(ctx, message) {
  if message.autor.name == "ann" { return allow(); }
  allow()
}"#;
    names_the_variable_that_was_meant: r#"fn on_message(ctx, message) {
  let 字数 = message.text.len;
  if 字敎 > 100 { return hold("long", ""); }
  allow()
}"#;
    tells_of_a_dropped_ruling: r#"fn on_message(ctx, message) {
  if message.text == "广告" { deny("ads", "不发广告"); }
  allow()
}"#;
    tells_of_a_missing_ruling: r#"fn on_message(ctx, message) {
  if message.links.len > 2 { return hold("links", "wait"); }
}"#;
    tells_of_a_comparison_that_never_holds: r#"fn on_message(ctx, message) {
  if message.links.len > "2" { return hold("links", "wait"); }
  if message.author == "小王" { return allow(); }
  allow()
}"#;
    tells_of_a_span_without_a_unit: r#"fn on_message(ctx, message) {
  if message.author.joined < 7 { return hold("new", "wait"); }
  allow()
}"#;
    tells_of_one_equals_sign: r#"fn on_message(ctx, message) {
  if message.text = "x" { return allow(); }
  allow()
}"#;
    tells_of_a_missing_bracket: r#"fn on_message(ctx, message) {
  if message.text == "x" { return allow();
  allow()
}"#;
    tells_of_a_text_without_an_end: r#"fn on_message(ctx, message) {
  if message.text == "x { return allow(); }
  allow()
}"#;
    tells_of_a_line_outside: r#"let limit = 3;
log("x");
fn on_message(ctx, message) { allow() }"#;
    tells_of_words_of_other_languages: r#"function on_message(ctx, message) {
  allow()
}"#;
    tells_of_a_variable_of_another_function: r#"fn on_message(ctx, message) {
  if bad() { return hold("x", "y"); }
  allow()
}
fn bad() { message.text == "x" }"#;
    tells_of_too_few_values: r#"fn on_message(ctx, message) {
  if message.text == "坏" { return deny("不行"); }
  mute(message.author, "stop");
  allow()
}"#;
    tells_of_a_ruling_in_an_event: r#"fn on_event(ctx, event) {
  if event.kind == "member.left" { return deny("x", "y"); }
}"#;
    tells_of_single_quotes: r#"fn on_message(ctx, message) {
  if message.text == 'spam' { return allow(); }
  allow()
}"#;
    tells_of_a_script_without_a_hook: r#"fn helper(x) { x }"#;
    tells_of_a_hook_with_one_parameter: r#"fn on_message(message) {
  allow()
}"#;
    tells_of_a_property_that_wants_brackets: r#"fn on_message(ctx, message) {
  if message.author.has_tag == "core" { return allow(); }
  allow()
}"#;
    aligns_under_wide_signs: r#"fn on_message(ctx, message) {
  let 称呼 = "你好，世界"; let x = 称乎;
  allow()
}"#;
    tells_of_an_unknown_event_field: r#"fn on_event(ctx, event) {
  log(event.membr.name);
}"#;
    tells_that_a_closure_sees_only_what_it_is_handed: r#"fn on_message(ctx, message) {
  let limit = 3;
  let long = ["a", "bb"].filter(|word| word.len > limit);
  allow()
}"#;
}

#[test]
fn signs_that_rhai_misses_are_named_in_every_language() {
    let mut told = String::new();
    for body in [
        "f(1, 2",
        "let a = [1, 2",
        "let m = #{a 1};",
        "for x y { }",
        "for x in 5 { }",
        "let a = 1 let b = 2;",
        "break;",
        "let = 3;",
        "1 = 2;",
        "let m = #{a: 1, a: 2};",
        "let a = #{a: 1}[2];",
        "let a = [1][\"x\"];",
        "if { }",
        "let t = \"\\q\";",
        "a => b",
        "eval(\"1\");",
        "a and b",
        "switch 1 { _ => 1, 2 => 2 }",
        "fn inner() { }",
    ] {
        let source = format!("fn on_message(ctx, message) {{ {body} allow() }}");
        let first: Vec<String> = complaints(&source)
            .split("————\n")
            .map(|told| {
                let is_said = |line: &&str| line.contains("guard.rhai:1:") || line.contains("  = ");
                told.lines().filter(is_said).take(2).collect::<Vec<_>>().join("\n")
            })
            .collect();
        told.push_str(&format!("{body}\n{}\n", first.join("\n")));
    }
    insta::assert_snapshot!(told);
}

#[test]
fn a_run_that_fails_says_why() {
    let mut told = String::new();
    for body in [
        "loop { }",
        "let s = \"x\"; loop { s += s; }",
        "throw \"no ads\";",
        "if message.text.has_any(list(\"ad-wrods\")) { }",
        "let m = #{a: 1}; if m.b == 1 { }",
        "let a = []; let b = a[0];",
        "let a = [1]; let b = a[7];",
        "let x = 1 / 0;",
        "post(\"genral\", \"x\");",
        "tag(message.reply_to.author, \"x\");",
        "let x = [message.author]; if x[0] == \"ann\" { }",
        "let x = [message.author.joined]; if x[0] < 7 { }",
        "let x = [message.author, 1]; x[0] * x[1];",
        "kv.put(\"a\", [message.author]);",
        "let f = 42; return f;",
        "let a = deny(\"a\", \"b\");",
        "let x = [5]; for y in x[0] { }",
    ] {
        let source = format!("fn on_message(ctx, message) {{\n  {body}\n  allow()\n}}\n");
        let lines = said(&[("guard.rhai", &source)], "run @guard.rhai --message hello");
        let lines: Vec<&str> =
            lines.lines().filter(|line| !line.starts_with("  ") && *line != "————").collect();
        assert_eq!(lines.len(), LANGUAGES.len(), "{body}: {lines:?}");
        told.push_str(&format!("{body}\n{}\n", lines.join("\n")));
    }
    insta::assert_snapshot!(told);
}

#[test]
fn a_case_that_fails_shows_the_difference() {
    let source = "fn on_message(ctx, message) {\n  log(\"seen\");\n  tag(message.author, \"b\");\n  \
                  if message.text == \"x\" { throw \"y\"; }\n  allow()\n}\n";
    let cases = "[[case]]\nname = \"tags\"\ntext = \"tea\"\nexpect = \"hold\"\neffects = [\"tag ann a\"]\n\
                 [[case]]\nname = \"throws\"\ntext = \"x\"\n\
                 [[case]]\nname = \"nowhere\"\nzone = \"Mars/Olympus\"\n";
    insta::assert_snapshot!(said(&[("guard.rhai", source), ("guard.cases.toml", cases)], "test @guard.rhai"));
}

#[test]
fn a_command_that_needs_a_sound_script_says_what_is_wrong_with_it() {
    let source = "fn on_message(ctx, message) {\n  alow()\n}\n";
    insta::assert_snapshot!(said(&[("guard.rhai", source)], "run @guard.rhai --message hello"));
}

#[test]
fn machines_get_codes_and_arguments_beside_the_words() {
    let desk = Desk::new();
    desk.write("guard.rhai", "fn on_message(ctx, message) {\n  alow()\n}\n");
    let ended = desk.run("--json --language zh-CN script check @guard.rhai");
    let value: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    let found = &value["files"][0]["diagnostics"][0];
    assert_eq!((&found["code"], &found["severity"]), (&"unknown_function".into(), &"error".into()));
    assert_eq!(found["message"], "找不到函数 `alow`");
    assert_eq!(found["message_code"], "script.source.no_function");
    assert_eq!(found["args"], serde_json::json!({ "name": { "name": "alow" } }));
    assert_eq!(found["hint_code"], "script.write.code");
    assert_eq!(found["hint_args"], serde_json::json!({ "code": { "name": "allow()" } }));
}
