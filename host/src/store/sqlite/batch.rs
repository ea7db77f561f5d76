//! Many writes, one transaction, one sync.
//!
//! A write that fails for a reason of its own (what is stored of its instance is damaged, a value is too large) doesn't
//! take its neighbours with it: the transaction is rolled back, and done again without it. That is rare, so nothing is
//! paid for it otherwise, as a savepoint for each write would be (`docs/adr/0002-group-commit-above-the-store.md`).

use std::collections::BTreeMap;
use std::sync::Arc;

use hephaestus_core::InstanceId;
use rusqlite::{Connection, TransactionBehavior};

use super::failure::Failure;
use super::write::Writing;
use crate::store::{Texts, Write, WriteAnswer};

/// How many writes of a batch fail alone, at most. With more, the damage isn't that of some instances.
const MAX_FAILED: usize = 16;

/// What became of one write of a batch.
pub(super) type Answer = Result<WriteAnswer, (InstanceId, Failure)>;

/// A write and its texts.
type Job = (Arc<Write>, Texts);

/// Does `writes`; answers each, in order.
pub(super) fn batch(connection: &mut Connection, writes: &[Job]) -> Result<Vec<Answer>, Failure> {
    let mut failed = BTreeMap::new();
    loop {
        match attempt(connection, writes, &failed) {
            Ok(answers) => return Ok(with_failed(answers, failed, writes)),
            Err((Some(at), failure))
                if failure.is_of_one_write() && writes.len() > 1 && failed.len() < MAX_FAILED =>
            {
                failed.insert(at, failure);
            }
            Err((_, failure)) => return Err(failure),
        }
    }
}

/// Does all but those that have failed before. On error nothing was changed, or nobody knows (a failed commit); with the
/// write that it struck, if it was one.
fn attempt(
    connection: &mut Connection,
    writes: &[Job],
    failed: &BTreeMap<usize, Failure>,
) -> Result<Vec<WriteAnswer>, (Option<usize>, Failure)> {
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(|error| (None, error.into()))?;
    let mut answers = Vec::with_capacity(writes.len());
    let mut writing = Writing::new(&transaction).map_err(|error| (None, error.into()))?;
    for (at, (write, texts)) in writes.iter().enumerate() {
        if !failed.contains_key(&at) {
            let answer = writing.one(write, texts);
            answers.push(answer.map_err(|failure| (Some(at), failure))?);
        }
    }
    drop(writing);
    transaction
        .commit()
        .map_err(|error| (None, Failure::Commit(error)))?;
    Ok(answers)
}

/// Puts the failures where they belong between the answers.
fn with_failed(
    answers: Vec<WriteAnswer>,
    mut failed: BTreeMap<usize, Failure>,
    writes: &[Job],
) -> Vec<Answer> {
    if failed.is_empty() {
        return answers.into_iter().map(Ok).collect();
    }
    let mut answers = answers.into_iter();
    let all = writes.iter().enumerate();
    all.filter_map(|(at, (write, _))| match failed.remove(&at) {
        Some(failure) => Some(Err((write.instance(), failure))),
        None => answers.next().map(Ok),
    })
    .collect()
}
