//! kdeck's own program, built with the meter's tests: a test can't ask for the binary of another package.

use std::process::ExitCode;

fn main() -> ExitCode {
    kdeck::cli::main()
}
