//! Writes the first inputs of every fuzz target into the folder that is named: `corpus/TARGET/NAME`.

use std::fs;
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::path::Path;

use netsentinel_capture::PcapWriter;
use netsentinel_core::config::reference;
use netsentinel_core::{LinkType, Mac, Record, TcpFlags, Timestamp};
use netsentinel_detectors::BUILTIN;
use netsentinel_fuzz::{TIME_STEPS, alerts_of};
use netsentinel_synth::frame::{Answer, fragments};
use netsentinel_synth::{Dns, Frame, Options, SCENARIOS, Segment, SynthPacket};
use netsentinel_transport::wire::AlertBatch;

/// Packets of each scenario: enough for the rules of the small pipeline.
const PACKETS: usize = 12;

fn main() -> io::Result<()> {
    let folder = std::env::args_os().nth(1).unwrap_or_else(|| "corpus".into());
    let folder = Path::new(&folder);
    for entry in SCENARIOS {
        let run = entry.run(&Options::default()).map_err(io::Error::other)?;
        let packets: Vec<_> = run.take(PACKETS).collect();
        write(folder, "frame", entry.name, &frames(0, &packets))?;
        files(folder, entry.name, &packets)?;
    }
    for (name, frame) in layers() {
        for link in 0..14 {
            let bytes = if link == 0 { &frame[..] } else { &frame[14..] };
            write(folder, "frame", &format!("{name}-{link}"), &frames(link, &[packet(bytes)]))?;
        }
        files(folder, name, &[packet(&frame)])?;
    }
    let datagram = tcp(&mut Vec::new(), 900);
    let pieces: Vec<_> = fragments(&datagram, 200, 7).iter().map(|piece| packet(piece)).collect();
    write(folder, "frame", "fragments", &frames(0, &pieces))?;
    write(folder, "fragments", "in-order", &piece_list(&[0, 25, 50], 200))?;
    write(folder, "fragments", "overlapping", &piece_list(&[4, 0, 3, 20, 25, 50], 200))?;
    write(
        folder,
        "fragments",
        "long",
        &piece_list(&(0..16).map(|n| n * 2).collect::<Vec<_>>(), 16),
    )?;
    for (name, message) in messages() {
        let prefix = (message.len() as u16).to_be_bytes();
        let stream =
            [&[9, 0, 20, 0, 40, 0, 60, 0], &prefix[..], &message, &prefix, &message].concat();
        write(folder, "dns", name, &message)?;
        write(folder, "dns", &format!("{name}-stream"), &stream)?;
    }
    configs(folder)?;
    conversations(folder)?;
    lists(folder)?;
    spools(folder)
}

/// A list of each format, as the target `lists` numbers them.
fn lists(folder: &Path) -> io::Result<()> {
    let lists = [
        "45.95.11.7 # x\n45.95.0.0/16\n0.0.0.0 bad.example\n45.95.11.1-45.95.11.9\n",
        "# first_seen_utc,dst_ip,dst_port\n2026-01-02 03:04:05,45.95.11.7,443\n",
        "# id,url,url_status,tags\n\"1\",\"http://bad.example/x\",\"online\",\"a,b\"\n",
        "# \"ioc_value\",\"ioc_type\",\"confidence_level\",\"is_compromised\"\n\
         \"45.95.11.7:443\", \"ip:port\", \"100\", \"False\"\n",
        "# Firstseen,DstIP,DstPort\n2026-01-02 03:04:05,45.95.11.7,443\n",
        "{\"cidr\":\"45.95.0.0/16\",\"sblid\":\"SBL1\"}\n{\"type\":\"metadata\",\"records\":1}\n",
        "Start\tEnd\tNetblock\n45.95.11.0\t45.95.11.255\t24\t99\n",
        "45.95.11.7\n45.95.11.8\n",
        "{\"Event\":{\"Attribute\":[{\"type\":\"domain|ip\",\"value\":\"bad.example|45.95.11.7\",\
         \"to_ids\":true}],\"Object\":[{\"Attribute\":[]}]}}",
        "{\"type\":\"bundle\",\"objects\":[{\"type\":\"indicator\",\"valid_from\":\
         \"1969-01-01T00:00:00Z\",\"pattern\":\"[ipv4-addr:value = '45.95.11.7' OR \
         domain-name:value = 'bad.example']\"}]}",
    ];
    for (list, format) in lists.iter().zip(0..) {
        write(folder, "lists", &format!("{format}"), &[&[format], list.as_bytes()].concat())?;
    }
    Ok(())
}

/// Frames as the target `frame` reads them, a second apart.
fn frames(link: u8, packets: &[SynthPacket]) -> Vec<u8> {
    let second = TIME_STEPS.iter().position(|step| *step == 1_000_000_000).unwrap_or(0);
    let frame = |packet: &SynthPacket| {
        let cut = (packet.wire_len as usize - packet.data.len()).min(255);
        let mut bytes = vec![link, second as u8, cut as u8];
        bytes.extend((packet.data.len() as u16).to_le_bytes());
        bytes.extend(&packet.data);
        bytes
    };
    packets.iter().flat_map(frame).collect()
}

/// The packets as a capture in every format and compression.
fn files(folder: &Path, name: &str, packets: &[SynthPacket]) -> io::Result<()> {
    let mut writer =
        PcapWriter::new(Vec::new(), LinkType::ETHERNET, 65_535).map_err(io::Error::other)?;
    for (packet, frame) in packets.iter().zip(1..) {
        writer.write(&record(packet, frame)).map_err(io::Error::other)?;
    }
    let pcap = writer.finish().map_err(io::Error::other)?;
    let pcapng = pcapng(packets);
    write(folder, "pcapng_file", name, &pcapng)?;
    for (target, bytes) in [("pcap_file", &pcap), ("pcap_file", &pcapng)] {
        let kind = if bytes == &pcap { "pcap" } else { "pcapng" };
        write(folder, target, &format!("{name}.{kind}"), bytes)?;
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(bytes)?;
        write(folder, target, &format!("{name}.{kind}.gz"), &gzip.finish()?)?;
        let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
        lz4.write_all(bytes)?;
        let lz4 = lz4.finish().map_err(io::Error::other)?;
        write(folder, target, &format!("{name}.{kind}.lz4"), &lz4)?;
        write(folder, target, &format!("{name}.{kind}.zst"), &zstd::encode_all(&bytes[..], 1)?)?;
    }
    Ok(())
}

/// Two sections, little- and big-endian, with an interface each and blocks of every kind.
fn pcapng(packets: &[SynthPacket]) -> Vec<u8> {
    let mut out = Vec::new();
    for big in [false, true] {
        let u16 = |n: u16| if big { n.to_be_bytes() } else { n.to_le_bytes() };
        let u32 = |n: u32| if big { n.to_be_bytes() } else { n.to_le_bytes() };
        let block = |kind: u32, body: &[u8]| {
            let padding = vec![0; body.len().next_multiple_of(4) - body.len()];
            let len = u32((body.len() + padding.len()) as u32 + 12);
            [&u32(kind), &len, body, &padding, &len].concat()
        };
        let version = [&u32(0x1a2b_3c4d)[..], &u16(1), &u16(0), &[0xff; 8]].concat();
        out.extend(block(0x0a0d_0d0a, &version));
        let name = [&u16(2)[..], &u16(4), b"eth0"].concat();
        let resolution = [&u16(9)[..], &u16(1), &[9, 0, 0, 0]].concat();
        let offset = [&u16(14)[..], &u16(8), &[0; 8]].concat();
        let head = [&u16(1)[..], &u16(0), &u32(0)].concat();
        out.extend(block(1, &[head, name, resolution, offset, vec![0; 4]].concat()));
        for packet in packets {
            let nanos = packet.timestamp.as_nanos() as u64;
            let (high, low) = (u32((nanos >> 32) as u32), u32(nanos as u32));
            let lengths = [u32(packet.data.len() as u32), u32(packet.wire_len)].concat();
            let enhanced = [&u32(0)[..], &high, &low, &lengths, &packet.data].concat();
            out.extend(block(6, &enhanced));
            out.extend(block(
                2,
                &[&u16(0)[..], &u16(1), &high, &low, &lengths, &packet.data].concat(),
            ));
            out.extend(block(3, &[&u32(packet.wire_len)[..], &packet.data].concat()));
        }
        out.extend(block(4, b"names"));
        out.extend(block(5, &[0; 12]));
    }
    out
}

/// A frame with each layer that the builder knows.
fn layers() -> Vec<(&'static str, Vec<u8>)> {
    let (a, b) = (Mac([2, 0, 0, 0, 0, 1]), Mac([2, 0, 0, 0, 0, 2]));
    let (v4a, v4b) = ([10, 0, 0, 1].into(), [192, 0, 2, 2].into());
    let (v6a, v6b) = ([0xfd; 16].into(), [0x20; 16].into());
    let syn = Segment::new(40_000, 22, TcpFlags::SYN);
    let mut out = Vec::new();
    let mut add = |name, write: &dyn Fn(Frame<'_>) -> usize| {
        let mut bytes = Vec::new();
        write(Frame::new(&mut bytes).ethernet(a, b));
        // Without Ethernet the other link types would lack their first bytes; they get what is there.
        out.push((name, bytes));
    };
    add("tcp", &|frame| frame.ipv4(v4a, v4b).tcp(syn, b"payload"));
    add("tcp6", &|frame| frame.ipv6(v6a, v6b).tcp(syn, b"payload"));
    add("vlan", &|frame| frame.service_vlan(7).vlan(9).ipv4(v4a, v4b).udp(5, 31_337, b"x"));
    add("echo", &|frame| frame.ipv4(v4a, v4b).echo_request(1, 2, b"ping"));
    add("echo6", &|frame| frame.ipv6(v6a, v6b).echo_request(1, 2, b"ping"));
    add("gre", &|frame| frame.ipv4(v4a, v4b).gre().ipv6(v6a, v6b).tcp(syn, b""));
    add("gre-eth", &|frame| frame.ipv4(v4a, v4b).gre().ethernet(b, a).ipv4(v4b, v4a).tcp(syn, b""));
    add("vxlan", &|f| f.ipv4(v4a, v4b).vxlan(7).ethernet(b, a).ipv4(v4b, v4a).tcp(syn, b""));
    add("geneve", &|frame| frame.ipv4(v4a, v4b).geneve(7).ipv4(v4b, v4a).tcp(syn, b""));
    add("gtp-u", &|frame| frame.ipv4(v4a, v4b).gtp_u(7).ipv4(v4b, v4a).tcp(syn, b""));
    add("6in4", &|frame| frame.ipv4(v4a, v4b).ipv6(v6a, v6b).tcp(syn, b""));
    add("4in6", &|frame| frame.ipv6(v6a, v6b).ipv4(v4a, v4b).tcp(syn, b""));
    for (name, protocol) in [("hop-by-hop", 0), ("routing", 43), ("fragment", 44), ("ah", 51)] {
        add(name, &|frame| {
            frame.ipv6(v6a, v6b).protocol(protocol, &[6, 0, 0, 0, 0, 0, 0, 0, 1, 2])
        });
    }
    for (name, kind) in [("mpls", 0x8847_u16), ("pppoe", 0x8864), ("arp", 0x0806)] {
        let mut bytes = tcp(&mut Vec::new(), 4);
        bytes[12..14].copy_from_slice(&kind.to_be_bytes());
        out.push((name, bytes));
    }
    out
}

fn tcp(out: &mut Vec<u8>, len: usize) -> Vec<u8> {
    Frame::new(out)
        .ethernet(Mac([2; 6]), Mac([4; 6]))
        .ipv4([10, 0, 0, 1].into(), [192, 0, 2, 2].into())
        .tcp(Segment::new(40_000, 80, TcpFlags::ACK), &vec![b'x'; len]);
    std::mem::take(out)
}

/// Fragments as the target `fragments` reads them: at these units, all but the last with more to come.
fn piece_list(units: &[u16], len: u16) -> Vec<u8> {
    let last = units.len() - 1;
    let piece = |(n, unit): (usize, &u16)| {
        let more = if n < last { 4 } else { 0 };
        let far = if *unit > 31 { 8 } else { 0 };
        let mut bytes = vec![more | far];
        bytes.extend(unit.to_le_bytes());
        bytes.extend(len.to_le_bytes());
        bytes.push(2);
        bytes
    };
    units.iter().enumerate().flat_map(piece).collect()
}

fn messages() -> Vec<(&'static str, Vec<u8>)> {
    let long = format!("{}.{}.example", "a".repeat(60), "b".repeat(60));
    let answers = [
        Answer::Address(IpAddr::from([192, 0, 2, 7])),
        Answer::Alias("b.example"),
        Answer::Text(b"text"),
    ];
    let write = |message: Dns<'_>| {
        let mut bytes = Vec::new();
        message.write(&mut bytes);
        bytes
    };
    let pointers =
        b"\0\x01\x01\0\0\x02\0\0\0\0\0\0\x03www\x07example\0\0\x01\0\x01\xc0\x10\0\x10\0\x01";
    vec![
        ("query", write(Dns::query(1, "www.example", 1))),
        ("long", write(Dns::query(2, &long, 16))),
        ("response", write(Dns::response(3, "a.example", 1, &answers))),
        ("announcement", write(Dns::announcement("printer.local", &answers))),
        ("pointers", pointers.to_vec()),
    ]
}

fn configs(folder: &Path) -> io::Result<()> {
    let all = serde_json::to_vec(&reference(&[BUILTIN]))?;
    write(folder, "config", "all", &all)?;
    for (key, value) in reference(&[BUILTIN]) {
        let one = serde_json::to_vec(&serde_json::Map::from_iter([(key.clone(), value)]))?;
        write(folder, "config", &key, &one)?;
    }
    let tables = [
        ("tiers", r#"{"10.0.0.1":"HIGH","a.example":{"tier":"LOW","detail":"2 of 70"}}"#),
        (
            "wrong",
            r#"{"port_scan_treshold":"15","bruteforce_ports":[70000],"profile":"x","a b":1}"#,
        ),
    ];
    tables.iter().try_for_each(|(name, text)| write(folder, "config", name, text.as_bytes()))
}

fn record(packet: &SynthPacket, frame: u64) -> Record<'_> {
    Record {
        frame,
        timestamp: packet.timestamp,
        link: LinkType::ETHERNET,
        wire_len: packet.wire_len,
        data: &packet.data,
        interface: None,
    }
}

/// What agents and server say to each other.
fn conversations(folder: &Path) -> io::Result<()> {
    let mut all = Vec::new();
    for entry in SCENARIOS {
        let run = entry.run(&Options::default()).map_err(io::Error::other)?;
        let packets: Vec<_> = run.take(PACKETS).collect();
        let records = packets.iter().zip(1..).map(|(packet, frame)| record(packet, frame));
        for alert in alerts_of(records).0.iter().take(1) {
            let json = serde_json::to_vec(alert)?;
            write(folder, "ingest", entry.name, &json)?;
            all.push(alert.clone());
        }
    }
    let batch = serde_json::to_vec(&AlertBatch { alerts: all })?;
    write(folder, "ingest", "batch", &batch)?;
    let messages = [
        ("batch", str::from_utf8(&batch).map_err(io::Error::other)?),
        (
            "answers",
            r#"{"results":[{"id":"00","update":0,"status":"accepted"},{"id":null,"update":null,"status":"rejected","reason":"v: not known"}]}"#,
        ),
        (
            "enrolment",
            r#"{"id":"00000000000000000000000000000007","key":"k","hostname":"h","os":"linux","version":"1"}"#,
        ),
        ("enrolled", r#"{"id":"00000000000000000000000000000007"}"#),
        (
            "heartbeat",
            r#"{"at":"2026-01-01T00:00:00Z","packets":1,"interfaces":[{"name":"eth0","state":"up","received":1,"dropped_kernel":0,"dropped_interface":0}],"spool":{"alerts":1,"bytes":2},"rss_bytes":null}"#,
        ),
        ("problem", r#"{"error":"too_many","message":"later"}"#),
        ("name", "https://a.example:8444/"),
        ("address", "https://[2001:db8::1]"),
    ];
    messages.iter().try_for_each(|(name, text)| write(folder, "wire", name, text.as_bytes()))
}

/// Segments as the target `spool` reads them: what, how long, and what of it.
fn spools(folder: &Path) -> io::Result<()> {
    let step =
        |file: u8, what: u8, bytes: &[u8]| [&[file << 3 | what, bytes.len() as u8], bytes].concat();
    let record = br#""v":1,"message":"a""#;
    let whole: Vec<_> = (0..5)
        .flat_map(|file| [step(file, 4, b""), step(file, 0, record), step(file, 1, b"")])
        .collect();
    write(folder, "spool", "whole", &whole.concat())?;
    let torn = [
        step(1, 4, b""),
        step(1, 0, record),
        step(1, 3, record),
        step(1, 0, b""),
        step(1, 5, &[0; 9]),
        step(2, 6, &[0; 24]),
    ];
    write(folder, "spool", "torn", &torn.concat())?;
    let others = [
        step(7, 6, br#"{"dropped":{"low":3}}"#),
        step(8, 6, b"{}\n{"),
        step(9, 0, record),
        step(0, 6, b"NSSPOOL\x02"),
    ];
    write(folder, "spool", "others", &others.concat())
}

fn packet(data: &[u8]) -> SynthPacket {
    let timestamp = Timestamp::from_parts(1_800_000_000, 0);
    SynthPacket { timestamp, wire_len: data.len() as u32, data: data.to_vec() }
}

fn write(folder: &Path, target: &str, name: &str, bytes: &[u8]) -> io::Result<()> {
    let folder = folder.join(target);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(name), bytes)
}
