//! Few connections that never end: downloads, streams, backups within the site, open shells.

use std::net::Ipv4Addr;
use std::time::Duration;

use crate::traffic::{Host, Plan, SERVER, Service, Session};

use super::scene::Scene;

/// Of so many workstations one has a long connection.
const HOSTS_A_FLOW: u32 = 8;
/// Of the frames so many in a hundred are of other traffic.
const OTHER: u32 = 10;

/// Connections of every eighth of `scene.hosts` workstations bring nine tenths of `scene.rate` frames a
/// second; the rest is that of a site at work.
///
/// Of eight connections five are downloads, one is a backup to a server of the site, one fetches files
/// from it, and one is a shell. None uploads to the outside.
pub(super) fn long_flows(scene: &mut Scene) {
    let other = scene.rate * OTHER / 100;
    let background = scene.background_of(other);
    scene.add(scene.start, background);
    let flows = scene.hosts.div_ceil(HOSTS_A_FLOW);
    let rate = u64::from(scene.rate - other).max(1);
    // Two segments and their acknowledgement in twice the pace.
    let pace = Duration::from_nanos(1_500_000_000 * u64::from(flows) / rate);
    for flow in 0..flows {
        let plan = plan(flow, pace);
        let server = match plan.service {
            Service::Smb | Service::Ssh => Host::inside(SERVER),
            _ => Host::outside(Ipv4Addr::new(198, 51, 100, 1 + (flow % 250) as u8)),
        };
        let port = match plan.service {
            Service::Tls => 443,
            Service::Smb => 445,
            Service::Ssh => 22,
            Service::Http | Service::Plain => 80,
        };
        let client = Host::workstation(flow * HOSTS_A_FLOW).port(scene.rng.ephemeral_port());
        let session = Session::new(client, server.port(port), scene.rng.next_u64() as u32, plan);
        // One after the other, within the first moments.
        let first = scene.start.after(pace / flows * flow);
        scene.add(first, session);
    }
}

/// What connection number `flow` is: without end, as far as any run goes.
fn plan(flow: u32, pace: Duration) -> Plan {
    let near = Duration::from_micros(300);
    let plan = match flow % 8 {
        0..3 => Plan::request(Service::Tls, 500, u32::MAX),
        3..5 => Plan::request(Service::Http, 500, u32::MAX),
        5 => Plan { rtt: near, ..Plan::request(Service::Smb, u32::MAX, 100) },
        6 => Plan { rtt: near, ..Plan::request(Service::Smb, 200, u32::MAX) },
        _ => {
            let typed = Plan::request(Service::Ssh, 52, 180);
            Plan { exchanges: u32::MAX, rtt: near, think: pace * 4, ..typed }
        }
    };
    Plan { pace, ..plan }
}
