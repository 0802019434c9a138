//! Cases in a real browser: Chromium over a real server, driven as its own tools drive it.
//!
//! Needs `chromium` on the PATH or named by CHROMIUM; `.ci/run` installs Debian's. KITH_SHOTS=1 leaves
//! pictures of every page under the target folder. No case asks another host for anything, nor may a page.

mod axe;
mod chrome;
mod demo;
mod desk;
mod forms;
mod hostile;
mod killed;
mod pages;
mod requests;
mod talk;
mod town;
