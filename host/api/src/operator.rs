//! The operator API: what an operator may see and ask for. A change is a row in the catalogue; the controller does the rest.

use axum::{
    Json, Router,
    body::Body,
    extract::{DefaultBodyLimit, Path, Query, Request, State},
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, patch, post},
};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sluice_catalogue::{Breach, Job, JobSpec, KeyHash, KeyId, MemberState, NewBreach, NewJob, NewKey, Plan, Resolution, TaskFilter};
use sluice_record::{BreachId, JobId, LoadId, MemberId, PluginDigest};
use sluice_store::{
    StoreError,
    objects::keys as object_keys,
    records::{Cursor, Matching, PAGE_RECORDS_MAX, RecordQuery, StoredRecord},
};

use crate::{
    ApiState, events, keys,
    problem::{Answer, Problem, read_json},
    upload,
};

/// Rows of a list, newest first.
pub(crate) const LIST_MAX: u32 = 1_000;

pub(crate) fn routes(state: &ApiState) -> Router<ApiState> {
    let uploads = Router::new().route("/dumps/{id}", patch(upload::append).head(upload::head).delete(upload::abandon));
    Router::new()
        .merge(uploads.layer(DefaultBodyLimit::disable()))
        .route("/dumps", post(upload::create).get(upload::list))
        .route("/dumps/{id}/complete", post(upload::complete))
        .route("/breaches", post(create_breach).get(breaches))
        .route("/breaches/{id}", get(breach).put(update_breach))
        .route("/jobs", post(create_job).get(jobs))
        .route("/jobs/{id}", get(job))
        .route("/jobs/{id}/cancel", post(cancel))
        .route("/jobs/{id}/pause", post(pause))
        .route("/jobs/{id}/resume", post(resume))
        .route("/jobs/{id}/events", get(events::of_job))
        .route("/events", get(events::of_all))
        .route("/loads", get(loads))
        .route("/loads/{id}", get(load))
        .route("/loads/{id}/publish", post(publish))
        .route("/loads/{id}/retract", post(retract))
        .route("/loads/{id}/digest", get(digest))
        .route("/loads/{id}/rejects", get(rejects))
        .route("/loads/{id}/records", get(export))
        .route("/loads/{id}/accept-quarantine", post(accept_quarantine))
        .route("/loads/{id}/members/waiting", get(waiting))
        .route("/members/{id}/resolve", post(resolve))
        .route("/tasks", get(tasks))
        .route("/slots", get(slots))
        .route("/plugins", get(plugins).post(install))
        .route("/plugins/{digest}/activate", post(activate))
        .route("/keys", get(list_keys).post(create_key))
        .route("/keys/{id}", axum::routing::delete(revoke_key))
        .route("/records", get(search))
        .fallback(|| async { Problem::new(StatusCode::NOT_FOUND, "not-found", "there is no such route", "see /docs") })
        .layer(middleware::from_fn_with_state(state.clone(), authorise))
}

/// A bearer token: the configured one, or an operator's of the catalogue. Only hashes are compared.
async fn authorise(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    let token = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| value.split_once(' '));
    let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| keys::hash(token.trim().as_bytes()));
    let good = match token {
        Some(hash) if state.options.operator_token_sha256 == Some(hash) => true,
        Some(hash) => matches!(state.keys.find(hash).await, Ok(Some(key)) if key.operator),
        None => false,
    };
    if good {
        return next.run(request).await;
    }
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorised", "no good operator token", "send Authorization: Bearer and the token")
        .into_response()
}

fn ok(value: impl Serialize) -> Answer {
    Ok(Json(value).into_response())
}

fn view(breach: &Breach) -> Value {
    json!({
        "id": breach.id, "about": breach.about, "added_at": breach.added_at, "modified_at": breach.modified_at,
        "pwn_count": breach.pwn_count, "data_classes": breach.data_classes, "published_loads": breach.published_loads,
    })
}

async fn create_breach(State(state): State<ApiState>, body: Bytes) -> Answer {
    let id = state.catalogue.create_breach(&read_json::<NewBreach>(&body)?).await?;
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))).into_response())
}

async fn update_breach(State(state): State<ApiState>, Path(id): Path<i64>, body: Bytes) -> Answer {
    state.catalogue.update_breach(BreachId(id), &read_json(&body)?).await?;
    ok(view(&state.catalogue.breach(BreachId(id)).await?))
}

async fn breach(State(state): State<ApiState>, Path(id): Path<i64>) -> Answer {
    ok(view(&state.catalogue.breach(BreachId(id)).await?))
}

async fn breaches(State(state): State<ApiState>) -> Answer {
    ok(state.catalogue.breaches().await?.iter().map(view).collect::<Vec<_>>())
}

/// Takes a spec with what an import need not say left out, and a priority.
async fn create_job(State(state): State<ApiState>, body: Bytes) -> Answer {
    let mut asked: Value = read_json(&body)?;
    let priority = asked.get("priority").and_then(Value::as_i64).unwrap_or(0);
    if let Some(fields) = asked.as_object_mut().filter(|fields| fields.get("kind").is_some_and(|kind| kind == "import")) {
        for (name, value) in
            [("policy", json!("notify")), ("plugin", Value::Null), ("archive_passwords", json!([])), ("publish", json!(false))]
        {
            fields.entry(name).or_insert(value);
        }
    }
    // What serde says of a wrong field may quote it, and it may be a password.
    let spec: JobSpec = serde_json::from_value(asked).map_err(|_| Problem::ill_formed("the body is no job", "see /docs for its fields"))?;
    let id = state.catalogue.create_job(&NewJob { spec, priority }).await?;
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))).into_response())
}

fn shown(mut job: Job) -> Job {
    job.spec = job.spec.without_secrets();
    job
}

async fn jobs(State(state): State<ApiState>) -> Answer {
    ok(state.catalogue.jobs(LIST_MAX).await?.into_iter().map(shown).collect::<Vec<_>>())
}

async fn job(State(state): State<ApiState>, Path(id): Path<i64>) -> Answer {
    ok(shown(state.catalogue.job(JobId(id)).await?))
}

async fn cancel(state: State<ApiState>, id: Path<i64>) -> Answer {
    state.catalogue.cancel_job(JobId(*id)).await?;
    job(state, id).await
}

async fn pause(state: State<ApiState>, id: Path<i64>) -> Answer {
    state.catalogue.pause_job(JobId(*id)).await?;
    job(state, id).await
}

async fn resume(state: State<ApiState>, id: Path<i64>) -> Answer {
    state.catalogue.resume_job(JobId(*id)).await?;
    job(state, id).await
}

async fn loads(State(state): State<ApiState>) -> Answer {
    ok(state.catalogue.loads(LIST_MAX).await?)
}

async fn load(State(state): State<ApiState>, Path(id): Path<i64>) -> Answer {
    ok(state.catalogue.load(LoadId(id)).await?)
}

async fn publish(State(state): State<ApiState>, Path(id): Path<i64>) -> Answer {
    ask(&state, JobSpec::Publish { load: LoadId(id) }).await
}

async fn retract(State(state): State<ApiState>, Path(id): Path<i64>) -> Answer {
    ask(&state, JobSpec::Retract { load: LoadId(id) }).await
}

async fn ask(state: &ApiState, spec: JobSpec) -> Answer {
    let job = state.catalogue.create_job(&NewJob { spec, priority: 0 }).await?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "job": job }))).into_response())
}

async fn digest(State(state): State<ApiState>, Path(id): Path<i64>) -> Answer {
    let load = state.catalogue.load(LoadId(id)).await?;
    let (digest, records) = tokio::try_join!(state.records.digest(load.id), state.records.count(load.id))?;
    ok(json!({ "digest": hex::encode(digest), "records": records, "accounts": load.accounts, "passwords": load.passwords }))
}

/// The reject logs as they are stored, one after another.
async fn rejects(State(state): State<ApiState>, Path(id): Path<i64>) -> Answer {
    let load = state.catalogue.load(LoadId(id)).await?;
    let logs = state.objects.list(&object_keys::rejects_folder(load.id)).await?;
    let stream = futures::stream::iter(logs)
        .then(move |log| {
            let objects = state.objects.clone();
            async move { objects.stream(&log.key).await }
        })
        .try_flatten();
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], Body::from_stream(stream)).into_response())
}

/// All records a load stored, published or not, as JSON lines.
async fn export(State(state): State<ApiState>, Path(id): Path<i64>) -> Answer {
    let load = state.catalogue.load(LoadId(id)).await?;
    let lines = state.records.export(load.id).await?.map(|stretch| {
        let lines = stretch?.iter().map(|record| view_record(record).to_string() + "\n").collect::<String>();
        Ok::<_, StoreError>(lines)
    });
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response())
}

async fn accept_quarantine(state: State<ApiState>, id: Path<i64>) -> Answer {
    state.catalogue.accept_quarantine(LoadId(*id)).await?;
    load(state, id).await
}

async fn waiting(State(state): State<ApiState>, Path(id): Path<i64>) -> Answer {
    ok(state.catalogue.members_in(LoadId(id), MemberState::Unclaimed, LIST_MAX).await?)
}

async fn resolve(State(state): State<ApiState>, Path(id): Path<i64>, body: Bytes) -> Answer {
    state.catalogue.resolve_member(MemberId(id), read_json::<Resolution>(&body)?).await?;
    ok(state.catalogue.member(MemberId(id)).await?)
}

async fn tasks(State(state): State<ApiState>, Query(filter): Query<TaskFilter>) -> Answer {
    ok(state.catalogue.tasks(filter, LIST_MAX).await?)
}

async fn slots(State(state): State<ApiState>) -> Answer {
    ok(json!({ "dispatchers": state.catalogue.dispatchers().await?, "slots": state.catalogue.slots().await? }))
}

async fn plugins(State(state): State<ApiState>) -> Answer {
    ok(state.catalogue.plugins().await?)
}

async fn install(State(state): State<ApiState>, component: Bytes) -> Answer {
    let refused = |message| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "plugin", message, "see the plugin's conformance report");
    let digest = state.plugins.install(component).await.map_err(refused)?;
    Ok((StatusCode::CREATED, Json(json!({ "digest": digest }))).into_response())
}

async fn activate(State(state): State<ApiState>, Path(digest): Path<String>) -> Answer {
    let digest: PluginDigest = digest.parse().map_err(|_| Problem::ill_formed("no plugin's digest", "list the plugins"))?;
    state.catalogue.activate_plugin(digest).await?;
    ok(state.catalogue.plugin(digest).await?)
}

async fn list_keys(State(state): State<ApiState>) -> Answer {
    ok(state.catalogue.keys().await?)
}

#[derive(Deserialize)]
struct KeyRequest {
    label: String,
    #[serde(default)]
    operator: bool,
    #[serde(default)]
    plan: Plan,
    rpm: u32,
    #[serde(default)]
    expires_at: Option<i64>,
}

/// Makes a key of 128 random bits. It is in this answer and nowhere else.
async fn create_key(State(state): State<ApiState>, body: Bytes) -> Answer {
    let asked: KeyRequest = read_json(&body)?;
    let key = hex::encode(rand::random::<[u8; 16]>());
    let KeyRequest { label, operator, plan, rpm, expires_at } = asked;
    let new = NewKey { hash: KeyHash(keys::hash(key.as_bytes())), operator, label, plan, rpm, expires_at };
    let id = state.catalogue.create_key(&new).await?;
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], Json(json!({ "id": id, "key": key }))).into_response())
}

async fn revoke_key(State(state): State<ApiState>, Path(id): Path<i64>) -> Answer {
    state.catalogue.revoke_key(KeyId(id)).await?;
    state.keys.forget();
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[derive(Deserialize)]
struct Search {
    account: Option<String>,
    domain: Option<String>,
    text: Option<String>,
    limit: Option<usize>,
    /// As the page before gave it.
    after: Option<String>,
}

fn view_record(record: &StoredRecord) -> Value {
    let StoredRecord { load, member, offset, len, fields, .. } = record;
    json!({ "load": load, "member": member, "offset": offset, "len": len, "fields": fields })
}

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
    let records: Vec<Value> = page.records.iter().map(view_record).collect();
    ok(json!({ "records": records, "next": page.next }))
}
