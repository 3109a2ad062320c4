//! The record store on OpenSearch: one index of records for all loads behind an alias, and one of tasks, which says what of them counts.
//!
//! [`schema`] has the mappings and sees that they are still these, [`client`] asks and sorts failures, [`document`] is a record as JSON and
//! back, [`bulk`] sorts what of a request was taken, [`parts`] is the fence, [`writing`] has attempts and commits, [`room`] is their
//! back-pressure, [`reading`] counts, searches and exports.
//!
//! Deliberately not here: replicas are not taken off for a load. Published loads live in the same index, and would have one copy meanwhile.
//! Nor is the refresh interval turned: it is off for good, since only a commit makes anything visible, and refreshes.

mod bulk;
mod client;
mod document;
mod parts;
mod reading;
mod room;
mod schema;
mod writing;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt};
use sluice_record::{DocBatch, FencingToken, LoadId, TaskId};

pub(crate) use self::client::Failure;
use self::{client::Client, document::Source, reading::Sources, schema::Names, writing::Writing};
use super::{Attempt, Exported, Health, Matching, MultisetDigest, Page, RecordQuery, RecordStore};
use crate::StoreError;

/// How the record store reaches OpenSearch and writes to it.
#[derive(Clone)]
pub struct OpenSearchOptions {
    /// The nodes' addresses, http or https, asked in turn.
    pub urls: Vec<String>,
    /// Whom to be, if the cluster asks.
    pub user: Option<String>,
    /// The user's password.
    pub password: Option<String>,
    /// Certificates (PEM) of those who may vouch for the nodes, beside the system's.
    pub ca_pem: Option<Vec<u8>>,
    /// What the indices' names begin with: 1 to 64 lower-case letters, digits, `-` and `_`.
    pub prefix: String,
    /// Shards of an index that is made; `_split` makes more of them later.
    pub shards: u32,
    /// Copies of each shard beside itself, as far as there are nodes for them.
    pub replicas: u32,
    /// Bytes of one bulk request.
    pub bulk_bytes: usize,
    /// Bytes of all bulk requests under way.
    pub in_flight_bytes: usize,
    /// How long one request may take.
    pub request_wait: Duration,
    /// How long a write waits for a server that is away or overloaded before it fails.
    pub outage_wait: Duration,
}

impl Default for OpenSearchOptions {
    fn default() -> Self {
        Self {
            urls: vec!["http://127.0.0.1:9200".into()],
            user: None,
            password: None,
            ca_pem: None,
            prefix: "sluice".into(),
            shards: 1,
            replicas: 1,
            bulk_bytes: 2 << 20,
            in_flight_bytes: 16 << 20,
            request_wait: Duration::from_mins(1),
            outage_wait: Duration::from_mins(2),
        }
    }
}

impl std::fmt::Debug for OpenSearchOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OpenSearchOptions({} nodes, prefix {})", self.urls.len(), self.prefix)
    }
}

/// The record store on OpenSearch. Cloning shares it.
#[derive(Clone, Debug)]
pub struct OpenSearchRecords {
    client: Client,
    names: Names,
    server_version: Arc<str>,
    writing: Arc<Writing>,
}

impl OpenSearchRecords {
    /// Reaches the cluster, and makes the indices and their template if they are not there. Waits for a cluster that is not up yet.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for options that can't be, and for a server that is too old; [`StoreError::Damaged`] if the mappings are not
    /// this version's; [`StoreError::Unavailable`], [`StoreError::Full`].
    pub async fn open(options: &OpenSearchOptions) -> Result<Self, StoreError> {
        let (client, names) = (Client::new(options)?, Names::new(&options.prefix)?);
        let server_version = schema::install(&client, &names, options).await?.into();
        let writing = Arc::new(Writing::new(client.clone(), names.clone(), options));
        Ok(Self { client, names, server_version, writing })
    }
}

#[async_trait]
impl RecordStore for OpenSearchRecords {
    async fn begin(&self, load: LoadId, task: TaskId, lease: FencingToken) -> Result<Attempt, StoreError> {
        self.writing.begin(load, task, lease).await
    }

    async fn write(&self, attempt: Attempt, docs: Arc<DocBatch>) -> Result<(), StoreError> {
        self.writing.write(attempt, &docs).await
    }

    async fn commit(&self, attempt: Attempt) -> Result<(), StoreError> {
        self.writing.commit(attempt).await
    }

    async fn count(&self, load: LoadId) -> Result<u64, StoreError> {
        reading::count(&self.client, &self.names, load).await
    }

    async fn search(&self, query: &RecordQuery) -> Result<Page, StoreError> {
        reading::search(&self.client, &self.names, query).await
    }

    async fn search_all(&self, matching: &Matching, loads: &[LoadId]) -> Result<Exported, StoreError> {
        Ok(records(reading::stream(&self.client, &self.names, Some(matching), loads).await?))
    }

    async fn export(&self, load: LoadId) -> Result<Exported, StoreError> {
        Ok(records(reading::stream(&self.client, &self.names, None, &[load]).await?))
    }

    async fn digest(&self, load: LoadId) -> Result<[u8; 32], StoreError> {
        let mut stretches = reading::stream(&self.client, &self.names, None, &[load]).await?;
        let (mut digest, mut row) = (MultisetDigest::default(), Vec::new());
        while let Some(stretch) = stretches.try_next().await? {
            for source in stretch {
                row.clear();
                source.canonical(&mut row)?;
                digest.add(&row);
            }
        }
        Ok(digest.finish())
    }

    async fn purge(&self, load: LoadId) -> Result<(), StoreError> {
        self.writing.purge(load).await
    }

    async fn health(&self) -> Result<Health, StoreError> {
        reading::health(&self.client, &self.names, &self.server_version).await
    }
}

fn records(stretches: Sources) -> Exported {
    stretches.map(|stretch| stretch?.into_iter().map(Source::record).collect()).boxed()
}
