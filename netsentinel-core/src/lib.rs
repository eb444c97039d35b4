//! The engine of NetSentinel: packets in, exact alerts out.
//!
//! NetSentinel is a network intrusion detection system that finds *behaviour*: scans, floods,
//! spoofing, tunnels, exfiltration, password guessing. This crate is what all of its programs have
//! in common, and what you embed: it decodes packets, follows flows, hands both to detectors, and
//! makes alerts of what they find. It does no I/O and reads no clock. Captures are read by
//! `netsentinel-capture`, the detectors themselves are in `netsentinel-detectors`.
//!
//! # The way of a packet
//!
//! ```text
//! Source ─► Record ─► decode ─► Packet ─► by Interest ─► Detector::on_packet ─► Context::raise ─► Sink
//! ```
//!
//! A [`Source`] gives [`Record`]s: captured bytes with a [`Timestamp`] and a [`LinkType`]. The
//! [`Pipeline`] decodes each ([`decode`]) into a [`Packet`], a view that borrows the bytes. Every
//! [`Detector`] sees the kinds of packet that its [`Descriptor`] names as its [`Interest`], counts
//! in bounded tables and windows ([`window`]), and raises an [`Alert`] through its [`Context`].
//!
//! # What is promised
//!
//! - **The same packets give the same alerts**, byte for byte: twice, at any speed, live or from a
//!   file, on one worker or on many ([`PipelineBuilder::build_workers`]; parts of a detector that is
//!   divided have tables of their own, so this is certain as long as none of them evicts). Time is packet time.
//! - **Memory is bounded and taken at start.** When a table is full the entries idle the longest go
//!   first, and that is counted ([`Usage`], [`pipeline::Stats`]), never silent.
//! - **No packet panics and none is lost silently**: what can not be decoded is counted by layer and
//!   reason.
//! - **Nothing is allocated for a packet** that raises no alert.
//! - **What is known of an endpoint moves the rules**: a [`Reputation`] of a bad [`RiskTier`] lowers
//!   the thresholds and raises the severities for it. Where a verdict is outstanding the base threshold
//!   holds, and what was counted meanwhile is judged again when it comes ([`Pipeline::reconsider`]).
//!
//! # A pipeline in a few lines
//!
//! ```
//! use netsentinel_core::config::Config;
//! use netsentinel_core::{Alert, Pipeline};
//! use netsentinel_detectors::BUILTIN;
//! # use netsentinel_synth::{Options, scenario};
//! # let mut source = scenario::find("port_scan-above").unwrap().run(&Options::default()).unwrap();
//!
//! let config = Config::parse(r#"{ "port_scan_threshold": 12 }"#)?;
//! let mut pipeline = Pipeline::builder(&config).detectors(BUILTIN).build()?;
//! let mut alerts: Vec<Alert> = Vec::new();
//! pipeline.run(&mut source, &mut alerts)?; // any Source: netsentinel_capture::Capture reads files
//! assert_eq!(alerts[0].rule, "port_scan/vertical");
//! assert_eq!(alerts[0].count, 12);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # A detector of your own
//!
//! Implement [`Detector`] (what it does with a packet) and [`DetectorKind`] (what it is called, which
//! configuration keys it owns), and pass [`Registration::of`] it beside the built-in ones; the example
//! `own_detector` does it in sixty lines. Reputation, cooldown, severity, counters, the JSON of the
//! alert: all of that is written once, in [`Context`], and works for yours as well. With
//! [`DetectorKind::reconfigure`] it takes other settings while it runs ([`Pipeline::reconfigure`]); with
//! [`Detector::on_verdict`] it says in its own words what a late verdict brings to light.
//!
//! # Where to go on
//!
//! - [`detector`]: the plug-in contract; [`window`]: the tables that make detectors exact and bounded
//! - [`alert`]: what an alert says; [`mod@format`]: how it is written for other tools
//! - [`sensor`]: what the sensor tells of itself
//! - [`config`]: the one flat file, and how every key is typed where it is used
//! - [`decode`], [`dns`], [`flow`]: what is read from the wire
#![forbid(unsafe_code)]

pub mod alert;
mod block;
pub mod config;
pub mod decode;
pub mod detector;
pub mod dns;
pub mod flow;
pub mod format;
mod interest;
mod packet;
pub mod pipeline;
mod quoted;
pub mod reputation;
pub mod sensor;
mod severity;
mod site;
mod source;
pub mod text;
mod time;
mod usage;
pub mod window;

pub use alert::{Alert, Sink};
pub use block::Block;
pub use detector::{
    Asks, Context, Descriptor, Detector, DetectorKind, Finding, Guard, NeedsRestart, Party,
    Reached, Registration, Report, Rule, Setup,
};
pub use flow::{Attempt, AttemptStep, Flow};
pub use interest::Interest;
pub use packet::{
    Arp, Ethernet, Fragment, Headers, Icmp, Ip, Mac, Network, NotAMac, Packet, Tcp, TcpFlags,
    Transport, Tunnel, TunnelKind, Udp, Vlan,
};
pub use pipeline::{Judge, Pipeline, PipelineBuilder, Reconfigured};
pub use quoted::Quoted;
pub use reputation::{
    Arrived, Clean, Indicator, IndicatorBuf, KnownReputation, ProviderVerdict, Reputation,
    ReputationError, RiskTier, Suspicion,
};
pub use severity::{Severity, UnknownSeverity};
pub use site::Site;
pub use source::{LinkType, Record, Source};
pub use time::{NotATime, Timestamp};
pub use usage::{Limits, Usage};
