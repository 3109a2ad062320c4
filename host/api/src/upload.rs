//! Dumps' arrival: a stretch of bytes at the offset reached, streamed straight into the object store, part by part.
//!
//! A cut connection keeps what arrived: the stream is read by a task of its own, which outlives the connection and finishes the
//! part it is at. The digest is of the bytes the store holds: each part is read again when it is there, while the next one arrives;
//! after a restart all are, at the end.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use axum::{
    Json,
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::StreamExt;
use sluice_catalogue::{Dump, DumpState, NewDump};
use sluice_record::{BlobDigest, DumpId, Frame};
use sluice_store::{
    StoreError,
    objects::{Upload, keys},
};
use tokio::task::JoinHandle;

use crate::{
    ApiState,
    problem::{Answer, Problem, Refusals, read_json},
    views::{Completed, Completion, Created},
};

const OFFSET: HeaderName = HeaderName::from_static("upload-offset");

/// Begins a dump.
#[utoipa::path(post, path = "/dumps", request_body = NewDump, responses((status = 201, body = Created), Refusals))]
pub(crate) async fn create(State(state): State<ApiState>, body: Bytes) -> Answer {
    let id = state.catalogue.create_dump(&read_json::<NewDump>(&body)?).await?;
    Ok((StatusCode::CREATED, Json(Created { id: id.0 })).into_response())
}

/// The byte at which the upload goes on.
#[utoipa::path(
    head,
    path = "/dumps/{id}",
    params(("id" = i64, Path)),
    responses((status = 204, headers(("upload-offset" = u64))), Refusals)
)]
pub(crate) async fn head(State(state): State<ApiState>, Path(id): Path<i64>) -> Answer {
    let dump = state.catalogue.dump(DumpId(id)).await?;
    Ok(([(OFFSET, dump.bytes.to_string()), (header::CACHE_CONTROL, "no-store".to_owned())], StatusCode::NO_CONTENT).into_response())
}

/// Appends the body at the byte reached; what came before a break is kept.
#[utoipa::path(
    patch,
    path = "/dumps/{id}",
    params(("id" = i64, Path), ("upload-offset" = u64, Header)), request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 204, headers(("upload-offset" = u64))), Refusals)
)]
pub(crate) async fn append(State(state): State<ApiState>, Path(id): Path<i64>, headers: HeaderMap, body: Body) -> Answer {
    let offset = headers.get(OFFSET).and_then(|offset| offset.to_str().ok()).and_then(|offset| offset.parse::<u64>().ok());
    let offset = offset.ok_or_else(|| Problem::ill_formed("the header Upload-Offset is missing", "ask for it with HEAD"))?;
    let dump = state.catalogue.dump(DumpId(id)).await?;
    if dump.state != DumpState::Receiving || dump.bytes != offset {
        let message = format!("dump {id} is {} and stands at byte {}", dump.state, dump.bytes);
        return Err(Problem::new(StatusCode::CONFLICT, "conflict", message, "go on at the offset HEAD gives"));
    }
    let receiving = tokio::spawn(async move { receive(&state, dump.id, offset, body).await });
    let reached = receiving
        .await
        .map_err(|_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "upload", "the upload failed", "go on at the offset HEAD gives"))??;
    Ok(([(OFFSET, reached.to_string())], StatusCode::NO_CONTENT).into_response())
}

async fn receive(state: &ApiState, dump: DumpId, start: u64, body: Body) -> Answer<u64> {
    let mut stream = body.into_data_stream();
    // Two senders at one offset must not write to one object.
    let folder = format!("{dump}-{:016x}", rand::random::<u64>());
    // A part gets to the disk while the next one is received.
    let (mut offset, mut settled) = (start, None);
    loop {
        let mut upload = state.objects.upload(&state.objects.near(&keys::dump_part(&folder, offset))).await?;
        let (mut bytes, mut ended) = (0, None);
        while bytes < state.options.upload_part_bytes && ended.is_none() {
            match stream.next().await {
                Some(Ok(chunk)) => {
                    bytes += chunk.len() as u64;
                    upload.write(&chunk).await?;
                }
                Some(Err(_)) => ended = Some(true),
                None => ended = Some(false),
            }
        }
        if let Some(before) = settled.take() {
            joined(before).await?;
        }
        if bytes == 0 {
            upload.abort().await?;
        } else {
            settled = Some(tokio::spawn(settle(state.clone(), dump, offset, upload)));
            offset += bytes;
        }
        let Some(is_broken) = ended else { continue };
        if let Some(last) = settled {
            joined(last).await?;
        }
        if is_broken {
            return Err(Problem::ill_formed(format!("the connection broke at byte {offset}"), "go on there"));
        }
        return Ok(offset);
    }
}

async fn joined(settled: JoinHandle<Answer<()>>) -> Answer<()> {
    let failed = |_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "upload", "the upload failed", "go on at the offset HEAD gives");
    settled.await.map_err(failed)?
}

/// Makes a part durable, then one of the dump's, and hashes it as it is stored.
async fn settle(state: ApiState, dump: DumpId, offset: u64, upload: Upload) -> Answer<()> {
    let part = upload.finish().await?;
    if let Err(error) = state.catalogue.append_part(dump, offset, &part).await {
        state.objects.delete(&part.key).await?;
        return Err(error.into());
    }
    if let Some(hashed) = state.hashed.at(dump, offset) {
        let hashed = hash(&state, hashed, vec![part]).await?;
        state.hashed.keep(dump, hashed);
    }
    Ok(())
}

/// All bytes are there; 422 if they are not those of the digest.
#[utoipa::path(
    post,
    path = "/dumps/{id}/complete",
    request_body = Completion, params(("id" = i64, Path)),
    responses((status = 200, body = Completed), Refusals)
)]
pub(crate) async fn complete(State(state): State<ApiState>, Path(id): Path<i64>, body: Bytes) -> Answer {
    let expected = if body.is_empty() { None } else { read_json::<Completion>(&body)?.digest };
    let dump = DumpId(id);
    let parts = state.catalogue.dump_parts(dump).await?;
    state.catalogue.dump(dump).await?;
    let digest = digest(&state, dump, &parts).await?;
    if expected.is_some_and(|expected| expected != digest) {
        let message = format!("the bytes that arrived are {digest}");
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "digest", message, "they are not those announced: send them again"));
    }
    let kept = state.catalogue.complete_dump(dump, digest).await?;
    if kept != dump {
        for part in &parts {
            state.objects.delete(&part.key).await?;
        }
    }
    Ok(Json(Completed { id: kept, digest }).into_response())
}

/// Bytes read at once to be hashed.
const HASH_BYTES: usize = 1 << 20;
/// Dumps whose beginnings' hashes are kept, about 2 KiB each; the others are read again at their end.
const HASHED_MAX: usize = 64;

/// How far dumps that are still arriving are hashed.
#[derive(Debug, Default)]
pub(crate) struct HashedDumps(Mutex<HashMap<DumpId, Hashed>>);

#[derive(Debug, Default)]
struct Hashed {
    bytes: u64,
    hasher: blake3::Hasher,
}

impl HashedDumps {
    /// Takes the hash of a dump's first `bytes`.
    fn at(&self, dump: DumpId, bytes: u64) -> Option<Hashed> {
        let hashed = self.take(dump).filter(|hashed| hashed.bytes == bytes);
        hashed.or_else(|| (bytes == 0).then(Hashed::default))
    }

    fn take(&self, dump: DumpId) -> Option<Hashed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&dump)
    }

    fn keep(&self, dump: DumpId, hashed: Hashed) {
        let mut dumps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The oldest was given up, most likely.
        if dumps.len() >= HASHED_MAX
            && let Some(oldest) = dumps.keys().min().copied()
        {
            dumps.remove(&oldest);
        }
        dumps.insert(dump, hashed);
    }
}

/// The digest of a dump's parts as they are stored; what was hashed on arrival is not read again.
async fn digest(state: &ApiState, dump: DumpId, parts: &[Frame]) -> Answer<BlobDigest> {
    let mut hashed = state.hashed.take(dump).unwrap_or_default();
    let (mut at, mut rest) = (0, parts);
    while at < hashed.bytes
        && let Some((part, after)) = rest.split_first()
    {
        (at, rest) = (at + part.bytes, after);
    }
    if at != hashed.bytes {
        (hashed, rest) = (Hashed::default(), parts);
    }
    Ok(BlobDigest(*hash(state, hashed, rest.to_vec()).await?.hasher.finalize().as_bytes()))
}

/// Hashes parts, one after another, by a thread that may block: handing each small read to one and back costs more than hashing.
async fn hash(state: &ApiState, mut hashed: Hashed, parts: Vec<Frame>) -> Answer<Hashed> {
    let objects = state.objects.clone();
    let unreadable = |error: std::io::Error| StoreError::Unavailable { doing: "reading a dump".into(), source: error.into() };
    let hashing = tokio::task::spawn_blocking(move || {
        let mut buffer = vec![0; HASH_BYTES];
        for part in &parts {
            let (object, mut at) = (objects.open(part)?, 0);
            loop {
                let read = object.read_at(&mut buffer, at).map_err(unreadable)?;
                if read == 0 {
                    break;
                }
                hashed.hasher.update(&buffer[..read]);
                at += read as u64;
            }
            hashed.bytes += part.bytes;
        }
        Ok::<_, StoreError>(hashed)
    });
    let failed = |_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "upload", "the digest could not be made", "ask again");
    Ok(hashing.await.map_err(failed)??)
}

/// Dumps, newest first.
#[utoipa::path(get, path = "/dumps", responses((status = 200, body = Vec<Dump>), Refusals))]
pub(crate) async fn list(State(state): State<ApiState>) -> Answer {
    Ok(Json(state.catalogue.may_lag().dumps(super::operator::LIST_MAX).await?).into_response())
}

/// Gives up a dump that is still arriving.
#[utoipa::path(delete, path = "/dumps/{id}", params(("id" = i64, Path)), responses((status = 204), Refusals))]
pub(crate) async fn abandon(State(state): State<ApiState>, Path(id): Path<i64>) -> Answer<Response> {
    for part in state.catalogue.abandon_dump(DumpId(id)).await? {
        state.objects.delete(&part.key).await?;
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}
