//! The past, read: what `kith import` accepts, one file per format.
//!
//! Every reader streams, holds a bounded amount of memory whatever it is fed, and turns each line it cannot
//! use into a [`row::BadLine`]: nothing panics and nothing is skipped in silence. Readers know no
//! communities, commands or log; `facts` turns rows into facts, `reenact` plays them as ordinary commands.

pub mod facts;
pub mod reenact;

pub mod read;

pub mod row;

pub mod csv_mapped;
mod irc_blocks;
mod irc_lines;
mod jsonl;
pub mod labelled_csv;
mod qq_text;
mod telegram_json;

mod encoding;
pub(crate) mod excerpt;
mod json_scan;
mod limits;
mod lines;
mod moment;
mod paths;
mod table;
mod telegram_message;

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod sample;
