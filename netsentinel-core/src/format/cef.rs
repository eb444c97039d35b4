//! ArcSight Common Event Format.

use std::fmt::{Display, Write as _};
use std::net::IpAddr;

use crate::alert::Endpoint;
use crate::{Alert, Severity, Timestamp};

pub(super) fn event(alert: &Alert) -> String {
    let mut line = format!(
        "CEF:0|NetSentinel|NetSentinel|{}|{}|{}|{}|",
        header(env!("CARGO_PKG_VERSION")),
        header(&alert.rule),
        header(&alert.category),
        severity(alert.severity),
    );
    let mut separator = "";
    let mut put = |key: &str, value: &dyn Display| {
        let separator = std::mem::replace(&mut separator, " ");
        // Writing to a string can not fail.
        let _ = write!(line, "{separator}{key}={}", extension(&value.to_string()));
    };
    put("rt", &millis(alert.timestamp));
    put("start", &millis(alert.first_seen));
    put("end", &millis(alert.last_seen));
    put("externalId", &alert.id);
    put("act", &if alert.update == 0 { "raised" } else { "updated" });
    ends(alert, &mut put);
    if let Some(flow) = &alert.flow {
        put("proto", &flow.proto.to_uppercase());
    }
    put("cnt", &alert.count);
    put("cat", &alert.detector);
    put("msg", &alert.message);
    put("dvchost", &alert.agent.hostname);
    put("deviceExternalId", &alert.agent.id);
    if let Some(interface) = &alert.interface {
        put("deviceInboundInterface", interface);
    }
    labelled(alert, &mut put);
    line
}

fn ends(alert: &Alert, put: &mut impl FnMut(&str, &dyn Display)) {
    let [(src, spt, smac), (dst, dpt, dmac)] = [("src", "spt", "smac"), ("dst", "dpt", "dmac")];
    let mut end = |end: &Endpoint, v4: &str, v6: &str, label: &str, port: &str, mac: &str| {
        match end.ip {
            Some(IpAddr::V4(ip)) => put(v4, &ip),
            Some(IpAddr::V6(ip)) => {
                put(v6, &ip);
                put(&format!("{v6}Label"), &label);
            }
            None => {}
        }
        if let Some(number) = end.port {
            put(port, &number);
        }
        if let Some(address) = end.mac {
            put(mac, &address);
        }
    };
    end(&alert.source, src, "c6a2", "Source IPv6 Address", spt, smac);
    end(&alert.target, dst, "c6a3", "Destination IPv6 Address", dpt, dmac);
}

fn labelled(alert: &Alert, put: &mut impl FnMut(&str, &dyn Display)) {
    let techniques: Vec<&str> = alert.attack.iter().map(|note| &*note.technique).collect();
    put("cs1", &techniques.join(","));
    put("cs1Label", &"ATT&CK");
    put("cs2", &alert.reputation.as_ref().map_or("", |note| note.tier.name()));
    put("cs2Label", &"Reputation");
    put("cs3", &alert.flow.as_ref().map_or("", |flow| &flow.community_id));
    put("cs3Label", &"Community ID");
    put("cs4", &serde_json::Value::Object(alert.evidence.clone()));
    put("cs4Label", &"Evidence");
    put("cn1", &alert.threshold);
    put("cn1Label", &"Threshold");
    put("cn2", &alert.frame);
    put("cn2Label", &"Frame");
}

/// 0 to 3 is low, 4 to 6 medium, 7 and 8 high, 9 and 10 very high.
fn severity(severity: Severity) -> u8 {
    match severity {
        Severity::Low => 3,
        Severity::Medium => 5,
        Severity::High => 8,
        Severity::Critical => 10,
    }
}

fn millis(time: Timestamp) -> i64 {
    time.as_nanos().div_euclid(1_000_000)
}

fn header(text: &str) -> String {
    super::shown(text).replace('\\', "\\\\").replace('|', "\\|")
}

fn extension(text: &str) -> String {
    super::shown(text).replace('\\', "\\\\").replace('=', "\\=")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_can_not_be_forged() {
        let line = event(&crate::format::hostile_alert());
        assert!(line.starts_with("CEF:0|NetSentinel|NetSentinel|"), "{line}");
        assert!(line.contains(r"|dns_tunnelling/long_name|DNS Tunnelling|8|rt=1795000000123 "));
        assert!(line.contains(r"msg=a|b\=c\\d"), "{line}");
        assert!(line.contains("c6a3=2001:db8::53 c6a3Label=Destination IPv6 Address dpt=53"));
    }

    #[test]
    fn a_value_that_ends_like_the_header_does_not_swallow_the_next_field() {
        let mut alert = crate::format::hostile_alert();
        alert.message = "x|".into();
        assert!(event(&alert).contains(" msg=x| dvchost="));
    }
}
