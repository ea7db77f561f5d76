//! The features `log` and `tracing` of the SDK: what libraries write becomes log lines of the attempt.

use expect_test::expect;
use hephaestus_host::runner::{LogLevel, OutputSource, StepExecutor};

use crate::{attempt, component, executor, load, options};

#[tokio::test]
async fn what_libraries_write_is_kept_with_the_attempt() {
    let executor = executor(options());
    let workflow = load(&executor, &component("chronicler"))
        .await
        .expect("it is sound");
    let mut sandbox = executor.sandbox(&workflow);
    // The second attempt finds an instance in which the bridges are installed already.
    for reused in [false, true] {
        let report = sandbox.execute(attempt("tell", "{}")).await;
        assert_eq!(report.receipt.reused, reused);
        let lines = report.output.iter().map(|line| {
            assert_eq!(line.source, OutputSource::Log);
            let level = match line.level {
                LogLevel::Trace => "trace",
                LogLevel::Debug => "debug",
                LogLevel::Info => "info",
                LogLevel::Warn => "warn",
                LogLevel::Error => "error",
            };
            let fields = line.fields.iter().map(|(key, value)| format!(" {key}={value}"));
            format!("{level}: {}{}\n", line.message, fields.collect::<String>())
        });
        expect![[r#"
            info: from the step itself
            warn: a record about something target=chronicler
            debug: a record with pairs items=3 sku=anvil target=library::part
            error: an event code=7 reason=Some("none") path=a/b target=chronicler
            trace: within both card=visa id=42 total=9.5 span=order:charge target=library::part
            info: event with only fields only=true target=chronicler
            debug: within the outer one id=42 total=9.5 span=order target=chronicler
        "#]]
        .assert_eq(&lines.collect::<String>());
    }
}
