//! The behavioural detectors of NetSentinel.
//!
//! Each module is one detector, told in one form: what it sees, why it matters, its rule, its keys,
//! its blind spots, the ATT&CK techniques it names and the sources of its numbers.
//! `docs/detectors.md` is made from these pages.
//!
//! [`BUILTIN`] is the list that a pipeline is built from; detectors of one's own go into a list
//! beside it:
//!
//! ```
//! use netsentinel_core::{Pipeline, config::Config};
//!
//! let config = Config::default();
//! let pipeline = Pipeline::builder(&config).detectors(netsentinel_detectors::BUILTIN).build()?;
//! assert_eq!(pipeline.stats().detectors.len(), 9);
//! # Ok::<(), netsentinel_core::config::ConfigError>(())
//! ```
#![forbid(unsafe_code)]

pub mod arp_spoofing;
pub mod brute_force;
pub mod data_exfiltration;
pub mod dns_tunnelling;
#[cfg(test)]
mod flood_wire;
pub mod icmp_flood;
#[cfg(test)]
mod judged;
#[cfg(test)]
mod login_trial;
mod port_bits;
pub mod port_scan;
mod recent;
mod spelling;
pub mod suspicious_port;
pub mod syn_flood;
#[cfg(test)]
mod talk_wire;
mod text_search;
pub mod udp_flood;

use netsentinel_core::Registration;

/// Every built-in detector, in the order in which their alerts on one packet come.
pub const BUILTIN: &[Registration] = &[
    Registration::of::<port_scan::PortScan>(),
    Registration::of::<syn_flood::SynFlood>(),
    Registration::of::<icmp_flood::IcmpFlood>(),
    Registration::of::<udp_flood::UdpFlood>(),
    Registration::of::<suspicious_port::SuspiciousPort>(),
    Registration::of::<arp_spoofing::ArpSpoofing>(),
    Registration::of::<dns_tunnelling::DnsTunnelling>(),
    Registration::of::<data_exfiltration::DataExfiltration>(),
    Registration::of::<brute_force::BruteForce>(),
];
