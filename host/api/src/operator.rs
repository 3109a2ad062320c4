//! The operator API: what an operator may see and ask for. A change is a row in the catalogue; the controller does the rest.

use std::{
    io,
    time::{Duration, Instant},
};

use axum::{
    BoxError, Json, Router,
    body::Body,
    extract::{DefaultBodyLimit, Path, Query, Request, State},
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use serde::Serialize;
use sluice_catalogue::{
    ApiKey, Job, JobSpec, KeyHash, KeyId, Load, Member, MemberState, NewBreach, NewJob, NewKey, Plugin, Resolution, Task, TaskFilter,
    Topic, VerifiedDomain,
};
use sluice_record::{BreachId, JobId, LoadId, MemberId, PluginDigest, TaskId};
use sluice_store::{
    objects::keys as object_keys,
    records::{Cursor, Matching, PAGE_RECORDS_MAX, RecordQuery},
};
use tower_http::timeout::TimeoutLayer;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    ApiState, calendar, events,
    hibp::domains::domain_name,
    keys,
    problem::{Answer, Problem, Refusals, read_json},
    upload,
    views::{
        Asked, BreachView, Created, CreatedKey, Installed, JobRequest, KeyRequest, LoadDigest, Patience, RecordPage, RecordView,
        RejectView, Search,
    },
};

/// Rows of a list, newest first.
pub(crate) const LIST_MAX: u32 = 1_000;

/// Bytes of reject logs in one answer.
const REJECTS_BYTES_MAX: u64 = 64 << 20;

/// What a request may take that is neither an upload nor reads a whole load or dump.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(60);

/// How long a request may wait for a job.
const JOB_WAIT_MS_MAX: u64 = 30_000;

/// The routes with what the document says of them.
pub(crate) fn documented() -> OpenApiRouter<ApiState> {
    let uploads = OpenApiRouter::new().routes(routes!(upload::append, upload::head, upload::abandon)).layer(DefaultBodyLimit::disable());
    let long = OpenApiRouter::new().routes(routes!(upload::complete)).routes(routes!(digest)).routes(routes!(plugins, install));
    let quick = OpenApiRouter::new()
        .routes(routes!(upload::create, upload::list))
        .routes(routes!(create_breach, breaches))
        .routes(routes!(breach, update_breach))
        .routes(routes!(create_job, jobs))
        .routes(routes!(watch_job, calendar::change))
        .routes(routes!(cancel))
        .routes(routes!(pause))
        .routes(routes!(resume))
        .routes(routes!(events::of_job))
        .routes(routes!(events::of_all))
        .routes(routes!(loads))
        .routes(routes!(load))
        .routes(routes!(publish))
        .routes(routes!(retract))
        .routes(routes!(rejects))
        .routes(routes!(export))
        .routes(routes!(accept_quarantine))
        .routes(routes!(waiting))
        .routes(routes!(resolve))
        .routes(routes!(tasks))
        .routes(routes!(retry))
        .routes(routes!(calendar::slots))
        .routes(routes!(calendar::explanation))
        .routes(routes!(calendar::workload))
        .routes(routes!(activate))
        .routes(routes!(list_keys, create_key))
        .routes(routes!(revoke_key))
        .routes(routes!(domains))
        .routes(routes!(verify_domain, withdraw_domain))
        .routes(routes!(search));
    quick.layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, REQUEST_TIME_MAX)).merge(uploads).merge(long)
}

pub(crate) fn routes(state: &ApiState) -> Router<ApiState> {
    Router::from(documented())
        .fallback(|| async { Problem::new(StatusCode::NOT_FOUND, "not-found", "there is no such route", "see /docs") })
        .layer(middleware::from_fn_with_state(state.clone(), authorise))
}

/// A bearer token: the configured one, or an operator's of the catalogue. Only hashes are compared.
async fn authorise(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    let token = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| value.split_once(' '));
    let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| keys::hash(token.trim().as_bytes()));
    let good = match token {
        Some(hash) if state.options.operator_token_sha256 == Some(hash) => true,
        Some(hash) => matches!(state.keys.find(hash).await, Ok(Some(known)) if known.key.operator),
        None => false,
    };
    if good {
        return in_one_shape(next.run(request).await);
    }
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorised", "no good operator token", "send Authorization: Bearer and the token")
        .into_response()
}

/// What the framework refuses (a path or a query of another type, a method, a request that takes too long) in the one shape of error.
/// Its own words are dropped: they may quote the request.
fn in_one_shape(response: Response) -> Response {
    let (status, kind) = (response.status(), response.headers().get(header::CONTENT_TYPE));
    if !status.is_client_error() && !status.is_server_error() || kind.is_some_and(|kind| kind == "application/json") {
        return response;
    }
    let message = status.canonical_reason().unwrap_or("the request was refused").to_lowercase();
    Problem::new(status, "refused", message, "see /docs for what the route takes").into_response()
}

pub(crate) fn ok(value: impl Serialize) -> Answer {
    Ok(Json(value).into_response())
}

/// Makes a breach, by the breach model's names.
#[utoipa::path(post, path = "/breaches", request_body = NewBreach, responses((status = 201, body = Created), Refusals))]
async fn create_breach(State(state): State<ApiState>, body: Bytes) -> Answer {
    let id = state.catalogue.create_breach(&read_json::<NewBreach>(&body)?).await?;
    Ok((StatusCode::CREATED, Json(Created { id: id.0 })).into_response())
}

/// Changes a breach.
#[utoipa::path(
    put,
    path = "/breaches/{id}",
    request_body = NewBreach, params(("id" = i64, Path)),
    responses((status = 200, body = BreachView), Refusals)
)]
async fn update_breach(State(state): State<ApiState>, Path(id): Path<i64>, body: Bytes) -> Answer {
    state.catalogue.update_breach(BreachId(id), &read_json(&body)?).await?;
    ok(BreachView::from(state.catalogue.breach(BreachId(id)).await?))
}

/// A breach.
#[utoipa::path(get, path = "/breaches/{id}", params(("id" = i64, Path)), responses((status = 200, body = BreachView), Refusals))]
async fn breach(State(state): State<ApiState>, Path(id): Path<i64>) -> Answer {
    ok(BreachView::from(state.catalogue.breach(BreachId(id)).await?))
}

/// All breaches, unpublished ones too.
#[utoipa::path(get, path = "/breaches", responses((status = 200, body = Vec<BreachView>), Refusals))]
async fn breaches(State(state): State<ApiState>) -> Answer {
    ok(state.catalogue.may_lag().breaches().await?.into_iter().map(BreachView::from).collect::<Vec<_>>())
}

/// Takes a spec with what an import need not say left out, a priority, a window and a deadline.
#[utoipa::path(post, path = "/jobs", request_body = JobRequest, responses((status = 201, body = Created), Refusals))]
async fn create_job(State(state): State<ApiState>, body: Bytes) -> Answer {
    let JobRequest { spec, priority, window, deadline } = read_json(&body)?;
    let window = window.as_deref().map(calendar::window).transpose()?.flatten();
    let deadline = deadline.as_deref().map(calendar::deadline).transpose()?.flatten();
    let id = state.catalogue.create_job(&NewJob { spec, priority, window, deadline }).await?;
    Ok((StatusCode::CREATED, Json(Created { id: id.0 })).into_response())
}

fn shown(mut job: Job) -> Job {
    job.spec = job.spec.without_secrets();
    job
}

/// Jobs, newest first.
#[utoipa::path(get, path = "/jobs", responses((status = 200, body = Vec<Job>), Refusals))]
async fn jobs(State(state): State<ApiState>) -> Answer {
    ok(state.catalogue.may_lag().jobs(LIST_MAX).await?.into_iter().map(shown).collect::<Vec<_>>())
}

/// A job: at once, or as soon as its state is another one. One that has ended is told at once.
#[utoipa::path(
    get,
    path = "/jobs/{id}",
    params(("id" = i64, Path), Patience),
    responses((status = 200, body = Job), Refusals)
)]
async fn watch_job(State(state): State<ApiState>, Path(id): Path<i64>, Query(asked): Query<Patience>) -> Answer {
    let mut changes = state.catalogue.changes(&[Topic::Jobs]);
    let mut job = state.catalogue.job(JobId(id)).await?;
    let (before, until) = (job.state, Instant::now() + Duration::from_millis(asked.wait_ms.unwrap_or(0).min(JOB_WAIT_MS_MAX)));
    while job.state == before && job.finished_at.is_none() {
        let rest = until.saturating_duration_since(Instant::now());
        if rest.is_zero() {
            break;
        }
        changes.changed_within(rest).await;
        job = state.catalogue.job(JobId(id)).await?;
    }
    ok(shown(job))
}

pub(crate) async fn job(State(state): State<ApiState>, Path(id): Path<i64>) -> Answer {
    ok(shown(state.catalogue.job(JobId(id)).await?))
}

/// Cancels a job.
#[utoipa::path(post, path = "/jobs/{id}/cancel", params(("id" = i64, Path)), responses((status = 200, body = Job), Refusals))]
async fn cancel(state: State<ApiState>, id: Path<i64>) -> Answer {
    state.catalogue.cancel_job(JobId(*id)).await?;
    job(state, id).await
}

/// Pauses a job.
#[utoipa::path(post, path = "/jobs/{id}/pause", params(("id" = i64, Path)), responses((status = 200, body = Job), Refusals))]
async fn pause(state: State<ApiState>, id: Path<i64>) -> Answer {
    state.catalogue.pause_job(JobId(*id)).await?;
    job(state, id).await
}

/// Lets a paused job go on.
#[utoipa::path(post, path = "/jobs/{id}/resume", params(("id" = i64, Path)), responses((status = 200, body = Job), Refusals))]
async fn resume(state: State<ApiState>, id: Path<i64>) -> Answer {
    state.catalogue.resume_job(JobId(*id)).await?;
    job(state, id).await
}

/// Loads with their ledgers, newest first.
#[utoipa::path(get, path = "/loads", responses((status = 200, body = Vec<Load>), Refusals))]
async fn loads(State(state): State<ApiState>) -> Answer {
    ok(state.catalogue.may_lag().loads(LIST_MAX).await?)
}

/// A load with its ledger.
#[utoipa::path(get, path = "/loads/{id}", params(("id" = i64, Path)), responses((status = 200, body = Load), Refusals))]
async fn load(State(state): State<ApiState>, Path(id): Path<i64>) -> Answer {
    ok(state.catalogue.load(LoadId(id)).await?)
}

/// Asks for a publish job.
#[utoipa::path(post, path = "/loads/{id}/publish", params(("id" = i64, Path)), responses((status = 202, body = Asked), Refusals))]
async fn publish(State(state): State<ApiState>, Path(id): Path<i64>) -> Answer {
    ask(&state, JobSpec::Publish { load: LoadId(id) }).await
}

/// Asks for a retract job.
#[utoipa::path(post, path = "/loads/{id}/retract", params(("id" = i64, Path)), responses((status = 202, body = Asked), Refusals))]
async fn retract(State(state): State<ApiState>, Path(id): Path<i64>) -> Answer {
    ask(&state, JobSpec::Retract { load: LoadId(id) }).await
}

async fn ask(state: &ApiState, spec: JobSpec) -> Answer {
    let job = state.catalogue.create_job(&NewJob::from(spec)).await?;
    Ok((StatusCode::ACCEPTED, Json(Asked { job })).into_response())
}

/// Digest and counts of what the load stored.
#[utoipa::path(get, path = "/loads/{id}/digest", params(("id" = i64, Path)), responses((status = 200, body = LoadDigest), Refusals))]
async fn digest(State(state): State<ApiState>, Path(id): Path<i64>) -> Answer {
    let load = state.catalogue.load(LoadId(id)).await?;
    let (digest, records) = tokio::try_join!(state.records.digest(load.id), state.records.count(load.id))?;
    ok(LoadDigest { digest: hex::encode(digest), records, accounts: load.accounts, passwords: load.passwords })
}

/// Where each rejected row lies and why, as JSON lines, up to 64 MiB. The last line says how many bytes were left out.
#[utoipa::path(
    get,
    path = "/loads/{id}/rejects",
    params(("id" = i64, Path)),
    responses((status = 200, body = RejectView, content_type = "application/x-ndjson"), Refusals)
)]
async fn rejects(State(state): State<ApiState>, Path(id): Path<i64>) -> Answer {
    let load = state.catalogue.load(LoadId(id)).await?;
    let mut logs = state.objects.list(&object_keys::rejects_folder(load.id)).await?;
    let mut room = REJECTS_BYTES_MAX;
    let shown = logs.iter().take_while(|log| room.checked_sub(log.bytes).inspect(|left| room = *left).is_some()).count();
    let left_out: u64 = logs.drain(shown..).map(|log| log.bytes).sum();
    let note = (left_out > 0).then(|| Ok(Bytes::from(format!("{{\"left_out_bytes\":{left_out}}}\n"))));
    let stream = futures::stream::iter(logs)
        .then(move |log| {
            let objects = state.objects.clone();
            async move { objects.stream(&log.key).await }
        })
        .try_flatten()
        .chain(futures::stream::iter(note));
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(stream)).into_response())
}

/// All records a load stored, published or not, as JSON lines.
#[utoipa::path(
    get,
    path = "/loads/{id}/records",
    params(("id" = i64, Path)),
    responses((status = 200, body = RecordView, content_type = "application/x-ndjson"), Refusals)
)]
async fn export(State(state): State<ApiState>, Path(id): Path<i64>) -> Answer {
    let load = state.catalogue.load(LoadId(id)).await?;
    let lines = state.records.export(load.id).await?.map(|stretch| {
        let mut lines = Vec::new();
        for record in stretch? {
            serde_json::to_writer(&mut lines, &RecordView::from(record)).map_err(io::Error::other)?;
            lines.push(b'\n');
        }
        Ok::<_, BoxError>(lines)
    });
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response())
}

/// Lets the load be published without its quarantined bytes.
#[utoipa::path(post, path = "/loads/{id}/accept-quarantine", params(("id" = i64, Path)), responses((status = 200, body = Load), Refusals))]
async fn accept_quarantine(state: State<ApiState>, id: Path<i64>) -> Answer {
    state.catalogue.accept_quarantine(LoadId(*id)).await?;
    load(state, id).await
}

/// Members that no plugin, or several, claimed.
#[utoipa::path(
    get,
    path = "/loads/{id}/members/waiting",
    params(("id" = i64, Path)),
    responses((status = 200, body = Vec<Member>), Refusals)
)]
async fn waiting(State(state): State<ApiState>, Path(id): Path<i64>) -> Answer {
    ok(state.catalogue.members_in(LoadId(id), MemberState::Unclaimed, LIST_MAX).await?)
}

/// Says which plugin reads a member that waits, or that it is left out.
#[utoipa::path(
    post,
    path = "/members/{id}/resolve",
    request_body = Resolution, params(("id" = i64, Path)),
    responses((status = 200, body = Member), Refusals)
)]
async fn resolve(State(state): State<ApiState>, Path(id): Path<i64>, body: Bytes) -> Answer {
    state.catalogue.resolve_member(MemberId(id), read_json::<Resolution>(&body)?).await?;
    ok(state.catalogue.member(MemberId(id)).await?)
}

/// Tasks, by ascending id, a thousand at most.
#[utoipa::path(get, path = "/tasks", params(TaskFilter), responses((status = 200, body = Vec<Task>), Refusals))]
async fn tasks(State(state): State<ApiState>, Query(filter): Query<TaskFilter>) -> Answer {
    ok(state.catalogue.tasks(filter, LIST_MAX).await?)
}

/// Gives a quarantined task another round of attempts.
#[utoipa::path(post, path = "/tasks/{id}/retry", params(("id" = i64, Path)), responses((status = 200, body = Task), Refusals))]
async fn retry(State(state): State<ApiState>, Path(id): Path<i64>) -> Answer {
    state.catalogue.release_quarantine(TaskId(id)).await?;
    ok(state.catalogue.task(TaskId(id)).await?)
}

/// Plugins.
#[utoipa::path(get, path = "/plugins", responses((status = 200, body = Vec<Plugin>), Refusals))]
async fn plugins(State(state): State<ApiState>) -> Answer {
    ok(state.catalogue.plugins().await?)
}

/// Installs the component in the body.
#[utoipa::path(
    post,
    path = "/plugins",
    request_body(content = Vec<u8>, content_type = "application/wasm"),
    responses((status = 201, body = Installed), Refusals)
)]
async fn install(State(state): State<ApiState>, component: Bytes) -> Answer {
    let refused = |message| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "plugin", message, "see the plugin's conformance report");
    let digest = state.plugins.install(component).await.map_err(refused)?;
    Ok((StatusCode::CREATED, Json(Installed { digest })).into_response())
}

/// Makes a plugin the one of its name.
#[utoipa::path(
    post,
    path = "/plugins/{digest}/activate",
    params(("digest" = String, Path)),
    responses((status = 200, body = Plugin), Refusals)
)]
async fn activate(State(state): State<ApiState>, Path(digest): Path<String>) -> Answer {
    let digest: PluginDigest = digest.parse().map_err(|_| Problem::ill_formed("no plugin's digest", "list the plugins"))?;
    state.catalogue.activate_plugin(digest).await?;
    ok(state.catalogue.plugin(digest).await?)
}

/// Keys, without the keys.
#[utoipa::path(get, path = "/keys", responses((status = 200, body = Vec<ApiKey>), Refusals))]
async fn list_keys(State(state): State<ApiState>) -> Answer {
    ok(state.catalogue.keys().await?)
}

/// Makes a key of 128 random bits. It is in this answer and nowhere else.
#[utoipa::path(post, path = "/keys", request_body = KeyRequest, responses((status = 201, body = CreatedKey), Refusals))]
async fn create_key(State(state): State<ApiState>, body: Bytes) -> Answer {
    let asked: KeyRequest = read_json(&body)?;
    let key = hex::encode(rand::random::<[u8; 16]>());
    let KeyRequest { label, operator, plan, rpm, expires_at } = asked;
    let new = NewKey { hash: KeyHash(keys::hash(key.as_bytes())), operator, label, plan, rpm, expires_at };
    let id = state.catalogue.create_key(&new).await?;
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], Json(CreatedKey { id, key })).into_response())
}

/// Revokes a key.
#[utoipa::path(delete, path = "/keys/{id}", params(("id" = i64, Path)), responses((status = 204), Refusals))]
async fn revoke_key(State(state): State<ApiState>, Path(id): Path<i64>) -> Answer {
    state.catalogue.revoke_key(KeyId(id)).await?;
    state.keys.forget();
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The domains that a key may ask about.
#[utoipa::path(get, path = "/keys/{id}/domains", params(("id" = i64, Path)), responses((status = 200, body = Vec<VerifiedDomain>), Refusals))]
async fn domains(State(state): State<ApiState>, Path(id): Path<i64>) -> Answer {
    ok(state.catalogue.verified_domains(KeyId(id)).await?)
}

/// Lets a key ask about a domain: whoever has the key owns it, as far as the operator could find out.
#[utoipa::path(
    put,
    path = "/keys/{id}/domains/{domain}",
    params(("id" = i64, Path), ("domain" = String, Path)),
    responses((status = 200, body = Vec<VerifiedDomain>), Refusals)
)]
async fn verify_domain(State(state): State<ApiState>, Path((id, domain)): Path<(i64, String)>) -> Answer {
    state.catalogue.verify_domain(KeyId(id), &domain_in_path(&domain)?).await?;
    ok(state.catalogue.verified_domains(KeyId(id)).await?)
}

/// Ends that a key may ask about a domain.
#[utoipa::path(
    delete,
    path = "/keys/{id}/domains/{domain}",
    params(("id" = i64, Path), ("domain" = String, Path)),
    responses((status = 204), Refusals)
)]
async fn withdraw_domain(State(state): State<ApiState>, Path((id, domain)): Path<(i64, String)>) -> Answer {
    state.catalogue.withdraw_domain(KeyId(id), &domain_in_path(&domain)?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn domain_in_path(domain: &str) -> Answer<String> {
    domain_name(domain).ok_or_else(|| Problem::ill_formed("no domain", "name one like example.com, without a scheme or a path"))
}

/// Searches published records: by account, domain or text.
#[utoipa::path(get, path = "/records", params(Search), responses((status = 200, body = RecordPage), Refusals))]
async fn search(State(state): State<ApiState>, Query(asked): Query<Search>) -> Answer {
    let matching = match (asked.account, asked.domain, asked.text) {
        (Some(account), None, None) => Matching::Account(account),
        (None, Some(domain), None) => Matching::Domain(domain),
        (None, None, Some(text)) => Matching::Text(text),
        _ => return Err(Problem::ill_formed("name one thing to search", "account=, domain= or text=")),
    };
    let after: Option<Cursor> = asked.after.map(|after| read_json(after.as_bytes())).transpose()?;
    let loads = state.catalogue.published_loads().await?.into_iter().map(|(load, _)| load).collect();
    let limit = asked.limit.unwrap_or(100).clamp(1, PAGE_RECORDS_MAX);
    let page = state.records.search(&RecordQuery { matching, loads, limit, after }).await?;
    let records = page.records.into_iter().map(RecordView::from).collect();
    ok(RecordPage { records, next: page.next })
}
