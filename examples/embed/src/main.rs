//! Ships an anvil: `embed <order-flow.wasm> <database>`. All that matters is in `order.rs`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for people")]

mod order;

#[tokio::main]
async fn main() -> std::process::ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let shipped = match arguments.as_slice() {
        [component, database] => order::ship_an_anvil(component.as_ref(), database.as_ref()).await,
        _ => Err("usage: embed <order-flow.wasm> <database>".into()),
    };
    match &shipped {
        Ok(tracking) => println!("on its way: {tracking}"),
        Err(error) => eprintln!("embed: {error}"),
    }
    u8::from(shipped.is_err()).into()
}
