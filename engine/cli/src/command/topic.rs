//! `kith topic …`: the hour at which topics are raised, the board of what is planned, and what was raised.
//!
//! Says what the core keeps and asks what it offers; which topic is chosen and where it is raised is the
//! core's. What was typed here belongs to nobody, so that no erasure takes it.

use clap::{Args, Subcommand};
use kith_core::body::Bodies;
use kith_core::command::Actor;
use kith_core::community::Language;
use kith_core::ids::{MemberId, TopicId};
use kith_core::stream::{Community, Stream};
use kith_core::topic::{CalendarError, Command, Day, Planned, Raised, Source, TimeOfDay, TopicConfig};
use kith_runtime::import::reenact::first_group;
use serde_json::{Value, json};

use super::{Stage, shown};
use crate::arguments::InCommunity;
use crate::failure::Failure;
use crate::report::Report;
use crate::session::{self, Folder};

/// What can be done with topics.
#[derive(Debug, Subcommand)]
pub(crate) enum Topics {
    /// Show when topics are raised, and the board of those that are planned
    List(List),
    /// Put a topic on the board
    Plan(Plan),
    /// Take a topic off the board
    Cancel(Cancel),
    /// Set the hour, the channel, how many, and how long none may come again
    Hour(Hour),
    /// Show the topics that were raised, with what each brought: replies and people within a day
    Past(Past),
}

/// Show when topics are raised, and the board of those that are planned.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  kith topic list --data data --community garden")]
pub(crate) struct List {
    #[command(flatten)]
    target: InCommunity,
}

/// Put a topic on the board. It is raised at the first hour of its day, before anything else is.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kith topic plan --data data --community garden --day 2026-05-01 \"What do you sow in May?\"
  kith topic plan --data data --community garden --day 2026-05-08 \"Picnic\" --text \"Who brings what?\"")]
pub(crate) struct Plan {
    #[command(flatten)]
    target: InCommunity,
    /// For which day, in the community's zone
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    day: Day,
    /// The topic, in one line
    title: String,
    /// What else there is to say, below the title
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
}

/// Take a topic off the board.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  kith topic cancel --data data --community garden tpc_…")]
pub(crate) struct Cancel {
    #[command(flatten)]
    target: InCommunity,
    /// Its id, as `kith topic list` shows it
    topic: TopicId,
}

/// Set when and where topics are raised. What is not named stays as it is.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kith topic hour --data data --community garden 09:00                    once a day
  kith topic hour --data data --community garden 09:00 21:00 --channel hall --repeat-days 60
  kith topic hour --data data --community garden --never")]
#[group(id = "change", required = true, multiple = true)]
pub(crate) struct Hour {
    #[command(flatten)]
    target: InCommunity,
    /// The times of the day, in the community's zone, instead of those that were set
    #[arg(group = "change", value_name = "HH:MM", value_parser = time)]
    at: Vec<TimeOfDay>,
    /// Raise no topics any more
    #[arg(long, group = "change", conflicts_with = "at")]
    never: bool,
    /// The channel; an empty name for the first group channel
    #[arg(long, group = "change", value_name = "NAME")]
    channel: Option<String>,
    /// How many at a time
    #[arg(long, group = "change", value_name = "N")]
    count: Option<u32>,
    /// How many days none may come again
    #[arg(long, group = "change", value_name = "N")]
    repeat_days: Option<u32>,
    /// The list of the community that topics are taken from when nobody has a better one
    #[arg(long, group = "change", value_name = "NAME")]
    list: Option<String>,
    /// How many days a question without an answer is raised as a topic; 0 for never
    #[arg(long, group = "change", value_name = "N")]
    question_days: Option<u32>,
}

/// Show the topics that were raised, with what each brought: replies and people within a day.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  kith topic past --data data --community garden --last 7")]
pub(crate) struct Past {
    #[command(flatten)]
    target: InCommunity,
    /// So many
    #[arg(long, value_name = "N", default_value_t = 20)]
    last: usize,
}

fn day(text: &str) -> Result<Day, CalendarError> {
    Day::try_from(text.to_owned())
}

fn time(text: &str) -> Result<TimeOfDay, CalendarError> {
    TimeOfDay::try_from(text.to_owned())
}

impl Topics {
    pub(super) fn run(self, stage: &Stage<'_>) -> Result<Report, Failure> {
        let say = Say(stage.language);
        match self {
            Self::List(list) => list.run(say),
            Self::Plan(plan) => plan.run(say),
            Self::Cancel(cancel) => cancel.run(say),
            Self::Hour(hour) => hour.run(say),
            Self::Past(past) => past.run(say),
        }
    }
}

/// Says sentences of `cli.topic.…`.
#[derive(Clone, Copy)]
struct Say(Language);

impl Say {
    fn of(self, code: &str, args: &[(&str, &str)]) -> String {
        shown::sentence(self.0, &shown::text(&format!("cli.topic.{code}"), args))
    }

    fn line(self, code: &str, args: &[(&str, &str)]) -> String {
        self.of(code, args) + "\n"
    }
}

impl List {
    fn run(self, say: Say) -> Result<Report, Failure> {
        session::run(&self.target.place.data, Folder::Existing, async |session| {
            let id = session.community(&self.target.community).await?;
            let page = session.view(id, move |stream, community| {
                let mut rows: Vec<_> = community.topics.planned.iter().collect();
                rows.sort_by_key(|(id, planned)| (planned.day, **id));
                let (values, lines): (Vec<Value>, Vec<Vec<String>>) =
                    rows.into_iter().map(|row| on_board(stream, row)).unzip();
                let mut text = when(community, say);
                if lines.is_empty() {
                    text.push_str(&say.line("board_empty", &[]));
                } else {
                    text.push_str(&say.line("board", &[]));
                    text.push_str(&shown::table(&lines));
                }
                let topics = &community.topics;
                let value = json!({ "planned": values, "config": topics.config, "next_ms": topics.next_ms });
                Report::new(&value, text)
            });
            page.await
        })
    }
}

/// A topic on the board, with its second text below the first.
fn on_board(stream: &Stream, (id, planned): (&TopicId, &Planned)) -> (Value, Vec<String>) {
    let by = planned.by.map_or_else(|| "host".to_owned(), |by| shown::nickname(stream, by));
    let title = shown::body(&stream.bodies, &planned.title);
    let text = planned.text.as_ref().map(|text| shown::body(&stream.bodies, text));
    let said = text.iter().fold(title.clone(), |said, text| format!("{said} – {text}"));
    let value = json!({
        "id": id, "day": planned.day, "title": title, "text": text, "by": planned.by, "by_name": by,
    });
    (value, vec![id.to_string(), planned.day.to_string(), by, said])
}

/// When, where, how many, and what keeps one from coming again.
fn when(community: &Community, say: Say) -> String {
    let (config, zone) = (&community.topics.config, &community.profile.zone);
    let hours: Vec<String> = config.at.iter().map(|time| String::from(*time)).collect();
    let first = || Some(community.channels.get(first_group(community)?)?.name.clone());
    let channel = match config.channel.is_empty() {
        true => first().unwrap_or_else(|| "?".to_owned()),
        false => config.channel.clone(),
    };
    let mut text = match community.topics.next_ms {
        None => say.line("never", &[]),
        Some(next_ms) => say.line(
            "at",
            &[
                ("hours", &hours.join(", ")),
                ("zone", zone.name()),
                ("channel", &channel),
                ("count", &config.count.to_string()),
                ("next", &shown::moment(next_ms, zone)),
            ],
        ),
    };
    let lines = community.profile.lists.get(&config.list).map_or(0, |lines| lines.len());
    text.push_str(&say.line(
        "pause",
        &[("days", &config.repeat_days.to_string()), ("list", &config.list), ("n", &lines.to_string())],
    ));
    if config.question_days > 0 {
        text.push_str(&say.line("questions", &[("days", &config.question_days.to_string())]));
    }
    text
}

impl Plan {
    fn run(self, say: Say) -> Result<Report, Failure> {
        session::run(&self.target.place.data, Folder::Existing, async |session| {
            let community = session.community(&self.target.community).await?;
            let now_ms = session.now_ms();
            let id = session.mint.command(now_ms);
            let mut bodies = Bodies::default();
            let mut put = |text: &str| session.mint.text(&mut bodies, now_ms, MemberId(id.0), text);
            let title = put(&self.title);
            let text = self.text.as_deref().map(&mut put);
            let from = (id, Actor::Host, bodies);
            session.ask_from(from, community, Command::Plan { day: self.day, title, text }).await?;
            let (topic, day) = (TopicId(id.0), self.day.to_string());
            let value = json!({ "id": topic, "day": self.day });
            Ok(Report::new(&value, say.line("is_planned", &[("topic", &topic.to_string()), ("day", &day)])))
        })
    }
}

impl Cancel {
    fn run(self, say: Say) -> Result<Report, Failure> {
        session::run(&self.target.place.data, Folder::Existing, async |session| {
            let community = session.community(&self.target.community).await?;
            session.ask(community, Command::Drop { topic: self.topic }).await?;
            let value = json!({ "id": self.topic, "cancelled": true });
            Ok(Report::new(&value, say.line("is_cancelled", &[("topic", &self.topic.to_string())])))
        })
    }
}

impl Hour {
    fn run(self, say: Say) -> Result<Report, Failure> {
        session::run(&self.target.place.data, Folder::Existing, async |session| {
            let id = session.community(&self.target.community).await?;
            let old = session.view(id, |_, community| community.topics.config.clone()).await?;
            session.ask(id, Command::Configure { config: self.changed(old) }).await?;
            let page = session.view(id, move |_, community| {
                let topics = &community.topics;
                let value = json!({ "config": topics.config, "next_ms": topics.next_ms });
                Report::new(&value, when(community, say))
            });
            page.await
        })
    }

    fn changed(&self, old: TopicConfig) -> TopicConfig {
        let at = match (self.never, self.at.is_empty()) {
            (true, _) => Vec::new(),
            (false, true) => old.at,
            (false, false) => self.at.clone(),
        };
        TopicConfig {
            at,
            channel: self.channel.clone().unwrap_or(old.channel),
            count: self.count.unwrap_or(old.count),
            repeat_days: self.repeat_days.unwrap_or(old.repeat_days),
            list: self.list.clone().unwrap_or(old.list),
            question_days: self.question_days.unwrap_or(old.question_days),
        }
    }
}

impl Past {
    fn run(self, say: Say) -> Result<Report, Failure> {
        session::run(&self.target.place.data, Folder::Existing, async |session| {
            let id = session.community(&self.target.community).await?;
            let last = self.last;
            let page = session.view(id, move |stream, community| {
                let raised = community.topics.past().rev().take(last);
                let (values, lines): (Vec<Value>, Vec<Vec<String>>) =
                    raised.map(|raised| was_raised(stream, community, raised, say)).unzip();
                if lines.is_empty() {
                    return Report::new(&json!({ "raised": values }), say.line("none_raised", &[]));
                }
                let head = ["when", "replies", "people", "whence", "title"];
                let head = head.map(|column| say.of(&format!("column.{column}"), &[])).to_vec();
                let rows: Vec<_> = std::iter::once(head).chain(lines).collect();
                Report::new(&json!({ "raised": values }), shown::table(&rows))
            });
            page.await
        })
    }
}

/// A topic that was raised, with what it brought.
fn was_raised(stream: &Stream, community: &Community, raised: &Raised, say: Say) -> (Value, Vec<String>) {
    let title = shown::body(&stream.bodies, &raised.title);
    let (whence, script) = match raised.source {
        Source::Board { .. } => ("board", None),
        Source::Question { .. } => ("question", None),
        Source::List => ("list", None),
        Source::Script { no } => {
            let name = community.scripts.numbered(no).map(|script| script.name.clone());
            ("script", Some(name.unwrap_or_else(|| format!("#{no}"))))
        }
    };
    let said = say.of(&format!("source.{whence}"), &[("script", script.as_deref().unwrap_or_default())]);
    let value = json!({
        "message": raised.message, "channel": raised.channel, "at_ms": raised.at_ms, "title": title,
        "source": whence, "script": script, "replies": raised.replies, "people": raised.people,
    });
    let at = shown::moment(raised.at_ms, &community.profile.zone);
    (value, vec![at, raised.replies.to_string(), raised.people.to_string(), said, title])
}
