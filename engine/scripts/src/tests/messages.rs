//! What authors are told, as they read it: the mistakes that people make first, in English and in Chinese.

use super::complaints;

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
