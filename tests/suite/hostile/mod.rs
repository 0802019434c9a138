//! A world that means harm: failing disks, flipped bits, callers who repeat themselves or send rubbish.

mod core;
mod disk;
mod flips;
mod history;
mod inputs;
mod keys;
