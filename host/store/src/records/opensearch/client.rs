//! Requests, and what their failures mean. An error never shows what the server says of a document, only the kind of its error.

use std::{
    fmt, io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use opensearch::{
    auth::Credentials,
    cert::{Certificate, CertificateValidation},
    http::{
        Method,
        headers::{ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue},
        transport::{SingleNodeConnectionPool, Transport, TransportBuilder},
    },
};
use serde_json::Value;
use url::Url;

use super::OpenSearchOptions;
use crate::StoreError;

/// An answer's bytes: a page of the largest records has less.
const ANSWER_BYTES_MAX: u64 = 256 << 20;
/// Between two tries: doubled from the one to the other.
const BACKOFF_MS_MIN: u64 = 50;
const BACKOFF_MS_MAX: u64 = 5_000;
/// How long a node that did not answer is asked after the others.
const AWAY: Duration = Duration::from_secs(5);
/// Letters of the server's kind of error.
const KIND_LETTERS_MAX: usize = 80;
const NO_REASON: &str = "no reason given";

const FULL_HINT: &str = "free space on OpenSearch's data nodes or add one: the work goes on when the block of the flood stage is lifted";

/// What the server did instead of what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("OpenSearch does not answer")]
    Silent(#[source] opensearch::Error),
    #[error("OpenSearch answered {status} ({kind})")]
    Refused { status: u16, kind: String },
    /// Its disks are full, and it takes no writes until they are not.
    #[error("OpenSearch takes no writes: its disks are past the flood stage")]
    Full,
    /// It is held in memory whole, so its size has to be known first, and bounded.
    #[error("OpenSearch's answer is too long, or does not say how long it is")]
    TooLong,
    #[error("OpenSearch's answer won't do: {0}")]
    Unreadable(&'static str),
}

impl Failure {
    /// Of an answer's or an item's status and `error` object.
    pub(super) fn of(status: u16, error: &Value) -> Self {
        let kind = error["type"].as_str().unwrap_or(NO_REASON);
        // A block's reason names the block and the index, and no value.
        let is_full = kind == "cluster_block_exception" && error["reason"].as_str().is_some_and(|reason| reason.contains("flood-stage"));
        if is_full {
            return Self::Full;
        }
        let kind =
            kind.chars().filter(|letter| letter.is_ascii_lowercase() || matches!(letter, '_' | ' ')).take(KIND_LETTERS_MAX).collect();
        Self::Refused { status, kind }
    }

    /// May the same request succeed in a while? A node is starting, the cluster is electing, a queue is full.
    pub(crate) fn passes(&self) -> bool {
        match self {
            Self::Silent(_) => true,
            Self::Refused { status, .. } => matches!(status, 429 | 502 | 503 | 504),
            Self::Full | Self::TooLong | Self::Unreadable(_) => false,
        }
    }

    pub(super) fn is(&self, wanted: u16) -> bool {
        matches!(self, Self::Refused { status, .. } if *status == wanted)
    }

    /// Is there no such document, in an index that is there?
    pub(super) fn is_no_document(&self) -> bool {
        matches!(self, Self::Refused { status: 404, kind } if kind == NO_REASON)
    }

    /// Was the request never sent? Of others that were not answered nobody knows whether they took effect.
    pub(super) fn was_not_sent(&self) -> bool {
        let Self::Silent(error) = self else { return false };
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
        while let Some(error) = cause {
            if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused) {
                return true;
            }
            cause = error.source();
        }
        false
    }

    /// Tells apart what the caller can do about it.
    pub(super) fn while_(self, doing: &str) -> StoreError {
        let damaged = |reason: String| StoreError::Damaged { what: "the record store in OpenSearch".into(), reason };
        match &self {
            Self::Full => StoreError::Full { what: doing.into(), hint: FULL_HINT, source: Box::new(self) },
            Self::Refused { kind, .. } if kind.contains("mapping") || kind.contains("parsing") => {
                damaged(format!("it refuses a record ({kind}): was its mapping changed? start the service again, which says what differs"))
            }
            Self::Refused { status: 404, kind } => {
                damaged(format!("an index of it is gone ({kind}): restore it, or import its loads anew"))
            }
            _ => StoreError::Unavailable { doing: doing.into(), source: Box::new(self) },
        }
    }
}

/// A node, and until when nothing is expected of it.
struct Node {
    transport: Transport,
    away_until: Mutex<Option<Instant>>,
}

impl Node {
    fn is_away(&self) -> bool {
        self.away_until.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|until| Instant::now() < until)
    }

    fn went_away(&self) {
        *self.away_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + AWAY);
    }
}

/// Asks OpenSearch: its nodes in turn, those that are away last.
#[derive(Clone)]
pub(super) struct Client {
    nodes: Arc<[Node]>,
    next: Arc<AtomicUsize>,
    request_wait: Duration,
    outage_wait: Duration,
}

impl fmt::Debug for Client {
    /// The transports would show the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")
    }
}

impl Client {
    pub(super) fn new(options: &OpenSearchOptions) -> Result<Self, StoreError> {
        let invalid = |reason: &str| StoreError::Invalid(format!("the record store's OpenSearch: {reason}"));
        let mut nodes = Vec::new();
        for url in &options.urls {
            let url = Url::parse(url).map_err(|_| invalid("a URL cannot be read; one is like https://search.example.org:9200"))?;
            if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some() {
                return Err(invalid("a URL is http or https, and has neither user nor password in it: they have settings of their own"));
            }
            nodes.push(Node { transport: transport(url, options)?, away_until: Mutex::default() });
        }
        if nodes.is_empty() {
            return Err(invalid("no URL is given"));
        }
        Ok(Self { nodes: nodes.into(), next: Arc::default(), request_wait: options.request_wait, outage_wait: options.outage_wait })
    }

    /// One request whose repetition does no harm, tried once at each node until one answers.
    pub(super) async fn ask(&self, method: Method, path: &str, body: &Value) -> Result<Value, Failure> {
        let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        let text = self.send(method, path, body, "application/json", true).await?;
        if text.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&text).map_err(|_| Failure::Unreadable("it is no JSON")) }
    }

    /// As [`Client::ask`], tried until the server has been out for too long.
    pub(super) async fn insist(&self, method: Method, path: &str, body: &Value) -> Result<Value, Failure> {
        let mut outage = self.outage();
        loop {
            match self.ask(method, path, body).await {
                Err(failure) if failure.passes() => outage.wait(failure).await?,
                ended => return ended,
            }
        }
    }

    /// A bulk request, sent once; the answer as it stands.
    pub(super) async fn bulk(&self, path: &str, lines: Bytes) -> Result<Bytes, Failure> {
        self.send(Method::Post, path, lines, "application/x-ndjson", false).await
    }

    pub(super) fn outage(&self) -> Outage {
        Outage { give_up: Instant::now() + self.outage_wait, backoff_ms: BACKOFF_MS_MIN }
    }

    /// What never reached a node is for the next one; what may have, only if it `may_repeat`.
    async fn send(&self, method: Method, path: &str, body: Bytes, kind: &'static str, may_repeat: bool) -> Result<Bytes, Failure> {
        let first = self.next.fetch_add(1, Ordering::Relaxed) % self.nodes.len();
        let in_turn = self.nodes[first..].iter().chain(&self.nodes[..first]);
        let (away, there): (Vec<_>, Vec<_>) = in_turn.partition(|node| node.is_away());
        let mut others = there.into_iter().chain(away);
        let mut node = others.next().ok_or(Failure::Unreadable("there are no nodes"))?;
        loop {
            let ended = self.send_to(&node.transport, method, path, body.clone(), kind).await;
            let Err(failure @ Failure::Silent(_)) = ended else { return ended };
            node.went_away();
            match others.next() {
                Some(other) if may_repeat || failure.was_not_sent() => node = other,
                _ => return Err(failure),
            }
        }
    }

    async fn send_to(&self, node: &Transport, method: Method, path: &str, body: Bytes, kind: &'static str) -> Result<Bytes, Failure> {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]);
        let body = (!body.is_empty()).then_some(body);
        let sent = node.send(method, path, headers, None::<&()>, body, Some(self.request_wait)).await;
        let answer = sent.map_err(Failure::Silent)?;
        let status = answer.status_code();
        let bytes = answer.headers().get(CONTENT_LENGTH).and_then(|bytes| bytes.to_str().ok()?.parse::<u64>().ok());
        if bytes.is_none_or(|bytes| bytes > ANSWER_BYTES_MAX) {
            return Err(Failure::TooLong);
        }
        let text = answer.bytes().await.map_err(Failure::Silent)?;
        if status.is_success() {
            return Ok(text);
        }
        let value: Value = serde_json::from_slice(&text).unwrap_or_default();
        Err(Failure::of(status.as_u16(), &value["error"]))
    }
}

fn transport(url: Url, options: &OpenSearchOptions) -> Result<Transport, StoreError> {
    let invalid = |reason: &str| StoreError::Invalid(format!("the record store's OpenSearch: {reason}"));
    // A proxy of the environment is for the world outside. What is not compressed says how long it is.
    let builder = TransportBuilder::new(SingleNodeConnectionPool::new(url));
    let mut builder = builder.disable_proxy().header(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    if let Some(user) = &options.user {
        builder = builder.auth(Credentials::Basic(user.clone(), options.password.clone().unwrap_or_default()));
    }
    if let Some(pem) = &options.ca_pem {
        let certificate = Certificate::from_pem(pem).map_err(|_| invalid("the CA file holds no certificate in PEM"))?;
        builder = builder.cert_validation(CertificateValidation::Full(certificate));
    }
    builder.build().map_err(|_| invalid("TLS cannot be set up with this CA file"))
}

/// How long the server has been out, and how long that may go on.
pub(super) struct Outage {
    give_up: Instant,
    backoff_ms: u64,
}

impl Outage {
    /// Waits a while; gives the failure back if that has been done for long enough.
    pub(super) async fn wait(&mut self, failure: Failure) -> Result<(), Failure> {
        let wait = Duration::from_millis(self.backoff_ms);
        if Instant::now() + wait > self.give_up {
            return Err(failure);
        }
        if self.backoff_ms == BACKOFF_MS_MIN {
            tracing::warn!(error = &failure as &dyn std::error::Error, "the record store waits for OpenSearch");
        }
        tokio::time::sleep(wait).await;
        self.backoff_ms = (self.backoff_ms * 2).min(BACKOFF_MS_MAX);
        Ok(())
    }
}
