//! Lists of addresses, networks and domains.
//!
//! - [`FeedSet`]: all lists in memory, for the packet path
//! - [`Keeper`]: loads them, keeps the last good ones, and lets them expire
//! - [`formats`]: how lists are written
//! - `fetch`: how they come from where they are

mod fetch;
pub mod formats;
mod keeper;
mod set;

pub use keeper::{ABUSEIPDB_BLACKLIST, Keeper};
pub use set::{FEEDS_MAX, FeedId, FeedSet, INDICATORS_MAX, Load, NETWORKS_MAX};
