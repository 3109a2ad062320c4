//! How a process is, whatever its roles: alive, ready as far as the stores are that it works on, and what it has counted.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use metrics_exporter_prometheus::PrometheusHandle;
use sluice_catalogue::Catalogue;
use sluice_store::{StoreError, objects::Objects, records::RecordStore};
use tokio::sync::Mutex;

/// How long it is remembered that the object store could be written to: finding out syncs a disk, and anybody may ask.
const OBJECTS_WELL: Duration = Duration::from_secs(2);

/// The stores that a process works on. Cheap to clone.
#[derive(Clone)]
pub struct Health {
    /// Where metrics are rendered.
    pub metrics: PrometheusHandle,
    catalogue: Option<Catalogue>,
    objects: Option<Objects>,
    records: Option<Arc<dyn RecordStore>>,
    /// When the object store was last found well; whoever asks meanwhile waits for the one answer.
    objects_well_since: Arc<Mutex<Option<Instant>>>,
}

impl Health {
    /// Of a process that works on these.
    pub fn new(
        metrics: PrometheusHandle,
        catalogue: Option<Catalogue>,
        objects: Option<Objects>,
        records: Option<Arc<dyn RecordStore>>,
    ) -> Self {
        Self { metrics, catalogue, objects, records, objects_well_since: Arc::default() }
    }

    pub(crate) fn routes(self) -> Router {
        Router::new()
            .route("/healthz", get(|| async { "alive" }))
            .route("/readyz", get(ready))
            .route("/metrics", get(|State(health): State<Self>| async move { health.metrics.render() }))
            .with_state(self)
    }

    /// Only that all is well is remembered: who waits for a store to come back hears of it at once.
    async fn objects_health(&self, objects: &Objects) -> Result<(), StoreError> {
        let mut well_since = self.objects_well_since.lock().await;
        if well_since.is_none_or(|since| since.elapsed() >= OBJECTS_WELL) {
            *well_since = None;
            objects.health().await?;
            *well_since = Some(Instant::now());
        }
        Ok(())
    }
}

async fn ready(State(health): State<Health>) -> Response {
    let catalogue = async { Some(("catalogue", health.catalogue.as_ref()?.ready().await.is_ok())) };
    let records = async { Some(("records", health.records.as_ref()?.health().await.is_ok())) };
    let objects = async { Some(("objects", health.objects_health(health.objects.as_ref()?).await.is_ok())) };
    let (catalogue, records, objects) = tokio::join!(catalogue, records, objects);
    let parts: BTreeMap<_, _> = [catalogue, records, objects].into_iter().flatten().collect();
    let status = if parts.values().all(|well| *well) { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, axum::Json(parts)).into_response()
}
