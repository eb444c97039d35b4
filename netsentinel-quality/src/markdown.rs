//! The quality as Markdown, for terminals and for pages.

use std::collections::BTreeSet;
use std::fmt::{self, Display};

use netsentinel_core::text::shown;

use crate::{Alarm, Quality};

/// A summary, a table of the detectors, and a list of each capture that was not judged as labelled.
impl Display for Quality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.summary(f)?;
        self.table(f)?;
        self.misses(f)?;
        self.alarms(f, "Alerts on benign captures", |detector| &detector.on_benign)?;
        self.alarms(f, "Alerts on captures of something else", |detector| &detector.on_others)?;
        if !self.unread.is_empty() {
            writeln!(f, "\nNot read:\n")?;
        }
        for unread in &self.unread {
            let counts = if unread.counts { "; what could be read counts" } else { "" };
            let (path, reason) = (text(&unread.path), text(&unread.reason));
            writeln!(f, "- `{path}`: {reason}{counts}")?;
        }
        if !self.labels_without_detector.is_empty() {
            let labels = self.labels_without_detector.iter();
            let list: Vec<_> = labels.map(|(label, n)| format!("{} {n}", text(label))).collect();
            writeln!(f, "\nLabels that mean no detector: {}", list.join(", "))?;
        }
        Ok(())
    }
}

impl Quality {
    fn summary(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let benign = &self.benign;
        writeln!(f, "- {} captures, {} of them benign", self.captures, benign.captures)?;
        let unreadable = self.unread.iter().filter(|unread| !unread.counts).count();
        if unreadable > 0 {
            writeln!(f, "- {unreadable} more could not be read")?;
        }
        let (found, labelled) = (self.found, self.labelled);
        writeln!(f, "- recall: {} ({found} of {labelled})", Percent(self.recall_percent()))?;
        writeln!(
            f,
            "- benign captures with any alert: {} ({} of {}), {} alerts in {:.2} h",
            Percent(self.benign_alarm_percent()),
            benign.with_alert,
            benign.captures,
            benign.alerts,
            benign.hours,
        )
    }

    fn table(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const HEAD: [&str; 8] = [
            "detector",
            "labelled",
            "found",
            "recall",
            "on benign",
            "on others",
            "precision",
            "benign alerts/h",
        ];
        let rows: Vec<[String; 8]> = self
            .detectors
            .iter()
            .map(|of| {
                [
                    format!("`{}`", of.detector),
                    of.labelled.to_string(),
                    of.found.to_string(),
                    Percent(of.recall_percent()).to_string(),
                    of.on_benign.len().to_string(),
                    of.on_others.len().to_string(),
                    Percent(of.precision_percent()).to_string(),
                    of.benign_alerts_per_hour.map_or("-".into(), |rate| format!("{rate:.2}")),
                ]
            })
            .collect();
        let ids = rows.iter().map(|[id, ..]| id.len());
        let id_width = ids.max().unwrap_or(0).max(HEAD[0].len());
        let width = |nth: usize, head: &str| if nth == 0 { id_width } else { head.len().max(7) };
        let [mut head, mut rule] = [String::new(), String::new()];
        for (nth, name) in HEAD.iter().enumerate() {
            let width = width(nth, name);
            let (shown, line) = match nth {
                0 => (format!("| {name:<width$} "), format!("|{}", "-".repeat(width + 2))),
                _ => (format!("| {name:>width$} "), format!("|{}:", "-".repeat(width + 1))),
            };
            head += &shown;
            rule += &line;
        }
        writeln!(f, "\n{head}|\n{rule}|")?;
        for row in &rows {
            for (nth, (cell, name)) in row.iter().zip(HEAD).enumerate() {
                let width = width(nth, name);
                match nth {
                    0 => write!(f, "| {cell:<width$} ")?,
                    _ => write!(f, "| {cell:>width$} ")?,
                }
            }
            writeln!(f, "|")?;
        }
        Ok(())
    }

    fn misses(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.found < self.labelled {
            writeln!(f, "\nMissed:\n")?;
        }
        for detector in &self.detectors {
            for miss in &detector.missed {
                let (path, labels) = (text(&miss.path), joined(&miss.labels));
                writeln!(f, "- {}: `{path}` ({labels})", detector.detector)?;
            }
        }
        Ok(())
    }

    fn alarms(
        &self,
        f: &mut fmt::Formatter<'_>,
        title: &str,
        of: impl Fn(&crate::DetectorQuality) -> &[Alarm],
    ) -> fmt::Result {
        if self.detectors.iter().any(|detector| !of(detector).is_empty()) {
            writeln!(f, "\n{title}:\n")?;
        }
        for detector in &self.detectors {
            for alarm in of(detector) {
                let (path, labels) = (text(&alarm.path), joined(&alarm.labels));
                let (alerts, rules) = (alarm.alerts, joined(&alarm.rules));
                writeln!(f, "- {}: `{path}` ({labels})", detector.detector)?;
                writeln!(f, "  - {alerts} of {rules}, the first: {}", text(&alarm.first))?;
            }
        }
        Ok(())
    }
}

struct Percent(Option<f64>);

impl Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(percent) => f.pad(&format!("{percent:.1} %")),
            None => f.pad("-"),
        }
    }
}

fn joined(words: &BTreeSet<String>) -> String {
    words.iter().map(|word| text(word)).collect::<Vec<_>>().join(", ")
}

/// Text of a file or of an alert, on its line and within its quotes.
fn text(of: &str) -> String {
    shown(of).replace('`', "'")
}
