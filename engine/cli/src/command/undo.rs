//! `kith undo`: lists what one version of a script did, and takes it back.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use clap::Args;
use kith_core::community::Zone;
use kith_core::moment::Duration;
use kith_core::notice::{Arg, Text};
use kith_core::stream::Stream;
use kith_runtime::draft::Asker;
use kith_runtime::texts::Reader;
use kith_runtime::undo::{Asked, Line, Mode, Reason, Report as Found, Shown};

use super::{Stage, shown};
use crate::arguments::InCommunity;
use crate::failure::{Exit, Failure};
use crate::report::Report;
use crate::session::{self, Folder};

/// Texts and reasons that are shown; the JSON has more of them.
const LINES_MAX: usize = 10;
/// Characters of a text that are shown.
const TEXT_CHARS_MAX: usize = 72;

/// Take back what one version of a script did.
///
/// Sanctions are lifted, held and denied messages posted under their own ids, rewritten ones set back, tags,
/// roles, pins and everything else put as they were; whoever it concerns is told once. Only what nobody has
/// changed since is touched, so doing it twice changes nothing; what stays is listed with the reason.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kith undo --data data --community NAME --script guard@3 --plan     what would be undone; changes nothing
  kith undo --data data --community NAME --script guard@3            do it
  kith undo --data data --community NAME --script guard@3 --since 24h")]
pub(crate) struct Undo {
    #[command(flatten)]
    target: InCommunity,
    /// The script and the version; one that was taken out can be undone too
    #[arg(long, value_name = "NAME@VERSION")]
    script: String,
    /// Only what it did since: 24h or 7d ago, or a date in the community's zone
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only list; change nothing
    #[arg(long)]
    plan: bool,
}

impl Undo {
    pub(super) fn run(self, stage: &mut Stage<'_>) -> Result<Report, Failure> {
        let language = stage.language;
        let (script, version) = which(&self.script)?;
        let mode = if self.plan { Mode::Plan } else { Mode::Carry };
        let bar = stage.streams.bar_of_records("undo");
        let seen = bar.clone();
        let report = session::run(&self.target.place.data, Folder::Existing, async |session| {
            let community = session.community(&self.target.community).await?;
            let zone = session.view(community, |_, community| community.profile.zone.clone()).await?;
            let since_ms =
                self.since.as_deref().map(|text| when(text, session.now_ms(), &zone)).transpose()?;
            // A message that is posted anew must not be there already: the index knows.
            session.index_ready().await;
            let asked = Asked { community, script, version, since_ms, mode, by: Asker::HOST };
            let told = Box::new(move |done, total| {
                seen.set_length(total);
                seen.set_position(done);
            });
            let found = session.engine.undo(asked, &session.mint, told).await?;
            let page = session.view(community, move |stream, community| {
                let reader = Reader { language, stream: Some(stream) };
                let text = Page { found: &found, stream, reader, zone: &community.profile.zone }.text();
                Report::new(&found, text)
            });
            page.await
        });
        bar.finish_and_clear();
        report
    }
}

/// The script and the version that `NAME@VERSION` names.
fn which(text: &str) -> Result<(String, u32), Failure> {
    let named = text.rsplit_once('@').filter(|(name, _)| !name.is_empty());
    let named = named.and_then(|(name, version)| Some((name.to_owned(), version.parse().ok()?)));
    named.ok_or_else(|| Failure::told(Exit::BadInput, Text::new("cli.undo.which").with("text", text)))
}

/// A time as somebody writes it: so long ago, a moment, or a day in the community's zone.
fn when(text: &str, now_ms: u64, zone: &Zone) -> Result<u64, Failure> {
    if let Ok(back) = text.parse::<Duration>() {
        return Ok(now_ms.saturating_sub(back.0));
    }
    let moment = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let day = text.parse::<jiff::civil::DateTime>().ok()?;
        day.to_zoned(zone.rules()).ok().map(|at| at.timestamp())
    });
    let moment = moment.and_then(|at| u64::try_from(at.as_millisecond()).ok());
    moment.ok_or_else(|| Failure::told(Exit::BadInput, Text::new("cli.undo.when").with("text", text)))
}

/// The report for people.
struct Page<'a> {
    found: &'a Found,
    stream: &'a Stream,
    reader: Reader<'a>,
    zone: &'a Zone,
}

impl Page<'_> {
    fn say(&self, text: &Text) -> String {
        self.reader.render(text)
    }

    fn text(&self) -> String {
        let found = self.found;
        let mut out = String::new();
        let named = |code: &str| {
            Text::new(code)
                .with("script", found.script.as_str())
                .with("version", found.version)
                .with("n", found.undone)
                .with("members", found.members.len())
        };
        let head = match found.mode {
            _ if found.is_nothing() => "cli.undo.again",
            Mode::Plan => "cli.undo.plan",
            Mode::Carry => "cli.undo.carried",
        };
        let read = Text::new("cli.undo.read").with("runs", found.runs).with("records", found.records);
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(out, "{}\n  {}", self.say(&named(head)), self.say(&read));
        if let Some(cut_ms) = found.cut_ms {
            let cut = Text::new("cli.undo.cut").with("time", Arg::Time(cut_ms));
            let _ = writeln!(out, "  {}", self.say(&cut));
        }
        self.kinds(&mut out);
        self.texts(&mut out);
        self.reasons(&mut out);
        if found.mode == Mode::Plan && !found.is_nothing() {
            let _ = writeln!(out, "\n{}", self.say(&Text::new("cli.undo.to_carry")));
        }
        out
    }

    /// One line a kind: how many, what, and how many are as before already.
    fn kinds(&self, out: &mut String) {
        let shown = |line: &&Line| line.undone > 0 || line.over > 0;
        if self.found.kinds.values().any(|line| shown(&line)) {
            out.push('\n');
        }
        for (what, line) in self.found.kinds.iter().filter(|(_, line)| shown(line)) {
            let what = self.say(&Text::new(&format!("cli.undo.what.{}", what.name())));
            let over = match line.over {
                0 => String::new(),
                over => format!("  ({over} {})", self.say(&Text::new("cli.undo.over"))),
            };
            let _ = writeln!(out, "{:>8}  {what}{over}", line.undone);
        }
    }

    fn texts(&self, out: &mut String) {
        let (texts, mode) = (&self.found.texts, self.found.mode);
        if texts.is_empty() {
            return;
        }
        let head = if mode == Mode::Plan { "cli.undo.texts_plan" } else { "cli.undo.texts" };
        let _ = writeln!(out, "\n{}", self.say(&Text::new(head)));
        for Shown { member, at_ms, text, .. } in texts.iter().take(LINES_MAX) {
            let (at, who) = (shown::moment(*at_ms, self.zone), shown::nickname(self.stream, *member));
            let _ = writeln!(out, "  {at}  {who}: {}", short(text));
        }
        self.more(out, texts.len());
    }

    /// What stays, most frequent reason first, and then whom it is about.
    fn reasons(&self, out: &mut String) {
        if self.found.left == 0 {
            return;
        }
        let kept = Text::new("cli.undo.kept").with("n", self.found.left);
        let _ = writeln!(out, "\n{}", self.say(&kept));
        let mut counts: Vec<(u64, String)> = Vec::new();
        for (what, line) in &self.found.kinds {
            for (left, count) in &line.left {
                let what = self.say(&Text::new(&format!("cli.undo.what.{}", what.name())));
                let why = self.say(&Text::new(&format!("cli.undo.why.{}", left.name())));
                counts.push((*count, format!("{what}: {why}")));
            }
        }
        counts.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        for (count, line) in counts {
            let _ = writeln!(out, "{count:>8}  {line}");
        }
        let mut members: BTreeMap<String, u64> = BTreeMap::new();
        for Reason { member, .. } in &self.found.reasons {
            if let Some(member) = member {
                *members.entry(shown::nickname(self.stream, *member)).or_default() += 1;
            }
        }
        let names: Vec<String> =
            members.into_iter().map(|(name, count)| format!("{name} ×{count}")).collect();
        if !names.is_empty() {
            let _ = writeln!(
                out,
                "          {}",
                names.iter().take(LINES_MAX).cloned().collect::<Vec<_>>().join("  ")
            );
        }
    }

    fn more(&self, out: &mut String, count: usize) {
        if count > LINES_MAX {
            let more = Text::new("cli.undo.more").with("n", count - LINES_MAX);
            let _ = writeln!(out, "  {}", self.say(&more));
        }
    }
}

/// The beginning of a text, in one line.
fn short(text: &str) -> String {
    let text = shown::printable(text);
    match text.char_indices().nth(TEXT_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use kith_core::community::Language;
    use kith_core::script::{Left, What};
    use kith_runtime::texts::template;

    use super::*;

    #[test]
    fn every_kind_and_every_reason_has_a_text() {
        for language in [Language::English, Language::Chinese] {
            for what in What::ALL {
                let code = format!("cli.undo.what.{}", what.name());
                assert!(template(language, &code).is_some(), "{code}");
            }
            for left in Left::ALL.into_iter().filter(|left| *left != Left::Over) {
                let code = format!("cli.undo.why.{}", left.name());
                assert!(template(language, &code).is_some(), "{code}");
            }
        }
    }

    #[test]
    fn a_version_and_a_time_are_read_as_people_write_them() {
        assert_eq!(which("guard@3").unwrap(), ("guard".to_owned(), 3));
        assert_eq!(which("a@b@12").unwrap(), ("a@b".to_owned(), 12));
        for text in ["guard", "@3", "guard@", "guard@x", "guard@-1"] {
            assert_eq!(which(text).unwrap_err().code(), "cli.undo.which", "{text}");
        }
        let zone: Zone = serde_json::from_str("\"Asia/Shanghai\"").unwrap();
        for (text, expected) in [
            ("1h", 1_000_000_000_000 - 3_600_000),
            ("1970-01-02T00:00:00Z", 86_400_000),
            ("1970-01-02", 86_400_000 - 8 * 3_600_000),
            ("1970-01-02T08:00:00", 86_400_000),
        ] {
            assert_eq!(when(text, 1_000_000_000_000, &zone).unwrap(), expected, "{text}");
        }
        assert_eq!(when("tomorrow", 0, &zone).unwrap_err().code(), "cli.undo.when");
    }
}
