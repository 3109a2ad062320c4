//! Lists and single wishes: loads, jobs, breaches, plugins, tasks.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use serde_json::{Value, json};

use super::{
    Api, Server, ingest,
    slots::Schedule,
    table::{print, print_json, print_load},
};
use crate::exit::{Failure, Sysexit};

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
const BREACH: [(&str, &str); 5] =
    [("ID", "/id"), ("NAME", "/about/Name"), ("DATE", "/about/BreachDate"), ("ACCOUNTS", "/pwn_count"), ("CLASSES", "/data_classes")];
const PLUGIN: [(&str, &str); 5] = [
    ("NAME", "/descriptor/name"),
    ("VERSION", "/descriptor/version"),
    ("STATE", "/state"),
    ("DIGEST", "/digest"),
    ("TITLE", "/descriptor/title"),
];
const TASK: [(&str, &str); 8] = [
    ("ID", "/id"),
    ("JOB", "/job"),
    ("KIND", "/kind"),
    ("STATE", "/state"),
    ("ATTEMPTS", "/attempts"),
    ("BYTES", "/bytes"),
    ("FROM BYTE", "/reproducer/spec/chunk/start"),
    ("FAILURE", "/failure/message"),
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
    Show {
        /// The load's id.
        load: i64,
    },
    /// A digest over what a load stored, independent of order.
    Digest {
        /// The load's id.
        load: i64,
    },
    /// Where the rows lie that were rejected, and why; never what they say.
    Rejects {
        /// The load's id.
        load: i64,
        /// Write here instead of standard output.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// All records a load stored, as JSON lines.
    Export {
        /// The load's id.
        load: i64,
        /// Write here instead of standard output.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Make a verified load visible.
    Publish {
        /// The load's id.
        load: i64,
    },
    /// Take a published load back, and delete it.
    Retract {
        /// The load's id.
        load: i64,
    },
    /// Let a load be published without its quarantined bytes.
    AcceptQuarantine {
        /// The load's id.
        load: i64,
    },
    /// Members that no plugin claimed, or several alike.
    Waiting {
        /// The load's id.
        load: i64,
    },
    /// Choose a plugin for a waiting member.
    Resolve {
        /// The member's id, from `waiting`.
        member: i64,
        /// The plugin's digest, or `skip`.
        plugin: String,
    },
}

impl Loads {
    pub(crate) async fn run(&self) -> Result<()> {
        let api = self.server.connect()?;
        match &self.command {
            LoadCommand::List => print(&self.server, &api.get("/loads").await?, &LOAD),
            LoadCommand::Show { load } => {
                let load = api.get(&format!("/loads/{load}")).await?;
                if self.server.json {
                    return print_json(&load);
                }
                print_load(&load);
                Ok(())
            }
            LoadCommand::Rejects { load, out } => copy(&api, &format!("/loads/{load}/rejects"), out.as_deref()).await,
            LoadCommand::Digest { load } => print_json(&api.get(&format!("/loads/{load}/digest")).await?),
            LoadCommand::Export { load, out } => copy(&api, &format!("/loads/{load}/records"), out.as_deref()).await,
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

/// Passes an answer's body on to a file, or to standard output.
async fn copy(api: &Api, path: &str, out: Option<&Path>) -> Result<()> {
    let Some(out) = out else { return api.copy(path, &mut std::io::stdout().lock()).await };
    let mut file = File::create(out).with_context(|| format!("cannot write {}", out.display()))?;
    api.copy(path, &mut file).await?;
    file.flush().with_context(|| format!("cannot write {}", out.display()))
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
    Show {
        /// The job's id.
        job: i64,
    },
    /// Watch a job until it ends or waits for you.
    Follow {
        /// The job's id.
        job: i64,
    },
    /// Stop a job and remove what it wrote.
    Cancel {
        /// The job's id.
        job: i64,
    },
    /// Change when a job runs; what is not named stays.
    Set {
        /// The job's id.
        job: i64,
        #[command(flatten)]
        schedule: Schedule,
    },
    /// Hold a job.
    Pause {
        /// The job's id.
        job: i64,
    },
    /// Let a paused job go on.
    Resume {
        /// The job's id.
        job: i64,
    },
}

impl Jobs {
    pub(crate) async fn run(&self) -> Result<()> {
        let api = self.server.connect()?;
        match &self.command {
            JobCommand::List => print(&self.server, &api.get("/jobs").await?, &JOB),
            JobCommand::Show { job } => print_json(&api.get(&format!("/jobs/{job}")).await?),
            JobCommand::Follow { job } => print(&self.server, &ingest::follow(&api, *job).await?, &JOB),
            JobCommand::Cancel { job } => print(&self.server, &api.post(&format!("/jobs/{job}/cancel"), &json!({})).await?, &JOB),
            JobCommand::Set { job, schedule } => {
                let path = format!("/jobs/{job}");
                print(&self.server, &api.send(api.request(reqwest::Method::PATCH, &path).json(schedule)).await?, &JOB)
            }
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
    Show {
        /// Its name, whatever the case, or its id.
        breach: String,
    },
    /// Change what is said of a breach; what is not named stays.
    Set {
        /// Its name, whatever the case, or its id.
        breach: String,
        #[command(flatten)]
        about: About,
    },
}

/// What an operator may say of a breach.
#[derive(clap::Args, Debug)]
struct About {
    /// Its title.
    #[arg(long)]
    title: Option<String>,
    /// Its site's domain.
    #[arg(long)]
    domain: Option<String>,
    /// When it happened, YYYY-MM-DD.
    #[arg(long)]
    date: Option<String>,
    /// What happened, in HTML.
    #[arg(long)]
    description: Option<String>,
    /// Absolute URL of its logo, a PNG.
    #[arg(long, value_name = "URL")]
    logo: Option<String>,
    /// Not in public answers.
    #[arg(long, value_name = "BOOL")]
    sensitive: Option<bool>,
    /// Known to be real.
    #[arg(long, value_name = "BOOL")]
    verified: Option<bool>,
    /// Known to be made up.
    #[arg(long, value_name = "BOOL")]
    fabricated: Option<bool>,
    /// A list for sending spam.
    #[arg(long, value_name = "BOOL")]
    spam_list: Option<bool>,
    /// In no answer at all.
    #[arg(long, value_name = "BOOL")]
    retired: Option<bool>,
    /// Made of stealers' logs: its websites are found by the stealer-log look-ups.
    #[arg(long, value_name = "BOOL")]
    stealer_log: Option<bool>,
}

impl About {
    /// Writes what was named into the breach model.
    fn change(&self, about: &mut Value) {
        let texts = [
            ("Title", &self.title),
            ("Domain", &self.domain),
            ("BreachDate", &self.date),
            ("Description", &self.description),
            ("LogoPath", &self.logo),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                about[name] = json!(text);
            }
        }
        let flags = [
            ("IsSensitive", self.sensitive),
            ("IsVerified", self.verified),
            ("IsFabricated", self.fabricated),
            ("IsSpamList", self.spam_list),
            ("IsRetired", self.retired),
            ("IsStealerLog", self.stealer_log),
        ];
        for (name, flag) in flags {
            if let Some(flag) = flag {
                about[name] = json!(flag);
            }
        }
    }
}

/// The breach of that name, whatever the case, or of that id.
async fn breach(api: &Api, named: &str) -> Result<Value> {
    let all = api.get("/breaches").await?;
    let same = |breach: &&Value| breach["about"]["Name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(named));
    let by_id = |breach: &&Value| breach["id"].as_i64().is_some_and(|id| named.parse() == Ok(id));
    let all = all.as_array().map_or(&[][..], Vec::as_slice);
    match all.iter().find(same).or_else(|| all.iter().find(by_id)) {
        Some(breach) => Ok(breach.clone()),
        None => {
            bail!(Failure::new(Sysexit::DataErr, format!("there is no breach {named}"), "`sluice breaches list` shows which there are"))
        }
    }
}

impl Breaches {
    pub(crate) async fn run(&self) -> Result<()> {
        let api = self.server.connect()?;
        match &self.command {
            BreachCommand::List => print(&self.server, &api.get("/breaches").await?, &BREACH),
            BreachCommand::Show { breach: named } => print_json(&breach(&api, named).await?),
            BreachCommand::Set { breach: named, about } => {
                let mut changed = breach(&api, named).await?;
                about.change(&mut changed["about"]);
                let id = changed["id"].clone();
                print(&self.server, &api.put(&format!("/breaches/{id}"), &changed["about"]).await?, &BREACH)
            }
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
    /// Check a component in the sandbox and keep it; `activate` makes it the one of its name.
    Install {
        /// The component (*.wasm).
        #[arg(value_name = "FILE")]
        component: PathBuf,
    },
    /// Make an installed plugin the one of its name; another digest of the same name is the way back.
    Activate {
        /// The plugin's digest, from `list`.
        digest: String,
    },
}

impl Plugins {
    pub(crate) async fn run(&self) -> Result<()> {
        let api = self.server.connect()?;
        let answer = match &self.command {
            PluginCommand::List => api.get("/plugins").await?,
            PluginCommand::Install { component } => {
                let bytes = fs::read(component).map_err(|error| {
                    let message = format!("cannot read {}: {error}", component.display());
                    Failure::new(Sysexit::NoInput, message, "is the path right, and may you read it?")
                })?;
                api.send(api.request(reqwest::Method::POST, "/plugins").body(bytes)).await?
            }
            PluginCommand::Activate { digest } => api.post(&format!("/plugins/{digest}/activate"), &json!({})).await?,
        };
        print(&self.server, &answer, &PLUGIN)
    }
}

/// Tasks: the leased pieces of jobs.
#[derive(clap::Args, Debug)]
pub(crate) struct Tasks {
    #[command(subcommand)]
    command: Option<TaskCommand>,
    /// Of this job alone.
    #[arg(long)]
    job: Option<i64>,
    /// In this state alone.
    #[arg(long, value_parser = ["ready", "leased", "done", "quarantined", "cancelled"])]
    state: Option<String>,
    #[command(flatten)]
    server: Server,
}

#[derive(Subcommand, Debug)]
enum TaskCommand {
    /// Give a quarantined task another round of attempts: what it failed at is mended.
    Retry { task: i64 },
}

impl Tasks {
    pub(crate) async fn run(&self) -> Result<()> {
        let api = self.server.connect()?;
        if let Some(TaskCommand::Retry { task }) = self.command {
            return print(&self.server, &api.post(&format!("/tasks/{task}/retry"), &json!({})).await?, &TASK);
        }
        let job = self.job.map(|job| format!("job={job}"));
        let state = self.state.as_ref().map(|state| format!("state={state}"));
        let asked: Vec<_> = job.into_iter().chain(state).collect();
        print(&self.server, &api.get(&format!("/tasks?{}", asked.join("&"))).await?, &TASK)
    }
}
