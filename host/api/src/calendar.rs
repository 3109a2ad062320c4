//! When work runs: what is reserved of the dispatchers' time, why a task waits, when a job may run, how much there is to do.

use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use bytes::Bytes;
use sluice_catalogue::{Explanation, Job, ScheduleChange, TARGET_SECONDS, UnixMs, Window, Workload};
use sluice_record::{JobId, TaskId};

use crate::{
    ApiState,
    operator::{job, ok},
    problem::{Answer, Problem, Refusals, read_json},
    views::{JobChange, Slots, Target},
};

/// Dispatchers and their reserved slots.
#[utoipa::path(get, path = "/slots", responses((status = 200, body = Slots), Refusals))]
pub(crate) async fn slots(State(state): State<ApiState>) -> Answer {
    ok(Slots { dispatchers: state.catalogue.may_lag().dispatchers().await?, slots: state.catalogue.may_lag().slots().await? })
}

/// Why a task is where it is, and when it starts by estimate.
#[utoipa::path(
    get,
    path = "/tasks/{id}/explanation",
    params(("id" = i64, Path)),
    responses((status = 200, body = Explanation), Refusals)
)]
pub(crate) async fn explanation(State(state): State<ApiState>, Path(id): Path<i64>) -> Answer {
    ok(state.catalogue.explain(TaskId(id)).await?)
}

/// How much there is to do, and how many workers would get it done in time.
#[utoipa::path(get, path = "/load", params(Target), responses((status = 200, body = Workload), Refusals))]
pub(crate) async fn workload(State(state): State<ApiState>, Query(asked): Query<Target>) -> Answer {
    ok(state.catalogue.workload(asked.region.as_deref(), asked.target_seconds.unwrap_or(TARGET_SECONDS)).await?)
}

/// Changes when a job runs; what is left out stays.
#[utoipa::path(
    patch,
    path = "/jobs/{id}",
    request_body = JobChange, params(("id" = i64, Path)),
    responses((status = 200, body = Job), Refusals)
)]
pub(crate) async fn change(state: State<ApiState>, id: Path<i64>, body: Bytes) -> Answer<Response> {
    let JobChange { priority, window: open, deadline: due } = read_json(&body)?;
    let window = open.as_deref().map(window).transpose()?;
    let deadline = due.as_deref().map(deadline).transpose()?;
    state.catalogue.change_schedule(JobId(*id), ScheduleChange { priority, window, deadline }).await?;
    job(state, id).await
}

/// `HH:MM-HH:MM`, or `none`.
pub(crate) fn window(text: &str) -> Answer<Option<Window>> {
    if text == "none" {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|error| Problem::ill_formed("this is no window", format!("{error}; or none")))
}

/// RFC 3339, or `none`.
pub(crate) fn deadline(text: &str) -> Answer<Option<UnixMs>> {
    if text == "none" {
        return Ok(None);
    }
    let at = text.parse().map(|at: jiff::Timestamp| Some(at.as_millisecond()));
    at.map_err(|_| Problem::ill_formed("this deadline is no time", "a time is as RFC 3339 has it, 2026-01-31T06:00:00Z; or none"))
}
