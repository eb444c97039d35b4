//! Comma-separated values, for spreadsheets.

use std::fmt::{Display, Write as _};

use crate::store::StoredAlert;

/// The first row.
pub(super) const HEADER: &str = "position,id,update,timestamp,received,severity,category,detector,\
rule,source_ip,source_port,source_mac,target_ip,target_port,target_mac,message,count,threshold,\
window_s,first_seen,last_seen,reputation,attack,agent_id,hostname,os,acknowledged_by,\
acknowledged_at,archived,suppressed_by,comments,evidence\r\n";

/// One alert as a row; its cells are in the order of [`HEADER`].
pub(super) fn row(stored: &StoredAlert) -> String {
    let alert = &stored.alert;
    let techniques: Vec<&str> = alert.attack.iter().map(|note| &*note.technique).collect();
    let reputation = alert.reputation.as_ref();
    let mut row = Row::default();
    row.plain(&stored.position);
    row.plain(&alert.id);
    row.plain(&alert.update);
    row.plain(&alert.timestamp);
    row.plain(&stored.received);
    row.plain(&alert.severity);
    row.text(&alert.category);
    row.text(&alert.detector);
    row.text(&alert.rule);
    for end in [&alert.source, &alert.target] {
        row.maybe(end.ip.as_ref());
        row.maybe(end.port.as_ref());
        row.maybe(end.mac.as_ref());
    }
    row.text(&alert.message);
    row.plain(&alert.count);
    row.plain(&alert.threshold);
    row.plain(&alert.window_s);
    row.plain(&alert.first_seen);
    row.plain(&alert.last_seen);
    row.text(reputation.map_or("", |note| note.tier.name()));
    row.text(&techniques.join(" "));
    row.text(&alert.agent.id);
    row.text(&alert.agent.hostname);
    row.text(&alert.agent.os);
    row.text(stored.acknowledged_by.as_deref().unwrap_or_default());
    row.maybe(stored.acknowledged_at.as_ref());
    row.plain(&stored.archived);
    row.maybe(stored.suppressed_by.as_ref());
    row.plain(&stored.comments);
    row.text(&serde_json::to_string(&alert.evidence).unwrap_or_default());
    row.0.push_str("\r\n");
    row.0
}

#[derive(Default)]
struct Row(String);

impl Row {
    /// What can not hold a separator, such as a number or a time.
    fn plain(&mut self, value: &impl Display) {
        self.separate();
        // Writing to a string can not fail.
        let _ = write!(self.0, "{value}");
    }

    fn maybe(&mut self, value: Option<&impl Display>) {
        match value {
            Some(value) => self.plain(value),
            None => self.separate(),
        }
    }

    /// What somebody else wrote: quoted where it must be. A spreadsheet takes a text that begins
    /// with one of a few characters for a formula; an apostrophe before it keeps it a text.
    fn text(&mut self, text: &str) {
        self.separate();
        let text = netsentinel_core::text::shown(text);
        let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { "'" } else { "" };
        if guard.is_empty() && !text.contains([',', '"', '\r', '\n', '\'', ';', '\t']) {
            self.0.push_str(&text);
            return;
        }
        self.0.push('"');
        self.0.push_str(guard);
        self.0.push_str(&text.replace('"', "\"\""));
        self.0.push('"');
    }

    fn separate(&mut self) {
        if !self.0.is_empty() {
            self.0.push(',');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(text: &str) -> String {
        let mut row = Row::default();
        row.text(text);
        row.0
    }

    #[test]
    fn no_text_becomes_a_formula_or_breaks_a_row() {
        assert_eq!(cell("=HYPERLINK(\"http://x\",1)"), "\"'=HYPERLINK(\"\"http://x\"\",1)\"");
        for start in ["+1", "-1", "@SUM(A1)"] {
            assert_eq!(cell(start), format!("\"'{start}\""));
        }
        assert_eq!(cell("\t=1"), "\\x09=1");
        assert_eq!(cell("\r=1"), "\\x0d=1");
        assert_eq!(cell("a\r\nb"), r"a\x0d\x0ab");
        assert_eq!(cell("a,b"), "\"a,b\"");
        assert_eq!(cell("plain text"), "plain text");
        assert_eq!(cell("1=2"), "1=2");
    }

    #[test]
    fn the_header_has_a_name_for_each_cell() {
        let stored = crate::api::testing::stored_alert(7);
        let row = row(&stored);
        let mut quoted = false;
        let outside = |c: char| {
            quoted ^= c == '"';
            c == ',' && !quoted
        };
        let cells = row.matches(outside).count();
        assert_eq!(cells, HEADER.matches(',').count(), "{row}");
        assert!(row.starts_with("7,"), "{row}");
    }
}
