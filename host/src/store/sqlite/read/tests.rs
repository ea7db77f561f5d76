//! Each statement that reads many rows is answered from an index, without sorting.

use expect_test::{Expect, expect};
use hephaestus_core::engine::InstanceStatus;
use rusqlite::Connection;

use super::{DUE_TIMERS, NEXT_TIMER, select};
use crate::store::Query;
use crate::store::sqlite::schema;

#[track_caller]
fn check_plan(sql: &str, expected: Expect) {
    let mut connection = Connection::open_in_memory().expect("a database");
    schema::migrate(&mut connection, 0).expect("the schema");
    let mut statement = connection
        .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
        .expect("a statement");
    let steps = statement
        .raw_query()
        .mapped(|row| row.get::<_, String>(3))
        .collect::<rusqlite::Result<Vec<_>>>()
        .expect("a plan");
    let plan = steps.join("\n");
    assert!(!plan.contains("TEMP B-TREE"), "something is sorted:\n{plan}");
    expected.assert_eq(&plan);
}

#[track_caller]
fn check_query(query: Query, expected: Expect) {
    check_plan(&select(&query).0, expected);
}

fn active() -> Vec<InstanceStatus> {
    vec![InstanceStatus::Waiting, InstanceStatus::Running]
}

#[test]
fn everything_comes_from_the_primary_key() {
    check_query(
        Query::default(),
        expect!["SEARCH instances USING INDEX sqlite_autoindex_instances_1 (id<?)"],
    );
}

#[test]
fn statuses_are_merged() {
    check_query(
        Query {
            statuses: active(),
            ..Query::default()
        },
        expect![[r#"
            MERGE (UNION ALL)
            LEFT
            SEARCH instances USING INDEX instances_by_status (status=? AND id<?)
            RIGHT
            SEARCH instances USING INDEX instances_by_status (status=? AND id<?)"#]],
    );
}

#[test]
fn a_workflow_is_a_merge_of_its_statuses() {
    let workflow = "orders".parse().ok();
    check_query(
        Query {
            workflow,
            ..Query::default()
        },
        expect![[r#"
            MERGE (UNION ALL)
            LEFT
            MERGE (UNION ALL)
            LEFT
            MERGE (UNION ALL)
            LEFT
            SEARCH instances USING INDEX instances_by_workflow (workflow=? AND status=? AND id<?)
            RIGHT
            SEARCH instances USING INDEX instances_by_workflow (workflow=? AND status=? AND id<?)
            RIGHT
            SEARCH instances USING INDEX instances_by_workflow (workflow=? AND status=? AND id<?)
            RIGHT
            MERGE (UNION ALL)
            LEFT
            MERGE (UNION ALL)
            LEFT
            SEARCH instances USING INDEX instances_by_workflow (workflow=? AND status=? AND id<?)
            RIGHT
            SEARCH instances USING INDEX instances_by_workflow (workflow=? AND status=? AND id<?)
            RIGHT
            SEARCH instances USING INDEX instances_by_workflow (workflow=? AND status=? AND id<?)"#]],
    );
}

#[test]
fn a_workflow_with_statuses_merges_those() {
    let workflow = "orders".parse().ok();
    check_query(
        Query {
            workflow,
            statuses: active(),
            ..Query::default()
        },
        expect![[r#"
            MERGE (UNION ALL)
            LEFT
            SEARCH instances USING INDEX instances_by_workflow (workflow=? AND status=? AND id<?)
            RIGHT
            SEARCH instances USING INDEX instances_by_workflow (workflow=? AND status=? AND id<?)"#]],
    );
}

#[test]
fn a_business_id_has_its_index() {
    let business_id = "orderid::abc123".parse().ok();
    let plan = expect!["SEARCH instances USING INDEX instances_by_business_id (business_id=? AND id<?)"];
    check_query(
        Query {
            business_id: business_id.clone(),
            ..Query::default()
        },
        plan,
    );
    let workflow = "orders".parse().ok();
    let plan = expect!["SEARCH instances USING INDEX active_by_business_id (business_id=? AND id<?)"];
    check_query(
        Query {
            business_id,
            workflow,
            statuses: active(),
            ..Query::default()
        },
        plan,
    );
}

#[test]
fn timers_come_in_the_order_of_their_index() {
    check_plan(
        DUE_TIMERS,
        expect!["SEARCH timers USING COVERING INDEX timers_by_due (due<?)"],
    );
    check_plan(
        NEXT_TIMER,
        expect!["SEARCH timers USING COVERING INDEX timers_by_due (due>?)"],
    );
}

#[test]
fn statements_are_few() {
    let (sql, _) = select(&Query {
        statuses: active(),
        ..Query::default()
    });
    let mut other_order = active();
    other_order.reverse();
    other_order.push(InstanceStatus::Running);
    let (same, _) = select(&Query {
        statuses: other_order,
        ..Query::default()
    });
    assert_eq!(sql, same);
}
