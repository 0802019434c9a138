//! Rhai's own functions that could make something huge in one step, between two looks at the limits, here
//! with their size worked out first.

use rhai::{Array, ImmutableString};

use super::table::Table;
use crate::frame::{self, Answer, stop};
use crate::limits::{ARRAY_MAX, TEXT_BYTES_MAX};
use crate::say;
use kith_core::hook::FaultKind;
use kith_core::notice::Text;

fn too_large(what: Text) -> Box<rhai::EvalAltResult> {
    stop(FaultKind::Size, what)
}

fn replaced(text: &str, find: &str, with: &str) -> Answer<ImmutableString> {
    if find.is_empty() {
        return Ok(text.into());
    }
    frame::with(|frame| frame.charge(text.len() / 256))?;
    let found = text.matches(find).count();
    if (text.len() - found * find.len()).saturating_add(found.saturating_mul(with.len())) > TEXT_BYTES_MAX {
        return Err(too_large(say::run::long_text()));
    }
    Ok(text.replace(find, with).into())
}

fn split(text: &str, at: &str) -> Answer<Array> {
    frame::with(|frame| frame.charge(text.len() / 256))?;
    let pieces = if at.is_empty() { text.chars().count() + 2 } else { text.matches(at).count() + 1 };
    if pieces > ARRAY_MAX {
        return Err(too_large(say::run::many_pieces()));
    }
    Ok(text.split(at).map(Into::into).collect())
}

pub(super) fn add(table: &mut Table) {
    table.add(
        (
            "text.replaced(find: text, with: text) -> text",
            "The same text with every place changed.",
            "return rewrite(message.text.replaced(\"teh\", \"the\"));",
        ),
        |text: ImmutableString, find: &str, with: &str| replaced(&text, find, with),
    );
    let module = &mut table.module;
    module.set_native_fn("replace", |text: &mut ImmutableString, find: &str, with: &str| {
        *text = replaced(text, find, with)?;
        Ok(())
    });
    module.set_native_fn("replace", |text: &mut ImmutableString, find: char, with: &str| {
        *text = replaced(text, find.encode_utf8(&mut [0; 4]), with)?;
        Ok(())
    });
    module.set_native_fn("replace", |text: &mut ImmutableString, find: &str, with: char| {
        *text = replaced(text, find, with.encode_utf8(&mut [0; 4]))?;
        Ok(())
    });
    module.set_native_fn("split", |text: &mut ImmutableString, at: &str| split(text, at));
    module.set_native_fn("split", |text: &mut ImmutableString, at: char| {
        split(text, at.encode_utf8(&mut [0; 4]))
    });
    module.set_native_fn("to_chars", |text: &str| {
        if text.chars().count() > ARRAY_MAX {
            return Err(too_large(say::run::many_signs()));
        }
        Ok(text.chars().map(Into::into).collect::<Array>())
    });
    // Rhai knows no bounded power of a text; `*` on texts does not exist and stays so.
    module.set_native_fn("pad", |text: &mut ImmutableString, chars: i64, with: char| {
        pad(text, chars, with.encode_utf8(&mut [0; 4]))
    });
    module.set_native_fn("pad", |text: &mut ImmutableString, chars: i64, with: &str| pad(text, chars, with));
}

fn pad(text: &mut ImmutableString, chars: i64, with: &str) -> Answer<()> {
    let (wanted, has) = (usize::try_from(chars).unwrap_or(0), text.chars().count());
    let missing = wanted.saturating_sub(has);
    let times = missing.div_ceil(with.chars().count().max(1));
    if times.saturating_mul(with.len()).saturating_add(text.len()) > TEXT_BYTES_MAX {
        return Err(too_large(say::run::long_text()));
    }
    if missing > 0 {
        *text = format!("{text}{}", with.repeat(times)).into();
    }
    Ok(())
}
