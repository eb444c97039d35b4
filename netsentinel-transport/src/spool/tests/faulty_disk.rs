//! A disk in memory that fails, and that loses power between any two steps and in the middle of one.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::spool::disk::Disk;

/// The disk; clones are the same one, so that it outlives the spool on it.
#[derive(Clone, Debug, Default)]
pub(super) struct FaultyDisk(Arc<Mutex<Platter>>);

#[derive(Debug, Default)]
struct Platter {
    files: Vec<File>,
    names: BTreeMap<String, usize>,
    /// The names that survive a loss of power, and what happened to names since.
    kept_names: BTreeMap<String, usize>,
    name_changes: Vec<NameChange>,
    /// Steps until the power goes, and until a step fails.
    power: Option<u32>,
    fault: Option<u32>,
    is_dead: bool,
    faults: u32,
    random: u64,
}

#[derive(Debug, Default)]
struct File {
    bytes: Vec<u8>,
    /// What survives a loss of power, and what was done since.
    kept: Vec<u8>,
    changes: Vec<Change>,
}

#[derive(Clone, Debug)]
enum Change {
    Write(usize, Vec<u8>),
    Truncate(usize),
}

#[derive(Clone, Debug)]
enum NameChange {
    Create(String, usize),
    Rename(String, String),
    Remove(String),
}

/// What a step comes to.
#[derive(PartialEq)]
enum Step {
    Whole,
    /// The power goes in the middle of it.
    Torn,
    /// It fails.
    Failed,
}

impl FaultyDisk {
    pub(super) fn new(seed: u64) -> Self {
        let disk = Self::default();
        disk.lock().random = seed;
        disk
    }

    fn lock(&self) -> MutexGuard<'_, Platter> {
        self.0.lock().unwrap()
    }

    /// Lets the power go after `steps` more.
    pub(super) fn lose_power_after(&self, steps: u32) {
        self.lock().power = Some(steps);
    }

    /// Lets a step fail after `steps` more.
    pub(super) fn fail_after(&self, steps: u32) {
        self.lock().fault = Some(steps);
    }

    /// Whether the power went.
    pub(super) fn is_dead(&self) -> bool {
        self.lock().is_dead
    }

    /// How many steps failed.
    pub(super) fn faults(&self) -> u32 {
        self.lock().faults
    }

    /// Only the process died: what was written is seen, synced or not.
    pub(super) fn restart_process(&self) {
        let mut platter = self.lock();
        (platter.power, platter.fault, platter.is_dead) = (None, None, false);
    }

    /// Power is back: of what was not synced any part may be there, or nothing.
    pub(super) fn restart_machine(&self) {
        self.restart_process();
        let platter = &mut *self.lock();
        let mut random = platter.random;
        for file in &mut platter.files {
            for change in std::mem::take(&mut file.changes) {
                apply_in_part(&mut file.kept, change, &mut random);
            }
            file.bytes.clone_from(&file.kept);
        }
        for change in std::mem::take(&mut platter.name_changes) {
            if draw(&mut random, 2) == 0 {
                rename(&mut platter.kept_names, change);
            }
        }
        platter.random = random;
        platter.names.clone_from(&platter.kept_names);
    }
}

impl Platter {
    fn step(&mut self) -> io::Result<Step> {
        if self.is_dead {
            return Err(io::Error::other("there is no power"));
        }
        let is_due = |left: &mut Option<u32>| match left {
            Some(0) => left.take().is_some(),
            Some(steps) => {
                *steps -= 1;
                false
            }
            None => false,
        };
        if is_due(&mut self.power) {
            self.is_dead = true;
            return Ok(Step::Torn);
        }
        if is_due(&mut self.fault) {
            self.faults += 1;
            return Ok(Step::Failed);
        }
        Ok(Step::Whole)
    }

    fn find(&self, name: &str) -> io::Result<usize> {
        self.names.get(name).copied().ok_or_else(|| ErrorKind::NotFound.into())
    }

    fn make(&mut self, name: &str) -> io::Result<usize> {
        let file = self.files.len();
        self.files.push(File::default());
        self.change_name(NameChange::Create(name.into(), file))?;
        Ok(file)
    }

    fn change(&mut self, file: usize, change: Change) -> io::Result<()> {
        let step = self.step()?;
        let file = &mut self.files[file];
        let change = match change {
            Change::Write(at, mut bytes) if step != Step::Whole => {
                bytes.truncate(draw(&mut self.random, bytes.len() as u64 + 1) as usize);
                Change::Write(at, bytes)
            }
            other => other,
        };
        apply(&mut file.bytes, &change);
        file.changes.push(change);
        ended(&step, ErrorKind::StorageFull)
    }

    fn sync(&mut self, file: usize) -> io::Result<()> {
        let step = self.step()?;
        let file = &mut self.files[file];
        if step == Step::Torn {
            return ended(&step, ErrorKind::Other);
        }
        for change in std::mem::take(&mut file.changes) {
            // After a failed sync nothing is tried again, whatever a later one claims.
            if step == Step::Whole || draw(&mut self.random, 2) == 0 {
                apply(&mut file.kept, &change);
            }
        }
        ended(&step, ErrorKind::Other)
    }

    fn change_name(&mut self, change: NameChange) -> io::Result<()> {
        let step = self.step()?;
        if step == Step::Whole || step == Step::Torn && draw(&mut self.random, 2) == 0 {
            rename(&mut self.names, change.clone());
            self.name_changes.push(change);
        }
        ended(&step, ErrorKind::Other)
    }
}

impl Disk for FaultyDisk {
    fn path(&self, name: &str) -> PathBuf {
        name.into()
    }

    fn names(&self) -> io::Result<Vec<String>> {
        Ok(self.lock().names.keys().cloned().collect())
    }

    fn read(&self, name: &str, most: u64) -> io::Result<Vec<u8>> {
        let platter = self.lock();
        let bytes = &platter.files[platter.find(name)?].bytes;
        Ok(bytes[..bytes.len().min(usize::try_from(most).unwrap_or(usize::MAX))].to_vec())
    }

    fn read_ranges(
        &self,
        name: &str,
        ranges: &[(u64, usize)],
    ) -> io::Result<Vec<io::Result<Vec<u8>>>> {
        let platter = self.lock();
        let bytes = &platter.files[platter.find(name)?].bytes;
        let read = ranges.iter().map(|&(at, len)| {
            let range = bytes.get(at as usize..at as usize + len);
            range.map(<[u8]>::to_vec).ok_or_else(|| ErrorKind::UnexpectedEof.into())
        });
        Ok(read.collect())
    }

    fn create(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut platter = self.lock();
        if platter.find(name).is_ok() {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let file = platter.make(name)?;
        platter.change(file, Change::Write(0, bytes.to_vec()))?;
        platter.sync(file)
    }

    fn write(&mut self, name: &str, at: u64, bytes: &[u8], durable: bool) -> io::Result<()> {
        let mut platter = self.lock();
        let file = platter.find(name).or_else(|_| platter.make(name))?;
        platter.change(file, Change::Write(at as usize, bytes.to_vec()))?;
        if durable { platter.sync(file) } else { Ok(()) }
    }

    fn truncate(&mut self, name: &str, len: u64) -> io::Result<()> {
        let mut platter = self.lock();
        let file = platter.find(name)?;
        platter.change(file, Change::Truncate(len as usize))?;
        platter.sync(file)
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        let mut platter = self.lock();
        platter.find(from)?;
        platter.change_name(NameChange::Rename(from.into(), to.into()))
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        let mut platter = self.lock();
        platter.find(name)?;
        platter.change_name(NameChange::Remove(name.into()))
    }

    fn sync_folder(&mut self) -> io::Result<()> {
        let mut platter = self.lock();
        let step = platter.step()?;
        if step == Step::Whole {
            platter.kept_names = platter.names.clone();
            platter.name_changes.clear();
        }
        ended(&step, ErrorKind::Other)
    }
}

fn ended(step: &Step, kind: ErrorKind) -> io::Result<()> {
    match step {
        Step::Whole => Ok(()),
        Step::Torn => Err(io::Error::other("the power went")),
        Step::Failed => Err(kind.into()),
    }
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Write(at, written) => {
            let end = at + written.len();
            if bytes.len() < end {
                bytes.resize(end, 0);
            }
            bytes[*at..end].copy_from_slice(written);
        }
        Change::Truncate(len) => bytes.resize(*len, 0),
    }
}

/// Applies a change, a part of it, or nothing; the length may be there without the bytes.
fn apply_in_part(bytes: &mut Vec<u8>, change: Change, random: &mut u64) {
    match (draw(random, 4), change) {
        (0, _) => {}
        (1, change) => apply(bytes, &change),
        (2, Change::Write(at, mut written)) => {
            written.truncate(draw(random, written.len() as u64 + 1) as usize);
            apply(bytes, &Change::Write(at, written));
        }
        (_, Change::Write(at, written)) => {
            let end = at + written.len();
            bytes.resize(bytes.len().max(end), 0);
            for (index, chunk) in written.chunks(64).enumerate() {
                if draw(random, 2) == 0 {
                    apply(bytes, &Change::Write(at + index * 64, chunk.to_vec()));
                }
            }
        }
        (_, change) => apply(bytes, &change),
    }
}

fn rename(names: &mut BTreeMap<String, usize>, change: NameChange) {
    match change {
        NameChange::Create(name, file) => {
            names.insert(name, file);
        }
        NameChange::Rename(from, to) => {
            if let Some(file) = names.remove(&from) {
                names.insert(to, file);
            }
        }
        NameChange::Remove(name) => {
            names.remove(&name);
        }
    }
}

/// A number below `bound` (splitmix64).
fn draw(random: &mut u64, bound: u64) -> u64 {
    *random = random.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *random;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) % bound
}
