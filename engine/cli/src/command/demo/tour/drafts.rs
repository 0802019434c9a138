//! The scenes about a script: a draft meets the month, is saved broken and mended, holds what regulars say,
//! and is undone.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use kith_core::ids::ChannelId;
use kith_core::ports::Clock as _;
use kith_runtime::draft::Asker;
use kith_runtime::replay::{self, Draft, Plan, Report};
use kith_runtime::scripting::{Reload, Told, What};
use kith_runtime::undo::{Asked, Mode};

use super::Tour;
use crate::clock::SystemClock;
use crate::command::{script, shown};
use crate::failure::Failure;

/// The script that is worked on, and the version that the month leaves live.
const GUARD: &str = "guard";
const LIVE: u32 = 2;
/// The version that is stricter.
const DRAFT: u32 = 3;
/// Regulars whose words are shown.
const REGULARS_SHOWN: usize = 4;
/// Sentences that begin or end with so many same signs are shown once.
const SIGNS_ALIKE: usize = 5;
/// How long a save is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// A draft with a slip of the pen.
fn broken(source: &str) -> String {
    source.replacen("message.text.", "mesage.text.", 1)
}

/// Of some regulars what would have been held, no two sentences that begin or end alike.
fn words_of_regulars(report: &Report) -> Vec<(String, String)> {
    let (mut known, mut shown_ones) = (BTreeSet::new(), Vec::new());
    let ends = |text: &str| {
        let first: String = text.chars().take(SIGNS_ALIKE).collect();
        let last: String = text.chars().rev().take(SIGNS_ALIKE).collect();
        [first, last]
    };
    for regular in &report.regulars {
        let is_new = |text: &str| ends(text).iter().all(|end| !known.contains(end));
        let case = regular.cases.iter().find(|case| is_new(&case.text));
        let Some(case) = case.filter(|_| shown_ones.len() < REGULARS_SHOWN) else { continue };
        known.extend(ends(&case.text));
        shown_ones.push((shown::printable(&regular.nickname), shown::printable(&case.text)));
    }
    shown_ones
}

impl Tour<'_, '_> {
    pub(super) async fn replay(&mut self) -> Result<(), Failure> {
        self.scene("replay").await?;
        self.say("replay_draft", &[]).await?;
        let report = self.replayed().await?;
        let by_regulars: u64 = report.regulars.iter().map(|regular| regular.messages).sum();
        let held = report.against.as_ref().map_or(report.held, |against| against.stricter);
        let numbers = [report.messages, held, by_regulars, report.regulars_hit];
        (self.facts.replay_held, self.facts.replay_regulars) = (held, report.regulars_hit);
        self.facts.replay_by_regulars = by_regulars;
        let [messages, held, by_regulars, regulars] = numbers.map(|number| number.to_string());
        let arguments = [
            ("messages", messages.as_str()),
            ("held", &held),
            ("regular_hits", &by_regulars),
            ("regulars", &regulars),
        ];
        self.say("replay_count", &arguments).await?;
        for (name, text) in words_of_regulars(&report) {
            self.say("replay_line", &[("name", &name), ("text", &text)]).await?;
        }
        let both = report.held.saturating_sub(self.facts.replay_held).to_string();
        self.say("replay_live", &[("same", &both)]).await?;
        self.page("/desk/scripts")
    }

    /// The stricter draft beside the live version, over everything that was said.
    async fn replayed(&self) -> Result<Report, Failure> {
        let script = self.session.view(self.community, |_, it| it.scripts.get(GUARD).cloned()).await?;
        let live = script.as_ref().and_then(|script| Some(Draft::of(script, script.live()?)));
        let binding = live.as_ref().map(|live| live.binding.clone()).unwrap_or_default();
        let hooks = live.as_ref().map(|live| live.hooks.clone()).unwrap_or_default();
        let source = self.world.script(GUARD, DRAFT).to_owned();
        let draft = Draft { name: GUARD.to_owned(), source, hooks, binding };
        let plan = Plan { against: live, ..Plan::new(self.community, draft) };
        let ports = self.session.opened.ports();
        let stage = replay::Stage {
            records: ports.records.as_ref(),
            keys: Arc::clone(&ports.keys),
            runner: self.session.opened.scripting().runner(),
        };
        Ok(replay::run(&stage, &plan, &mut |_| ControlFlow::Continue(()))?)
    }

    pub(super) async fn save(&mut self) -> Result<(), Failure> {
        self.scene("save").await?;
        self.say("save_broken", &[]).await?;
        let source = self.world.script(GUARD, DRAFT);
        let told = self.saved(&broken(source), |what| matches!(what, What::Refused { .. })).await?;
        if let Some((Reload { what: What::Refused { live, .. }, .. }, words)) = told {
            (self.facts.saves_refused, self.facts.version_kept) = (1, live.unwrap_or(0));
            self.voice.say(words.trim_end()).await?;
        }
        let version = self.facts.version_kept.to_string();
        self.say("save_stands", &[("version", &version)]).await?;
        let clock = SystemClock::start();
        let told = self.saved(source, |what| matches!(what, What::Live { .. })).await?;
        let ms = clock.monotonic_ms().to_string();
        if let Some((Reload { what: What::Live { version, .. }, .. }, _)) = told {
            self.facts.version_live = version;
            self.say("save_mended", &[("version", &version.to_string()), ("ms", &ms)]).await?;
        }
        self.page(&format!("/desk/scripts/{GUARD}/edit"))
    }

    /// Saves the script and waits for what comes of it, which is given with the words for it.
    async fn saved(
        &mut self,
        source: &str,
        awaited: impl Fn(&What) -> bool,
    ) -> Result<Option<(Reload, String)>, Failure> {
        self.running.save(GUARD, source)?;
        let told = &mut *self.told;
        let next = async {
            while let Some(what) = told.recv().await {
                if let Told::Reload(reload) = &what
                    && reload.script == GUARD
                    && awaited(&reload.what)
                {
                    return Some(what);
                }
            }
            None
        };
        let what = tokio::time::timeout(PATIENCE, next).await.ok().flatten();
        Ok(what.and_then(|what| {
            let words = script::in_words(self.language, &what);
            match what {
                Told::Reload(reload) => Some((reload, words)),
                Told::Looked | Told::Trouble(_) => None,
            }
        }))
    }

    pub(super) async fn undo(&mut self, yard: ChannelId) -> Result<(), Failure> {
        self.scene("undo").await?;
        let (mut lines, mut held) = (Vec::new(), 0_u64);
        for (place, person) in self.running.made.regulars.iter().enumerate() {
            let text = self.world.word(&format!("talk_{}", place + 1));
            let member = self.member(*person).await?;
            held += u64::from(self.post(member, yard, text).await?.hold.is_some());
            lines.push(format!("{}: {text}", self.name(member).await?));
        }
        self.facts.held_by_draft = held;
        let said = lines.len().to_string();
        self.say("undo_talk", &[("said", &said), ("held", &held.to_string())]).await?;
        self.voice.say(&lines.iter().take(REGULARS_SHOWN).cloned().collect::<Vec<_>>().join("\n")).await?;
        self.session.index_ready().await;
        let version = self.facts.version_live.to_string();
        let (planned, _) = self.undone(Mode::Plan).await?;
        self.facts.undo_planned = planned;
        self.say("undo_plan", &[("n", &planned.to_string()), ("version", &version)]).await?;
        let (undone, members) = self.undone(Mode::Carry).await?;
        self.facts.undone = undone;
        self.say("undo_done", &[("n", &undone.to_string()), ("members", &members.to_string())]).await?;
        let live = |what: &What| matches!(what, What::Live { .. } | What::Stands { .. });
        self.saved(self.world.script(GUARD, LIVE), live).await?;
        let version = self.session.view(self.community, |_, it| {
            it.scripts.get(GUARD).and_then(|script| script.live()).map_or(0, |version| version.number)
        });
        let version = version.await?.to_string();
        self.say("undo_back", &[("version", &version)]).await?;
        self.page(&Self::channel_path(yard))
    }

    /// Takes back what the draft did, or only lists it: things and members.
    async fn undone(&self, mode: Mode) -> Result<(u64, usize), Failure> {
        let (community, script) = (self.community, GUARD.to_owned());
        let version = self.facts.version_live;
        let asked = Asked { community, script, version, since_ms: None, mode, by: Asker::HOST };
        let found = self.session.engine.undo(asked, &self.session.mint, Box::new(|_, _| ())).await?;
        Ok((found.undone, found.members.len()))
    }
}
