//! The thread survives its jobs.

use rusqlite::Connection;

use super::{Failure, FileLock, Keeper, Writer};
use crate::store::sqlite::{Readers, SqliteOptions};
use std::sync::Arc;

fn writer(folder: &tempfile::TempDir) -> Writer {
    let path = folder.path().join("store.db");
    let lock = FileLock::acquire(&path).expect("nobody else locks it");
    let connection = Connection::open(&path).expect("a database");
    connection
        .execute_batch("CREATE TABLE songs (title TEXT)")
        .expect("a table");
    let options = SqliteOptions::default();
    let readers = Arc::new(Readers::new(path.clone(), options.clone()));
    let keeper = Keeper::new(connection, path, options, readers);
    Writer::spawn(keeper, lock).expect("a thread")
}

async fn count(writer: &Writer) -> Result<u32, Failure> {
    writer
        .run(|connection| Ok(connection.query_row("SELECT count(*) FROM songs", [], |row| row.get(0))?))
        .await
}

#[tokio::test]
async fn a_panic_is_answered_and_rolled_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let writer = writer(&folder);
    let panicked = writer
        .run(|connection| -> Result<(), Failure> {
            connection.execute_batch("BEGIN; INSERT INTO songs VALUES ('la la la')")?;
            panic!("out of cheese");
        })
        .await;
    assert!(matches!(panicked, Err(Failure::WriterPanicked)), "{panicked:?}");
    assert!(matches!(count(&writer).await, Ok(0)));
}

#[tokio::test]
async fn a_failed_job_leaves_no_transaction_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let writer = writer(&folder);
    let failed = writer
        .run(|connection| {
            connection.execute_batch("BEGIN; INSERT INTO songs VALUES ('la la la'); SING")?;
            Ok(())
        })
        .await;
    assert!(matches!(failed, Err(Failure::Sqlite(_))), "{failed:?}");
    assert!(matches!(count(&writer).await, Ok(0)));
    writer.close().await;
    assert!(matches!(count(&writer).await, Err(Failure::Closed)));
}

#[test]
fn a_disk_that_hangs_keeps_neither_who_closes_nor_the_runtime() {
    let folder = tempfile::tempdir().expect("a folder");
    let (let_go, hung) = std::sync::mpsc::channel::<()>();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let writer = runtime.block_on(async {
        let writer = Arc::new(writer(&folder));
        let hangs = Arc::clone(&writer);
        tokio::spawn(async move {
            let hangs = hangs.run(move |_| {
                let _ = begun.send(());
                let _ = hung.recv();
                Ok(())
            });
            let _ = hangs.await;
        });
        has_begun.await.expect("the job begins");
        let closing = tokio::time::timeout(std::time::Duration::from_millis(50), writer.close());
        assert!(closing.await.is_err(), "it hangs");
        writer
    });
    drop(runtime);
    drop(writer);
    let_go.send(()).expect("the thread still hangs");
}
