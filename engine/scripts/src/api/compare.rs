//! Comparing what cannot be compared is an error that says what to write: Rhai would say `false`, and the
//! rule would never bite.

use kith_core::notice::Text;
use rhai::{Array, Dynamic, ImmutableString, Map, Module};
use rust_decimal::Decimal;

use super::value::{Card, Channel, List, Member, Message, Span, Verdict};
use crate::frame::{Answer, wrong};
use crate::say::run;

const OPERATORS: [&str; 6] = ["==", "!=", "<", "<=", ">", ">="];

fn unlike<A, B>(module: &mut Module, text: fn() -> Text)
where
    A: rhai::Variant + Clone,
    B: rhai::Variant + Clone,
{
    for operator in OPERATORS {
        module.set_native_fn(operator, move |_: A, _: B| -> Answer<bool> { Err(wrong(text())) });
        module.set_native_fn(operator, move |_: B, _: A| -> Answer<bool> { Err(wrong(text())) });
    }
}

pub(super) fn add(module: &mut Module) {
    type Words = ImmutableString;
    unlike::<i64, Words>(module, run::number_text);
    unlike::<Decimal, Words>(module, run::number_text);
    unlike::<bool, Words>(module, run::bool_text);
    unlike::<bool, i64>(module, run::bool_int);
    unlike::<Member, Words>(module, run::member_text);
    unlike::<Member, i64>(module, run::member_text);
    unlike::<Channel, Words>(module, run::channel_text);
    unlike::<Message, Words>(module, run::message_text);
    unlike::<List, Words>(module, run::list_text);
    unlike::<Card, Words>(module, run::card_text);
    unlike::<Span, i64>(module, run::span_int);
    unlike::<Array, Words>(module, run::array_text);
    unlike::<Array, i64>(module, run::array_int);
    unlike::<Map, Words>(module, run::map_text);
    module.set_native_fn("!", |_: Verdict| -> Answer<Dynamic> { Err(wrong(run::ruling_not_bool())) });
}
