//! Rhai's own sentences about what it cannot parse, as codes with arguments. What has no code here keeps
//! Rhai's English words, under `script.rhai`.

use kith_core::notice::{Arg, Text};
use rhai::ParseErrorType as Kind;

use crate::say::{kind, of_rhai, place, source as wrong};

/// An error of the parser that needs no more than to be said.
pub(crate) fn syntax(error: &Kind) -> Text {
    match error {
        Kind::MalformedIndexExpr(said) => index(said),
        Kind::DuplicatedProperty(name) => wrong::doubled_property(name.as_str()),
        Kind::DuplicatedVariable(name) => wrong::doubled_name(name.as_str()),
        Kind::WrongSwitchIntegerCase => wrong::switch_number(),
        Kind::WrongSwitchDefaultCase => wrong::switch_default(),
        Kind::WrongSwitchCaseCondition => wrong::switch_condition(),
        Kind::PropertyExpected => wrong::needs_property(),
        Kind::VariableExpected => wrong::needs_name(),
        Kind::ForbiddenVariable(name) => wrong::forbidden_name(name.as_str()),
        Kind::MismatchedType(wanted, found) => wrong::mismatched(self::kind(wanted), self::kind(found)),
        Kind::WrongDocComment => wrong::doc_comment(),
        Kind::FnMissingName => wrong::function_name(),
        Kind::FnMissingParams(name) => wrong::function_parameters(name.as_str()),
        Kind::FnDuplicatedParam(function, name) => wrong::doubled_parameter(function.as_str(), name.as_str()),
        Kind::FnMissingBody(name) if name.is_empty() => wrong::anonymous_body(),
        Kind::FnMissingBody(name) => wrong::function_body(name.as_str()),
        Kind::AssignmentToInvalidLHS(said) if said.is_empty() => wrong::not_assignable(),
        Kind::LoopBreak => wrong::break_outside(),
        other => of_rhai(other.to_string()),
    }
}

/// What may not stand in square brackets.
fn index(said: &str) -> Text {
    match said.split_once(" expects ").and_then(|(of, rest)| Some((of, rest.split_once(", not ")?.1))) {
        Some((of, found)) if of.starts_with("Array") => wrong::index_number(kind(found)),
        Some((of, found)) if of.starts_with("Object") => wrong::index_text(kind(found)),
        _ if said.is_empty() => wrong::index(),
        _ => of_rhai(said),
    }
}

/// A kind of value in Rhai's words.
pub(crate) fn kind(said: &str) -> Arg {
    match said {
        "a boolean" => kind::boolean().into(),
        "a boolean expression" => kind::condition().into(),
        "an iterable value" => kind::iterable().into(),
        "literal" | "a literal" => kind::literal().into(),
        "a string" | "an interpolated string" => kind::text().into(),
        "an array" => kind::array().into(),
        "an object map" => kind::map().into(),
        "a float" | "an integer" | "a number" => kind::number().into(),
        "()" => kind::nothing().into(),
        other => other.into(),
    }
}

/// A sign that is missing, with the place that Rhai names.
pub(crate) fn missing(token: &str, said: &str) -> Text {
    match said {
        "" => wrong::missing(token),
        _ => wrong::missing_there(token, there(said).map_or_else(|| said.into(), Arg::from)),
    }
}

/// A place in Rhai's words; `None` where it has no code.
fn there(said: &str) -> Option<Text> {
    let (words, name) = match said.split_once('\'') {
        Some((words, rest)) => (words.trim_end(), rest.split('\'').next().unwrap_or_default()),
        None => (said, ""),
    };
    Some(match words {
        "after the iteration variable" => place::after_counter(),
        "after the iteration variable name" => place::after_item(),
        "after the type name for" => place::after_this(),
        "to close the arguments list of this function call" => place::arguments_end(name),
        "to separate the arguments to function call" => place::arguments_separator(name),
        "to start arguments list of function call" => place::arguments_start(),
        "to separate the items of this array literal" => place::array_separator(),
        "to terminate this block" => place::block_end(),
        "to start a statement block" => place::block_start(),
        "for a matching ( in this expression" => place::bracket(),
        "to enclose the catch variable" => place::catch_variable(),
        "to close the parameters list of anonymous function or closure" => place::closure_end(),
        "to separate the parameters of anonymous function" => place::closure_separator(),
        "for the do statement" => place::do_statement(),
        "following" => place::following(name),
        "to close the iteration variable" => place::for_end(),
        "for a matching [ in this index expression" => place::index_end(),
        "to separate the items of this object map literal" => place::map_separator(),
        "to close the parameters list of function" => place::parameters_end(name),
        "to follow the property" => place::property(name),
        "to terminate this statement" => place::statement_end(),
        "in this switch case" => place::switch_case(),
        "to separate the items in this switch block" => place::switch_separator(),
        "to start a switch block" => place::switch_start(),
        "for the" if name == "try" => place::try_statement(),
        "for" => place::of_expression(name),
        _ => return None,
    })
}
