//! The worker's side of [`crate::dispatching`].

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use reqwest::{Client, Method, Response, StatusCode};
use serde::{Serialize, de::DeserializeOwned};
use sluice_catalogue::{Ended, Error, Lease, UnixMs};
use sluice_record::{FencingToken, TaskId};

use crate::{
    ControlError, DISPATCH, Result, UsablePlugin, WorkerToken,
    dispatching::{Brought, Dispatching, Held, Shutdown, Told, Wanted},
    routes::RESULT_BYTES_MAX,
};

/// For an answer; longer than a dispatcher keeps a worker waiting.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(30);
/// For one that a lease hangs on: there is time to ask another dispatcher.
const QUICK_ANSWER_TIME_MAX: Duration = Duration::from_secs(5);
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);
/// Shorter than a dispatcher keeps a connection that nobody uses.
const IDLE_TIME_MAX: Duration = Duration::from_secs(20);

/// Dispatchers in other processes. One that does not answer, or is draining, is passed by for the next.
#[derive(Clone, Debug)]
pub struct RemoteDispatchers {
    http: Client,
    bases: Vec<String>,
    region: Option<String>,
    token: WorkerToken,
}

impl RemoteDispatchers {
    /// The dispatchers at addresses like `http://host:8080`, of a worker's own region or, as it, of none; nothing is sent yet.
    ///
    /// # Errors
    /// If there is no address, or no client can be made.
    pub fn new(urls: &[String], region: Option<&str>, token: WorkerToken) -> Result<Self> {
        let client = Client::builder().connect_timeout(CONNECT_TIME_MAX).pool_idle_timeout(IDLE_TIME_MAX);
        let http = client.user_agent("sluice-worker").build();
        let http = http.map_err(|error| ControlError::Remote(format!("no client can be made: {error}")))?;
        if urls.is_empty() {
            return Err(ControlError::Remote("there is no dispatcher to ask".into()));
        }
        Ok(Self {
            http,
            bases: urls.iter().map(|url| format!("{}{DISPATCH}", url.trim_end_matches('/'))).collect(),
            region: region.map(Into::into),
            token,
        })
    }

    /// For one of a worker's lanes: lanes begin at different dispatchers, so that each has some.
    #[must_use]
    pub fn of_lane(&self, lane: u32) -> OfLane {
        OfLane { all: self.clone(), current: AtomicUsize::new(lane as usize % self.bases.len()) }
    }

    async fn ask(&self, base: &str, path: &str, body: Option<&impl Serialize>, time_max: Duration) -> Result<Response> {
        let method = if body.is_some() { Method::POST } else { Method::GET };
        let mut request = self.http.request(method, format!("{base}{path}")).bearer_auth(self.token.current()).timeout(time_max);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.map_err(|error| {
            let why = if error.is_connect() { "nothing listens there" } else { "no answer came" };
            ControlError::Remote(format!("the dispatcher at {base} cannot be reached: {why}"))
        })?;
        match answer.status() {
            StatusCode::CONFLICT => Ok(answer),
            status if status.is_success() => Ok(answer),
            // What it says beside the status is in its own log.
            StatusCode::UNAUTHORIZED => {
                Err(ControlError::Remote(format!("the dispatcher at {base} does not know the worker token: give both the same")))
            }
            StatusCode::MISDIRECTED_REQUEST => {
                Err(ControlError::Remote(format!("the dispatcher at {base} is of another region than this worker: give both the same")))
            }
            status => Err(ControlError::Remote(format!("the dispatcher at {base} answered {status}"))),
        }
    }
}

/// As one of a worker's lanes sees them: it stays with the one that answers.
#[derive(Debug)]
pub struct OfLane {
    all: RemoteDispatchers,
    current: AtomicUsize,
}

impl OfLane {
    /// Asks one after the other, from the one that answered last.
    async fn ask(&self, path: &str, body: Option<&impl Serialize>, time_max: Duration) -> Result<Response> {
        let (first, count) = (self.current.load(Ordering::Relaxed), self.all.bases.len());
        let mut failed = vec![];
        for place in (first..first + count).map(|place| place % count) {
            match self.all.ask(&self.all.bases[place], path, body, time_max).await {
                Ok(answer) => {
                    self.current.store(place, Ordering::Relaxed);
                    return Ok(answer);
                }
                Err(error) => failed.push(error.to_string()),
            }
        }
        Err(ControlError::Remote(failed.join("; ")))
    }

    /// Of a task: what is no longer held is `Stale`.
    async fn of_task(&self, task: TaskId, what: &str, body: &impl Serialize, time_max: Duration) -> Result<Response> {
        let answer = self.ask(&format!("/tasks/{task}/{what}"), Some(body), time_max).await?;
        if answer.status() == StatusCode::CONFLICT { Err(Error::Stale { task: task.0 }.into()) } else { Ok(answer) }
    }
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
impl Dispatching for OfLane {
    async fn lease(&self, _: u32, worker: &str, mut shutdown: Shutdown) -> Result<Option<Lease>> {
        let wanted = Wanted { worker: worker.to_owned(), region: self.all.region.clone() };
        loop {
            let answer = tokio::select! {
                biased;
                () = &mut shutdown => return Ok(None),
                answer = self.ask("/lease", Some(&wanted), ANSWER_TIME_MAX) => answer?,
            };
            if answer.status() == StatusCode::OK {
                return read(answer).await.map(Some);
            }
        }
    }

    async fn renew(&self, task: TaskId, token: FencingToken) -> Result<UnixMs> {
        read(self.of_task(task, "renew", &Held { token }, QUICK_ANSWER_TIME_MAX).await?).await
    }

    async fn progress(&self, task: TaskId, token: FencingToken, bytes: u64, records: u64) -> Result<()> {
        self.of_task(task, "progress", &Told { token, bytes, records }, QUICK_ANSWER_TIME_MAX).await.map(drop)
    }

    async fn complete(&self, task: TaskId, token: FencingToken, ended: &Ended) -> Result<()> {
        self.of_task(task, "complete", &Brought { token, ended: ended.clone() }, ANSWER_TIME_MAX).await.map(drop)
    }
}

impl OfLane {
    /// What workers may run, as the dispatcher has it from the catalogue.
    ///
    /// # Errors
    /// If no dispatcher answers.
    pub async fn plugins(&self) -> Result<Vec<UsablePlugin>> {
        read(self.ask("/plugins", None::<&()>, QUICK_ANSWER_TIME_MAX).await?).await
    }
}
