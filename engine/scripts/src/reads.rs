//! What a script declares to read beyond what it is asked about: `// reads: questions(7d)` beside a function.
//!
//! An operator sees from the declaration how far back a script looks, and it looks no further: what is not
//! declared is an error when the source is checked, and a fault where it is found out only in a run.

use kith_core::moment::Duration;
use rhai::{AST, ASTNode, Expr, FnCallExpr, Position, Stmt};

use crate::diagnostic::{Diagnostic, Source};
use crate::say;

const BEGINS: &str = "// reads:";

/// What may be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Reads {
    /// How old questions may be, milliseconds; `None` where none are declared.
    pub(crate) questions_ms: Option<u64>,
}

impl Reads {
    /// What a source declares; an error for what cannot be read.
    pub(crate) fn declared(source: &Source<'_>) -> Result<Self, Vec<Diagnostic>> {
        let (mut reads, mut wrong, mut at) = (Self::default(), Vec::new(), 0);
        for line in source.text.split_inclusive('\n') {
            if let Some((before, named)) = line.split_once(BEGINS) {
                let place = source.place(at + before.len());
                for one in named.split(',').map(str::trim) {
                    match span_of(one) {
                        Some(Duration(ms)) => reads.questions_ms = reads.questions_ms.max(Some(ms)),
                        None => wrong.push(unknown(source, place, one)),
                    }
                }
            }
            at += line.len();
        }
        if wrong.is_empty() { Ok(reads) } else { Err(wrong) }
    }
}

fn span_of(read: &str) -> Option<Duration> {
    read.strip_prefix("questions(")?.strip_suffix(')')?.trim().parse().ok()
}

fn unknown(source: &Source<'_>, place: Position, read: &str) -> Diagnostic {
    let said = source.error(place, "unknown_read", say::source::unknown_read(read));
    said.with_hint(say::write::code("// reads: questions(7d)"))
}

/// What declares that questions of so long ago are read.
pub(crate) fn declaration(ms: u64) -> String {
    format!("questions({})", Duration(ms))
}

/// The first call that reads what the source does not declare.
pub(crate) fn undeclared(source: &Source<'_>, ast: &AST, reads: &Reads) -> Option<Diagnostic> {
    let own = |name: &str| ast.iter_functions().any(|own| own.name == name && own.params.is_empty());
    if reads.questions_ms.is_some() || own("questions") {
        return None;
    }
    let mut found = None;
    let asks = |call: &FnCallExpr| call.name == "questions" && call.args.is_empty();
    ast.walk(&mut |path: &[ASTNode<'_>]| {
        found = match path.last() {
            Some(ASTNode::Expr(Expr::FnCall(call, position))) if asks(call) => Some(*position),
            Some(ASTNode::Stmt(Stmt::FnCall(call, position))) if asks(call) => Some(*position),
            _ => None,
        };
        found.is_none()
    });
    let said = source.error(found?, "undeclared_read", say::source::undeclared_read());
    Some(said.with_hint(say::write::reads(declaration(7 * kith_core::moment::DAY_MS))))
}
