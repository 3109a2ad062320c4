//! Lists and single wishes: loads, jobs, breaches, keys, plugins, tasks, slots.

use anyhow::Result;
use clap::Subcommand;
use reqwest::Method;
use serde_json::{Value, json};

use super::Server;

#[allow(clippy::print_stdout)] // the command's answer
pub(crate) fn print_json(value: &Value) -> Result<()> {
    println!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}

/// Prints rows as columns, or the JSON as it came.
#[allow(clippy::print_stdout)] // the command's answer
fn print(server: &Server, value: &Value, columns: &[(&str, &str)]) -> Result<()> {
    if server.json {
        return print_json(value);
    }
    let one = [value.clone()];
    let rows = value.as_array().map_or(&one[..], Vec::as_slice);
    let cell = |row: &Value, pointer: &str| match row.pointer(pointer) {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(all)) => {
            all.iter().map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned)).collect::<Vec<_>>().join(", ")
        }
        Some(other) => other.to_string(),
    };
    let table: Vec<Vec<String>> = std::iter::once(columns.iter().map(|(title, _)| (*title).to_owned()).collect())
        .chain(rows.iter().map(|row| columns.iter().map(|(_, pointer)| cell(row, pointer)).collect()))
        .collect();
    let width = |column: usize| table.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<_> = (0..columns.len()).map(width).collect();
    for row in &table {
        let line: Vec<_> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        println!("{}", line.join("  ").trim_end());
    }
    Ok(())
}

const LOAD: [(&str, &str); 6] = [
    ("ID", "/id"),
    ("BREACH", "/breach"),
    ("STATE", "/state"),
    ("RECORDS", "/ledger/stored"),
    ("ACCOUNTS", "/accounts"),
    ("MESSAGE", "/message"),
];
const JOB: [(&str, &str); 6] = [
    ("ID", "/id"),
    ("KIND", "/spec/kind"),
    ("STATE", "/state"),
    ("LOAD", "/load"),
    ("RECORDS", "/progress/records"),
    ("MESSAGE", "/message"),
];

/// Loads: what import jobs made.
#[derive(clap::Args, Debug)]
pub(crate) struct Loads {
    #[command(subcommand)]
    command: LoadCommand,
    #[command(flatten)]
    server: Server,
}

#[derive(Subcommand, Debug)]
enum LoadCommand {
    /// All loads, newest first.
    List,
    /// One load with its ledger.
    Show { load: i64 },
    /// A digest over what a load stored, independent of order.
    Digest { load: i64 },
    /// Make a verified load visible.
    Publish { load: i64 },
    /// Take a published load back, and delete it.
    Retract { load: i64 },
    /// Let a load be published without its quarantined bytes.
    AcceptQuarantine { load: i64 },
    /// Members that no plugin claimed, or several alike.
    Waiting { load: i64 },
    /// Choose a plugin (digest) for a waiting member, or `skip` it.
    Resolve { member: i64, plugin: String },
}

impl Loads {
    pub(crate) async fn run(&self) -> Result<()> {
        let api = self.server.connect()?;
        match &self.command {
            LoadCommand::List => print(&self.server, &api.get("/loads").await?, &LOAD),
            LoadCommand::Show { load } => print_json(&api.get(&format!("/loads/{load}")).await?),
            LoadCommand::Digest { load } => print_json(&api.get(&format!("/loads/{load}/digest")).await?),
            LoadCommand::Publish { load } => print_json(&api.post(&format!("/loads/{load}/publish"), &json!({})).await?),
            LoadCommand::Retract { load } => print_json(&api.post(&format!("/loads/{load}/retract"), &json!({})).await?),
            LoadCommand::AcceptQuarantine { load } => {
                print(&self.server, &api.post(&format!("/loads/{load}/accept-quarantine"), &json!({})).await?, &LOAD)
            }
            LoadCommand::Waiting { load } => print_json(&api.get(&format!("/loads/{load}/members/waiting")).await?),
            LoadCommand::Resolve { member, plugin } => {
                let resolution = if plugin == "skip" { json!("skip") } else { json!({ "plugin": plugin }) };
                print_json(&api.post(&format!("/members/{member}/resolve"), &resolution).await?)
            }
        }
    }
}

/// Jobs: what was asked for.
#[derive(clap::Args, Debug)]
pub(crate) struct Jobs {
    #[command(subcommand)]
    command: JobCommand,
    #[command(flatten)]
    server: Server,
}

#[derive(Subcommand, Debug)]
enum JobCommand {
    /// All jobs, newest first.
    List,
    /// One job.
    Show { job: i64 },
    /// Stop a job and remove what it wrote.
    Cancel { job: i64 },
    /// Hold a job.
    Pause { job: i64 },
    /// Let a paused job go on.
    Resume { job: i64 },
}

impl Jobs {
    pub(crate) async fn run(&self) -> Result<()> {
        let api = self.server.connect()?;
        match &self.command {
            JobCommand::List => print(&self.server, &api.get("/jobs").await?, &JOB),
            JobCommand::Show { job } => print_json(&api.get(&format!("/jobs/{job}")).await?),
            JobCommand::Cancel { job } => print(&self.server, &api.post(&format!("/jobs/{job}/cancel"), &json!({})).await?, &JOB),
            JobCommand::Pause { job } => print(&self.server, &api.post(&format!("/jobs/{job}/pause"), &json!({})).await?, &JOB),
            JobCommand::Resume { job } => print(&self.server, &api.post(&format!("/jobs/{job}/resume"), &json!({})).await?, &JOB),
        }
    }
}

/// Breaches of the catalogue.
#[derive(clap::Args, Debug)]
pub(crate) struct Breaches {
    #[command(subcommand)]
    command: BreachCommand,
    #[command(flatten)]
    server: Server,
}

#[derive(Subcommand, Debug)]
enum BreachCommand {
    /// All breaches, unpublished ones too.
    List,
    /// One breach.
    Show { breach: i64 },
}

impl Breaches {
    pub(crate) async fn run(&self) -> Result<()> {
        let api = self.server.connect()?;
        match &self.command {
            BreachCommand::List => print(
                &self.server,
                &api.get("/breaches").await?,
                &[
                    ("ID", "/id"),
                    ("NAME", "/about/Name"),
                    ("DATE", "/about/BreachDate"),
                    ("ACCOUNTS", "/pwn_count"),
                    ("CLASSES", "/data_classes"),
                ],
            ),
            BreachCommand::Show { breach } => print_json(&api.get(&format!("/breaches/{breach}")).await?),
        }
    }
}

/// Keys of the public API.
#[derive(clap::Args, Debug)]
pub(crate) struct Keys {
    #[command(subcommand)]
    command: KeyCommand,
    #[command(flatten)]
    server: Server,
}

#[derive(Subcommand, Debug)]
enum KeyCommand {
    /// All keys, without the keys.
    List,
    /// Make a key; it is shown this once.
    Create {
        /// Whose it is.
        #[arg(long)]
        label: String,
        /// Requests a minute.
        #[arg(long, default_value_t = 60)]
        rpm: u32,
    },
    /// Revoke a key.
    Revoke { key: i64 },
}

impl Keys {
    pub(crate) async fn run(&self) -> Result<()> {
        let api = self.server.connect()?;
        match &self.command {
            KeyCommand::List => {
                let columns = [("ID", "/id"), ("LABEL", "/label"), ("RPM", "/rpm"), ("REVOKED", "/revoked_at")];
                print(&self.server, &api.get("/keys").await?, &columns)
            }
            KeyCommand::Create { label, rpm } => {
                let key = api.post("/keys", &json!({ "label": label, "rpm": rpm })).await?;
                print(&self.server, &key, &[("ID", "/id"), ("KEY", "/key")])
            }
            KeyCommand::Revoke { key } => api.send::<Value>(api.request(Method::DELETE, &format!("/keys/{key}"))).await.map(drop),
        }
    }
}

/// Plugins of the service.
#[derive(clap::Args, Debug)]
pub(crate) struct Plugins {
    #[command(subcommand)]
    command: PluginCommand,
    #[command(flatten)]
    server: Server,
}

#[derive(Subcommand, Debug)]
enum PluginCommand {
    /// All plugins.
    List,
}

impl Plugins {
    pub(crate) async fn run(&self) -> Result<()> {
        let api = self.server.connect()?;
        let PluginCommand::List = &self.command;
        let columns = [
            ("NAME", "/descriptor/name"),
            ("VERSION", "/descriptor/version"),
            ("STATE", "/state"),
            ("DIGEST", "/digest"),
            ("TITLE", "/descriptor/title"),
        ];
        print(&self.server, &api.get("/plugins").await?, &columns)
    }
}

/// Tasks: the leased pieces of jobs.
#[derive(clap::Args, Debug)]
pub(crate) struct Tasks {
    /// Of this job alone.
    #[arg(long)]
    job: Option<i64>,
    #[command(flatten)]
    server: Server,
}

impl Tasks {
    pub(crate) async fn run(&self) -> Result<()> {
        let api = self.server.connect()?;
        let path = self.job.map_or_else(|| "/tasks".to_owned(), |job| format!("/tasks?job={job}"));
        let columns =
            [("ID", "/id"), ("JOB", "/job"), ("KIND", "/kind"), ("STATE", "/state"), ("ATTEMPTS", "/attempts"), ("BYTES", "/bytes")];
        print(&self.server, &api.get(&path).await?, &columns)
    }
}

/// Slots reserved ahead on the dispatchers' lanes.
#[derive(clap::Args, Debug)]
pub(crate) struct Slots {
    #[command(flatten)]
    server: Server,
}

impl Slots {
    pub(crate) async fn run(&self) -> Result<()> {
        print_json(&self.server.connect()?.get("/slots").await?)
    }
}
