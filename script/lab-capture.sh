# Sourced by script/lab: live capture at the full speed of a virtual wire.

lab_host agent "$agent_ip/24"
ip -n "$lab_id-agent" link add cap0 type veth peer name inj0
# The kernel says nothing on this wire by itself, so what is captured is what is sent.
ip netns exec "$lab_id-agent" sysctl -qw net.ipv6.conf.cap0.disable_ipv6=1 net.ipv6.conf.inj0.disable_ipv6=1
ip -n "$lab_id-agent" link set cap0 up arp off
ip -n "$lab_id-agent" link set inj0 up arp off
server_start
lab_token
agent_config agent
agent_start agent cap0
until_true 20 agents_online 1 || die "the agent is not heard"

counters() {
    api /api/agents | jq -c '.[0].heartbeat | {packets, alerts, evictions, dropped_agent} + (.interfaces[0] | {received, dropped_kernel})'
}
# Judged, or counted as dropped: all of it.
accounted() {
    [ "$(counters | jq '.packets + .dropped_kernel + .dropped_agent')" -eq "$1" ]
}

sent=0
for scenario in mixed flood; do
    packets=${PACKETS:-500000}
    "$lab_bin/sentinel-sim" $scenario --packets "$packets" --duration 86400 --snaplen 65535 \
        --to "$folder/$scenario.pcap" 2>/dev/null
    say "$scenario, $packets packets as fast as tcpreplay can"
    on agent tcpreplay -q -K -t -i inj0 "$folder/$scenario.pcap" 2>&1 | grep -E 'Actual|Rated|Failed' || true
    sent=$((sent + packets))
    until_true 15 accounted "$sent" || { counters; die "$sent packets were sent: some are neither judged nor counted as dropped"; }
    say "$sent sent so far: $(counters)"
done
