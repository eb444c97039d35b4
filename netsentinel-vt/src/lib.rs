//! What is known of addresses and domains: asked of providers in the background, read from lists, and
//! peeked at from the packet path.
//!
//! ```text
//!  packet path                │ one task                                             │ the network
//!  Known::tier   peek ────────┼──────────────────────────────────────────────────────┤
//!  Known::want   note ─► ring ┼─► scope ─► queue (the most suspected first) ─► quota ─┼─► Provider
//!  Known::take_arrived ◄──────┼── Known::publish ◄── Cache ◄── verdicts ◄────────────┤
//!                             │                     Feeds ◄── last good file ◄────────┼─► lists
//! ```
//!
//! - [`Known`]: what is known now; implements [`Reputation`](netsentinel_core::Reputation). Its peek waits
//!   for nothing and allocates nothing.
//! - [`Broker`]: the task that asks, with its queue, its quotas and its cache
//! - [`provider`]: what a provider is; `providers`: VirusTotal and AbuseIPDB
//! - [`feeds`]: lists of addresses, networks and domains
//! - [`cache`]: verdicts with their time to live, kept on the disk
//! - [`scope`]: what may be asked about at all: never an address that is not global
//! - [`status`]: what is told of all this
//!
//! # One tier of several verdicts
//!
//! Each provider and each list gives a tier of its own ([`providers`], [`feeds`]); the worst counts.
//! Nobody outvotes a bad verdict by knowing nothing. What is allowed by the configuration
//! (`allow_networks`, `allow_domains`) is clean, whoever says what.
//!
//! A domain's verdict is that of what is asked about, the registered domain unless the full name is asked
//! about, and counts for all names below. A clean verdict counts when all have answered who can be asked, a
//! bad one at once.
//!
//! # A provider of one's own
//!
//! ```
//! use std::sync::Arc;
//!
//! use netsentinel_core::{Indicator, ProviderVerdict, Reputation, RiskTier, Site, Suspicion};
//! use netsentinel_core::config::Deployment;
//! use netsentinel_vt::{
//!     Answer, Broker, BrokerSetup, Provider, ProviderError, Question, Quota, async_trait,
//! };
//!
//! /// Distrusts whatever ends in 66.
//! struct Numerologist;
//!
//! #[async_trait]
//! impl Provider for Numerologist {
//!     fn name(&self) -> &'static str {
//!         "numerologist"
//!     }
//!     fn takes(&self, indicator: Indicator<'_>) -> bool {
//!         matches!(indicator, Indicator::Ip(_))
//!     }
//!     fn quota(&self) -> Quota {
//!         Quota::default()
//!     }
//!     async fn ask(&self, questions: &[Question]) -> Result<Vec<Answer>, ProviderError> {
//!         let judge = |question: &Question| {
//!             let evil = question.indicator.to_string().ends_with("66");
//!             let verdict = || ProviderVerdict {
//!                 provider: "numerologist".into(),
//!                 tier: RiskTier::Medium,
//!                 detail: "an evil number".into(),
//!             };
//!             Answer::Known { verdicts: evil.then(verdict).into_iter().collect(), lasts: None }
//!         };
//!         Ok(questions.iter().map(judge).collect())
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! let (wake, mut woken) = tokio::sync::watch::channel(());
//! let broker = Broker::start(BrokerSetup {
//!     deployment: Deployment::default(),
//!     site: Site::default(),
//!     folder: folder.path().join("reputation"),
//!     providers: Some(vec![Box::new(Numerologist)]),
//!     wake: Arc::new(move || wake.send_replace(())),
//! })
//! .await?;
//!
//! // What a detector does: it peeks, and where nothing is known it tells how much it suspects somebody.
//! let known = broker.known();
//! let suspect = Indicator::Ip("20.0.0.66".parse()?);
//! assert_eq!(known.tier(suspect), RiskTier::Clean);
//! assert!(known.want(suspect, Suspicion::of(9, 15)), "a verdict is outstanding");
//!
//! // What its engine does: it judges anew what has arrived.
//! woken.changed().await?;
//! assert!(!known.take_arrived().is_empty());
//! assert_eq!(known.tier(suspect), RiskTier::Medium);
//! broker.stop().await;
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

pub mod broker;
pub mod cache;
mod error;
pub mod feeds;
mod http;
pub mod known;
pub mod limiter;
pub mod provider;
pub mod providers;
mod queue;
pub mod scope;
pub mod status;

/// What an implementation of [`Provider`] is marked with.
pub use async_trait::async_trait;
pub use broker::{Broker, BrokerSetup, Looked, LookedState};
pub use cache::{Cache, Lifetimes, Outcome};
pub use error::ReputationSetupError;
pub use known::{Known, KnownCounters, Wake};
pub use provider::{Answer, Provider, ProviderError, Question, Quota};
pub use scope::Scope;
pub use status::Status;
