//! `sluice ingest`: hands dumps in, follows the job to its end, and says what became of every byte.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use serde_json::{Value, json};

use super::{
    Api, Server,
    slots::Schedule,
    table::{print_json, print_load},
    upload::{bar, bars, open, upload},
};
use crate::{
    exit::{Failure, Sysexit},
    passwords::Passwords,
    units,
};

/// Hand in dumps, import them for a breach and follow the work to its end.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Files; archives are opened by the service.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The breach they belong to; made if there is none of that name.
    #[arg(long, value_name = "NAME")]
    breach: String,
    /// Its title [default: the name].
    #[arg(long)]
    title: Option<String>,
    /// Its site's domain; none for a list without a site.
    #[arg(long)]
    domain: Option<String>,
    /// When it happened, YYYY-MM-DD; 1970-01-01 stands for an unknown day.
    #[arg(long, default_value = "1970-01-01")]
    date: String,
    /// What happened, in HTML.
    #[arg(long)]
    description: Option<String>,
    /// What may be kept: notify (account and data classes) or search (every field that is no secret).
    #[arg(long, default_value = "notify", value_parser = ["notify", "search"])]
    policy: String,
    /// Use this plugin for every member instead of the best claim.
    #[arg(long)]
    plugin: Option<String>,
    #[command(flatten)]
    passwords: Passwords,
    /// Publish the load when it is verified.
    #[arg(long)]
    publish: bool,
    #[command(flatten)]
    schedule: Schedule,
    #[command(flatten)]
    server: Server,
}

/// A connection is a core's work on both sides.
const UPLOADS_AT_ONCE: usize = 2;
/// How often the job is asked for while its state is the same.
const PROGRESS_MS: u64 = 250;

impl Args {
    pub(crate) async fn run(&self) -> Result<()> {
        let begun = Instant::now();
        let passwords = self.passwords.all()?;
        let files = self.files.iter().map(|path| open(path)).collect::<Result<Vec<_>>>()?;
        let api = self.server.connect()?;
        let breach = self.find_or_make_breach(&api).await?;
        let bars = bars();
        let uploads = self.files.iter().zip(files).map(|(path, file)| upload(&api, path, file, &bars));
        let dumps: Vec<i64> = stream::iter(uploads).buffered(UPLOADS_AT_ONCE).try_collect().await?;
        let mut asked = json!({
            "kind": "import", "breach": breach, "dumps": dumps, "policy": self.policy, "plugin": self.plugin,
            "archive_passwords": passwords, "publish": self.publish,
        });
        self.schedule.write(&mut asked);
        let job = api.post("/jobs", &asked).await?;
        let job = job["id"].as_i64().context("the service gave no job id")?;
        let ended = follow(&api, job).await?;
        let load = match ended["load"].as_i64() {
            Some(load) => api.get(&format!("/loads/{load}")).await?,
            None => Value::Null,
        };
        if self.server.json {
            print_json(&json!({ "job": ended, "load": load }))?;
        } else {
            print_report(&ended, &load, begun.elapsed());
        }
        match ended["state"].as_str() {
            Some("done") => Ok(()),
            state => bail!(Failure::new(
                Sysexit::DataErr,
                format!("job {job} is {}: {}", state.unwrap_or("gone"), ended["message"].as_str().unwrap_or_default()),
                ended["hint"].as_str().unwrap_or_default(),
            )),
        }
    }

    async fn find_or_make_breach(&self, api: &Api) -> Result<i64> {
        let known = api.get("/breaches").await?;
        let same = |breach: &&Value| breach["about"]["Name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(&self.breach));
        if let Some(id) = known.as_array().and_then(|all| all.iter().find(same)).and_then(|breach| breach["id"].as_i64()) {
            return Ok(id);
        }
        let about = json!({
            "Name": self.breach, "Title": self.title.as_ref().unwrap_or(&self.breach),
            "Domain": self.domain.as_deref().unwrap_or_default(), "BreachDate": self.date,
            "Description": self.description.as_deref().unwrap_or_default(),
        });
        api.post("/breaches", &about).await?["id"].as_i64().context("the service gave no breach id")
    }
}

/// Asks for the job until it has ended or waits for an operator.
pub(super) async fn follow(api: &Api, id: i64) -> Result<Value> {
    let bar = bar(&bars(), 0, "import");
    let mut path = format!("/jobs/{id}");
    loop {
        let job = api.get(&path).await?;
        let progress = &job["progress"];
        let number = |name: &str| progress[name].as_u64().unwrap_or(0);
        bar.set_length(number("bytes"));
        bar.set_position(number("bytes_done"));
        let window = job["window"].as_str().map_or_else(String::new, |window| format!(", begins nothing but in {window} UTC"));
        bar.set_message(format!("import, {} records{window}", number("records")));
        if let Some("done" | "failed" | "cancelled" | "waiting" | "paused") = job["state"].as_str() {
            bar.finish_and_clear();
            return Ok(job);
        }
        path = format!("/jobs/{id}?wait_ms={PROGRESS_MS}");
    }
}

#[allow(clippy::print_stdout)] // the command's answer
fn print_report(job: &Value, load: &Value, elapsed: Duration) {
    let number = |name: &str| load["ledger"][name].as_u64().unwrap_or(0);
    let seconds = elapsed.as_secs_f64().max(1e-3);
    print_load(load);
    println!(
        "  {seconds:.1} s: {:.0} records/s, {}/s",
        number("stored") as f64 / seconds,
        units::bytes((number("bytes") as f64 / seconds) as u64)
    );
    if let Some(message) = job["message"].as_str().filter(|message| !message.is_empty()) {
        println!("  {message}");
    }
}
