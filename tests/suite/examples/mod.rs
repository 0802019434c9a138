//! The example communities, each founded from its folder and lived in.
//!
//! A life is told as a story whose every text is kept as a snapshot in both languages, so that a reviewer
//! reads what people read. Knows nothing of the command line.

pub(crate) mod life;
mod mistakes;
mod qingnian_chuangke;
mod reading_circle;

use std::path::PathBuf;

/// The folder of an example.
fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples").join(name)
}
