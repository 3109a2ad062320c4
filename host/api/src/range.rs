//! Password ranges at the root: text, padded on request, with an entity tag of the unpadded text.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::{BufMut, BytesMut};
use rand::Rng;
use sluice_record::RunKind;
use sluice_store::ranges::{Prefix, PrefixError, RangeBody};

use crate::ApiState;

/// A padded range has a number of rows between these, or a few more than it has anyway.
const PADDED_ROWS_MIN: usize = 800;
const PADDED_ROWS_MAX: usize = 1_000;
/// Padding of a range that is larger already.
const EXTRA_ROWS: std::ops::RangeInclusive<usize> = 10..=200;

pub(crate) async fn answer(state: &ApiState, method: &Method, prefix: &str, ntlm: bool, headers: &HeaderMap) -> Response {
    let mut response = match *method {
        Method::OPTIONS => options(),
        Method::GET | Method::HEAD => rows(state, prefix, ntlm, headers).await,
        _ => (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD, OPTIONS")], "Only GET is allowed here").into_response(),
    };
    let common = response.headers_mut();
    common.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    common.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("Content-MD5, ETag"));
    response
}

fn options() -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "Add-Padding"),
        (header::ACCESS_CONTROL_MAX_AGE, "1728000"),
    ];
    (StatusCode::OK, headers).into_response()
}

async fn rows(state: &ApiState, prefix: &str, ntlm: bool, headers: &HeaderMap) -> Response {
    let prefix: Prefix<5> = match prefix.parse() {
        Ok(prefix) => prefix,
        Err(PrefixError::Digits) => return (StatusCode::BAD_REQUEST, "The hash prefix was not valid hexadecimal").into_response(),
        Err(PrefixError::Length(_)) => return (StatusCode::BAD_REQUEST, "The hash prefix was not in a valid format").into_response(),
    };
    let kind = if ntlm { RunKind::Ntlm } else { RunKind::Sha1 };
    let body = match state.published.ranges.passwords(kind, prefix).await {
        Ok(body) => body,
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a range could not be read");
            return (StatusCode::SERVICE_UNAVAILABLE, "The range can't be read at the moment").into_response();
        }
    };
    let padded = headers.get("add-padding").is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"));
    // The mode is not in the text of an empty range, so it is in the tag.
    let tag = format!("\"{}{:08x}-{:x}\"", if ntlm { "n" } else { "s" }, body.checksum, body.rows);
    let mut response = match headers.get(header::IF_NONE_MATCH) {
        Some(known) if !padded && matches(known, &tag) => StatusCode::NOT_MODIFIED.into_response(),
        _ => {
            let text = if padded { Body::from(pad(&body, kind.hash_bytes() * 2 - 5).freeze()) } else { Body::from(body.text) };
            ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
        }
    };
    let about = response.headers_mut();
    about.insert(header::VARY, HeaderValue::from_static("add-padding, accept-encoding"));
    if padded {
        // Two answers that are alike would tell a watcher more than two that are not.
        about.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    } else {
        about.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=2678400"));
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            about.insert(header::ETAG, tag);
        }
    }
    let rows = HeaderName::from_static("x-robots-tag");
    about.insert(rows, HeaderValue::from_static("noindex"));
    response
}

fn matches(known: &HeaderValue, tag: &str) -> bool {
    known.to_str().is_ok_and(|known| known.split(',').map(str::trim).any(|known| known == "*" || known.trim_start_matches("W/") == tag))
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
