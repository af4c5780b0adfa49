//! The configuration tree: a TOML file, then `VESTIBULE_*` environment variables over it.
//!
//! Invariants: an unknown key is an error, never ignored; a secret never prints itself; what [`Config::load`] returns has
//! been checked as a whole. `docs/configuration.md` lists every key, and a test keeps it in step with this file.

mod connections;
mod development;
mod dns;
mod environment;
mod limits;
mod proxy;
mod quota;
mod show;
mod values;
mod verification;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Format, Serialized, Toml};
use serde::{Deserialize, Serialize};

pub use connections::ConnectionsConfig;
pub use development::DevelopmentConfig;
pub use dns::DnsConfig;
use environment::Environment;
pub use environment::variable_name;
pub use limits::LimitsConfig;
pub use proxy::ProxyConfig;
pub use quota::QuotaConfig;
pub use values::{IpBlock, LogFormat, Period, PlainHttp, Secret};
pub use verification::{CrossCheckMode, VerificationConfig};

/// The files that are looked for when none is named; the first that is there is read.
pub const DEFAULT_FILES: [&str; 2] = ["vestibule.toml", "/etc/vestibule.toml"];
/// The environment variable that names the file, unless an option does.
pub const FILE_VARIABLE: &str = "VESTIBULE_CONFIG";

/// The whole configuration.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Address and port to listen on, such as `127.0.0.1:8080` or `[::]:8080`.
    pub listen: SocketAddr,
    /// Directory for what the server writes: the SQLite file and, unless configured otherwise, the keys.
    pub data_dir: PathBuf,
    /// Slug of the one company that every host name serves. Unset: the host name picks the company.
    pub single_company: Option<String>,
    /// Whether an origin may be `http://` for development: `loopback` (only 127.0.0.0/8, `[::1]`, `localhost` and
    /// `*.localhost`) or `never`. Any other host needs `https://`, always.
    pub plain_http: PlainHttp,
    /// Reverse proxies whose `X-Forwarded-For` is believed: addresses or blocks such as `10.0.0.0/8`.
    pub trusted_proxies: Vec<IpBlock>,
    pub database: DatabaseConfig,
    pub keys: KeysConfig,
    pub session: SessionConfig,
    pub hub: HubConfig,
    pub checks: ChecksConfig,
    pub attempts: AttemptsConfig,
    pub audit: AuditConfig,
    pub verification: VerificationConfig,
    pub limits: LimitsConfig,
    pub quota: QuotaConfig,
    pub connections: ConnectionsConfig,
    pub proxy: ProxyConfig,
    pub dns: DnsConfig,
    pub development: DevelopmentConfig,
    pub log: LogConfig,
}

/// Where the data lives.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `sqlite:<file>` or `postgres://…`. Unset: `sqlite:<data_dir>/vestibule.sqlite3`.
    pub url: Option<Secret>,
    /// A file that holds the URL, instead of `url`.
    pub url_file: Option<PathBuf>,
}

/// The service provider's keys. What is not configured is made at first start in `dir`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeysConfig {
    /// Directory of the keys that Vestibule makes itself. Unset: `<data_dir>/certs`.
    pub dir: Option<PathBuf>,
    /// PEM private key that signs requests and metadata. Goes with `signing_certificate_file`.
    pub signing_key_file: Option<PathBuf>,
    /// PEM certificate of the signing key.
    pub signing_certificate_file: Option<PathBuf>,
    /// PEM private key that decrypts assertions. Goes with `encryption_certificate_file`.
    pub encryption_key_file: Option<PathBuf>,
    /// PEM certificate of the encryption key; identity providers encrypt to it.
    pub encryption_certificate_file: Option<PathBuf>,
    /// PEM private key that was the encryption key before; still tried, so that a change of keys loses no sign-in.
    pub previous_encryption_key_file: Option<PathBuf>,
    /// 32 bytes, hex or base64, which seal the secrets in the database. Every node needs the same one.
    pub instance_key: Option<Secret>,
    /// A file that holds the instance key, instead of `instance_key`.
    pub instance_key_file: Option<PathBuf>,
}

/// How long a session lasts.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SessionConfig {
    /// The longest that a session lasts, used or not. An identity provider may ask for less.
    pub absolute: Period,
    /// A session that is not used for this long ends.
    pub idle: Period,
    /// Memory for live sessions, in megabytes; one takes less than a kilobyte. Further ones are read from the database. 0
    /// keeps none.
    pub cache_megabytes: u32,
    /// Memory for who is signed in at applications, in megabytes; one takes about two kilobytes. 0 keeps nobody.
    pub gate_cache_megabytes: u32,
}

/// The installation's own address, for applications that serve several companies.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HubConfig {
    /// Its origin, such as `https://sso.example.com`: the issuer of identity tokens, and where users say which company they are of.
    /// No company has it.
    pub origin: Option<String>,
}

/// The checks that reverse proxies ask.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChecksConfig {
    /// A socket of this machine for them alone, such as `/run/vestibule/checks.sock`. Whoever may open the file (mode 0660) needs no
    /// key.
    pub socket: Option<PathBuf>,
    /// An address for them alone, such as `127.0.0.1:8081`, which nobody else can reach. Whoever comes there needs no key.
    pub danger_listen: Option<SocketAddr>,
}

/// The records of sign-ins.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AttemptsConfig {
    /// Days that the record of a sign-in is kept.
    pub retention_days: u16,
    /// Records of sign-ins that one company may have; the oldest go earlier than their days. 0 sets no limit.
    pub most_records: u32,
    /// Hours that the message of a refused sign-in or of a test is kept beside its record, sealed with the instance key, for the
    /// company's administrators to look at. 0 keeps none.
    pub keep_responses_hours: u16,
}

/// The audit log.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuditConfig {
    /// Days that an entry of the audit log is kept. 0 keeps all for ever.
    pub retention_days: u16,
    /// Entries of the audit log that one company may have; the oldest go. 0 sets no limit.
    pub most_entries: u32,
}

/// The log, on standard error.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// `text` for people, `json` for machines.
    pub format: LogFormat,
    /// `error`, `warn`, `info`, `debug` or `trace`; per module as in `info,vestibule::login=debug`.
    pub level: String,
}

/// Why the configuration cannot be used. The text names the key, where it was set and what is allowed.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error(
        "The configuration file {0} does not exist. Create it, or leave out --config and VESTIBULE_CONFIG to use the defaults."
    )]
    Missing(PathBuf),
    /// Going on without it would quietly use another database.
    #[error(
        "The configuration file {path} cannot be read ({cause}). Run this as the user that runs the server, or name another file with --config."
    )]
    Unreadable {
        path: PathBuf,
        cause: std::io::Error,
    },
    #[error("{0}")]
    Invalid(String),
    #[error("{key}: the file {path} cannot be read ({cause}).")]
    Secret {
        key: &'static str,
        path: PathBuf,
        cause: std::io::Error,
    },
}

impl Config {
    /// Reads [`chosen_file`], then the environment. A file that is named and does not exist is an error.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        Self::from_sources(path, std::env::vars())
    }

    /// As [`Config::load`], with the environment as an argument.
    pub fn from_sources(
        path: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let environment: Vec<_> = environment.into_iter().collect();
        let named = environment
            .iter()
            .find(|(name, _)| name == FILE_VARIABLE)
            .map(|(_, file)| file.as_str());
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        if let Some(path) = chosen_file(path, named) {
            if !path.is_file() {
                return Err(ConfigError::Missing(path));
            }
            if let Err(cause) = std::fs::File::open(&path) {
                return Err(ConfigError::Unreadable { path, cause });
            }
            figment = figment.merge(Toml::file_exact(path));
        }
        let mut config: Self = figment
            .merge(Environment::new(environment))
            .extract()
            .map_err(|error| ConfigError::Invalid(show::explain(error)))?;
        config.read_database_url()?;
        config.check()?;
        Ok(config)
    }

    /// The database's URL, with the default filled in.
    pub fn database_url(&self) -> String {
        match &self.database.url {
            Some(url) => url.expose().to_owned(),
            None => format!(
                "sqlite:{}",
                self.data_dir.join("vestibule.sqlite3").display()
            ),
        }
    }

    /// The file of a SQLite database; none for another database.
    pub fn sqlite_file(&self) -> Option<PathBuf> {
        let url = self.database_url();
        let file = url.strip_prefix("sqlite:")?;
        let file = file.strip_prefix("//").unwrap_or(file);
        Some(file.split('?').next().unwrap_or_default().into())
    }

    /// The directory of the keys, with the default filled in.
    pub fn keys_dir(&self) -> PathBuf {
        self.keys
            .dir
            .clone()
            .unwrap_or_else(|| self.data_dir.join("certs"))
    }

    /// `database.url_file` becomes `database.url`.
    fn read_database_url(&mut self) -> Result<(), ConfigError> {
        let Some(path) = &self.database.url_file else {
            return Ok(());
        };
        if self.database.url.is_some() {
            return Err(both("database.url", "database.url_file"));
        }
        let url = std::fs::read_to_string(path).map_err(|cause| ConfigError::Secret {
            key: "database.url_file",
            path: path.clone(),
            cause,
        })?;
        self.database.url = Some(Secret::new(url.trim()));
        Ok(())
    }

    fn check(&self) -> Result<(), ConfigError> {
        self.verification.check(cfg!(feature = "samael"))?;
        let url = self.database_url();
        if !["sqlite:", "postgres://", "postgresql://"]
            .iter()
            .any(|scheme| url.starts_with(scheme))
        {
            return Err(invalid(
                "database.url: a URL that begins with `sqlite:` or `postgres://` is expected.",
            ));
        }
        if self.keys.instance_key.is_some() && self.keys.instance_key_file.is_some() {
            return Err(both("keys.instance_key", "keys.instance_key_file"));
        }
        pair(
            (
                "keys.signing_key_file",
                self.keys.signing_key_file.as_deref(),
            ),
            (
                "keys.signing_certificate_file",
                self.keys.signing_certificate_file.as_deref(),
            ),
        )?;
        pair(
            (
                "keys.encryption_key_file",
                self.keys.encryption_key_file.as_deref(),
            ),
            (
                "keys.encryption_certificate_file",
                self.keys.encryption_certificate_file.as_deref(),
            ),
        )?;
        if self.session.idle > self.session.absolute {
            return Err(invalid(&format!(
                "session.idle ({}) is longer than session.absolute ({}), so it would never apply.",
                self.session.idle, self.session.absolute
            )));
        }
        for (key, zero) in [
            ("session.idle", self.session.idle.is_zero()),
            ("attempts.retention_days", self.attempts.retention_days == 0),
        ] {
            if zero {
                return Err(invalid(&format!(
                    "{key}: 0 is not possible, it would refuse everything."
                )));
            }
        }
        self.limits.check().map_err(ConfigError::Invalid)?;
        self.quota.check().map_err(ConfigError::Invalid)?;
        self.connections.check().map_err(ConfigError::Invalid)?;
        self.proxy.check().map_err(ConfigError::Invalid)?;
        match self.single_company.as_deref() {
            Some(slug) if !is_slug(slug) => Err(invalid(&format!(
                "single_company: `{slug}` is not a company's slug. Use lower-case letters, digits and hyphens, such as `acme`."
            ))),
            _ => Ok(()),
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            data_dir: PathBuf::from("data"),
            single_company: None,
            plain_http: PlainHttp::Loopback,
            trusted_proxies: Vec::new(),
            database: DatabaseConfig::default(),
            keys: KeysConfig::default(),
            hub: HubConfig::default(),
            checks: ChecksConfig::default(),
            session: SessionConfig::default(),
            attempts: AttemptsConfig::default(),
            audit: AuditConfig::default(),
            verification: VerificationConfig::default(),
            limits: LimitsConfig::default(),
            quota: QuotaConfig::default(),
            connections: ConnectionsConfig::default(),
            proxy: ProxyConfig::default(),
            dns: DnsConfig::default(),
            development: DevelopmentConfig::default(),
            log: LogConfig::default(),
        }
    }
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            absolute: Period::hours(12),
            idle: Period::hours(2),
            cache_megabytes: 64,
            gate_cache_megabytes: 256,
        }
    }
}

impl Default for AttemptsConfig {
    fn default() -> Self {
        Self {
            retention_days: 30,
            most_records: 5_000_000,
            keep_responses_hours: 24,
        }
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            format: LogFormat::Text,
            level: "info".to_owned(),
        }
    }
}

/// The configuration file: of the option, else of [`FILE_VARIABLE`], else the first of [`DEFAULT_FILES`] that is there.
pub fn chosen_file(option: Option<&Path>, variable: Option<&str>) -> Option<PathBuf> {
    let named = option.or_else(|| variable.filter(|file| !file.is_empty()).map(Path::new));
    match named {
        Some(path) => Some(path.to_owned()),
        None => DEFAULT_FILES
            .iter()
            .map(PathBuf::from)
            .find(|file| file.is_file()),
    }
}

fn is_slug(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn invalid(text: &str) -> ConfigError {
    ConfigError::Invalid(text.to_owned())
}

fn both(value: &str, file: &str) -> ConfigError {
    ConfigError::Invalid(format!(
        "{value} and {file} are both set. Keep one of them."
    ))
}

fn pair(key: (&str, Option<&Path>), certificate: (&str, Option<&Path>)) -> Result<(), ConfigError> {
    let (set, missing) = match (key.1, certificate.1) {
        (Some(_), None) => (key.0, certificate.0),
        (None, Some(_)) => (certificate.0, key.0),
        _ => return Ok(()),
    };
    Err(ConfigError::Invalid(format!(
        "{set} is set and {missing} is not. A key and its certificate go together."
    )))
}

#[cfg(test)]
mod tests;
