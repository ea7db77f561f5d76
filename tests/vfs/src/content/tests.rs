//! Each rule of the disk, alone.

use super::{Choice, Content, SECTOR_BYTES, Sector};

/// Always the oldest, or always the newest; sectors apart from that by their numbers.
struct Fixed {
    newest: bool,
    except: Vec<u64>,
    fresh: Option<u8>,
}

impl Choice for Fixed {
    fn length(&mut self, count: usize) -> usize {
        if self.newest { count - 1 } else { 0 }
    }
    fn sector(&mut self, number: u64, count: usize) -> usize {
        if self.newest != self.except.contains(&number) {
            count - 1
        } else {
            0
        }
    }
    fn fresh(&mut self) -> Option<Sector> {
        self.fresh.map(|byte| [byte; SECTOR_BYTES])
    }
}

fn oldest() -> Fixed {
    Fixed {
        newest: false,
        except: Vec::new(),
        fresh: None,
    }
}

fn newest() -> Fixed {
    Fixed {
        newest: true,
        ..oldest()
    }
}

fn newest_except(except: &[u64]) -> Fixed {
    Fixed {
        except: except.to_vec(),
        ..newest()
    }
}

fn synced(bytes: &[u8]) -> Content {
    let mut content = Content::new();
    content.write(0, bytes);
    content.sync();
    content
}

#[test]
fn what_is_synced_is_there_and_what_is_not_may_be() {
    let mut content = synced(b"ab");
    content.write(1, b"x");
    content.write(2, b"y");
    assert_eq!(content.survivor(&mut oldest()), b"ab");
    assert_eq!(content.survivor(&mut newest()), b"axy");
    assert!(content.is_unsettled());
    content.sync();
    assert_eq!(content.survivor(&mut oldest()), b"axy");
    assert!(!content.is_unsettled());
}

#[test]
fn a_sector_is_as_it_was_at_one_moment() {
    struct Second;
    impl Choice for Second {
        fn length(&mut self, count: usize) -> usize {
            count - 1
        }
        fn sector(&mut self, _: u64, count: usize) -> usize {
            assert_eq!(count, 3, "before, after the first write, after both");
            1
        }
        fn fresh(&mut self) -> Option<Sector> {
            None
        }
    }
    let mut content = synced(b"ab");
    content.write(0, b"x");
    content.write(1, b"y");
    assert_eq!(content.survivor(&mut Second), b"xb", "never ay");
}

#[test]
fn neighbours_are_torn_apart() {
    let mut content = synced(&[1; 3 * SECTOR_BYTES]);
    content.write(0, &[2; 3 * SECTOR_BYTES]);
    let bytes = content.survivor(&mut newest_except(&[1]));
    let sectors: Vec<u8> = bytes.chunks(SECTOR_BYTES).map(|sector| sector[7]).collect();
    assert_eq!(sectors, [2, 1, 2]);
}

#[test]
fn a_length_without_its_data_shows_zeros_or_what_lay_there() {
    let mut content = synced(b"a");
    content.write(600, b"z");
    let mut bytes = content.survivor(&mut newest_except(&[1]));
    assert_eq!((bytes.len(), bytes[0], bytes.pop()), (601, b'a', Some(0)));
    let mut choice = newest_except(&[1]);
    choice.fresh = Some(7);
    assert_eq!(content.survivor(&mut choice).pop(), Some(7));
}

#[test]
fn a_cut_is_undone_whole_or_not_at_all() {
    let mut content = synced(&[1; 2 * SECTOR_BYTES]);
    content.truncate(10);
    content.write(SECTOR_BYTES as u64, &[2; SECTOR_BYTES]);
    assert_eq!(content.survivor(&mut oldest()), [1; 2 * SECTOR_BYTES]);
    let after = content.survivor(&mut newest_except(&[0, 1]));
    assert_eq!(
        after[..10],
        [1; 10],
        "the cut is durable with the length that follows it"
    );
    assert_eq!(
        after[10..],
        [0; 2 * SECTOR_BYTES - 10],
        "what was cut off is gone"
    );
    content.sync();
    let after = content.survivor(&mut oldest());
    assert_eq!(after[SECTOR_BYTES..], [2; SECTOR_BYTES]);
}

#[test]
fn after_a_failed_sync_a_later_one_proves_nothing() {
    let mut content = synced(b"a");
    content.write(0, b"b");
    content.fail_sync();
    content.sync();
    assert_eq!(content.survivor(&mut oldest()), b"a");
    assert_eq!(content.survivor(&mut newest()), b"b");
    content.write(0, b"c");
    content.sync();
    assert_eq!(
        content.survivor(&mut oldest()),
        b"c",
        "written again, it is durable"
    );
}
