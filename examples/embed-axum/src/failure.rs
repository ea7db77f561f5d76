//! From typed errors to status codes. The body is `{"error": "..", "id": ".."}`; `id` names the order in the way, if one is.

use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hephaestus_host::core::{InstanceId, InvalidId, InvalidJson, InvalidName};
use hephaestus_host::store::StoreError;
use hephaestus_host::{InstanceError, StartError};

pub(crate) struct Failure {
    status: StatusCode,
    error: String,
    id: Option<InstanceId>,
}

impl Failure {
    fn new(status: StatusCode, error: impl ToString) -> Self {
        Self {
            status,
            error: error.to_string(),
            id: None,
        }
    }

    pub(crate) fn bad_request(error: impl ToString) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error)
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        let status = match &error {
            StartError::InvalidInput { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            StartError::AlreadyRunning { .. } => StatusCode::CONFLICT,
            StartError::Store(error) => status_of(error),
            StartError::ShuttingDown => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let id = match &error {
            StartError::AlreadyRunning { instance, .. } => Some(*instance),
            _ => None,
        };
        Self {
            id,
            ..Self::new(status, error)
        }
    }
}

impl From<InstanceError> for Failure {
    fn from(error: InstanceError) -> Self {
        let status = match &error {
            InstanceError::UnknownInstance(_) => StatusCode::NOT_FOUND,
            InstanceError::AmbiguousInstance { .. } | InstanceError::Refused(_) => StatusCode::CONFLICT,
            InstanceError::PayloadTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            InstanceError::Store(error) => status_of(error),
            InstanceError::ShuttingDown => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, error)
    }
}

/// After `Unknown` nobody can tell whether it was done: a repeat with the same Idempotency-Key is safe either way.
fn status_of(error: &StoreError) -> StatusCode {
    match error {
        StoreError::Unavailable { .. } | StoreError::Unknown { .. } | StoreError::Closed => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl From<JsonRejection> for Failure {
    fn from(rejection: JsonRejection) -> Self {
        Self::new(rejection.status(), rejection.body_text())
    }
}

impl From<InvalidId> for Failure {
    fn from(error: InvalidId) -> Self {
        Self::bad_request(error)
    }
}

impl From<InvalidName> for Failure {
    fn from(error: InvalidName) -> Self {
        Self::bad_request(error)
    }
}

impl From<InvalidJson> for Failure {
    fn from(error: InvalidJson) -> Self {
        Self::bad_request(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        if self.status.is_server_error() {
            tracing::error!(error = self.error, "a request failed");
        }
        let body = match self.id {
            Some(id) => serde_json::json!({ "error": self.error, "id": id }),
            None => serde_json::json!({ "error": self.error }),
        };
        (self.status, axum::Json(body)).into_response()
    }
}
