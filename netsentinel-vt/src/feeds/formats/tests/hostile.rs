//! Lists that mean harm.

use proptest::prelude::*;

use super::*;
use crate::feeds::formats::LINE_BYTES_MAX;

const FORMATS: [FeedFormat; 10] = [
    FeedFormat::Plain,
    FeedFormat::Feodo,
    FeedFormat::Urlhaus,
    FeedFormat::Threatfox,
    FeedFormat::Sslbl,
    FeedFormat::Spamhaus,
    FeedFormat::Dshield,
    FeedFormat::BlocklistDe,
    FeedFormat::Misp,
    FeedFormat::Stix,
];

#[test]
fn a_line_without_an_end_costs_one_line() {
    let text = format!("192.0.2.7\n{}\nbad.example\n", "a".repeat(5 * LINE_BYTES_MAX));
    let (found, skipped) = parsed(FeedFormat::Plain, text);
    assert_eq!(found, ["192.0.2.7", "bad.example"]);
    assert_eq!(skipped, [(Skip::TooLong, 1)]);
}

#[test]
fn what_is_no_text_is_skipped() {
    let (found, skipped) =
        parsed(FeedFormat::Plain, b"\xff\xfe\n192.0.2.7\n\x1b[2J\x1b[31mx.example\nb\0d.example\n");
    assert_eq!(found, ["192.0.2.7"]);
    assert_eq!(skipped, [(Skip::NotText, 1), (Skip::Malformed, 2)]);
}

#[test]
fn documents_nested_without_end_are_refused() {
    for format in [FeedFormat::Misp, FeedFormat::Stix] {
        refused(format, format!("{{\"x\": {}", "[".repeat(100_000)));
    }
}

/// Bytes, and text that looks like what the readers know.
fn list() -> impl Strategy<Value = Vec<u8>> {
    let words = prop::sample::select(vec![
        "192.0.2.7",
        "10.0.0.0/8",
        "bad.example",
        "\n",
        "\n",
        " ",
        "\t",
        ",",
        "\"",
        "\", \"",
        "#",
        ";",
        "//",
        "-",
        "# dst_ip,url,url_status\n",
        "# ioc_value,ioc_type,confidence_level\n",
        "# DstIP\n",
        "domain",
        "100",
        "http://a.example/",
        "{\"cidr\":\"203.0.113.0/24\"}",
        "{\"type\":\"metadata\"}",
        "{\"Event\":{\"Attribute\":[",
        "{\"type\":\"ip-dst\",\"value\":\"192.0.2.7\",\"to_ids\":true}",
        "]}}",
        "{\"objects\":[",
        "{\"type\":\"indicator\",\"pattern\":\"[ipv4-addr:value='192.0.2.7']\"}",
        "]}",
        "0.0.0.0 ",
        "203.0.113.0\t203.0.113.255\t24",
        "\u{feff}",
        "é",
    ]);
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        prop::collection::vec(words, 0..30).prop_map(|words| words.concat().into_bytes()),
    ]
}

proptest! {
    #[test]
    fn no_list_makes_a_reader_panic(text in list()) {
        for format in FORMATS {
            let _ = parse(format, &text);
        }
    }

    #[test]
    fn whatever_comes_out_may_be_held_against_somebody(text in list()) {
        for format in FORMATS {
            let Ok((found, _)) = parse(format, &text) else { continue };
            for entry in found {
                prop_assert!(!entry.starts_with("10."), "{entry}");
                prop_assert!(entry.contains(['.', ':']) && entry == entry.to_lowercase());
                prop_assert!(entry.bytes().all(|byte| byte.is_ascii_graphic()));
            }
        }
    }
}
