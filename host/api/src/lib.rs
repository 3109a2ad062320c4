//! HTTP: the HaveIBeenPwned API, the operator API, what says how the service is.
//!
//! Deliberately not here: decisions about jobs (the controller's; a route writes the wish into the catalogue), formats, SQL, index
//! engines. A lookup touches memory alone once it is warm: keys are cached, breaches are rendered when they change, and only the
//! ranges may have to read.

#![forbid(unsafe_code)]

mod calendar;
mod events;
mod health;
mod hibp;
mod keys;
mod metrics;
mod openapi;
mod operator;
mod problem;
mod published;
mod range;
mod serve;
mod upload;
mod views;

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::Response,
    routing::get,
};
use futures::future::BoxFuture;
use metrics_exporter_prometheus::PrometheusHandle;
use sluice_catalogue::Catalogue;
use sluice_record::PluginDigest;
use sluice_store::{objects::Objects, ranges::Ranges, records::RecordStore};
use tokio::sync::Semaphore;
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer, timeout::RequestBodyTimeoutLayer};

pub use health::Health;
pub use openapi::document as openapi_document;
pub use published::{Published, PublishedError};
pub use serve::{Answers, ConnectionLimits, serve};

/// Bytes of a request's body, uploads excepted; a plugin's component is the largest.
pub const BODY_BYTES_MAX: usize = 16 << 20;

/// What the binary decides.
#[derive(Clone, Debug)]
pub struct ApiOptions {
    /// Where the service is seen from outside, without a slash at the end: for logos' addresses.
    pub base_url: String,
    /// SHA-256 of the operator's token; further ones live in the catalogue. `None`: only those.
    pub operator_token_sha256: Option<[u8; 32]>,
    /// Bytes that one part of an upload has at most: what a killed process may lose.
    pub upload_part_bytes: u64,
    /// Bounds of connections.
    pub limits: ConnectionLimits,
}

impl Default for ApiOptions {
    fn default() -> Self {
        Self {
            base_url: "http://localhost:8080".into(),
            operator_token_sha256: None,
            upload_part_bytes: 64 << 20,
            limits: ConnectionLimits::default(),
        }
    }
}

/// Checks and keeps a plugin's component; the binary implements it, since the sandbox is not the api's.
pub trait PluginInstaller: Send + Sync {
    /// Installs a component; the error is for the operator's eyes.
    fn install(&self, component: bytes::Bytes) -> BoxFuture<'_, Result<PluginDigest, String>>;
}

/// What the routes work on. Cheap to clone.
#[derive(Clone)]
pub struct ApiState {
    /// What outlives a process.
    pub catalogue: Catalogue,
    /// Dumps and logs.
    pub objects: Objects,
    /// Records, for operators.
    pub records: Arc<dyn RecordStore>,
    /// What queries see: ranges and breaches of one generation.
    pub published: Arc<Published>,
    /// What the binary decides.
    pub options: Arc<ApiOptions>,
    /// How the stores are.
    pub health: Health,
    /// Installs plugins.
    pub plugins: Arc<dyn PluginInstaller>,
    keys: Arc<keys::Keys>,
    query_metrics: Arc<metrics::QueryMetrics>,
    ready_ranges: Arc<range::ReadyRanges>,
    hashed: Arc<upload::HashedDumps>,
    domain_searches: Arc<Semaphore>,
}

impl ApiState {
    /// Reads what is published now; let [`Published::follow`] run beside the server to keep it so.
    ///
    /// # Errors
    /// If the catalogue or the ranges cannot be read.
    pub async fn new(
        catalogue: Catalogue,
        objects: Objects,
        records: Arc<dyn RecordStore>,
        ranges: Arc<Ranges>,
        options: ApiOptions,
        metrics: PrometheusHandle,
        plugins: Arc<dyn PluginInstaller>,
    ) -> Result<Self, PublishedError> {
        let published = Arc::new(Published::open(catalogue.clone(), ranges, &options.base_url).await?);
        let keys = Arc::new(keys::Keys::new(catalogue.clone()));
        let options = Arc::new(options);
        let (query_metrics, ready_ranges, hashed) = Default::default();
        let health = Health::new(metrics, Some(catalogue.clone()), Some(objects.clone()), Some(records.clone()));
        Ok(Self {
            catalogue,
            objects,
            records,
            published,
            options,
            health,
            plugins,
            keys,
            query_metrics,
            ready_ranges,
            hashed,
            domain_searches: Arc::new(Semaphore::new(hibp::domains::SEARCHES_MAX)),
        })
    }
}

/// All routes. [`serve`] has the bounds on connections.
pub fn router(state: ApiState) -> Router {
    // Anything may be compressed that is whole and text: also the empty range, since one mirror tool takes nothing but gzip.
    let compressible = |status: StatusCode, _: http::Version, headers: &HeaderMap, _: &http::Extensions| {
        let kind = headers.get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
        let ready = headers.contains_key(header::CONTENT_ENCODING);
        status == StatusCode::OK && !ready && (kind.starts_with(b"text/plain") || kind.starts_with(b"application/json"))
    };
    let compressed = Router::new()
        .nest(openapi::OPERATOR, operator::routes(&state))
        .merge(state.health.clone().routes().with_state(()))
        .route("/openapi.json", get(|| async { axum::Json(openapi::document()) }))
        .route("/docs", get(openapi::page))
        .fallback(hibp::answer_in_router)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(RequestBodyTimeoutLayer::new(state.options.limits.body_pause_max))
        .layer(CompressionLayer::new().compress_when(compressible))
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn(request_id));
    compressed.with_state(state)
}

/// A number to find a request by in the logs. Paths are not logged: they hold accounts.
async fn request_id(request: Request, next: Next) -> Response {
    let id = format!("{:016x}", rand::random::<u64>());
    let span = tracing::info_span!("request", id = %id, method = %request.method());
    let mut response = tracing::Instrument::instrument(next.run(request), span).await;
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", id);
    }
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
