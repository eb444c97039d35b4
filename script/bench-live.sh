# Sourced by script/bench: live capture with all detectors behind one ring and behind two, fed by tcpreplay as
# fast as it can on a pair of virtual interfaces, in a network namespace that is removed at the end.
# PACKETS, LOOPS, SENDERS and ROUNDS change how much is sent, and how often.

[ "$(uname -s)" = Linux ] || die "rings, namespaces and virtual interfaces are those of Linux"
[ "$(id -u)" -eq 0 ] || die "run this as root: it makes a network namespace, and captures"
need ip iproute2
need tcpreplay tcpreplay
bin=${CARGO_TARGET_DIR:-target}/release
say "building"
cargo build --profile bench --locked -p sentinel-sim
cargo build --profile bench --locked -p netsentinel-benches --no-default-features --features live --bin netsentinel-bench-live

space=netsentinel-bench-$$
folder=$(mktemp -d)
trap 'ip netns del $space 2>/dev/null; rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
ip netns add "$space" || die "no network namespace can be made here"
ip -n "$space" link add inj0 type veth peer name cap0
# Nobody but tcpreplay is to speak on this wire.
ip netns exec "$space" sysctl -qw net.ipv6.conf.cap0.disable_ipv6=1 net.ipv6.conf.inj0.disable_ipv6=1
ip -n "$space" link set inj0 up arp off
ip -n "$space" link set cap0 up arp off

# All that is received on one virtual interface is received on the processor that sent it. So that several
# processors receive, as behind a card of several queues, the kernel is told to spread flows over all of them.
processors=$(nproc)
spread=$(printf '%x' $(((1 << (processors > 30 ? 30 : processors)) - 1)))
ip netns exec "$space" sh -c "echo $spread >/sys/class/net/cap0/queues/rx-0/rps_cpus" ||
    say "flows are not spread over processors here: one receives them all"

common="--packets ${PACKETS:-300000} --duration 86400 --snaplen 65535"
say "making captures of ${PACKETS:-300000} packets"
# shellcheck disable=SC2086 # several words
"$bin/sentinel-sim" mixed --hosts 400 --rate 10000 $common --to "$folder/mixed.pcap"
# shellcheck disable=SC2086
"$bin/sentinel-sim" flood --rate 200000 $common --to "$folder/flood.pcap"

say "measuring on $processors processors, which the senders share: the median of ${ROUNDS:-5} rounds by turns"
ip netns exec "$space" "$bin/netsentinel-bench-live" --send inj0 --capture cap0 --rounds "${ROUNDS:-5}" \
    --loops "${LOOPS:-2}" --senders "${SENDERS:-1}" "$@" "$folder/mixed.pcap" "$folder/flood.pcap"
