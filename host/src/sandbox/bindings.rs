//! What wasmtime derives from `wit/`: one source for both sides of the boundary. Private to the sandbox.

wasmtime::component::bindgen!({
    path: "wit",
    world: "workflow",
    imports: { default: trappable },
    exports: { default: async },
});
