//! Which label is the business of which detector.

use std::collections::{BTreeMap, BTreeSet};

use netsentinel_core::text::shown;

use crate::labels::table;
use crate::{Labelled, LabelsError};

/// Nothing in the capture is an attack: no alert is expected.
const BENIGN: &str = "benign";

/// Labels that mean a built-in detector, beside the detectors' own ids.
#[rustfmt::skip]
const SYNONYMS: &[(&str, &[&str])] = &[
    ("port_scan", &["stealth_scan", "arp_scan", "icmp_sweep", "host_sweep", "ip_protocol_scan"]),
    ("syn_flood", &["syn_flood_spoofed"]),
    ("icmp_flood", &["smurf"]),
    ("udp_flood", &["amplification"]),
    ("arp_spoofing", &["arp_spoof"]),
    ("dns_tunnelling", &["dns_tunnel", "dga"]),
    ("data_exfiltration", &["exfil", "icmp_tunnel"]),
    ("brute_force", &["password_spray"]),
];

/// Which detectors are expected to tell of what a label says.
///
/// A detector's id is a label that means it. The corpus of our tests uses others for parts of the same
/// behaviour: see [`Meanings::synonyms`]. Whatever has no meaning says something that is not judged: an
/// attack that no detector is for, or a circumstance such as `synthetic`.
#[derive(Clone, Debug)]
pub struct Meanings {
    detectors: Vec<&'static str>,
    of: BTreeMap<String, BTreeSet<&'static str>>,
}

/// What is expected of a capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// Each of these detectors is to raise an alert; whether others do is not known.
    Alerts(BTreeSet<&'static str>),
    /// No alert.
    Silence,
    /// Nothing: it is an attack that no detector is for, or the labels do not say what it is.
    Nothing,
}

impl Meanings {
    /// What the labels mean where these detectors are at work.
    pub fn of(detectors: impl IntoIterator<Item = &'static str>) -> Self {
        let detectors: Vec<_> = detectors.into_iter().collect();
        let own = detectors.iter().map(|id| ((*id).to_owned(), BTreeSet::from([*id])));
        let mut of: BTreeMap<_, _> = own.collect();
        for (detector, label) in Self::synonyms().filter(|(id, _)| detectors.contains(id)) {
            of.entry(label.to_owned()).or_default().insert(detector);
        }
        Self { detectors, of }
    }

    /// Detectors with labels that mean them beside their ids.
    pub fn synonyms() -> impl Iterator<Item = (&'static str, &'static str)> {
        SYNONYMS.iter().flat_map(|(id, labels)| labels.iter().map(|label| (*id, *label)))
    }

    /// The detectors, in their order.
    pub fn detectors(&self) -> &[&'static str] {
        &self.detectors
    }

    /// Also takes the labels of a CSV table: its columns `label` and `detectors` (ids separated by `;`). A label
    /// that has a meaning gets this one instead.
    ///
    /// # Errors
    ///
    /// When it is no such table, or names a detector that is not there; tells the line.
    pub fn extend(&mut self, text: &str) -> Result<(), LabelsError> {
        for [label, detectors] in table(text, ["label", "detectors"])? {
            let (label_text, ids) = (label.text()?, detectors.list()?);
            if label_text == BENIGN {
                return Err(label.wrong("`benign` means no detector".into()));
            }
            let known = |id: &String| self.detectors.iter().copied().find(|known| known == id);
            let unknown = |id: &String| {
                let known = self.detectors.join(", ");
                detectors.wrong(format!("there is no detector `{}`; there are: {known}", shown(id)))
            };
            let meaning: Result<_, _> =
                ids.iter().map(|id| known(id).ok_or_else(|| unknown(id))).collect();
            let meaning = meaning?;
            self.of.insert(label_text, meaning);
        }
        Ok(())
    }

    /// Whether somebody is expected to do something about a label.
    pub fn knows(&self, label: &str) -> bool {
        label == BENIGN || self.of.contains_key(label)
    }

    /// What is expected of a capture. Where an attack and `benign` are said of the same capture, the attack
    /// counts.
    pub fn expect(&self, capture: &Labelled) -> Expectation {
        let meant = capture.labels.iter().filter_map(|label| self.of.get(label));
        let detectors: BTreeSet<_> = meant.flatten().copied().collect();
        match detectors.is_empty() {
            false => Expectation::Alerts(detectors),
            true if capture.labels.contains(BENIGN) => Expectation::Silence,
            true => Expectation::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DETECTORS: [&str; 2] = ["port_scan", "brute_force"];

    fn expected(meanings: &Meanings, labels: &str) -> Expectation {
        let labels = labels.split(';').map(str::to_owned).collect();
        meanings.expect(&Labelled { path: "x".into(), labels })
    }

    #[test]
    fn labels_mean_the_detectors_that_are_there() {
        let meanings = Meanings::of(DETECTORS);
        let alerts = |ids: &[&'static str]| Expectation::Alerts(ids.iter().copied().collect());
        for (labels, expectation) in [
            ("port_scan", alerts(&["port_scan"])),
            ("arp_scan;evasion", alerts(&["port_scan"])),
            ("password_spray;stealth_scan", alerts(&["port_scan", "brute_force"])),
            ("discovery;benign", Expectation::Silence),
            ("malware;exploit", Expectation::Nothing),
            ("near_miss", Expectation::Nothing),
            // No detector for it is there.
            ("arp_spoof", Expectation::Nothing),
        ] {
            assert_eq!(expected(&meanings, labels), expectation, "{labels}");
        }
        assert!(meanings.knows("benign") && !meanings.knows("malware"));
    }

    #[test]
    fn a_table_gives_further_meanings() {
        let mut meanings = Meanings::of(DETECTORS);
        meanings.extend("label,detectors\nRecon,port_scan\nboth,port_scan;brute_force\n").unwrap();
        let both = Expectation::Alerts(DETECTORS.into());
        assert_eq!(expected(&meanings, "both"), both);
        assert_eq!(expected(&meanings, "Recon;x"), Expectation::Alerts(["port_scan"].into()));
        let error = meanings.extend("label,detectors\nx,scan\n").unwrap_err().to_string();
        assert_eq!(
            error,
            "line 2, column `detectors`: there is no detector `scan`; there are: port_scan, brute_force"
        );
        assert!(meanings.extend("label,detectors\nbenign,port_scan\n").is_err());
    }
}
