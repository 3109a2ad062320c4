//! An object store that speaks S3: PyPI's `moto`, which starts at once and checks no signature, or what `S3_ENDPOINT` names (with
//! `S3_BUCKET`, and the keys in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY).

use std::{
    env,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::PathBuf,
    process::Command,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::process::{Process, free_port};

/// A server that already runs: its address.
pub const ENDPOINT_VARIABLE: &str = "S3_ENDPOINT";
/// A bucket of it.
pub const BUCKET_VARIABLE: &str = "S3_BUCKET";
/// Where `cargo xtask test` put moto, a Python of its own; without it the system's.
pub const MOTO_VARIABLE: &str = "SLUICE_MOTO_SERVER";

const BUCKET: &str = "sluice-tests";
const START_MS_MAX: u64 = 60_000;
const ANSWER_MS_MAX: u64 = 5_000;

/// A server and a bucket in it; stopped when the last one that holds it lets it go.
#[derive(Debug)]
pub struct S3 {
    endpoint: String,
    bucket: String,
    own: Option<Own>,
}

#[derive(Debug)]
struct Own {
    /// Dropped before its folder is.
    process: Process,
    folder: TempDir,
}

/// The one that the tests of a process share.
static SHARED: Mutex<Weak<S3>> = Mutex::new(Weak::new());

/// A server for all tests of this process.
///
/// # Errors
/// If there is none, or it does not start.
pub fn shared() -> Result<Arc<S3>> {
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(running) = shared.upgrade() {
        return Ok(running);
    }
    let running = Arc::new(S3::start()?);
    *shared = Arc::downgrade(&running);
    Ok(running)
}

impl S3 {
    /// Starts a server with an empty bucket, or takes the one that [`ENDPOINT_VARIABLE`] names.
    ///
    /// # Errors
    /// If none is installed, or it does not start; its log's end is in the error.
    pub fn start() -> Result<Self> {
        if let Ok(endpoint) = env::var(ENDPOINT_VARIABLE) {
            let bucket = env::var(BUCKET_VARIABLE).unwrap_or_else(|_| BUCKET.into());
            return Ok(Self { endpoint, bucket, own: None });
        }
        let program = env::var_os(MOTO_VARIABLE).map_or_else(|| PathBuf::from("moto_server"), PathBuf::from);
        let (folder, port) = (tempfile::Builder::new().prefix("sluice-s3-").tempdir()?, free_port()?);
        let mut command = Command::new(program);
        command.args(["--host", "127.0.0.1", "--port", &port.to_string()]).env("TMPDIR", folder.path());
        let process = Process::start_as_we_are("moto", command, &folder.path().join("moto.log")).with_context(|| {
            format!("no S3 to test with: run `cargo xtask test`, which installs moto, or set {MOTO_VARIABLE} or {ENDPOINT_VARIABLE}")
        })?;
        let mut own = Own { process, folder };
        own.process.wait_until(|| ask(port, "GET", "/").is_ok(), START_MS_MAX)?;
        let made = ask(port, "PUT", &format!("/{BUCKET}"))?;
        ensure!(made.contains(" 200 "), "moto made no bucket: {made}");
        Ok(Self { endpoint: format!("http://127.0.0.1:{port}"), bucket: BUCKET.into(), own: Some(own) })
    }

    /// The URL of a place that nobody else uses.
    pub fn place(&self) -> String {
        static MADE: AtomicU64 = AtomicU64::new(0);
        format!("s3://{}/test-{}-{}", self.bucket, std::process::id(), MADE.fetch_add(1, Ordering::Relaxed))
    }

    /// Its address.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Who we are: key and secret.
    pub fn credentials(&self) -> (String, String) {
        let or_any = |name| env::var(name).unwrap_or_else(|_| "synthetic".into());
        (or_any("AWS_ACCESS_KEY_ID"), or_any("AWS_SECRET_ACCESS_KEY"))
    }

    /// The `object_store` crate's options.
    pub fn options(&self) -> Vec<(String, String)> {
        let (key, secret) = self.credentials();
        [("aws_endpoint", self.endpoint()), ("allow_http", "true"), ("aws_region", "us-east-1"), ("aws_access_key_id", &key)]
            .into_iter()
            .chain([("aws_secret_access_key", secret.as_str())])
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    /// Its process, to be paused.
    ///
    /// # Errors
    /// If we did not start it.
    pub fn process(&self) -> Result<&Process> {
        self.own.as_ref().map(|own| &own.process).with_context(|| format!("the server of {ENDPOINT_VARIABLE} is not ours to disturb"))
    }

    /// Where its log is, if it is ours.
    pub fn log(&self) -> Option<PathBuf> {
        self.own.as_ref().map(|own| own.folder.path().join("moto.log"))
    }
}

fn ask(port: u16, method: &str, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_millis(ANSWER_MS_MAX)))?;
    // A signature that nobody looks at says which service is asked.
    let signed = "AWS4-HMAC-SHA256 Credential=synthetic/20200101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: {signed}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.take(65_536).read_to_string(&mut answer)?;
    Ok(answer)
}
