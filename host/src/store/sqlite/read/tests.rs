//! Each statement that reads many rows is answered from an index, without sorting. The plans are those of an empty store, and
//! of every other one: SQLite has no statistics of our files (nothing runs `ANALYZE`).

use expect_test::{Expect, expect};
use hephaestus_core::InstanceId;
use hephaestus_core::engine::InstanceStatus;
use rusqlite::Connection;

use super::{DUE_TIMERS, NEXT_TIMER, select};
use crate::store::Query;
use crate::store::sqlite::schema;

/// How SQLite answers a statement.
fn plan(sql: &str) -> String {
    let mut connection = Connection::open_in_memory().expect("a database");
    schema::migrate(&mut connection, 0).expect("the schema");
    let explained = format!("EXPLAIN QUERY PLAN {sql}");
    let mut statement = connection.prepare(&explained).expect("a statement");
    let steps = statement.raw_query().mapped(|row| row.get::<_, String>(3));
    let steps = steps.collect::<rusqlite::Result<Vec<_>>>().expect("a plan");
    steps.join("\n")
}

#[track_caller]
fn check_plan(sql: &str, expected: Expect) {
    let plan = plan(sql);
    assert!(!plan.contains("TEMP B-TREE"), "something is sorted:\n{plan}");
    expected.assert_eq(&plan);
}

/// The statements that a source file has as texts; not those that it puts together.
fn statements(source: &str) -> Vec<&str> {
    let texts = source.split('"').skip(1).step_by(2);
    let statements = texts.filter(|text| {
        let word = text.split_whitespace().next();
        matches!(word, Some("SELECT" | "INSERT" | "UPDATE" | "DELETE"))
    });
    statements.filter(|text| !text.contains('{')).collect()
}

/// Whatever is run by the host, and so also what will be added: from an index, without sorting.
#[test]
fn no_statement_scans_or_sorts_what_may_be_many() {
    // A few rows each, and not on the way of any instance.
    let few = ["SCAN components USING COVERING INDEX", "SCAN versions"];
    let mut found = Vec::new();
    for source in [
        include_str!("../read.rs"),
        include_str!("../remove.rs"),
        include_str!("../write.rs"),
    ] {
        for sql in statements(source) {
            found.push(sql);
            let plan = plan(sql);
            for step in plan.lines() {
                let is_few = few.iter().any(|few| step.starts_with(few));
                assert!(!step.contains("TEMP B-TREE"), "{sql}\n{plan}");
                assert!(
                    !step.starts_with("SCAN") || step == "SCAN CONSTANT ROW" || is_few,
                    "{sql}\n{plan}"
                );
            }
        }
    }
    assert!(found.len() > 25, "only {} statements were found", found.len());
    assert!(found.contains(&DUE_TIMERS) && found.contains(&super::JOURNAL));
}

/// Every list that can be asked for.
#[test]
fn no_list_scans_or_sorts() {
    let mut lists = 0;
    for filters in 0..1_u32 << (super::ALL_STATUSES.len() + 3) {
        let has = |bit: usize| filters & (1 << bit) != 0;
        let statuses = super::ALL_STATUSES.iter().enumerate();
        let statuses = statuses.filter(|(bit, _)| has(bit + 3));
        let query = Query {
            workflow: has(0).then(|| "orders".parse().expect("a name")),
            business_id: has(1).then(|| "orderid::abc123".parse().expect("a business id")),
            before: has(2).then(|| InstanceId(uuid::Uuid::nil())),
            statuses: statuses.map(|(_, status)| *status).collect(),
            ..Query::default()
        };
        let plan = plan(&select(&query).0);
        assert!(plan.contains("SEARCH instances USING INDEX"), "{query:?}\n{plan}");
        assert!(!plan.contains("SCAN"), "{query:?}\n{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{query:?}\n{plan}");
        lists += 1;
    }
    assert_eq!(lists, 512);
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
