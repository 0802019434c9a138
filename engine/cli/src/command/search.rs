//! `kith search`: messages by what they say, newest first.
//!
//! Reads what is new into the index before it asks, so that nothing that was said is missing. The operator
//! reads every channel.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

use clap::Args;
use kith_core::community::{Language, Zone};
use kith_core::ids::{ChannelId, CommunityId, MemberId};
use kith_core::notice::Text;
use kith_core::ports::search::Question;
use kith_core::refusal::Refusal;
use kith_core::stream::{Community, Stream};
use kith_runtime::indexing::{Findings, find};
use serde_json::json;

use super::{Stage, shown};
use crate::arguments::InCommunity;
use crate::failure::{Exit, Failure};
use crate::report::Report;
use crate::session::{self, Folder, Session};
use crate::streams::{Paint, Streams};

/// Find messages by what they say.
///
/// All words have to be there; a word in quotes is a phrase. Chinese is found by any characters of it.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  kith search --data data --community zig --from andrewrk allocator 'error set'"
)]
pub(crate) struct Search {
    #[command(flatten)]
    target: InCommunity,
    /// What they say
    #[arg(value_name = "WORDS", required_unless_present_any = ["rebuild", "from", "since", "until"])]
    words: Vec<String>,
    /// What they do not say
    #[arg(long, value_name = "WORD")]
    without: Vec<String>,
    /// Only what they said: a nickname or an id
    #[arg(long, value_name = "NAME")]
    from: Option<String>,
    /// Only in this channel
    #[arg(long, value_name = "NAME")]
    channel: Option<String>,
    /// Only from this day on, in the community's zone
    #[arg(long, value_name = "YYYY-MM-DD")]
    since: Option<jiff::civil::Date>,
    /// Only before this day
    #[arg(long, value_name = "YYYY-MM-DD")]
    until: Option<jiff::civil::Date>,
    /// So many
    #[arg(long, value_name = "N", default_value_t = 20)]
    last: usize,
    /// Make the index again from the log first
    #[arg(long)]
    rebuild: bool,
}

/// What a question needs of the community.
struct Place {
    channels: BTreeMap<ChannelId, String>,
    author: Option<MemberId>,
    zone: Zone,
}

impl Search {
    pub(super) fn run(self, stage: &mut Stage<'_>) -> Result<Report, Failure> {
        let (language, streams) = (stage.language, &mut *stage.streams);
        let data = self.target.place.data.clone();
        session::run(&data, Folder::Existing, async |session| self.find(session, language, streams).await)
    }

    async fn find(
        &self,
        session: &Session,
        language: Language,
        streams: &mut Streams,
    ) -> Result<Report, Failure> {
        let id = session.community(&self.target.community).await?;
        session.index_ready().await;
        let bar = streams.bar_of_records("search");
        let shown = bar.clone();
        let (mut feeder, search) = session.opened.feeder(Box::new(move |progress| {
            shown.set_length(progress.frames_all);
            shown.set_position(progress.frames_done);
        }));
        tokio::task::block_in_place(|| {
            if self.rebuild {
                feeder.clear()?;
            }
            feeder.catch_up()
        })?;
        bar.finish_and_clear();
        let place = self.place(session, id).await?;
        let question = self.question(id, &place);
        if self.rebuild && question.words.is_empty() && self.narrows_nothing() {
            let text = shown::sentence(language, &Text::new("cli.search.made"));
            return Ok(Report::new(&json!({ "rebuilt": true }), format!("{text}\n")));
        }
        let findings = find(&session.engine, &search, question).await?;
        let paint = streams.paint();
        session.view(id, move |stream, _| told(stream, &place, &findings, (language, paint))).await
    }

    fn narrows_nothing(&self) -> bool {
        self.from.is_none() && self.since.is_none() && self.until.is_none()
    }

    async fn place(&self, session: &Session, id: CommunityId) -> Result<Place, Failure> {
        let (channel, from) = (self.channel.clone(), self.from.clone());
        let seen = session.view(id, move |stream, community| {
            let rows = community.channels.listed();
            let wanted = rows.iter().filter(|row| channel.as_ref().is_none_or(|name| row.name == *name));
            let channels: BTreeMap<ChannelId, String> =
                wanted.map(|row| (row.id, row.name.clone())).collect();
            let author = from.map(|name| author(stream, community, &name));
            (channels, author, community.profile.zone.clone())
        });
        let (channels, author, zone) = seen.await?;
        if let Some(name) = self.channel.as_ref().filter(|_| channels.is_empty()) {
            return Err(Refusal::NotFound { what: name.clone() }.into());
        }
        let unknown = || {
            let name = self.from.as_deref().unwrap_or_default();
            Failure::told(Exit::BadInput, shown::text("cli.search.from", &[("name", name)]))
        };
        let author = author.map(|author| author.ok_or_else(unknown)).transpose()?;
        Ok(Place { channels, author, zone })
    }

    fn question(&self, community: CommunityId, place: &Place) -> Question {
        let day = |day: Option<jiff::civil::Date>| {
            let start = day.and_then(|day| day.to_zoned(place.zone.rules()).ok())?;
            Some(u64::try_from(start.timestamp().as_millisecond()).unwrap_or(0))
        };
        let without = self.without.iter().map(|word| format!("-{}", quoted(word)));
        let words: Vec<String> = self.words.iter().map(|word| quoted(word)).chain(without).collect();
        Question {
            community,
            words: words.join(" "),
            channels: place.channels.keys().copied().collect(),
            author: place.author,
            since_ms: day(self.since),
            until_ms: day(self.until),
            after: None,
            hits_max: self.last,
        }
    }
}

/// One argument is one word or phrase: the shell has taken its quotes off.
fn quoted(word: &str) -> String {
    if word.contains(char::is_whitespace) && !word.contains('"') {
        format!("\"{word}\"")
    } else {
        word.to_owned()
    }
}

/// The member of an id, or the only one who goes by a name.
fn author(stream: &Stream, community: &Community, name: &str) -> Option<MemberId> {
    if let Ok(id) = name.parse::<MemberId>() {
        return community.members.get(id).map(|row| row.id);
    }
    let mut named = community.members.iter().filter(|row| stream.bodies.text(&row.nickname) == Some(name));
    let first = named.next()?;
    named.next().is_none().then_some(first.id)
}

fn told(stream: &Stream, place: &Place, findings: &Findings, (language, paint): (Language, Paint)) -> Report {
    let (mut text, mut values) = (String::new(), Vec::new());
    for finding in &findings.found {
        let hit = &finding.hit;
        let (who, channel) = (shown::nickname(stream, hit.author), place.channels.get(&hit.channel));
        let channel = channel.map_or_else(|| hit.channel.to_string(), Clone::clone);
        let (at, said) =
            (shown::moment(hit.at_ms, &place.zone), painted(&finding.text, &finding.marks, paint));
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{at}  #{channel} {who}: {said}");
        let marks: Vec<[usize; 2]> = finding.marks.iter().map(|mark| [mark.start, mark.end]).collect();
        values.push(json!({
            "id": hit.message, "channel": channel, "author": hit.author, "nickname": who, "at_ms": hit.at_ms,
            "text": finding.text, "marks": marks,
        }));
    }
    let last = match (findings.next, values.is_empty()) {
        (Some(_), _) => Some("cli.search.more"),
        (None, true) => Some("cli.search.none"),
        (None, false) => None,
    };
    if let Some(code) = last {
        let _ = writeln!(text, "{}", shown::sentence(language, &Text::new(code)));
    }
    Report::new(&json!({ "found": values, "more": findings.next.is_some() }), text)
}

/// A text with its marked bytes standing out on a terminal.
fn painted(text: &str, marks: &[Range<usize>], paint: Paint) -> String {
    if paint == Paint::Plain {
        return shown::printable(text);
    }
    let (mut out, mut from) = (String::new(), 0);
    for mark in marks {
        let piece = |range: Range<usize>| shown::printable(text.get(range).unwrap_or_default());
        let _ = write!(out, "{}\x1b[1;33m{}\x1b[0m", piece(from..mark.start), piece(mark.clone()));
        from = mark.end;
    }
    out.push_str(&shown::printable(text.get(from..).unwrap_or_default()));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marked_bytes_stand_out_on_a_terminal_alone() {
        let (text, mark) = ("抢红包\n\x1b[2J啦", 3..9);
        let marks = std::slice::from_ref(&mark);
        assert_eq!(painted(text, marks, Paint::Plain), "抢红包⏎\u{fffd}[2J啦");
        assert_eq!(painted(text, marks, Paint::Terminal), "抢\x1b[1;33m红包\x1b[0m⏎\u{fffd}[2J啦");
    }

    #[test]
    fn an_argument_is_one_word_or_phrase() {
        assert_eq!(
            [quoted("zig"), quoted("error set"), quoted("\"a b\" c")],
            ["zig", "\"error set\"", "\"a b\" c"]
        );
    }
}
