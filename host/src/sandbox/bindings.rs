//! What wasmtime derives from `wit/`: one source for both sides of the boundary. Private to the sandbox.

wasmtime::component::bindgen!({
    path: "wit",
    world: "workflow",
    imports: {
        "hephaestus:workflow/checkpoint.save": async | trappable,
        // Reads files.
        "hephaestus:workflow/secrets.get": async | trappable,
        default: trappable,
    },
    exports: { default: async },
});
