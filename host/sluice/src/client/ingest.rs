//! `sluice ingest`: hands dumps in, follows the job to its end, and says what became of every byte.

use std::{
    fs::File,
    io::{IsTerminal as _, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Api, Server};
use crate::{
    exit::{Failure, Sysexit},
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
    /// Its site's domain.
    #[arg(long, default_value = "")]
    domain: String,
    /// When it happened, YYYY-MM-DD [default: 1970-01-01, unknown].
    #[arg(long, default_value = "1970-01-01")]
    date: String,
    /// What happened, in HTML.
    #[arg(long, default_value = "")]
    description: String,
    /// What may be kept: notify (account and data classes) or search (every field that is no secret).
    #[arg(long, default_value = "notify", value_parser = ["notify", "search"])]
    policy: String,
    /// Use this plugin for every member instead of the best claim.
    #[arg(long)]
    plugin: Option<String>,
    /// A password for encrypted archive members; may be given several times.
    #[arg(long = "password", value_name = "PASSWORD")]
    passwords: Vec<String>,
    /// Publish the load when it is verified.
    #[arg(long)]
    publish: bool,
    #[command(flatten)]
    server: Server,
}

/// Bytes sent in one request: what a broken connection costs at most.
const STRETCH_BYTES: u64 = 64 << 20;
/// How often the job is asked for.
const POLL: Duration = Duration::from_millis(250);

impl Args {
    pub(crate) async fn run(&self) -> Result<()> {
        let begun = Instant::now();
        let files = self.files.iter().map(|path| open(path)).collect::<Result<Vec<_>>>()?;
        let api = self.server.connect()?;
        let breach = self.find_or_make_breach(&api).await?;
        let mut dumps = Vec::new();
        for (path, file) in self.files.iter().zip(files) {
            dumps.push(upload(&api, path, file).await?);
        }
        let asked = json!({
            "kind": "import", "breach": breach, "dumps": dumps, "policy": self.policy, "plugin": self.plugin,
            "archive_passwords": self.passwords, "publish": self.publish,
        });
        let job = api.post("/jobs", &asked).await?;
        let job = job["id"].as_i64().context("the service gave no job id")?;
        let ended = follow(&api, job).await?;
        let load = match ended["load"].as_i64() {
            Some(load) => api.get(&format!("/loads/{load}")).await?,
            None => Value::Null,
        };
        if self.server.json {
            super::commands::print_json(&json!({ "job": ended, "load": load }))?;
        } else {
            print_report(&ended, &load, begun.elapsed())?;
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
            "Name": self.breach, "Title": self.title.as_ref().unwrap_or(&self.breach), "Domain": self.domain,
            "BreachDate": self.date, "Description": self.description,
        });
        api.post("/breaches", &about).await?["id"].as_i64().context("the service gave no breach id")
    }
}

fn open(path: &Path) -> Result<File> {
    let refused = |why: String| Failure::new(Sysexit::NoInput, format!("cannot read {}: {why}", path.display()), "");
    let file = File::open(path).map_err(|error| refused(error.to_string()))?;
    if !file.metadata().map_err(|error| refused(error.to_string()))?.is_file() {
        bail!(refused("it is no regular file".into()));
    }
    Ok(file)
}

fn bar(bytes: u64, what: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(bytes).with_message(what.to_owned());
    let template = "{msg:28} {bar:30} {bytes:>10}/{total_bytes:10} {bytes_per_sec:>12} {eta:>4}";
    ProgressStyle::with_template(template).map_or_else(|_| bar.clone(), |style| bar.clone().with_style(style))
}

async fn upload(api: &Api, path: &Path, mut file: File) -> Result<i64> {
    let bytes = file.metadata()?.len();
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let made = api.post("/dumps", &json!({ "name": name, "bytes": bytes })).await?;
    let id = made["id"].as_i64().context("the service gave no dump id")?;
    let bar = bar(bytes, &format!("upload {name}"));
    let mut offset = 0;
    while offset < bytes {
        let stretch = STRETCH_BYTES.min(bytes - offset);
        let mut body = Vec::with_capacity(stretch as usize);
        file.seek(SeekFrom::Start(offset))?;
        (&mut file).take(stretch).read_to_end(&mut body).with_context(|| format!("cannot read {}", path.display()))?;
        if body.is_empty() {
            bail!(Failure::new(Sysexit::DataErr, format!("{} became shorter while it was read", path.display()), ""));
        }
        offset += body.len() as u64;
        let start = offset - body.len() as u64;
        let request = api.request(Method::PATCH, &format!("/dumps/{id}")).header("Upload-Offset", start).body(body);
        api.send::<Value>(request).await?;
        bar.set_position(offset);
    }
    bar.finish_and_clear();
    let complete = api.post(&format!("/dumps/{id}/complete"), &json!({})).await?;
    Ok(complete["id"].as_i64().unwrap_or(id))
}

/// Asks for the job until it has ended or waits for an operator.
async fn follow(api: &Api, id: i64) -> Result<Value> {
    let bar = bar(0, "import");
    let mut period = tokio::time::interval(POLL);
    loop {
        period.tick().await;
        let job = api.get(&format!("/jobs/{id}")).await?;
        let progress = &job["progress"];
        let number = |name: &str| progress[name].as_u64().unwrap_or(0);
        bar.set_length(number("bytes"));
        bar.set_position(number("bytes_done"));
        bar.set_message(format!("import, {} records", number("records")));
        if let Some("done" | "failed" | "cancelled" | "waiting" | "paused") = job["state"].as_str() {
            bar.finish_and_clear();
            return Ok(job);
        }
    }
}

#[allow(clippy::print_stdout)] // the command's answer
fn print_report(job: &Value, load: &Value, elapsed: Duration) -> Result<()> {
    let ledger = &load["ledger"];
    let number = |name: &str| ledger[name].as_u64().unwrap_or(0);
    let seconds = elapsed.as_secs_f64().max(1e-3);
    println!("load {}: {}", load["id"], load["state"].as_str().unwrap_or("-"));
    println!(
        "  {} read: {} in records, {} rejected, {} skipped",
        units::bytes(number("bytes")),
        units::bytes(number("record_bytes")),
        units::bytes(number("reject_bytes")),
        units::bytes(number("skip_bytes")),
    );
    println!(
        "  {} records, {} stored; {} accounts, {} passwords",
        number("records"),
        number("stored"),
        load["accounts"],
        load["passwords"]
    );
    for (what, name) in [("rows rejected", "parse_rejects"), ("records refused", "record_rejects"), ("values dropped", "value_rejects")] {
        for (reason, count) in ledger[name].as_object().into_iter().flatten() {
            println!("  {what}: {count} × {reason}");
        }
    }
    for note in load["notes"].as_array().into_iter().flatten() {
        println!("  left out: {}: {}", note["name"].as_str().unwrap_or_default(), note["reason"].as_str().unwrap_or_default());
    }
    println!(
        "  {:.1} s: {:.0} records/s, {}/s",
        seconds,
        number("stored") as f64 / seconds,
        units::bytes((number("bytes") as f64 / seconds) as u64)
    );
    if let Some(message) = job["message"].as_str().filter(|message| !message.is_empty()) {
        println!("  {message}");
    }
    Ok(())
}
