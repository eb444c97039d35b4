//! A detector of one's own beside the built-in ones: hosts that still speak Telnet.
//! `cargo run --example own_detector -- capture.pcap`
#![allow(clippy::print_stdout, reason = "an example prints what it finds")]

use netsentinel_capture::Capture;
use netsentinel_core::alert::{Alert, Endpoint, Subject};
use netsentinel_core::config::Config;
use netsentinel_core::{
    Context, Descriptor, Detector, DetectorKind, Finding, Indicator, Interest, Packet, Party,
    Pipeline, Registration, Rule, Setup, Severity, Usage,
};

const OPENED: Rule = Rule {
    id: "telnet/opened",
    signature: 1_900_001,
    summary: "a host opens a Telnet session",
    severity: None,
};

struct Telnet(Settings);

#[derive(Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
struct Settings {
    telnet_ports: Vec<u16>, // a key of its own in the configuration
}

#[rustfmt::skip]
impl DetectorKind for Telnet {
    type Settings = Settings;
    const DESCRIPTOR: Descriptor = Descriptor {
        id: "telnet", category: "Telnet", severity: Severity::Low, attack: &[], rules: &[OPENED],
        guards: &[],
        interest: Interest::SYN, judges: Party::Source, summary: "hosts that still speak Telnet",
    };
    fn new(settings: Settings, _: &Setup) -> Self { Self(settings) }
}

#[rustfmt::skip]
impl Detector for Telnet {
    fn on_packet(&mut self, packet: &Packet<'_>, cx: &mut Context<'_>) {
        let Some((ip, (_, port))) = packet.ip().and_then(|ip| Some((ip, ip.ports()?))) else { return };
        if port != 23 && !self.0.telnet_ports.contains(&port) { return; }
        let (source, target) = (Endpoint::ip(ip.source), Endpoint::ip(ip.destination).port(port));
        let subject = Subject::pair_port(ip.source, ip.destination, port);
        let indicator = Some(Indicator::Ip(ip.destination));
        let Some(reached) = cx.reaches(&OPENED, subject, 1, 1, indicator) else { return };
        let finding = Finding { rule: &OPENED, subject, reached, step: 1, source, target, window: None };
        cx.raise(finding, |report| {
            report.message(format_args!("{source} opens Telnet to {target}"));
        });
    }

    fn usage(&self) -> Usage { Usage::default() }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("name a capture")?;
    let config = Config::parse(r#"{ "telnet_ports": [2323] }"#)?;
    let registry = [netsentinel_detectors::BUILTIN, &[Registration::of::<Telnet>()]].concat();
    let mut pipeline = Pipeline::builder(&config).detectors(&registry).build()?;
    let mut print = |alert: Alert| println!("{} {}", alert.severity, alert.message);
    Ok(pipeline.run(&mut Capture::open(path.as_ref())?, &mut print)?)
}
