//! Name templates such as `{region}-{position}-{nickname}`: how a community wants its members to write their
//! names.
//!
//! A field is a name in braces, Chinese or not; what stands between fields is the operator's choice. Names
//! are compared with full and half width, kinds of dashes and brackets, and case of fixed text taken as
//! equal. Between two fields there must be fixed text, so that a name can be taken apart in one way only: a
//! field ends where the text after it first occurs, and the last field takes the rest.

use unicode_normalization::UnicodeNormalization;

/// Bytes of a template: names themselves are shorter.
pub const TEMPLATE_BYTES_MAX: usize = 200;
/// Fields of a template: people type these names by hand.
pub const FIELDS_MAX: usize = 8;
/// Characters of a field's name.
pub const FIELD_CHARS_MAX: usize = 32;

/// Says where a template cannot be read and what to write instead. Columns count characters from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// The template is longer than [`TEMPLATE_BYTES_MAX`].
    #[error("a name template has at most {TEMPLATE_BYTES_MAX} bytes; write a shorter one")]
    TooLong,
    /// There are more than [`FIELDS_MAX`] fields.
    #[error("column {column}: a name template has at most {FIELDS_MAX} fields; ask for the rest on the card")]
    TooManyFields {
        /// Where the first field too many begins.
        column: usize,
    },
    /// There is no field.
    #[error("the name template has no field; write one in braces, as in `{{nickname}}`")]
    NoField,
    /// A brace is not closed.
    #[error("column {column}: `{{` opens a field that does not end; write `}}` after its name")]
    NotClosed {
        /// Where the brace is.
        column: usize,
    },
    /// A brace closes nothing.
    #[error("column {column}: `}}` closes no field; write `{{` before the field's name or leave it out")]
    NotOpened {
        /// Where the brace is.
        column: usize,
    },
    /// The name of a field is empty, too long or holds other characters than letters, digits and `_`.
    #[error(
        "column {column}: `{name}` is no field name; write 1 to {FIELD_CHARS_MAX} letters, digits or `_`"
    )]
    BadName {
        /// Where the name begins.
        column: usize,
        /// The name as written.
        name: String,
    },
    /// A field occurs twice.
    #[error("column {column}: the field `{name}` is there already; leave it out here")]
    Repeated {
        /// Where the name begins.
        column: usize,
        /// The name.
        name: String,
    },
    /// Two fields touch.
    #[error(
        "column {column}: nothing separates `{name}` from the field before; write a sign such as `-` between"
    )]
    Touching {
        /// Where the second field begins.
        column: usize,
        /// The second field.
        name: String,
    },
}

/// Says how a nickname does not fit, or which field keeps a name from being rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// The field is empty or absent.
    #[error("the field `{field}` is missing")]
    Missing {
        /// The field.
        field: String,
    },
    /// The field holds the sign that ends it, so that the name could not be taken apart again.
    #[error("the field `{field}` must not hold `{separator}`")]
    HoldsSeparator {
        /// The field.
        field: String,
        /// The fixed text after the field.
        separator: String,
    },
    /// Fixed text is not where it should be.
    #[error("`{expected}` is expected at character {column}")]
    Expected {
        /// The fixed text.
        expected: String,
        /// Where, counted from 1.
        column: usize,
    },
}

/// A template that has been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    lead: String,
    slots: Vec<Slot>,
}

/// A field and the fixed text after it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Slot {
    field: String,
    after: String,
}

impl Template {
    /// Reads a template.
    pub fn parse(source: &str) -> Result<Self, TemplateError> {
        if source.len() > TEMPLATE_BYTES_MAX {
            return Err(TemplateError::TooLong);
        }
        let chars: Vec<char> = source.chars().collect();
        let mut template = Self { lead: String::new(), slots: Vec::new() };
        let mut at = 0;
        while let Some(ch) = chars.get(at) {
            match ch {
                '{' | '｛' => at = template.parse_field(&chars, at)?,
                '}' | '｝' => return Err(TemplateError::NotOpened { column: at + 1 }),
                ch => {
                    template.slots.last_mut().map_or(&mut template.lead, |slot| &mut slot.after).push(*ch);
                    at += 1;
                }
            }
        }
        if template.slots.is_empty() { Err(TemplateError::NoField) } else { Ok(template) }
    }

    /// Reads the field that opens at `open`; gives the place after it.
    fn parse_field(&mut self, chars: &[char], open: usize) -> Result<usize, TemplateError> {
        let column = open + 1;
        let rest = &chars[open + 1..];
        let Some(len) = rest.iter().position(|ch| matches!(ch, '}' | '｝')) else {
            return Err(TemplateError::NotClosed { column });
        };
        let name: String = rest[..len].iter().collect::<String>().trim().to_owned();
        let is_name = name.chars().all(|ch| ch.is_alphanumeric() || ch == '_');
        if name.is_empty() || name.chars().count() > FIELD_CHARS_MAX || !is_name {
            return Err(TemplateError::BadName { column: column + 1, name });
        }
        if self.slots.len() == FIELDS_MAX {
            return Err(TemplateError::TooManyFields { column });
        }
        if self.slots.iter().any(|slot| slot.field == name) {
            return Err(TemplateError::Repeated { column: column + 1, name });
        }
        if self.slots.last().is_some_and(|slot| slot.after.is_empty()) {
            return Err(TemplateError::Touching { column, name });
        }
        self.slots.push(Slot { field: name, after: String::new() });
        Ok(open + len + 2)
    }

    /// The fields in the order of the template.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.slots.iter().map(|slot| slot.field.as_str())
    }

    /// Writes a name from its fields. What it writes fits the template.
    pub fn render<'value>(&self, value_of: impl Fn(&str) -> Option<&'value str>) -> Result<String, Misfit> {
        let mut out = self.lead.clone();
        for slot in &self.slots {
            let value = value_of(&slot.field).map_or("", str::trim);
            if value.is_empty() {
                return Err(Misfit::Missing { field: slot.field.clone() });
            }
            if !slot.after.is_empty() && find(&comparable(value), &comparable(&slot.after)).is_some() {
                let separator = slot.after.clone();
                return Err(Misfit::HoldsSeparator { field: slot.field.clone(), separator });
            }
            out.push_str(value);
            out.push_str(&slot.after);
        }
        Ok(out)
    }

    /// Takes a nickname apart into fields and their values, which are parts of the nickname as written.
    pub fn read<'name>(&self, nickname: &'name str) -> Result<Vec<(&str, &'name str)>, Misfit> {
        let name = comparable(nickname);
        let lead = comparable(&self.lead);
        if find(&name[..lead.len().min(name.len())], &lead) != Some(0) {
            return Err(Misfit::Expected { expected: self.lead.clone(), column: 1 });
        }
        let byte_at = |at: usize| name.get(at).map_or(nickname.len(), |(_, byte)| *byte);
        let mut values = Vec::with_capacity(self.slots.len());
        let mut at = lead.len();
        for (place, slot) in self.slots.iter().enumerate() {
            let after = comparable(&slot.after);
            let is_last = place + 1 == self.slots.len();
            // What follows the last field ends the name, so it is looked for there.
            let end =
                if is_last { tail(&name, at, &after) } else { find(&name[at..], &after).map(|len| at + len) };
            let value = nickname[byte_at(at)..byte_at(end.unwrap_or(name.len()))].trim();
            if value.is_empty() {
                return Err(Misfit::Missing { field: slot.field.clone() });
            }
            let Some(end) = end else {
                return Err(self.unseparated(place, nickname.chars().count() + 1));
            };
            values.push((slot.field.as_str(), value));
            at = end + after.len();
        }
        Ok(values)
    }

    /// Without the text after a field, the field after it is missing, or the text itself if it is the last.
    fn unseparated(&self, place: usize, column: usize) -> Misfit {
        match self.slots.get(place + 1) {
            Some(next) => Misfit::Missing { field: next.field.clone() },
            None => Misfit::Expected { expected: self.slots[place].after.clone(), column },
        }
    }
}

/// The characters of a text in the form in which fixed text is compared, with the byte where each begins.
fn comparable(text: &str) -> Vec<(char, usize)> {
    let folded = text.char_indices().flat_map(|(byte, ch)| ch.nfkc().map(move |ch| (fold(ch), byte)));
    folded.flat_map(|(ch, byte)| ch.to_lowercase().map(move |ch| (ch, byte))).collect()
}

/// Signs that people type for each other, depending on their keyboard.
fn fold(ch: char) -> char {
    match ch {
        '‐'..='―' | '−' | '﹣' | '－' | '─' => '-',
        '【' | '〔' | '〖' | '［' => '[',
        '】' | '〕' | '〗' | '］' => ']',
        '、' | '，' => ',',
        '·' | '•' | '・' | '‧' => '·',
        '～' | '〜' => '~',
        ch if ch.is_whitespace() => ' ',
        ch => ch,
    }
}

/// Where the text that a name ends with begins, at or after `from`.
fn tail(name: &[(char, usize)], from: usize, text: &[(char, usize)]) -> Option<usize> {
    let start = name.len().checked_sub(text.len()).filter(|start| *start >= from)?;
    find(&name[start..], text)?;
    Some(start)
}

fn find(name: &[(char, usize)], part: &[(char, usize)]) -> Option<usize> {
    if part.is_empty() {
        return Some(0);
    }
    name.windows(part.len()).position(|window| window.iter().zip(part).all(|(a, b)| a.0 == b.0))
}

#[cfg(test)]
mod tests;
