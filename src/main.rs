//! The `vestibule` command; everything is in the library.

fn main() -> std::process::ExitCode {
    vestibule::cli::run()
}
