//! What may be left of a disk when the power fails. Pure: a fold over [`Op`]s, and a choice.
//!
//! Synced: there. Not synced: the [`Pattern`] says. A file whose folder wasn't synced since it was created may be missing,
//! one that was removed may be back.
//!
//! Not in this model: a disk that says "synced" and lies, bits that change by themselves, sectors torn within.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use crate::content::{Choice, Content, SECTOR_BYTES};
use crate::trace::{FileName, Op};

/// A folder on a disk.
#[derive(Debug, Clone)]
pub struct Platter {
    /// All files that ever were, whatever they are called now.
    files: Vec<Content>,
    /// Who was in the folder, since its last sync; the first is durable.
    folder: Vec<BTreeMap<FileName, usize>>,
    /// The last sectors written: what a disk that reorders may have written first.
    last_written: Option<(usize, u64, u64)>,
}

/// The files that are left.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Image(BTreeMap<FileName, Vec<u8>>);

/// What is left of that which wasn't synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// Nothing.
    Nothing,
    /// All.
    Everything,
    /// All but the last write.
    AllButTheLast,
    /// The last write, and nothing before it.
    OnlyTheLast,
    /// The lengths of the files, and where their content should be something else.
    LengthsAlone,
    /// Each sector, length and name by chance.
    Sectors(u64),
    /// Each page of 4 KiB by chance, lengths and names too.
    Pages(u64),
}

impl Default for Platter {
    fn default() -> Self {
        Self::new()
    }
}

impl Platter {
    /// An empty folder, which is itself durable.
    pub fn new() -> Self {
        Self {
            files: Vec::new(),
            folder: vec![BTreeMap::new()],
            last_written: None,
        }
    }

    fn file(&self, name: &FileName) -> Option<usize> {
        self.folder.last()?.get(name).copied()
    }

    fn change_folder(&mut self, change: impl FnOnce(&mut BTreeMap<FileName, usize>)) {
        let mut folder = self.folder.last().cloned().unwrap_or_default();
        change(&mut folder);
        self.folder.push(folder);
    }

    fn sync_folder(&mut self) {
        self.folder.drain(..self.folder.len() - 1);
    }

    /// Something is done to the disk.
    ///
    /// # Panics
    ///
    /// If it is done to a file that isn't there: the trace is wrong.
    pub fn apply(&mut self, op: &Op) {
        let name = op.file();
        if let Op::Create { .. } = op {
            self.files.push(Content::new());
            let id = self.files.len() - 1;
            self.change_folder(|folder| {
                folder.insert(name.clone(), id);
            });
            return;
        }
        let Some(id) = self.file(name) else {
            panic!("`{name}` isn't there for {op:?}");
        };
        match op {
            Op::Create { .. } => {}
            Op::Write { offset, bytes, .. } => {
                self.files[id].write(*offset, bytes);
                let last = (offset + bytes.len() as u64).saturating_sub(1);
                let sector = SECTOR_BYTES as u64;
                self.last_written = Some((id, offset / sector, last / sector));
            }
            Op::Truncate { size, .. } => self.files[id].truncate(*size),
            Op::Sync { with_folder, .. } => {
                self.files[id].sync();
                if *with_folder {
                    self.sync_folder();
                }
            }
            Op::FailedSync { .. } => self.files[id].fail_sync(),
            Op::Delete { with_folder, .. } => {
                self.change_folder(|folder| {
                    folder.remove(name);
                });
                if *with_folder {
                    self.sync_folder();
                }
            }
        }
    }

    /// Whether anything is left to chance.
    pub fn is_unsettled(&self) -> bool {
        let unsettled = |id: &usize| self.files[*id].is_unsettled();
        self.folder.len() > 1 || self.folder[0].values().any(unsettled)
    }

    /// The power fails, and this is left.
    pub fn survivors(&self, pattern: Pattern) -> Image {
        let folder = match pattern {
            Pattern::Nothing | Pattern::OnlyTheLast => 0,
            Pattern::Everything | Pattern::AllButTheLast | Pattern::LengthsAlone => self.folder.len() - 1,
            Pattern::Sectors(seed) | Pattern::Pages(seed) => below(mix(seed, 0, u64::MAX), self.folder.len()),
        };
        let files = self.folder[folder].iter().map(|(name, &id)| {
            let mut draw = Draw {
                pattern,
                file: id,
                last_written: self.last_written,
                fresh: 0,
            };
            (name.clone(), self.files[id].survivor(&mut draw))
        });
        Image(files.collect())
    }
}

/// The pattern, for one file.
struct Draw {
    pattern: Pattern,
    file: usize,
    last_written: Option<(usize, u64, u64)>,
    fresh: u64,
}

impl Draw {
    fn is_last(&self, sector: u64) -> bool {
        let last = self.last_written;
        last.is_some_and(|(file, from, to)| file == self.file && (from..=to).contains(&sector))
    }
}

impl Choice for Draw {
    fn length(&mut self, count: usize) -> usize {
        match self.pattern {
            Pattern::Nothing => 0,
            // The data that only the last write has is there: then the length that it needs is there, too.
            Pattern::Everything | Pattern::AllButTheLast | Pattern::OnlyTheLast | Pattern::LengthsAlone => {
                count - 1
            }
            Pattern::Sectors(seed) | Pattern::Pages(seed) => {
                below(mix(seed, self.file as u64, u64::MAX - 1), count)
            }
        }
    }

    fn sector(&mut self, number: u64, count: usize) -> usize {
        match self.pattern {
            Pattern::Nothing | Pattern::LengthsAlone => 0,
            Pattern::Everything => count - 1,
            Pattern::AllButTheLast if self.is_last(number) => (count - 1).saturating_sub(1),
            Pattern::AllButTheLast => count - 1,
            Pattern::OnlyTheLast if self.is_last(number) => count - 1,
            Pattern::OnlyTheLast => 0,
            Pattern::Sectors(seed) => below(mix(seed, self.file as u64, number), count),
            Pattern::Pages(seed) => {
                let page = number * SECTOR_BYTES as u64 / 4096;
                match mix(seed, self.file as u64, page) & 1 {
                    0 => 0,
                    _ => count - 1,
                }
            }
        }
    }

    fn fresh(&mut self) -> Option<[u8; SECTOR_BYTES]> {
        if self.pattern != Pattern::LengthsAlone {
            return None;
        }
        self.fresh += 1;
        let mut sector = [0; SECTOR_BYTES];
        for (index, chunk) in sector.chunks_mut(8).enumerate() {
            chunk.copy_from_slice(&mix(self.fresh, self.file as u64, index as u64).to_le_bytes());
        }
        Some(sector)
    }
}

/// Three numbers stirred into one (splitmix64).
pub(crate) fn mix(a: u64, b: u64, c: u64) -> u64 {
    [a, b, c]
        .into_iter()
        .fold(0x9E37_79B9_7F4A_7C15, |state: u64, number| {
            let mut z = (state ^ number).wrapping_add(0x9E37_79B9_7F4A_7C15);
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            z ^ (z >> 31)
        })
}

fn below(number: u64, count: usize) -> usize {
    (number % count.max(1) as u64) as usize
}

impl Image {
    /// The content of a file; `None`: it is missing.
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(Vec::as_slice)
    }

    /// The same for equal images.
    pub fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }

    /// Puts the files into an empty folder.
    pub fn write_into(&self, folder: &Path) -> std::io::Result<()> {
        self.0
            .iter()
            .try_for_each(|(name, bytes)| std::fs::write(folder.join(&**name), bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> FileName {
        FileName::from(text)
    }

    fn create(file: &str) -> Op {
        Op::Create { file: name(file) }
    }

    fn write(file: &str, offset: u64, byte: u8) -> Op {
        let bytes = vec![byte; SECTOR_BYTES].into();
        let file = name(file);
        Op::Write { file, offset, bytes }
    }

    fn sync(file: &str, with_folder: bool) -> Op {
        let file = name(file);
        Op::Sync { file, with_folder }
    }

    fn after(ops: &[Op]) -> Platter {
        let mut platter = Platter::new();
        ops.iter().for_each(|op| platter.apply(op));
        platter
    }

    #[test]
    fn a_file_is_in_its_folder_when_the_folder_is_synced() {
        let mut platter = after(&[create("a"), write("a", 0, 1), sync("a", false)]);
        assert_eq!(platter.survivors(Pattern::Nothing).file("a"), None);
        assert!(platter.survivors(Pattern::Everything).file("a").is_some());
        platter.apply(&create("b"));
        platter.apply(&sync("b", true));
        let image = platter.survivors(Pattern::Nothing);
        assert_eq!(image.file("a"), Some(&[1; SECTOR_BYTES][..]));
        assert_eq!(image.file("b"), Some(&[][..]));
        assert!(!platter.is_unsettled());
    }

    #[test]
    fn a_removed_file_may_be_back() {
        let removed = |with_folder| Op::Delete {
            file: name("a"),
            with_folder,
        };
        let mut platter = after(&[create("a"), sync("a", true), removed(false)]);
        assert!(platter.survivors(Pattern::Nothing).file("a").is_some());
        assert_eq!(platter.survivors(Pattern::Everything).file("a"), None);
        platter = after(&[create("a"), sync("a", true), removed(true)]);
        assert_eq!(platter.survivors(Pattern::Nothing).file("a"), None);
    }

    #[test]
    fn the_patterns_are_what_they_say() {
        let mut ops = vec![create("a")];
        ops.extend((0..16).map(|n| write("a", n * SECTOR_BYTES as u64, 1)));
        ops.push(sync("a", true));
        ops.extend((0..20).map(|n| write("a", n * SECTOR_BYTES as u64, 2)));
        let platter = after(&ops);
        let sectors = |pattern| -> String {
            let image = platter.survivors(pattern);
            let sectors = image.file("a").unwrap_or_default().chunks(SECTOR_BYTES);
            let letter = |sector: &[u8]| match sector[0] {
                0 => '0',
                1 => '1',
                2 => '2',
                _ => '?',
            };
            sectors.map(letter).collect()
        };
        assert_eq!(sectors(Pattern::Nothing), "1111111111111111");
        assert_eq!(sectors(Pattern::Everything), "22222222222222222222");
        assert_eq!(sectors(Pattern::AllButTheLast), "22222222222222222220");
        assert_eq!(sectors(Pattern::OnlyTheLast), "11111111111111110002");
        assert_eq!(sectors(Pattern::LengthsAlone).len(), 20);
        assert!(sectors(Pattern::LengthsAlone).starts_with("1111111111111111"));
        let torn: Vec<String> = (0..8).map(|seed| sectors(Pattern::Sectors(seed))).collect();
        assert!(
            torn.iter().all(|it| it.contains("12") && it.contains("21")),
            "{torn:?}"
        );
        let pages: Vec<String> = (0..8).map(|seed| sectors(Pattern::Pages(seed))).collect();
        assert!(
            pages
                .iter()
                .all(|it| !it[..8].contains("12") && !it[..8].contains("21")),
            "{pages:?}"
        );
        assert!(pages.iter().any(|it| it[..16].contains("12")), "{pages:?}");
    }
}
