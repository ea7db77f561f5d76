//! What can't be loaded is refused with what was found, what was expected, and what to do.

use expect_test::{Expect, expect};
use hephaestus_core::engine::Outcome;
use hephaestus_host::runner::{LoadError, StepExecutor};
use hephaestus_host::sandbox::SandboxOptions;

use crate::{attempt, component, digest, executor, hostile, load, options};

async fn refusal(component: &[u8]) -> String {
    match load(&executor(options()), component).await {
        Err(error) => error.to_string(),
        Ok(_) => panic!("loaded"),
    }
}

/// The good component with one name written over another of the same length.
fn altered(name: &str, other: &str) -> Vec<u8> {
    let (name, other) = (name.as_bytes(), other.as_bytes());
    assert_eq!(name.len(), other.len(), "or the component would be damaged");
    let mut component = component("hostile");
    let places: Vec<usize> = (0..component.len() - name.len())
        .filter(|&at| component[at..].starts_with(name))
        .collect();
    assert!(!places.is_empty(), "the name is nowhere");
    for at in places {
        component[at..at + name.len()].copy_from_slice(other);
    }
    component
}

async fn check(component: &[u8], expected: Expect) {
    expected.assert_eq(&refusal(component).await);
}

#[tokio::test]
async fn other_files() {
    check(b"{\"name\": \"not wasm\"}", expect![[r#"the component is refused: a file that is not WebAssembly, beginning with "{\"name\": \"not wa"; expected a WebAssembly component; check that the path names the built `.wasm` file"#]]).await;
    check(b"\0asm\x01\0\0\0", expect!["the component is refused: a core WebAssembly module; expected a WebAssembly component; build it for `wasm32-wasip2`, or make a component of it with `wasm-tools component new`"]).await;
    check(b"\0asm\x0d\0\x01\0", expect!["the component is refused: a component that exports nothing; expected the exports `definition`, `routing`, `steps` of hephaestus:workflow@0.1.0; build it for `wasm32-wasip2` with the guest SDK, or with bindings of `wit/workflow.wit`"]).await;
}

#[tokio::test]
async fn a_component_that_is_cut_off() {
    let mut component = component("raw-wit");
    component.truncate(component.len() / 2);
    let refusal = refusal(&component).await;
    assert!(
        refusal.contains("a component that can't be compiled (failed to parse"),
        "{refusal}"
    );
}

#[tokio::test]
async fn a_component_that_is_too_large() {
    let mut options = SandboxOptions::default();
    options.limits.component_bytes = 64 << 10;
    let error = load(&executor(options), &component("raw-wit"))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("expected a component of at most 64 KiB"),
        "{error}"
    );
}

#[tokio::test]
async fn a_newer_contract() {
    check(&altered("@0.1.0", "@0.2.0"), expect!["the component is refused: a component for hephaestus:workflow@0.2.0; expected hephaestus:workflow@0.1.0, which this host speaks; run it on a host that speaks 0.2.0, or build it with the SDK of version 0.1.0"]).await;
}

#[tokio::test]
async fn missing_exports() {
    check(&altered("workflow/routing@", "workflow/wayward@"), expect!["the component is refused: a component without `routing`; it exports `hephaestus:workflow/definition@0.1.0`, `hephaestus:workflow/wayward@0.1.0`, `hephaestus:workflow/steps@0.1.0`; expected the exports `definition`, `routing`, `steps` of hephaestus:workflow@0.1.0; build it for `wasm32-wasip2` with the guest SDK, or with bindings of `wit/workflow.wit`"]).await;
}

#[tokio::test]
async fn an_interface_that_differs() {
    check(&altered("idempotency-key", "idempotency-kee"), expect!["the component is refused: a component whose interfaces differ from the contract (component imports instance `hephaestus:workflow/context@0.1.0`, but a matching implementation was not found in the linker: instance export `idempotency-kee` has the wrong type: function implementation is missing); expected the types of hephaestus:workflow@0.1.0 and WASI 0.2; build it with the SDK or the `wit/workflow.wit` of this host's version"]).await;
    check(&altered("transit", "transat"), expect!["the component is refused: a component whose interfaces differ from the contract (instance export `hephaestus:workflow/routing@0.1.0` does not have export `transit`); expected the types of hephaestus:workflow@0.1.0 and WASI 0.2; build it with the SDK or the `wit/workflow.wit` of this host's version"]).await;
}

#[tokio::test]
async fn imports_that_nobody_provides() {
    check(
        &altered("hephaestus:workflow/log@0.1.0", "the-acme:mailserver/log@1.1.0"),
        expect!["the component is refused: a component that imports `the-acme:mailserver/log@1.1.0`; expected imports of hephaestus:workflow@0.1.0 (`checkpoint`, `context`, `grants`, `log`, `secrets`) and of WASI 0.2 only; remove what needs them from the guest, or compose the component with one that provides them"],
    )
    .await;
}

#[tokio::test]
async fn bytes_that_were_damaged() {
    let mut component = component("raw-wit");
    let expected = digest(&component);
    for at in [0, component.len() / 2] {
        component[at] ^= 1;
        let error = executor(options()).load(expected, &component).await.unwrap_err();
        let is = digest(&component);
        assert!(
            matches!(error, LoadError::Damaged { found, expected: of } if found == is && of == expected),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_good_component_is_compiled_once_and_stays_while_it_is_used() {
    let mut options = options();
    options.cached_components = 0;
    let executor = executor(options);
    let component = component("raw-wit");
    let first = load(&executor, &component).await.unwrap();
    let again = load(&executor, &component).await.unwrap();
    assert!(
        std::sync::Arc::ptr_eq(&first.workflow, &again.workflow),
        "it was compiled again"
    );
    assert_eq!(first.workflow.definition().name.as_str(), "raw-wit");

    let other = crate::component("hostile");
    load(&executor, &other).await.unwrap();
    let report = executor.sandbox(&first).execute(attempt("prepare", "{}")).await;
    assert!(matches!(report.outcome, Outcome::Completed { .. }), "{report:?}");
}

#[tokio::test]
async fn code_that_was_not_loaded_here_fails_as_the_hosts_fault() {
    let (_, elsewhere) = hostile().await;
    let report = executor(options())
        .sandbox(&elsewhere)
        .execute(attempt("act", "{}"))
        .await;
    let failure = crate::failure(&report);
    assert_eq!(failure.kind.as_str(), "host");
    assert!(failure.message.ends_with("is not loaded"), "{}", failure.message);
}
