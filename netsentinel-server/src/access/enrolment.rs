//! The shared keys, with which agents enrol.

use std::sync::{PoisonError, RwLock};

use netsentinel_core::config::{Deployment, Secret};
use netsentinel_transport::identity::keys_equal;

/// The shared key, and the one before it while that is still taken.
pub(crate) struct EnrolmentKeys(RwLock<[Secret; 2]>);

impl EnrolmentKeys {
    /// The keys of a configuration.
    pub(crate) fn new(deployment: &Deployment) -> Self {
        Self(RwLock::new(keys(deployment)))
    }

    /// From now on the keys of `deployment` count.
    pub(crate) fn replace(&self, deployment: &Deployment) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = keys(deployment);
    }

    /// Whether `key` is one of them. A key that is not set lets nobody in.
    pub(crate) fn take(&self, key: &str) -> bool {
        let [current, previous] = &*self.0.read().unwrap_or_else(PoisonError::into_inner);
        // Both are compared, whichever fits.
        keys_equal(current.expose(), key) | keys_equal(previous.expose(), key)
    }
}

fn keys(deployment: &Deployment) -> [Secret; 2] {
    [deployment.api_key.clone(), deployment.api_key_previous.clone()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_keys_are_taken_until_the_old_one_is_dropped() {
        let mut deployment = Deployment { api_key: Secret::new("new"), ..Deployment::default() };
        let keys = EnrolmentKeys::new(&deployment);
        assert!(keys.take("new") && !keys.take("old") && !keys.take(""));
        deployment.api_key_previous = Secret::new("old");
        keys.replace(&deployment);
        assert!(keys.take("new") && keys.take("old") && !keys.take(""));
    }
}
