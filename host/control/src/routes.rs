//! The dispatcher's side of [`crate::dispatching`].

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, Request, State},
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::json;
use sluice_catalogue::Error;
use sluice_record::TaskId;

use crate::{
    ControlError, Dispatcher, WorkerToken,
    dispatching::{Brought, Held, Told, Wanted},
};

/// How long an empty-handed worker is kept before it is told to ask again: less than proxies wait for an answer.
const WAIT_MAX: Duration = Duration::from_secs(20);
/// Bytes of a result: a stage task names every member of its dump.
pub(crate) const RESULT_BYTES_MAX: usize = 64 << 20;
const WORKER_NAME_BYTES_MAX: usize = 200;

/// The routes, for [`crate::DISPATCH`]; the token is what workers bring.
pub fn dispatch_routes(dispatcher: Arc<Dispatcher>, token: WorkerToken) -> Router {
    Router::new()
        .route("/plugins", get(plugins))
        .route("/lease", post(lease))
        .route("/tasks/{id}/renew", post(renew))
        .route("/tasks/{id}/progress", post(progress))
        .route("/tasks/{id}/complete", post(complete))
        .layer(DefaultBodyLimit::max(RESULT_BYTES_MAX))
        .layer(middleware::from_fn_with_state(token, authorise))
        .with_state(dispatcher)
}

async fn authorise(State(token): State<WorkerToken>, request: Request, next: Next) -> Response {
    let bearer = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    if bearer.is_some_and(|brought| token.takes(brought.trim())) {
        return next.run(request).await;
    }
    refusal(StatusCode::UNAUTHORIZED, "no good worker token")
}

fn refusal(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "message": message }))).into_response()
}

fn refused(error: &ControlError) -> Response {
    if let ControlError::Catalogue(Error::Stale { .. }) = error {
        return refusal(StatusCode::CONFLICT, &error.to_string());
    }
    tracing::warn!("a worker could not be served: {error}");
    refusal(StatusCode::SERVICE_UNAVAILABLE, &error.to_string())
}

async fn lease(State(dispatcher): State<Arc<Dispatcher>>, Json(wanted): Json<Wanted>) -> Response {
    if wanted.worker.is_empty() || wanted.worker.len() > WORKER_NAME_BYTES_MAX {
        return refusal(StatusCode::BAD_REQUEST, "a worker's name has 1 to 200 bytes");
    }
    if wanted.region.as_deref() != dispatcher.region() {
        return refusal(StatusCode::MISDIRECTED_REQUEST, "the dispatcher is of another region");
    }
    match dispatcher.lease_elsewhere(&wanted.worker, tokio::time::sleep(WAIT_MAX)).await {
        Ok(Some(lease)) => Json(lease).into_response(),
        Ok(None) if dispatcher.is_draining() => refusal(StatusCode::SERVICE_UNAVAILABLE, "the dispatcher is draining"),
        Ok(None) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refused(&error),
    }
}

async fn plugins(State(dispatcher): State<Arc<Dispatcher>>) -> Response {
    dispatcher.plugins().await.map_or_else(|error| refused(&error), |plugins| Json(plugins).into_response())
}

async fn renew(State(dispatcher): State<Arc<Dispatcher>>, Path(task): Path<i64>, Json(held): Json<Held>) -> Response {
    match dispatcher.renew_task(TaskId(task), held.token).await {
        Ok(deadline) => Json(deadline).into_response(),
        Err(error) => refused(&error),
    }
}

async fn progress(State(dispatcher): State<Arc<Dispatcher>>, Path(task): Path<i64>, Json(told): Json<Told>) -> Response {
    done(dispatcher.progress(TaskId(task), told.token, told.bytes, told.records).await)
}

async fn complete(State(dispatcher): State<Arc<Dispatcher>>, Path(task): Path<i64>, Json(brought): Json<Brought>) -> Response {
    done(dispatcher.complete(TaskId(task), brought.token, brought.ended).await)
}

fn done(result: crate::Result<()>) -> Response {
    result.map_or_else(|error| refused(&error), |()| StatusCode::NO_CONTENT.into_response())
}
