//! One file, as the disk may have it. Pure.
//!
//! A disk writes sectors. Of a sector that was written since the last sync, the disk has what the system's cache held at
//! some moment since: the content before, after the first write, after the second. Each sector has its own moment, so
//! neighbours may be older or newer than it is: that is what "torn" and "reordered" mean. The length of the file has a
//! moment as well; a journaled file system never undoes a cut that a later length, or later data, was built upon.

use std::collections::BTreeMap;
use std::sync::Arc;

/// What a disk writes as one.
pub const SECTOR_BYTES: usize = 512;

type Sector = [u8; SECTOR_BYTES];

/// A file: what is on the disk for certain, and what may be.
#[derive(Debug, Clone, Default)]
pub(crate) struct Content {
    settled: Vec<u8>,
    /// By number. Only those that were written since they were settled.
    unsettled: BTreeMap<u64, Unsettled>,
    /// The lengths that the file had since the last sync; the first is settled.
    lengths: Vec<Length>,
    /// How often the file was cut since the last sync.
    cuts: usize,
}

#[derive(Debug, Clone, Copy, Default)]
struct Length {
    bytes: u64,
    /// Cuts up to it.
    cuts: usize,
}

/// A sector that may have several contents.
#[derive(Debug, Clone, Default)]
struct Unsettled {
    /// After the settled one, in order.
    versions: Vec<Version>,
    /// Whether the next sync writes it. After a sync that failed it counts as clean, and isn't written again.
    is_dirty: bool,
}

#[derive(Debug, Clone)]
struct Version {
    bytes: Arc<Sector>,
    /// Cuts of the file up to it.
    cuts: usize,
    /// Whether it came by a cut: then older ones are gone if the cut is durable.
    is_cut: bool,
}

/// Which of the possible contents the disk has. Both choose an index below `count`; 0 is the oldest.
pub(crate) trait Choice {
    /// Of the lengths of a file.
    fn length(&mut self, count: usize) -> usize;
    /// Of the contents of a sector.
    fn sector(&mut self, number: u64, count: usize) -> usize;
    /// What a sector holds that belongs to the file by its length but was never written.
    fn fresh(&mut self) -> Option<Sector>;
}

impl Content {
    pub(crate) fn new() -> Self {
        Self {
            lengths: vec![Length::default()],
            ..Self::default()
        }
    }

    fn length(&self) -> u64 {
        self.lengths.last().map_or(0, |length| length.bytes)
    }

    fn settled_sector(&self, number: u64) -> Sector {
        let mut sector = [0; SECTOR_BYTES];
        let from = (number as usize * SECTOR_BYTES).min(self.settled.len());
        let to = (from + SECTOR_BYTES).min(self.settled.len());
        sector[..to - from].copy_from_slice(&self.settled[from..to]);
        sector
    }

    /// As the system's cache has it.
    fn cached_sector(&self, number: u64) -> Sector {
        let newest = self
            .unsettled
            .get(&number)
            .and_then(|sector| sector.versions.last());
        newest.map_or_else(|| self.settled_sector(number), |version| *version.bytes)
    }

    fn change(&mut self, number: u64, bytes: Sector, is_cut: bool) {
        let sector = self.unsettled.entry(number).or_default();
        sector.is_dirty = true;
        sector.versions.push(Version {
            bytes: Arc::new(bytes),
            cuts: self.cuts,
            is_cut,
        });
    }

    pub(crate) fn write(&mut self, offset: u64, bytes: &[u8]) {
        let mut at = offset;
        let mut rest = bytes;
        while !rest.is_empty() {
            let number = at / SECTOR_BYTES as u64;
            let within = (at % SECTOR_BYTES as u64) as usize;
            let (piece, after) = rest.split_at(rest.len().min(SECTOR_BYTES - within));
            let mut sector = self.cached_sector(number);
            sector[within..within + piece.len()].copy_from_slice(piece);
            self.change(number, sector, false);
            at += piece.len() as u64;
            rest = after;
        }
        if at > self.length() {
            self.lengths.push(Length {
                bytes: at,
                cuts: self.cuts,
            });
        }
    }

    pub(crate) fn truncate(&mut self, bytes: u64) {
        let before = self.length();
        if bytes < before {
            self.cuts += 1;
            let first = bytes / SECTOR_BYTES as u64;
            for number in first..before.div_ceil(SECTOR_BYTES as u64) {
                let mut sector = self.cached_sector(number);
                let kept = bytes.saturating_sub(number * SECTOR_BYTES as u64);
                sector[(kept as usize).min(SECTOR_BYTES)..].fill(0);
                self.change(number, sector, true);
            }
        }
        if bytes != before {
            let cuts = self.cuts;
            self.lengths.push(Length { bytes, cuts });
        }
    }

    /// What counts as dirty is durable now, with the length.
    pub(crate) fn sync(&mut self) {
        let length = self.length();
        self.settled.resize(length as usize, 0);
        let unsettled = std::mem::take(&mut self.unsettled);
        for (number, mut sector) in unsettled {
            if sector.is_dirty {
                if let Some(newest) = sector.versions.last() {
                    self.settle(number, &newest.bytes);
                }
                continue;
            }
            for version in &mut sector.versions {
                version.cuts = 0;
                version.is_cut = false;
            }
            self.unsettled.insert(number, sector);
        }
        self.lengths = vec![Length {
            bytes: length,
            cuts: 0,
        }];
        self.cuts = 0;
    }

    fn settle(&mut self, number: u64, bytes: &Sector) {
        let from = (number as usize * SECTOR_BYTES).min(self.settled.len());
        let to = (from + SECTOR_BYTES).min(self.settled.len());
        self.settled[from..to].copy_from_slice(&bytes[..to - from]);
    }

    /// What was to be written counts as clean, and may be on the disk or not. (Lengths are the journal's, which is not
    /// given up so easily: the next sync has them.)
    pub(crate) fn fail_sync(&mut self) {
        for sector in self.unsettled.values_mut() {
            sector.is_dirty = false;
        }
    }

    /// The file as the disk has it, by this choice.
    pub(crate) fn survivor(&self, choice: &mut dyn Choice) -> Vec<u8> {
        let chosen = choice.length(self.lengths.len());
        let length = self.lengths[chosen];
        let mut bytes = self.settled.clone();
        let settled_length = bytes.len() as u64;
        bytes.resize(length.bytes as usize, 0);
        if length.bytes > settled_length {
            self.fill_fresh(&mut bytes, choice);
        }
        for (&number, sector) in &self.unsettled {
            let Some(survivor) = sector.survivor(number, length.cuts, choice) else {
                continue;
            };
            let from = (number as usize * SECTOR_BYTES).min(bytes.len());
            let to = (from + SECTOR_BYTES).min(bytes.len());
            bytes[from..to].copy_from_slice(&survivor[..to - from]);
        }
        bytes
    }

    fn fill_fresh(&self, bytes: &mut [u8], choice: &mut dyn Choice) {
        let first = self.settled.len().div_ceil(SECTOR_BYTES);
        for from in (first * SECTOR_BYTES..bytes.len()).step_by(SECTOR_BYTES) {
            if let Some(fresh) = choice.fresh() {
                let to = (from + SECTOR_BYTES).min(bytes.len());
                bytes[from..to].copy_from_slice(&fresh[..to - from]);
            }
        }
    }

    /// Whether more than one content is possible.
    pub(crate) fn is_unsettled(&self) -> bool {
        !self.unsettled.is_empty() || self.lengths.len() > 1
    }
}

impl Unsettled {
    /// `None`: the settled content.
    fn survivor(&self, number: u64, cuts: usize, choice: &mut dyn Choice) -> Option<&Sector> {
        let possible = self.versions.partition_point(|version| version.cuts <= cuts);
        let cut = self.versions[..possible]
            .iter()
            .rposition(|version| version.is_cut);
        let oldest = cut.map_or(0, |index| index + 1);
        let chosen = oldest + choice.sector(number, possible - oldest + 1);
        let version = self.versions.get(chosen.checked_sub(1)?)?;
        Some(&version.bytes)
    }
}

#[cfg(test)]
mod tests;
