//! The stores, embedded in the data folder or elsewhere, and what control asks of them.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result};
use async_trait::async_trait;
use metrics_exporter_prometheus::PrometheusHandle;
use sluice_api::Health;
use sluice_catalogue::{Catalogue, SystemClock};
use sluice_control::{GenerationPlanner, StoreCount};
use sluice_record::{LoadId, SegmentRef};
use sluice_store::{
    StoreError,
    objects::Objects,
    ranges::{Compaction, plan_compacted, plan_publish, plan_retract},
    records::{OpenSearchRecords, RecordStore, TantivyOptions, TantivyRecords},
};
use tokio::sync::OnceCell;

use crate::{
    config::Config,
    engines::{ObjectsConfig, RecordsConfig, RecordsEngine},
    exit::{Failure, Sysexit},
};

/// Unfinished uploads in a folder that others may write to are left alone for so long.
const UNFINISHED_AGE: Duration = Duration::from_secs(24 * 3_600);

/// The stores of a process. Each is opened when a role first asks for it: what no role here needs is left alone.
pub(crate) struct Stores {
    config: Config,
    pub(super) scratch: PathBuf,
    catalogue: OnceCell<Catalogue>,
    objects: OnceCell<Objects>,
    records: OnceCell<Arc<dyn RecordStore>>,
}

impl Stores {
    /// Makes the data folder.
    pub(crate) fn new(config: &Config) -> Result<Self> {
        let scratch = config.data.join("scratch");
        make_private(&config.data)?;
        make_private(&scratch)?;
        let (catalogue, objects, records) = Default::default();
        Ok(Self { config: config.clone(), scratch, catalogue, objects, records })
    }

    pub(crate) async fn catalogue(&self) -> Result<Catalogue> {
        self.catalogue.get_or_try_init(|| catalogue(&self.config)).await.cloned()
    }

    pub(crate) async fn objects(&self) -> Result<Objects> {
        let open = async || {
            let objects = objects(&self.config)?;
            let age = if self.config.objects.url.is_none() { Duration::ZERO } else { UNFINISHED_AGE };
            objects.delete_unfinished(age).await?;
            Ok(objects)
        };
        self.objects.get_or_try_init(open).await.cloned()
    }

    pub(crate) async fn records(&self) -> Result<Arc<dyn RecordStore>> {
        let open = async || match self.config.records.engine {
            RecordsEngine::Tantivy => embedded_records(&self.config).await,
            RecordsEngine::OpenSearch => opensearch_records(&self.config.records).await,
        };
        self.records.get_or_try_init(open).await.cloned()
    }

    /// How those are that have been opened.
    pub(super) fn health(&self, metrics: PrometheusHandle) -> Health {
        Health::new(metrics, self.catalogue.get().cloned(), self.objects.get().cloned(), self.records.get().cloned())
    }

    pub(super) async fn close(&self) {
        if let Some(catalogue) = self.catalogue.get() {
            catalogue.close().await;
        }
    }
}

async fn embedded_records(config: &Config) -> Result<Arc<dyn RecordStore>> {
    let options =
        TantivyOptions { writers: config.lanes as usize, memory_bytes: config.index_memory_mib << 20, ..TantivyOptions::default() };
    let folder = config.data.join("records");
    let records = tokio::task::spawn_blocking(move || TantivyRecords::open(&folder, options)).await?.map_err(|error| match error {
        StoreError::InUse { .. } => {
            let message = format!("the data folder {} is in use by another process", config.data.display());
            Failure::new(Sysexit::OsErr, message, "stop that one, or name another folder with --data").into()
        }
        StoreError::Full { hint, .. } => {
            anyhow::Error::from(error).context(Failure::new(Sysexit::OsErr, "the data folder's disk is full", hint))
        }
        error => anyhow::Error::from(error),
    })?;
    Ok(Arc::new(records))
}

async fn opensearch_records(settings: &RecordsConfig) -> Result<Arc<dyn RecordStore>> {
    let opened = OpenSearchRecords::open(&settings.opensearch()?).await;
    Ok(Arc::new(opened.map_err(|error| {
        let (exit, hint) = match &error {
            StoreError::Invalid(_) => (Sysexit::Config, "look at [records] in the configuration"),
            _ => (Sysexit::Unavailable, "does OpenSearch run, and do records.urls, records.user and records.ca_file fit it?"),
        };
        let failure = Failure::new(exit, error.to_string(), hint);
        anyhow::Error::from(error).context(failure)
    })?))
}

fn objects(config: &Config) -> Result<Objects> {
    let wrong = |setting: &str, error: StoreError| {
        let failure = Failure::new(Sysexit::Config, format!("{setting}: {error}"), "see [objects] in `sluice serve --print-config`");
        anyhow::Error::from(error).context(failure)
    };
    let open = |setting: &str, store: &ObjectsConfig| match &store.url {
        None => Ok(Objects::local(&config.data.join("objects"))?),
        Some(url) => Objects::open_url(url, store.options()?).map_err(|error| wrong(setting, error)),
    };
    let region = |(name, store): (&String, _)| Ok((name.clone(), open(&format!("objects.regions.{name}"), store)?));
    let regions = config.objects.regions.iter().map(region).collect::<Result<Vec<_>>>()?;
    open("objects.url", &config.objects)?.with_regions(regions, config.region()).map_err(|error| wrong("region", error))
}

async fn catalogue(config: &Config) -> Result<Catalogue> {
    let catalogue = connect(config).await?;
    catalogue.migrate().await.map_err(with_hint)?;
    Ok(catalogue)
}

async fn connect(config: &Config) -> Result<Catalogue> {
    let settings = config.catalogue.settings(&config.data)?;
    Catalogue::connect(&settings, Arc::new(SystemClock)).await.map_err(with_hint)
}

/// The catalogue's error with what to do about it.
pub(crate) fn with_hint(error: sluice_catalogue::Error) -> anyhow::Error {
    let failure = Failure::new(Sysexit::OsErr, error.to_string(), error.hint());
    anyhow::Error::from(error).context(failure)
}

/// The catalogue and the objects of a service, which may be running: nothing is made, migrated or swept.
pub(crate) async fn beside(config: &Config) -> Result<(Catalogue, Objects)> {
    let (sqlite, folder) = (config.data.join("catalogue.sqlite"), config.data.join("objects"));
    let is_missing = |url: &Option<String>, path: &Path| url.is_none() && !path.exists();
    if is_missing(&config.catalogue.url, &sqlite) || is_missing(&config.objects.url, &folder) {
        let message = format!("no service has been in {}", config.data.display());
        return Err(Failure::new(Sysexit::NoInput, message, "name its data folder with --data, or its configuration with --config").into());
    }
    Ok((connect(config).await?, objects(config)?))
}

fn make_private(folder: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).with_context(|| format!("cannot make {}", folder.display()))
}

/// How many records of a load the record store has.
pub(super) struct Stored(pub(super) Arc<dyn RecordStore>);

#[async_trait]
impl StoreCount for Stored {
    async fn stored(&self, load: LoadId) -> Result<u64, String> {
        self.0.count(load).await.map_err(|error| error.to_string())
    }
}

/// Which segments make up the next generation.
pub(super) struct Planner;

impl GenerationPlanner for Planner {
    fn publish(&self, current: &[SegmentRef], own: &[SegmentRef]) -> Result<Vec<SegmentRef>, String> {
        plan_publish(current, own.to_vec()).map(|plan| plan.segments).map_err(|error| error.to_string())
    }

    fn retract(&self, current: &[SegmentRef], own_of_remaining: &[SegmentRef], load: LoadId) -> Result<Vec<SegmentRef>, String> {
        plan_retract(current, own_of_remaining, load).map(|plan| plan.segments).map_err(|error| error.to_string())
    }

    fn compactions(&self, current: &[SegmentRef]) -> Vec<Vec<SegmentRef>> {
        let plan = plan_publish(current, vec![]).unwrap_or_default(); // with nothing new it can't fail
        plan.compactions.into_iter().map(|compaction| compaction.segments).collect()
    }

    fn compacted(&self, current: &[SegmentRef], inputs: &[SegmentRef], merged: &SegmentRef) -> Option<Vec<SegmentRef>> {
        let compaction = Compaction { kind: merged.kind, segments: inputs.to_vec(), keep: merged.loads.clone() };
        plan_compacted(current, &compaction, merged.clone()).map(|plan| plan.segments)
    }
}
