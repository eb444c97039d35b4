//! What is wrong is said at the start, with what there is instead.

use netsentinel_capture::live::{
    ANY, Injector, Live, LiveError, LiveOptions, default_interface, default_interfaces, interfaces,
};

use crate::namespace::{inside, ip, pair};
use crate::watch::{Watch, frame, options};

fn error(options: LiveOptions) -> String {
    Live::open(options).err().unwrap().to_string()
}

#[test]
fn wrong_interfaces_and_filters_are_told() {
    inside("errors::wrong_interfaces_and_filters_are_told", || {
        pair("a", "b");
        let missing = error(options(&["a", "eth77"]));
        assert!(missing.starts_with("eth77: no such interface; there are "), "{missing}");
        assert!(missing.contains(" a") && missing.contains(" b") && missing.contains(" any"));
        assert!(matches!(Live::open(options(&[])), Err(LiveError::NoInterface)));
        assert!(matches!(Live::open(options(&["a", ANY])), Err(LiveError::AnyAndOthers)));

        let bad = LiveOptions { filter: "tcp porrt 80".into(), ..options(&["a"]) };
        let bad = error(bad);
        assert!(bad.contains("\"tcp porrt 80\"") && bad.contains("syntax error"), "{bad}");
    });
}

#[test]
fn a_wrong_filter_changes_nothing_and_a_right_one_everything() {
    inside("errors::a_wrong_filter_changes_nothing_and_a_right_one_everything", || {
        pair("a", "b");
        let filter = "ether[59] = 1".to_owned();
        let mut watch = Watch::with(LiveOptions { filter, ..options(&["a", "b"]) });
        assert!(watch.live.set_filter("ether[59] = 1 or or").is_err());
        assert_eq!(watch.live.filter(), "ether[59] = 1");
        let mut injector = Injector::open("a").unwrap();
        let mut send = |marks: &[u8]| {
            marks.iter().for_each(|&mark| injector.send(&frame(mark, 60)).unwrap());
        };
        send(&[2, 1]);
        // Both ends see it: one sends, one receives.
        watch.until_packets(2);
        watch.live.set_filter("ether[59] = 2").unwrap();
        send(&[1, 2]);
        watch.until_packets(4);
        watch.live.set_filter("").unwrap();
        send(&[3]);
        watch.until_packets(6);
        let marks: Vec<_> = watch.packets.iter().map(|packet| packet.data[59]).collect();
        assert_eq!(marks, [1, 1, 2, 2, 3, 3]);
    });
}

#[test]
fn the_default_interface_is_the_routes() {
    inside("errors::the_default_interface_is_the_routes", || {
        pair("a", "b");
        pair("c", "d");
        let none = default_interface().unwrap_err().to_string();
        assert!(none.starts_with("there is no default route") && none.contains(" a"), "{none}");
        ip("address add 198.51.100.1/24 dev b");
        ip("address add 203.0.113.1/24 dev d");
        ip("route add default via 198.51.100.2 dev b metric 300");
        ip("route add default via 203.0.113.2 dev d metric 20");
        assert_eq!(default_interface().unwrap(), "d");
        assert_eq!(default_interfaces().unwrap(), ["d", "b"]);
        let listed = interfaces().unwrap();
        let b = listed.iter().find(|interface| interface.name == "b").unwrap();
        assert!(b.up && b.running && !b.loopback && !b.wireless);
        assert_eq!(b.addresses[0].to_string(), "198.51.100.1");
    });
}

#[test]
fn what_can_not_be_sent_is_an_error() {
    inside("errors::what_can_not_be_sent_is_an_error", || {
        pair("a", "b");
        assert!(matches!(Injector::open("eth77"), Err(LiveError::Missing { .. })));
        let mut injector = Injector::open("a").unwrap();
        let long = injector.send(&frame(1, 9000)).unwrap_err().to_string();
        assert!(long.starts_with("a: a frame of 9000 bytes can not be sent: "), "{long}");
        ip("link set dev a down");
        assert!(injector.send(&frame(1, 60)).is_err());
        assert!(matches!(Injector::open("a"), Err(LiveError::Open { .. })));
    });
}
