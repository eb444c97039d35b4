//! Reputation whose verdicts come when the test says so.
#![allow(clippy::unwrap_used, reason = "the helpers of a test may fail it")]

use std::collections::HashMap;
use std::sync::Mutex;

use netsentinel_core::{Arrived, Indicator, IndicatorBuf, Reputation, RiskTier, Suspicion};

/// Every verdict is outstanding until it is told.
#[derive(Debug, Default)]
pub struct Late {
    told: Mutex<HashMap<IndicatorBuf, RiskTier>>,
    wanted: Mutex<Vec<(String, u8)>>,
}

impl Late {
    /// From now on `indicator`, or the domain and all below it, has this tier.
    pub fn tell(&self, indicator: &str, tier: RiskTier) -> Arrived {
        let indicator = IndicatorBuf::from(indicator.to_owned());
        self.told.lock().unwrap().insert(indicator.clone(), tier);
        Arrived::Of(vec![indicator])
    }

    /// What verdicts were wanted of since the last call, and how much it was suspected in percent.
    pub fn take_wanted(&self) -> Vec<(String, u8)> {
        std::mem::take(&mut self.wanted.lock().unwrap())
    }

    fn known(&self, indicator: Indicator<'_>) -> Option<RiskTier> {
        let told = self.told.lock().unwrap();
        let tier = |name: &str| told.get(&IndicatorBuf::from(name.to_owned())).copied();
        match indicator {
            Indicator::Ip(ip) => tier(&ip.to_string()),
            Indicator::Domain(name) => {
                let parents = name.match_indices('.').map(|(dot, _)| &name[dot + 1..]);
                std::iter::once(name).chain(parents).find_map(tier)
            }
        }
    }
}

impl Reputation for Late {
    fn tier(&self, indicator: Indicator<'_>) -> RiskTier {
        self.known(indicator).unwrap_or_default()
    }

    fn want(&self, indicator: Indicator<'_>, suspicion: Suspicion) -> bool {
        self.wanted.lock().unwrap().push((indicator.to_string(), suspicion.percent()));
        self.known(indicator).is_none()
    }

    fn detail(&self, indicator: Indicator<'_>) -> Option<String> {
        self.known(indicator).map(|tier| format!("{} malicious", tier as u8))
    }
}
