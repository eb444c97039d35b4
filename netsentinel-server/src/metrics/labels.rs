//! The labels of the counters: few, and never made of what comes over the wire.

use std::fmt::Write as _;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};

/// Declares an enum whose variants are values of a label.
macro_rules! label {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl EncodeLabelValue for $name {
            fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> std::fmt::Result {
                encoder.write_str(match self { $(Self::$variant => $text,)* })
            }
        }
    };
}

label! {
    /// Which listener.
    ListenerLabel {
        /// People and scripts.
        Gui = "gui",
        /// Agents.
        Agents = "agents",
        /// Plain HTTP.
        Redirect = "redirect",
    }
}

label! {
    /// What became of a connection.
    ConnectionOutcome {
        /// It was served to its end.
        Served = "served",
        /// It ended with an error, such as a client that went away or was too slow.
        Broken = "broken",
        /// There were as many as there may be.
        TooMany = "too_many",
        /// Its address had as many as it may have.
        TooManyOfAddress = "too_many_of_address",
        /// It spoke plain HTTP where TLS is spoken.
        PlainHttp = "plain_http",
        /// It said nothing in time, or hung up before it did.
        Silent = "silent",
        /// The TLS handshake failed.
        HandshakeFailed = "handshake_failed",
        /// The system gave no connection, such as for want of descriptors.
        AcceptFailed = "accept_failed",
    }
}

label! {
    /// Why a TLS handshake failed.
    HandshakeFailure {
        /// It took too long.
        Timeout = "timeout",
        /// The other end went away.
        Closed = "closed",
        /// What came was no TLS, or none that is spoken here.
        Protocol = "protocol",
        /// The client's certificate is missing or is not one of ours.
        ClientCertificate = "client_certificate",
        /// The client did not accept our certificate.
        Rejected = "rejected",
    }
}

label! {
    /// What became of an alert.
    AlertOutcome {
        /// Stored.
        Accepted = "accepted",
        /// Known already.
        Duplicate = "duplicate",
        /// Never to be taken.
        Rejected = "rejected",
        /// To be sent again later.
        Deferred = "deferred",
    }
}

label! {
    /// What became of an attempt to sign in.
    SignInOutcome {
        /// Signed in.
        Ok = "ok",
        /// Wrong name or password.
        Refused = "refused",
        /// Too many wrong ones before.
        Locked = "locked",
        /// More at once than can be checked.
        Busy = "busy",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct OfConnection {
    pub(super) listener: ListenerLabel,
    pub(super) outcome: ConnectionOutcome,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct OfListener {
    pub(super) listener: ListenerLabel,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct OfHandshake {
    pub(super) listener: ListenerLabel,
    pub(super) reason: HandshakeFailure,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct OfRequest {
    pub(super) method: &'static str,
    /// The operation's template; never the path as it was asked.
    pub(super) path: &'static str,
    pub(super) status: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct OfAlert {
    pub(super) outcome: AlertOutcome,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct OfSignIn {
    pub(super) outcome: SignInOutcome,
}
