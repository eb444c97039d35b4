//! The forms that alerts are exported in.

use std::str::FromStr;

use netsentinel_core::format::{self, Format};

use super::csv;
use crate::store::StoredAlert;

/// A form that alerts are exported in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ExportFormat {
    /// One JSON object a line, with what the server knows of the alert.
    Ndjson,
    /// One JSON array of the same objects.
    Json,
    /// Comma-separated values with a row of names.
    Csv,
    /// Suricata's EVE, one event a line.
    Eve,
    /// ArcSight Common Event Format, one event a line.
    Cef,
    /// Elastic Common Schema, one document a line.
    Ecs,
}

impl ExportFormat {
    const ALL: [Self; 6] = [Self::Ndjson, Self::Json, Self::Csv, Self::Eve, Self::Cef, Self::Ecs];

    fn name(self) -> &'static str {
        match self {
            Self::Ndjson => "ndjson",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Eve => "eve",
            Self::Cef => "cef",
            Self::Ecs => "ecs",
        }
    }

    /// The media type.
    pub(super) fn media_type(self) -> &'static str {
        match self {
            Self::Ndjson | Self::Eve | Self::Ecs => "application/x-ndjson",
            Self::Json => "application/json",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Cef => "text/plain; charset=utf-8",
        }
    }

    /// The end of the file's name.
    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Eve => "eve.ndjson",
            Self::Ecs => "ecs.ndjson",
            own => own.name(),
        }
    }

    /// What goes before the first alert.
    pub(super) fn head(self) -> &'static str {
        match self {
            Self::Json => "[",
            Self::Csv => csv::HEADER,
            _ => "",
        }
    }

    /// What goes after the last.
    pub(super) fn tail(self) -> &'static str {
        if self == Self::Json { "\n]\n" } else { "" }
    }

    /// Writes one alert; `first` if none came before it.
    pub(super) fn write(self, out: &mut String, stored: &StoredAlert, first: bool) {
        let line = match self {
            Self::Ndjson => format::json(stored),
            Self::Json => {
                out.push_str(if first { "\n" } else { ",\n" });
                out.push_str(&format::json(stored));
                return;
            }
            Self::Csv => {
                out.push_str(&csv::row(stored));
                return;
            }
            Self::Eve => Format::Eve.line(&stored.alert),
            Self::Cef => Format::Cef.line(&stored.alert),
            Self::Ecs => Format::Ecs.line(&stored.alert),
        };
        out.push_str(&line);
        out.push('\n');
    }
}

/// The text names no format.
#[derive(Debug, thiserror::Error)]
#[error("not a format: expected ndjson, json, csv, eve, cef or ecs")]
pub(super) struct UnknownFormat;

impl FromStr for ExportFormat {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        Self::ALL.into_iter().find(|format| format.name() == text).ok_or(UnknownFormat)
    }
}
