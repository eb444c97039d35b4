//! Agents, accounts, and the audit trail.

use std::sync::Arc;

use netsentinel_transport::wire::Heartbeat;

use super::{Sample, agent, alert, at};
use crate::store::{EnrolOutcome, NewAgent, NewSession, NewToken, Role, Store, StoreError, User};

fn new_agent(number: u8, key: u8) -> NewAgent {
    NewAgent {
        id: agent(number),
        key_hash: [key; 32],
        certificate: None,
        hostname: format!("sensor-{number}"),
        os: "linux".into(),
        version: "0.1.0".into(),
        address: "192.0.2.1".into(),
    }
}

/// An agent is known by its key, and by its certificate once it has shown one.
pub(crate) async fn agents_are_known_by_their_keys(store: Arc<dyn Store>) {
    let enrol = async |new: NewAgent| store.enrol(new, 2, at(1)).await.unwrap();
    assert_eq!(enrol(new_agent(1, 1)).await, EnrolOutcome::Enrolled);
    assert_eq!(enrol(new_agent(1, 1)).await, EnrolOutcome::Known);
    assert_eq!(enrol(new_agent(1, 9)).await, EnrolOutcome::Refused);
    let with = |name: &str| NewAgent { certificate: Some(name.into()), ..new_agent(1, 1) };
    assert_eq!(enrol(with("a")).await, EnrolOutcome::Known);
    assert_eq!(enrol(with("b")).await, EnrolOutcome::Refused);
    assert_eq!(enrol(new_agent(2, 2)).await, EnrolOutcome::Enrolled);
    assert_eq!(enrol(new_agent(3, 3)).await, EnrolOutcome::Full);

    let beat = Heartbeat { version: "0.2.0".into(), packets: 7, ..Heartbeat::default() };
    store.heartbeat(&agent(1), beat.clone(), "192.0.2.9", at(40)).await.unwrap();
    store.heartbeat(&agent(3), beat.clone(), "192.0.2.9", at(40)).await.unwrap();
    store.add_alerts(&agent(1), vec![alert(Sample::default())], at(41)).await.unwrap();
    let one = store.agent(&agent(1)).await.unwrap().unwrap();
    assert_eq!((one.heartbeat, one.alerts, one.last_seen), (Some(beat), 1, at(40)));
    assert_eq!((&*one.version, &*one.hostname), ("0.2.0", "sensor-1"));
    assert_eq!(one.certificate.as_deref(), Some("a"));
    assert_eq!(store.agents().await.unwrap().len(), 2);

    assert!(store.set_revoked(&agent(1), true, "ann", at(50)).await.unwrap());
    assert_eq!(enrol(new_agent(1, 1)).await, EnrolOutcome::Refused);
    assert!(store.forget_agent(&agent(1), "ann", at(51)).await.unwrap());
    assert!(!store.forget_agent(&agent(1), "ann", at(51)).await.unwrap());
    assert_eq!(store.agent(&agent(1)).await.unwrap(), None);
    assert_eq!(store.stats().await.unwrap().alerts.high, 1);
    let audit = store.audit(None, 2).await.unwrap();
    let actions: Vec<&str> = audit.iter().map(|entry| &*entry.action).collect();
    assert_eq!(actions, ["agent.forget", "agent.revoke"]);
}

fn user(name: &str, role: Role) -> User {
    User { name: name.into(), role, password_hash: "$argon2id$1".into(), created: at(0) }
}

fn session(id: u8, expires: i64) -> NewSession {
    let (created, expires) = (at(1), at(expires));
    NewSession { id: [id; 32], user: "ann".into(), created, expires, address: String::new() }
}

/// A session is good until it expires, the password changes, or the user goes.
pub(crate) async fn sessions_end(store: Arc<dyn Store>) {
    store.add_user(user("ann", Role::Admin), "command line", at(0)).await.unwrap();
    let again = store.add_user(user("ann", Role::Viewer), "command line", at(0)).await;
    assert!(matches!(again, Err(StoreError::Exists(_))));
    assert_eq!(store.users().await.unwrap().len(), 1);

    store.add_session(session(1, 100)).await.unwrap();
    store.add_session(session(2, 100)).await.unwrap();
    let found = store.session(&[1; 32], at(99)).await.unwrap().unwrap();
    assert_eq!((&*found.user, found.role), ("ann", Role::Admin));
    assert_eq!(store.session(&[1; 32], at(100)).await.unwrap(), None);
    store.end_session(&[1; 32]).await.unwrap();
    assert_eq!(store.session(&[1; 32], at(2)).await.unwrap(), None);

    assert!(store.set_password("ann", "$argon2id$2", "ann", at(3)).await.unwrap());
    assert_eq!(store.session(&[2; 32], at(4)).await.unwrap(), None);
    assert_eq!(store.user("ann").await.unwrap().unwrap().password_hash, "$argon2id$2");

    store.add_session(session(3, 100)).await.unwrap();
    assert!(store.remove_user("ann", "bob", at(5)).await.unwrap());
    assert!(!store.remove_user("ann", "bob", at(5)).await.unwrap());
    assert_eq!(store.session(&[3; 32], at(6)).await.unwrap(), None);
    assert!(store.add_session(session(4, 100)).await.is_err());
}

/// A token is good until it expires, is revoked, or its maker goes; its use is noted to the minute.
pub(crate) async fn tokens_end(store: Arc<dyn Store>) {
    store.add_user(user("ann", Role::Admin), "command line", at(0)).await.unwrap();
    let new = |hash: u8, expires| NewToken {
        hash: [hash; 32],
        name: "export".into(),
        role: Role::Viewer,
        expires,
    };
    let first = store.add_token(new(1, Some(at(50))), "ann", at(1)).await.unwrap();
    store.add_token(new(2, None), "ann", at(1)).await.unwrap();
    assert!(matches!(
        store.add_token(new(1, None), "ann", at(1)).await,
        Err(StoreError::Exists(_))
    ));
    assert_eq!(store.token(&[1; 32], at(10)).await.unwrap().unwrap().last_used, Some(at(10)));
    store.token(&[1; 32], at(40)).await.unwrap();
    assert_eq!(store.tokens().await.unwrap()[0].last_used, Some(at(10)));
    assert_eq!(store.token(&[1; 32], at(50)).await.unwrap(), None);

    assert!(store.revoke_token(first.id, "ann", at(60)).await.unwrap());
    assert!(!store.revoke_token(first.id, "ann", at(60)).await.unwrap());
    store.remove_user("ann", "bob", at(61)).await.unwrap();
    assert_eq!(store.tokens().await.unwrap(), []);
}

/// The audit trail is read from its end, page by page.
pub(crate) async fn the_audit_trail_is_read_backwards(store: Arc<dyn Store>) {
    for number in 0..10_i64 {
        let entry = crate::store::AuditEntry {
            id: 0,
            at: at(number),
            actor: "ann".into(),
            action: "login.refused".into(),
            subject: number.to_string(),
            detail: String::new(),
        };
        store.note(entry).await.unwrap();
    }
    let first = store.audit(None, 4).await.unwrap();
    let rest = store.audit(first.last().map(|entry| entry.id), 100).await.unwrap();
    let subjects: Vec<String> = first.into_iter().chain(rest).map(|entry| entry.subject).collect();
    assert_eq!(subjects, ["9", "8", "7", "6", "5", "4", "3", "2", "1", "0"]);
}
