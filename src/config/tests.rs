use std::io::Write as _;

use serde_json::Value;

use super::*;

fn load(toml: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(toml.as_bytes()).unwrap();
    let environment = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::from_sources(Some(file.path()), environment)
}

fn refusal(toml: &str, environment: &[(&str, &str)]) -> String {
    load(toml, environment).unwrap_err().to_string()
}

#[test]
fn a_wrong_type_is_shown_a_right_one() {
    for (toml, example) in [
        ("listen = 8080", "listen = \"127.0.0.1:8080\""),
        ("listen = \"8080\"", "listen = \"127.0.0.1:8080\""),
        ("[session]\nidle = 5", "session.idle = \"2h\""),
        ("trusted_proxies = 5", "trusted_proxies = [\"10.0.0.0/8\"]"),
    ] {
        let error = load(toml, &[]).unwrap_err().to_string();
        assert!(
            error.contains(&format!("For example: {example}")),
            "{error}"
        );
    }
}

#[test]
fn a_section_is_called_by_its_name() {
    let error = refusal("keys = 3", &[]);
    let text = "struct Keys is expected, and this is signed int `3`.";
    assert!(error.ends_with(text), "{error}");
}

#[test]
fn a_variable_names_the_file_unless_an_option_does() {
    let [file, other] = ["data_dir = \"one\"", "data_dir = \"two\""].map(|toml| {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), toml).unwrap();
        file
    });
    let variable = || {
        let path = file.path().to_str().unwrap().to_owned();
        [(FILE_VARIABLE.to_owned(), path)]
    };
    let read = |option| Config::from_sources(option, variable()).unwrap().data_dir;
    assert_eq!(read(None), Path::new("one"));
    assert_eq!(read(Some(other.path())), Path::new("two"));
    let missing = [(FILE_VARIABLE.to_owned(), "no-such.toml".to_owned())];
    let error = Config::from_sources(None, missing).unwrap_err();
    assert!(error.to_string().contains("no-such.toml"), "{error}");
}

#[test]
fn an_empty_file_gives_the_defaults() {
    let config = load("", &[]).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.database_url(), "sqlite:data/vestibule.sqlite3");
    assert_eq!(config.keys_dir(), Path::new("data/certs"));
    assert_eq!(config.session.absolute, Period::hours(12));
}

#[test]
fn the_environment_wins_over_the_file() {
    let config = load(
        "listen = \"0.0.0.0:80\"\n[session]\nidle = \"30m\"",
        &[
            ("VESTIBULE_LISTEN", "[::1]:9000"),
            ("VESTIBULE_DATA_DIR", "/var/lib/vestibule"),
            ("VESTIBULE_DATABASE_URL", "postgres://db/v"),
            ("VESTIBULE_SINGLE_COMPANY", "42"),
            ("VESTIBULE_TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8"),
            ("VESTIBULE_LIMITS__BODY_BYTES", "1000"),
            ("VESTIBULE_SESSION__ABSOLUTE", "1d"),
            // What Kubernetes sets beside a service of the same name.
            ("VESTIBULE_SERVICE_HOST", "10.0.0.1"),
            ("VESTIBULE_PORT", "tcp://10.0.0.1:80"),
        ],
    )
    .unwrap();
    assert_eq!(config.listen.to_string(), "[::1]:9000");
    assert_eq!(config.database_url(), "postgres://db/v");
    assert_eq!(config.single_company.as_deref(), Some("42"));
    assert_eq!(config.limits.body_bytes, 1000);
    assert_eq!(config.session.idle, Period::seconds(1800));
    assert!(config.trusted_proxies[1].contains("10.9.8.7".parse().unwrap()));
    assert!(!config.trusted_proxies[0].contains("127.0.0.2".parse().unwrap()));
}

#[test]
fn errors_name_the_key_the_place_and_what_is_allowed() {
    assert!(refusal("listn = 1", &[]).contains("listn (in "));
    let unknown = refusal("[session]\nidel = \"1h\"", &[]);
    assert!(
        unknown.starts_with("session.idel (in ") && unknown.contains("absolute"),
        "{unknown}"
    );
    let environment = refusal("", &[("VESTIBULE_SESSION__IDEL", "1h")]);
    assert!(
        environment.contains("VESTIBULE_SESSION__IDEL") && environment.contains("no such setting"),
        "{environment}"
    );
    assert!(refusal("", &[("VESTIBULE_LIMITS__BODY_BYTES", "many")]).contains("a whole number"));
    assert!(refusal("plain_http = \"always\"", &[]).contains("loopback"));
    assert!(refusal("[session]\nidle = \"2 weeks\"", &[]).contains("`12h`"));
    assert!(refusal("[session]\nidle = \"2d\"", &[]).contains("session.absolute (12h)"));
    assert!(refusal("trusted_proxies = [\"10.0.0.0/99\"]", &[]).contains("10.0.0.0/8"));
    assert!(refusal("[database]\nurl = \"mysql://x\"", &[]).contains("postgres://"));
    assert!(
        refusal("[keys]\nsigning_key_file = \"a\"", &[])
            .contains("keys.signing_certificate_file is not")
    );
    assert!(refusal("listen = ", &[]).contains("(in "));
    let missing = Config::from_sources(Some(Path::new("no-such.toml")), [])
        .unwrap_err()
        .to_string();
    assert!(missing.contains("no-such.toml does not exist"));
}

#[test]
fn every_rate_limit_can_be_switched_off() {
    let limits = load("", &[]).unwrap().limits;
    let Value::Object(limits) = serde_json::to_value(limits).unwrap() else {
        panic!("a section has keys");
    };
    let rates: Vec<_> = limits
        .keys()
        .filter(|key| key.ends_with("_per_minute"))
        .collect();
    assert_eq!(rates.len(), 23);
    for key in &rates {
        load(&format!("[limits]\n{key} = 0"), &[]).unwrap();
        let variable = variable_name(&format!("limits.{key}"));
        load("", &[(&variable, "0")]).unwrap();
        let negative = refusal(&format!("[limits]\n{key} = -1"), &[]);
        assert!(negative.contains(&format!("limits.{key}")), "{negative}");
        let huge = refusal(&format!("[limits]\n{key} = 5000000000"), &[]);
        assert!(huge.contains(&format!("limits.{key}")), "{huge}");
    }
    let all: Vec<_> = rates.iter().map(|key| format!("{key} = 0")).collect();
    load(&format!("[limits]\n{}", all.join("\n")), &[]).unwrap();
}

#[test]
fn one_client_cannot_be_given_what_all_share() {
    for (lower, than) in [
        ("company_starts_per_minute", "client_starts_per_minute"),
        (
            "company_responses_per_minute",
            "client_responses_per_minute",
        ),
        ("company_logouts_per_minute", "client_logouts_per_minute"),
        (
            "company_password_tries_per_minute",
            "client_password_tries_per_minute",
        ),
        ("company_metadata_per_minute", "client_metadata_per_minute"),
        (
            "company_refused_messages_per_minute",
            "client_refused_messages_per_minute",
        ),
        (
            "account_wrong_passwords_per_minute",
            "wrong_passwords_per_minute",
        ),
        (
            "client_wrong_passwords_per_minute",
            "wrong_passwords_per_minute",
        ),
    ] {
        let error = refusal(&format!("[limits]\n{than} = 9\n{lower} = 8"), &[]);
        let expected = format!("limits.{lower} (8) is lower than limits.{than} (9)");
        assert!(error.starts_with(&expected), "{error}");
        load(&format!("[limits]\n{than} = 9\n{lower} = 9"), &[]).unwrap();
        load(&format!("[limits]\n{than} = 9\n{lower} = 0"), &[]).unwrap();
    }
    for key in ["body_bytes = 0", "request_timeout = \"0s\""] {
        assert!(refusal(&format!("[limits]\n{key}"), &[]).contains("0 is not possible"));
    }
}

#[test]
fn a_client_is_waited_for_at_all() {
    for (key, zero) in [
        ("most", "0"),
        ("idle_timeout", "\"0s\""),
        ("head_timeout", "\"0s\""),
        ("body_timeout", "\"0s\""),
        ("answer_timeout", "\"0s\""),
    ] {
        let error = refusal(&format!("[connections]\n{key} = {zero}"), &[]);
        let expected = format!("connections.{key}: 0 is not possible");
        assert!(error.starts_with(&expected), "{error}");
    }
}

#[test]
fn an_ipv4_proxy_may_be_written_as_ipv6() {
    let block: IpBlock = "::ffff:10.0.0.0/104".parse().unwrap();
    assert!(block.contains("10.9.8.7".parse().unwrap()));
    assert!(block.contains("::ffff:10.9.8.7".parse().unwrap()));
    assert!(!block.contains("11.0.0.1".parse().unwrap()));
    let block: IpBlock = "::ffff:10.0.0.1".parse().unwrap();
    assert!(block.contains("10.0.0.1".parse().unwrap()));
    assert!(!block.contains("10.0.0.2".parse().unwrap()));
    let block: IpBlock = "::/0".parse().unwrap();
    assert!(block.contains("2001:db8::1".parse().unwrap()));
    assert!("::ffff:10.0.0.1/129".parse::<IpBlock>().is_err());
}

#[test]
fn secrets_are_masked_everywhere() {
    let config = load(
        "[database]\nurl = \"postgres://vestibule:hunter2@db/v\"\n[keys]\ninstance_key = \"topsecret\"",
        &[],
    )
    .unwrap();
    for text in [
        format!("{config:?}"),
        config.masked().to_string(),
        config.to_toml(),
    ] {
        assert!(
            !text.contains("hunter2") && !text.contains("topsecret"),
            "{text}"
        );
    }
    assert!(
        config
            .to_toml()
            .contains("url = \"postgres://vestibule:********@db/v\"")
    );
}

#[test]
fn what_is_printed_can_be_read_again() {
    let config = load(
        "trusted_proxies = [\"10.0.0.0/8\"]\nsingle_company = \"acme\"",
        &[],
    )
    .unwrap();
    let again = load(&config.to_toml(), &[]).unwrap();
    assert_eq!(again.to_toml(), config.to_toml());
}

#[test]
fn a_database_url_may_come_from_a_file() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"postgres://u:p@db/v\n").unwrap();
    let setting = format!("[database]\nurl_file = {:?}", file.path());
    assert_eq!(
        load(&setting, &[]).unwrap().database_url(),
        "postgres://u:p@db/v"
    );
    assert!(refusal(&format!("{setting}\nurl = \"sqlite:x\""), &[]).contains("both set"));
}

#[test]
fn plain_http_is_for_this_machine_only() {
    for host in [
        "127.0.0.1",
        "127.9.9.9",
        "[::1]",
        "localhost",
        "acme.localhost",
        "A.LocalHost",
    ] {
        assert!(PlainHttp::Loopback.permits(host), "{host}");
        assert!(!PlainHttp::Never.permits(host), "{host}");
    }
    for host in [
        "128.0.0.1",
        "example.com",
        "localhost.example.com",
        ".localhost",
        "notlocalhost",
        "::1",
        "10.0.0.1",
        "127.1",
    ] {
        assert!(!PlainHttp::Loopback.permits(host), "{host}");
    }
}

#[test]
fn the_reference_lists_every_key() {
    let reference = include_str!("../../docs/configuration.md");
    let defaults = serde_json::to_value(Config::default()).unwrap();
    let mut keys = Vec::new();
    flatten("", &defaults, &mut keys);
    assert!(keys.len() > 20);
    for (key, default) in keys {
        let row = reference
            .lines()
            .find(|line| line.starts_with(&format!("| `{key}` |")))
            .unwrap_or_else(|| panic!("docs/configuration.md does not list `{key}`"));
        assert!(row.contains(&format!("`{}`", variable_name(&key))), "{row}");
        if let Some(default) = default {
            assert!(
                row.contains(&format!("`{default}`")),
                "{key} is {default} by default: {row}"
            );
        }
    }
    let listed = reference
        .lines()
        .filter(|line| line.starts_with("| `"))
        .count();
    let mut known = Vec::new();
    flatten("", &defaults, &mut known);
    assert_eq!(
        listed,
        known.len(),
        "docs/configuration.md lists a key that does not exist"
    );
}

fn flatten(prefix: &str, value: &Value, keys: &mut Vec<(String, Option<String>)>) {
    let Value::Object(settings) = value else {
        let default = match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        keys.push((prefix.to_owned(), default));
        return;
    };
    for (key, value) in settings {
        let path = if prefix.is_empty() {
            key.clone()
        } else {
            format!("{prefix}.{key}")
        };
        flatten(&path, value, keys);
    }
}
