//! The breach API, `/api/v3/…`, and the way to the ranges.
//!
//! One function reads the path, because route and query names match whatever their case, a slash at the end is forgiven, and a
//! `+` in an account is a plus. Order of the checks: user agent, key, quota, input.

use std::{sync::Arc, time::Instant};

use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use bytes::{BufMut, Bytes, BytesMut};
use serde_json::json;
use sha1::{Digest, Sha1};
use sluice_catalogue::ApiKey;
use sluice_store::ranges::Prefix;

use crate::{ApiState, keys, keys::Use, published::Entry, range};

/// Bytes of an account, a domain or a name in a path, decoded: an address has 254 at most.
const ARGUMENT_BYTES_MAX: usize = 512;

pub(crate) async fn answer(State(state): State<ApiState>, request: Request) -> Response {
    let begun = Instant::now();
    let (head, _) = request.into_parts();
    let (route, response) = dispatch(&state, &head).await;
    metrics::counter!("sluice_query_requests_total", "route" => route, "status" => response.status().as_u16().to_string()).increment(1);
    metrics::histogram!("sluice_query_seconds", "route" => route).record(begun.elapsed().as_secs_f64());
    response
}

async fn dispatch(state: &ApiState, request: &Parts) -> (&'static str, Response) {
    let path = request.uri.path().trim_matches('/');
    let parts: Vec<&str> = path.split('/').collect();
    let query = Query(request.uri.query().unwrap_or_default());
    let names: Vec<String> = parts.iter().map(|part| part.to_ascii_lowercase()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let headers = &request.headers;
    let nameless = headers.get(header::USER_AGENT).is_none_or(|agent| agent.as_bytes().trim_ascii().is_empty());
    if let ["range", _] | ["range"] = names[..] {
        let prefix = parts.get(1).copied().unwrap_or_default();
        let response = match nameless && request.method != Method::OPTIONS {
            true => (StatusCode::FORBIDDEN, NO_AGENT).into_response(),
            false => range::answer(state, &request.method, prefix, query.get("mode") == Some("ntlm"), headers).await,
        };
        return ("range", response);
    }
    let ["api", "v3", rest @ ..] = &names[..] else { return ("none", error(StatusCode::NOT_FOUND, "There is nothing here.")) };
    let argument = parts.last().copied().unwrap_or_default();
    let asked = Asked { state, headers, query, argument, nameless };
    let allowed = if rest.first() == Some(&"domainverification") {
        request.method == Method::POST
    } else {
        matches!(request.method, Method::GET | Method::HEAD)
    };
    if !allowed {
        return ("none", error(StatusCode::METHOD_NOT_ALLOWED, "The method is not allowed here."));
    }
    match rest {
        ["breachedaccount"] => ("breachedaccount", asked.keyed(Use::Search).await.err().unwrap_or_else(bad_account)),
        ["breachedaccount", "range", _] => ("breachedaccount_range", asked.accounts_by_prefix().await),
        ["breachedaccount", _] => ("breachedaccount", asked.account().await),
        ["breaches"] => ("breaches", asked.breaches().await),
        ["breach", _] => ("breach", asked.breach().await),
        ["latestbreach"] => ("latestbreach", asked.latest().await),
        ["dataclasses"] => ("dataclasses", asked.data_classes().await),
        ["pasteaccount", _] => ("pasteaccount", asked.none_of(StatusCode::NOT_FOUND, "No pastes were found.").await),
        ["breacheddomain", _] => ("breacheddomain", asked.none_of(StatusCode::FORBIDDEN, "The domain is not verified for this key.").await),
        ["stealerlogsbyemail" | "stealerlogsbywebsitedomain" | "stealerlogsbyemaildomain", _] => {
            ("stealerlogs", asked.none_of(StatusCode::FORBIDDEN, "The domain is not verified for this key.").await)
        }
        ["subscribeddomains"] => ("subscribeddomains", asked.subscribed_domains().await),
        ["subscription", "status"] => ("subscription", asked.subscription().await),
        ["domainverification", _] => ("domainverification", asked.verify_domain().await),
        _ => ("none", error(StatusCode::NOT_FOUND, "There is nothing here.")),
    }
}

const NO_AGENT: &str = "API request must include a user agent";

fn error(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "statusCode": status.as_u16(), "message": message }))).into_response()
}

fn bad_account() -> Response {
    error(StatusCode::BAD_REQUEST, "The account is empty or ill-formed.")
}

fn unavailable(cause: &dyn std::error::Error) -> Response {
    tracing::error!(error = cause.to_string(), "a query could not be answered");
    error(StatusCode::SERVICE_UNAVAILABLE, "The service is not available at the moment.")
}

fn json_bytes(bytes: impl Into<Bytes>) -> Response {
    ([(header::CONTENT_TYPE, "application/json; charset=utf-8")], bytes.into()).into_response()
}

fn array<'a>(pieces: impl ExactSizeIterator<Item = &'a Bytes> + Clone) -> Response {
    let mut out = BytesMut::with_capacity(2 + pieces.clone().map(|piece| piece.len() + 1).sum::<usize>());
    out.put_u8(b'[');
    for (place, piece) in pieces.enumerate() {
        if place > 0 {
            out.put_u8(b',');
        }
        out.put_slice(piece);
    }
    out.put_u8(b']');
    json_bytes(out)
}

/// A request once its route is known.
struct Asked<'a> {
    state: &'a ApiState,
    headers: &'a HeaderMap,
    query: Query<'a>,
    argument: &'a str,
    nameless: bool,
}

impl Asked<'_> {
    /// The answer to a request without a user agent.
    fn refusal(&self) -> Option<Response> {
        self.nameless.then(|| error(StatusCode::FORBIDDEN, NO_AGENT))
    }

    /// The good key that came along; missing, ill-formed and unknown ones have texts that programs look for.
    async fn key(&self) -> Result<Arc<ApiKey>, Response> {
        if let Some(refused) = self.refusal() {
            return Err(refused);
        }
        let denied = |what: &str| error(StatusCode::UNAUTHORIZED, &format!("Access denied due to {what} hibp-api-key."));
        // One client sends an empty header when it has no key.
        let key = self.headers.get("hibp-api-key").map(|key| key.as_bytes().trim_ascii()).filter(|key| !key.is_empty());
        let key = key.ok_or_else(|| denied("missing"))?;
        if key.len() != 32 || !key.iter().all(u8::is_ascii_hexdigit) {
            return Err(denied("improperly formed"));
        }
        let found = self.state.keys.find(keys::hash(&key.to_ascii_lowercase())).await.map_err(|cause| unavailable(&*cause))?;
        found.filter(|key| !key.operator).ok_or_else(|| denied("invalid"))
    }

    async fn keyed(&self, used_for: Use) -> Result<Arc<ApiKey>, Response> {
        let key = self.key().await?;
        self.count(&key, used_for).await?;
        Ok(key)
    }

    async fn count(&self, key: &ApiKey, used_for: Use) -> Result<(), Response> {
        self.state.keys.count(key, used_for).await.map_err(|seconds| {
            let mut response = error(StatusCode::TOO_MANY_REQUESTS, &format!("Rate limit is exceeded. Try again in {seconds} seconds."));
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            response
        })
    }

    async fn account(&self) -> Response {
        if let Err(refused) = self.keyed(Use::Search).await {
            return refused;
        }
        let Some(hash) = decode(self.argument).as_deref().and_then(account_hash) else { return bad_account() };
        let snapshot = self.state.published.read().await;
        let loads = match self.state.published.ranges.account(&hash).await {
            Ok(loads) => loads,
            Err(cause) => return unavailable(&cause),
        };
        let mut found = snapshot.shown(&loads);
        if self.query.is_false("includeunverified") {
            found.retain(|entry| entry.flags.is_verified);
        }
        self.keep_domain(&mut found);
        if found.is_empty() {
            return error(StatusCode::NOT_FOUND, "The account was not found in any breach.");
        }
        let full = self.query.is_false("truncateresponse");
        array(found.iter().map(|entry| if full { &entry.full } else { &entry.truncated }))
    }

    fn keep_domain(&self, found: &mut Vec<&Entry>) {
        if let Some(domain) = self.query.get("domain").filter(|domain| !domain.is_empty()).and_then(decode) {
            found.retain(|entry| entry.domain.eq_ignore_ascii_case(&domain));
        }
    }

    async fn accounts_by_prefix(&self) -> Response {
        if self.nameless {
            return (StatusCode::FORBIDDEN, NO_AGENT).into_response();
        }
        let key = match self.key().await {
            Ok(key) => key,
            Err(refused) => return refused,
        };
        if !key.plan.k_anonymity {
            return (StatusCode::FORBIDDEN, "Your HIBP API key does not have access to this resource").into_response();
        }
        if let Err(refused) = self.count(&key, Use::KAnonymity).await {
            return refused;
        }
        let Ok(prefix) = self.argument.parse::<Prefix<6>>() else { return (StatusCode::BAD_REQUEST, "Invalid hex prefix").into_response() };
        let snapshot = self.state.published.read().await;
        let accounts = match self.state.published.ranges.accounts_by_prefix(prefix).await {
            Ok(accounts) => accounts,
            Err(cause) => return unavailable(&cause),
        };
        let rows: Vec<_> = accounts
            .iter()
            .map(|(hash, loads)| (hash, snapshot.shown(loads)))
            .filter(|(_, found)| !found.is_empty())
            .map(|(hash, found)| {
                let websites: Vec<&str> = found.iter().map(|entry| entry.name.as_str()).collect();
                json!({ "hashSuffix": &hex::encode_upper(hash)[6..], "websites": websites })
            })
            .collect();
        if rows.is_empty() {
            return (StatusCode::NOT_FOUND, "There are no hashes beginning with that prefix").into_response();
        }
        Json(rows).into_response()
    }

    async fn breaches(&self) -> Response {
        if let Some(refused) = self.refusal() {
            return refused;
        }
        let snapshot = self.state.published.read().await;
        let mut found: Vec<&Entry> = snapshot.breaches.iter().collect();
        self.keep_domain(&mut found);
        if let Some(spam) = self.query.flag("isspamlist") {
            found.retain(|entry| entry.flags.is_spam_list == spam);
        }
        array(found.iter().map(|entry| &entry.full))
    }

    async fn breach(&self) -> Response {
        if let Some(refused) = self.refusal() {
            return refused;
        }
        let snapshot = self.state.published.read().await;
        let found = decode(self.argument).and_then(|name| snapshot.named(name.trim()));
        found.map_or_else(|| error(StatusCode::NOT_FOUND, "There is no breach of that name."), |entry| json_bytes(entry.full.clone()))
    }

    async fn latest(&self) -> Response {
        if let Some(refused) = self.refusal() {
            return refused;
        }
        let snapshot = self.state.published.read().await;
        let latest = snapshot.latest.map(|place| snapshot.breaches[place].full.clone());
        latest.map_or_else(|| error(StatusCode::NOT_FOUND, "There is no breach yet."), json_bytes)
    }

    async fn data_classes(&self) -> Response {
        match self.refusal() {
            None => json_bytes(self.state.published.read().await.data_classes.clone()),
            Some(refused) => refused,
        }
    }

    /// Routes over data this service does not hold: no pastes, no verified domains.
    async fn none_of(&self, status: StatusCode, message: &str) -> Response {
        self.keyed(Use::Search).await.err().unwrap_or_else(|| error(status, message))
    }

    async fn subscribed_domains(&self) -> Response {
        self.key().await.err().unwrap_or_else(|| json_bytes(&b"[]"[..]))
    }

    async fn verify_domain(&self) -> Response {
        let refusal = || (StatusCode::FORBIDDEN, Json(json!({ "message": "This key may not add domains." }))).into_response();
        self.key().await.err().unwrap_or_else(refusal)
    }

    async fn subscription(&self) -> Response {
        let key = match self.key().await {
            Ok(key) => key,
            Err(refused) => return refused,
        };
        if key.plan.name.is_empty() {
            return error(StatusCode::NOT_FOUND, "No active subscription found.");
        }
        // No zone letter here: a client rejects it.
        let until = jiff::Timestamp::from_millisecond(key.expires_at.unwrap_or(253_402_300_799_000)).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        Json(json!({
            "SubscriptionName": key.plan.name, "Description": key.plan.name,
            "SubscribedUntil": until.strftime("%Y-%m-%dT%H:%M:%S").to_string(), "Rpm": key.rpm,
            "DomainSearchMaxBreachedAccounts": key.plan.domain_search_accounts_max, "MaxBreachedDomains": key.plan.domains_max,
            "IncludesStealerLogs": key.plan.stealer_logs, "IncludesBulkDomainAdd": false, "IncludesAutoSubdomainVerification": false,
            "IncludesCustomerDomains": false, "IncludesKAnon": key.plan.k_anonymity,
        }))
        .into_response()
    }
}

/// A query string. Names match whatever their case; a second question mark separates as an ampersand does.
#[derive(Clone, Copy)]
struct Query<'a>(&'a str);

impl<'a> Query<'a> {
    fn get(&self, name: &str) -> Option<&'a str> {
        let mut pairs = self.0.split(['&', '?']).filter_map(|pair| pair.split_once('='));
        pairs.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn flag(&self, name: &str) -> Option<bool> {
        self.get(name).and_then(|value| value.to_ascii_lowercase().parse().ok())
    }

    fn is_false(&self, name: &str) -> bool {
        self.flag(name) == Some(false)
    }
}

/// Percent-decoding that leaves a plus alone; `None` if it is too long, no UTF-8, or a percent sign stands without two digits.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let mut byte = [0];
            hex::decode_to_slice(after.get(..2)?, &mut byte).ok()?;
            bytes.push(byte[0]);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok().filter(|text| text.len() <= ARGUMENT_BYTES_MAX)
}

/// SHA-1 of the trimmed, lower-cased account, an international domain in its ASCII form; `None` if nothing is left.
fn account_hash(account: &str) -> Option<[u8; 20]> {
    let mut account = account.trim().to_lowercase();
    if account.is_empty() || account.chars().any(char::is_control) {
        return None;
    }
    if let Some((local, domain)) = account.rsplit_once('@').filter(|(_, domain)| !domain.is_ascii()) {
        account = format!("{local}@{}", url::Host::parse(domain).ok()?);
    }
    Some(Sha1::digest(account.as_bytes()).into())
}
