//! Elastic Common Schema, version 9.

use serde_json::{Map, Value, json};

use crate::alert::Endpoint;
use crate::detector::attack::ATTACK_VERSION;
use crate::{Alert, Severity};

const ECS_VERSION: &str = "9.0.0";

pub(super) fn document(alert: &Alert) -> Value {
    let mut document = json!({
        "@timestamp": alert.timestamp,
        "ecs": { "version": ECS_VERSION },
        "message": alert.message,
        "event": {
            "kind": "alert",
            "category": ["intrusion_detection"],
            "type": ["info"],
            "module": "netsentinel",
            "dataset": "netsentinel.alert",
            "id": alert.id,
            "action": if alert.update == 0 { "alert-raised" } else { "alert-updated" },
            "severity": severity(alert.severity),
            "reason": alert.message,
            "start": alert.first_seen,
            "end": alert.last_seen,
        },
        "rule": { "id": alert.rule, "name": alert.category, "category": alert.detector },
        "observer": {
            "type": "ids",
            "vendor": "NetSentinel",
            "product": "NetSentinel",
            "version": env!("CARGO_PKG_VERSION"),
            "name": alert.agent.id,
            "hostname": alert.agent.hostname,
        },
        // Not of the schema: what is ours alone has a name of ours.
        "netsentinel": {
            "update": alert.update,
            "severity": alert.severity,
            "count": alert.count,
            "threshold": alert.threshold,
            "window_s": alert.window_s,
            "frame": alert.frame,
            "evidence": alert.evidence,
            "reputation": alert.reputation,
        },
    });
    // An alert of the sensor itself has no ends.
    let (source, target, related) = (end(&alert.source), end(&alert.target), related(alert));
    let mut put = |name: &str, ends: Map<String, Value>| {
        if !ends.is_empty() {
            document[name] = Value::Object(ends);
        }
    };
    put("source", source);
    put("destination", target);
    if !related.is_empty() {
        document["related"] = json!({ "ip": related });
    }
    if let Some(flow) = &alert.flow {
        document["network"] = json!({ "transport": flow.proto, "community_id": flow.community_id });
    }
    if let Some(interface) = &alert.interface {
        document["observer"]["ingress"] = json!({ "interface": { "name": interface } });
    }
    if !alert.attack.is_empty() {
        document["threat"] = threat(alert);
    }
    document
}

fn severity(severity: Severity) -> u8 {
    match severity {
        Severity::Low => 21,
        Severity::Medium => 47,
        Severity::High => 73,
        Severity::Critical => 99,
    }
}

fn end(end: &Endpoint) -> Map<String, Value> {
    let mut map = Map::new();
    map.extend(end.ip.map(|ip| ("ip".into(), json!(ip))));
    map.extend(end.port.map(|port| ("port".into(), json!(port))));
    map.extend(end.mac.map(|mac| {
        let upper = mac.to_string().to_uppercase().replace(':', "-");
        ("mac".into(), Value::String(upper))
    }));
    map
}

fn related(alert: &Alert) -> Vec<String> {
    let mut all: Vec<_> =
        [alert.source.ip, alert.target.ip].into_iter().flatten().map(|ip| ip.to_string()).collect();
    all.dedup();
    all
}

fn threat(alert: &Alert) -> Value {
    let parents = alert.attack.iter().map(|note| note.technique.split('.').next());
    let subs: Vec<_> = alert.attack.iter().filter(|note| note.technique.contains('.')).collect();
    let mut technique = json!({
        "id": parents.collect::<Vec<_>>(),
        "name": alert.attack.iter()
            .map(|note| note.name.split(": ").next())
            .collect::<Vec<_>>(),
    });
    if !subs.is_empty() {
        technique["subtechnique"] = json!({
            "id": subs.iter().map(|note| &note.technique).collect::<Vec<_>>(),
            "name": subs.iter().map(|note| note.name.split(": ").last()).collect::<Vec<_>>(),
        });
    }
    let mut tactics: Vec<_> = alert.attack.iter().map(|note| &*note.tactic).collect();
    tactics.dedup();
    json!({
        "framework": format!("MITRE ATT&CK v{ATTACK_VERSION}"),
        "tactic": { "name": tactics },
        "technique": technique,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_stand_where_the_schema_has_them() {
        let document = document(&crate::format::hostile_alert());
        assert_eq!(document["event"]["kind"], "alert");
        assert_eq!(document["source"]["mac"], "FF-FF-FF-FF-FF-FF");
        assert_eq!(document["destination"]["port"], 53);
        assert_eq!(document["threat"]["technique"]["id"], json!(["T1071"]));
        assert_eq!(document["threat"]["technique"]["subtechnique"]["name"], json!(["DNS"]));
        assert_eq!(document["related"]["ip"], json!(["10.0.0.7", "2001:db8::53"]));
    }
}
