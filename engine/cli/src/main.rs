//! The `kith` binary: a thin shell around `kith::run`, and the allocator of the process.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// A message passes from a caller over its writer to the committer, and what it allocated is freed by another
/// thread than allocated it: the system's allocator takes locks for that.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    ExitCode::from(kith::run(std::env::args_os(), &mut kith::streams::Streams::of_process()))
}
