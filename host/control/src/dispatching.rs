//! How a worker reaches its dispatcher: in the same process, or over HTTP. A worker asks and is never asked, so it needs no address.
//!
//! ```text
//! POST /lease               {worker, region}       200 a lease · 204 nothing yet, ask again · 421 of another region · 503 draining
//! POST /tasks/{id}/renew    {token}                200 the new deadline · 409 no longer held
//! POST /tasks/{id}/progress {token, bytes, records} 204 · 409
//! POST /tasks/{id}/complete {token, ended}         204 · 409
//! GET  /plugins                                    200 what may run: digests, and which of them are asked about members
//! ```
//! Each with `Authorization: Bearer` and the token that workers and dispatcher share. Leases carry archives' passwords: over a network
//! that others see, put TLS around it. Any dispatcher of the catalogue takes a task's renewals and its result, whichever leased it.
//! Deliberately not here: a listener, which is the api's with its bounds on connections.

use std::{future::Future, pin::Pin};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use sluice_catalogue::{Catalogue, Ended, Lease, PluginState, UnixMs};
use sluice_record::{FencingToken, PluginDigest, TaskId};

use crate::{Dispatcher, Result};

/// Where the routes are mounted.
pub const DISPATCH: &str = "/api/dispatch/v1";

/// What ends a wait.
pub type Shutdown = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A plugin that workers may run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct UsablePlugin {
    /// Of its component, which is in the object store.
    pub digest: PluginDigest,
    /// Is it the version its name stands for?
    pub is_active: bool,
}

impl UsablePlugin {
    /// Every plugin that is not revoked.
    ///
    /// # Errors
    /// The catalogue's.
    pub async fn all(catalogue: &Catalogue) -> Result<Vec<Self>> {
        let known = catalogue.plugins().await?.into_iter().filter(|plugin| plugin.state != PluginState::Revoked);
        Ok(known.map(|plugin| Self { digest: plugin.digest, is_active: plugin.state == PluginState::Active }).collect())
    }
}

/// A dispatcher as a worker sees it.
#[async_trait]
pub trait Dispatching: Send + Sync {
    /// As [`Dispatcher::lease`]; a dispatcher elsewhere has lanes of its own for its workers, by their names.
    async fn lease(&self, lane: u32, worker: &str, shutdown: Shutdown) -> Result<Option<Lease>>;
    /// As [`Dispatcher::renew_task`].
    async fn renew(&self, task: TaskId, token: FencingToken) -> Result<UnixMs>;
    /// As [`Dispatcher::progress`].
    async fn progress(&self, task: TaskId, token: FencingToken, bytes: u64, records: u64) -> Result<()>;
    /// As [`Dispatcher::complete`]. Sent again after an answer that got lost, it is taken once, and well.
    async fn complete(&self, task: TaskId, token: FencingToken, ended: &Ended) -> Result<()>;
}

#[async_trait]
impl Dispatching for Dispatcher {
    async fn lease(&self, lane: u32, worker: &str, shutdown: Shutdown) -> Result<Option<Lease>> {
        Self::lease(self, lane, worker, shutdown).await
    }

    async fn renew(&self, task: TaskId, token: FencingToken) -> Result<UnixMs> {
        self.renew_task(task, token).await
    }

    async fn progress(&self, task: TaskId, token: FencingToken, bytes: u64, records: u64) -> Result<()> {
        Self::progress(self, task, token, bytes, records).await
    }

    async fn complete(&self, task: TaskId, token: FencingToken, ended: &Ended) -> Result<()> {
        Self::complete(self, task, token, ended.clone()).await
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Wanted {
    pub(crate) worker: String,
    /// Where it is; one of an older version says nothing, as one does that is nowhere in particular.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) region: Option<String>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Held {
    pub(crate) token: FencingToken,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Told {
    pub(crate) token: FencingToken,
    pub(crate) bytes: u64,
    pub(crate) records: u64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Brought {
    pub(crate) token: FencingToken,
    pub(crate) ended: Ended,
}
