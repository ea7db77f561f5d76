//! Deploy, start, wait, resume, and the result.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use hephaestus_host::{Host, InstanceRef, Json, Runner, StartOptions, event};
use serde_json::json;

#[derive(serde::Deserialize)]
struct Shipment {
    tracking: String,
}

/// Takes an order from the basket to the carrier; returns the number to follow the parcel with.
pub(crate) async fn ship_an_anvil(component: &Path, database: &Path) -> Result<String, Box<dyn Error>> {
    // Whatever the last host left unfinished in this database goes on.
    let host = Host::builder().sqlite(database).build().await?;
    let order_flow = host.deploy(&std::fs::read(component)?).await?;

    let basket = Json::encode(&json!({
        "customer": "Ada Lovelace",
        "items": [{ "sku": "anvil", "quantity": 1, "price_cents": 12_900 }],
        "card": "4242424242424242",
        "ship_to": "12 St James's Square, London",
    }))?;
    let options = StartOptions::default();
    let order = host.start_instance(order_flow.name(), basket, options).await?;
    let order = InstanceRef::from(order);

    // Reserved and paid, it waits for a person: for days if need be, and across restarts.
    host.wait_for(&order, |state| state.awaits("approved")).await?;
    let decision = Json::encode(&json!({ "by": "Charles Babbage" }))?;
    host.resume(&order, event("approved".parse()?, Some(decision)))
        .await?;

    let end = host.wait_for_end(&order).await?;
    host.shutdown(Duration::from_secs(5)).await;
    let shipment: Shipment = end.result("ship").ok_or("it was not shipped")?.decode()?;
    Ok(shipment.tracking)
}
