//! The `kith` binary: a thin shell around `kith::run`, and the allocator of the process.

use std::process::ExitCode;

use kith_scripts::Counting;
use mimalloc::MiMalloc;

/// A message passes from a caller over its writer to the committer, and what it allocated is freed by another
/// thread than allocated it: the system's allocator takes locks for that. Around it, what a script holds is
/// counted, which its language does not.
#[global_allocator]
static ALLOCATOR: Counting<MiMalloc> = Counting::over(MiMalloc);

fn main() -> ExitCode {
    ExitCode::from(kith::run(std::env::args_os(), &mut kith::streams::Streams::of_process()))
}
