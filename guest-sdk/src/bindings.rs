//! What `wit-bindgen` makes of `wit/workflow.wit`. Public for [`export!`](crate::export) only: nothing of it is part of
//! the SDK's own API.

wit_bindgen::generate!({
    path: "wit",
    world: "workflow",
    pub_export_macro: true,
    export_macro_name: "export_world",
    default_bindings_module: "hephaestus_guest::bindings",
});
