//! Suricata's EVE.
//!
//! The schema allows no unknown keys at the top, so what EVE has no place for goes into
//! `alert.metadata`, as lists of strings like everything there.

use serde_json::{Map, Value, json};

use crate::{Alert, Severity};

pub(super) fn event(alert: &Alert) -> Value {
    let mut event = Map::new();
    let mut put = |key: &str, value: Value| {
        if !value.is_null() {
            event.insert(key.into(), value);
        }
    };
    put("timestamp", alert.timestamp.strftime("%Y-%m-%dT%H:%M:%S.%6f+0000").into());
    put("event_type", "alert".into());
    put("in_iface", json!(alert.interface));
    put("pcap_cnt", if alert.frame == 0 { Value::Null } else { alert.frame.into() });
    put("src_ip", json!(alert.source.ip));
    put("src_port", json!(alert.source.port));
    put("dest_ip", json!(alert.target.ip));
    put("dest_port", json!(alert.target.port));
    if let Some(flow) = &alert.flow {
        put("proto", protocol(&flow.proto).into());
        put("community_id", flow.community_id.clone().into());
        put("flow_id", flow_id(&flow.community_id).into());
    }
    if !alert.agent.hostname.is_empty() {
        put("host", alert.agent.hostname.clone().into());
    }
    let mut ether = Map::new();
    ether.extend(alert.source.mac.map(|mac| ("src_mac".into(), json!(mac))));
    ether.extend(alert.target.mac.map(|mac| ("dest_mac".into(), json!(mac))));
    if !ether.is_empty() {
        put("ether", ether.into());
    }
    put(
        "alert",
        json!({
            "action": "allowed",
            "gid": 1,
            "signature_id": alert.signature,
            "rev": 1,
            "signature": format!("NetSentinel {}", alert.category),
            "category": alert.category,
            "severity": severity(alert.severity),
            "metadata": metadata(alert),
        }),
    );
    Value::Object(event)
}

/// 1 is the worst; Suricata's own rules go to 3.
fn severity(severity: Severity) -> u8 {
    match severity {
        Severity::Critical | Severity::High => 1,
        Severity::Medium => 2,
        Severity::Low => 3,
    }
}

fn protocol(name: &str) -> String {
    match name {
        "icmpv6" => "IPv6-ICMP".into(),
        other => other.to_uppercase(),
    }
}

fn metadata(alert: &Alert) -> Value {
    let evidence = Value::Object(alert.evidence.clone()).to_string();
    let each = |of: fn(&crate::alert::TechniqueNote) -> &str| -> Vec<&str> {
        alert.attack.iter().map(of).collect()
    };
    let mut metadata = json!({
        "netsentinel_id": [alert.id.to_string()],
        "netsentinel_update": [alert.update.to_string()],
        "netsentinel_rule": [alert.rule],
        "netsentinel_message": [alert.message],
        "netsentinel_count": [alert.count.to_string()],
        "netsentinel_threshold": [alert.threshold.to_string()],
        "netsentinel_evidence": [evidence],
        "netsentinel_agent": [alert.agent.id],
        "signature_severity": [alert.severity.name()],
    });
    if !alert.attack.is_empty() {
        metadata["mitre_technique_id"] = json!(each(|note| &note.technique));
        metadata["mitre_technique_name"] = json!(each(|note| &note.name));
        metadata["mitre_tactic_name"] = json!(each(|note| &note.tactic));
    }
    if let Some(reputation) = &alert.reputation {
        metadata["netsentinel_reputation"] =
            json!([format!("{} {}", reputation.indicator, reputation.tier)]);
    }
    metadata
}

/// A number for the flow that is the same in both directions and that JavaScript can hold.
fn flow_id(community_id: &str) -> u64 {
    let digest = sha1_smol::Sha1::from(community_id).digest().bytes();
    let high = digest.iter().take(7).fold(0, |id, byte| id << 8 | u64::from(*byte));
    high >> 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_ids_have_the_form_that_suricata_demands() {
        let event = event(&crate::format::hostile_alert());
        assert_eq!(event["timestamp"], "2026-11-18T11:06:40.123456+0000");
        assert_eq!(event["alert"]["signature_id"], 1_000_051);
        assert!(flow_id("1:abc") < 1 << 53);
        assert!(event.get("proto").is_none());
    }
}
