//! What workflows consumed, for people: a line for each version.

use std::time::Duration;

use hephaestus_host::core::engine::Usage;

use super::style::Style;
use super::text::{bytes, count, duration, number};
use crate::report::receipts::{Consumed, ReceiptsReport};

/// The page, with a line break at its end.
pub(crate) fn page(report: &ReceiptsReport, style: Style) -> String {
    let mut sections = Vec::new();
    for ((workflow, version), Consumed { instances, usage }) in &report.workflows {
        let head = style.bold(&format!("{workflow} v{version}"));
        let instances = match instances {
            1 => "1 instance".to_owned(),
            instances => format!("{} instances", number(*instances)),
        };
        let consumed = consumed(usage).join("\n  ");
        sections.push(format!("{head}  {instances}\n  {consumed}\n"));
    }
    if sections.is_empty() && report.damaged == 0 {
        sections.push("No instances.\n".to_owned());
    }
    if report.damaged > 0 {
        let left_out = format!(
            "{} left out: damaged. `hephaestus store check` says more.",
            count(report.damaged, "instance")
        );
        sections.push(format!("{} {left_out}\n", style.bad("!")));
    }
    sections.join("\n")
}

/// What attempts consumed together: time and memory; traffic, if there was any.
pub(super) fn consumed(usage: &Usage) -> Vec<String> {
    let time = |us: u64| duration(Duration::from_micros(us));
    let size = |bytes: u64| self::bytes(usize::try_from(bytes).unwrap_or(usize::MAX));
    let many = |number: u64, one: &str| match number {
        1 => format!("1 {one}"),
        number => format!("{} {one}s", self::number(number)),
    };
    let attempts = format!(
        "{}, {}, {} of processor time, {} of memory",
        many(usage.attempts, "attempt"),
        time(usage.wall_us),
        time(usage.cpu_us),
        size(usage.memory_bytes),
    );
    let mut traffic = Vec::new();
    if usage.bytes_in > 0 || usage.bytes_out > 0 {
        traffic.push(format!(
            "{} in, {} out",
            size(usage.bytes_in),
            size(usage.bytes_out)
        ));
    }
    if usage.host_calls > 0 {
        traffic.push(format!("{} of the host", many(usage.host_calls, "call")));
    }
    if usage.http_requests > 0 {
        traffic.push(many(usage.http_requests, "HTTP request"));
    }
    let mut lines = vec![attempts];
    if !traffic.is_empty() {
        lines.push(traffic.join(", "));
    }
    lines
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use hephaestus_host::core::{WorkflowName, WorkflowVersion};

    use super::*;
    use crate::resolved::StoreChoice;

    #[test]
    fn each_version_has_its_sum() {
        let mut report = ReceiptsReport::new(StoreChoice::Memory);
        expect![[r#"
            No instances.
        "#]]
        .assert_eq(&page(&report, Style::PLAIN));
        let usage = Usage {
            attempts: 12_345,
            wall_us: 90_000_000,
            cpu_us: 2_500_000,
            memory_bytes: 1_114_112,
            bytes_in: 200,
            bytes_out: 5 << 20,
            http_requests: 1,
            host_calls: 70_000,
        };
        let consumed = Consumed {
            instances: 2_000,
            usage,
        };
        let name = WorkflowName::new("order-flow").expect("a name");
        report
            .workflows
            .insert((name.clone(), WorkflowVersion(1)), consumed);
        report.workflows.insert(
            (name, WorkflowVersion(2)),
            Consumed {
                instances: 1,
                ..Consumed::default()
            },
        );
        report.damaged = 1;
        expect![[r#"
            order-flow v1  2,000 instances
              12,345 attempts, 1 min 30 s, 2.5 s of processor time, 1.1 MiB of memory
              200 bytes in, 5.0 MiB out, 70,000 calls of the host, 1 HTTP request

            order-flow v2  1 instance
              0 attempts, 0 ms, 0 ms of processor time, 0 bytes of memory

            ! 1 instance left out: damaged. `hephaestus store check` says more.
        "#]]
        .assert_eq(&page(&report, Style::PLAIN));
    }
}
