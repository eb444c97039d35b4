//! The lists of abuse.ch.

use super::*;

#[test]
fn feodo_is_read_by_its_header_and_as_text() {
    let csv = "################\n# Feodo Tracker #\n################\n#\n\
        # first_seen_utc,dst_ip,dst_port,c2_status,last_online,malware\n\
        2026-01-02 03:04:05,192.0.2.7,443,online,2026-11-20,Pikabot\n\
        \"2026-01-02 03:04:05\",\"192.0.2.8\",\"8080\",\"offline\",\"2026-11-20\",\"QakBot\"\n\
        2026-01-02 03:04:05\n\
        # END 2 entries\n";
    let (found, skipped) = parsed(FeedFormat::Feodo, csv);
    assert_eq!(found, ["192.0.2.7", "192.0.2.8"]);
    assert_eq!(skipped, [(Skip::Malformed, 1)]);
    // The header without a comment, and its columns in another order.
    let other = "\"dst_ip\",\"first_seen_utc\"\n\"192.0.2.9\",\"2026-01-02 03:04:05\"\n";
    assert_eq!(parsed(FeedFormat::Feodo, other).0, ["192.0.2.9"]);
    let text = "# Feodo Tracker\r\n192.0.2.7\r\n192.0.2.8\r\n# END\r\n";
    assert_eq!(parsed(FeedFormat::Feodo, text).0, ["192.0.2.7", "192.0.2.8"]);
    let empty = "# Feodo Tracker\n# first_seen_utc,dst_ip\n# END 0 entries\n";
    assert_eq!(parsed(FeedFormat::Feodo, empty), (Vec::new(), Vec::new()));
}

#[test]
fn urlhaus_gives_hosts_and_never_hosting_sites() {
    let csv = r#"# URLhaus
# id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link,reporter
"7","2026-11-20 01:02:03","http://192.0.2.7:8080/bin.sh","online","2026-11-20","malware_download","elf,mozi","https://urlhaus.abuse.ch/url/7/","x"
"6","2026-11-20 01:02:03","https://Cdn.Bad.Example/a,b.exe","online","","malware_download","exe,""quoted""","https://urlhaus.abuse.ch/url/6/","x"
"5","2026-11-20 01:02:03","https://github.com/a/b/raw/c.exe","online","","malware_download","exe","https://urlhaus.abuse.ch/url/5/","x"
"4","2026-11-20 01:02:03","https://drive.google.com/uc?id=1","online","","malware_download",,"https://urlhaus.abuse.ch/url/4/","x"
"3","2026-11-20 01:02:03","https://once.example/x","offline","","malware_download",,"https://urlhaus.abuse.ch/url/3/","x"
"2","2026-11-20 01:02:03","http://[2001:db8::7]/x","online","","malware_download",,"https://urlhaus.abuse.ch/url/2/","x"
"1","2026-11-20 01:02:03","not a url","online","","malware_download",,"https://urlhaus.abuse.ch/url/1/","x"
"0","2026-11-20 01:02:03","https://user.github.io/x","online","","malware_download",,"https://urlhaus.abuse.ch/url/0/","x"
"#;
    let (found, skipped) = parsed(FeedFormat::Urlhaus, csv);
    assert_eq!(found, ["192.0.2.7", "cdn.bad.example", "2001:db8::7", "user.github.io"]);
    assert_eq!(skipped, [(Skip::Malformed, 1), (Skip::Hosting, 2)]);

    let hosts = "# URLhaus Host file\r\n127.0.0.1\tbad.example\r\n127.0.0.1\tgithub.com\r\n";
    let (found, skipped) = parsed(FeedFormat::Urlhaus, hosts);
    assert_eq!(found, ["bad.example"]);
    assert_eq!(skipped, [(Skip::Hosting, 1)]);
}

const THREATFOX: &str = r#"################################################################
# ThreatFox IOCs: recent                                        #
################################################################
#
# "first_seen_utc","ioc_id","ioc_value","ioc_type","threat_type","fk_malware","malware_alias","malware_printable","last_seen_utc","confidence_level","is_compromised","reference","tags","anonymous","reporter"
"2026-11-20 10:00:00", "9", "192.0.2.7:443", "ip:port", "botnet_cc", "win.x", "None", "X", "", "100", "False", "", "a,b", "0", "r"
"2026-11-20 10:00:00", "8", "c2.bad.example", "domain", "botnet_cc", "win.x", "None", "X", "", "75", "False", "", "c", "0", "r"
"2026-11-20 10:00:00", "7", "https://gate.bad.example/x.php", "url", "botnet_cc", "win.x", "None", "X", "", "50", "False", "", "c", "0", "r"
"2026-11-20 10:00:00", "6", "d41d8cd98f00b204e9800998ecf8427e", "md5_hash", "payload", "win.x", "None", "X", "", "100", "False", "", "c", "0", "r"
"2026-11-20 10:00:00", "5", "unsure.example", "domain", "botnet_cc", "win.x", "None", "X", "", "25", "False", "", "c", "0", "r"
"2026-11-20 10:00:00", "4", "victim.example", "domain", "payload_delivery", "win.x", "None", "X", "", "100", "True", "", "c", "0", "r"
"2026-11-20 10:00:00", "3", "192.0.2.8:80", "ip:port", "botnet_cc", "win.x", "None", "X", "", "100", "True", "", "c", "0", "r"
"2026-11-20 10:00:00", "2", "https://steamcommunity.com/profiles/1", "url", "botnet_cc", "win.x", "None", "X", "", "100", "False", "", "c", "0", "r"
"2026-11-20 10:00:00", "1"
# Number of entries: 9
"#;

#[test]
fn threatfox_is_read_by_name() {
    let (found, skipped) = parsed(FeedFormat::Threatfox, THREATFOX);
    assert_eq!(found, ["192.0.2.7", "c2.bad.example", "gate.bad.example", "192.0.2.8"]);
    let expected = [(Skip::Malformed, 1), (Skip::Hosting, 1), (Skip::Unsure, 1), (Skip::Victim, 1)];
    assert_eq!(skipped, expected);
    // Before the column was there.
    let older = THREATFOX
        .replace(r#""is_compromised","#, "")
        .replace(r#""False", "#, "")
        .replace(r#""True", "#, "");
    let (found, _) = parsed(FeedFormat::Threatfox, older);
    assert_eq!(found.len(), 5, "{found:?}");
    let headless = "\"2026-11-20 10:00:00\", \"9\", \"192.0.2.7:443\", \"ip:port\"\n";
    assert!(refused(FeedFormat::Threatfox, headless).contains("ioc_value"));
}

#[test]
fn sslbl_has_one_list_of_addresses() {
    let addresses = "# abuse.ch SSLBL\n# Firstseen,DstIP,DstPort\n\
        2026-01-02 03:04:05,192.0.2.7,443\n";
    assert_eq!(parsed(FeedFormat::Sslbl, addresses).0, ["192.0.2.7"]);
    for hashes in [
        "# abuse.ch SSLBL\n# Listingdate,SHA1,Listingreason\n2026-01-02,da39a3ee,X C&C\n",
        "# ja3_md5,Firstseen,Lastseen,Listingreason\nb386946a,2026,2026,X\n",
    ] {
        let told = refused(FeedFormat::Sslbl, hashes);
        assert!(told.contains("hashes") && told.contains("sslipblacklist.csv"), "{told}");
    }
}
