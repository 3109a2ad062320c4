//! Which roles a process has, how its workers find dispatchers, and which roles the embedded stores keep together.

use std::{collections::BTreeSet, fmt, path::PathBuf};

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::{
    config::{Config, is_http_url, wrong},
    engines::{RecordsEngine, Secret, secret},
    exit::Failure,
};

/// What a process may be.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    /// Answers over HTTP, takes dumps and plugins in.
    Api,
    /// Turns jobs into tasks and follows them.
    Controller,
    /// Books tasks ahead.
    Scheduler,
    /// Hands tasks to workers and takes what came of them.
    Dispatcher,
    /// Does the tasks.
    Worker,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_possible_value().map_or(Ok(()), |value| f.write_str(value.get_name()))
    }
}

/// The roles of a process.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "Words")]
pub(crate) struct Roles(BTreeSet<Role>);

impl Default for Roles {
    fn default() -> Self {
        Self(Role::value_variants().iter().copied().collect())
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        listed(self.0.iter()).fmt(f)
    }
}

impl Roles {
    pub(crate) fn has(&self, role: Role) -> bool {
        self.0.contains(&role)
    }

    /// Are some of these here, and others not?
    fn parts(&self, together: &[Role]) -> bool {
        let here = together.iter().filter(|role| self.has(**role)).count();
        here > 0 && here < together.len()
    }
}

/// A list; or, as a variable has it, its parts with commas between them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Words {
    Text(String),
    List(Vec<String>),
}

impl From<Words> for Vec<String> {
    fn from(words: Words) -> Self {
        match words {
            Words::Text(text) => text.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect(),
            Words::List(list) => list,
        }
    }
}

impl TryFrom<Words> for Roles {
    type Error = String;

    fn try_from(words: Words) -> Result<Self, String> {
        let unknown = |word: &str| format!("there is no role `{word}`; there are {}", listed(Role::value_variants()));
        let roles: BTreeSet<Role> =
            Vec::from(words).iter().map(|word| Role::from_str(word, true).map_err(|_| unknown(word))).collect::<Result<_, _>>()?;
        if roles.is_empty() { Err("roles names none".into()) } else { Ok(Self(roles)) }
    }
}

fn listed<'a>(roles: impl IntoIterator<Item = &'a Role>) -> String {
    roles.into_iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// How workers and dispatchers of different processes find and know each other.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct WorkerConfig {
    /// Addresses of dispatchers, for workers without one in their process.
    pub(crate) dispatchers: Urls,
    pub(crate) token: Option<Secret>,
    pub(crate) token_file: Option<PathBuf>,
}

/// Addresses.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Words")]
pub(crate) struct Urls(pub(crate) Vec<String>);

impl From<Words> for Urls {
    fn from(words: Words) -> Self {
        Self(words.into())
    }
}

/// Nobody guesses a token of so many bytes.
const TOKEN_BYTES_MIN: usize = 16;

impl WorkerConfig {
    /// The token that workers bring and dispatchers ask for.
    pub(crate) fn token(&self) -> Result<Option<String>, Failure> {
        let token = secret(self.token.as_ref(), self.token_file.as_deref(), "worker.token_file")?.map(|token| token.trim().to_owned());
        match token {
            Some(token) if token.len() < TOKEN_BYTES_MIN => {
                Err(wrong(format!("the worker token is shorter than {TOKEN_BYTES_MIN} bytes: `openssl rand -hex 32` makes one")))
            }
            token => Ok(token),
        }
    }
}

/// Refuses roles that could not do their work, or would do it on stores that others can't see.
pub(crate) fn check(config: &Config) -> Result<(), Failure> {
    use Role::{Api, Controller, Dispatcher, Scheduler, Worker};
    let roles = &config.roles;
    let embedded: [(bool, &[Role], &str); 3] = [
        (
            config.catalogue.url.is_none(),
            &[Api, Controller, Scheduler, Dispatcher],
            "the catalogue is SQLite; name PostgreSQL by catalogue.url",
        ),
        (
            config.records.engine == RecordsEngine::Tantivy,
            &[Api, Controller, Worker],
            "records are kept by Tantivy; choose records.engine = \"opensearch\"",
        ),
        (config.objects.url.is_none(), &[Api, Worker], "objects are in the data folder; name S3, or a folder that all see, by objects.url"),
    ];
    for (is_embedded, together, why) in embedded {
        if is_embedded && roles.parts(together) {
            let message = format!("{} must be in one process while {why}; this one has the roles {roles}", listed(together));
            return Err(wrong(message));
        }
    }
    let has_token = config.worker.token()?.is_some();
    if roles.has(Dispatcher) && !roles.has(Worker) && !has_token {
        return Err(wrong(
            "a dispatcher without a worker in its process needs worker.token or worker.token_file: nobody else gets a task from it",
        ));
    }
    if roles.has(Worker) && !roles.has(Dispatcher) && (config.worker.dispatchers.0.is_empty() || !has_token) {
        return Err(wrong("a worker without a dispatcher in its process needs worker.dispatchers, and worker.token or worker.token_file"));
    }
    if let Some(url) = config.worker.dispatchers.0.iter().find(|url| !is_http_url(url)) {
        return Err(wrong(format!("worker.dispatchers has `{url}`, which is no http or https URL")));
    }
    Ok(())
}
