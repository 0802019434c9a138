//! The tour: what the demo shows in the terminal, scene by scene, on the engine that serves the pages.
//!
//! Each scene asks the engine for something, says what it said to whom, and names the page that shows the
//! same. What is counted here is what happened; nothing is told that was not read back.

mod acts;
mod drafts;
mod people;

use kith_core::community::Language;
use kith_core::ids::{ChannelId, CommunityId};
use kith_runtime::scripting::Told;
use serde::Serialize;
use tokio::sync::mpsc;

use super::Running;
use super::voice::Voice;
use super::world::World;
use crate::failure::Failure;
use crate::session::Session;
use crate::watch::Interrupt;

/// What the tour came to, for programs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct Facts {
    joined: u64,
    held: u64,
    appealed: u64,
    /// Messages of the month that the stricter draft would have held and the live version did not.
    replay_held: u64,
    replay_regulars: u64,
    replay_by_regulars: u64,
    /// Saves that were not put in.
    saves_refused: u64,
    /// What decided while the broken draft lay there.
    version_kept: u32,
    version_live: u32,
    held_by_draft: u64,
    undo_planned: u64,
    undone: u64,
    /// Whether the walk came to its end.
    ended: bool,
}

/// A walk.
pub(super) struct Tour<'a, 'v> {
    running: &'a Running<'a>,
    session: &'a Session,
    world: &'a World,
    community: CommunityId,
    language: Language,
    voice: &'a mut Voice<'v>,
    told: &'a mut mpsc::UnboundedReceiver<Told>,
    facts: Facts,
}

impl<'a, 'v> Tour<'a, 'v> {
    pub(super) fn new(
        running: &'a Running<'a>,
        language: Language,
        voice: &'a mut Voice<'v>,
        told: &'a mut mpsc::UnboundedReceiver<Told>,
    ) -> Self {
        let Running { session, world, made, .. } = running;
        let (community, facts) = (made.community, Facts::default());
        Self { running, session, world, community, language, voice, told, facts }
    }

    /// Walks all scenes, or until somebody wants it to end.
    pub(super) async fn walk(mut self, interrupt: &Interrupt) -> Result<Facts, Failure> {
        let yard = self.running.made.yard;
        self.gate().await?;
        if !interrupt.is_set() {
            self.advertisement(yard).await?;
        }
        if !interrupt.is_set() {
            self.replay().await?;
        }
        if !interrupt.is_set() {
            self.save().await?;
            self.undo(yard).await?;
            self.facts.ended = true;
            self.voice.line(self.world.word("end"))?;
            self.voice.line("")?;
        }
        Ok(self.facts)
    }

    /// Says one of the world's sentences in the scene.
    async fn say(&mut self, name: &str, arguments: &[(&str, &str)]) -> Result<(), Failure> {
        let text = self.world.told(name, arguments);
        self.voice.say(&text).await
    }

    async fn scene(&mut self, name: &'static str) -> Result<(), Failure> {
        let title = self.world.word(&format!("{name}_title")).to_owned();
        self.voice.scene(name, &title).await
    }

    fn page(&mut self, path: &str) -> Result<(), Failure> {
        let address = self.running.page(path);
        self.voice.page(&address)
    }

    fn channel_path(channel: ChannelId) -> String {
        format!("/ch/{channel}")
    }
}
