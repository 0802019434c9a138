//! The scanner on the corners of Rust's grammar.

use super::{Function, Kind, RustSource};

fn check_tokens(text: &str, expected: &[(Kind, &str)]) {
    let source = RustSource::scan(text);
    let found: Vec<(Kind, &str)> = source.tokens.iter().map(|token| (token.kind, token.text)).collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn tells_text_comments_chars_and_lifetimes_apart() {
    use Kind::{Comment, Lifetime, Number, Sign, Text, Word};
    check_tokens("a//b\nc", &[(Word, "a"), (Comment, "//b"), (Word, "c")]);
    check_tokens("/* /* x */ */y", &[(Comment, "/* /* x */ */"), (Word, "y")]);
    check_tokens(r#""a\"//b" c"#, &[(Text, r#""a\"//b""#), (Word, "c")]);
    check_tokens(r#""\\" c"#, &[(Text, r#""\\""#), (Word, "c")]);
    check_tokens(r###"r#"a"b"# c"###, &[(Text, r###"r#"a"b"#"###), (Word, "c")]);
    check_tokens(r#"b"x" br"\" c"y""#, &[(Text, r#"b"x""#), (Text, r#"br"\""#), (Text, r#"c"y""#)]);
    check_tokens("'a' 'b", &[(Text, "'a'"), (Lifetime, "'b")]);
    check_tokens(r"'\'' b'\\' '群'", &[(Text, r"'\''"), (Text, r"b'\\'"), (Text, "'群'")]);
    check_tokens("r#type r", &[(Word, "r#type"), (Word, "r")]);
    check_tokens("1.5 1..2", &[(Number, "1.5"), (Number, "1"), (Sign, "."), (Sign, "."), (Number, "2")]);
    check_tokens("0x_fu8.max", &[(Number, "0x_fu8"), (Sign, "."), (Word, "max")]);
}

#[test]
fn survives_what_never_ends() {
    for text in ["\"abc", "r#\"abc", "/* /*", "'", "'\\", "b'", "#[", "fn a(", "#[cfg(test)]", "#[test]\nfn"]
    {
        let source = RustSource::scan(text);
        source.functions();
        source.attributes();
    }
}

#[test]
fn measures_functions_but_not_their_declarations() {
    let text = r#"trait A { fn declared(&self) -> [u8; 2]; }
const fn short() {}
fn long<F: Fn()>(x: fn(u8))
where
    F: A,
{
    "}";
}
"#;
    let found = RustSource::scan(text).functions();
    let function = |name, line, lines| Function { name, line, lines };
    assert_eq!(found, [function("short", 2, 1), function("long", 3, 6)]);
}

#[test]
fn knows_which_lines_are_tests() {
    let text = "fn a() {}
#[cfg(test)]
#[expect(x)]
mod tests {
    fn b() {}
}
fn c() {}
#[cfg(not(test))]
fn d() {}
#[test]
fn e() {
}
#[cfg(test)]
mod f;
fn g() {}
";
    let source = RustSource::scan(text);
    let tests: Vec<usize> = (1..=15).filter(|line| source.is_test_line(*line)).collect();
    assert_eq!(tests, [2, 3, 4, 5, 6, 10, 11, 12, 13, 14]);
    assert!(RustSource::scan("//! Head.\n#![cfg(test)]\nfn a() {}").is_test_line(3));
}

#[test]
fn lists_attributes_with_their_words() {
    let source = RustSource::scan("#![deny(a)]\n#[b = \"]\"]\nfn c() { let d = [1]; }");
    let first_words: Vec<&str> = source.attributes().iter().map(|words| words[0].text).collect();
    assert_eq!(first_words, ["deny", "b"]);
}
