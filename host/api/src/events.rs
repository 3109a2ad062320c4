//! Jobs' progress as server-sent events: what changed, a few times a second at most, until the job ends.

use std::{
    convert::Infallible,
    time::{Duration, Instant},
};

use axum::{
    extract::{Path, State},
    response::{
        IntoResponse, Sse,
        sse::{Event, KeepAlive},
    },
};
use futures::stream;
use serde_json::json;
use sluice_catalogue::{Changes, Job, Topic};
use sluice_record::JobId;

use crate::{
    ApiState,
    operator::LIST_MAX,
    problem::{Answer, Refusals},
    views::Told,
};

/// The least time between two events of a stream.
const PACE: Duration = Duration::from_millis(250);
/// Another process's changes are seen after this.
const POLL: Duration = Duration::from_secs(1);

struct Watch {
    state: ApiState,
    changes: Changes,
    job: Option<JobId>,
    sent: String,
    before: Option<(Instant, u64)>,
    ended: bool,
}

/// A job's progress as server-sent events named `progress`, until it ends.
#[utoipa::path(
    get,
    path = "/jobs/{id}/events",
    params(("id" = i64, Path)),
    responses((status = 200, body = Told, content_type = "text/event-stream"), Refusals)
)]
pub(crate) async fn of_job(State(state): State<ApiState>, Path(id): Path<i64>) -> Answer {
    state.catalogue.job(JobId(id)).await?;
    Ok(watch(state, Some(JobId(id))).into_response())
}

/// All jobs' progress as server-sent events named `progress`.
#[utoipa::path(get, path = "/events", responses((status = 200, body = Told, content_type = "text/event-stream"), Refusals))]
pub(crate) async fn of_all(State(state): State<ApiState>) -> Answer {
    Ok(watch(state, None).into_response())
}

fn watch(state: ApiState, job: Option<JobId>) -> Sse<impl futures::Stream<Item = Result<Event, Infallible>>> {
    let changes = state.catalogue.changes(&[Topic::Jobs, Topic::Progress]);
    let watch = Watch { state, changes, job, sent: String::new(), before: None, ended: false };
    Sse::new(stream::unfold(watch, next)).keep_alive(KeepAlive::default())
}

async fn next(mut watch: Watch) -> Option<(Result<Event, Infallible>, Watch)> {
    if watch.ended {
        return None;
    }
    loop {
        if !watch.sent.is_empty() {
            tokio::time::sleep(PACE).await;
            watch.changes.changed_within(POLL).await;
        }
        let jobs = match watch.job {
            Some(job) => vec![watch.state.catalogue.job(job).await.ok()?],
            None => watch.state.catalogue.jobs(LIST_MAX).await.ok()?,
        };
        let told: Vec<_> = jobs.iter().map(tell).collect();
        let text = serde_json::to_string(&told).ok()?;
        if text == watch.sent {
            continue;
        }
        watch.sent = text;
        watch.ended = watch.job.is_some() && jobs.iter().all(|job| job.finished_at.is_some());
        let bytes = jobs.iter().map(|job| job.progress.bytes_done).sum();
        let rate =
            watch.before.map_or(0.0, |(at, before)| (u64::saturating_sub(bytes, before)) as f64 / at.elapsed().as_secs_f64().max(0.001));
        watch.before = Some((Instant::now(), bytes));
        let data = json!({ "jobs": told, "bytes_per_second": rate }).to_string();
        return Some((Ok(Event::default().event("progress").data(data)), watch));
    }
}

fn tell(job: &Job) -> serde_json::Value {
    let progress = &job.progress;
    json!({
        "id": job.id, "state": job.state, "message": job.message, "hint": job.hint, "load": job.load, "tasks": progress.tasks,
        "tasks_done": progress.tasks_done, "bytes": progress.bytes, "bytes_done": progress.bytes_done, "records": progress.records,
        "rejects": progress.rejects, "finished_at": job.finished_at,
    })
}
