//! Scripts are saved, broken and mended while a group talks: every message is decided by one version, the one
//! that the log names, and none is lost or refused.

use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kith_core::community::Blueprint;
use kith_core::event::Event;
use kith_core::ids::MemberId;
use kith_core::message::{self, Part};
use kith_core::ports::Records as _;
use kith_core::record::Record;
use kith_core::script::RunOutcome;
use kith_runtime::draft::Draft;
use kith_runtime::engine::Engine;
use kith_runtime::mint::Mint;
use kith_runtime::scripting::{Desk, Folder, Looking, Told, Watch, What};
use tempfile::TempDir;
use tokio::sync::mpsc;

use crate::world::{Place, World};

const PATIENCE: Duration = Duration::from_secs(60);
/// Members who talk at the same time, each in turn with so many others.
const TALKERS: usize = 4;
const MEMBERS_EACH: usize = 12;
/// What one member may ask in a minute, less some.
const MESSAGES_EACH: usize = 100;

/// A group with a folder of scripts.
struct Scene {
    world: World,
    place: Place,
    folder: TempDir,
}

impl Scene {
    fn new() -> Self {
        let world = World::new();
        let place = world.found("garden", &Blueprint::default());
        Self { world, place, folder: TempDir::new().unwrap() }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A version that marks every message with its number.
    fn save(&self, number: u32) {
        let source = format!("fn on_message(ctx, message) {{ rewrite(`${{message.text}} by {number}`) }}\n");
        fs::write(self.file("mark.rhai"), source).unwrap();
    }

    fn watch(&self) -> (Watch, mpsc::UnboundedReceiver<Told>) {
        let (sender, told) = mpsc::unbounded_channel();
        let (engine, mint) = (self.world.engine().clone(), Arc::new(Mint::System));
        let desk = Desk { engine, mint, compiler: self.world.opened().scripting().compiler() };
        let (community, path) = (self.place.id, self.folder.path().to_owned());
        let folder = Folder { community, path, looking: Looking::Told };
        let start = async move {
            Watch::start(desk, folder, move |what| {
                // The case is over.
                let _ = sender.send(what);
            })
        };
        (self.world.wait(start).unwrap(), told)
    }

    /// Every posted message with the version that its run names, in the log's order.
    fn decided(&self) -> Vec<(String, Vec<u32>)> {
        let mut decided = Vec::new();
        let visit = &mut |frame: kith_core::ports::StoredFrame| {
            for stored in &frame.records {
                let record = Record::decode(&stored.bytes).unwrap();
                let posted = record.events.iter().find_map(|event| match event {
                    Event::Message(message::Event::Posted { parts, .. }) => Some(parts),
                    _ => None,
                });
                let Some(parts) = posted else { continue };
                let bodies: kith_core::body::Bodies = stored.bodies.iter().cloned().collect();
                let text = parts.iter().find_map(Part::text).and_then(|body| bodies.text(body));
                assert!(record.runs.iter().all(|run| run.outcome == RunOutcome::Rewrite));
                let versions = record.runs.iter().map(|run| run.version).collect();
                decided.push((text.unwrap_or_default().to_owned(), versions));
            }
            ControlFlow::Continue(())
        };
        self.world.opened().store().log().read(self.place.id, 1, visit).unwrap();
        decided
    }
}

/// What becomes of the script next.
async fn next(told: &mut mpsc::UnboundedReceiver<Told>) -> What {
    let next = async {
        loop {
            if let Told::Reload(reload) = told.recv().await.expect("it watches") {
                return reload.what;
            }
        }
    };
    tokio::time::timeout(PATIENCE, next).await.expect("it does not take that long")
}

/// Talks until told to stop; gives how many messages were taken. Every one has to be.
async fn talk(engine: Engine, drafts: Vec<Draft>, stop: Arc<AtomicBool>) -> usize {
    let mut said = 0;
    for draft in drafts {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        engine.ask(draft).await.expect("no message fails while scripts change");
        said += 1;
    }
    said
}

#[test]
fn every_message_is_decided_by_one_recorded_version_while_files_are_saved_broken_and_mended() {
    let scene = Scene::new();
    let place = scene.place;
    scene.save(1);
    let (watch, mut told) = scene.watch();
    assert!(matches!(scene.world.wait(next(&mut told)), What::Live { version: 1, .. }));
    let members: Vec<MemberId> = (0..TALKERS * MEMBERS_EACH)
        .map(|number| scene.world.join(place.id, &format!("member {number}")))
        .collect();
    let stop = Arc::new(AtomicBool::new(false));
    let talkers: Vec<_> = members
        .chunks(MEMBERS_EACH)
        .map(|members| {
            let words = (0..MESSAGES_EACH).flat_map(|_| members);
            let drafts = words.map(|member| scene.world.message(place.id, place.channel, *member, "hello"));
            (scene.world.engine().clone(), drafts.collect(), Arc::clone(&stop))
        })
        .collect();
    let story = async {
        let talkers: Vec<_> = talkers
            .into_iter()
            .map(|(engine, drafts, stop)| tokio::spawn(talk(engine, drafts, stop)))
            .collect();
        for number in 2..=4 {
            fs::write(scene.file("mark.rhai"), "fn on_message(ctx, message) { alow() }\n").unwrap();
            let refused = next(&mut told).await;
            assert!(matches!(refused, What::Refused { live, .. } if live == Some(number - 1)), "{refused:?}");
            scene.save(number);
            let live = next(&mut told).await;
            assert!(matches!(live, What::Live { version, .. } if version == number), "{live:?}");
        }
        stop.store(true, Ordering::Relaxed);
        let mut said = 0;
        for talker in talkers {
            said += talker.await.unwrap();
        }
        watch.stop().await;
        said
    };
    let said = scene.world.wait(story);
    let decided = scene.decided();
    assert_eq!(decided.len(), said, "none is lost");
    assert!(said > 20, "nobody talked: {said}");
    for (text, versions) in &decided {
        let [version] = versions[..] else { panic!("decided by {versions:?}") };
        assert_eq!(*text, format!("hello by {version}"));
    }
    assert!(decided.is_sorted_by_key(|(_, versions)| versions[0]), "an old version came back");
}

#[test]
fn the_last_good_version_decides_after_a_restart_too() {
    let mut scene = Scene::new();
    scene.save(1);
    let (watch, mut told) = scene.watch();
    assert!(matches!(scene.world.wait(next(&mut told)), What::Live { .. }));
    fs::write(scene.file("mark.rhai"), "fn on_message(ctx, message) { (").unwrap();
    assert!(matches!(scene.world.wait(next(&mut told)), What::Refused { live: Some(1), .. }));
    scene.world.wait(watch.stop());
    scene.world.restart();
    let place = scene.place;
    let member = scene.world.join(place.id, "rose");
    scene.world.post(place, member, "hello").unwrap();
    let (watch, mut told) = scene.watch();
    assert!(matches!(scene.world.wait(next(&mut told)), What::Refused { live: Some(1), .. }));
    scene.world.post(place, member, "hello again").unwrap();
    let texts: Vec<String> = scene.decided().into_iter().map(|(text, _)| text).collect();
    assert_eq!(texts, ["hello by 1", "hello again by 1"]);
    scene.world.wait(watch.stop());
}
