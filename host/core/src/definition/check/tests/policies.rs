//! Retries and deadlines.

use std::time::Duration;

use expect_test::expect;

use super::check_changed;
use crate::definition::limits::MAX_SPAN;
use crate::definition::{Backoff, RetryPolicy};

#[test]
fn retry_policies_make_sense() {
    let absurd = RetryPolicy {
        max_attempts: 0,
        backoff: Backoff::Linear,
        initial: MAX_SPAN + Duration::from_secs(2),
        cap: MAX_SPAN + Duration::from_secs(1),
        jitter_percent: 101,
    };
    check_changed(
        |it| it.retry = Some(absurd),
        expect![[r#"
            bad-retry - -
              the retry policy of the workflow allows no attempt
              the first attempt counts: 1 means no retry
            bad-retry - -
              the retry policy of the workflow has a jitter of 101 percent
              use 0 to 100
            bad-retry - -
              the retry policy of the workflow begins with a pause of 315360002s, longer than its cap of 315360001s
              raise the cap, or begin with a shorter pause
            bad-retry - -
              the retry policy of the workflow has a cap of 315360001s, longer than ten years
              lower the cap
        "#]],
    );
    let many = RetryPolicy {
        max_attempts: u32::MAX,
        ..RetryPolicy::default()
    };
    check_changed(
        |it| it.steps[1].retry = Some(many),
        expect![[r#"
            bad-retry b -
              the retry policy of step `b` allows 4294967295 attempts, more than 1000
              allow fewer, with longer pauses
        "#]],
    );
}

#[test]
fn deadlines_are_spans_of_time() {
    check_changed(
        |it| {
            it.deadline = Some(Duration::ZERO);
            it.steps[0].deadline = Some(Duration::ZERO);
            it.steps[1].deadline = Some(Duration::MAX);
        },
        expect![[r#"
            bad-deadline - -
              the deadline of the workflow is zero
              leave it out to have none of its own, or give it time
            bad-deadline a -
              the deadline of step `a` is zero
              leave it out to have none of its own, or give it time
            bad-deadline b -
              the deadline of step `b` is longer than ten years
              leave it out to have none of its own
        "#]],
    );
}
