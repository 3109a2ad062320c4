//! Connections: accepted up to a bound, each with a bound on how long it may dawdle.
//!
//! Who opens a connection and is slow about it, at any point, is cut off: headers, and waiting for the next request, have one time;
//! each stretch of a body another; an answer that is not taken a third. What a query may take is bounded where it is answered.
//!
//! Lookups do not pass through the router and its layers: at a hundred thousand a second those cost more than the lookup.
//!
//! Deliberately not here: TLS and HTTP/2, which are the reverse proxy's, and more than one listener.

use std::{convert::Infallible, io, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::Request, response::Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_io_timeout::TimeoutWriter;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::Service;
use tower_http::{catch_panic::CatchPanicLayer, timeout::RequestBodyTimeoutLayer};

use crate::{ApiState, Health, hibp, router};

/// Bytes of a request's head.
const HEAD_BYTES_MAX: usize = 32 << 10;
/// A listener that fails (too many open files) is asked again after this.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How often what was counted is folded together, whether anybody asks for the metrics or not: until then it grows.
const METRICS_PERIOD: Duration = Duration::from_secs(5);

/// How long a connection may take, and how many there may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ConnectionLimits {
    /// Connections open at once; others wait to be accepted.
    pub connections_max: usize,
    /// For a request's whole head, counted from when the one before was answered.
    pub head_time_max: Duration,
    /// Between two stretches of a body.
    pub body_pause_max: Duration,
    /// While the client takes nothing of an answer.
    pub write_pause_max: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            connections_max: 4_096,
            head_time_max: Duration::from_secs(30),
            body_pause_max: Duration::from_secs(30),
            write_pause_max: Duration::from_secs(30),
        }
    }
}

/// What a listener answers with: the api's routes, or no more than how its process is; and what is mounted beside them.
pub struct Answers {
    router: Router,
    /// Whose lookups pass by the router.
    lookups: Option<ApiState>,
    metrics: PrometheusHandle,
    limits: ConnectionLimits,
}

impl From<ApiState> for Answers {
    fn from(state: ApiState) -> Self {
        let (metrics, limits) = (state.health.metrics.clone(), state.options.limits);
        Self { router: router(state.clone()), lookups: Some(state), metrics, limits }
    }
}

impl From<Health> for Answers {
    fn from(health: Health) -> Self {
        Self { metrics: health.metrics.clone(), router: health.routes(), lookups: None, limits: ConnectionLimits::default() }
    }
}

impl Answers {
    /// With routes of another role, which have bounds of their own on what a body may be.
    #[must_use]
    pub fn with(mut self, path: &str, routes: Router) -> Self {
        let bounded = routes.layer(RequestBodyTimeoutLayer::new(self.limits.body_pause_max)).layer(CatchPanicLayer::new());
        self.router = self.router.nest(path, bounded);
        self
    }
}

/// Answers on a bound listener until `shutdown`, then lets what is under way end.
///
/// # Errors
/// If the listener fails.
pub async fn serve(
    listener: TcpListener,
    answers: impl Into<Answers>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let Answers { router, lookups, metrics, limits } = answers.into();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head_time_max).max_buf_size(HEAD_BYTES_MAX).writev(true);
    let free = Arc::new(Semaphore::new(limits.connections_max));
    let (ending, open) = (CancellationToken::new(), TaskTracker::new());
    let mut shutdown = std::pin::pin!(shutdown);
    let mut fold = tokio::time::interval(METRICS_PERIOD);
    loop {
        let (stream, permit) = tokio::select! {
            accepted = accept(&listener, &free) => accepted?,
            _ = fold.tick() => {
                metrics.run_upkeep();
                continue;
            }
            () = &mut shutdown => break,
        };
        let (lookups, router) = (lookups.clone(), router.clone());
        let service = service_fn(move |request| answer(lookups.clone(), router.clone(), request));
        let mut stream = TimeoutWriter::new(stream);
        stream.set_timeout(Some(limits.write_pause_max));
        let connection = http.serve_connection(TokioIo::new(Box::pin(stream)), service);
        let ending = ending.clone();
        open.spawn(async move {
            let mut connection = std::pin::pin!(connection);
            // How a client's connection ends is its own affair.
            tokio::select! {
                _ = connection.as_mut() => {}
                () = ending.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    let _ = connection.await;
                }
            }
            drop(permit);
        });
    }
    ending.cancel();
    open.close();
    open.wait().await;
    Ok(())
}

async fn accept(listener: &TcpListener, free: &Arc<Semaphore>) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let permit = free.clone().acquire_owned().await.map_err(io::Error::other)?;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // An answer is one write: there is nothing to wait for.
                let _ = stream.set_nodelay(true);
                return Ok((stream, permit));
            }
            Err(error) => {
                tracing::warn!("no connection can be accepted: {error}");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn answer(lookups: Option<ApiState>, mut router: Router, request: Request<Incoming>) -> Result<Response, Infallible> {
    if let Some(state) = lookups
        && is_lookup(request.uri().path())
    {
        return Ok(hibp::answer(&state, &request.into_parts().0).await);
    }
    router.call(request.map(Body::new)).await
}

fn is_lookup(path: &str) -> bool {
    ["/range/", "/api/v3/breachedaccount/"].iter().any(|begin| path.get(..begin.len()).is_some_and(|path| path.eq_ignore_ascii_case(begin)))
}
