//! The `kdeck` program: everything is in the library.

/// Static builds are linked with musl, whose own allocator makes all threads wait for one lock.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    kdeck::cli::main()
}
