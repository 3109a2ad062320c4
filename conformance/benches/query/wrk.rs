//! wrk, with a script that walks a list of paths, and what it prints.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result, ensure};

/// How wrk asks.
pub(crate) struct Load<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) key: &'a str,
    pub(crate) seconds: u32,
    pub(crate) connections: u32,
}

/// What it saw.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) requests: u64,
    pub(crate) requests_per_second: f64,
    /// Answers whose status is neither 2xx nor 3xx.
    pub(crate) refused: u64,
    pub(crate) p50: String,
    pub(crate) p99: String,
}

/// Requests are made once: while it asks, the script only hands out the next one.
const SCRIPT: &str = r#"
local threads = 0
function setup(thread) thread:set("id", threads); threads = threads + 1 end
function init(args)
  wrk.headers["User-Agent"] = "bench"
  wrk.headers["hibp-api-key"] = args[2]
  requests = {}
  for path in io.lines(args[1]) do requests[#requests + 1] = wrk.format("GET", path) end
  place = (id * 7919) % #requests
end
function request()
  place = place % #requests + 1
  return requests[place]
end
"#;

impl Load<'_> {
    pub(crate) fn run(&self, url: &str, paths: &[String]) -> Result<Seen> {
        let (script, list) = (self.folder.join("paths.lua"), self.folder.join("paths.txt"));
        fs::write(&script, SCRIPT)?;
        fs::write(&list, paths.join("\n"))?;
        let threads = std::thread::available_parallelism()?.to_string();
        let mut wrk = Command::new("wrk");
        wrk.args(["--latency", "-t", &threads, "-c", &self.connections.to_string(), "-d", &format!("{}s", self.seconds)]);
        let output = wrk.arg("-s").arg(&script).arg(url).arg("--").arg(&list).arg(self.key).output().context("cannot start wrk")?;
        let text = String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.success(), "wrk failed: {text}{}", String::from_utf8_lossy(&output.stderr));
        ensure!(!text.contains("Socket errors"), "connections failed: {text}");
        read(&text).with_context(|| format!("wrk printed something else: {text}"))
    }
}

fn read(text: &str) -> Option<Seen> {
    let after = |word: &str| text.lines().find_map(|line| Some(line.trim().strip_prefix(word)?.trim().to_owned()));
    let requests = text.lines().find(|line| line.contains(" requests in "))?.split_whitespace().next()?.parse().ok()?;
    let refused = after("Non-2xx or 3xx responses:").map_or(Some(0), |count| count.parse().ok())?;
    Some(Seen { requests, requests_per_second: after("Requests/sec:")?.parse().ok()?, refused, p50: after("50%")?, p99: after("99%")? })
}
