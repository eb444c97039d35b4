//! Detectors as somebody else would write them.

use std::cell::RefCell;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::config::setting::Threshold;
use netsentinel_core::{
    Context, Descriptor, Detector, DetectorKind, Finding, Flow, Interest, Mac, Packet, Rule, Setup,
    Severity, TcpFlags, Usage,
};
use netsentinel_synth::{Frame, Segment, SynthPacket};
use netsentinel_tests::replay::START;
use serde::{Deserialize, Serialize};

pub(crate) const NAMES: Rule = Rule {
    id: "names/any",
    signature: 1_900_001,
    summary: "somebody opens a connection",
    severity: None,
};

const QUIET: Descriptor = Descriptor {
    id: "names",
    category: "Names",
    severity: Severity::Low,
    attack: &[],
    interest: Interest::SYN,
    judges: netsentinel_core::Party::Source,
    summary: "names whoever opens a connection",
    rules: &[NAMES],
    guards: &[],
};

/// Raises an alert once anybody has opened `names_threshold` connections.
pub(crate) struct Names {
    settings: Settings,
    seen: u64,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Settings {
    #[serde(rename = "names_threshold")]
    pub(crate) threshold: Threshold<100>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { threshold: const { Threshold::new(1).unwrap() } }
    }
}

impl DetectorKind for Names {
    type Settings = Settings;
    const DESCRIPTOR: Descriptor = QUIET;

    fn new(settings: Settings, _: &Setup) -> Self {
        Self { settings, seen: 0 }
    }
}

impl Detector for Names {
    fn on_packet(&mut self, packet: &Packet<'_>, cx: &mut Context<'_>) {
        let Some(ip) = packet.ip() else { return };
        self.seen += 1;
        let (subject, base) = (Subject::host(ip.source), self.settings.threshold.get());
        let Some(reached) = cx.reaches(&NAMES, subject, base, self.seen, None) else { return };
        let finding = Finding {
            rule: &NAMES,
            subject,
            reached,
            step: 1,
            source: Endpoint::ip(ip.source),
            target: Endpoint::ip(ip.destination),
            window: None,
        };
        cx.raise(finding, |report| {
            report.message(format_args!("{} opened a connection", ip.source));
        });
    }

    fn usage(&self) -> Usage {
        Usage::default()
    }
}

/// Reads a key that is another's.
pub(crate) struct Clashing;

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Taken {
    #[serde(default)]
    port_scan_threshold: u16,
}

impl DetectorKind for Clashing {
    type Settings = Taken;
    const DESCRIPTOR: Descriptor = Descriptor { id: "clashing", ..QUIET };

    fn new(_: Taken, _: &Setup) -> Self {
        Self
    }
}

impl Detector for Clashing {
    fn on_packet(&mut self, _: &Packet<'_>, _: &mut Context<'_>) {}

    fn usage(&self) -> Usage {
        Usage::default()
    }
}

thread_local! {
    static DIARY: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// What the diaries of this thread say; they are empty afterwards.
pub(crate) fn written() -> Vec<String> {
    DIARY.take()
}

/// Writes down every call.
pub(crate) struct Diary;

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct NoSettings {}

impl Diary {
    pub(crate) const INTEREST: Interest = Interest::TCP.union(Interest::FLOW);

    fn write(entry: String) {
        DIARY.with_borrow_mut(|diary| diary.push(entry));
    }
}

impl DetectorKind for Diary {
    type Settings = NoSettings;
    const DESCRIPTOR: Descriptor = Descriptor { id: "diary", interest: Self::INTEREST, ..QUIET };

    fn new(_: NoSettings, _: &Setup) -> Self {
        Self
    }
}

impl Detector for Diary {
    fn on_packet(&mut self, packet: &Packet<'_>, cx: &mut Context<'_>) {
        // A bare answer may belong to no flow; one that is told goes on.
        assert!(cx.flow().is_none_or(|flow| flow.end.is_none()));
        assert_eq!(cx.now(), packet.timestamp);
        Self::write(format!("packet {}", packet.frame));
    }

    fn on_flow_end(&mut self, flow: &Flow, cx: &mut Context<'_>) {
        let packets = flow.from_originator.packets + flow.from_responder.packets;
        Self::write(format!("end {} {:?} after {packets}", millis(cx), flow.end.unwrap()));
    }

    fn on_tick(&mut self, cx: &mut Context<'_>) {
        Self::write(format!("tick {}", millis(cx)));
    }

    fn finish(&mut self, cx: &mut Context<'_>) {
        Self::write(format!("finish {}", millis(cx)));
    }

    fn usage(&self) -> Usage {
        Usage::default()
    }
}

fn millis(cx: &Context<'_>) -> u64 {
    cx.now().nanos_since(START) / 1_000_000
}

/// An IPv4 packet from an outer host to another.
pub(crate) fn packet(build: impl FnOnce(Frame<'_>) -> usize) -> SynthPacket {
    between([203, 0, 113, 66], [10, 0, 0, 10], build)
}

fn between(from: [u8; 4], to: [u8; 4], build: impl FnOnce(Frame<'_>) -> usize) -> SynthPacket {
    let mut data = Vec::new();
    let (a, b) = (Mac([2, 0, 0, 0, 0, 1]), Mac([2, 0, 0, 0, 0, 2]));
    let frame = Frame::new(&mut data).ethernet(a, b).ipv4(from.into(), to.into());
    let wire_len = build(frame) as u32;
    SynthPacket { timestamp: START, wire_len, data }
}

/// A TCP segment from a client's port to a server's, which is the lower one, or back.
pub(crate) fn segment(source: u16, destination: u16, flags: TcpFlags) -> SynthPacket {
    let build = |frame: Frame<'_>| frame.tcp(Segment::new(source, destination, flags), b"");
    if source > destination {
        packet(build)
    } else {
        between([10, 0, 0, 10], [203, 0, 113, 66], build)
    }
}
