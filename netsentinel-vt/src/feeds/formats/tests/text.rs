//! Lists that are lines of text.

use super::*;

#[test]
fn plain_lists_are_read_as_people_write_them() {
    let text = "\u{feff}# a list\r\n\
        192.0.2.7\r\n\
        192.0.2.8 # with a comment\r\n\
        192.0.2.9;with another\n\
        198.51.100.0/24\t2026-01-01\n\
        \n\
        // nothing\n\
        203.0.113.0-203.0.113.255\n\
        203.0.113.4 - 203.0.113.6\n\
        2001:db8::7\n\
        Bad.Example.\n\
        *.worse.example,malware\n\
        192.0.2.10:4444";
    let (found, skipped) = parsed(FeedFormat::Plain, text);
    let expected = [
        "192.0.2.7",
        "192.0.2.8",
        "192.0.2.9",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "203.0.113.4/31",
        "203.0.113.6",
        "2001:db8::7",
        "bad.example",
        "worse.example",
        "192.0.2.10",
    ];
    assert_eq!(found, expected);
    assert_eq!(skipped, []);
}

#[test]
fn hosts_files_name_domains_and_not_where_they_lead() {
    let text = "127.0.0.1 localhost\n\
        127.0.0.1 localhost.localdomain\n\
        ::1 ip6-localhost ip6-loopback\n\
        0.0.0.0 0.0.0.0\n\
        0.0.0.0 bad.example\n\
        127.0.0.1\tworse.example also.example # both\n\
        :: six.example\n";
    let (found, skipped) = parsed(FeedFormat::Plain, text);
    assert_eq!(found, ["bad.example", "worse.example", "also.example", "six.example"]);
    assert_eq!(
        skipped,
        [(Skip::Malformed, 1), (Skip::SingleLabel, 3), (Skip::NotPublic, 1)],
        "an address is no name"
    );
}

#[test]
fn what_is_never_held_against_anybody_is_skipped_and_counted() {
    let text = "10.0.0.1\n127.0.0.1\n192.168.0.0/16\n224.0.0.5\nfe80::1\n::ffff:10.1.1.1\n\
        0.0.0.0/0\n45.0.0.0/7\n2000::/3\n8.0.0.0-9.255.255.255\n\
        com\nco.uk\nprinter.local\n\
        not an indicator\n192.0.2.9-192.0.2.1\n1.2.3.4/33\nhttp://a.example/x\n";
    let (found, skipped) = parsed(FeedFormat::Plain, text);
    assert!(found.is_empty(), "{found:?}");
    assert_eq!(
        skipped,
        [
            (Skip::Malformed, 3),
            (Skip::NotGlobal, 6),
            (Skip::TooWide, 4),
            (Skip::SingleLabel, 2),
            (Skip::PublicSuffix, 1),
            (Skip::NotPublic, 1),
        ]
    );
}

#[test]
fn drop_is_read_as_json_lines_and_as_the_older_text() {
    let json = "{\"cidr\":\"203.0.113.0/24\",\"sblid\":\"SBL1\",\"rir\":\"apnic\"}\n\
        {\"cidr\":\"2001:db8::/32\",\"sblid\":\"SBL2\",\"rir\":\"ripe\"}\n\
        {\"asn\":64496,\"domain\":\"a.example\"}\n";
    let last = "{\"type\":\"metadata\",\"timestamp\":1763683200,\"size\":90,\"records\":2}\n";
    let (found, skipped) = parsed(FeedFormat::Spamhaus, format!("{json}{last}"));
    assert_eq!(found, ["203.0.113.0/24", "2001:db8::/32"]);
    assert_eq!(skipped, [(Skip::Malformed, 1)]);
    assert!(refused(FeedFormat::Spamhaus, json).contains("cut off"));

    let text = "; Spamhaus DROP List\n; Last-Modified: x\n203.0.113.0/24 ; SBL1\n10.0.0.0/8 ; SBL2";
    let (found, skipped) = parsed(FeedFormat::Spamhaus, text);
    assert_eq!(found, ["203.0.113.0/24"]);
    assert_eq!(skipped, [(Skip::NotGlobal, 1)]);
}

#[test]
fn dshield_tells_each_network_twice() {
    let text = "#\n# DShield.org Recommended Block List\n\
        Start\tEnd\tNetblock\tAttacks\tName\tCountry\temail\n\
        203.0.113.0\t203.0.113.255\t24\t5120\tEXAMPLE\tDE\tabuse@example.org\n\
        198.51.100.0\t198.51.100.255\t24\t4711\t\t\t\n\
        192.0.2.0\t192.0.2.255\t16\t1\t\t\t\n\
        192.0.2.0 192.0.2.255 24\n\
        192.0.2.0\t192.0.2.255\n";
    let (found, skipped) = parsed(FeedFormat::Dshield, text);
    assert_eq!(found, ["203.0.113.0/24", "198.51.100.0/24"]);
    assert_eq!(skipped, [(Skip::Malformed, 3)]);
}

#[test]
fn blocklist_de_has_addresses_only() {
    let (found, skipped) =
        parsed(FeedFormat::BlocklistDe, "192.0.2.7\n2001:db8::7\nbad.example\n192.0.2.9 x\n");
    assert_eq!(found, ["192.0.2.7", "2001:db8::7", "192.0.2.9"]);
    assert_eq!(skipped, [(Skip::Malformed, 1)]);
}
