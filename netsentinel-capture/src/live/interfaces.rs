//! Which interfaces there are, and which one leads out.

use std::net::IpAddr;

use ::pcap::Device;

use super::LiveError;
use super::error::plain;

/// The name of the interface that stands for all of them, on Linux.
pub const ANY: &str = "any";

/// An interface that can be captured on, given the right to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// The name to capture on it by.
    pub name: String,
    /// What the system calls it, where it tells more than the name.
    pub description: Option<String>,
    /// Its addresses of IPv4 and IPv6.
    pub addresses: Vec<IpAddr>,
    /// Whether it is administratively up.
    pub up: bool,
    /// Whether it is up and can carry packets.
    pub running: bool,
    /// Whether it leads back to this machine only.
    pub loopback: bool,
    /// Whether it is a radio.
    pub wireless: bool,
}

/// The network interfaces, in libpcap's order: those that are up first, loopback late.
///
/// What else libpcap can capture from, such as USB and Bluetooth, is left out.
///
/// # Errors
///
/// When the system does not list them.
pub fn interfaces() -> Result<Vec<Interface>, LiveError> {
    let devices = list()?.into_iter().filter(|device| is_network(&device.name));
    let listed = devices.map(|device| Interface {
        addresses: device.addresses.iter().map(|address| address.addr).collect(),
        up: device.flags.is_up(),
        running: device.flags.is_running(),
        loopback: device.flags.is_loopback(),
        wireless: device.flags.is_wireless(),
        name: device.name,
        description: device.desc,
    });
    Ok(listed.collect())
}

/// The interface that the default route leaves by: the one of the lowest metric, IPv4 before IPv6.
/// Where the system's routes can not be read, the first that libpcap would choose.
///
/// # Errors
///
/// When there is none, or the interfaces can not be listed.
pub fn default_interface() -> Result<String, LiveError> {
    let first = default_interfaces()?.into_iter().next();
    first.ok_or_else(|| LiveError::NoDefault { there: names() })
}

/// The interfaces that a default route leaves by, best first. Where the system's routes can not be
/// read, those that are running and have an address that others could reach.
///
/// # Errors
///
/// When the interfaces can not be listed.
pub fn default_interfaces() -> Result<Vec<String>, LiveError> {
    #[cfg(target_os = "linux")]
    return Ok(super::route::default_interfaces());
    #[cfg(not(target_os = "linux"))]
    {
        let leads_out = |interface: &Interface| {
            let reachable = |address: &IpAddr| !address.is_loopback() && !address.is_unspecified();
            interface.running && !interface.loopback && interface.addresses.iter().any(reachable)
        };
        let listed = interfaces()?.into_iter().filter(leads_out);
        Ok(listed.map(|interface| interface.name).collect())
    }
}

/// The names of the interfaces, for messages; none if they can not be listed.
pub(super) fn names() -> Vec<String> {
    let listed = interfaces().unwrap_or_default();
    listed.into_iter().map(|interface| interface.name).collect()
}

pub(super) fn list() -> Result<Vec<Device>, LiveError> {
    Device::list().map_err(|error| LiveError::List(plain(error, "")))
}

#[cfg(target_os = "linux")]
fn is_network(name: &str) -> bool {
    use super::presence::{Presence, look};
    look(name) != Presence::Missing
}

#[cfg(not(target_os = "linux"))]
fn is_network(_: &str) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn the_loopback_is_listed_and_what_is_no_network_is_not() {
        let listed = interfaces().unwrap();
        let lo = listed.iter().find(|interface| interface.name == "lo").unwrap();
        assert!(lo.loopback && !lo.wireless);
        assert!(listed.iter().all(|interface| !interface.name.starts_with("usbmon")));
        assert!(listed.iter().all(|interface| !interface.name.starts_with("nflog")));
    }
}
