//! Texts: codes and arguments rendered in a reader's language.
//!
//! The engine's own texts are in `messages/en.toml` and `messages/zh-CN.toml`; a community's own stand before
//! them. A template holds `{name}` for an argument. A code without a text is shown as the code itself, so
//! that nothing is ever silently empty; a test keeps that from happening to the engine's own codes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::Timestamp;
use kith_core::community::Language;
use kith_core::moment::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};
use kith_core::notice::{Arg, Text};
use kith_core::refusal::Refusal;
use kith_core::stream::Stream;

type Templates = BTreeMap<String, String>;

static ENGLISH: LazyLock<Templates> = LazyLock::new(|| parse(include_str!("../messages/en.toml")));
static CHINESE: LazyLock<Templates> = LazyLock::new(|| parse(include_str!("../messages/zh-CN.toml")));

fn parse(file: &str) -> Templates {
    toml::from_str(file).expect("the engine's message files are TOML: a test reads them")
}

/// The engine's own template for a code.
pub fn template(language: Language, code: &str) -> Option<&'static str> {
    let templates = match language {
        Language::English => &*ENGLISH,
        Language::Chinese => &*CHINESE,
    };
    templates.get(code).map(String::as_str)
}

/// Every code that the engine has a text for in a language.
pub fn codes(language: Language) -> impl Iterator<Item = &'static str> {
    match language {
        Language::English => ENGLISH.keys().map(String::as_str),
        Language::Chinese => CHINESE.keys().map(String::as_str),
    }
}

/// Reads English, with no community at hand: for logs and errors.
pub const ENGLISH_READER: Reader<'static> = Reader { language: Language::English, stream: None };

/// A refusal with its hint, in English, for where errors are told.
pub fn in_english(refusal: &Refusal) -> String {
    ENGLISH_READER.with_hint(&refusal.text())
}

/// What a text is rendered with: the community's names and texts where it is about one.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    /// The language.
    pub language: Language,
    /// The stream that the text came from.
    pub stream: Option<&'a Stream>,
}

impl Reader<'_> {
    /// A text as a sentence.
    pub fn render(&self, text: &Text) -> String {
        match self.template_of(&text.code) {
            Some(template) => self.fill(template, &text.args),
            None => text.code.clone(),
        }
    }

    /// A text with its hint behind it, where there is one.
    pub fn with_hint(&self, text: &Text) -> String {
        match self.hint(text) {
            Some(hint) => format!("{} {hint}", self.render(text)),
            None => self.render(text),
        }
    }

    /// The hint that belongs to a text, where there is one.
    pub fn hint(&self, text: &Text) -> Option<String> {
        let template = self.template_of(&format!("{}.hint", text.code))?;
        Some(self.fill(template, &text.args))
    }

    /// Somebody else's template with a text's arguments.
    pub fn fill_in(&self, template: &str, text: &Text) -> String {
        self.fill(template, &text.args)
    }

    fn template_of(&self, code: &str) -> Option<&str> {
        let own = self
            .stream
            .and_then(Stream::community)
            .and_then(|community| community.profile.texts.get(self.language.tag()))
            .and_then(|texts| texts.get(code));
        own.map(String::as_str).or_else(|| template(self.language, code))
    }

    fn fill(&self, template: &str, args: &BTreeMap<String, Arg>) -> String {
        let mut out = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let Some((name, tail)) = after.split_once('}') else {
                out.push('{');
                rest = after;
                continue;
            };
            match args.get(name) {
                Some(arg) => out.push_str(&self.argument(arg)),
                None => {
                    out.push('{');
                    out.push_str(name);
                    out.push('}');
                }
            }
            rest = tail;
        }
        out.push_str(rest);
        out
    }

    fn argument(&self, arg: &Arg) -> String {
        match arg {
            Arg::Number(number) => number.to_string(),
            Arg::Duration(span_ms) => self.duration(*span_ms),
            Arg::Time(at_ms) => self.time(*at_ms),
            Arg::Name(name) => name.clone(),
            Arg::Code(code) => self.render(&Text::new(code)),
            Arg::Text(text) => self.render(text),
            Arg::Member(member) => self.member(*member),
            Arg::Channel(channel) => self.channel(*channel),
            Arg::Message(message) => message.to_string(),
            Arg::Receipt(receipt) => receipt.to_string(),
            Arg::Community(community) => community.to_string(),
            Arg::Body(body) => self.body(body, 0..body.len),
            Arg::Quote { body, start, end } => self.body(body, *start..*end),
        }
    }

    fn member(&self, member: kith_core::ids::MemberId) -> String {
        let row = self.stream.and_then(Stream::community).and_then(|community| community.members.get(member));
        match row {
            Some(row) => self.body(&row.nickname, 0..row.nickname.len),
            None => member.to_string(),
        }
    }

    /// A channel by its name; a feed under its member's, as it has none.
    fn channel(&self, id: kith_core::ids::ChannelId) -> String {
        let row = self.stream.and_then(Stream::community).and_then(|community| community.channels.get(id));
        match row.map(|row| (row.kind, row.name.as_str())) {
            Some((kith_core::channel::Kind::Feed { member }, _)) => self.member(member),
            Some((_, name)) => format!("#{name}"),
            None => id.to_string(),
        }
    }

    fn body(&self, body: &kith_core::body::BodyRef, range: std::ops::Range<u32>) -> String {
        let text = self.stream.and_then(|stream| stream.bodies.text(body));
        match text.and_then(|text| text.get(range.start as usize..range.end as usize)) {
            Some(piece) => piece.to_owned(),
            None => self.render(&Text::new("text.gone")),
        }
    }

    /// The largest unit that says it well: "3 days", "90 minutes".
    fn duration(&self, span_ms: u64) -> String {
        let units = [("day", DAY_MS), ("hour", HOUR_MS), ("minute", MINUTE_MS), ("second", SECOND_MS)];
        let fits = |unit: u64| span_ms >= unit && (span_ms.is_multiple_of(unit) || span_ms >= 3 * unit);
        let (name, unit) = units.into_iter().find(|(_, unit)| fits(*unit)).unwrap_or(("second", SECOND_MS));
        let count = span_ms / unit;
        let number = if count == 1 { "one" } else { "many" };
        let code = format!("text.duration.{name}.{number}");
        self.render(&Text::new(&code).with("n", count))
    }

    fn time(&self, at_ms: u64) -> String {
        let zone = self
            .stream
            .and_then(Stream::community)
            .map_or(jiff::tz::TimeZone::UTC, |community| community.profile.zone.rules());
        let at = i64::try_from(at_ms).ok().and_then(|at_ms| Timestamp::from_millisecond(at_ms).ok());
        match at {
            Some(at) => at.to_zoned(zone).strftime("%Y-%m-%d %H:%M").to_string(),
            None => at_ms.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn english() -> Reader<'static> {
        Reader { language: Language::English, stream: None }
    }

    #[test]
    fn both_languages_have_the_same_codes() {
        let english: Vec<_> = codes(Language::English).collect();
        let chinese: Vec<_> = codes(Language::Chinese).collect();
        assert_eq!(english, chinese);
    }

    #[test]
    fn every_refusal_has_a_text() {
        for code in kith_core::refusal::Refusal::CODES {
            assert!(template(Language::English, code).is_some(), "{code}");
        }
    }

    #[test]
    fn both_languages_name_the_same_arguments() {
        let names = |template: &str| {
            let names: std::collections::BTreeSet<String> = template
                .split('{')
                .skip(1)
                .filter_map(|rest| rest.split_once('}'))
                .map(|(name, _)| name.to_owned())
                .collect();
            names
        };
        for code in codes(Language::English) {
            let (english, chinese) = (template(Language::English, code), template(Language::Chinese, code));
            assert_eq!(english.map(names), chinese.map(names), "{code}");
        }
    }

    #[test]
    fn durations_read_well() {
        for (span_ms, expected) in [
            (DAY_MS, "1 day"),
            (7 * DAY_MS, "7 days"),
            (36 * HOUR_MS, "36 hours"),
            (90 * MINUTE_MS, "90 minutes"),
            (3 * DAY_MS + 5, "3 days"),
            (1_500, "1 second"),
        ] {
            assert_eq!(english().duration(span_ms), expected);
        }
    }

    #[test]
    fn a_broken_template_is_shown_as_it_is() {
        let args = BTreeMap::from([("n".to_owned(), Arg::Number(3))]);
        assert_eq!(english().fill("{n} of {m} {", &args), "3 of {m} {");
    }
}
