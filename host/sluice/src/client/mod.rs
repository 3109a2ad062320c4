//! The operator's commands: a client of the operator API.

mod commands;
mod ingest;
mod keys;
mod slots;
mod table;
mod upload;

use std::{io::Write, path::PathBuf, time::Duration};

use anyhow::{Context, Result, bail};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;

pub(crate) use commands::{Breaches, Jobs, Loads, Plugins, Tasks};
pub(crate) use ingest::Args as IngestArgs;
pub(crate) use keys::Keys;
pub(crate) use slots::Slots;
pub(crate) use upload::{bar, bars};

use crate::{
    config,
    exit::{Failure, Sysexit},
    serve::{read_address, read_token},
};

/// Which service, and how to speak.
#[derive(clap::Args, Debug)]
pub(crate) struct Server {
    /// The service's address [default: that of the data folder's service].
    #[arg(long, value_name = "URL", env = "SLUICE_SERVER", global = true)]
    server: Option<String>,
    /// Data folder to find the operator token and the address in [default: ~/.local/share/sluice].
    #[arg(long, value_name = "DIR", env = "SLUICE_DATA", global = true)]
    data: Option<PathBuf>,
    /// Operator token, instead of the data folder's.
    #[arg(long, env = "SLUICE_TOKEN", hide_env_values = true, value_name = "TOKEN", global = true)]
    token: Option<String>,
    /// Print JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// A connection to a service.
pub(crate) struct Api {
    http: Client,
    base: String,
    token: String,
}

impl Server {
    pub(crate) fn connect(&self) -> Result<Api> {
        let data = self.data.clone().unwrap_or_else(config::default_data);
        let base = match &self.server {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("http://{}", read_address(&data).unwrap_or_else(|| "127.0.0.1:8080".into())),
        };
        let token = match &self.token {
            Some(token) => token.clone(),
            None => read_token(&data).map_err(|error| {
                Failure::new(Sysexit::NoPerm, format!("{error:#}"), "name the data folder with --data or SLUICE_DATA, or give --token")
            })?,
        };
        let http = Client::builder().connect_timeout(Duration::from_secs(5)).user_agent("sluice").build()?;
        Ok(Api { http, base, token })
    }
}

impl Api {
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}/api/operator/v1{path}", self.base)).bearer_auth(&self.token)
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Value> {
        self.send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Result<Value> {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Result<()> {
        self.send::<Value>(self.request(Method::DELETE, path)).await.map(drop)
    }

    /// The byte at which a dump's upload goes on.
    async fn upload_offset(&self, dump: i64) -> Result<u64> {
        let answer = self.request(Method::HEAD, &format!("/dumps/{dump}")).send().await.map_err(|error| self.unreachable(&error))?;
        if !answer.status().is_success() {
            bail!(problem(answer.status(), b""));
        }
        let offset = answer.headers().get("upload-offset").and_then(|offset| offset.to_str().ok()?.parse().ok());
        offset.context("the service does not say where the upload stands")
    }

    /// Writes an answer that may be long as it comes.
    pub(crate) async fn copy(&self, path: &str, out: &mut dyn Write) -> Result<()> {
        let mut answer = self.request(Method::GET, path).send().await.map_err(|error| self.unreachable(&error))?;
        if !answer.status().is_success() {
            let status = answer.status();
            bail!(problem(status, &answer.bytes().await.unwrap_or_default()));
        }
        while let Some(chunk) = answer.chunk().await.map_err(|error| self.unreachable(&error))? {
            out.write_all(&chunk)?;
        }
        Ok(())
    }

    /// Sends a request; a problem the service names becomes an error with its hint.
    pub(crate) async fn send<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T> {
        let answer = request.send().await.map_err(|error| self.unreachable(&error))?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(|error| self.unreachable(&error))?;
        if !status.is_success() {
            bail!(problem(status, &body));
        }
        let body = if body.is_empty() { &b"null"[..] } else { &body };
        serde_json::from_slice(body).context("the service's answer cannot be read; is it of another version?")
    }

    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        let why = if error.is_connect() { "nothing listens there" } else { "the connection broke" };
        Failure::new(
            Sysexit::Unavailable,
            format!("{} cannot be reached: {why}", self.base),
            "start it with `sluice serve`, or name it with --server",
        )
    }
}

fn problem(status: StatusCode, body: &[u8]) -> Failure {
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| said.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let code = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Sysexit::NoPerm,
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::INSUFFICIENT_STORAGE => Sysexit::TempFail,
        _ => Sysexit::DataErr,
    };
    let message = text("message");
    let message = if message.is_empty() { format!("the service answered {status}") } else { message };
    Failure::new(code, message, text("hint")).answered(status.as_u16())
}
