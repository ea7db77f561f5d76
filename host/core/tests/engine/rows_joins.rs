//! Rows J and D: joins and ends, dynamic transitions.

use expect_test::expect;
use hephaestus_core::definition::{JoinRule, step};
use hephaestus_core::engine::{Failure, FailureKind, InstanceStatus, StepState};
use hephaestus_core::{Json, StepRef};

use crate::rig::{Rig, check, completed, event_name, json, name, sent, workflow};

fn fork() -> Rig {
    Rig::new(workflow([
        step("a").emits("both", ["b", "c"]).emits("one", ["b"]),
        step("b").emits("ok", ["d"]).emits("no", ["done"]),
        step("c").emits("ok", ["d"]),
        step("d").emits("ok", ["done"]),
    ]))
}

#[test]
fn j1_the_transitions_of_the_event_are_taken() {
    let mut rig = fork();
    check(
        rig.emits("a", "both"),
        expect![[r#"
        a#1 both; ready b c
    "#]],
    );
}

#[test]
fn j2_a_join_of_all_waits_for_the_last() {
    let mut rig = fork();
    rig.emits("a", "both").unwrap();
    check(
        rig.emits("c", "ok"),
        expect![[r#"
        c#1 ok
    "#]],
    );
    check(
        rig.emits("b", "ok"),
        expect![[r#"
        b#1 ok; ready d
    "#]],
    );
}

#[test]
fn j3_death_goes_on_behind_the_dead() {
    let mut rig = Rig::new(workflow([
        step("a").emits("left", ["b"]).emits("right", ["c"]),
        step("b").emits("ok", ["e"]),
        step("c").emits("ok", ["d"]),
        step("d").emits("ok", ["done"]),
        step("e").emits("ok", ["done"]),
    ]));
    check(
        rig.emits("a", "left"),
        expect![[r#"
        a#1 left; ready b; dead c d
    "#]],
    );
}

#[test]
fn j4_a_token_that_comes_later_is_absorbed() {
    let mut rig = Rig::new(workflow([
        step("a").emits("ok", ["b", "c"]),
        step("b").emits("ok", ["d"]),
        step("c").emits("ok", ["d"]),
        step("d").emits("ok", ["done"]).join(JoinRule::Any),
    ]));
    rig.emits("a", "ok").unwrap();
    check(
        rig.emits("c", "ok"),
        expect![[r#"
        c#1 ok; ready d
    "#]],
    );
    check(
        rig.emits("b", "ok"),
        expect![[r#"
        b#1 ok
    "#]],
    );
    check(
        rig.emits("d", "ok"),
        expect![[r#"
        d#1 ok; ready done
        ended Completed
    "#]],
    );
}

#[test]
fn j5_done_settles_after_all_that_lead_to_it() {
    let mut rig = Rig::new(workflow([
        step("a").emits("ok", ["b", "c"]),
        step("b").emits("ok", ["done"]),
        step("c").emits("ok", ["done"]),
    ]));
    rig.emits("a", "ok").unwrap();
    check(
        rig.emits("b", "ok"),
        expect![[r#"
        b#1 ok
    "#]],
    );
    check(
        rig.emits("c", "ok"),
        expect![[r#"
        c#1 ok; ready done
        ended Completed
    "#]],
    );
    assert_eq!(rig.status(), InstanceStatus::Completed);
    let done = rig.state.step(&StepRef::done()).unwrap();
    assert_eq!(*done, StepState::Completed { event: None });
}

#[test]
fn j5_done_with_any_stops_the_rest() {
    let mut rig = Rig::new(workflow([
        step("a").emits("ok", ["b", "c", "d"]),
        step("b").emits("ok", ["done", "e"]),
        step("c").emits("ok", ["done"]),
        step("d").accepts("go", ["done"]),
        step("e").emits("ok", ["done"]),
        step("done").join(JoinRule::Any),
    ]));
    rig.emits("a", "ok").unwrap();
    rig.waits("d", None).unwrap();
    check(
        rig.emits("b", "ok"),
        expect![[r#"
        b#1 ok; ready e done
        ended Completed; stopped c d e
    "#]],
    );
    assert_eq!(*rig.state.step(&name("e")).unwrap(), StepState::Stopped);
    check(
        rig.emits_late("c", "ok"),
        expect![[r#"
        nothing
    "#]],
    );
}

#[test]
fn j6_stuck_names_the_joins_that_died_and_why() {
    let mut rig = fork();
    check(
        rig.emits("a", "one"),
        expect![[r#"
        a#1 one; ready b; dead c d
    "#]],
    );
    check(
        rig.emits("b", "ok"),
        expect![[r#"
            b#1 ok; dead done
            ended Failed, stuck: nothing is left to run and `done` was not reached: `d` can't run because `c` can't run; `done` can't run because `b` ended with `ok` instead of `no` and `d` can't run
        "#]],
    );
    assert_eq!(rig.status(), InstanceStatus::Failed);
}

#[test]
fn j6_stuck_tells_of_a_failure_that_led_nowhere() {
    let mut rig = Rig::new(workflow([
        step("a").emits("ok", ["b", "c"]),
        step("b").emits("ok", ["d"]).failed(["e"]),
        step("c").emits("ok", ["d", "e"]).emits("no", ["done"]),
        step("d").emits("ok", ["done"]),
        step("e")
            .emits("ok", ["done"])
            .join_expression("all[b.failed, c.ok]"),
        step("done").join_expression("settled[d.ok, e.ok]"),
    ]));
    rig.emits("a", "ok").unwrap();
    check(
        rig.fails("b", FailureKind::MemoryLimit),
        expect![[r#"
        b#1 failed, memory-limit: boom; dead d
    "#]],
    );
    check(
        rig.emits("c", "no"),
        expect![[r#"
            c#1 no; dead e done
            ended Failed, stuck: nothing is left to run and `done` was not reached: `e` can't run because `c` ended with `no` instead of `ok`; `done` can't run because `d` can't run and `e` can't run
        "#]],
    );
}

/// Both sources led to `d`, and neither with what it needs beside that.
#[test]
fn j6_stuck_tells_what_is_missed_of_a_source_that_led_there_too() {
    let mut rig = Rig::new(workflow([
        step("a").emits("ok", ["b", "c"]),
        step("b").emits("ok", ["d"]).emits("no", ["d"]),
        step("c").emits("ok", ["d"]).emits("no", ["d"]),
        step("d")
            .emits("ok", ["done"])
            .join_expression("any[all[b.ok, c.no], all[b.no, c.ok]]"),
    ]));
    rig.emits("a", "ok").unwrap();
    rig.emits("b", "ok").unwrap();
    check(
        rig.emits("c", "ok"),
        expect![[r#"
        c#1 ok; dead d done
        ended Failed, stuck: nothing is left to run and `done` was not reached: `d` can't run because `c` ended with `ok` instead of `no` and `b` ended with `ok` instead of `no`; `done` can't run because `d` can't run
    "#]],
    );
}

#[test]
fn j7_a_failure_that_the_graph_answers_is_not_the_end() {
    let mut rig = Rig::new(workflow([
        step("a").emits("ok", ["done"]).failed(["b"]),
        step("b").emits("ok", ["done"]),
    ]));
    check(
        rig.fails("a", FailureKind::OutputLimit),
        expect![[r#"
        a#1 failed, output-limit: boom; ready b
    "#]],
    );
    check(
        rig.emits("b", "ok"),
        expect![[r#"
        b#1 ok; ready done
        ended Completed
    "#]],
    );
}

#[test]
fn j8_a_failure_without_an_answer_ends_the_instance() {
    let mut rig = fork();
    rig.emits("a", "both").unwrap();
    check(
        rig.fails("b", FailureKind::CapabilityDenied),
        expect![[r#"
        b#1 failed, capability-denied: boom; unanswered
        ended Failed at b, capability-denied: boom; stopped c
    "#]],
    );
    let failure = rig.state.failure().unwrap();
    assert_eq!(failure.step, Some(name("b")));
    assert_eq!(failure.failure.kind, FailureKind::CapabilityDenied);
    assert_eq!(
        *rig.state.step(&name("d")).unwrap(),
        StepState::Idle,
        "its joins stay open"
    );
}

#[test]
fn j12_what_nobody_took_is_undelivered() {
    let mut rig = Rig::new(workflow([
        step("a").emits("ok", ["done"]).emits("ask", ["b"]),
        step("b").accepts("go", ["done"]),
    ]));
    rig.send(sent("e1", "go")).unwrap();
    rig.send(sent("e2", "go")).unwrap();
    check(
        rig.emits("a", "ok"),
        expect![[r#"
        a#1 ok; ready done; dead b
        undelivered e1
        undelivered e2
        ended Completed
    "#]],
    );
    let ids: Vec<_> = rig
        .state
        .undelivered()
        .map(|event| event.event_id.as_str())
        .collect();
    assert_eq!(ids, ["e1", "e2"]);
}

fn choice() -> Rig {
    Rig::new(workflow([
        step("a").emits_dynamic("ok", ["b", "c", "d"]).failed(["d"]),
        step("b").emits("ok", ["done"]),
        step("c").emits("ok", ["done"]),
        step("d").emits("ok", ["done"]),
        step("done").join(JoinRule::Settled),
    ]))
}

#[test]
fn d1_the_question_names_step_event_and_result() {
    use hephaestus_core::engine::{Decision, EngineLimits, Input, Routed, decide};
    let rig = choice();
    let ask = |routing| Input::Attempt {
        step: name("a"),
        attempt: 1,
        outcome: completed("ok", Some("[1]")),
        receipt: None,
        retry: None,
        routing,
    };
    let decide = |input| decide(&rig.state, &input, &EngineLimits::default(), rig.now).unwrap();
    let question = Decision::Route {
        step: name("a"),
        event: event_name("ok"),
        result: Some(json("[1]")),
    };
    assert_eq!(decide(ask(None)), question);
    for (step, event) in [("b", "ok"), ("a", "other")] {
        let routed = Routed {
            step: name(step),
            event: event_name(event),
            answer: Ok(vec![name("b")]),
        };
        assert_eq!(
            decide(ask(Some(routed))),
            question,
            "the answer to another question"
        );
    }
}

#[test]
fn d2_the_chosen_targets_are_taken_the_others_are_dead() {
    let mut rig = choice();
    rig.answer("a", "ok", Ok(vec![name("c"), name("b"), name("c")]));
    check(
        rig.emits("a", "ok"),
        expect![[r#"
        a#1 ok; chosen b c; ready b c; dead d
    "#]],
    );
}

#[test]
fn d3_a_choice_that_is_none_is_a_failure_of_kind_routing() {
    let mut rig = choice();
    rig.answer("a", "ok", Ok(vec![]));
    check(
        rig.emits("a", "ok"),
        expect![[r#"
        a#1 failed, routing: failed to choose where `a` leads after `ok`: no target was chosen, expected one or more of `b`, `c`, `d`; ready d; dead b c
    "#]],
    );
    let mut rig = choice();
    rig.answer("a", "ok", Ok(vec![name("b"), name("done")]));
    check(
        rig.emits("a", "ok"),
        expect![[r#"
        a#1 failed, routing: failed to choose where `a` leads after `ok`: `done` was chosen, expected one or more of `b`, `c`, `d`; ready d; dead b c
    "#]],
    );
    let mut rig = choice();
    rig.answer("a", "ok", Err(Failure::new(FailureKind::Trap, "unreachable")));
    check(
        rig.emits("a", "ok"),
        expect![[r#"
        a#1 failed, routing: failed to choose where `a` leads after `ok`: trap: unreachable; ready d; dead b c
    "#]],
    );
}

#[test]
fn d3_an_event_whose_routing_failed_is_not_consumed() {
    let mut rig = Rig::new(workflow([
        step("a").accepts_dynamic("go", ["b", "done"]),
        step("b").emits("ok", ["done"]),
    ]));
    rig.waits("a", None).unwrap();
    rig.answer("a", "go", Ok(vec![]));
    check(
        rig.send(sent("e1", "go")),
        expect![[r#"
        accepted e1 go
        a#1 failed, routing: failed to choose where `a` leads after `go`: no target was chosen, expected one or more of `b`, `done`; unanswered
        undelivered e1
        ended Failed at a, routing: failed to choose where `a` leads after `go`: no target was chosen, expected one or more of `b`, `done`
    "#]],
    );
    rig.input(hephaestus_core::engine::Input::Retry).unwrap();
    rig.answer("a", "go", Ok(vec![name("done")]));
    check(
        rig.waits("a", None),
        expect![[r#"
        a#2 waits
        a#2 go by event e1; chosen done; ready done; dead b
        ended Completed
    "#]],
    );
}

#[test]
fn a_step_reads_its_ancestors_only() {
    let mut rig = fork();
    rig.ends("a", completed("both", Some("1"))).unwrap();
    rig.ends("b", completed("ok", Some("2"))).unwrap();
    let seen = |rig: &Rig, step: &str| {
        let context = rig.state.context(&name(step));
        assert_eq!(context.initial, json(r#"{"amount":3}"#));
        let results = context.results.into_iter();
        let text = |result: Option<Json>| result.map_or("-".to_owned(), |json| json.to_string());
        let seen: Vec<String> = results
            .map(|(step, result)| format!("{step}={}", text(result)))
            .collect();
        seen.join(" ")
    };
    assert_eq!(seen(&rig, "a"), "");
    assert_eq!(seen(&rig, "c"), "a=1");
    assert_eq!(seen(&rig, "d"), "a=1 b=2 c=-");
    let routing = rig.state.routing_context(&name("c"), Some(&json("3")));
    assert_eq!(routing.results.len(), 2);
    assert_eq!(routing.results[&name("c")], Some(json("3")));
}
