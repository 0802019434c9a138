//! Parts of pages: what looks and behaves the same wherever it stands. Each knows its markup and nothing of
//! communities; the one style sheet knows how it looks.

mod avatar;
mod badge;
mod banner;
mod button;
mod card;
mod chart;
mod empty;
mod field;
mod pager;
mod tabs;
mod time;

pub(crate) use avatar::avatar;
pub(crate) use badge::{Tone, badge};
pub(crate) use banner::banner;
pub(crate) use button::{Look, link, press, submit};
pub(crate) use card::{card, fact, row};
pub(crate) use chart::frame;
pub(crate) use empty::empty;
pub(crate) use field::{Field, Kind, Presence, Tick, check, choice};
pub(crate) use pager::pager;
pub(crate) use tabs::{Level, Tab, tabs};
pub(crate) use time::{Zoned, time};
