//! The routes. Each handler is one call of the host: what it answers is durable before it answers.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use hephaestus_host::core::engine::{InstanceState, InstanceStatus};
use hephaestus_host::core::{
    BusinessId, BusinessValue, EventId, EventName, InstanceId, RequestId, StepRef, WorkflowName,
};
use hephaestus_host::{Host, Json, Runner, StartOptions, event};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

type Body<T> = Result<axum::Json<T>, JsonRejection>;

#[derive(Clone)]
pub(crate) struct Shop {
    pub(crate) host: Host,
    pub(crate) workflow: WorkflowName,
}

pub(crate) fn routes(shop: Shop) -> Router {
    Router::new()
        .route("/orders", post(place))
        .route("/orders/{id}", get(show))
        .route("/orders/{id}/approval", post(decide))
        .with_state(shop)
}

#[derive(Deserialize)]
struct NewOrder {
    /// What the shop calls it; at most one order of that name is active. Without one it gets a name.
    id: Option<BusinessValue>,
    order: Json,
}

async fn place(
    State(shop): State<Shop>,
    headers: HeaderMap,
    body: Body<NewOrder>,
) -> Result<impl IntoResponse, Failure> {
    let axum::Json(new) = body?;
    let options = StartOptions {
        business_value: new.id,
        request_id: idempotency_key(&headers)?.map(RequestId::new).transpose()?,
        ..StartOptions::default()
    };
    let id = shop
        .host
        .start_instance(&shop.workflow, new.order, options)
        .await?;
    let location = [(header::LOCATION, format!("/orders/{id}"))];
    Ok((
        StatusCode::CREATED,
        location,
        axum::Json(serde_json::json!({ "id": id })),
    ))
}

#[derive(Serialize)]
struct Order {
    id: InstanceId,
    name: BusinessId,
    status: InstanceStatus,
    waiting_for: Vec<EventName>,
    results: BTreeMap<StepRef, Json>,
    failure: Option<String>,
}

impl From<InstanceState> for Order {
    fn from(state: InstanceState) -> Self {
        Self {
            id: state.created().instance,
            name: state.created().business_id.clone(),
            status: state.status(),
            waiting_for: state
                .accepting()
                .flat_map(|(_, events)| events.to_vec())
                .collect(),
            results: state.results().clone(),
            failure: state.failure().map(|failure| failure.failure.message.clone()),
        }
    }
}

/// `id` is the instance's, or the business id.
async fn show(State(shop): State<Shop>, Path(id): Path<String>) -> Result<axum::Json<Order>, Failure> {
    let state = shop.host.get(&id.parse()?).await?;
    Ok(axum::Json(state.into()))
}

#[derive(Serialize, Deserialize)]
struct Decision {
    approved: bool,
    by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

async fn decide(
    State(shop): State<Shop>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body<Decision>,
) -> Result<StatusCode, Failure> {
    let axum::Json(decision) = body?;
    let name = if decision.approved { "approved" } else { "rejected" };
    let mut event = event(name.parse()?, Some(Json::encode(&decision)?));
    if let Some(key) = idempotency_key(&headers)? {
        event.event_id = EventId::new(key)?;
    }
    shop.host.resume(&id.parse()?, event).await?;
    Ok(StatusCode::ACCEPTED)
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Failure> {
    let key = headers
        .get("idempotency-key")
        .map(|value| value.to_str())
        .transpose();
    key.map_err(|_| Failure::bad_request("the Idempotency-Key has other characters than visible ASCII"))
}
