//! What the parser says, in words for somebody who has never read a grammar; and Chinese punctuation by name.

use rhai::{LexError, ParseError, ParseErrorType as Kind, Position};

use crate::diagnostic::{Diagnostic, Source};

/// Signs of a Chinese keyboard that stand where the language wants another.
const PUNCTUATION: [(char, &str, &str); 24] = [
    ('，', "Chinese comma", ","),
    ('、', "Chinese enumeration comma", ","),
    ('；', "Chinese semicolon", ";"),
    ('：', "Chinese colon", ":"),
    ('。', "Chinese full stop", "."),
    ('（', "Chinese bracket", "("),
    ('）', "Chinese bracket", ")"),
    ('｛', "full-width brace", "{"),
    ('｝', "full-width brace", "}"),
    ('【', "Chinese bracket", "["),
    ('】', "Chinese bracket", "]"),
    ('“', "Chinese quotation mark", "\""),
    ('”', "Chinese quotation mark", "\""),
    ('‘', "Chinese quotation mark", "\""),
    ('’', "Chinese quotation mark", "\""),
    ('「', "Chinese quotation mark", "\""),
    ('」', "Chinese quotation mark", "\""),
    ('！', "Chinese exclamation mark", "!"),
    ('＝', "full-width equals sign", "="),
    ('＞', "full-width sign", ">"),
    ('＜', "full-width sign", "<"),
    ('＋', "full-width plus sign", "+"),
    ('　', "Chinese space", " "),
    ('．', "full-width full stop", "."),
];

/// Every Chinese sign outside texts and comments.
pub(crate) fn punctuation(source: &Source<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (at, sign) in code_signs(source.text) {
        let Some((_, name, write)) = PUNCTUATION.iter().find(|(chinese, ..)| *chinese == sign) else {
            continue;
        };
        let said = if sign == '　' { format!("{name} in the code") } else { format!("{name} {sign}") };
        let hint = if sign == '　' { "write a plain space".to_owned() } else { format!("write {write}") };
        found.push(source.error(source.place(at), "chinese_punctuation", said).with_hint(hint));
    }
    found
}

/// The signs of a source that are code: outside texts, interpolations counted as text, and comments.
fn code_signs(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut within: Option<char> = None;
    let mut escaped = false;
    let mut skip_until: Option<&str> = None;
    text.char_indices().filter(move |(at, sign)| {
        let rest = &text[*at..];
        if let Some(end) = skip_until {
            if text[..*at].ends_with(end) {
                skip_until = None;
            } else {
                return false;
            }
        }
        if let Some(quote) = within {
            let ends = !escaped && (*sign == quote || (quote == '"' && *sign == '\n'));
            escaped = !escaped && *sign == '\\' && quote != '`';
            if ends {
                within = None;
            }
            return false;
        }
        if rest.starts_with("//") || rest.starts_with("/*") {
            skip_until = Some(if rest.starts_with("//") { "\n" } else { "*/" });
            return false;
        }
        if matches!(sign, '"' | '`') {
            within = Some(*sign);
            return false;
        }
        true
    })
}

/// The bracket that nothing closes, and its line. A bracket whose partner stands further to the left took
/// another's: it is the one.
fn unclosed(source: &Source<'_>) -> Option<(char, usize)> {
    let mut open: Vec<(char, usize)> = Vec::new();
    for (at, sign) in code_signs(source.text) {
        let line = source.place(at).line()?;
        match sign {
            '{' | '(' | '[' => open.push((sign, line)),
            '}' | ')' | ']' => {
                let (partner, opened) = open.pop()?;
                if source.indent(line) < source.indent(opened) {
                    return Some((partner, opened));
                }
            }
            _ => {}
        }
    }
    open.pop()
}

/// What the parser says.
pub(crate) fn parse_error(source: &Source<'_>, error: &ParseError) -> Diagnostic {
    let at = |code, message: String| source.error(place(source, error.position()), code, message);
    match error.err_type() {
        Kind::UnexpectedEOF => at("unfinished", "the script ends too early".to_owned())
            .with_hint("a `}` or `)` is missing: count the brackets"),
        Kind::BadInput(error) => lex_error(at, error),
        Kind::UnknownOperator(sign) => {
            let hint = match sign.as_str() {
                "=>" => ">=",
                "=<" => "<=",
                "<>" => "!=",
                "===" => "==",
                "!==" => "!=",
                "->" => ".",
                _ => "",
            };
            let said = at("unknown_operator", format!("`{sign}` means nothing here"));
            if hint.is_empty() { said } else { said.with_hint(format!("write {hint}")) }
        }
        Kind::MissingToken(token, what) => {
            let said = at("missing", format!("`{token}` is missing {what}").trim_end().to_owned());
            let one_sign = source.text.as_bytes().get(said.span.start) == Some(&b'=');
            match token.as_str() {
                "}" | ")" | "]" => match unclosed(source) {
                    Some((sign, line)) => {
                        said.with_hint(format!("the `{sign}` on line {line} is never closed"))
                    }
                    None => said,
                },
                "{" if one_sign => {
                    said.with_hint("to compare, write `==`; one `=` puts a value into a variable")
                }
                ";" => said.with_hint("end the line before with `;`"),
                _ => said,
            }
        }
        Kind::Reserved(word) => reserved(at, word),
        Kind::VariableUndefined(name) => at("unknown_variable", format!("there is no variable `{name}`")),
        Kind::AssignmentToConstant(name) => at("constant", format!("`{name}` is a constant"))
            .with_hint("make a variable with `let` in the function"),
        Kind::WrongFnDefinition => at("nested_function", "a function stands within another".to_owned())
            .with_hint("close the function before with `}`"),
        Kind::FnDuplicatedDefinition(name, _) => {
            at("duplicate_function", format!("there are two functions `{name}`"))
                .with_hint("join them into one")
        }
        Kind::ExprTooDeep => at("too_deep", "too many brackets within brackets".to_owned())
            .with_hint("put a part of it into a variable or a function of its own"),
        Kind::TooManyFunctions => {
            at("too_many_functions", "more than 128 functions".to_owned()).with_hint("make two scripts of it")
        }
        Kind::LiteralTooLarge(..) => at("too_large", "this text, array or map is too large".to_owned())
            .with_hint("put words into a list: lists/<name>.txt"),
        Kind::ExprExpected(what) => at("expected", format!("{what} expression is missing here")),
        other => at("syntax", other.to_string()),
    }
}

/// The end of the source for an error that has no place.
fn place(source: &Source<'_>, position: Position) -> Position {
    if position.is_none() { source.place(source.text.trim_end().len()) } else { position }
}

fn lex_error(at: impl Fn(&'static str, String) -> Diagnostic, error: &LexError) -> Diagnostic {
    match error {
        LexError::UnterminatedString => at("unfinished_text", "this text does not end".to_owned())
            .with_hint("end it with \" on the same line; a text over several lines stands in ` `"),
        LexError::UnexpectedInput(sign) => {
            let said = at("unexpected", format!("`{sign}` cannot stand here"));
            match sign.as_str() {
                "'" => said.with_hint("texts stand in \" \""),
                _ => said,
            }
        }
        LexError::MalformedChar(_) => at("text_quotes", "a text stands in double quotes".to_owned())
            .with_hint("write \"…\" instead of '…'"),
        LexError::ImproperSymbol(word, _) if word.starts_with(char::is_alphabetic) => reserved(at, word),
        LexError::ImproperSymbol(sign, _) => {
            let hint = match sign.as_str() {
                "=" => "to compare, write ==",
                "===" => "write ==",
                "!==" => "write !=",
                "->" => "write .",
                ":=" => "write =",
                "++" => "write += 1",
                "--" => "write -= 1",
                _ => return at("unexpected", format!("`{sign}` means nothing here")),
            };
            at("unexpected", format!("`{sign}` means nothing here")).with_hint(hint)
        }
        other => at("syntax", other.to_string()),
    }
}

fn reserved(at: impl Fn(&'static str, String) -> Diagnostic, word: &str) -> Diagnostic {
    let (message, hint) = match word {
        "eval" => ("scripts cannot run texts as code", "write the code itself"),
        "import" | "export" => ("a script stands alone", "put the functions into this file"),
        "Fn" | "curry" => ("functions cannot be handed around", "call the function by its name"),
        "and" => ("`and` is not a word here", "write &&"),
        "or" => ("`or` is not a word here", "write ||"),
        "not" => ("`not` is not a word here", "write !"),
        "var" => ("`var` is not a word here", "write let"),
        "function" | "def" | "func" => ("a function begins with `fn`", "write fn"),
        "sync" | "async" | "await" | "spawn" | "go" | "thread" => {
            ("a script does one thing after another", "ask to be called later: set_timer(name, 1.hours)")
        }
        "null" | "nil" | "None" | "undefined" | "void" => ("nothing is written `()`", "write ()"),
        _ => {
            return at("reserved", format!("`{word}` is a word of the language"))
                .with_hint("take another name");
        }
    };
    at("reserved", message.to_owned()).with_hint(hint)
}
