//! What has been found so far on the way through a frame.

use super::cursor::{Cursor, Missing};
use super::malformed::{Layer, Malformed, Reason};
use super::{Decoded, MAX_NESTING};
use crate::{Headers, Ip, Network, Transport, Tunnel, TunnelKind};

/// The state of one decoding. Header functions take it and the [`Cursor`] of their header.
pub(super) struct Walk<'w, 'a> {
    pub(super) out: &'w mut Decoded<'a>,
    /// Tunnels and pseudowires entered.
    nesting: u8,
    /// Whether a network layer was found at this level of nesting.
    reached: bool,
}

impl<'w, 'a> Walk<'w, 'a> {
    pub(super) fn new(out: &'w mut Decoded<'a>) -> Self {
        let nesting = out.headers.tunnel.map_or(0, |tunnel| tunnel.depth);
        Self { out, nesting, reached: false }
    }

    /// Sets the network layer of this level.
    pub(super) fn found(&mut self, network: Network<'a>) {
        self.out.headers.network = network;
        self.reached = true;
    }

    /// The IP packet just found.
    pub(super) fn ip(&mut self) -> Option<&mut Ip<'a>> {
        match &mut self.out.headers.network {
            Network::Ip(ip) => Some(ip),
            Network::Arp(_) | Network::Other => None,
        }
    }

    /// Sets the transport of the IP packet just found.
    pub(super) fn carries(&mut self, transport: Transport<'a>) {
        if let Some(ip) = self.ip() {
            ip.transport = transport;
        }
    }

    /// Notes a problem with the header at `at`, unless there was one before.
    #[cold]
    pub(super) fn fail(&mut self, layer: Layer, reason: Reason, at: Cursor<'a>) {
        let offset = u32::try_from(at.offset()).unwrap_or(u32::MAX);
        self.out.malformed.get_or_insert(Malformed { layer, reason, offset });
    }

    /// Notes that the header at `at` goes on behind the end of what is there.
    #[cold]
    pub(super) fn cut(&mut self, layer: Layer, at: Cursor<'a>) {
        match at.missing() {
            Missing::Nowhere => self.fail(layer, Reason::Short, at),
            Missing::Snapped => self.fail(layer, Reason::Snapped, at),
            Missing::LaterFragment => {}
        }
    }

    /// Looks into a tunnel that the outer header announces. `at` is the tunnel's header.
    ///
    /// Where `inside` finds no network layer the outer packet stays, with the problem met inside.
    pub(super) fn enter(
        &mut self,
        kind: TunnelKind,
        layer: Layer,
        at: Cursor<'a>,
        inside: impl FnOnce(&mut Self),
    ) {
        self.nested(Some(kind), layer, at, inside);
    }

    /// Looks into what a well-known port or a nibble lets suppose. `at` is the supposed header.
    ///
    /// Where `inside` finds no network layer the supposition was wrong: the outer packet stays, and
    /// nothing is noted.
    pub(super) fn suppose(
        &mut self,
        kind: Option<TunnelKind>,
        layer: Layer,
        at: Cursor<'a>,
        inside: impl FnOnce(&mut Self),
    ) {
        let malformed = self.out.malformed;
        if !self.nested(kind, layer, at, inside) {
            self.out.malformed = malformed;
        }
    }

    /// Runs `inside` one level down; `false` when it found no network layer there.
    fn nested(
        &mut self,
        kind: Option<TunnelKind>,
        layer: Layer,
        at: Cursor<'a>,
        inside: impl FnOnce(&mut Self),
    ) -> bool {
        if self.nesting >= MAX_NESTING {
            self.fail(layer, Reason::TooDeep, at);
            return true;
        }
        let outside = self.out.headers;
        let reached_outside = self.reached;
        if let Some(kind) = kind {
            self.out.headers.tunnel = deeper(&outside, kind);
        }
        self.nesting += 1;
        self.reached = false;
        inside(self);
        self.nesting -= 1;
        let reached = self.reached;
        if !reached {
            self.out.headers = outside;
        }
        self.reached |= reached_outside;
        reached
    }
}

/// The tunnel of a packet that travels in a tunnel of `kind` inside the packet of `outside`.
fn deeper(outside: &Headers<'_>, kind: TunnelKind) -> Option<Tunnel> {
    match (outside.tunnel, outside.network) {
        (Some(outermost), _) => {
            Some(Tunnel { depth: outermost.depth.saturating_add(1), ..outermost })
        }
        (None, Network::Ip(ip)) => {
            Some(Tunnel { kind, source: ip.source, destination: ip.destination, depth: 1 })
        }
        (None, Network::Arp(_) | Network::Other) => None,
    }
}
