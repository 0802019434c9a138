//! The port on a folder.
//!
//! A folder that cannot be used is removed, never set aside: its words may be somebody's who is erased later,
//! and the log makes another.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use kith_core::ids::{CommunityId, MemberId, MessageId};
use kith_core::ports::Keys;
use kith_core::ports::search::{
    Covered, Cursor, Found, HITS_MAX, Hits, Question, Search, SearchError, Words,
};
use tantivy::TantivyDocument;
use tantivy::schema::Schema;

use crate::asked;
use crate::fields::Fields;
use crate::live::{Live, failed};
use crate::newest::Newest;
use crate::secret::Secret;

/// Search in a folder of its own. Not open until `Search::open`.
pub struct SearchFolder {
    folder: PathBuf,
    keys: Arc<dyn Keys>,
    fields: Fields,
    schema: Schema,
    live: RwLock<Option<Live>>,
    secrets: Mutex<HashMap<CommunityId, Secret>>,
}

impl SearchFolder {
    /// The index below DATA.
    pub fn below(data: &Path, keys: Arc<dyn Keys>) -> Self {
        let (fields, schema) = Fields::new();
        let folder = data.join("search");
        Self { folder, keys, fields, schema, live: RwLock::default(), secrets: Mutex::default() }
    }

    /// Whether there ever was an index below DATA.
    pub fn is_there(data: &Path) -> bool {
        data.join("search").exists()
    }

    /// Commits and ends there, as a process would that is killed before it merges.
    #[cfg(test)]
    pub(crate) fn commit_without_cleaning(&self) {
        let mut live = self.writing();
        live.as_mut().expect("it is open").commit_as_noted().expect("it commits");
    }

    fn reading(&self) -> RwLockReadGuard<'_, Option<Live>> {
        self.live.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn writing(&self) -> RwLockWriteGuard<'_, Option<Live>> {
        self.live.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn secrets(&self) -> MutexGuard<'_, HashMap<CommunityId, Secret>> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with a community's secret.
    fn with_secret<T>(
        &self,
        community: CommunityId,
        work: impl FnOnce(&mut Secret) -> T,
    ) -> Result<T, SearchError> {
        let mut secrets = self.secrets();
        if let Some(secret) = secrets.get_mut(&community) {
            return Ok(work(secret));
        }
        let pepper = self.keys.pepper(community).map_err(|error| SearchError::Failed(error.to_string()))?;
        Ok(work(secrets.entry(community).or_insert_with(|| Secret::of(&pepper))))
    }

    fn with_live<T>(&self, work: impl FnOnce(&Live) -> Result<T, SearchError>) -> Result<T, SearchError> {
        self.reading().as_ref().ok_or(SearchError::NotReady).and_then(work)
    }

    fn afresh(&self) -> Result<Live, SearchError> {
        let unusable = |error: std::io::Error| SearchError::Failed(error.to_string());
        if self.folder.is_dir() {
            fs::remove_dir_all(&self.folder).map_err(unusable)?;
        } else if self.folder.exists() {
            fs::remove_file(&self.folder).map_err(unusable)?;
        }
        fs::create_dir_all(&self.folder).map_err(unusable)?;
        Live::create(&self.folder, &self.schema)
    }
}

impl Search for SearchFolder {
    fn open(&self) -> Result<Found, SearchError> {
        let mut live = self.writing();
        // The one before has to let go of the folder's lock.
        *live = None;
        self.secrets().clear();
        if !self.folder.exists() {
            *live = Some(self.afresh()?);
            return Ok(Found::Nothing);
        }
        // Bytes that nobody wrote may also make the library stumble.
        let opened = catch_unwind(AssertUnwindSafe(|| Live::open(&self.folder, &self.schema)));
        match opened.unwrap_or_else(|_| Err(SearchError::Failed("it cannot be read".to_owned()))) {
            Ok(opened) => {
                *live = Some(opened);
                Ok(Found::Kept)
            }
            Err(error) => {
                tracing::warn!(%error, "the search index does not open and is made again from the log");
                *live = Some(self.afresh()?);
                Ok(Found::Nothing)
            }
        }
    }

    fn clear(&self) -> Result<(), SearchError> {
        let mut live = self.writing();
        *live = None;
        self.secrets().clear();
        *live = Some(self.afresh()?);
        Ok(())
    }

    fn put(&self, words: &Words) -> Result<(), SearchError> {
        self.with_live(|live| {
            let document = self.with_secret(words.community, |secret| self.fields.document(words, secret))?;
            live.writer.delete_term(self.fields.of_message(words.community, words.hit.message));
            live.writer.add_document(document).map(|_| ()).map_err(failed)
        })
    }

    fn remove(&self, community: CommunityId, message: MessageId) -> Result<(), SearchError> {
        self.with_live(|live| {
            live.writer.delete_term(self.fields.of_message(community, message));
            Ok(())
        })
    }

    fn erase(&self, community: CommunityId, owner: MemberId) -> Result<(), SearchError> {
        let mut live = self.writing();
        let live = live.as_mut().ok_or(SearchError::NotReady)?;
        let theirs = self.fields.of_owner(community, owner);
        let hits = self.fields.all(live.newest().map_err(failed)?, &theirs).map_err(failed)?;
        live.writer.delete_term(theirs);
        for hit in hits {
            let words = Words { community, hit, owners: BTreeSet::new(), text: String::new() };
            let document = self.with_secret(community, |secret| self.fields.document(&words, secret))?;
            live.writer.add_document(document).map_err(failed)?;
        }
        live.progress.purging = true;
        Ok(())
    }

    fn forget(&self, community: CommunityId) -> Result<(), SearchError> {
        let mut live = self.writing();
        let live = live.as_mut().ok_or(SearchError::NotReady)?;
        live.writer.delete_term(self.fields.of_community(community));
        live.progress.forget(community);
        live.progress.purging = true;
        self.secrets().remove(&community);
        Ok(())
    }

    fn commit(&self, covered: &BTreeMap<CommunityId, Covered>) -> Result<(), SearchError> {
        let mut live = self.writing();
        let live = live.as_mut().ok_or(SearchError::NotReady)?;
        for (community, covered) in covered {
            let mark = self.with_secret(*community, |secret| secret.mark())?;
            live.progress.note(*community, covered, mark);
        }
        live.commit().map_err(failed)
    }

    fn covered(&self, community: CommunityId) -> Result<Option<Covered>, SearchError> {
        self.with_live(|live| {
            let mark = self.with_secret(community, |secret| secret.mark())?;
            Ok(live.progress.covered(community, &mark))
        })
    }

    fn streams(&self) -> Result<Vec<CommunityId>, SearchError> {
        self.with_live(|live| Ok(live.progress.streams().collect()))
    }

    fn ask(&self, question: &Question) -> Result<Hits, SearchError> {
        self.with_live(|live| {
            let hits_max = question.hits_max.clamp(1, HITS_MAX);
            let query = self.with_secret(question.community, |secret| self.fields.query(question, secret))?;
            let Some(query) = query else { return Ok(Hits::default()) };
            let newest = Newest {
                max: hits_max + 1,
                after: question.after,
                since_ms: question.since_ms.unwrap_or(0),
                until_ms: question.until_ms.unwrap_or(u64::MAX),
            };
            let searcher = live.reader.searcher();
            let mut placed = searcher.search(&query, &newest).map_err(failed)?;
            let more = placed.len() > hits_max;
            placed.truncate(hits_max);
            let next: Option<Cursor> = placed.last().map(|(place, _)| *place).filter(|_| more);
            let mut hits = Vec::with_capacity(placed.len());
            for (_, address) in placed {
                let document: TantivyDocument = searcher.doc(address).map_err(failed)?;
                hits.extend(self.fields.hit(&document));
            }
            Ok(Hits { hits, next })
        })
    }

    fn marks(&self, words: &str, text: &str) -> Vec<Range<usize>> {
        asked::marks(words, text)
    }
}
