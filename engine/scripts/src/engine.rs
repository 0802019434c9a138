//! The Rhai engine as scripts get it: bare, with our module and every limit set by us.
//!
//! One engine belongs to one compiled script and one class of hooks. It is never changed after it is built
//! and holds nothing of a run: variables, caches and counts live in the call. Building one for each call
//! would cost a fifth of the call and separate nothing more.

use rhai::{Engine, Module, OptimizationLevel, Shared, Token};

use crate::api::API;
use crate::frame::{self, tick};
use crate::limits::{
    ARRAY_MAX, Budget, CALL_LEVELS_MAX, EXPRESSION_DEPTH_MAX, FUNCTION_EXPRESSION_DEPTH_MAX, FUNCTIONS_MAX,
    MAP_MAX, TEXT_BYTES_MAX, VARIABLES_MAX,
};

/// Words that the language has and scripts do not.
pub(crate) const LEFT_OUT: [&str; 5] = ["eval", "import", "export", "Fn", "curry"];

/// An engine for scripts with some constants.
pub(crate) fn build(constants: Option<Shared<Module>>, budget: &Budget) -> Engine {
    let mut engine = Engine::new_raw();
    engine.register_global_module(API.module.clone());
    if let Some(constants) = constants {
        engine.register_global_module(constants);
    }
    engine.set_max_operations(budget.operations_max);
    engine.set_max_call_levels(CALL_LEVELS_MAX);
    engine.set_max_expr_depths(EXPRESSION_DEPTH_MAX, FUNCTION_EXPRESSION_DEPTH_MAX);
    engine.set_max_string_size(TEXT_BYTES_MAX);
    engine.set_max_array_size(ARRAY_MAX);
    engine.set_max_map_size(MAP_MAX);
    engine.set_max_variables(VARIABLES_MAX);
    engine.set_max_functions(FUNCTIONS_MAX);
    engine.set_max_modules(0);
    engine.set_max_strings_interned(0);
    engine.set_optimization_level(OptimizationLevel::None);
    engine.set_fail_on_invalid_map_property(true);
    // Built-in operators would come before ours and call a number and a text just unequal.
    engine.set_fast_operators(false);
    LEFT_OUT.iter().for_each(|word| {
        engine.disable_symbol(*word);
    });
    name_call(&mut engine);
    engine.on_progress(|_| tick());
    engine.on_print(print);
    engine.on_debug(|line, _, _| print(line));
    engine
}

fn print(line: &str) {
    let _ = frame::with(|frame| {
        frame.journal.borrow_mut().log(line);
        Ok(())
    });
}

/// Lets `call` be a name: it is what `on_command` is asked about. Rhai keeps the word for function pointers,
/// which scripts do not have.
#[expect(deprecated, reason = "Rhai marks it so to say that it may change")]
fn name_call(engine: &mut Engine) {
    engine.on_parse_token(|token, _, _| match token {
        Token::Reserved(word) if word.as_str() == "call" => Token::Identifier(word),
        other => other,
    });
}
