//! The port on a real folder: what is found, what is not, and what is left on the disk.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;

use kith_core::ids::{ChannelId, CommunityId, MemberId, MessageId};
use kith_core::ports::search::{Covered, Cursor, Found, Hit, Question, Search, SearchError, Words};
use kith_core::ports::{Keys, StoreError};
use tantivy::Index;
use tempfile::TempDir;

use crate::SearchFolder;
use crate::secret::Secret;
use crate::tokens::tokens;

const GARDEN: CommunityId = CommunityId(7);
const ORCHARD: CommunityId = CommunityId(8);
const TALK: ChannelId = ChannelId(70);
const STAFF: ChannelId = ChannelId(71);
const ANN: MemberId = MemberId(1);
const BEN: MemberId = MemberId(2);

/// What becomes of a file.
type Spoil = fn(&[u8]) -> Vec<u8>;

/// One secret for each community, and no keys.
struct Peppers;

impl Keys for Peppers {
    fn destroy(&self, _: CommunityId, _: MemberId) -> Result<(), StoreError> {
        Ok(())
    }

    fn destroy_all(&self, _: CommunityId) -> Result<(), StoreError> {
        Ok(())
    }

    fn pepper(&self, community: CommunityId) -> Result<[u8; 32], StoreError> {
        Ok([community.0 as u8; 32])
    }
}

struct Bench {
    folder: TempDir,
    search: SearchFolder,
}

fn words(message: u128, author: MemberId, text: &str) -> Words {
    let (message, at_ms) = (MessageId(message), 1_000 + message as u64 / 10);
    let hit = Hit { message, channel: TALK, author, at_ms, said_by: message.0, deleted_ms: None };
    Words { community: GARDEN, hit, owners: BTreeSet::from([author]), text: text.to_owned() }
}

fn question(text: &str) -> Question {
    Question {
        community: GARDEN,
        words: text.to_owned(),
        channels: BTreeSet::from([TALK]),
        author: None,
        since_ms: None,
        until_ms: None,
        after: None,
        hits_max: 20,
    }
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let search = SearchFolder::below(folder.path(), Arc::new(Peppers));
        assert_eq!(search.open().unwrap(), Found::Nothing);
        Self { folder, search }
    }

    fn say(&self, message: u128, author: MemberId, text: &str) {
        self.search.put(&words(message, author, text)).unwrap();
    }

    /// So much talk of others that no merge is due for what one member takes along.
    fn crowd(&self, first: u128) {
        (first..first + 40).for_each(|message| self.say(message, BEN, "others talk"));
    }

    fn commit(&self) {
        self.search.commit(&BTreeMap::new()).unwrap();
    }

    /// Opens the folder as another process would.
    fn reopen(&mut self) -> Found {
        self.search = SearchFolder::below(self.folder.path(), Arc::new(Peppers));
        self.search.open().unwrap()
    }

    fn ask(&self, question: &Question) -> Vec<u128> {
        self.search.ask(question).unwrap().hits.iter().map(|hit| hit.message.0).collect()
    }

    fn check(&self, text: &str, expected: &[u128]) {
        assert_eq!(self.ask(&question(text)), expected, "{text}");
    }

    /// Every term of words that any segment on the disk has, live or not.
    fn terms(&self) -> BTreeSet<Vec<u8>> {
        let index = Index::open_in_dir(self.folder.path().join("search")).unwrap();
        let field = index.schema().get_field("words").unwrap();
        let mut found = BTreeSet::new();
        for segment in index.reader().unwrap().searcher().segment_readers() {
            let inverted = segment.inverted_index(field).unwrap();
            let mut terms = inverted.terms().stream().unwrap();
            while terms.advance() {
                found.insert(terms.key().to_vec());
            }
        }
        found
    }

    /// Files that are there and that the index does not need.
    fn strays(&self) -> Vec<String> {
        let index = Index::open_in_dir(self.folder.path().join("search")).unwrap();
        let segments = index.searchable_segment_metas().unwrap();
        let needed: BTreeSet<String> = segments.iter().map(|segment| segment.id().uuid_string()).collect();
        let files = fs::read_dir(self.folder.path().join("search")).unwrap().flatten();
        let names = files.map(|file| file.file_name().into_string().unwrap());
        names
            .filter(|name| !name.starts_with('.') && !name.ends_with(".json"))
            .filter(|name| !needed.contains(name.split('.').next().unwrap()))
            .collect()
    }
}

fn digests(community: CommunityId, text: &str) -> BTreeSet<Vec<u8>> {
    let mut secret = Secret::of(&[community.0 as u8; 32]);
    tokens(text).iter().map(|token| secret.digest(&token.text).into_bytes()).collect()
}

#[test]
fn words_phrases_and_what_must_not_be_there_are_found_newest_first() {
    let bench = Bench::new();
    bench.say(10, ANN, "The Zig release notes are out");
    bench.say(20, BEN, "notes of a release, in ZIG!");
    bench.say(30, ANN, "抢红包啦，大家快来");
    bench.say(40, BEN, "加我微信号 abc123");
    bench.say(50, BEN, "西红柿一包");
    bench.commit();
    bench.check("zig", &[20, 10]);
    bench.check("release zig", &[20, 10]);
    bench.check("\"zig release\"", &[10]);
    bench.check("zig -\"release notes\"", &[20]);
    bench.check("红包", &[30]);
    bench.check("抢红包", &[30]);
    bench.check("微信", &[40]);
    bench.check("ＡＢＣ123", &[40]);
    bench.check("红", &[50, 30]);
    bench.check("zigg", &[]);
    bench.check("-zig", &[50, 40, 30]);
}

#[test]
fn a_question_without_anything_finds_nothing_and_a_narrowed_one_does() {
    let bench = Bench::new();
    bench.say(10, ANN, "one");
    bench.say(20, BEN, "two");
    bench.commit();
    bench.check("", &[]);
    bench.check("\"\" - ,", &[]);
    assert_eq!(bench.ask(&Question { author: Some(ANN), ..question("") }), [10]);
    assert_eq!(bench.ask(&Question { since_ms: Some(1_002), ..question("") }), [20]);
    assert_eq!(bench.ask(&Question { until_ms: Some(1_002), ..question("") }), [10]);
    assert_eq!(bench.ask(&Question { author: Some(BEN), ..question("one") }), []);
}

#[test]
fn nothing_is_found_where_the_reader_may_not_read() {
    let bench = Bench::new();
    let plain = words(10, ANN, "secret");
    bench.search.put(&Words { hit: Hit { channel: STAFF, ..plain.hit }, ..plain.clone() }).unwrap();
    bench.search.put(&Words { community: ORCHARD, ..words(20, ANN, "secret") }).unwrap();
    bench.commit();
    bench.check("secret", &[]);
    assert_eq!(bench.ask(&Question { channels: BTreeSet::new(), ..question("secret") }), []);
    assert_eq!(bench.ask(&Question { channels: BTreeSet::from([TALK, STAFF]), ..question("secret") }), [10]);
}

#[test]
fn pages_neither_repeat_nor_skip() {
    let bench = Bench::new();
    for message in 1..=95 {
        bench.say(message, ANN, "again");
        if message % 7 == 0 {
            bench.commit();
        }
    }
    bench.commit();
    let (mut seen, mut after, mut pages): (Vec<u128>, Option<Cursor>, usize) = (Vec::new(), None, 0);
    loop {
        let page = bench.search.ask(&Question { after, hits_max: 10, ..question("again") }).unwrap();
        seen.extend(page.hits.iter().map(|hit| hit.message.0));
        pages += 1;
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(pages, 10);
    assert_eq!(seen, (1..=95).rev().collect::<Vec<u128>>());
}

#[test]
fn what_is_put_again_or_removed_is_not_found_by_its_old_words() {
    let bench = Bench::new();
    bench.say(10, ANN, "before");
    bench.say(20, ANN, "stays");
    bench.commit();
    bench.say(10, ANN, "after");
    bench.search.remove(GARDEN, MessageId(20)).unwrap();
    bench.commit();
    bench.check("before", &[]);
    bench.check("after", &[10]);
    bench.check("stays", &[]);
}

#[test]
fn of_somebody_erased_no_file_has_a_word() {
    let bench = Bench::new();
    bench.say(10, ANN, "planted 玫瑰");
    bench.say(20, BEN, "kept 蕨");
    bench.say(30, ANN, "edited away");
    bench.crowd(100);
    bench.commit();
    bench.say(30, ANN, "edited twice");
    bench.say(40, ANN, "taken out");
    // Its author is somebody else, and so is whoever wrote it.
    bench.search.put(&Words { owners: BTreeSet::from([ANN]), ..words(50, BEN, "dictated") }).unwrap();
    bench.crowd(200);
    bench.commit();
    bench.search.remove(GARDEN, MessageId(40)).unwrap();
    bench.commit();
    let gone = digests(GARDEN, "planted 玫瑰 edited away twice taken out dictated");
    assert!(!bench.terms().is_disjoint(&gone), "they were there");
    bench.search.erase(GARDEN, ANN).unwrap();
    bench.commit();
    assert!(bench.terms().is_disjoint(&gone), "none is left");
    assert!(bench.terms().is_superset(&digests(GARDEN, "kept 蕨")));
    assert_eq!(bench.strays(), Vec::<String>::new());
    bench.check("蕨", &[20]);
    bench.check("玫瑰", &[]);
}

#[test]
fn a_purge_cut_off_is_finished_at_opening() {
    let mut bench = Bench::new();
    bench.say(10, ANN, "planted");
    bench.say(20, BEN, "kept");
    bench.crowd(100);
    bench.commit();
    bench.search.erase(GARDEN, ANN).unwrap();
    bench.search.commit_without_cleaning();
    let gone = digests(GARDEN, "planted");
    assert!(!bench.terms().is_disjoint(&gone), "the process ended before the merge");
    assert_eq!(bench.reopen(), Found::Kept);
    assert!(bench.terms().is_disjoint(&gone));
    assert_eq!(bench.strays(), Vec::<String>::new());
    bench.check("kept", &[20]);
}

#[test]
fn no_word_stands_in_clear_in_any_file() {
    let bench = Bench::new();
    bench.say(10, ANN, "planted 玫瑰花园");
    bench.commit();
    for file in fs::read_dir(bench.folder.path().join("search")).unwrap().flatten() {
        let bytes = fs::read(file.path()).unwrap();
        for word in ["planted", "玫瑰", "玫"] {
            let found = bytes.windows(word.len()).any(|window| window == word.as_bytes());
            assert!(!found, "{word} in {:?}", file.file_name());
        }
    }
}

#[test]
fn what_was_not_committed_is_lost_with_how_far_it_was_read() {
    let mut bench = Bench::new();
    let covered = Covered { frame_no: 3, hash: [3; 32], cut_no: 0 };
    bench.say(10, ANN, "committed");
    bench.search.commit(&BTreeMap::from([(GARDEN, covered)])).unwrap();
    bench.say(20, ANN, "lost");
    assert_eq!(bench.reopen(), Found::Kept);
    bench.check("committed", &[10]);
    bench.check("lost", &[]);
    assert_eq!(bench.search.covered(GARDEN).unwrap(), Some(covered));
    assert_eq!(bench.search.covered(ORCHARD).unwrap(), None);
    bench.search.forget(GARDEN).unwrap();
    bench.commit();
    assert_eq!(bench.search.covered(GARDEN).unwrap(), None);
    bench.check("committed", &[]);
}

#[test]
fn whatever_is_wrong_with_the_folder_another_is_begun() {
    let spoil: [(&str, Spoil); 4] = [
        ("emptied", |_| Vec::new()),
        ("cut in half", |bytes| bytes[..bytes.len() / 2].to_vec()),
        ("garbage", |bytes| bytes.iter().map(|byte| byte ^ 0x5a).collect()),
        ("a flipped bit", |bytes| {
            let mut bytes = bytes.to_vec();
            let middle = bytes.len() / 2;
            bytes.iter_mut().skip(middle).take(1).for_each(|byte| *byte ^= 1);
            bytes
        }),
    ];
    for (name, spoil) in spoil {
        let mut bench = Bench::new();
        bench.say(10, ANN, "there");
        bench.commit();
        bench.search = SearchFolder::below(bench.folder.path(), Arc::new(Peppers));
        assert!(matches!(bench.search.ask(&question("there")), Err(SearchError::NotReady)), "{name}");
        for file in fs::read_dir(bench.folder.path().join("search")).unwrap().flatten() {
            fs::write(file.path(), spoil(&fs::read(file.path()).unwrap())).unwrap();
        }
        assert_eq!(bench.search.open().unwrap(), Found::Nothing, "{name}");
        assert_eq!(bench.search.covered(GARDEN).unwrap(), None, "{name}");
        bench.say(20, ANN, "there");
        bench.commit();
        bench.check("there", &[20]);
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("search"), b"not a folder").unwrap();
    let search = SearchFolder::below(folder.path(), Arc::new(Peppers));
    assert_eq!(search.open().unwrap(), Found::Nothing);
}
