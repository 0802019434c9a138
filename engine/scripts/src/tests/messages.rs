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
    names_chinese_punctuation: "fn on_message(ctx, message) {\n  if message.text.has_any(list(“广告”)) { return deny(\"ads\"，\"不发广告，谢谢\")； }\n  allow()\n}";
    names_the_hook_that_was_meant: "fn on_mesage(ctx, message) {\n  allow()\n}";
    names_the_function_that_was_meant: "fn on_message(ctx, message) {\n  if message.text.len > 100 { return dney(\"long\", \"too long\"); }\n  alow()\n}";
    names_the_property_that_was_meant: "fn on_message(ctx, message) {\n  if message.autor.name == \"ann\" { return allow(); }\n  allow()\n}";
    names_the_variable_that_was_meant: "fn on_message(ctx, message) {\n  let 字数 = message.text.len;\n  if 字敎 > 100 { return hold(\"long\", \"\"); }\n  allow()\n}";
    tells_of_a_dropped_ruling: "fn on_message(ctx, message) {\n  if message.text == \"广告\" { deny(\"ads\", \"不发广告\"); }\n  allow()\n}";
    tells_of_a_missing_ruling: "fn on_message(ctx, message) {\n  if message.links.len > 2 { return hold(\"links\", \"wait\"); }\n}";
    tells_of_a_comparison_that_never_holds: "fn on_message(ctx, message) {\n  if message.links.len > \"2\" { return hold(\"links\", \"wait\"); }\n  if message.author == \"小王\" { return allow(); }\n  allow()\n}";
    tells_of_a_span_without_a_unit: "fn on_message(ctx, message) {\n  if message.author.joined < 7 { return hold(\"new\", \"wait\"); }\n  allow()\n}";
    tells_of_one_equals_sign: "fn on_message(ctx, message) {\n  if message.text = \"x\" { return allow(); }\n  allow()\n}";
    tells_of_a_missing_bracket: "fn on_message(ctx, message) {\n  if message.text == \"x\" { return allow();\n  allow()\n}";
    tells_of_a_text_without_an_end: "fn on_message(ctx, message) {\n  if message.text == \"x { return allow(); }\n  allow()\n}";
    tells_of_a_line_outside: "let limit = 3;\nlog(\"x\");\nfn on_message(ctx, message) { allow() }";
    tells_of_words_of_other_languages: "function on_message(ctx, message) {\n  allow()\n}";
    tells_of_a_variable_of_another_function: "fn on_message(ctx, message) {\n  if bad() { return hold(\"x\", \"y\"); }\n  allow()\n}\nfn bad() { message.text == \"x\" }";
    tells_of_too_few_values: "fn on_message(ctx, message) {\n  if message.text == \"坏\" { return deny(\"不行\"); }\n  mute(message.author, \"stop\");\n  allow()\n}";
    tells_of_a_ruling_in_an_event: "fn on_event(ctx, event) {\n  if event.kind == \"member.left\" { return deny(\"x\", \"y\"); }\n}";
    tells_of_single_quotes: "fn on_message(ctx, message) {\n  if message.text == 'spam' { return allow(); }\n  allow()\n}";
    tells_of_a_script_without_a_hook: "fn helper(x) { x }";
    tells_of_a_hook_with_one_parameter: "fn on_message(message) {\n  allow()\n}";
    tells_of_a_property_that_wants_brackets: "fn on_message(ctx, message) {\n  if message.author.has_tag == \"core\" { return allow(); }\n  allow()\n}";
    aligns_under_wide_signs: "fn on_message(ctx, message) {\n  let 称呼 = \"你好，世界\"; let x = 称乎;\n  allow()\n}";
    tells_of_an_unknown_event_field: "fn on_event(ctx, event) {\n  log(event.membr.name);\n}";
    tells_that_a_closure_sees_only_what_it_is_handed: "fn on_message(ctx, message) {\n  let limit = 3;\n  let long = [\"a\", \"bb\"].filter(|word| word.len > limit);\n  allow()\n}";
}
