//! Password ranges at the root: text, padded on request, with an entity tag of the unpadded text.
//!
//! A range is remembered as it is sent, headers and all, plain and compressed: clients ask for gzip or brotli, and compressing a range takes
//! a hundred times as long as answering it.

use std::{io::Write, sync::Arc};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::{BufMut, Bytes, BytesMut};
use flate2::{Compression, write::GzEncoder};
use md5::{Digest, Md5};
use moka::future::Cache;
use rand::Rng;
use sluice_record::RunKind;
use sluice_store::ranges::{Prefix, PrefixError, RangeBody, RangesError};

use crate::{ApiState, published::Snapshot};

/// A padded range has a number of rows between these, or a few more than it has anyway.
const PADDED_ROWS_MIN: usize = 800;
const PADDED_ROWS_MAX: usize = 1_000;
/// Padding of a range that is larger already.
const EXTRA_ROWS: std::ops::RangeInclusive<usize> = 10..=200;
/// Ranges remembered, some 85 KB each at HaveIBeenPwned's size.
const REMEMBERED_BYTES_MAX: u64 = 64 << 20;
/// What an entry costs besides its text, more or less.
const ENTRY_BYTES: usize = 1_024;
/// As nginx has it: hardly larger than at the best, in a tenth of the time.
const GZIP_LEVEL: Compression = Compression::new(1);
const BROTLI_QUALITY: u32 = 2;
const BROTLI_WINDOW_BITS: u32 = 18;

const CONTENT_MD5: HeaderName = HeaderName::from_static("content-md5");

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    generation: u64,
    kind: RunKind,
    prefix: Prefix<5>,
    coding: Coding,
}

/// How a body is compressed.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Coding {
    Identity,
    Gzip,
    Brotli,
}

/// A range as it is sent.
#[derive(Clone)]
struct Ready {
    headers: HeaderMap,
    body: Bytes,
}

/// The ranges that were asked for last.
pub(crate) struct ReadyRanges(Cache<Key, Arc<Ready>>);

impl Default for ReadyRanges {
    fn default() -> Self {
        let weight = |_: &Key, ready: &Arc<Ready>| u32::try_from(ready.body.len() + ENTRY_BYTES).unwrap_or(u32::MAX);
        Self(Cache::builder().max_capacity(REMEMBERED_BYTES_MAX).weigher(weight).build())
    }
}

pub(crate) async fn answer(state: &ApiState, method: &Method, prefix: &str, ntlm: bool, headers: &HeaderMap) -> Response {
    match *method {
        Method::OPTIONS => options(),
        Method::GET | Method::HEAD => rows(state, prefix, ntlm, headers).await,
        _ => with_origin((StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD, OPTIONS")], "Only GET is allowed here")),
    }
}

/// Scripts of any page may read it, whatever it says.
fn with_origin(response: impl IntoResponse) -> Response {
    let mut response = response.into_response();
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

fn options() -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "Add-Padding"),
        (header::ACCESS_CONTROL_MAX_AGE, "1728000"),
    ];
    with_origin((StatusCode::OK, headers))
}

async fn rows(state: &ApiState, prefix: &str, ntlm: bool, headers: &HeaderMap) -> Response {
    let prefix: Prefix<5> = match prefix.parse() {
        Ok(prefix) => prefix,
        Err(PrefixError::Digits) => return with_origin((StatusCode::BAD_REQUEST, "The hash prefix was not valid hexadecimal")),
        Err(PrefixError::Length(_)) => return with_origin((StatusCode::BAD_REQUEST, "The hash prefix was not in a valid format")),
    };
    let kind = if ntlm { RunKind::Ntlm } else { RunKind::Sha1 };
    let snapshot = state.published.read();
    let key = Key { generation: snapshot.generation, kind, prefix, coding: Coding::liked_best(headers) };
    let answered = match headers.get("add-padding").is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true")) {
        true => padded(&snapshot, key).await.map(Response::from),
        false => remembered(&state.ready_ranges, &snapshot, key).await.map(|ready| plain(&ready, headers.get(header::IF_NONE_MATCH))),
    };
    answered.unwrap_or_else(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "a range could not be read");
        with_origin((StatusCode::SERVICE_UNAVAILABLE, "The range can't be read at the moment"))
    })
}

impl Coding {
    /// What the client likes best; of two that it likes equally, the smaller one.
    fn liked_best(headers: &HeaderMap) -> Self {
        let Some(accepted) = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()) else { return Self::Identity };
        let quality_of = |wanted: &str| {
            accepted.split(',').find_map(|coding| {
                let (name, quality) = coding.split_once(';').unwrap_or((coding, ""));
                let quality = quality.trim().strip_prefix("q=").map_or(1.0, |quality| quality.trim().parse::<f32>().unwrap_or(0.0));
                name.trim().eq_ignore_ascii_case(wanted).then_some(quality)
            })
        };
        let quality = |name| quality_of(name).or_else(|| quality_of("*")).unwrap_or(0.0);
        let (gzip, brotli) = (quality("gzip"), quality("br"));
        if gzip.max(brotli) <= 0.0 {
            return Self::Identity;
        }
        if brotli >= gzip { Self::Brotli } else { Self::Gzip }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Brotli => "br",
        }
    }

    fn compress(self, text: Bytes) -> Bytes {
        let room = Vec::with_capacity(text.len() / 2 + 64);
        // Memory takes whatever is written to it.
        match self {
            Self::Identity => text,
            Self::Gzip => {
                let mut encoder = GzEncoder::new(room, GZIP_LEVEL);
                let _ = encoder.write_all(&text);
                encoder.finish().unwrap_or_default().into()
            }
            Self::Brotli => {
                let mut encoder = brotli::CompressorWriter::new(room, 4 << 10, BROTLI_QUALITY, BROTLI_WINDOW_BITS);
                let _ = encoder.write_all(&text);
                encoder.into_inner().into()
            }
        }
    }
}

async fn remembered(ranges: &ReadyRanges, snapshot: &Snapshot, key: Key) -> Result<Arc<Ready>, RangesError> {
    let render = async {
        let body = snapshot.ranges.passwords(key.kind, key.prefix).await?;
        let mut ready = ready(body.text, key, snapshot);
        ready.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=2678400"));
        Ok(Arc::new(ready))
    };
    if let Some(ready) = ranges.0.get(&key).await {
        return Ok(ready);
    }
    ranges.0.try_get_with(key, render).await.map_err(|error: Arc<RangesError>| (*error).clone())
}

fn plain(ready: &Ready, known: Option<&HeaderValue>) -> Response {
    let tag = ready.headers.get(header::ETAG);
    if known.zip(tag).is_some_and(|(known, tag)| matches(known, tag)) {
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        let kept = ready.headers.iter().filter(|(name, _)| !matches!(**name, header::CONTENT_TYPE | header::CONTENT_ENCODING));
        response.headers_mut().extend(kept.map(|(name, value)| (name.clone(), value.clone())));
        return response;
    }
    ready.clone().into()
}

impl From<Ready> for Response {
    fn from(ready: Ready) -> Self {
        let mut response = Self::new(Body::from(ready.body));
        *response.headers_mut() = ready.headers;
        response
    }
}

/// Tags are compared weakly: the compressed text is the same text.
fn matches(known: &HeaderValue, tag: &HeaderValue) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let (Ok(known), Ok(tag)) = (known.to_str(), tag.to_str()) else { return false };
    known.split(',').any(|known| known.trim() == "*" || bare(known) == bare(tag))
}

/// A text with what is said of it. Its digest is of the text itself, compressed or not.
fn ready(text: Bytes, key: Key, snapshot: &Snapshot) -> Ready {
    let mut headers = HeaderMap::with_capacity(16);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::VARY, HeaderValue::from_static("add-padding, accept-encoding"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("Content-MD5, ETag"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::LAST_MODIFIED, snapshot.published_at.clone());
    headers.insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex"));
    let digest = Md5::digest(&text);
    // Both are letters, digits and a few signs, and cannot be refused.
    headers.extend(HeaderValue::from_str(&BASE64_STANDARD.encode(digest)).map(|digest| (CONTENT_MD5, digest)));
    // The mode is not in the text of an empty range, so it is in the tag.
    let tag = format!("{}\"{}{}\"", if key.coding == Coding::Identity { "" } else { "W/" }, key.kind.name(), hex::encode(digest));
    headers.extend(HeaderValue::from_str(&tag).map(|tag| (header::ETAG, tag)));
    if key.coding != Coding::Identity {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(key.coding.name()));
    }
    Ready { headers, body: key.coding.compress(text) }
}

/// Never remembered: two answers that are alike would tell a watcher more than two that are not.
async fn padded(snapshot: &Snapshot, key: Key) -> Result<Ready, RangesError> {
    let body = snapshot.ranges.passwords(key.kind, key.prefix).await?;
    let text = pad(&body, key.kind.hash_bytes() * 2 - 5).freeze();
    let mut ready = ready(text, key, snapshot);
    ready.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    ready.headers.remove(header::ETAG);
    Ok(ready)
}

/// Random rows of count 0 after the real ones; never a real suffix, since some clients ignore the count.
fn pad(body: &RangeBody, digits: usize) -> BytesMut {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut random = rand::rng();
    let wanted = if body.rows < PADDED_ROWS_MIN {
        random.random_range(PADDED_ROWS_MIN..=PADDED_ROWS_MAX) - body.rows
    } else {
        random.random_range(EXTRA_ROWS)
    };
    let real: std::collections::HashSet<&[u8]> = body.text.split(|byte| *byte == b'\n').map(|row| &row[..digits.min(row.len())]).collect();
    let mut text = BytesMut::with_capacity(body.text.len() + wanted * (digits + 4));
    text.put_slice(&body.text);
    let mut added = 0;
    while added < wanted {
        let suffix: Vec<u8> = (0..digits).map(|_| HEX[random.random_range(0..16)]).collect();
        if real.contains(suffix.as_slice()) {
            continue;
        }
        if !text.is_empty() {
            text.put_slice(b"\r\n");
        }
        text.put_slice(&suffix);
        text.put_slice(b":0");
        added += 1;
    }
    text
}
