//! The worker's side of [`crate::dispatching`].

use std::time::Duration;

use async_trait::async_trait;
use reqwest::{Client, Response, StatusCode};
use serde::{Serialize, de::DeserializeOwned};
use sluice_catalogue::{Ended, Error, Lease, UnixMs};
use sluice_record::{FencingToken, TaskId};

use crate::{
    ControlError, DISPATCH, Result,
    dispatching::{Brought, Dispatching, Held, Shutdown, Told, Wanted},
    routes::RESULT_BYTES_MAX,
};

/// For an answer; longer than a dispatcher keeps a worker waiting.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(40);
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);

/// A dispatcher in another process.
#[derive(Debug)]
pub struct RemoteDispatcher {
    http: Client,
    base: String,
    token: Token,
}

struct Token(String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

impl RemoteDispatcher {
    /// The dispatcher at an address like `http://host:8080`; nothing is sent yet.
    ///
    /// # Errors
    /// If no client can be made.
    pub fn new(url: &str, token: String) -> Result<Self> {
        let http = Client::builder().connect_timeout(CONNECT_TIME_MAX).timeout(ANSWER_TIME_MAX).user_agent("sluice-worker").build();
        let http = http.map_err(|error| ControlError::Remote(format!("no client can be made: {error}")))?;
        Ok(Self { http, base: format!("{}{DISPATCH}", url.trim_end_matches('/')), token: Token(token) })
    }

    async fn post(&self, path: &str, body: &impl Serialize) -> Result<Response> {
        let sent = self.http.post(format!("{}{path}", self.base)).bearer_auth(&self.token.0).json(body).send().await;
        sent.map_err(|error| {
            let why = if error.is_connect() { "nothing listens there" } else { "no answer came" };
            ControlError::Remote(format!("the dispatcher at {} cannot be reached: {why}", self.base))
        })
    }

    /// As [`Self::post`], of a task: what is no longer held is `Stale`.
    async fn of_task(&self, task: TaskId, what: &str, body: &impl Serialize) -> Result<Response> {
        let answer = self.post(&format!("/tasks/{task}/{what}"), body).await?;
        match answer.status() {
            StatusCode::CONFLICT => Err(Error::Stale { task: task.0 }.into()),
            status if status.is_success() => Ok(answer),
            status => Err(refused(status)),
        }
    }
}

/// What the dispatcher says beside the status is in its own log.
fn refused(status: StatusCode) -> ControlError {
    ControlError::Remote(match status {
        StatusCode::UNAUTHORIZED => "the dispatcher does not know the worker token: give both the same".into(),
        status => format!("the dispatcher answered {status}"),
    })
}

async fn read<T: DeserializeOwned>(mut answer: Response) -> Result<T> {
    let broken = |why: &str| ControlError::Remote(format!("the dispatcher's answer {why}"));
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|_| broken("broke off"))? {
        body.extend_from_slice(&chunk);
        if body.len() > RESULT_BYTES_MAX {
            return Err(broken("is too long"));
        }
    }
    serde_json::from_slice(&body).map_err(|_| broken("cannot be read; is it of another version?"))
}

#[async_trait]
impl Dispatching for RemoteDispatcher {
    async fn lease(&self, lane: u32, worker: &str, mut shutdown: Shutdown) -> Result<Option<Lease>> {
        let wanted = Wanted { lane, worker: worker.to_owned() };
        loop {
            let answer = tokio::select! {
                biased;
                () = &mut shutdown => return Ok(None),
                answer = self.post("/lease", &wanted) => answer?,
            };
            match answer.status() {
                StatusCode::OK => return read(answer).await.map(Some),
                StatusCode::NO_CONTENT => {}
                status => return Err(refused(status)),
            }
        }
    }

    async fn renew(&self, task: TaskId, token: FencingToken) -> Result<UnixMs> {
        read(self.of_task(task, "renew", &Held { token }).await?).await
    }

    async fn progress(&self, task: TaskId, token: FencingToken, bytes: u64, records: u64) -> Result<()> {
        self.of_task(task, "progress", &Told { token, bytes, records }).await.map(drop)
    }

    async fn complete(&self, task: TaskId, token: FencingToken, ended: &Ended) -> Result<()> {
        self.of_task(task, "complete", &Brought { token, ended: ended.clone() }).await.map(drop)
    }
}
