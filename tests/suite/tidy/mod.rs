//! Style that is not checked is opinion: these tests read the repository and hold it to its habits.
//!
//! Each check is a function from sources to complaints, so that each is also tried on made-up sources that
//! must make it complain. They read text and manifests only; what clippy can see is left to clippy.

mod banned;
mod core_words;
mod dependencies;
mod documents;
mod file_names;
mod frozen;
mod heads;
mod lengths;
mod links;
mod manifests;
mod modules;
mod repository;
mod rust_source;
