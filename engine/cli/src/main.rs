//! The `kith` binary: composition root, configuration, commands.

fn main() {}
