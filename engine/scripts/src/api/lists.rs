//! Named lists, words in texts, and the dice.

use kith_core::stream::Community;
use rhai::{Array, Dynamic, EvalAltResult, ImmutableString};

use super::table::Table;
use super::value::{Context, List, Random};
use crate::frame::{self, Answer, Frame, wrong};
use crate::limits::ARRAY_MAX;
use crate::nearest::nearest;
use crate::{kinds, say};

pub(super) fn add(table: &mut Table) {
    add_words(table);
    add_lists(table);
    add_dice(table);
}

fn lines<'a>(community: &'a Community, name: &str) -> Answer<&'a [String]> {
    let lists = &community.profile.lists;
    lists.get(name).map(Vec::as_slice).ok_or_else(|| {
        wrong(match nearest(name, lists.keys().map(String::as_str)) {
            Some(near) => say::run::list_near(name, near),
            None => say::run::list_lacks(name),
        })
    })
}

/// Entries as people read them: without comments and empty lines.
fn entries(lines: &[String]) -> impl Iterator<Item = &str> {
    lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn hits(text: &ImmutableString, list: &List) -> Answer<Vec<String>> {
    frame::with(|frame| {
        let community = frame.community()?;
        let lines = lines(community, &list.0)?;
        let compiled = community.rules.compiled.word_list(&list.0, &community.profile.lists);
        let Some(words) = compiled else {
            return if entries(lines).next().is_none() {
                Ok(Vec::new())
            } else {
                Err(wrong(say::run::list_unusable(list.0.as_str())))
            };
        };
        frame.charge(1 + text.len() / 256)?;
        frame.with_normal(text, |normal| {
            words.find_in(normal).into_iter().map(|hit| hit.entry.to_owned()).take(ARRAY_MAX).collect()
        })
    })
}

fn add_words(table: &mut Table) {
    table.add(
        (
            "text.has_any(list: List) -> bool",
            "Whether an entry of the list is in the text, seen through disguises, as rules see it.",
            "if message.text.has_any(list(\"ad-words\")) { return violation(\"ads\", \"No ads here.\"); }",
        ),
        |text: ImmutableString, list: List| hits(&text, &list).map(|found| !found.is_empty()),
    );
    table.also(|text: ImmutableString, words: Array| -> Answer<bool> {
        // Words in the script itself: matched as they stand, without case.
        let lower = text.to_lowercase();
        let mut found = false;
        for word in words {
            let word =
                word.into_immutable_string().map_err(|kind| wrong(say::run::words_only(kinds::of(kind))))?;
            found |= !word.is_empty() && lower.contains(&word.to_lowercase());
        }
        frame::with(|frame| frame.charge(text.len() / 64))?;
        Ok(found)
    });
    table.add(
        (
            "text.hits(list: List) -> array",
            "The entries of the list that are in the text.",
            "if message.text.hits(list(\"ad-words\")).len >= 2 { return hold(\"ads\", \"Wait.\"); }",
        ),
        |text: ImmutableString, list: List| -> Answer<Array> {
            Ok(hits(&text, &list)?.into_iter().map(Into::into).collect())
        },
    );
}

fn add_lists(table: &mut Table) {
    table.add(
        (
            "list(name: text) -> List",
            "A named list of the community: `lists/<name>.txt`.",
            "if message.text.has_any(list(\"ad-words\")) { return hold(\"ads\", \"A moderator looks.\"); }",
        ),
        |name: ImmutableString| -> Answer<List> {
            frame::with(|frame| lines(frame.community()?, &name).map(drop))?;
            Ok(List(name))
        },
    );
    table.add(
        ("List.len -> int", "How many entries it has.", "log(`${list(\"topics\").len}`);"),
        |list: &mut List| with_entries(list, |_, entries| Ok(entries.len() as i64)),
    );
    table.add(
        (
            "List.contains(entry: text) -> bool",
            "Whether one of its entries is exactly this text.",
            "if list(\"friends\").contains(message.author.name) { return allow(); }",
        ),
        |list: &mut List, entry: &str| with_entries(list, |_, entries| Ok(entries.contains(&entry))),
    );
    table.add(
        (
            "List.entries -> array",
            "Its entries as texts; at most 1024.",
            "for word in list(\"topics\").entries { log(word); }",
        ),
        |list: &mut List| with_entries(list, |_, entries| Ok(taken(entries))),
    );
    table.add(
        (
            "List.shuffled(dice: Random) -> array",
            "Its entries in a random order; at most 1024.",
            "topic: return list(\"topics\").shuffled(ctx.random).map(|t| topic(t, \"\"));",
        ),
        |list: &mut List, _: Random| {
            with_entries(list, |frame, mut entries| {
                shuffle(frame, &mut entries)?;
                Ok(taken(entries))
            })
        },
    );
}

fn taken(entries: Vec<&str>) -> Array {
    entries.into_iter().take(ARRAY_MAX).map(Into::into).collect()
}

fn with_entries<T>(list: &List, look: impl FnOnce(&Frame<'_>, Vec<&str>) -> Answer<T>) -> Answer<T> {
    frame::with(|frame| {
        let entries: Vec<&str> = entries(lines(frame.community()?, &list.0)?).collect();
        frame.charge(entries.len() / 16)?;
        look(frame, entries)
    })
}

fn shuffle<T>(frame: &Frame<'_>, items: &mut [T]) -> Answer<()> {
    for end in (1..items.len()).rev() {
        let other = frame.throw(end as u64 + 1)? as usize;
        items.swap(end, other);
    }
    frame.charge(items.len())
}

fn add_dice(table: &mut Table) {
    table.add(
        (
            "Context.random -> Random",
            "Dice. The same decision throws the same when it is replayed.",
            "log(`${ctx.random.below(6) + 1}`);",
        ),
        |_: &mut Context| Random,
    );
    table.add(
        (
            "Random.below(bound: int) -> int",
            "A number from 0 to one below the bound.",
            "log(`${ctx.random.below(6)}`);",
        ),
        |_: &mut Random, bound: i64| match u64::try_from(bound) {
            Ok(bound) if bound > 0 => frame::with(|frame| Ok(frame.throw(bound)? as i64)),
            _ => Err(wrong(say::run::random_bound())),
        },
    );
    table.add(
        (
            "Random.pick(items: array) -> any",
            "One of some items; `()` where there are none.",
            "log(ctx.random.pick([\"heads\", \"tails\"]));",
        ),
        |_: &mut Random, items: Array| -> Answer<Dynamic> {
            if items.is_empty() {
                return Ok(Dynamic::UNIT);
            }
            let at = frame::with(|frame| frame.throw(items.len() as u64))? as usize;
            Ok(items.into_iter().nth(at).unwrap_or_default())
        },
    );
    table.also(|_: &mut Random, list: List| -> Answer<Dynamic> {
        with_entries(&list, |frame, entries| {
            if entries.is_empty() {
                return Ok(Dynamic::UNIT);
            }
            let at = frame.throw(entries.len() as u64)? as usize;
            Ok(entries.get(at).map_or(Dynamic::UNIT, |entry| Dynamic::from((*entry).to_owned())))
        })
    });
    table.add(
        (
            "array.shuffled(dice: Random) -> array",
            "The same items in a random order.",
            "let order = [1, 2, 3].shuffled(ctx.random); log(`${order}`);",
        ),
        |items: Array, _: Random| -> Result<Array, Box<EvalAltResult>> {
            let mut items = items;
            frame::with(|frame| shuffle(frame, &mut items))?;
            Ok(items)
        },
    );
}
