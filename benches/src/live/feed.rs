//! Sending a capture by tcpreplay.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};
use netsentinel_capture::Capture;
use netsentinel_core::Source as _;

/// A capture, and how it is sent.
pub(crate) struct Feed {
    path: PathBuf,
    interface: String,
    senders: u32,
    loops: u32,
    /// Packets in the file.
    packets: u64,
    /// Their bytes on the wire.
    bytes: u64,
}

impl Feed {
    pub(crate) fn new(path: &Path, interface: &str, senders: u32, loops: u32) -> Result<Self> {
        let mut capture =
            Capture::open(path).with_context(|| format!("can not read {}", path.display()))?;
        let (mut packets, mut bytes) = (0, 0);
        while let Some(record) = capture.next_record()? {
            if record.data.len() != record.wire_len as usize || record.wire_len > 1514 {
                bail!("{}: frame {} can not be sent as it was", path.display(), record.frame);
            }
            packets += 1;
            bytes += u64::from(record.wire_len);
        }
        let (path, interface) = (path.to_owned(), interface.to_owned());
        Ok(Self { path, interface, senders, loops, packets, bytes })
    }

    /// The capture's name.
    pub(crate) fn name(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Packets that are sent in one round.
    pub(crate) fn packets(&self) -> u64 {
        self.packets * u64::from(self.senders * self.loops)
    }

    /// Their bytes on the wire.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes * u64::from(self.senders * self.loops)
    }

    /// Begins to send.
    pub(crate) fn start(&self) -> Result<Vec<Child>> {
        let one = |_| {
            Command::new("tcpreplay")
                .args(["-q", "-K", "--topspeed", "-i", &self.interface])
                .arg(format!("--loop={}", self.loops))
                .arg(&self.path)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .context("tcpreplay can not be started")
        };
        (0..self.senders).map(one).collect()
    }
}
