#!/bin/sh
# One recording, for script/lab record: lab-record-one.sh NAME FILE FUNCTION FOLDER calls that function of FILE in a
# network of its own, and writes what is on its switch to FOLDER/NAME.pcap, and
# what the tools say to FOLDER/NAME.log.
#
# What FILE finds: the commands attacker, victim and bystander, each of which runs a command in a host of that
# name; their addresses in ATTACKER, VICTIM and BYSTANDER, ATTACKER6 and so on; OUTSIDE, an address of the
# attacker that does not belong to the site, and OUTSIDE2, one of the bystander; SCRATCH, a folder that is
# gone afterwards. In each host the interface is lab0. The bystander is the default gateway, and forwards
# nothing. What still runs at the end is killed.
set -eu
cd "$(dirname "$0")/.."
. script/lib.sh
name=$1 file=$2 function=$3 folder=$4

lab_id=nsr$$
SCRATCH=$(mktemp -d)
ATTACKER=10.77.0.66 VICTIM=10.77.0.10 BYSTANDER=10.77.0.20
ATTACKER6=fd77::66 VICTIM6=fd77::10 BYSTANDER6=fd77::20
OUTSIDE=198.51.100.66 OUTSIDE2=198.51.100.20
export SCRATCH ATTACKER VICTIM BYSTANDER ATTACKER6 VICTIM6 BYSTANDER6 OUTSIDE OUTSIDE2

close() {
    status=$?
    set +e
    for host in attacker victim bystander switch; do
        ip netns pids "$lab_id-$host" 2>/dev/null | xargs -r kill -9 2>/dev/null
        ip netns delete "$lab_id-$host" 2>/dev/null
    done
    rm -rf "$SCRATCH"
    exit "$status"
}
trap close EXIT
trap 'exit 1' HUP INT TERM

# host NAME LAST ADDRESS...: a host; the last byte of its hardware address; its addresses.
host() {
    ns=$lab_id-$1 last=$2 short=$1
    shift 2
    ip netns add "$ns"
    ip -n "$lab_id-switch" link add "$short" type veth peer name lab0 address "02:00:5e:77:00:$last" netns "$ns"
    ip -n "$lab_id-switch" link set "$short" master br0 up
    # Frames as they are on a wire: no segments that a card would still have to cut.
    ip netns exec "$ns" ethtool -K lab0 tx off tso off gso off gro off >"$SCRATCH/ethtool" 2>&1 || true
    ip netns exec "$ns" sysctl -qw net.ipv6.conf.lab0.accept_dad=0 net.ipv4.conf.all.rp_filter=0
    ip -n "$ns" link set lo up
    ip -n "$ns" link set lab0 up
    for address in "$@"; do
        ip -n "$ns" address add "$address" dev lab0
    done
    for network in 10.77.0.0/24 198.51.100.0/24; do
        ip -n "$ns" route replace "$network" dev lab0
    done
    case $short in
    bystander) ;;
    *)
        ip -n "$ns" route add default via "$BYSTANDER"
        ip -n "$ns" -6 route add default via "$BYSTANDER6"
        ;;
    esac
}

# Programs, not functions of the shell: so `timeout 5 attacker CMD` works, too.
mkdir "$SCRATCH/bin"
for side in attacker victim bystander; do
    printf '#!/bin/sh\nexec ip netns exec %s "$@"\n' "$lab_id-$side" >"$SCRATCH/bin/$side"
    chmod +x "$SCRATCH/bin/$side"
done
PATH=$SCRATCH/bin:$PATH

ip netns add "$lab_id-switch"
ip netns exec "$lab_id-switch" sysctl -qw net.ipv6.conf.default.disable_ipv6=1 net.ipv6.conf.all.disable_ipv6=1
ip -n "$lab_id-switch" link add br0 type bridge mcast_snooping 0
ip -n "$lab_id-switch" link set br0 up
host bystander 20 "$BYSTANDER/24" "$BYSTANDER6/64" "$OUTSIDE2/32"
host victim 10 "$VICTIM/24" "$VICTIM6/64"
host attacker 66 "$ATTACKER/24" "$ATTACKER6/64" "$OUTSIDE/32"

: >"$SCRATCH/tcpdump.log"
ip netns exec "$lab_id-switch" tcpdump -i br0 -w "$SCRATCH/recording.pcap" -Z root --immediate-mode -U -s 2000 -B 65536 -n \
    2>"$SCRATCH/tcpdump.log" &
recorder=$!
until grep -q 'listening on' "$SCRATCH/tcpdump.log"; do
    kill -0 "$recorder" || die "tcpdump does not start: $(cat "$SCRATCH/tcpdump.log")"
    sleep 0.05
done

# In a shell of its own: a `wait` in it must not wait for the recorder.
(
    # shellcheck source=/dev/null
    . "$file"
    set +e
    "$function"
) >"$SCRATCH/log" 2>&1 </dev/null || true
# Hydra leaves it wherever it is called.
rm -f hydra.restore
for side in attacker victim bystander; do
    ip netns pids "$lab_id-$side" | xargs -r kill -9 2>/dev/null || true
done
# What is on its way may still arrive, and what the recorder has is to be written.
size=-1
until [ "$size" -eq "$(wc -c <"$SCRATCH/recording.pcap")" ]; do
    size=$(wc -c <"$SCRATCH/recording.pcap")
    sleep 0.3
done
kill -INT "$recorder"
wait "$recorder" || true

packets=$(sed -n 's/^\([0-9]*\) packets\{0,1\} captured$/\1/p' "$SCRATCH/tcpdump.log")
if [ "${packets:-0}" -eq 0 ]; then
    cat "$SCRATCH/log" "$SCRATCH/tcpdump.log" >&2
    die "$name: nothing was recorded"
fi
grep -q '^0 packets dropped by kernel' "$SCRATCH/tcpdump.log" || die "$name: $(tail -n 1 "$SCRATCH/tcpdump.log")"
mv "$SCRATCH/recording.pcap" "$folder/$name.pcap"
cp "$SCRATCH/log" "$folder/$name.log"
# A tool that is not there says so, and the recording is not what it should be.
if grep -q ': not found$\|^exec of \|failed to run command' "$SCRATCH/log"; then
    tail -n 5 "$SCRATCH/log" >&2
    die "$name: a command could not be run"
fi
say "$name: $packets packets, $(wc -c <"$folder/$name.pcap") bytes"
