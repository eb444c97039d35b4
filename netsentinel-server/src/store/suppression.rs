//! Rules about which alerts nobody wants to see.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use netsentinel_core::{Alert, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which alerts are suppressed: those for which everything that is given here holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SuppressionRule {
    /// The detector, such as `port_scan`, or one rule of it, such as `port_scan/vertical`.
    pub detector: Option<String>,
    /// The source's address, or a network in CIDR notation.
    #[schemars(with = "Option<String>")]
    pub source: Option<Network>,
    /// The target's address, or a network in CIDR notation.
    #[schemars(with = "Option<String>")]
    pub target: Option<Network>,
    /// An address or network that may be at either end.
    #[schemars(with = "Option<String>")]
    pub either: Option<Network>,
    /// The agent's id.
    pub agent: Option<String>,
}

impl SuppressionRule {
    /// Whether nothing is given, so that everything would be suppressed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the rule is about `alert` as `agent` sent it. An end without an address is in no network.
    pub fn matches(&self, alert: &Alert, agent: &str) -> bool {
        let ends = (alert.source.ip, alert.target.ip);
        self.matches_ends(&alert.detector, &alert.rule, ends, agent)
    }

    /// As [`SuppressionRule::matches`], for an alert of which only this is at hand: detector, rule, the
    /// addresses of source and target, and the agent.
    pub fn matches_ends(
        &self,
        detector: &str,
        rule: &str,
        (source, target): (Option<IpAddr>, Option<IpAddr>),
        agent: &str,
    ) -> bool {
        let within = |network: &Option<Network>, ends: &[Option<IpAddr>]| {
            let Some(network) = network else { return true };
            ends.iter().flatten().any(|ip| network.contains(*ip))
        };
        self.detector.as_ref().is_none_or(|id| *id == detector || *id == rule)
            && self.agent.as_ref().is_none_or(|id| id == agent)
            && within(&self.source, &[source])
            && within(&self.target, &[target])
            && within(&self.either, &[source, target])
    }
}

/// Bits before the IPv4 address in an IPv6 address that it is mapped into.
const MAPPED_BITS: u8 = 96;

/// An address, or a network in CIDR notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Network(IpNet);

impl Network {
    /// Whether it holds `ip`. An IPv4 address mapped into IPv6 is the IPv4 address.
    pub fn contains(&self, ip: IpAddr) -> bool {
        self.0.contains(&ip.to_canonical())
    }
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let net = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        net.map(|net: IpNet| Self(canonical(net.trunc())))
            .map_err(|_| "must be an IP address, or a network such as 192.0.2.0/24".into())
    }
}

/// IPv4 networks mapped into IPv6 are IPv4 networks, as the addresses are that they are held against.
fn canonical(net: IpNet) -> IpNet {
    let mapped = |net: Ipv6Net| {
        let length = net.prefix_len().checked_sub(MAPPED_BITS)?;
        Ipv4Net::new(net.network().to_ipv4_mapped()?, length).ok()
    };
    match net {
        IpNet::V6(v6) => mapped(v6).map_or(net, IpNet::V4),
        IpNet::V4(_) => net,
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        network.0.to_string()
    }
}

/// A suppression to be added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NewSuppression {
    /// Which alerts.
    pub rule: SuppressionRule,
    /// Why.
    #[serde(default)]
    pub reason: String,
    /// Until when; absent for good.
    #[serde(default)]
    pub expires: Option<Timestamp>,
}

/// A suppression.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Suppression {
    /// Its number.
    pub id: u64,
    /// Which alerts.
    pub rule: SuppressionRule,
    /// Why.
    pub reason: String,
    /// Until when.
    pub expires: Option<Timestamp>,
    /// Who added it.
    pub author: String,
    /// When.
    pub created: Timestamp,
    /// Alerts that it has suppressed.
    pub hits: u64,
    /// When it last did.
    pub last_hit: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mapped_networks_are_the_networks_that_they_stand_for() {
        let net = |text: &str| Network::try_from(text.to_owned()).unwrap();
        let all = [
            ("::ffff:10.0.0.4", "10.0.0.4/32"),
            ("::ffff:10.0.0.9/120", "10.0.0.0/24"),
            ("::/0", "::/0"),
            ("2001:db8::1/64", "2001:db8::/64"),
        ];
        for (text, canonical) in all {
            assert_eq!(String::from(net(text)), canonical);
        }
        assert!(net("::ffff:10.0.0.4").contains([10, 0, 0, 4].into()));
        assert!(Network::try_from("10.0.0.0/33".to_owned()).is_err());
    }
}
