//! Which lists there are to be, as the configuration says.

use std::time::Duration;

use netsentinel_core::RiskTier;
use netsentinel_core::config::{Deployment, FeedFormat, FeedSettings};
use reqwest::Url;

use super::ABUSEIPDB_BLACKLIST;
use crate::ReputationSetupError;
use crate::feeds::FEEDS_MAX;
use crate::feeds::fetch::{AccessKey, Place};

/// Bytes of a list's name at most.
const NAME_BYTES_MAX: usize = 32;
/// Names that alerts give to others.
const RESERVED: [&str; 3] = ["virustotal", "abuseipdb", ABUSEIPDB_BLACKLIST];
/// The shortest time between two attempts to load a list that failed.
pub(super) const RETRY_MIN: Duration = Duration::from_secs(300);
/// The same of AbuseIPDB's blacklist: a free key may ask for it five times a day.
const BLACKLIST_RETRY_MIN: Duration = Duration::from_secs(6 * 3_600);
const BLACKLIST_EVERY: Duration = Duration::from_secs(DAY_S);
/// After that many days a host has had time to be cleaned.
const BLACKLIST_DAYS_MAX: u64 = 7;
const DAY_S: u64 = 86_400;

/// All lists that are to be, and their keys.
#[derive(Debug)]
pub(super) struct Plans {
    pub(super) feeds: Vec<Plan>,
    abusech: Option<AccessKey>,
    abuseipdb: Option<AccessKey>,
}

/// A list that is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) name: String,
    pub(super) format: FeedFormat,
    pub(super) place: Place,
    pub(super) tier: RiskTier,
    /// Time between two loads.
    pub(super) every: Duration,
    /// Time between a load that failed and the next, at first.
    pub(super) retry_min: Duration,
    /// How long the last good one counts.
    pub(super) lasts: Duration,
    /// Whether it is AbuseIPDB's blacklist.
    blacklist: bool,
}

impl Plans {
    /// The lists that `deployment` names, and AbuseIPDB's blacklist where it is wanted, there is a key, and
    /// it is no dry run.
    pub(super) fn of(deployment: &Deployment) -> Result<Self, ReputationSetupError> {
        let settings = &deployment.reputation;
        let mut feeds: Vec<Plan> = Vec::new();
        for (index, feed) in settings.feeds.iter().enumerate() {
            let plan = Plan::of(feed, index)?;
            if feeds.iter().any(|other| other.name == plan.name) {
                let reason = format!("two lists are named {}: give each its own", plan.name);
                return Err(wrong(format!("reputation.feeds[{index}].name"), reason));
            }
            feeds.push(plan);
        }
        let key = &deployment.abuseipdb_api_key;
        let mut abuseipdb = None;
        if settings.abuseipdb_blacklist && !key.is_empty() && !settings.dry_run {
            let url = blacklist_url(&settings.abuseipdb_url)
                .map_err(|reason| wrong("reputation.abuseipdb_url", reason))?;
            let unfit = || wrong("abuseipdb_api_key", NOT_A_KEY);
            abuseipdb = Some(AccessKey::abuseipdb(key, &url).ok_or_else(unfit)?);
            feeds.push(Plan::blacklist(url));
        }
        if feeds.len() > FEEDS_MAX {
            let reason = format!(
                "{} lists are too many: {FEEDS_MAX} at most, blacklist included",
                feeds.len()
            );
            return Err(wrong("reputation.feeds", reason));
        }
        let abusech = match &deployment.abusech_auth_key {
            key if key.is_empty() => None,
            key => {
                Some(AccessKey::abusech(key).ok_or_else(|| wrong("abusech_auth_key", NOT_A_KEY))?)
            }
        };
        Ok(Self { feeds, abusech, abuseipdb })
    }

    /// Whether any list is on a web server.
    pub(super) fn need_web(&self) -> bool {
        self.feeds.iter().any(|plan| matches!(plan.place, Place::Web(_)))
    }

    /// The key that the list may need.
    pub(super) fn key_for(&self, plan: &Plan) -> Option<&AccessKey> {
        if plan.blacklist { self.abuseipdb.as_ref() } else { self.abusech.as_ref() }
    }
}

const NOT_A_KEY: &str = "can not be sent in a header: copy it again, in one line";

impl Plan {
    fn of(feed: &FeedSettings, index: usize) -> Result<Self, ReputationSetupError> {
        let key = |key: &str| format!("reputation.feeds[{index}].{key}");
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
        if !(1..=NAME_BYTES_MAX).contains(&feed.name.len()) || !feed.name.bytes().all(fits) {
            let reason = format!(
                "is no name: write 1 to {NAME_BYTES_MAX} small letters, digits, \"-\" and \"_\""
            );
            return Err(wrong(key("name"), reason));
        }
        if RESERVED.contains(&feed.name.as_str()) {
            return Err(wrong(key("name"), "is the name of a provider: take another"));
        }
        let place = Place::parse(&feed.from).map_err(|reason| wrong(key("from"), reason))?;
        let hours = |hours: u64| Duration::from_secs(hours * 3_600);
        Ok(Self {
            name: feed.name.clone(),
            format: feed.format,
            place,
            tier: feed.tier.unwrap_or(feed.format.tier()),
            every: hours(feed.every_hours.get()),
            retry_min: RETRY_MIN,
            lasts: hours(feed.days_max.get() * 24),
            blacklist: false,
        })
    }

    /// Whether its server counts how often it is asked, and allows little.
    pub(super) fn is_counted(&self) -> bool {
        self.blacklist
    }

    /// What is on it has a score of 100 with a free key.
    fn blacklist(url: Url) -> Self {
        Self {
            name: ABUSEIPDB_BLACKLIST.into(),
            format: FeedFormat::BlocklistDe,
            place: Place::Web(url),
            tier: RiskTier::High,
            every: BLACKLIST_EVERY,
            retry_min: BLACKLIST_RETRY_MIN,
            lasts: Duration::from_secs(BLACKLIST_DAYS_MAX * DAY_S),
            blacklist: true,
        }
    }
}

fn blacklist_url(base: &str) -> Result<Url, String> {
    match Place::parse(&format!("{}/api/v2/blacklist", base.trim_end_matches('/')))? {
        Place::Web(url) => Ok(url),
        Place::File(_) => Err("is no address: write https://HOST".into()),
    }
}

fn wrong(key: impl Into<String>, reason: impl Into<String>) -> ReputationSetupError {
    ReputationSetupError::Key { key: key.into(), reason: reason.into() }
}

#[cfg(test)]
mod tests {
    use netsentinel_core::config::{Config, Secret};

    use super::*;

    fn plans(feeds: &str) -> Result<Plans, ReputationSetupError> {
        let text = format!(r#"{{"reputation": {{"feeds": [{feeds}]}}}}"#);
        Plans::of(&Config::parse(&text).unwrap().deployment)
    }

    fn feed(name: &str, from: &str) -> String {
        format!(r#"{{"name": "{name}", "format": "feodo", "from": "{from}"}}"#)
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (feeds, told) in [
            (feed("A", "a"), "reputation.feeds[0].name"),
            (feed("", "a"), "reputation.feeds[0].name"),
            (feed("../a", "a"), "reputation.feeds[0].name"),
            (feed(&"a".repeat(33), "a"), "reputation.feeds[0].name"),
            (feed("virustotal", "a"), "reputation.feeds[0].name"),
            (feed("a", ""), "reputation.feeds[0].from"),
            (feed("a", "http://a.example/"), "reputation.feeds[0].from"),
            (format!("{}, {}", feed("a", "a"), feed("a", "b")), "reputation.feeds[1].name"),
            (
                (0..17).map(|n| feed(&format!("f{n}"), "a")).collect::<Vec<_>>().join(", "),
                "reputation.feeds\"",
            ),
        ] {
            let error = plans(&feeds).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
        let plans = plans(&feed("a-1_b", "a.csv")).unwrap();
        assert_eq!((plans.feeds[0].tier, plans.need_web()), (RiskTier::High, false));
    }

    #[test]
    fn the_blacklist_needs_a_key() {
        let mut deployment = Config::parse("{}").unwrap().deployment;
        assert!(Plans::of(&deployment).unwrap().feeds.is_empty());
        deployment.abuseipdb_api_key = Secret::new("hunter2");
        let plans = Plans::of(&deployment).unwrap();
        let [plan] = plans.feeds.as_slice() else { panic!("one list") };
        assert_eq!((plan.tier, plan.every.as_secs()), (RiskTier::High, DAY_S));
        let url = "https://api.abuseipdb.com/api/v2/blacklist";
        assert_eq!(plan.place, Place::parse(url).unwrap());
        assert!(plans.key_for(plan).is_some() && !format!("{plans:?}").contains("hunter2"));
        deployment.reputation.dry_run = true;
        assert!(Plans::of(&deployment).unwrap().feeds.is_empty());
        deployment.reputation.dry_run = false;
        deployment.reputation.abuseipdb_url = "http://a.example".into();
        let error = Plans::of(&deployment).unwrap_err().to_string();
        assert!(error.contains("reputation.abuseipdb_url"), "{error}");
        deployment.reputation.abuseipdb_blacklist = false;
        assert!(Plans::of(&deployment).unwrap().feeds.is_empty());
    }
}
