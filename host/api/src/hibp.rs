//! The breach API, `/api/v3/…`, and the way to the ranges. Order of the checks: user agent, key, quota, input.

pub(crate) mod domains;
mod input;

use std::{
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use bytes::{BufMut, Bytes, BytesMut};
use futures::FutureExt;
use serde::Serialize;
use serde_json::json;
use sluice_store::ranges::Prefix;
use utoipa::ToSchema;

use self::input::{Query, account_hash, decode, route};
use crate::{
    ApiState, keys,
    keys::{KnownKey, Use},
    metrics::Route,
    published::Entry,
    range,
};

/// What a query may take; only a store that hangs takes so long.
const QUERY_TIME_MAX: Duration = Duration::from_secs(15);
/// What one may take that reads all records of a domain, after those that came before it.
const COLLECTING_TIME_MAX: Duration = Duration::from_mins(2);

pub(crate) async fn answer_in_router(State(state): State<ApiState>, request: Request) -> Response {
    answer(&state, &request.into_parts().0).await
}

/// Answers a public query, whatever happens within.
pub(crate) async fn answer(state: &ApiState, request: &Parts) -> Response {
    let begun = Instant::now();
    let (route, argument) = route(request.uri.path());
    let asked = Asked::new(state, request, argument);
    let time_max = if route.collects() { COLLECTING_TIME_MAX } else { QUERY_TIME_MAX };
    let answered = AssertUnwindSafe(asked.answer(route, &request.method)).catch_unwind();
    let response = match tokio::time::timeout(time_max, answered).await {
        Ok(Ok(answered)) => answered,
        Ok(Err(_)) => error(StatusCode::INTERNAL_SERVER_ERROR, "The query failed."),
        Err(_) => error(StatusCode::GATEWAY_TIMEOUT, "The query took too long."),
    };
    state.query_metrics.count(route, response.status(), begun.elapsed());
    response
}

fn either(answer: Result<Response, Response>) -> Response {
    answer.unwrap_or_else(|refused| refused)
}

const NO_AGENT: &str = "API request must include a user agent";
/// As [`error`] would say it; most lookups end with it.
const NOT_IN_ANY: &[u8] = br#"{"statusCode":404,"message":"The account was not found in any breach."}"#;

/// An error of the breach API.
#[derive(Serialize, ToSchema)]
pub(crate) struct Failure<'a> {
    #[serde(rename = "statusCode")]
    status_code: u16,
    message: &'a str,
}

/// A breach by its name alone.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Truncated<'a> {
    pub(crate) name: &'a str,
}

/// An account under a prefix.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccountSuffix<'a> {
    /// 34 hex digits, upper case.
    hash_suffix: String,
    /// Names of breaches.
    websites: Vec<&'a str>,
}

/// What a key includes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Subscription<'a> {
    subscription_name: &'a str,
    description: &'a str,
    /// Without a zone letter.
    subscribed_until: String,
    rpm: u32,
    domain_search_max_breached_accounts: Option<u64>,
    max_breached_domains: Option<u64>,
    includes_stealer_logs: bool,
    includes_bulk_domain_add: bool,
    includes_auto_subdomain_verification: bool,
    includes_customer_domains: bool,
    includes_k_anon: bool,
}

fn error(status: StatusCode, message: &str) -> Response {
    (status, Json(Failure { status_code: status.as_u16(), message })).into_response()
}

fn bad_account() -> Response {
    error(StatusCode::BAD_REQUEST, "The account is empty or ill-formed.")
}

fn unavailable(cause: &dyn std::error::Error) -> Response {
    tracing::error!(error = cause.to_string(), "a query could not be answered");
    error(StatusCode::SERVICE_UNAVAILABLE, "The service is not available at the moment.")
}

fn json_bytes(status: StatusCode, bytes: impl Into<Bytes>) -> Response {
    let mut response = Response::new(Body::from(bytes.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    response
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
    json_bytes(StatusCode::OK, out)
}

/// A request once its route is known.
struct Asked<'a> {
    state: &'a ApiState,
    headers: &'a HeaderMap,
    query: Query<'a>,
    argument: &'a str,
    nameless: bool,
}

impl<'a> Asked<'a> {
    fn new(state: &'a ApiState, request: &'a Parts, argument: &'a str) -> Self {
        let headers = &request.headers;
        let nameless = headers.get(header::USER_AGENT).is_none_or(|agent| agent.as_bytes().trim_ascii().is_empty());
        Self { state, headers, query: Query(request.uri.query().unwrap_or_default()), argument, nameless }
    }

    async fn answer(&self, route: Route, method: &Method) -> Response {
        let is_allowed = match route {
            Route::Range | Route::None => true,
            Route::DomainVerification => method == Method::POST,
            _ => matches!(*method, Method::GET | Method::HEAD),
        };
        if !is_allowed {
            return error(StatusCode::METHOD_NOT_ALLOWED, "The method is not allowed here.");
        }
        match route {
            Route::Range => self.range(method).await,
            Route::BreachedAccount => self.account().await,
            Route::BreachedAccountRange => self.accounts_by_prefix().await,
            Route::Breaches => self.breaches(),
            Route::Breach => self.breach(),
            Route::LatestBreach => self.latest(),
            Route::DataClasses => self.data_classes(),
            Route::PasteAccount => self.paste_account().await,
            Route::BreachedDomain => either(self.breached_domain().await),
            Route::StealerLogsByEmail => either(self.stealer_logs_by_email().await),
            Route::StealerLogsByWebsite => either(self.stealer_logs_by_website().await),
            Route::StealerLogsByEmailDomain => either(self.stealer_logs_by_email_domain().await),
            Route::SubscribedDomains => either(self.subscribed_domains().await),
            Route::Subscription => self.subscription().await,
            Route::DomainVerification => self.verify_domain().await,
            Route::None => error(StatusCode::NOT_FOUND, "There is nothing here."),
        }
    }

    async fn range(&self, method: &Method) -> Response {
        if self.nameless && method != Method::OPTIONS {
            return (StatusCode::FORBIDDEN, NO_AGENT).into_response();
        }
        range::answer(self.state, method, self.argument, self.query.get("mode") == Some("ntlm"), self.headers).await
    }

    /// The answer to a request without a user agent.
    fn refusal(&self) -> Option<Response> {
        self.nameless.then(|| error(StatusCode::FORBIDDEN, NO_AGENT))
    }

    /// The good key that came along; missing, ill-formed and unknown ones have texts that programs look for.
    async fn key(&self) -> Result<Arc<KnownKey>, Response> {
        if let Some(refused) = self.refusal() {
            return Err(refused);
        }
        let denied = |what: &str| error(StatusCode::UNAUTHORIZED, &format!("Access denied due to {what} hibp-api-key."));
        // One client sends an empty header when it has no key.
        let key = self.headers.get("hibp-api-key").map(|key| key.as_bytes().trim_ascii()).filter(|key| !key.is_empty());
        let key = key.ok_or_else(|| denied("missing"))?;
        let Some(mut key) = key.as_array::<32>().copied().filter(|key| key.iter().all(u8::is_ascii_hexdigit)) else {
            return Err(denied("improperly formed"));
        };
        key.make_ascii_lowercase();
        let found = self.state.keys.find(keys::hash(&key)).await.map_err(|cause| unavailable(&*cause))?;
        found.filter(|found| !found.key.operator).ok_or_else(|| denied("invalid"))
    }

    async fn keyed(&self, used_for: Use) -> Result<Arc<KnownKey>, Response> {
        let key = self.key().await?;
        self.over_quota(&key, used_for).map_or(Ok(key), Err)
    }

    /// Counts a request on a key's quota, and gives the answer if it is used up.
    fn over_quota(&self, key: &KnownKey, used_for: Use) -> Option<Response> {
        let seconds = self.state.keys.count(key, used_for).err()?;
        let mut response = error(StatusCode::TOO_MANY_REQUESTS, &format!("Rate limit is exceeded. Try again in {seconds} seconds."));
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        Some(response)
    }

    async fn account(&self) -> Response {
        if let Err(refused) = self.keyed(Use::Search).await {
            return refused;
        }
        let Some(hash) = decode(self.argument).as_deref().and_then(account_hash) else { return bad_account() };
        let snapshot = self.state.published.read();
        let loads = match snapshot.ranges.account(&hash).await {
            Ok(loads) => loads,
            Err(cause) => return unavailable(&cause),
        };
        let mut found = snapshot.shown(&loads);
        if self.query.is_false("includeunverified") {
            found.retain(|entry| entry.flags.is_verified);
        }
        self.keep_domain(&mut found);
        match &found[..] {
            [] => json_bytes(StatusCode::NOT_FOUND, NOT_IN_ANY),
            _ if self.query.is_false("truncateresponse") => array(found.iter().map(|entry| &entry.full)),
            [alone] => json_bytes(StatusCode::OK, alone.truncated_alone.clone()),
            _ => array(found.iter().map(|entry| &entry.truncated)),
        }
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
        if !key.key.plan.k_anonymity {
            return (StatusCode::FORBIDDEN, "Your HIBP API key does not have access to this resource").into_response();
        }
        if let Some(refused) = self.over_quota(&key, Use::KAnonymity) {
            return refused;
        }
        let Ok(prefix) = self.argument.parse::<Prefix<6>>() else { return (StatusCode::BAD_REQUEST, "Invalid hex prefix").into_response() };
        let snapshot = self.state.published.read();
        let accounts = match snapshot.ranges.accounts_by_prefix(prefix).await {
            Ok(accounts) => accounts,
            Err(cause) => return unavailable(&cause),
        };
        let rows: Vec<_> = accounts
            .iter()
            .map(|(hash, loads)| (hash, snapshot.shown(loads)))
            .filter(|(_, found)| !found.is_empty())
            .map(|(hash, found)| {
                let websites: Vec<&str> = found.iter().map(|entry| entry.name.as_str()).collect();
                AccountSuffix { hash_suffix: hex::encode_upper(hash)[6..].to_owned(), websites }
            })
            .collect();
        if rows.is_empty() {
            return (StatusCode::NOT_FOUND, "There are no hashes beginning with that prefix").into_response();
        }
        Json(rows).into_response()
    }

    fn breaches(&self) -> Response {
        if let Some(refused) = self.refusal() {
            return refused;
        }
        let snapshot = self.state.published.read();
        let mut found: Vec<&Entry> = snapshot.breaches.iter().collect();
        self.keep_domain(&mut found);
        if let Some(spam) = self.query.flag("isspamlist") {
            found.retain(|entry| entry.flags.is_spam_list == spam);
        }
        array(found.iter().map(|entry| &entry.full))
    }

    fn breach(&self) -> Response {
        if let Some(refused) = self.refusal() {
            return refused;
        }
        let snapshot = self.state.published.read();
        let found = decode(self.argument).and_then(|name| snapshot.named(name.trim()));
        found.map_or_else(
            || error(StatusCode::NOT_FOUND, "There is no breach of that name."),
            |entry| json_bytes(StatusCode::OK, entry.full.clone()),
        )
    }

    fn latest(&self) -> Response {
        if let Some(refused) = self.refusal() {
            return refused;
        }
        let snapshot = self.state.published.read();
        let latest = snapshot.latest.map(|place| snapshot.breaches[place].full.clone());
        latest.map_or_else(|| error(StatusCode::NOT_FOUND, "There is no breach yet."), |full| json_bytes(StatusCode::OK, full))
    }

    fn data_classes(&self) -> Response {
        match self.refusal() {
            None => json_bytes(StatusCode::OK, self.state.published.read().data_classes.clone()),
            Some(refused) => refused,
        }
    }

    /// No pastes are held here.
    async fn paste_account(&self) -> Response {
        let found = decode(self.argument).and_then(|account| account_hash(&account));
        match self.keyed(Use::Search).await {
            Err(refused) => refused,
            Ok(_) if found.is_none() || !self.argument.contains('@') && !self.argument.contains("%40") => bad_account(),
            Ok(_) => error(StatusCode::NOT_FOUND, "No pastes were found."),
        }
    }

    /// An operator verifies domains here, and no mail or DNS record does.
    async fn verify_domain(&self) -> Response {
        let refusal = || (StatusCode::FORBIDDEN, Json(json!({ "message": "This key may not add domains." }))).into_response();
        self.key().await.err().unwrap_or_else(refusal)
    }

    async fn subscription(&self) -> Response {
        let key = match self.key().await {
            Ok(key) => key,
            Err(refused) => return refused,
        };
        let key = &key.key;
        if key.plan.name.is_empty() {
            return error(StatusCode::NOT_FOUND, "No active subscription found.");
        }
        let plan = &key.plan;
        Json(Subscription {
            subscription_name: &plan.name,
            description: &plan.name,
            subscribed_until: without_zone(key.expires_at.unwrap_or(253_402_300_799_000)),
            rpm: key.rpm,
            domain_search_max_breached_accounts: plan.domain_search_accounts_max,
            max_breached_domains: plan.domains_max,
            includes_stealer_logs: plan.stealer_logs,
            includes_bulk_domain_add: false,
            includes_auto_subdomain_verification: false,
            includes_customer_domains: false,
            includes_k_anon: plan.k_anonymity,
        })
        .into_response()
    }
}

/// A time in milliseconds since 1970, with no zone letter: a client rejects it.
fn without_zone(at: i64) -> String {
    jiff::Timestamp::from_millisecond(at).unwrap_or(jiff::Timestamp::UNIX_EPOCH).strftime("%Y-%m-%dT%H:%M:%S").to_string()
}
