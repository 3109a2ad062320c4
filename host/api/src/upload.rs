//! Dumps' arrival: a stretch of bytes at the offset reached, streamed straight into the object store, part by part.
//!
//! A cut connection keeps what arrived: the stream is read by a task of its own, which outlives the connection and finishes the
//! part it is at. The digest is of the bytes the store holds, read again at the end, so that it is the same after a restart.

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
use sluice_store::{StoreError, objects::keys};

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

async fn receive(state: &ApiState, dump: DumpId, mut offset: u64, body: Body) -> Answer<u64> {
    let mut stream = body.into_data_stream();
    // Two senders at one offset must not write to one object.
    let folder = format!("{dump}-{:016x}", rand::random::<u64>());
    loop {
        let key = keys::dump_part(&folder, offset);
        let mut upload = state.objects.upload(&key).await?;
        let (mut bytes, mut ended) = (0, None);
        while bytes < state.options.upload_part_bytes {
            match stream.next().await {
                Some(Ok(chunk)) => {
                    bytes += chunk.len() as u64;
                    upload.write(&chunk).await?;
                }
                Some(Err(_)) => ended = Some(true),
                None => ended = Some(false),
            }
            if ended.is_some() {
                break;
            }
        }
        if bytes == 0 {
            upload.abort().await?;
        } else {
            let part = upload.finish().await?;
            match state.catalogue.append_part(dump, offset, &part).await {
                Ok(reached) => offset = reached,
                Err(error) => {
                    state.objects.delete(&part.key).await?;
                    return Err(error.into());
                }
            }
        }
        match ended {
            None => {}
            Some(false) => return Ok(offset),
            Some(true) => return Err(Problem::ill_formed(format!("the connection broke at byte {offset}"), "go on there")),
        }
    }
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
    let digest = digest(&state, parts.clone()).await?;
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

/// The digest of parts, one after another, by a thread that may block: handing each small read to one and back costs more than hashing.
async fn digest(state: &ApiState, parts: Vec<Frame>) -> Answer<BlobDigest> {
    let objects = state.objects.clone();
    let unreadable = |error: std::io::Error| StoreError::Unavailable { doing: "reading a dump".into(), source: error.into() };
    let hashing = tokio::task::spawn_blocking(move || {
        let (mut hasher, mut buffer) = (blake3::Hasher::new(), vec![0; HASH_BYTES]);
        for part in &parts {
            let (object, mut at) = (objects.open(part)?, 0);
            loop {
                let read = object.read_at(&mut buffer, at).map_err(unreadable)?;
                if read == 0 {
                    break;
                }
                hasher.update(&buffer[..read]);
                at += read as u64;
            }
        }
        Ok::<_, StoreError>(BlobDigest(*hasher.finalize().as_bytes()))
    });
    let failed = |_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "upload", "the digest could not be made", "ask again");
    Ok(hashing.await.map_err(failed)??)
}

/// Dumps, newest first.
#[utoipa::path(get, path = "/dumps", responses((status = 200, body = Vec<Dump>), Refusals))]
pub(crate) async fn list(State(state): State<ApiState>) -> Answer {
    Ok(Json(state.catalogue.dumps(super::operator::LIST_MAX).await?).into_response())
}

/// Gives up a dump that is still arriving.
#[utoipa::path(delete, path = "/dumps/{id}", params(("id" = i64, Path)), responses((status = 204), Refusals))]
pub(crate) async fn abandon(State(state): State<ApiState>, Path(id): Path<i64>) -> Answer<Response> {
    for part in state.catalogue.abandon_dump(DumpId(id)).await? {
        state.objects.delete(&part.key).await?;
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}
