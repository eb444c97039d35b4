//! Makes certificates: an authority, and what it signs for servers and agents.
//!
//! ```
//! use netsentinel_transport::pki::Authority;
//!
//! let authority = Authority::create("Site 7")?;
//! let server = authority.server(&["sentinel.example".parse()?, "192.0.2.7".parse()?])?;
//! let agent = authority.client("sensor-1")?;
//! assert!(server.certificate.starts_with("-----BEGIN CERTIFICATE-----"));
//! assert_ne!(server.key.expose(), agent.key.expose());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod authority;
mod name;

pub use authority::{Authority, Issued, PkiError};
pub use name::{InvalidName, SubjectName};
