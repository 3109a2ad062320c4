//! The operator API's one shape of error, and which status means what.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Serialize, de::DeserializeOwned};
use sluice_catalogue::Error;
use sluice_store::StoreError;
use utoipa::{IntoResponses, ToSchema};

/// `{code, message, hint}` under a status. 400 ill-formed, 401 no good token, 404 no such thing, 409 the state forbids it, 422 the
/// bytes are not what was announced, 503 a store is away, 507 a disk is full.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    #[serde(skip)]
    status: StatusCode,
    code: &'static str,
    message: String,
    hint: String,
}

/// How any operator route may refuse.
#[derive(IntoResponses)]
#[allow(dead_code)] // only its shape is asked for
pub(crate) enum Refusals {
    /// Ill-formed
    #[response(status = 400)]
    IllFormed(Problem),
    /// No good operator token
    #[response(status = 401)]
    Unauthorised(Problem),
    /// There is no such thing
    #[response(status = 404)]
    NotFound(Problem),
    /// The state forbids it
    #[response(status = 409)]
    Conflict(Problem),
    /// The bytes are not what was announced
    #[response(status = 422)]
    OtherBytes(Problem),
    /// A store is away, or takes too long
    #[response(status = 503)]
    Unavailable(Problem),
    /// A disk is full
    #[response(status = 507)]
    Full(Problem),
}

pub(crate) type Answer<T = Response> = Result<T, Problem>;

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), hint: hint.into() }
    }

    pub(crate) fn ill_formed(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "ill-formed", message, hint)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status, Json(self)).into_response()
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let (status, code) = match &error {
            Error::NotFound { .. } => (StatusCode::NOT_FOUND, "not-found"),
            Error::Conflict { .. } | Error::Stale { .. } => (StatusCode::CONFLICT, "conflict"),
            Error::Busy(_) | Error::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            Error::Full(_) => (StatusCode::INSUFFICIENT_STORAGE, "full"),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "catalogue"),
        };
        if status.is_server_error() {
            tracing::error!(error = &error as &dyn std::error::Error, "the catalogue failed a request");
        }
        Self::new(status, code, error.to_string(), error.hint())
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let (status, code) = match &error {
            StoreError::NotFound { .. } => (StatusCode::NOT_FOUND, "not-found"),
            StoreError::Invalid(_) => (StatusCode::BAD_REQUEST, "ill-formed"),
            StoreError::Full { .. } => (StatusCode::INSUFFICIENT_STORAGE, "full"),
            _ => (StatusCode::SERVICE_UNAVAILABLE, "store"),
        };
        if status.is_server_error() {
            tracing::error!(error = &error as &dyn std::error::Error, "a store failed a request");
        }
        Self::new(status, code, error.to_string(), "look at /readyz and at the stores' disks")
    }
}

/// Reads a body. Where it is wrong is said, what stands there is not: it may be a password.
pub(crate) fn read_json<T: DeserializeOwned>(body: &[u8]) -> Answer<T> {
    serde_json::from_slice(body).map_err(|error| {
        let message = format!("the body is not what this route takes (line {}, column {})", error.line(), error.column());
        Problem::ill_formed(message, "see /docs for its fields")
    })
}
