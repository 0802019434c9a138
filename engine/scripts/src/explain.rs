//! What the parser says, in words for somebody who has never read a grammar; and Chinese punctuation by name.

use kith_core::notice::Text;
use rhai::{LexError, ParseError, ParseErrorType as Kind, Position};

use crate::diagnostic::{Diagnostic, Source};
use crate::limits::FUNCTIONS_MAX;
use crate::say::{of_rhai, sign, source as wrong, write};
use crate::spoken;

/// A sign, its name, and what is to be written instead.
type Sign = (char, fn() -> Text, &'static str);

/// Signs of a Chinese keyboard that stand where the language wants another.
const PUNCTUATION: [Sign; 23] = [
    ('，', sign::comma, ","),
    ('、', sign::enumeration, ","),
    ('；', sign::semicolon, ";"),
    ('：', sign::colon, ":"),
    ('。', sign::full_stop, "."),
    ('（', sign::bracket, "("),
    ('）', sign::bracket, ")"),
    ('｛', sign::brace, "{"),
    ('｝', sign::brace, "}"),
    ('【', sign::bracket, "["),
    ('】', sign::bracket, "]"),
    ('“', sign::quotation, "\""),
    ('”', sign::quotation, "\""),
    ('‘', sign::quotation, "\""),
    ('’', sign::quotation, "\""),
    ('「', sign::quotation, "\""),
    ('」', sign::quotation, "\""),
    ('！', sign::exclamation, "!"),
    ('＝', sign::equals, "="),
    ('＞', sign::full_width, ">"),
    ('＜', sign::full_width, "<"),
    ('＋', sign::plus, "+"),
    ('．', sign::full_width_stop, "."),
];
/// The space of a Chinese keyboard.
const WIDE_SPACE: char = '　';

/// Every Chinese sign outside texts and comments.
pub(crate) fn punctuation(source: &Source<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (at, sign) in code_signs(source.text) {
        let known = PUNCTUATION.iter().find(|(chinese, ..)| *chinese == sign);
        let (said, hint) = match known {
            Some((_, name, plain)) => (wrong::sign(name(), sign.to_string()), write::plain(*plain)),
            None if sign == WIDE_SPACE => (wrong::sign_space(), write::plain_space()),
            None => continue,
        };
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
    let at = |code, message: Text| source.error(place(source, error.position()), code, message);
    match error.err_type() {
        Kind::BadInput(error) => lex_error(at, error),
        Kind::Reserved(word) => reserved(at, word),
        Kind::MissingToken(token, what) => {
            missing(source, at("missing", spoken::missing(token, what)), token)
        }
        Kind::UnexpectedEOF => at("unfinished", wrong::unfinished()).with_hint(write::count_brackets()),
        Kind::UnknownOperator(sign) => {
            let said = at("unknown_operator", wrong::no_meaning(sign.as_str()));
            match sign.as_str() {
                "=>" => said.with_hint(write::plain(">=")),
                "=<" => said.with_hint(write::plain("<=")),
                "<>" | "!==" => said.with_hint(write::plain("!=")),
                "===" => said.with_hint(write::plain("==")),
                "->" => said.with_hint(write::plain(".")),
                _ => said,
            }
        }
        Kind::VariableUndefined(name) => at("unknown_variable", wrong::no_variable(name.as_str())),
        Kind::AssignmentToConstant(name) if name.is_empty() => at("constant", wrong::not_assignable()),
        Kind::AssignmentToConstant(name) => {
            at("constant", wrong::constant(name.as_str())).with_hint(write::let_in_function())
        }
        Kind::WrongFnDefinition => {
            at("nested_function", wrong::nested_function()).with_hint(write::close_function())
        }
        Kind::FnDuplicatedDefinition(name, _) => {
            at("duplicate_function", wrong::doubled_function(name.as_str()))
                .with_hint(write::join_functions())
        }
        Kind::ExprTooDeep => at("too_deep", wrong::too_deep()).with_hint(write::own_variable()),
        Kind::TooManyFunctions => {
            at("too_many_functions", wrong::many_functions(FUNCTIONS_MAX)).with_hint(write::two_scripts())
        }
        Kind::LiteralTooLarge(..) => {
            at("too_large", wrong::literal_too_large()).with_hint(write::words_in_list())
        }
        Kind::ExprExpected(what) => at("expected", wrong::expected(spoken::kind(what))),
        other => at("syntax", spoken::syntax(other)),
    }
}

/// A missing sign, with what is to be done about it.
fn missing(source: &Source<'_>, said: Diagnostic, token: &str) -> Diagnostic {
    let one_sign = source.text.as_bytes().get(said.span.start) == Some(&b'=');
    match token {
        "}" | ")" | "]" => match unclosed(source) {
            Some((sign, line)) => said.with_hint(write::never_closed(sign.to_string(), line)),
            None => said,
        },
        "{" if one_sign => said.with_hint(write::compare_twice()),
        ";" => said.with_hint(write::before_end_of_line()),
        _ => said,
    }
}

/// The end of the source for an error that has no place.
fn place(source: &Source<'_>, position: Position) -> Position {
    if position.is_none() { source.place(source.text.trim_end().len()) } else { position }
}

fn lex_error(at: impl Fn(&'static str, Text) -> Diagnostic, error: &LexError) -> Diagnostic {
    match error {
        LexError::UnterminatedString => {
            at("unfinished_text", wrong::unfinished_text()).with_hint(write::end_text())
        }
        LexError::UnexpectedInput(sign) => {
            let said = at("unexpected", wrong::cannot_stand(sign.as_str()));
            match sign.as_str() {
                "'" => said.with_hint(write::quotes()),
                _ => said,
            }
        }
        LexError::MalformedChar(_) => {
            at("text_quotes", wrong::text_quotes()).with_hint(write::double_quotes())
        }
        LexError::ImproperSymbol(word, _) if word.starts_with(char::is_alphabetic) => reserved(at, word),
        LexError::ImproperSymbol(sign, _) => {
            let said = at("unexpected", wrong::no_meaning(sign.as_str()));
            match sign.as_str() {
                "=" => said.with_hint(write::compare()),
                "===" => said.with_hint(write::plain("==")),
                "!==" => said.with_hint(write::plain("!=")),
                "->" => said.with_hint(write::plain(".")),
                ":=" => said.with_hint(write::plain("=")),
                "++" => said.with_hint(write::plain("+= 1")),
                "--" => said.with_hint(write::plain("-= 1")),
                _ => said,
            }
        }
        LexError::MalformedEscapeSequence(text) => at("syntax", wrong::bad_escape(text.as_str())),
        LexError::MalformedNumber(text) => at("syntax", wrong::bad_number(text.as_str())),
        LexError::MalformedIdentifier(text) => at("syntax", wrong::bad_name(text.as_str())),
        other => at("syntax", of_rhai(other.to_string())),
    }
}

fn reserved(at: impl Fn(&'static str, Text) -> Diagnostic, word: &str) -> Diagnostic {
    let (message, hint) = match word {
        "eval" => (wrong::no_eval(), write::own_code()),
        "import" | "export" => (wrong::alone(), write::in_this_file()),
        "Fn" | "curry" => (wrong::no_handing(), write::call_by_name()),
        "and" => (wrong::no_word(word), write::plain("&&")),
        "or" => (wrong::no_word(word), write::plain("||")),
        "not" => (wrong::no_word(word), write::plain("!")),
        "var" => (wrong::no_word(word), write::plain("let")),
        "function" | "def" | "func" => (wrong::begins_with_fn(), write::plain("fn")),
        "sync" | "async" | "await" | "spawn" | "go" | "thread" => (wrong::no_threads(), write::later()),
        "null" | "nil" | "None" | "undefined" | "void" => (wrong::nothing(), write::plain("()")),
        _ => (wrong::reserved(word), write::other_name()),
    };
    at("reserved", message).with_hint(hint)
}
