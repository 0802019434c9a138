//! What each version of a script did, read from the log: when it stood where, and what its runs came to.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use kith_core::event::Event;
use kith_core::hook::Hook;
use kith_core::ids::{CommunityId, MemberId};
use kith_core::ports::Records;
use kith_core::record::Record;
use kith_core::script::{self, Run, RunOutcome, Script, Version};
use serde::Serialize;

use crate::draft::AskError;
use crate::recover;

/// What became of a script since it was added.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct History {
    /// Its versions, oldest first.
    pub versions: Vec<Doing>,
    /// Whether the log begins after the script: runs before that are not counted.
    pub begins_late: bool,
}

/// What one version did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Doing {
    /// Its number.
    pub version: u32,
    /// SHA-256 of its source.
    #[serde(skip)]
    pub hash: [u8; 32],
    /// The source.
    #[serde(skip)]
    pub source: String,
    /// When it was put in, Unix milliseconds.
    pub put_at_ms: u64,
    /// By whom; `None` the host.
    pub by: Option<MemberId>,
    /// When it was live.
    pub live: Vec<Stand>,
    /// When it was in the shadow.
    pub shadow: Vec<Stand>,
    /// When it came into quarantine.
    pub quarantined_at_ms: Option<u64>,
    /// Runs, skipped ones left out.
    pub runs: u64,
    /// Operations of all runs.
    pub operations: u64,
    /// Runs that let through another text.
    pub rewritten: u64,
    /// Runs that held, or were made to hold by the cap.
    pub held: u64,
    /// Runs that denied.
    pub denied: u64,
    /// Breaches that it reported.
    pub breaches: u64,
    /// Runs that failed.
    pub faults: u64,
    /// Denials and sanctions that the cap made holds of.
    pub capped: u64,
    /// Times that it was not asked because its breaker was open.
    pub skipped: u64,
    /// Effects that were refused: no permission, too high a rank, nothing to change.
    pub refused: u64,
    /// The newest fault.
    pub last_fault: Option<Fault>,
}

/// A time in which a version stood somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Stand {
    /// From when on, Unix milliseconds.
    pub from_ms: u64,
    /// The record that put it there.
    pub from_seq: u64,
    /// Until when; `None` where it still does.
    pub until_ms: Option<u64>,
}

/// A run that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Its kind.
    pub kind: &'static str,
    /// In which hook.
    pub hook: Hook,
    /// Line of the source; 0 where there is none.
    pub line: u32,
    /// When, Unix milliseconds.
    pub at_ms: u64,
}

impl History {
    /// One version.
    pub fn version(&self, number: u32) -> Option<&Doing> {
        self.versions.iter().find(|doing| doing.version == number)
    }

    /// The version that was live before the one that is: where a rollback goes.
    pub fn before(&self, live: Option<u32>) -> Option<u32> {
        let sound = |doing: &&Doing| doing.quarantined_at_ms.is_none() && Some(doing.version) != live;
        let ended = self.versions.iter().filter(sound);
        let ended = ended.filter_map(|doing| Some((doing.live.last()?.from_seq, doing.version)));
        ended.max().map(|(_, version)| version)
    }
}

/// Reads what became of a script; `None` where there never was one of the name. A name that was given anew
/// means the newest script that bears it.
pub fn history(
    community: CommunityId,
    records: &dyn Records,
    name: &str,
) -> Result<Option<History>, AskError> {
    let (start, head) = recover::start_in_log(community, records)?;
    let mut told = Teller { name, found: None };
    if let Some(script) = start.community().and_then(|community| community.scripts.get(name)) {
        told.begin(script);
    }
    let mut broken = None;
    records.read(community, head.frame_no + 1, &mut |frame| {
        for stored in &frame.records {
            match recover::decode(community, stored) {
                Ok(record) => told.saw(&record),
                Err(what) => broken = Some(what),
            }
        }
        if broken.is_none() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    match broken {
        Some(what) => Err(AskError::Unreadable { community, what }),
        None => Ok(told.found.map(|found| History {
            versions: found.versions.into_values().collect(),
            begins_late: found.begins_late,
        })),
    }
}

struct Teller<'a> {
    name: &'a str,
    found: Option<Found>,
}

struct Found {
    no: u32,
    begins_late: bool,
    versions: BTreeMap<u32, Doing>,
}

impl Teller<'_> {
    /// A script that the log's beginning holds already.
    fn begin(&mut self, script: &Script) {
        let mut found = Found { no: script.no, begins_late: true, versions: BTreeMap::new() };
        script.versions.iter().for_each(|version| found.put(version));
        let since_ms = script.health.since_ms;
        found.stand((None, script.live), (since_ms, 0), |doing| &mut doing.live);
        found.stand((None, script.shadow), (since_ms, 0), |doing| &mut doing.shadow);
        self.found = Some(found);
    }

    fn saw(&mut self, record: &Record) {
        let at = (record.command.at_ms, record.seq);
        for event in &record.events {
            let Event::Script(event) = event else { continue };
            if let script::Event::Added { script, .. } = event
                && script.name == self.name
            {
                self.found = Some(Found { no: script.no, begins_late: false, versions: BTreeMap::new() });
            } else if let Some(found) = &mut self.found {
                found.happened(event, at);
            }
        }
        if let Some(found) = &mut self.found {
            let no = found.no;
            record.runs.iter().filter(|run| run.no == no).for_each(|run| found.ran(run, at.0));
        }
    }
}

impl Found {
    fn of(&mut self, version: u32) -> &mut Doing {
        self.versions.entry(version).or_insert_with(|| Doing { version, ..Doing::default() })
    }

    fn put(&mut self, version: &Version) {
        let doing = self.of(version.number);
        (doing.hash, doing.put_at_ms, doing.by) = (version.hash, version.at_ms, version.by);
        doing.source.clone_from(&version.source);
    }

    fn stand(
        &mut self,
        (old, new): (Option<u32>, Option<u32>),
        (at_ms, seq): (u64, u64),
        stands: fn(&mut Doing) -> &mut Vec<Stand>,
    ) {
        if let Some(last) = old.and_then(|old| stands(self.of(old)).last_mut()) {
            last.until_ms = last.until_ms.or(Some(at_ms));
        }
        if let Some(new) = new {
            stands(self.of(new)).push(Stand { from_ms: at_ms, from_seq: seq, until_ms: None });
        }
    }

    fn happened(&mut self, event: &script::Event, at: (u64, u64)) {
        match event {
            script::Event::VersionPut { no, version } if *no == self.no => self.put(version),
            script::Event::Switched { no, live, old } if *no == self.no => {
                self.stand((*old, *live), at, |doing| &mut doing.live);
            }
            script::Event::Shadowed { no, version, old } if *no == self.no => {
                self.stand((*old, *version), at, |doing| &mut doing.shadow);
            }
            script::Event::Quarantined { no, version, live } if *no == self.no => {
                self.stand((Some(*version), *live), at, |doing| &mut doing.live);
                self.of(*version).quarantined_at_ms = Some(at.0);
            }
            script::Event::Removed { old, .. } if old.no == self.no => {
                self.stand((old.live, None), at, |doing| &mut doing.live);
                self.stand((old.shadow, None), at, |doing| &mut doing.shadow);
            }
            _ => {}
        }
    }

    fn ran(&mut self, run: &Run, at_ms: u64) {
        let doing = self.of(run.version);
        let counted = match run.outcome {
            RunOutcome::Allow => None,
            RunOutcome::Rewrite => Some(&mut doing.rewritten),
            RunOutcome::Hold => Some(&mut doing.held),
            RunOutcome::Deny => Some(&mut doing.denied),
            RunOutcome::Violation => Some(&mut doing.breaches),
            RunOutcome::Fault => Some(&mut doing.faults),
            RunOutcome::Skipped => Some(&mut doing.skipped),
            RunOutcome::Capped => {
                doing.held += 1;
                Some(&mut doing.capped)
            }
        };
        if let Some(counted) = counted {
            *counted += 1;
        }
        doing.runs += u64::from(run.outcome != RunOutcome::Skipped);
        doing.operations = doing.operations.saturating_add(run.operations);
        doing.refused += u64::from(run.refused);
        if let Some(fault) = &run.fault {
            let line = fault.place.map_or(0, |place| place.line);
            doing.last_fault = Some(Fault { kind: fault.kind.code(), hook: fault.hook, line, at_ms });
        }
    }
}
