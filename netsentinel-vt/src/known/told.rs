//! Verdicts in a few words.

use std::fmt::Write as _;

use netsentinel_core::ProviderVerdict;
use netsentinel_core::text::shown;

/// Who is meant where nobody is named.
const UNNAMED: &str = "virustotal";
/// Characters of one verdict's reason at most.
const REASON_CHARS_MAX: usize = 60;
/// Bytes of it all, but for the count of what is left out.
const LEN_MAX: usize = 200;

/// Who says what: `5 malicious` where it is VirusTotal alone, and with others after it
/// `5 malicious, abuseipdb: score 92, feodo: listed`. `None` where nobody says anything.
pub(super) fn told(verdicts: &[ProviderVerdict]) -> Option<String> {
    let first = verdicts.iter().filter(|verdict| verdict.provider == UNNAMED);
    let named = verdicts.iter().filter(|verdict| verdict.provider != UNNAMED);
    let mut out = String::new();
    let mut left_out = 0_u32;
    for verdict in first.chain(named) {
        let one = one(verdict);
        if one.is_empty() {
            continue;
        }
        if left_out > 0 || out.len() + one.len() > LEN_MAX {
            left_out += 1;
            continue;
        }
        if !out.is_empty() {
            out.push_str(", ");
        }
        out.push_str(&one);
    }
    if left_out > 0 {
        let _ = write!(out, ", {left_out} more");
    }
    (!out.is_empty()).then_some(out)
}

fn one(verdict: &ProviderVerdict) -> String {
    let cut: String = verdict.detail.chars().take(REASON_CHARS_MAX).collect();
    let reason = shown(&cut);
    match &*verdict.provider {
        UNNAMED => reason.into_owned(),
        provider if reason.is_empty() => shown(provider).into_owned(),
        provider => format!("{}: {reason}", shown(provider)),
    }
}

#[cfg(test)]
mod tests {
    use netsentinel_core::RiskTier;

    use super::*;

    fn verdict(provider: &str, detail: &str) -> ProviderVerdict {
        ProviderVerdict { provider: provider.into(), tier: RiskTier::High, detail: detail.into() }
    }

    #[test]
    fn virustotal_needs_no_name() {
        let virustotal = verdict("virustotal", "5 malicious");
        let feodo = verdict("feodo", "listed");
        let of = |verdicts: &[ProviderVerdict]| told(verdicts);
        assert_eq!(of(&[]), None);
        assert_eq!(of(std::slice::from_ref(&virustotal)).unwrap(), "5 malicious");
        assert_eq!(of(std::slice::from_ref(&feodo)).unwrap(), "feodo: listed");
        assert_eq!(
            of(&[feodo, virustotal, verdict("abuseipdb", "score 92")]).unwrap(),
            "5 malicious, feodo: listed, abuseipdb: score 92"
        );
        assert_eq!(of(&[verdict("drop", "")]).unwrap(), "drop");
        assert_eq!(of(&[verdict("virustotal", "")]), None);
    }

    #[test]
    fn is_bounded_and_forges_nothing() {
        let long = "\u{1b}[2J".repeat(1_000);
        let many: Vec<ProviderVerdict> =
            (0..50).map(|n| verdict(&format!("list-{n}"), &long)).collect();
        let text = told(&many).unwrap();
        assert!(text.len() < LEN_MAX + 20, "{}", text.len());
        assert!(!text.contains(char::is_control), "{text}");
        assert!(text.starts_with("list-0: \\x1b[2J") && text.ends_with(" more"), "{text}");
    }
}
