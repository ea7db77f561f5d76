//! The same random commands give the same answers from all backends.

use hephaestus_core::Timestamp;
use hephaestus_core::engine::InstanceStatus;
use hephaestus_host::store::{Query, Store, Write};
use proptest::collection::vec;
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof, proptest};

use crate::support::{Draft, Subject, deployed, digest, instance_id, timer};

/// Few of each, so that they meet.
const INSTANCES: u64 = 4;

#[derive(Debug, Clone)]
enum Command {
    Batch(Vec<Op>),
    Deploy { version: u32, code: u8 },
    Delete(u64),
    Purge { ended_before: u64, limit: usize },
}

#[derive(Debug, Clone)]
struct Op {
    instance: u64,
    /// `None`: create.
    expected_version: Option<u64>,
    entries: u64,
    status: InstanceStatus,
    key: Option<u8>,
    request: Option<u8>,
    set: Vec<(u32, u64)>,
    cleared: Vec<u32>,
}

impl Op {
    fn write(&self) -> Write {
        let mut draft = Draft::new(self.instance);
        draft = match self.key {
            Some(key) => draft.unique(&format!("key {key}")),
            None => draft.not_unique(),
        };
        draft.summary.status = self.status;
        let ended_at = draft.summary.updated_at.0 + self.entries;
        draft.summary.ended_at = self.status.is_terminal().then_some(Timestamp(ended_at));
        let timers: Vec<_> = self
            .set
            .iter()
            .map(|(number, due)| timer(*number, *due))
            .collect();
        draft.sets(&timers).clears(&self.cleared);
        match (self.expected_version, self.request) {
            (Some(version), _) => {
                draft.summary.version = version;
                draft.append_many(self.entries)
            }
            (None, Some(request)) => draft.create_for(&format!("request {request}")),
            (None, None) => draft.create(),
        }
    }
}

fn statuses() -> impl Strategy<Value = InstanceStatus> {
    prop_oneof![
        Just(InstanceStatus::Running),
        Just(InstanceStatus::Waiting),
        Just(InstanceStatus::Completed),
        Just(InstanceStatus::Failed),
    ]
}

fn ops() -> impl Strategy<Value = Op> {
    let timers = (vec((1..4_u32, 0..6_u64), 0..3), vec(1..4_u32, 0..2));
    let version = prop_oneof![1 => Just(None), 3 => (1..6_u64).prop_map(Some)];
    let names = (proptest::option::of(0..3_u8), proptest::option::of(0..3_u8));
    (0..INSTANCES, version, 1..3_u64, statuses(), names, timers).prop_map(
        |(instance, expected_version, entries, status, (key, request), (set, cleared))| Op {
            instance,
            expected_version,
            entries,
            status,
            key,
            request,
            set,
            cleared,
        },
    )
}

fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![
        6 => vec(ops(), 1..6).prop_map(Command::Batch),
        1 => (1..3_u32, any::<bool>()).prop_map(|(version, code)| Command::Deploy { version, code: code.into() }),
        1 => (0..INSTANCES).prop_map(Command::Delete),
        1 => (prop_oneof![1_000..1_005_u64, 9_998..10_010_u64], 0..9_usize).prop_map(|(ended_before, limit)| Command::Purge { ended_before, limit }),
    ]
}

/// All that can be asked, as text.
async fn everything(store: &dyn Store) -> String {
    let mut found = Vec::new();
    for n in 0..INSTANCES {
        found.push(format!("{:?}", store.journal(instance_id(n)).await));
        found.push(format!("{:?}", store.summary(instance_id(n)).await));
        let before = Query {
            before: Some(instance_id(n)),
            limit: 2,
            ..Query::default()
        };
        found.push(format!("{:?}", store.query(before).await));
        found.push(format!("{:?}", store.due_timers(Timestamp(n), 3).await));
        found.push(format!("{:?}", store.next_timer(Timestamp(n)).await));
    }
    for status in [InstanceStatus::Running, InstanceStatus::Completed] {
        let query = Query {
            statuses: vec![status, InstanceStatus::Waiting],
            limit: 9,
            ..Query::default()
        };
        found.push(format!("{:?}", store.query(query).await));
    }
    found.push(format!("{:?}", store.versions(None).await));
    found.push(format!("{:?}", store.component(digest(1)).await));
    found.join("\n")
}

async fn run(store: &dyn Store, command: &Command) -> String {
    match command {
        Command::Batch(ops) => format!("{:?}", store.write(ops.iter().map(Op::write).collect()).await),
        Command::Deploy { version, code } => {
            let version = deployed("orders", *version, *code);
            format!("{:?}", store.deploy(version, vec![*code]).await)
        }
        Command::Delete(n) => format!("{:?}", store.delete(instance_id(*n)).await),
        Command::Purge { ended_before, limit } => {
            format!("{:?}", store.purge(Timestamp(*ended_before), *limit).await)
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn backends_agree(commands in vec(commands(), 1..30)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (memory, sqlite) = (Subject::memory().await, Subject::sqlite().await);
            for command in &commands {
                let answers = (run(&*memory.store, command).await, run(&*sqlite.store, command).await);
                assert_eq!(answers.0, answers.1, "{command:?}");
            }
            assert_eq!(everything(&*memory.store).await, everything(&*sqlite.store).await);
        });
    }
}
