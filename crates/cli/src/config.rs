//! What an operator can set: `hui.toml`, then the environment, then the command line.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use serde::Deserialize;

/// The documented file: every line shows the default.
const EXAMPLE: &str = include_str!("../../../hui.example.toml");

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogForm {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// The settings of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Config {
    /// Where Hui keeps its files.
    pub(crate) data_dir: PathBuf,
    /// The database's address.
    pub(crate) database_url: String,
    /// A schema of its own on PostgreSQL.
    pub(crate) database_schema: Option<String>,
    /// Connections to the database.
    pub(crate) connections: u32,
    /// Where the server listens.
    pub(crate) listen: SocketAddr,
    /// The file with the master key.
    pub(crate) master_key_file: PathBuf,
    /// Writers beside each other.
    pub(crate) lanes: usize,
    /// The most requests of one transaction.
    pub(crate) slice: usize,
    /// What is logged.
    pub(crate) log: String,
    /// How log lines are written.
    pub(crate) log_form: LogForm,
    /// Whether cookies are sent over TLS only.
    pub(crate) secure_cookies: bool,
    /// Whether the caller's address comes from a proxy.
    pub(crate) behind_proxy: bool,
    /// Requests a second for one key.
    pub(crate) rate: u32,
    /// The secret of a key that the first start makes.
    pub(crate) bootstrap_api_key: Option<Secret>,
    /// `name:password` of a staff account that the first start makes.
    pub(crate) bootstrap_admin: Option<Secret>,
}

/// A text that never shows in a log.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(pub(crate) String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Secret")
    }
}

/// What the command line sets.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(crate) struct Overrides {
    /// The settings file; without it `hui.toml` where there is one
    #[arg(long, global = true, value_name = "FILE", env = "HUI_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// The database, `sqlite:///path` or `postgres://…`
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) database: Option<String>,
    /// Where Hui keeps its files
    #[arg(long, global = true, value_name = "FOLDER")]
    pub(crate) data_dir: Option<PathBuf>,
}

/// A settings file, or a part of it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    data_dir: Option<PathBuf>,
    database_url: Option<String>,
    database_schema: Option<String>,
    connections: Option<u32>,
    listen: Option<SocketAddr>,
    master_key_file: Option<PathBuf>,
    lanes: Option<usize>,
    slice: Option<usize>,
    log: Option<String>,
    log_form: Option<LogForm>,
    secure_cookies: Option<bool>,
    behind_proxy: Option<bool>,
    rate: Option<u32>,
}

/// Reads the settings.
///
/// # Errors
///
/// A sentence that names the setting and what is wrong with it.
pub(crate) fn read(
    overrides: &Overrides,
    environment: impl Fn(&str) -> Option<String>,
) -> anyhow::Result<Config> {
    let file = match &overrides.config {
        Some(path) => parse_file(path)?,
        None if Path::new("hui.toml").exists() => parse_file(Path::new("hui.toml"))?,
        None => File::default(),
    };
    let given = layered(environment_file(&environment)?, file);
    resolve(given, overrides, &environment)
}

fn parse_file(path: &Path) -> anyhow::Result<File> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("the settings file {} cannot be read", path.display()))?;
    toml::from_str(&text).with_context(|| format!("the settings file {} is wrong", path.display()))
}

fn environment_file(environment: &impl Fn(&str) -> Option<String>) -> anyhow::Result<File> {
    let text = |name: &str| environment(name).filter(|value| !value.is_empty());
    Ok(File {
        data_dir: text("HUI_DATA_DIR").map(PathBuf::from),
        database_url: text("HUI_DATABASE_URL"),
        database_schema: text("HUI_DATABASE_SCHEMA"),
        connections: parsed(&text, "HUI_CONNECTIONS")?,
        listen: parsed(&text, "HUI_LISTEN")?,
        master_key_file: text("HUI_MASTER_KEY_FILE").map(PathBuf::from),
        lanes: parsed(&text, "HUI_LANES")?,
        slice: parsed(&text, "HUI_SLICE")?,
        log: text("HUI_LOG"),
        log_form: match text("HUI_LOG_FORM").as_deref() {
            None => None,
            Some("text") => Some(LogForm::Text),
            Some("json") => Some(LogForm::Json),
            Some(_) => bail!("HUI_LOG_FORM is `text` or `json`"),
        },
        secure_cookies: parsed(&text, "HUI_SECURE_COOKIES")?,
        behind_proxy: parsed(&text, "HUI_BEHIND_PROXY")?,
        rate: parsed(&text, "HUI_RATE")?,
    })
}

fn parsed<T: std::str::FromStr>(
    text: &impl Fn(&str) -> Option<String>,
    name: &str,
) -> anyhow::Result<Option<T>>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    text(name)
        .map(|value| value.parse().with_context(|| format!("{name} cannot be `{value}`")))
        .transpose()
}

/// What `first` does not say, `second` says.
fn layered(first: File, second: File) -> File {
    File {
        data_dir: first.data_dir.or(second.data_dir),
        database_url: first.database_url.or(second.database_url),
        database_schema: first.database_schema.or(second.database_schema),
        connections: first.connections.or(second.connections),
        listen: first.listen.or(second.listen),
        master_key_file: first.master_key_file.or(second.master_key_file),
        lanes: first.lanes.or(second.lanes),
        slice: first.slice.or(second.slice),
        log: first.log.or(second.log),
        log_form: first.log_form.or(second.log_form),
        secure_cookies: first.secure_cookies.or(second.secure_cookies),
        behind_proxy: first.behind_proxy.or(second.behind_proxy),
        rate: first.rate.or(second.rate),
    }
}

fn resolve(
    given: File,
    overrides: &Overrides,
    environment: &impl Fn(&str) -> Option<String>,
) -> anyhow::Result<Config> {
    let defaults: File = toml::from_str(EXAMPLE).context("the example of the settings is wrong")?;
    let missing = "the example of the settings shows every default";
    let given = layered(given, defaults);
    let data_dir = overrides.data_dir.clone().or(given.data_dir).context(missing)?;
    let database_url = match overrides.database.clone().or(given.database_url) {
        Some(url) => url,
        None => format!("sqlite://{}", data_dir.join("hui.db").display()),
    };
    check_url(&database_url)?;
    if let Some(schema) = &given.database_schema {
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        ensure!(
            !schema.is_empty() && schema.bytes().all(is_word),
            "database_schema is made of letters, digits and underscores"
        );
    }
    let lanes = given.lanes.context(missing)?;
    ensure!((1..=64).contains(&lanes), "lanes is a number from 1 to 64");
    let slice = given.slice.context(missing)?;
    ensure!((1..=4096).contains(&slice), "slice is a number from 1 to 4096");
    let rate = given.rate.context(missing)?;
    ensure!(rate > 0, "rate is at least 1");
    let bootstrap_admin = environment("HUI_BOOTSTRAP_ADMIN").filter(|text| !text.is_empty());
    ensure!(
        bootstrap_admin.as_ref().is_none_or(|text| text.contains(':')),
        "HUI_BOOTSTRAP_ADMIN is `name:password`"
    );
    Ok(Config {
        master_key_file: given.master_key_file.unwrap_or_else(|| data_dir.join("master.key")),
        database_url,
        database_schema: given.database_schema,
        connections: given.connections.context(missing)?.clamp(2, 500),
        listen: given.listen.context(missing)?,
        lanes,
        slice,
        log: given.log.context(missing)?,
        log_form: given.log_form.context(missing)?,
        secure_cookies: given.secure_cookies.context(missing)?,
        behind_proxy: given.behind_proxy.context(missing)?,
        rate,
        bootstrap_api_key: environment("HUI_BOOTSTRAP_API_KEY")
            .filter(|text| !text.is_empty())
            .map(Secret),
        bootstrap_admin: bootstrap_admin.map(Secret),
        data_dir,
    })
}

/// Refuses an address that would not mean what its writer meant.
fn check_url(url: &str) -> anyhow::Result<()> {
    const FORMS: &str =
        "it is `sqlite:///path/hui.db` or `postgres://name:password@host:5432/database`";
    if let Some(path) = url.strip_prefix("sqlite:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        let path = path.split('?').next().unwrap_or_default();
        ensure!(
            !path.is_empty() && !path.ends_with('/'),
            "the database address names no file; {FORMS}"
        );
        return Ok(());
    }
    let Some(rest) = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"))
    else {
        bail!("the database address begins with neither sqlite: nor postgres://; {FORMS}");
    };
    let (place, database) = rest.split_once('/').unwrap_or((rest, ""));
    let host = place.rsplit_once('@').map_or(place, |(_, host)| host);
    let database = database.split('?').next().unwrap_or_default();
    ensure!(!database.is_empty(), "the database address names no database; {FORMS}");
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    };
    // Parameters may name a socket's folder instead of a host.
    ensure!(
        !name.is_empty() || rest.contains("host="),
        "the database address names no host; {FORMS}"
    );
    if let Some(port) = port {
        ensure!(port.parse::<u16>().is_ok(), "the database address has no port `{port}`; {FORMS}");
    }
    Ok(())
}

/// The address without its password, for people and logs.
pub(crate) fn shown_url(url: &str) -> String {
    match url.split_once("://").and_then(|(kind, rest)| {
        let (login, place) = rest.rsplit_once('@')?;
        let (name, _) = login.split_once(':')?;
        Some(format!("{kind}://{name}@{place}"))
    }) {
        Some(shown) => shown,
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&'static str, &'static str)]) -> anyhow::Result<Config> {
        let pairs = pairs.to_vec();
        let overrides = Overrides { config: Some("/dev/null".into()), ..Overrides::default() };
        read(&overrides, move |name| {
            pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn nothing_set_means_one_file_in_the_data_folder() {
        let config = with(&[]).unwrap();

        assert_eq!(config.database_url, "sqlite://data/hui.db");
        assert_eq!(config.master_key_file, Path::new("data/master.key"));
        assert_eq!(config.listen, "127.0.0.1:8080".parse().unwrap());
    }

    #[test]
    fn the_environment_wins_over_the_file_and_the_command_line_over_both() {
        let overrides = Overrides {
            config: Some("/dev/null".into()),
            data_dir: Some("/c".into()),
            ..Overrides::default()
        };
        let config = read(&overrides, |name| match name {
            "HUI_DATA_DIR" => Some("/b".to_owned()),
            "HUI_LANES" => Some("2".to_owned()),
            _ => None,
        })
        .unwrap();

        assert_eq!(config.data_dir, Path::new("/c"));
        assert_eq!(config.lanes, 2);
    }

    #[test]
    fn a_mistyped_address_is_refused() {
        for url in [
            "sqllite:///data/hui.db",
            "sqlite://",
            "postgres://localhost",
            "postgres://hui@/hui",
            "postgres://hui@host:54x2/hui",
            "mysql://host/hui",
            "hui.db",
        ] {
            assert!(check_url(url).is_err(), "{url}");
        }
        for url in [
            "sqlite:///data/hui.db",
            "sqlite://hui.db",
            "postgres://hui:p@ss@host:5432/hui?sslmode=require",
            "postgresql://host/hui",
            "postgres://hui@[::1]:5432/hui",
            "postgres:///hui?host=/run/postgresql",
        ] {
            check_url(url).unwrap();
        }
    }

    #[test]
    fn a_mistyped_value_is_refused_by_name() {
        let error = with(&[("HUI_LISTEN", "8080")]).unwrap_err();
        assert!(error.to_string().contains("HUI_LISTEN"));
        assert!(with(&[("HUI_LANES", "0")]).is_err());
        assert!(with(&[("HUI_BOOTSTRAP_ADMIN", "admin")]).is_err());
        assert!(toml::from_str::<File>("databse_url = \"sqlite://x\"").is_err());
    }

    #[test]
    fn a_password_is_not_shown() {
        assert_eq!(
            shown_url("postgres://hui:secret@host:5432/hui"),
            "postgres://hui@host:5432/hui"
        );
        assert_eq!(shown_url("sqlite://data/hui.db"), "sqlite://data/hui.db");
        let config = with(&[("HUI_BOOTSTRAP_API_KEY", "secret")]).unwrap();
        assert!(!format!("{config:?}").contains("secret"));
    }
}
