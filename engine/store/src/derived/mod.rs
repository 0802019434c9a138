//! Everything derived from the log, on sled: places of records, snapshots, due times, and a side table of
//! measurements. Nothing here is the
//! truth: the whole folder may vanish at any moment and is built again. No sled type leaves `rows`.

mod index;
mod shared;

mod feed;
mod indexer;
mod open;
mod watermark;

mod chunk;
mod due;
mod measurements;
mod places;
mod sealing;
mod snapshots;

mod key;
mod limits;
mod rows;

#[cfg(test)]
mod tests;

pub use index::DerivedIndex;
pub use sealing::Sealing;
pub use shared::{OnProgress, Phase, Progress};
