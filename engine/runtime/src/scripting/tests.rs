//! Folders that are watched, over an engine in memory, with a stand-in for the language: a source is fine
//! unless it says `broken`, and a case fails whose name the source does not hold.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use kith_core::community::Blueprint;
use kith_core::hook::Hook;
use kith_core::ids::CommunityId;
use kith_core::notice::Text;
use kith_core::script::{Command, Origin, Script};
use tempfile::TempDir;
use tokio::sync::mpsc;

use super::*;
use crate::blueprint::{Mistake, Place, Source};
use crate::engine::{Engine, Options};
use crate::host::Operator;
use crate::memory::{HandClock, Memory};
use crate::mint::Mint;
use crate::texts::ENGLISH_READER;

const PATIENCE: Duration = Duration::from_secs(60);

struct Words;

impl Compiler for Words {
    fn compile(&self, source: Source<'_>) -> Result<Compiled, Vec<Diagnostic>> {
        let found =
            source.text.lines().zip(1..).find_map(|(line, no)| Some((line, no, line.find("broken")?)));
        match found {
            None => Ok(Compiled { hooks: BTreeSet::from([Hook::Message]), warnings: Vec::new() }),
            Some((line, no, at)) => {
                let place = Place::of_line((source.path, no, at + 1), line, "broken".len());
                let advice = Some("write `whole`".to_owned());
                let mistake = Mistake { place, what: "this is broken".to_owned(), advice };
                Err(vec![Diagnostic::of_mistake("broken", mistake)])
            }
        }
    }

    fn cases(&self, source: Source<'_>, cases: Source<'_>) -> Result<Vec<Tried>, Vec<Diagnostic>> {
        let tried = |name: &str| {
            let differs = (!source.text.contains(name)).then(|| vec![Text::new(&format!("no {name}"))]);
            Tried { name: name.to_owned(), differs }
        };
        Ok(cases.text.lines().map(tried).collect())
    }
}

/// A community with a folder of scripts.
struct Room {
    folder: TempDir,
    desk: Desk,
    community: CommunityId,
    memory: Arc<Memory>,
}

/// A watch and what it tells.
struct Watched {
    watch: Watch,
    told: mpsc::UnboundedReceiver<Told>,
}

impl Room {
    async fn new() -> Self {
        let memory = Memory::new();
        let (clock, mint) = (HandClock::at(1_700_000_000_000), Arc::new(Mint::seeded(9)));
        let engine = Engine::start(memory.ports(clock), Options::default());
        let operator = Operator::start(&engine, &mint).await.unwrap();
        let community = operator.create("garden", Blueprint::default(), None).await.unwrap();
        let desk = Desk { engine: engine.clone(), mint: Arc::clone(&mint), compiler: Arc::new(Words) };
        Self { folder: TempDir::new().unwrap(), desk, community, memory }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("scripts")
    }

    fn save(&self, file: &str, text: &str) {
        fs::create_dir_all(self.path()).unwrap();
        fs::write(self.path().join(file), text).unwrap();
    }

    fn watch(&self, looking: Looking) -> Watched {
        let (sender, told) = mpsc::unbounded_channel();
        let folder = Folder { community: self.community, path: self.path(), looking };
        let watch = Watch::start(self.desk.clone(), folder, move |what| {
            sender.send(what).unwrap();
        });
        Watched { watch: watch.unwrap(), told }
    }

    async fn script(&self, name: &'static str) -> Option<Script> {
        let look =
            |stream: &kith_core::stream::Stream| stream.community().unwrap().scripts.get(name).cloned();
        self.desk.engine.view(self.community, look).await.unwrap()
    }

    async fn live(&self, name: &'static str) -> Option<String> {
        self.script(name).await?.live().map(|version| version.source.clone())
    }
}

impl Watched {
    /// What becomes of a script next.
    async fn next(&mut self, script: &str) -> What {
        let next = async {
            loop {
                if let Told::Reload(reload) = self.told.recv().await.expect("it watches")
                    && reload.script == script
                {
                    return reload.what;
                }
            }
        };
        tokio::time::timeout(PATIENCE, next).await.expect("it does not take that long")
    }

    async fn looked(&mut self) {
        let looked = async { while !matches!(self.told.recv().await.expect("it watches"), Told::Looked) {} };
        tokio::time::timeout(PATIENCE, looked).await.expect("it does not take that long");
    }
}

fn live(version: u32) -> What {
    What::Live { version, warnings: Vec::new(), cases: 0 }
}

#[tokio::test]
async fn what_is_saved_is_live_and_what_is_broken_leaves_the_last_good_version() {
    let room = Room::new().await;
    room.save("guard.rhai", "one");
    let mut watched = room.watch(Looking::Told);
    assert_eq!(watched.next("guard").await, live(1));
    room.save("guard.rhai", "two\nis broken");
    let What::Refused { why, live: Some(1), .. } = watched.next("guard").await else { panic!() };
    assert_eq!(
        why.shown(&ENGLISH_READER),
        "error[broken] guard.rhai:2:4: this is broken\n  |\n2 | is broken\n  |    ^^^^^^\n  = write `whole`"
    );
    assert_eq!(room.live("guard").await.as_deref(), Some("one"));
    room.save("guard.rhai", "three");
    assert_eq!(watched.next("guard").await, live(2));
    watched.watch.stop().await;
}

#[tokio::test]
async fn a_case_that_fails_keeps_a_source_out_until_case_or_source_is_mended() {
    let room = Room::new().await;
    room.save("guard.cases.toml", "tea");
    room.save("guard.rhai", "coffee");
    let mut watched = room.watch(Looking::Told);
    let What::Refused { why, live: None, .. } = watched.next("guard").await else { panic!() };
    assert_eq!(why.shown(&ENGLISH_READER), "case “tea”\n  no tea");
    room.save("guard.cases.toml", "coffee");
    let What::Live { version: 1, cases: 1, .. } = watched.next("guard").await else { panic!() };
    watched.watch.stop().await;
}

#[tokio::test]
async fn a_file_that_is_gone_switches_its_script_off_and_brings_it_back() {
    let room = Room::new().await;
    room.save("guard.rhai", "one");
    room.save("other.rhai", "other");
    let mut watched = room.watch(Looking::Told);
    assert_eq!(watched.next("guard").await, live(1));
    fs::remove_file(room.path().join("guard.rhai")).unwrap();
    assert_eq!(watched.next("guard").await, What::SwitchedOff);
    assert_eq!(room.live("guard").await, None);
    assert_eq!(room.live("other").await.as_deref(), Some("other"));
    assert_eq!(room.script("guard").await.unwrap().versions.len(), 1);
    room.save("guard.rhai", "one");
    assert_eq!(watched.next("guard").await, live(1));
    watched.watch.stop().await;
}

#[tokio::test]
async fn a_folder_that_is_gone_switches_nothing_off_and_is_watched_again_when_it_is_back() {
    let room = Room::new().await;
    room.save("guard.rhai", "one");
    let mut watched = room.watch(Looking::Told);
    assert_eq!(watched.next("guard").await, live(1));
    fs::rename(room.path(), room.folder.path().join("away")).unwrap();
    let trouble = async { while !matches!(watched.told.recv().await.unwrap(), Told::Trouble(_)) {} };
    tokio::time::timeout(PATIENCE, trouble).await.unwrap();
    assert_eq!(room.live("guard").await.as_deref(), Some("one"));
    room.save("guard.rhai", "two");
    assert_eq!(watched.next("guard").await, live(2));
    room.save("guard.rhai", "three");
    assert_eq!(watched.next("guard").await, live(3));
    watched.watch.stop().await;
}

#[tokio::test]
async fn a_script_has_one_origin() {
    let room = Room::new().await;
    let written =
        Written { name: "guard".into(), file: "guard.rhai".into(), source: "mine".into(), cases: None };
    room.desk.put(room.community, &written, How::default()).await.unwrap();
    room.save("guard.rhai", "theirs");
    let mut watched = room.watch(Looking::Told);
    let What::Refused { why: Why::Said(_), live: Some(1), .. } = watched.next("guard").await else {
        panic!()
    };
    // Nor does taking the file away touch what a command put in.
    fs::remove_file(room.path().join("guard.rhai")).unwrap();
    room.save("other.rhai", "other");
    assert_eq!(watched.next("other").await, live(1));
    watched.looked().await;
    watched.looked().await;
    assert_eq!(room.live("guard").await.as_deref(), Some("mine"));
    let other = How { origin: Origin::Command, ..How::default() };
    let error = room.desk.put(room.community, &Written { name: "other".into(), ..written }, other).await;
    assert!(matches!(error, Err(PutError::Ask(_))), "{error:?}");
    watched.watch.stop().await;
}

#[tokio::test]
async fn what_an_operator_did_by_command_stands_until_the_file_is_saved_again() {
    let room = Room::new().await;
    room.save("guard.rhai", "one");
    let mut watched = room.watch(Looking::Told);
    assert_eq!(watched.next("guard").await, live(1));
    room.save("guard.rhai", "two");
    assert_eq!(watched.next("guard").await, live(2));
    let back = Command::Activate { name: "guard".to_owned(), version: 1 };
    room.desk.ask(room.community, back).await.unwrap();
    watched.watch.stop().await;
    let mut watched = room.watch(Looking::Told);
    assert_eq!(watched.next("guard").await, What::Stands { live: Some(1) });
    // Saved with the same content: nothing to tell.
    room.save("guard.rhai", "two");
    watched.looked().await;
    assert_eq!(room.live("guard").await.as_deref(), Some("one"));
    room.save("guard.rhai", "three");
    assert_eq!(watched.next("guard").await, live(3));
    watched.watch.stop().await;
}

#[tokio::test]
async fn what_editors_leave_beside_a_file_is_no_script() {
    let room = Room::new().await;
    for file in [".#guard.rhai", ".guard.rhai.swp", "guard.rhai~", "#guard.rhai#", "4913", "~guard.rhai"] {
        room.save(file, "broken");
    }
    room.save("guard.rhai", "one");
    fs::create_dir(room.path().join("folder.rhai")).unwrap();
    let mut watched = room.watch(Looking::Told);
    let What::Refused { why, .. } = watched.next("folder").await else { panic!() };
    let why = why.shown(&ENGLISH_READER);
    assert!(why.starts_with("error[unreadable] folder.rhai: "), "{why}");
    assert_eq!(watched.next("guard").await, live(1));
    assert_eq!(super::folder::read(&room.path()).unwrap().len(), 2);
    watched.watch.stop().await;
}

#[tokio::test]
async fn a_folder_that_is_polled_is_watched_as_well() {
    let room = Room::new().await;
    room.save("guard.rhai", "one");
    let mut watched = room.watch(Looking::Polling);
    assert_eq!(watched.next("guard").await, live(1));
    room.save("guard.rhai", "two");
    assert_eq!(watched.next("guard").await, live(2));
    watched.watch.stop().await;
}

#[tokio::test]
async fn each_save_is_a_version_of_its_own() {
    let room = Room::new().await;
    room.save("guard.rhai", "0");
    let mut watched = room.watch(Looking::Told);
    assert_eq!(watched.next("guard").await, live(1));
    for save in 1..4 {
        watched.looked().await;
        room.save("guard.rhai", &save.to_string());
        assert_eq!(watched.next("guard").await, live(save + 1));
    }
    watched.watch.stop().await;
}

#[tokio::test]
async fn the_log_tells_when_each_version_stood_where() {
    let room = Room::new().await;
    let put = async |source: &str, stage| {
        let (name, file, source) = ("guard".into(), "guard.rhai".into(), source.into());
        let written = Written { name, file, source, cases: None };
        room.desk.put(room.community, &written, How { stage, ..How::default() }).await.unwrap()
    };
    use kith_core::script::Stage;
    assert_eq!(put("one", Stage::Live).await.version, 1);
    assert_eq!(put("one", Stage::Live).await.change, Change::Nothing);
    assert_eq!(put("two", Stage::Shadow).await.version, 2);
    assert_eq!(put("three", Stage::Live).await.version, 3);
    let told = history(room.community, room.memory.as_ref(), "guard").unwrap().unwrap();
    let stood = |stands: &[Stand]| stands.iter().map(|it| it.until_ms.is_some()).collect::<Vec<_>>();
    let rows: Vec<_> =
        told.versions.iter().map(|row| (row.version, stood(&row.live), stood(&row.shadow))).collect();
    assert_eq!(rows, [(1, vec![true], vec![]), (2, vec![], vec![false]), (3, vec![false], vec![])]);
    assert_eq!(history(room.community, room.memory.as_ref(), "nobody").unwrap(), None);
}
