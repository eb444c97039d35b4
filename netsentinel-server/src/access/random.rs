//! Random texts: cookies, tokens, passwords.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use netsentinel_core::config::Secret;
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::error::ServerError;

/// How a token begins, so that tools that look for leaked secrets know it.
pub(crate) const TOKEN_PREFIX: &str = "nst_";

/// `N` bytes from the system's generator.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], ServerError> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| ServerError::NoRandomness)?;
    Ok(bytes)
}

/// 256 random bits for a cookie.
pub(crate) fn cookie() -> Result<Secret, ServerError> {
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(bytes::<32>()?)))
}

/// 256 random bits for a token.
pub(crate) fn token() -> Result<Secret, ServerError> {
    Ok(Secret::new(format!("{TOKEN_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes::<32>()?))))
}

/// 120 random bits for a first password, 20 characters that can be typed.
pub(crate) fn password() -> Result<Secret, ServerError> {
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(bytes::<15>()?)))
}
