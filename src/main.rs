//! The `kdeck` program: everything is in the library.

fn main() -> std::process::ExitCode {
    kdeck::cli::main()
}
