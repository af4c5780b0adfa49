//! `backup` and `restore`: the database and the keys together.
//!
//! Invariants: a backup that was said to be made was read again; a restore changes nothing before all of the backup was read and
//! found to belong together, and what it takes the place of is kept under another name.
//!
//! Tests: `tests/it/operator/backup.rs`. The other half, which seals the keys, is `keys/backup.rs`.

use std::fs::{DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::{doctor, postgres_tools as postgres};
use crate::cli::error::{CliError, Result};
use crate::cli::installation::Installation;
use crate::cli::invocation::Invocation;
use crate::cli::output::Output;
use crate::cli::people::password;
use crate::cli::text::full_path;
use crate::config::Config;
use crate::keys::{self, Keys, SealedKeys};
use crate::store::{check_sqlite, copy_sqlite};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Backup {
    /// A directory that is not there yet, or is empty
    dir: PathBuf,
    /// A file with the passphrase that seals the keys, at least 16 characters [default: asked for]
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Restore {
    /// The directory of a backup
    dir: PathBuf,
    /// A file with the passphrase that sealed the keys [default: asked for]
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Take the place of the database and the keys that are there
    #[arg(long)]
    force: bool,
}

const SEALED: &str = "keys.sealed";
const SQLITE: &str = "database.sqlite3";
const POSTGRES: &str = "database.dump";

impl Backup {
    pub(in crate::cli) async fn run(self, invocation: &Invocation, out: &mut Output) -> Result<()> {
        let installation = invocation.open().await?;
        let keys = installation.keys().await?;
        self.make_directory()?;
        let passphrase = password::passphrase(self.passphrase_file.as_deref(), true)?;
        let database = self.copy_database(&installation, keys).await?;
        let gathered = SealedKeys::gather(keys, &installation.config, hash_of(&database)?)?;
        let sealed = self.dir.join(SEALED);
        keys::write_private(&sealed, &gathered.seal(&passphrase))?;
        // What counts is what can be read again.
        let read = std::fs::read(&sealed).ok();
        let opened = read.and_then(|sealed| SealedKeys::open(&sealed, &passphrase));
        if opened.as_ref() != Some(&gathered) || hash_of(&database)? != gathered.database {
            return Err(CliError::refused(
                format!(
                    "What was written to {} cannot be read again.",
                    self.dir.display()
                ),
                "Look at the disk, and back up to another place.",
            ));
        }
        installation.store.close().await;
        out.line(format!("{}: the database", full_path(&database)))?;
        out.line(format!(
            "{}: the keys, sealed with the passphrase",
            full_path(&sealed)
        ))?;
        out.line("Both were read again and fit. Keep the passphrase at another place.")?;
        out.line(format!(
            "To restore: vestibule restore {}",
            self.dir.display()
        ))
    }

    fn make_directory(&self) -> Result<()> {
        let unusable = |cause: std::io::Error| {
            CliError::unusable(
                format!("{} cannot be made: {cause}.", self.dir.display()),
                "Name a directory that this user may write.",
            )
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.dir)
            .map_err(unusable)?;
        let is_empty = std::fs::read_dir(&self.dir)
            .map_err(unusable)?
            .next()
            .is_none();
        if !is_empty {
            return Err(CliError::unusable(
                format!("There is something in {} already.", self.dir.display()),
                "Name a directory that is not there yet: each backup has its own.",
            ));
        }
        // One that was there already may be open to others.
        std::fs::set_permissions(&self.dir, Permissions::from_mode(0o700)).map_err(unusable)
    }

    async fn copy_database(&self, installation: &Installation, keys: &Keys) -> Result<PathBuf> {
        let Some(file) = installation.config.sqlite_file() else {
            let dump = self.dir.join(POSTGRES);
            postgres::dump(&installation.config, &dump)?;
            return Ok(dump);
        };
        let copy = self.dir.join(SQLITE);
        copy_sqlite(&file, &copy).await?;
        let known = check_sqlite(&copy).await?;
        if !keys.foreign_to(&known).is_empty() {
            return Err(CliError::refused(
                "The keys were changed while the backup was made.",
                "Run the command again, with another directory.",
            ));
        }
        Ok(copy)
    }
}

impl Restore {
    pub(in crate::cli) async fn run(self, invocation: &Invocation, out: &mut Output) -> Result<()> {
        let config = invocation.config()?;
        let sealed = self.read_keys()?;
        let from = self.database(&config)?;
        if hash_of(&from)? != sealed.database {
            return Err(CliError::refused(
                format!(
                    "{} does not belong to the keys beside it, or was changed.",
                    from.display()
                ),
                "Use the directory as the backup has written it.",
            ));
        }
        if sealed.is_another_instance(&config) {
            return Err(CliError::refused(
                "keys.instance_key in the configuration is not the instance key of this backup.",
                "Take it out of the configuration, so that the backup's is written to a file.",
            ));
        }
        if doctor::is_vestibule(config.listen) {
            return Err(CliError::refused(
                format!("A server runs on {}.", config.listen),
                "Stop it first, on every node.",
            ));
        }
        self.refuse_to_overwrite(&config, &sealed)?;
        let ending = format!("before-restore-{}", invocation.clock.now().unix_timestamp());
        let restored = sealed.restore(&config, &ending)?;
        let mut kept = restored.kept;
        match config.sqlite_file() {
            Some(file) => {
                check_sqlite(&from).await?;
                kept.extend(put_in_place(&from, &file, &ending)?);
            }
            None => postgres::restore(&config, &from)?,
        }
        // As the server will: the keys have to be those of the database.
        let installation = invocation.open().await?;
        installation.keys().await?;
        let companies = installation.store.companies().await?.len();
        installation.store.close().await;
        for path in kept {
            out.line(format!("kept what was there: {}", full_path(&path)))?;
        }
        out.line(format!(
            "Restored the database ({companies} companies) and {} key files. They fit. Start the server.",
            restored.written.len()
        ))
    }

    fn read_keys(&self) -> Result<SealedKeys> {
        let file = self.dir.join(SEALED);
        let sealed = std::fs::read(&file).map_err(|cause| {
            CliError::unusable(
                format!("{} cannot be read: {cause}.", file.display()),
                "Name the directory that `vestibule backup` has written.",
            )
        })?;
        let passphrase = password::passphrase(self.passphrase_file.as_deref(), false)?;
        SealedKeys::open(&sealed, &passphrase).ok_or_else(|| {
            CliError::refused(
                "The keys do not open: the passphrase is another one, or the file was changed.",
                "Try the passphrase of the day on which the backup was made.",
            )
        })
    }

    fn database(&self, config: &Config) -> Result<PathBuf> {
        let (name, other) = match config.sqlite_file() {
            Some(_) => (SQLITE, POSTGRES),
            None => (POSTGRES, SQLITE),
        };
        if !self.dir.join(name).exists() && self.dir.join(other).exists() {
            return Err(CliError::unusable(
                format!(
                    "The backup holds {other}, and the configuration names the other kind of database."
                ),
                "Set database.url to the kind that was backed up.",
            ));
        }
        Ok(self.dir.join(name))
    }

    fn refuse_to_overwrite(&self, config: &Config, sealed: &SealedKeys) -> Result<()> {
        if self.force {
            return Ok(());
        }
        let mut there = sealed.in_the_way(config)?;
        match config.sqlite_file() {
            Some(file) if file.exists() => there.push(file),
            Some(_) => {}
            None if postgres::is_empty(config)? => {}
            None => there.push("the database, which has tables".into()),
        }
        if there.is_empty() {
            return Ok(());
        }
        let there: Vec<String> = there
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        Err(CliError::refused(
            format!("There is something already: {}.", there.join(", ")),
            "With --force the backup takes its place; files are kept under another name.",
        ))
    }
}

fn hash_of(file: &Path) -> Result<String> {
    keys::hash_file(file)
        .map(|hash| keys::hex(&hash))
        .map_err(|cause| {
            CliError::unusable(
                format!("{} cannot be read: {cause}.", file.display()),
                "Use the directory as the backup has written it.",
            )
        })
}

/// Puts a copy where the database is, as a whole; what was there gets the ending.
fn put_in_place(from: &Path, to: &Path, ending: &str) -> Result<Vec<PathBuf>> {
    let failed = |path: &Path, cause: std::io::Error| {
        CliError::refused(
            format!("{} cannot be written: {cause}.", path.display()),
            "Let its directory belong to the user that runs the server, and restore again with --force.",
        )
    };
    if let Some(directory) = to.parent() {
        let made = DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory);
        made.map_err(|cause| failed(directory, cause))?;
    }
    let new = PathBuf::from(format!("{}.new", to.display()));
    // A copy of a backup may have come with another mode.
    std::fs::copy(from, &new)
        .and_then(|_| std::fs::set_permissions(&new, Permissions::from_mode(0o600)))
        .and_then(|()| std::fs::File::open(&new)?.sync_all())
        .map_err(|cause| failed(&new, cause))?;
    let mut kept = Vec::new();
    for end in ["-wal", "-shm", ""] {
        let old = PathBuf::from(format!("{}{end}", to.display()));
        if old.exists() {
            let aside = PathBuf::from(format!("{}.{ending}{end}", to.display()));
            std::fs::rename(&old, &aside).map_err(|cause| failed(&old, cause))?;
            kept.push(aside);
        }
    }
    std::fs::rename(&new, to).map_err(|cause| failed(to, cause))?;
    Ok(kept)
}
