//! The `vestibule` command; everything is in the library.

/// A sign-in passes from thread to thread with everything that it holds, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    vestibule::cli::run()
}
