//! An open index: one writer, one reader, merges by our own hand.
//!
//! tantivy would merge in the background whenever it likes; here a commit merges before it returns, so that
//! what a commit promises holds when it returns: after a purge no file has anything of what was taken out.

use std::path::Path;

use kith_core::ports::search::SearchError;
use tantivy::index::SegmentId;
use tantivy::indexer::{IndexWriterOptions, LogMergePolicy, MergePolicy as _, NoMergePolicy};
use tantivy::schema::Schema;
use tantivy::{
    Index, IndexReader, IndexWriter, ReloadPolicy, Searcher, SegmentMeta, TantivyDocument, TantivyError,
};

use crate::progress::Progress;

/// Memory that waits for a commit, at most; what is more goes to the disk unseen.
const ARENA_BYTES: usize = 32 << 20;
/// A segment of which one part in five was taken out is written again without it.
const TAKEN_OUT_RATIO: f32 = 0.2;

/// An index that is open.
pub(crate) struct Live {
    index: Index,
    pub(crate) writer: IndexWriter,
    pub(crate) reader: IndexReader,
    pub(crate) progress: Progress,
    policy: LogMergePolicy,
}

/// tantivy's errors name no text: its queries are ours, and texts go in as digests.
pub(crate) fn failed(error: TantivyError) -> SearchError {
    SearchError::Failed(error.to_string())
}

impl Live {
    /// Opens what a folder has; every byte that it rests on is checked.
    pub(crate) fn open(folder: &Path, schema: &Schema) -> Result<Self, SearchError> {
        let index = Index::open_in_dir(folder).map_err(failed)?;
        if index.schema() != *schema {
            return Err(SearchError::Failed("it has other fields".to_owned()));
        }
        let damaged = index.validate_checksum().map_err(failed)?;
        if let Some(file) = damaged.iter().next() {
            return Err(SearchError::Failed(format!("{} is damaged", file.display())));
        }
        let payload = index.load_metas().map_err(failed)?.payload.unwrap_or_default();
        let progress = Progress::read(&payload)
            .ok_or_else(|| SearchError::Failed("it is another release's".to_owned()))?;
        let mut live = Self::over(index, progress).map_err(failed)?;
        live.clean().map_err(failed)?;
        Ok(live)
    }

    /// Makes an empty one in an empty folder.
    pub(crate) fn create(folder: &Path, schema: &Schema) -> Result<Self, SearchError> {
        let index = Index::create_in_dir(folder, schema.clone()).map_err(failed)?;
        let mut live = Self::over(index, Progress::default()).map_err(failed)?;
        live.commit().map_err(failed)?;
        Ok(live)
    }

    fn over(index: Index, progress: Progress) -> tantivy::Result<Self> {
        let options = IndexWriterOptions::builder()
            .memory_budget_per_thread(ARENA_BYTES)
            .num_worker_threads(1)
            .num_merge_threads(1)
            .build();
        let writer: IndexWriter<TantivyDocument> = index.writer_with_options(options)?;
        writer.set_merge_policy(Box::new(NoMergePolicy));
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let mut policy = LogMergePolicy::default();
        policy.set_del_docs_ratio_before_merge(TAKEN_OUT_RATIO);
        Ok(Self { index, writer, reader, progress, policy })
    }

    /// Makes everything durable and seen. Nobody may be reading meanwhile: a file that is read stays.
    pub(crate) fn commit(&mut self) -> tantivy::Result<()> {
        self.commit_as_noted()?;
        self.clean()
    }

    /// Everything that was put in so far, also what waited for a commit.
    pub(crate) fn newest(&mut self) -> tantivy::Result<Searcher> {
        self.commit_as_noted()?;
        self.reader.reload()?;
        Ok(self.reader.searcher())
    }

    /// The commit alone: whatever is to be purged is still there.
    pub(crate) fn commit_as_noted(&mut self) -> tantivy::Result<()> {
        let mut commit = self.writer.prepare_commit()?;
        commit.set_payload(&self.progress.text());
        commit.commit()?;
        Ok(())
    }

    /// Merges what wants merging, finishes a purge, lets go of files that nothing rests on.
    fn clean(&mut self) -> tantivy::Result<()> {
        if self.progress.purging {
            // Only the ids: whoever has a segment's description keeps its files from going.
            for segment in self.with_remains()? {
                self.merge(&[segment])?;
            }
            self.progress.purging = false;
            self.commit_as_noted()?;
        }
        let candidates = self.policy.compute_merge_candidates(&self.index.searchable_segment_metas()?);
        for candidate in candidates {
            self.merge(&candidate.0)?;
        }
        self.reader.reload()?;
        self.writer.garbage_collect_files().wait()?;
        Ok(())
    }

    /// The segments that still have something of what was taken out.
    fn with_remains(&self) -> tantivy::Result<Vec<SegmentId>> {
        let segments = self.index.searchable_segment_metas()?;
        let with_remains = segments.iter().filter(|segment| segment.num_deleted_docs() > 0);
        Ok(with_remains.map(SegmentMeta::id).collect())
    }

    fn merge(&mut self, segments: &[SegmentId]) -> tantivy::Result<Option<SegmentMeta>> {
        self.writer.merge(segments).wait()
    }
}
