//! Writes its lines as a library would that has never heard of Hephaestus: through the crates `log` and `tracing`.
//!
//! ```text
//! tell --finished--> done
//! ```

use hephaestus_guest::{Context, Finished, step, workflow};

workflow! {
    /// One step that has much to tell.
    pub chronicler v1 {
        tell => done,
    }
}

/// Writes lines in every way.
#[step]
pub fn tell(ctx: &Context) -> Finished {
    ctx.info("from the step itself", &[]);
    #[cfg(target_family = "wasm")]
    records();
    events();
    Finished
}

#[cfg(target_family = "wasm")]
fn records() {
    log::warn!("a record about {}", "something");
    log::debug!(target: "library::part", items = 3, sku = "anvil"; "a record with pairs");
}

fn events() {
    tracing::error!(code = 7, reason = ?Some("none"), path = %"a/b", "an event");
    let order = tracing::info_span!("order", id = 42, total = tracing::field::Empty);
    let _order = order.enter();
    order.record("total", 9.5);
    {
        let charge = tracing::debug_span!("charge", card = "visa");
        let _charge = charge.enter();
        tracing::trace!(target: "library::part", "within both");
        tracing::info!(name: "event with only fields", parent: None, only = true);
    }
    tracing::debug!("within the outer one");
}

#[cfg(test)]
mod tests {
    use hephaestus_guest::testing::TestContext;

    use super::*;

    /// Natively the bridges do nothing: the step's own lines are in the context, and a subscriber can be installed still.
    #[test]
    fn natively_nobody_else_listens() {
        let ctx = TestContext::new();
        ctx.run::<tell>().unwrap();
        let logs = ctx.logs();
        let lines: Vec<_> = logs.iter().map(|line| line.message.as_str()).collect();
        assert_eq!(lines, ["from the step itself"]);
        assert!(!tracing::dispatcher::has_been_set());
    }
}
