//! Keys: random, shown once, compared without telling how much of them was right.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use netsentinel_core::config::Secret;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom as _, SystemRandom};
use subtle::ConstantTimeEq as _;

use crate::wire::KEY_BYTES;

/// A new key: [`KEY_BYTES`] bytes from the system's generator, in URL-safe base64 without padding.
///
/// # Errors
///
/// When the system gives no random numbers.
pub fn new_key() -> Result<Secret, NoRandomness> {
    let mut bytes = [0; KEY_BYTES];
    SystemRandom::new().fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(bytes)))
}

/// Whether `text` has the form of a key.
pub fn is_key(text: &str) -> bool {
    // Base64 has 4 characters for 3 bytes; whatever has not as many is not even decoded.
    text.len() == (KEY_BYTES * 4).div_ceil(3)
        && URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == KEY_BYTES)
}

/// The SHA-256 of a key as it is written: what is kept of a key that others hold. A key has 256
/// random bits, so a fast hash without salt is enough.
pub fn key_hash(key: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, key.as_bytes()).as_ref());
    hash
}

/// Whether `key` has this hash, in a time that does not tell how much of it is right.
pub fn key_matches(key: &str, hash: &[u8; 32]) -> bool {
    key_hash(key).ct_eq(hash).into()
}

/// Whether two keys are the same, in a time that tells neither where they differ nor how long the
/// other one is. An empty key equals nothing: a key that is not set lets nobody in.
pub fn keys_equal(a: &str, b: &str) -> bool {
    !a.is_empty() && key_matches(a, &key_hash(b))
}

/// The system gives no random numbers.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the system gives no random numbers: no key can be made")]
pub struct NoRandomness;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_long_random_and_safe_in_a_header() {
        let (one, other) = (new_key().unwrap(), new_key().unwrap());
        for key in [&one, &other] {
            assert_eq!(key.expose().len(), 43);
            assert!(is_key(key.expose()));
            let safe = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            assert!(key.expose().chars().all(safe));
        }
        assert!(keys_equal(one.expose(), one.expose()));
        assert!(!keys_equal(one.expose(), other.expose()));
        assert!(key_matches(one.expose(), &key_hash(one.expose())));
        assert!(!key_matches("", &key_hash(one.expose())));
        assert!(!keys_equal("", ""));
    }

    #[test]
    fn what_is_no_key_is_told() {
        let padded = format!("{}=", "a".repeat(43));
        for wrong in ["", "a", &"a".repeat(42), &"a".repeat(44), &padded, &"+".repeat(43)] {
            assert!(!is_key(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_hash_is_the_sha_256_of_the_text() {
        let hex: String = key_hash("abc").iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
