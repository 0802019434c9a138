//! Search over messages on a disk, with tantivy: the port `kith_core::ports::search`.
//!
//! Everything here is derived: the folder `DATA/search` may be deleted whenever nobody has it open. It holds
//! no text and no word in clear: words are stored as keyed digests under the community's own secret, so who
//! has the folder without DATA's keys reads who spoke when and where, and how often *some* word occurs, but
//! not which. Who has the keys too can try words. Nothing of somebody erased is left in any file after the
//! commit that erases them; the blocks that files are deleted from are the disk's, and hold digests only.
//!
//! In reading order: `tokens` (what a text is cut into), `asked` (what a question means), `secret` (how words
//! are hidden), `fields` (what the index holds), `progress` (how far it covers the log), `live` (an open
//! index), `newest` (how hits are gathered), `folder` (the port).

mod asked;
mod tokens;

mod fields;
mod newest;
mod progress;
mod secret;

mod folder;
mod live;

#[cfg(test)]
mod tests;

pub use folder::SearchFolder;
