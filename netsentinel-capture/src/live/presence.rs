//! Whether an interface is there and up, asked of the system and not of libpcap, which keeps quiet
//! about one that was taken down.

use super::interfaces::{ANY, list};

/// What the system says of an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// It is there and up. The index is 0 where there is none.
    Up { index: u32 },
    /// It is there, but carries nothing, for this reason.
    Down { index: u32, reason: &'static str },
    /// There is none of this name.
    Missing,
}

impl Presence {
    /// Whether what was opened with this index is not this; not where one of the two is not known.
    pub(super) fn is_another(&self, opened: u32) -> bool {
        match *self {
            Self::Up { index } | Self::Down { index, .. } => {
                index != 0 && opened != 0 && index != opened
            }
            Self::Missing => true,
        }
    }
}

/// Taken down by its administrator.
const TAKEN_DOWN: &str = "is down";

/// Looks an interface up by its name.
///
/// What can not be found out counts as up: opening it will tell more.
pub(super) fn look(name: &str) -> Presence {
    if name == ANY {
        return Presence::Up { index: 0 };
    }
    system::look(name)
}

/// As libpcap lists it: slower, but the same everywhere.
fn look_in_list(name: &str, index: u32) -> Presence {
    match list() {
        Err(_) => Presence::Up { index },
        Ok(devices) => match devices.iter().find(|device| device.name == name) {
            None if index == 0 => Presence::Missing,
            // Another name of an interface, which lists do not tell.
            None => Presence::Up { index },
            Some(device) if device.flags.is_up() => Presence::Up { index },
            Some(_) => Presence::Down { index, reason: TAKEN_DOWN },
        },
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::{Presence, look_in_list};

    pub(super) fn look(name: &str) -> Presence {
        look_in_list(name, 0)
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::os::unix::net::UnixDatagram;
    use std::path::Path;

    use rustix::io::Errno;
    use rustix::net::netdevice::name_to_index;

    use super::{Presence, TAKEN_DOWN, look_in_list};

    /// Set while the administrator wants the interface up (`IFF_UP`).
    const UP: u32 = 1;

    pub(super) fn look(name: &str) -> Presence {
        // Any socket will do; the interfaces are those of its network namespace.
        let Ok(socket) = UnixDatagram::unbound() else {
            return Presence::Up { index: 0 };
        };
        let index = match name_to_index(&socket, name) {
            Ok(index) => index,
            Err(Errno::NODEV | Errno::NXIO | Errno::INVAL) => return Presence::Missing,
            Err(_) => return look_in_list(name, 0),
        };
        // What is mounted there may show another namespace's interfaces.
        let folder = Path::new("/sys/class/net").join(name);
        let read = |file| std::fs::read_to_string(folder.join(file)).unwrap_or_default();
        if read("ifindex").trim().parse() != Ok(index) {
            return look_in_list(name, index);
        }
        let flags = read("flags");
        let flags = flags.trim().strip_prefix("0x").unwrap_or_default();
        judge(index, u32::from_str_radix(flags, 16).unwrap_or(UP), read("operstate").trim())
    }

    /// Many interfaces do not tell their operational state, which is `unknown` then.
    fn judge(index: u32, flags: u32, operstate: &str) -> Presence {
        let down = |reason| Presence::Down { index, reason };
        match operstate {
            _ if flags & UP == 0 => down(TAKEN_DOWN),
            "down" => down("has no carrier"),
            "lowerlayerdown" => down("the interface beneath it is down"),
            _ => Presence::Up { index },
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use crate::live::interfaces::ANY;
        use crate::live::presence;

        #[test]
        fn flags_and_carrier_are_told_apart() {
            assert_eq!(judge(3, 0x1003, "up"), Presence::Up { index: 3 });
            assert_eq!(judge(3, 0x1003, "unknown"), Presence::Up { index: 3 });
            let down = |reason| Presence::Down { index: 3, reason };
            assert_eq!(judge(3, 0x1002, "down"), down(TAKEN_DOWN));
            assert_eq!(judge(3, 0x1003, "down"), down("has no carrier"));
        }

        #[test]
        fn what_is_not_there_is_missing() {
            assert_eq!(presence::look(ANY), Presence::Up { index: 0 });
            for name in ["no-such-if", "", "a/../lo", "a name that is far too long for any"] {
                assert_eq!(look(name), Presence::Missing, "{name:?}");
            }
            assert_eq!(look_in_list("no-such-if", 0), Presence::Missing);
        }
    }
}
