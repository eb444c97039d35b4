//! DNS messages, names wherever they may begin, and streams of messages however they are cut.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netsentinel_core::dns::{Message, Messages, Name};
use netsentinel_core::{Headers, Ip, Network, Packet, Tcp, TcpFlags, Timestamp, Transport};
use netsentinel_fuzz::{Input, check_line};

/// Bytes of a stream; more would only cost time.
const STREAM_MAX: usize = 4_096;
const CUTS: usize = 4;

fuzz_target!(|bytes: &[u8]| {
    if let Some(message) = Message::parse(bytes) {
        message.questions().for_each(|question| check_name(&question.name));
    }
    for start in 0..bytes.len().min(64) {
        if let Some((name, end)) = Name::parse(bytes, start) {
            assert!(start < end && end <= bytes.len());
            check_name(&name);
        }
    }
    let mut input = Input(bytes);
    let mut cuts = [(); CUTS].map(|()| usize::from(input.u16()) % STREAM_MAX);
    cuts.sort_unstable();
    let stream = input.bytes(STREAM_MAX);
    assert_eq!(found(stream, &[]), found(stream, &cuts));
});

fn check_name(name: &Name<'_>) {
    let labels: Vec<&[u8]> = name.labels().collect();
    let dots = labels.len().saturating_sub(1);
    assert_eq!(name.text_len(), labels.iter().map(|label| label.len()).sum::<usize>() + dots);
    assert!(name.text_len() < Name::MAX_WIRE_LEN);
    check_line(&name.to_string());
    let mut buffer = [0; Name::MAX_WIRE_LEN];
    if let Some(lower) = name.lower(&mut buffer) {
        // The labels behind the last one that no host name has.
        assert!(lower.len() <= name.text_len());
        assert!(labels.is_empty() || name.to_string().to_ascii_lowercase().ends_with(lower));
    }
}

/// The first question of each message in a stream that comes in segments, cut at `cuts`. Further
/// questions may lie beyond what is kept of a message that spans segments.
fn found(stream: &[u8], cuts: &[usize]) -> Vec<(bool, Option<(String, u16)>)> {
    let mut messages = Messages::new();
    let mut found = Vec::new();
    let ends = cuts.iter().copied().chain([stream.len()]);
    let mut from = 0;
    for end in ends {
        let payload = stream.get(from..end).unwrap_or_default();
        // The sequence number goes round on the way.
        let sequence = (u32::MAX - 100).wrapping_add(from as u32);
        messages.find(&segment(sequence, payload), |message| {
            let first = message.questions().next();
            found.push((message.is_query(), first.map(|q| (q.name.to_string(), q.kind))));
        });
        from += payload.len();
    }
    found
}

fn segment(sequence: u32, payload: &[u8]) -> Packet<'_> {
    let tcp = Tcp {
        source_port: 40_000,
        destination_port: 53,
        sequence,
        acknowledgement: 0,
        flags: TcpFlags::ACK,
        window: 0,
        options: &[],
        payload,
    };
    let ip = Ip {
        source: [10, 0, 0, 1].into(),
        destination: [10, 0, 0, 2].into(),
        protocol: 6,
        hop_limit: 64,
        fragment: None,
        transport: Transport::Tcp(tcp),
    };
    Packet {
        timestamp: Timestamp::from_nanos(0),
        frame: 1,
        wire_len: 1500,
        snapped: false,
        interface: None,
        headers: Headers { network: Network::Ip(ip), ..Headers::default() },
    }
}
