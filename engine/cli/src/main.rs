//! The `kith` binary: a thin shell around `kith::run`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(kith::run(std::env::args_os(), &mut kith::streams::Streams::of_process()))
}
