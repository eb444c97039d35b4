//! Who is asked what is known of addresses and domains, and how often.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::setting::Whole;
use crate::RiskTier;

/// The keys within `reputation`. The providers' own keys are `virustotal_api_key`, `abuseipdb_api_key`
/// and `abusech_auth_key` beside it; without them nobody is asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct ReputationSettings {
    /// Whether only to log what would be asked, and ask nobody.
    pub dry_run: bool,
    /// What is asked about a name: its registered domain, or all of it.
    pub domains: DomainScope,
    /// Domains of the site: neither they nor names below them are ever asked about.
    pub private_domains: Vec<String>,
    /// Networks that are never asked about, and never held against anybody. The site's own never are.
    pub allow_networks: Vec<IpNet>,
    /// Domains, with all names below them, that are never asked about, and never held against anybody.
    pub allow_domains: Vec<String>,
    /// Where VirusTotal is.
    pub virustotal_url: String,
    /// Questions to VirusTotal in any minute; a free key has 4.
    pub virustotal_per_minute: Whole<1, 100_000>,
    /// Questions to VirusTotal in any 24 hours; a free key has 500.
    pub virustotal_per_day: Whole<1, 1_000_000>,
    /// Where AbuseIPDB is.
    pub abuseipdb_url: String,
    /// Questions to AbuseIPDB in any minute.
    pub abuseipdb_per_minute: Whole<1, 100_000>,
    /// Questions to AbuseIPDB in any 24 hours; a free key has 1000.
    pub abuseipdb_per_day: Whole<1, 1_000_000>,
    /// How many days back AbuseIPDB counts reports.
    pub abuseipdb_days: Whole<1, 365>,
    /// Whether AbuseIPDB's blacklist is loaded once a day.
    pub abuseipdb_blacklist: bool,
    /// Verdicts that are remembered at once.
    pub cache_entries: Whole<16, 1_048_576>,
    /// Indicators that wait to be asked about at once.
    pub queue_entries: Whole<16, 1_048_576>,
    /// Hours that a verdict counts that holds something against an endpoint.
    pub bad_hours: Whole<1, 8_760>,
    /// Hours that a verdict counts that holds nothing against it, or that the provider does not know it.
    pub clean_hours: Whole<1, 8_760>,
    /// Minutes after which a question that failed is asked again.
    pub error_minutes: Whole<1, 1_440>,
    /// Lists of addresses, networks and domains.
    pub feeds: Vec<FeedSettings>,
}

/// What is asked about a name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DomainScope {
    /// The domain that was registered, by the Public Suffix List: what is below it stays at home.
    #[default]
    Registered,
    /// The full name.
    Full,
}

/// One list. Kept as the last good one: see `netsentinel-vt`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedSettings {
    /// Its name in alerts and metrics: small letters, digits, `-` and `_`.
    pub name: String,
    /// How it is written.
    pub format: FeedFormat,
    /// Its address (`https://…`), or the path of a file.
    pub from: String,
    /// What being on it means; without it what the format usually means.
    #[serde(default)]
    pub tier: Option<RiskTier>,
    /// Hours between two loads.
    #[serde(default = "day")]
    pub every_hours: Whole<1, 720>,
    /// Days after which a list that could not be loaded anew no longer counts.
    #[serde(default = "fortnight")]
    pub days_max: Whole<1, 3_650>,
}

/// How a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedFormat {
    /// An address, a network or a domain a line; `#` and `;` begin a comment. Also hosts files.
    Plain,
    /// abuse.ch Feodo Tracker, CSV or text.
    Feodo,
    /// abuse.ch URLhaus, CSV or hosts file.
    Urlhaus,
    /// abuse.ch ThreatFox, CSV.
    Threatfox,
    /// abuse.ch SSLBL, the CSV of addresses.
    Sslbl,
    /// Spamhaus DROP: JSON lines, or the older text.
    Spamhaus,
    /// DShield's recommended block list.
    Dshield,
    /// blocklist.de, an address a line.
    BlocklistDe,
    /// A MISP event, or the manifest of a MISP feed.
    Misp,
    /// A bundle of STIX 2.1.
    Stix,
}

impl FeedFormat {
    /// What being on such a list means where nothing else is said. Lists of servers that control malware
    /// weigh more than lists of hosts that somebody reported.
    pub const fn tier(self) -> RiskTier {
        match self {
            Self::Feodo | Self::Threatfox | Self::Urlhaus | Self::Spamhaus => RiskTier::High,
            Self::Plain | Self::Dshield | Self::Misp | Self::Stix => RiskTier::Medium,
            // SSLBL no longer grows, and blocklist.de repeats what anybody reports.
            Self::Sslbl | Self::BlocklistDe => RiskTier::Low,
        }
    }
}

const fn day() -> Whole<1, 720> {
    const { Whole::new(24).unwrap() }
}

const fn fortnight() -> Whole<1, 3_650> {
    const { Whole::new(14).unwrap() }
}

impl Default for ReputationSettings {
    fn default() -> Self {
        Self {
            dry_run: false,
            domains: DomainScope::Registered,
            private_domains: Vec::new(),
            allow_networks: Vec::new(),
            allow_domains: Vec::new(),
            virustotal_url: "https://www.virustotal.com".into(),
            virustotal_per_minute: const { Whole::new(4).unwrap() },
            virustotal_per_day: const { Whole::new(500).unwrap() },
            abuseipdb_url: "https://api.abuseipdb.com".into(),
            abuseipdb_per_minute: const { Whole::new(60).unwrap() },
            abuseipdb_per_day: const { Whole::new(1_000).unwrap() },
            abuseipdb_days: const { Whole::new(30).unwrap() },
            abuseipdb_blacklist: true,
            cache_entries: const { Whole::new(65_536).unwrap() },
            queue_entries: const { Whole::new(4_096).unwrap() },
            bad_hours: const { Whole::new(168).unwrap() },
            clean_hours: const { Whole::new(24).unwrap() },
            error_minutes: const { Whole::new(15).unwrap() },
            feeds: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn a_feed_needs_a_name_a_format_and_a_place() {
        let parse =
            |feed: &str| Config::parse(&format!(r#"{{"reputation": {{"feeds": [{feed}]}}}}"#));
        let config =
            parse(r#"{"name": "drop", "format": "spamhaus", "from": "drop_v4.json"}"#).unwrap();
        let feed = &config.deployment.reputation.feeds[0];
        assert_eq!((feed.every_hours.get(), feed.days_max.get(), feed.tier), (24, 14, None));
        for (feed, told) in [
            (r#"{"name": "a", "format": "plain"}"#, "reputation.feeds[0]: missing field `from`"),
            (r#"{"name": "a", "format": "x", "from": "b"}"#, "reputation.feeds[0].format"),
            (
                r#"{"name": "a", "format": "plain", "from": "b", "tire": "LOW"}"#,
                "unknown field `tire`",
            ),
        ] {
            let error = parse(feed).unwrap_err().to_string();
            assert!(error.replace('"', "").contains(told), "{error}");
        }
    }
}
