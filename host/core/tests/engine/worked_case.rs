//! The worked case of the joins: reserve and charge side by side, then approve; release if the money or the approval fails.

use hephaestus_core::definition::step;
use hephaestus_core::engine::{InstanceStatus, StepState};

use crate::rig::{Rig, name, sent, workflow};

fn order() -> Rig {
    Rig::new(workflow([
        step("begin").emits("begun", ["reserve", "charge"]),
        step("reserve").emits("reserved", ["approve", "release"]),
        step("charge")
            .emits("charged", ["approve"])
            .emits("declined", ["release"]),
        step("approve")
            .accepts("approved", ["ship"])
            .accepts("rejected", ["release"]),
        step("ship").emits("shipped", ["done"]),
        step("release")
            .emits("released", ["done"])
            .join_expression("all[reserve.reserved, any[charge.declined, approve.rejected]]"),
    ]))
}

/// Ends `reserve` and `charge` in both orders, and `approve` if it comes to that; says which steps ran and which died.
fn both_orders(charge: &str, approve: Option<&str>) -> String {
    let mut stories = Vec::new();
    for reserve_first in [true, false] {
        let mut rig = order();
        rig.emits("begin", "begun").unwrap();
        let mut ends = [("reserve", "reserved"), ("charge", charge)];
        if !reserve_first {
            ends.reverse();
        }
        for (step, event) in ends {
            rig.emits(step, event).unwrap();
        }
        if let Some(event) = approve {
            rig.waits("approve", None).unwrap();
            rig.send(sent("e1", event)).unwrap();
        }
        for (step, event) in [("ship", "shipped"), ("release", "released")] {
            if matches!(rig.state.step(&name(step)), Some(StepState::Ready { .. })) {
                rig.emits(step, event).unwrap();
            }
        }
        assert_eq!(rig.status(), InstanceStatus::Completed);
        let story = ["approve", "ship", "release"].map(|step| match rig.state.step(&name(step)).unwrap() {
            StepState::Completed { event: Some(event) } => format!("{step}: {event}"),
            state => format!("{step}: {state:?}"),
        });
        stories.push(story.join(", "));
    }
    assert_eq!(stories[0], stories[1], "the order does not matter");
    stories.remove(0)
}

#[test]
fn declined_releases_without_asking() {
    assert_eq!(
        both_orders("declined", None),
        "approve: Dead, ship: Dead, release: released"
    );
}

#[test]
fn approved_ships_and_releases_nothing() {
    let story = both_orders("charged", Some("approved"));
    assert_eq!(story, "approve: approved, ship: shipped, release: Dead");
}

#[test]
fn rejected_releases() {
    let story = both_orders("charged", Some("rejected"));
    assert_eq!(story, "approve: rejected, ship: Dead, release: released");
}

#[test]
fn release_waits_for_reserve_however_charge_ends() {
    let mut rig = order();
    rig.emits("begin", "begun").unwrap();
    rig.emits("charge", "declined").unwrap();
    assert_eq!(*rig.state.step(&name("release")).unwrap(), StepState::Idle);
    rig.emits("reserve", "reserved").unwrap();
    assert_eq!(rig.attempt("release"), 1);
}
