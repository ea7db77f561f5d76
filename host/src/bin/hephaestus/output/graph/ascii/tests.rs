//! Goldens of the drawing: what people see.

use expect_test::{Expect, expect};
use hephaestus_host::core::definition::{JoinRule, Workflow, WorkflowBuilder, step};

use super::*;
use crate::output::graph::fixtures::{graph, order_flow, thirty_steps, workflow};

#[track_caller]
fn check(workflow: &Workflow, width: usize, expected: Expect) {
    expected.assert_eq(&draw(&graph(workflow), width, Style::PLAIN));
}

#[test]
fn a_chain_is_a_straight_line() {
    let chain = workflow(
        "chain",
        [
            step("first").emits("ready", ["second"]),
            step("second").emits("ready", ["third"]),
            step("third").emits("ready", ["done"]),
        ],
    );
    check(
        &chain,
        80,
        expect![[r#"
        chain, version 1  3 steps, 3 transitions

        ●   first   ready → second
        ●   second  ready → third
        ●   third   ready → done
        ■   done
    "#]],
    );
}

#[test]
fn a_fork_and_its_join() {
    let fork = workflow(
        "fork",
        [
            step("fork").emits("forked", ["left", "middle", "right"]),
            step("left").emits("ready", ["join"]),
            step("middle").emits("ready", ["join"]).emits("nothing", ["done"]),
            step("right").emits("ready", ["join"]),
            step("join").emits("joined", ["done"]),
        ],
    );
    check(
        &fork,
        80,
        expect![[r#"
        fork, version 1  5 steps, 6 transitions

        ●─┬─╮   fork    forked → left, middle, right
        ● │ │   left    ready → join
        ├─● │   middle  ready   → join
        │ ○ │           nothing → done
        ├───●   right   ready → join
        ●       join    when all[left.ready, middle.ready, right.ready]
        ○               joined → done
        ■       done
    "#]],
    );
}

#[test]
fn failures_are_dashed() {
    let undo = workflow(
        "undo",
        [
            step("book").emits("booked", ["pay", "cancel"]),
            step("pay").emits("paid", ["done"]).failed(["cancel", "report"]),
            step("cancel")
                .emits("cancelled", ["done"])
                .join_expression("all[book.booked, pay.failed]"),
            step("report").emits("reported", ["done"]),
        ],
    );
    check(
        &undo,
        80,
        expect![[r#"
        undo, version 1  4 steps, 5 transitions

        ●─╮   book    booked → pay, cancel
        ● │   pay     paid   → done
        ○╌┤           failed → cancel, report
        │ ●   cancel  when all[book.booked, pay.failed]
        │ ○           cancelled → done
        ●     report  reported → done
        ■     done
    "#]],
    );
}

#[test]
fn choices_waits_limits_and_the_step_for_cancelling() {
    let builder = WorkflowBuilder::new("notify", 12)
        .step(
            step("ask")
                .accepts("answered", ["pick"])
                .accepts("timeout", ["pick", "done"])
                .deadline(std::time::Duration::from_secs(5)),
        )
        .step(step("pick").emits_dynamic("picked", ["email", "sms", "post"]))
        .step(step("email").emits("sent", ["done"]))
        .step(step("sms").emits("sent", ["done"]))
        .step(step("post").emits("sent", ["done"]))
        .step(step("done").join(JoinRule::Any))
        .step(step("clean-up").emits("cleaned", []))
        .on_cancel("clean-up");
    check(
        &builder.build().expect("sound"),
        80,
        expect![[r#"
            notify, version 12  6 steps, 6 transitions

            ●         ask       waits for answered, timeout
            │                   5.0 s for an attempt
            ○─╮                 answered → pick
            ○─┤                 timeout  → pick, done
              ●       pick      when any[ask.answered, ask.timeout]
              ○─┬─╮             picked → some of email, sms, post
              ● │ │   email     sent → done
                ● │   sms       sent → done
                  ●   post      sent → done
            ■         done      when any[ask.timeout, email.sent, sms.sent, post.sent]
            ●         clean-up  runs when an instance is cancelled
        "#]],
    );
}

#[test]
fn the_order_example() {
    check(
        &order_flow(),
        80,
        expect![[r#"
        order-flow, version 1  10 steps, 16 transitions

        ●─┬─╮         validate  valid   → reserve, charge
        ○ │ │                   invalid → refuse
        │ ●─│─┬─╮     reserve   reserved     → approve, release
        ├─○ │ │ │               out-of-stock → refund, refuse
        │ ├─●─┤ │     charge    charged  → approve, refund
        ├─│─○─│─┤               declined → release, refuse
        │ │   ● │     approve   when all[reserve.reserved, charge.charged]
        │ │   │ │               waits for approved, rejected, timeout
        │ │   ○─│─╮             approved → ship
        ├─┼───○─┤ │             rejected → release, refund, refuse
        │ ├───○─┤ │             timeout  → release, refund, expire
        │ │   │ │ ●   ship      up to 4 attempts
        │ │   │ │ ○             finished → done
        │ ├╌╌╌│╌┼╌○             failed   → release, refund, give-up
        │ │   │ ● │   release   when all[reserve.reserved, any[charge.declined,
        │ │   │ │ │                  approve.rejected, approve.timeout, ship.failed]]
        │ │   │ ○ │             finished → done
        │ ●   │   │   refund    when all[charge.charged, any[reserve.out-of-stock,
        │ │   │   │                  approve.rejected, approve.timeout, ship.failed]]
        │ ○   │   │             finished → done
        ●     │   │   refuse    when settled[validate.invalid, reserve.out-of-stock,
        │     │   │                  charge.declined, approve.rejected]
        ○     │   │             finished → done
              ●   │   expire    finished → done
                  ●   give-up   finished → done
        ■             done
    "#]],
    );
}

#[test]
fn the_documentation_shows_the_order_example_as_it_is() {
    let document = include_str!("../../../../../../../docs/cli.md");
    let drawing = draw(&graph(&order_flow()), 80, Style::PLAIN);
    assert!(
        document.contains(&drawing),
        "docs/cli.md must contain this:\n{drawing}"
    );
}

#[test]
fn on_a_terminal_lines_have_colours_and_nothing_else_changes() {
    let drawing = draw(&graph(&order_flow()), 80, Style::COLOUR);
    let mut parts = drawing.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (_, text) = part.split_once('m').expect("a mark has an end");
        plain += text;
    }
    assert_eq!(plain, draw(&graph(&order_flow()), 80, Style::PLAIN));
}

#[test]
fn thirty_steps_in_a_hundred_columns() {
    check(
        &thirty_steps(),
        100,
        expect![[r#"
        trip, version 1  30 steps, 39 transitions

        ●─┬─┬─┬─┬─┬─┬─╮                 plan              planned  → find-flight, find-hotel, find-car,
        │ │ │ │ │ │ │ │                                              find-insurance, find-transfer,
        │ │ │ │ │ │ │ │                                              find-museum, find-dinner
        ○ │ │ │ │ │ │ │                                   nonsense → apologise
        │ ● │ │ │ │ │ │                 find-flight       found → book-flight
        │ │ ● │ │ │ │ │                 find-hotel        found → book-hotel
        │ │ │ ● │ │ │ │                 find-car          found → book-car
        │ │ │ │ ● │ │ │                 find-insurance    found → book-insurance
        │ │ │ │ │ ● │ │                 find-transfer     found → book-transfer
        │ │ │ │ │ │ ● │                 find-museum       found → book-museum
        │ │ │ │ │ │ │ ●                 find-dinner       found → book-dinner
        │ ●─│─│─│─│─│─│─┬─╮             book-flight       booked → confirm, cancel-flight
        ├╌○╌│╌│╌│╌│╌│╌│╌│╌│╌┬╌┬╌┬╌┬╌╮                     failed → cancel-hotel, cancel-car,
        │ │ │ │ │ │ │ │ │ │ │ │ │ │ │                              cancel-insurance, cancel-transfer,
        │ │ │ │ │ │ │ │ │ │ │ │ │ │ │                              cancel-museum, cancel-dinner, apologise
        │ ├─●─│─│─│─│─│─┤ │ │ │ │ │ │   book-hotel        booked → confirm, cancel-hotel
        ├╌│╌○╌│╌│╌│╌│╌│╌│╌┼╌┼╌┼╌┼╌┼╌┤                     failed → cancel-flight, cancel-car,
        │ │   │ │ │ │ │ │ │ │ │ │ │ │                              cancel-insurance, cancel-transfer,
        │ │   │ │ │ │ │ │ │ │ │ │ │ │                              cancel-museum, cancel-dinner, apologise
        │ │   ●─│─│─│─│─┼─│─┤ │ │ │ │   book-car          booked → confirm, cancel-car
        ├╌┼╌╌╌○╌│╌│╌│╌│╌│╌┼╌│╌┼╌┼╌┼╌┤                     failed → cancel-flight, cancel-hotel,
        │ │     │ │ │ │ │ │ │ │ │ │ │                              cancel-insurance, cancel-transfer,
        │ │     │ │ │ │ │ │ │ │ │ │ │                              cancel-museum, cancel-dinner, apologise
        │ │     ●─│─│─│─┼─│─│─┤ │ │ │   book-insurance    booked → confirm, cancel-insurance
        ├╌┼╌╌╌╌╌○╌│╌│╌│╌│╌┼╌┼╌│╌┼╌┼╌┤                     failed → cancel-flight, cancel-hotel, cancel-car,
        │ │       │ │ │ │ │ │ │ │ │ │                              cancel-transfer, cancel-museum,
        │ │       │ │ │ │ │ │ │ │ │ │                              cancel-dinner, apologise
        │ │       ●─│─│─┼─│─│─│─┤ │ │   book-transfer     booked → confirm, cancel-transfer
        ├╌┼╌╌╌╌╌╌╌○╌│╌│╌│╌┼╌┼╌┼╌│╌┼╌┤                     failed → cancel-flight, cancel-hotel, cancel-car,
        │ │         │ │ │ │ │ │ │ │ │                              cancel-insurance, cancel-museum,
        │ │         │ │ │ │ │ │ │ │ │                              cancel-dinner, apologise
        │ │         ●─│─┼─│─│─│─│─┤ │   book-museum       booked → confirm, cancel-museum
        ├╌┼╌╌╌╌╌╌╌╌╌○╌│╌│╌┼╌┼╌┼╌┼╌│╌┤                     failed → cancel-flight, cancel-hotel, cancel-car,
        │ │           │ │ │ │ │ │ │ │                              cancel-insurance, cancel-transfer,
        │ │           │ │ │ │ │ │ │ │                              cancel-dinner, apologise
        │ │           ●─┼─│─│─│─│─│─┤   book-dinner       booked → confirm, cancel-dinner
        ├╌┼╌╌╌╌╌╌╌╌╌╌╌○╌│╌┼╌┼╌┼╌┼╌┤ │                     failed → cancel-flight, cancel-hotel, cancel-car,
        │ │             │ │ │ │ │ │ │                              cancel-insurance, cancel-transfer,
        │ │             │ │ │ │ │ │ │                              cancel-museum, apologise
        │ │             │ ● │ │ │ │ │   cancel-flight     when all[book-flight.booked,
        │ │             │ │ │ │ │ │ │                          any[book-hotel.failed, book-car.failed,
        │ │             │ │ │ │ │ │ │                          book-insurance.failed, book-transfer.failed,
        │ │             │ │ │ │ │ │ │                          book-museum.failed, book-dinner.failed]]
        │ │             │ ○ │ │ │ │ │                     cancelled → done
        │ ●             │   │ │ │ │ │   cancel-hotel      when all[book-hotel.booked,
        │ │             │   │ │ │ │ │                          any[book-flight.failed, book-car.failed,
        │ │             │   │ │ │ │ │                          book-insurance.failed, book-transfer.failed,
        │ │             │   │ │ │ │ │                          book-museum.failed, book-dinner.failed]]
        │ ○             │   │ │ │ │ │                     cancelled → done
        │               │   ● │ │ │ │   cancel-car        when all[book-car.booked, any[book-flight.failed,
        │               │   │ │ │ │ │                          book-hotel.failed, book-insurance.failed,
        │               │   │ │ │ │ │                          book-transfer.failed, book-museum.failed,
        │               │   │ │ │ │ │                          book-dinner.failed]]
        │               │   ○ │ │ │ │                     cancelled → done
        │               │     ● │ │ │   cancel-insurance  when all[book-insurance.booked,
        │               │     │ │ │ │                          any[book-flight.failed, book-hotel.failed,
        │               │     │ │ │ │                          book-car.failed, book-transfer.failed,
        │               │     │ │ │ │                          book-museum.failed, book-dinner.failed]]
        │               │     ○ │ │ │                     cancelled → done
        │               │       ● │ │   cancel-transfer   when all[book-transfer.booked,
        │               │       │ │ │                          any[book-flight.failed, book-hotel.failed,
        │               │       │ │ │                          book-car.failed, book-insurance.failed,
        │               │       │ │ │                          book-museum.failed, book-dinner.failed]]
        │               │       ○ │ │                     cancelled → done
        │               │         ● │   cancel-museum     when all[book-museum.booked,
        │               │         │ │                          any[book-flight.failed, book-hotel.failed,
        │               │         │ │                          book-car.failed, book-insurance.failed,
        │               │         │ │                          book-transfer.failed, book-dinner.failed]]
        │               │         ○ │                     cancelled → done
        │               │           ●   cancel-dinner     when all[book-dinner.booked,
        │               │           │                          any[book-flight.failed, book-hotel.failed,
        │               │           │                          book-car.failed, book-insurance.failed,
        │               │           │                          book-transfer.failed, book-museum.failed]]
        │               │           ○                     cancelled → done
        │               ●               confirm           when all[book-flight.booked, book-hotel.booked,
        │               │                                      book-car.booked, book-insurance.booked,
        │               │                                      book-transfer.booked, book-museum.booked,
        │               │                                      book-dinner.booked]
        │               │                                 waits for confirmed, timeout
        │               ○─╮                               confirmed → pay
        │               ○─┤                               timeout   → pay
        │                 ●             pay               when any[confirm.confirmed, confirm.timeout]
        │                 ○─╮                             paid → notify, archive
        │                 ●─│─┬─╮       notify            chosen → some of email, sms, post
        │                 │ ● │ │       archive           archived → done
        │                 ●   │ │       email             sent → done
        │                     ● │       sms               sent → done
        │                       ●       post              sent → done
        ●                               apologise         when any[plan.nonsense, book-flight.failed,
        │                                                      book-hotel.failed, book-car.failed,
        │                                                      book-insurance.failed, book-transfer.failed,
        │                                                      book-museum.failed, book-dinner.failed]
        ○                                                 sent → done
        ■                               done
    "#]],
    );
}

#[test]
fn long_names_are_shown_whole() {
    let long = |name: &str| format!("{name}-{}", "x".repeat(63 - name.len()));
    let names = ["a", "b", "c"].map(long);
    let events = ["e", "f"].map(long);
    let steps = workflow(
        "long",
        [
            step(&names[0]).emits(&events[0], [names[1].as_str(), &names[2]]),
            step(&names[1]).emits(&events[1], [names[2].as_str()]),
            step(&names[2]).emits("x", ["done"]),
        ],
    );
    check(
        &steps,
        80,
        expect![[r#"
        long, version 1  3 steps, 3 transitions

        ●     a-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
        ○─╮         e-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx → b-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx,
        │ │                                                                            c-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
        ● │   b-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
        ○─┤         f-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx → c-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
          ●   c-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
          │         when all[a-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.e-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx,
          │              b-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.f-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx]
          ○         x → done
        ■     done
    "#]],
    );
}

#[test]
fn steps_without_a_lane_say_what_leads_to_them() {
    let names: Vec<String> = (0..8).map(|at| format!("part-{at}")).collect();
    let mut steps = vec![step("fork").emits("forked", names.iter().map(String::as_str))];
    steps.extend(names.iter().map(|name| step(name).emits("ready", ["join"])));
    steps.push(step("join").emits("joined", ["done"]));
    check(
        &workflow("wide", steps),
        40,
        expect![[r#"
        wide, version 1  10 steps, 10 transitions

        ●─┬─╮   fork    forked → part-0, part-1,
        │ │ │                    part-2, part-3,
        │ │ │                    part-4, part-5,
        │ │ │                    part-6, part-7
        ● │ │   part-0  ready → join
        ├─● │   part-1  ready → join
        ├───●   part-2  ready → join
        │ ●     part-3  after fork.forked
        ├─○             ready → join
        │ ●     part-4  after fork.forked
        ├─○             ready → join
        │ ●     part-5  after fork.forked
        ├─○             ready → join
        │ ●     part-6  after fork.forked
        ├─○             ready → join
        │ ●     part-7  after fork.forked
        ├─○             ready → join
        ●       join    when all[part-0.ready,
        │                    part-1.ready,
        │                    part-2.ready,
        │                    part-3.ready,
        │                    part-4.ready,
        │                    part-5.ready,
        │                    part-6.ready,
        │                    part-7.ready]
        ○               joined → done
        ■       done
    "#]],
    );
}
