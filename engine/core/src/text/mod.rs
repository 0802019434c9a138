//! Pure text matters: how words are matched, what links and contacts are, measures, templates, patterns.
//!
//! No state, no IO, no floats; every range given out is a byte range of the original text on `char`
//! boundaries.

pub mod normal;
pub mod words;

pub mod links;
pub mod measure;
pub mod pattern;
pub mod reading;
pub mod template;

mod glyphs;
mod lookalikes;
