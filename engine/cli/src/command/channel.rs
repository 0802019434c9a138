//! `kith channel …`: what was said, read from the log, imported talk included.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::ops::ControlFlow;

use clap::{Args, Subcommand};
use kith_core::body::Bodies;
use kith_core::event::Event;
use kith_core::ids::{ChannelId, MemberId, MessageId};
use kith_core::message::Part;
use kith_core::ports::StoredFrame;
use kith_core::record::Record;
use kith_core::refusal::Refusal;
use kith_core::{import, message, queue};
use kith_runtime::import::reenact::first_group;
use serde_json::json;

use super::shown;
use crate::arguments::InCommunity;
use crate::failure::Failure;
use crate::report::Report;
use crate::session::{self, Folder, Session};

/// What can be done with channels.
#[derive(Debug, Subcommand)]
pub(crate) enum Channels {
    /// Read the last messages of a channel
    Read(Read),
}

/// Read the last messages of a channel.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  kith channel read --data data --community zig --since 2020-06-01 --last 100"
)]
pub(crate) struct Read {
    #[command(flatten)]
    target: InCommunity,
    /// The channel [default: the first group channel]
    #[arg(long, value_name = "NAME")]
    channel: Option<String>,
    /// So many
    #[arg(long, value_name = "N", default_value_t = 20)]
    last: usize,
    /// Only what was said from this day on, in the community's zone
    #[arg(long, value_name = "YYYY-MM-DD")]
    since: Option<jiff::civil::Date>,
}

/// A message as it was said.
struct Said {
    id: MessageId,
    author: MemberId,
    at_ms: u64,
    text: String,
}

/// The newest messages by when they were said.
struct Tail {
    channel: ChannelId,
    since_ms: u64,
    last: usize,
    said: VecDeque<Said>,
    /// Texts of what was held or denied: it may be let through by a later record, which does not repeat them.
    waiting: Bodies,
}

impl Channels {
    pub(super) fn run(self) -> Result<Report, Failure> {
        match self {
            Self::Read(read) => read.run(),
        }
    }
}

impl Read {
    fn run(self) -> Result<Report, Failure> {
        session::run(&self.target.place.data, Folder::Existing, async |session| self.read(session).await)
    }

    async fn read(&self, session: &Session) -> Result<Report, Failure> {
        let id = session.community(&self.target.community).await?;
        let name = self.channel.clone();
        let what = name.clone().unwrap_or_else(|| "channel".to_owned());
        let found = session.view(id, move |_, community| {
            let channel = match name {
                Some(name) => community.channels.of_name(&name).map(|channel| channel.id),
                None => first_group(community),
            };
            (channel, community.profile.zone.clone())
        });
        let (channel, zone) = found.await?;
        let channel = channel.ok_or(Refusal::NotFound { what })?;
        let since = self.since.and_then(|day| day.to_zoned(zone.rules()).ok());
        let since_ms = since.map_or(0, |day| u64::try_from(day.timestamp().as_millisecond()).unwrap_or(0));
        let mut tail =
            Tail { channel, since_ms, last: self.last, said: VecDeque::new(), waiting: Bodies::default() };
        session.engine.ports().records.read(id, 1, &mut |frame| {
            tail.frame(&frame);
            ControlFlow::Continue(())
        })?;
        let said = tail.said;
        session
            .view(id, move |stream, _| {
                let (mut text, mut values) = (String::new(), Vec::new());
                for Said { id, author, at_ms, text: words } in &said {
                    let who = shown::nickname(stream, *author);
                    // Writing to a string cannot fail.
                    let _ = writeln!(text, "{}  {who}: {words}", shown::moment(*at_ms, &zone));
                    values.push(json!({
                        "id": id, "author": author, "nickname": who, "at_ms": at_ms, "text": words,
                    }));
                }
                Report::new(&json!({ "messages": values }), text)
            })
            .await
    }
}

impl Tail {
    fn frame(&mut self, frame: &StoredFrame) {
        for stored in &frame.records {
            // `kith verify` tells of a record that does not decode; what can be read is read.
            let Ok(record) = Record::decode(&stored.bytes) else { continue };
            let bodies: Bodies = stored.bodies.iter().cloned().collect();
            for event in &record.events {
                match event {
                    Event::Message(message::Event::Posted { header, parts, .. })
                        if header.channel == self.channel =>
                    {
                        self.put((header.id, header.author), header.at_ms, parts, &bodies);
                    }
                    Event::Import(import::Event::MessageImported {
                        message,
                        channel,
                        author,
                        said_at_ms,
                        parts,
                        ..
                    }) if *channel == self.channel => {
                        self.put((*message, *author), *said_at_ms, parts, &bodies);
                    }
                    Event::Message(message::Event::Denied { .. })
                    | Event::Queue(queue::Event::Held { .. }) => self.waiting.extend(bodies.clone()),
                    _ => {}
                }
            }
        }
    }

    fn put(&mut self, (id, author): (MessageId, MemberId), at_ms: u64, parts: &[Part], bodies: &Bodies) {
        if at_ms < self.since_ms {
            return;
        }
        let full = self.said.len() >= self.last;
        if full && self.said.front().is_none_or(|first| at_ms < first.at_ms) {
            return;
        }
        let here = parts.iter().filter_map(Part::body).all(|body| bodies.get(body).is_some());
        let bodies = if here { bodies } else { &self.waiting };
        let place = self.said.partition_point(|said| said.at_ms <= at_ms);
        self.said.insert(place, Said { id, author, at_ms, text: shown::parts(bodies, parts) });
        if full {
            self.said.pop_front();
        }
    }
}
