//! Sizes.

use expect_test::expect;

use super::check_changed;
use crate::definition::StepDefinition;
use crate::definition::limits::{
    MAX_CONFIG_BYTES, MAX_EVENTS_PER_STEP, MAX_METADATA, MAX_STEPS, MAX_TAG_BYTES, MAX_TAGS, MAX_TRANSITIONS,
};
use crate::{Json, WorkflowVersion};

#[test]
fn counts_are_bounded_and_nothing_else_is_looked_at_beyond() {
    check_changed(
        |it| {
            it.version = WorkflowVersion(0);
            it.steps = vec![StepDefinition::new("a".parse().unwrap()); MAX_STEPS + 1];
            it.transitions = vec![it.transitions[0].clone(); MAX_TRANSITIONS + 1];
            it.steps[7].emits = vec!["x".parse().unwrap(); MAX_EVENTS_PER_STEP + 1];
        },
        expect![[r#"
            limit-exceeded - -
              1001 steps: 1000 are allowed
              split the workflow
            limit-exceeded - -
              10001 transitions: 10000 are allowed
              split the workflow
            limit-exceeded - -
              10001 targets of transitions: 10000 are allowed
              split the workflow
            limit-exceeded a -
              101 events in step `a`: 100 are allowed
              put what differs into the step's result
        "#]],
    );
}

#[test]
fn texts_are_bounded() {
    check_changed(
        |it| {
            it.tags = vec!["x".repeat(MAX_TAG_BYTES); MAX_TAGS + 1];
            it.tags[1].push('x');
            it.metadata = (0..=MAX_METADATA)
                .map(|at| (at.to_string(), "x".repeat(64 * at)))
                .collect();
            it.metadata.insert("k".repeat(129), "x".repeat(4_097));
            it.steps[0].config = Some(Json::parse(&format!("\"{}\"", "x".repeat(MAX_CONFIG_BYTES))).unwrap());
        },
        expect![[r#"
            limit-exceeded - -
              65 tags: 64 are allowed
              keep those that you search by
            limit-exceeded - -
              129 bytes in tag 2: 128 are allowed
              shorten it
            limit-exceeded - -
              66 facts of metadata: 64 are allowed
              keep those that matter
            limit-exceeded - -
              129 bytes in the name of metadata fact 66: 128 are allowed
              shorten it
            limit-exceeded - -
              4097 bytes in metadata fact 66: 4096 are allowed
              shorten it
            limit-exceeded a -
              262146 bytes of configuration in step `a`: 262144 are allowed
              keep large data outside the definition
        "#]],
    );
}
