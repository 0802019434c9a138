//! Comparing what cannot be compared is an error that says what to write: Rhai would say `false`, and the
//! rule would never bite.

use rhai::{Array, Dynamic, ImmutableString, Map, Module};
use rust_decimal::Decimal;

use super::value::{Card, Channel, List, Member, Message, Span, Verdict};
use crate::frame::{Answer, wrong};

const OPERATORS: [&str; 6] = ["==", "!=", "<", "<=", ">", ">="];

fn unlike<A, B>(module: &mut Module, text: &'static str)
where
    A: rhai::Variant + Clone,
    B: rhai::Variant + Clone,
{
    for operator in OPERATORS {
        module.set_native_fn(operator, move |_: A, _: B| -> Answer<bool> { Err(wrong(text)) });
        module.set_native_fn(operator, move |_: B, _: A| -> Answer<bool> { Err(wrong(text)) });
    }
}

pub(super) fn add(module: &mut Module) {
    type Text = ImmutableString;
    let number = "a number and a text are never equal: make a number of the text with parse_int(text)";
    unlike::<i64, Text>(module, number);
    unlike::<Decimal, Text>(module, number);
    let truth = "`true` and a text are never equal: write `true` without quotes";
    unlike::<bool, Text>(module, truth);
    unlike::<bool, i64>(module, "`true` and a number are never equal");
    let member = "a member is not a text: compare `member.name` or `member.id`";
    unlike::<Member, Text>(module, member);
    unlike::<Member, i64>(module, member);
    unlike::<Channel, Text>(module, "a channel is not a text: compare `channel.name`");
    unlike::<Message, Text>(module, "a message is not a text: compare `message.text`");
    unlike::<List, Text>(module, "a list is not a text: write `text.has_any(list(…))`");
    unlike::<Card, Text>(module, "a card is not a text: compare one of its fields, such as `card.region`");
    unlike::<Span, i64>(module, "a length of time needs a unit: write `7.days` or `2.hours`");
    unlike::<Array, Text>(module, "an array and a text are never equal: write `array.contains(text)`");
    unlike::<Array, i64>(module, "an array and a number are never equal: compare `array.len`");
    unlike::<Map, Text>(module, "a map and a text are never equal: compare one of its values");
    module.set_native_fn("!", |_: Verdict| -> Answer<Dynamic> {
        Err(wrong("a ruling is not yes or no: return it"))
    });
}
