//! `--explain`: why addresses did or did not raise alerts.

mod json;
mod sightings;
mod text;

use std::collections::BTreeMap;
use std::net::IpAddr;

use anyhow::{Result, bail};
use netsentinel_cli::{DETECTORS, print_line};
use netsentinel_core::Record;
use netsentinel_core::format::Format;
use netsentinel_core::pipeline::{self, Explanation};

use crate::cli::{Cli, Explained};
use sightings::Sightings;

/// Who is to be explained, and how.
#[derive(Debug)]
pub(crate) struct Explain {
    /// In the order of the command line; empty for all.
    hosts: Vec<IpAddr>,
    sightings: Sightings,
    json: bool,
}

/// All that is known of one address.
struct Account<'a> {
    address: IpAddr,
    /// The strongest first.
    rules: Vec<&'a Explanation>,
}

impl Explain {
    /// What the command line asks for, if it asks.
    ///
    /// # Errors
    ///
    /// When it wants it in a form that only alerts have.
    pub(crate) fn of(cli: &Cli) -> Result<Option<Self>> {
        if cli.explain.is_empty() {
            return Ok(None);
        }
        let json = match cli.format {
            None | Some(Format::Table) => false,
            Some(Format::Ndjson) => true,
            Some(other) => bail!("--explain tells in sentences or as ndjson, not as {other}"),
        };
        if cli.workers.is_some_and(|workers| workers.get() > 1) {
            tracing::warn!("--explain judges on one thread");
        }
        let mut hosts = Vec::new();
        for whom in &cli.explain {
            match whom {
                Explained::All => return Ok(Some(Self::new(Vec::new(), json))),
                Explained::Host(host) if hosts.contains(host) => {}
                Explained::Host(host) => hosts.push(*host),
            }
        }
        Ok(Some(Self::new(hosts, json)))
    }

    fn new(hosts: Vec<IpAddr>, json: bool) -> Self {
        Self { sightings: Sightings::of(&hosts), hosts, json }
    }

    /// Who is asked about; empty for all.
    pub(crate) fn hosts(&self) -> Vec<IpAddr> {
        self.hosts.clone()
    }

    /// Counts a record for those who are asked about.
    pub(crate) fn saw(&mut self, record: &Record<'_>) {
        self.sightings.count(record);
    }

    /// Prints what was weighed in `captures`, which were judged as one, and begins anew.
    ///
    /// # Errors
    ///
    /// When standard output can not be written.
    pub(crate) fn print(&mut self, captures: &[String], told: &pipeline::Explained) -> Result<()> {
        let accounts = self.accounts(&told.explanations);
        if self.json {
            for account in &accounts {
                print_line(&json::line(
                    captures,
                    account,
                    self.sightings.of_host(account.address),
                )?)?;
            }
        } else {
            print_line(&self.text(captures, &accounts))?;
        }
        if told.left_out > 0 {
            tracing::warn!("{} times there was no room for more to explain", told.left_out);
        }
        self.sightings = Sightings::of(&self.hosts);
        Ok(())
    }

    fn text(&self, captures: &[String], accounts: &[Account<'_>]) -> String {
        let mut out = captures.join(", ") + "\n";
        match self.hosts.is_empty() {
            true => text::all(&mut out, accounts),
            false => {
                for account in accounts {
                    text::one(&mut out, account, self.sightings.of_host(account.address));
                }
            }
        }
        out.truncate(out.trim_end().len());
        out
    }

    /// By address: as asked for, or if all are, those first who came closest to an alert.
    fn accounts<'a>(&self, explanations: &'a [Explanation]) -> Vec<Account<'a>> {
        let mut by_host = BTreeMap::<IpAddr, Vec<&Explanation>>::new();
        for explanation in explanations {
            let Explanation { subject, .. } = explanation;
            by_host.entry(subject.owner()).or_default().push(explanation);
            // What a source does may be judged for its victim: who asks about the source wants to know it.
            if let Some(peer) = subject.peer().filter(|peer| self.hosts.contains(peer)) {
                by_host.entry(peer).or_default().push(explanation);
            }
        }
        for rules in by_host.values_mut() {
            rules.sort_by_key(|explanation| strength(explanation));
        }
        if !self.hosts.is_empty() {
            let rules = |host| by_host.remove(host).unwrap_or_default();
            let rules = self.hosts.iter().map(rules).collect::<Vec<_>>();
            let accounts = self.hosts.iter().zip(rules);
            return accounts.map(|(address, rules)| Account { address: *address, rules }).collect();
        }
        let accounts = by_host.into_iter().map(|(address, rules)| Account { address, rules });
        let mut accounts: Vec<_> = accounts.collect();
        accounts.sort_by_key(|account| account.rules.first().map(|first| strength(first)));
        accounts
    }
}

impl Account<'_> {
    /// Rules of the detectors that counted nothing about the address, in the order of the registry.
    fn never_counted(&self) -> Vec<&'static str> {
        let all = DETECTORS.iter().flat_map(|list| list.iter());
        let all = all.flat_map(|detector| detector.descriptor().rules).map(|rule| rule.id);
        all.filter(|id| self.rules.iter().all(|told| told.rule.id != *id)).collect()
    }
}

/// Sorts what came closest to an alert first.
fn strength(explanation: &Explanation) -> (pipeline::Outcome, std::cmp::Reverse<u64>) {
    (explanation.outcome(), std::cmp::Reverse(explanation.percent()))
}
