//! The `vestibule` command; everything is in the library.

/// A sign-in makes hundreds of small allocations, on a few threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    vestibule::cli::run()
}
