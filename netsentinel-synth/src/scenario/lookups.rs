//! DNS of a large site: what its clients ask their resolvers, and what these ask the outside.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use netsentinel_core::Timestamp;

use crate::frame::Answer;
use crate::timeline::{Activity, Series, Turn};
use crate::traffic::{Endpoint, Host, RESOLVER};
use crate::{Dns, Rng};

use super::scene::Scene;

/// Resolvers that the clients use in turn, so that none sends suspiciously much.
const RESOLVERS: u32 = 8;
/// Sites that are asked for, the first ones most often.
const SITES: u64 = 20_000;
/// Of a hundred look-ups so many are not in the resolver's cache.
const UNCACHED: u64 = 30;
/// Of a hundred names so many do not exist.
const UNKNOWN: u64 = 6;
/// What stands before a site's own name.
const LABELS: [&str; 10] = [
    "www",
    "api",
    "cdn",
    "img",
    "static",
    "login",
    "mail",
    "eu-west-1.elb",
    "a1b2.edge",
    "telemetry.v2",
];

const A: u16 = 1;
const PTR: u16 = 12;
const TXT: u16 = 16;
const AAAA: u16 = 28;
const HTTPS: u16 = 65;

/// `scene.hosts` clients look names up, `scene.rate` frames a second in all.
///
/// Names are of 20,000 sites under the reserved top-level domain `example`, few of them asked for
/// often and most of them seldom; addresses, HTTPS records, reverse look-ups and texts are asked for.
/// Three of ten look-ups go on to a server outside, and six of a hundred names do not exist.
pub(super) fn lookups(scene: &mut Scene) {
    let hosts = scene.hosts;
    let mut rng = scene.fork();
    // 26 frames for ten look-ups.
    let starts = (u64::from(scene.rate) * 10 / 26) as u32;
    Series::endless(scene.start, starts, move |_, turn| {
        let client = Host::workstation(rng.below_u32(hosts)).port(rng.ephemeral_port());
        turn.start(turn.now, Lookup::new(client, &mut rng));
    })
    .add_to(&mut scene.timeline);
}

/// A look-up under way.
struct Lookup {
    client: Endpoint,
    /// The resolver as the client sees it.
    resolver: Endpoint,
    /// Where the resolver asks on, and from where; not where it knows the answer.
    upstream: Option<(Endpoint, Endpoint)>,
    question: Question,
    /// Frames sent.
    sent: u32,
}

impl Lookup {
    fn new(client: Endpoint, rng: &mut Rng) -> Self {
        let last = RESOLVER.to_bits() + rng.below_u32(RESOLVERS);
        let resolver = Host::inside(Ipv4Addr::from_bits(last));
        let question = Question::drawn(rng);
        let upstream = (rng.below(100) < UNCACHED).then(|| {
            let server = Ipv4Addr::new(192, 0, 2, 1 + (question.site % 200) as u8);
            (resolver.port(rng.ephemeral_port()), Host::outside(server).port(53))
        });
        Self { client, resolver: resolver.port(53), upstream, question, sent: 0 }
    }
}

impl Activity for Lookup {
    fn act(&mut self, turn: &mut Turn<'_>) -> Option<Timestamp> {
        const NEAR: Duration = Duration::from_micros(400);
        const FAR: Duration = Duration::from_millis(18);
        let (client, resolver) = (self.client, self.resolver);
        let (from, to, response, wait) = match (self.sent, self.upstream) {
            (0, _) => (client, resolver, false, Some(NEAR)),
            (1, Some((asker, server))) => (asker, server, false, Some(FAR)),
            (2, Some((asker, server))) => (server, asker, true, Some(NEAR)),
            _ => (resolver, client, true, None),
        };
        self.sent += 1;
        self.question.write(turn.frame, from, to, response);
        wait.map(|wait| turn.now.after(wait))
    }
}

/// What is asked for.
#[derive(Clone, Copy)]
struct Question {
    id: u16,
    site: u64,
    label: usize,
    qtype: u16,
    known: bool,
}

impl Question {
    fn drawn(rng: &mut Rng) -> Self {
        let most = 1 + rng.below(SITES);
        let qtype = match rng.below(100) {
            0..58 => A,
            58..80 => AAAA,
            80..92 => HTTPS,
            92..97 => PTR,
            _ => TXT,
        };
        Self {
            id: rng.next_u64() as u16,
            site: rng.below(most),
            label: rng.below(LABELS.len() as u64) as usize,
            qtype,
            known: rng.below(100) >= UNKNOWN,
        }
    }

    fn write(self, out: &mut Vec<u8>, from: Endpoint, to: Endpoint, response: bool) {
        let [_, b, c, d] = (self.site as u32).to_be_bytes();
        let name = match self.qtype {
            PTR => format!("{d}.{c}.{b}.198.in-addr.arpa"),
            TXT => format!("site-{}.example", self.site),
            _ => {
                let label = LABELS.get(self.label).copied().unwrap_or_default();
                format!("{label}.site-{}.example", self.site)
            }
        };
        let answer = match self.qtype {
            _ if !self.known => None,
            A => Some(Answer::Address(IpAddr::from([198, 51, 100, d]))),
            AAAA => Some(Answer::Address(IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, d.into()]))),
            PTR => Some(Answer::Pointer("host.site.example")),
            TXT => Some(Answer::Text(b"v=spf1 include:_spf.site.example ~all")),
            _ => None,
        };
        let mut message = Dns::query(self.id, &name, self.qtype);
        if response {
            message = Dns::response(self.id, &name, self.qtype, answer.as_slice());
            // The last four bits tell that there is no such name.
            message.flags |= if self.known { 0 } else { 3 };
        }
        from.host.frame_to(&to.host, out).dns(from.port, to.port, &message);
    }
}
