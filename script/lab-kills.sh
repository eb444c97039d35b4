# Sourced by script/lab: agent and server are killed at random moments, and everything that was in the
# agent's spool is in the store once.

seed=${SEED:-$(date +%s)}
rate=67

set_config "$folder/server/sentinel_config.json" '.server.alerts_max = 5000'
server_start
lab_token
lab_host one "$agent_ip/24"
ip -n "$lab_id-one" link add cap0 type veth peer name inj0
ip -n "$lab_id-one" link set cap0 up
ip -n "$lab_id-one" link set inj0 up
agent_config one
# Every SYN of the flood comes from a new source, so each makes an alert of its own.
set_config "$folder/one/sentinel_config.json" '.suspicious_ports = [80] | .syn_flood_threshold = 100000'
agent_start one cap0
until_true 20 agents_online 1 || die "the agent is not heard"

# agents and servers to kill, each with the tenths of a second to wait before; from the seed alone.
plan() {
    awk -v seed="$seed" 'BEGIN {
        srand(seed)
        for (i = 0; i < 15; i++) who[i] = i < 10 ? "agent" : "server"
        for (i = 14; i > 0; i--) { j = int(rand() * (i + 1)); t = who[i]; who[i] = who[j]; who[j] = t }
        for (i = 0; i < 15; i++) print who[i], 3 + int(rand() * 30)
    }'
}

# The ids of all alerts that are in the spool's files, sent or not.
spooled() {
    cat "$folder"/one/state/spool/*.alerts 2>/dev/null |
        grep -aoE '\{"v":[0-9]+,"id":"[0-9a-f]{32}"' | grep -oE '[0-9a-f]{32}' || true
}

killed() {
    kill -9 "$(cat "$folder/$1.pid")"
    wait "$(cat "$folder/$1.pid")" || true
}

plan >"$folder/plan"
say "seed $seed; $rate alerts a second; to be killed: $(cut -d' ' -f1 "$folder/plan" | xargs)"
ip netns exec "$lab_id-one" "$lab_bin/sentinel-sim" flood --rate $rate --duration 300 --seed 1 \
    --iface inj0 >>"$folder/sim.log" 2>&1 &
echo $! >"$folder/sim.pid"
while read -r who tenths; do
    # When something is killed is chance, not a condition to wait for.
    sleep "$((tenths / 10)).$((tenths % 10))"
    case $who in
    agent)
        killed one
        spooled >>"$folder/spooled"
        agent_start one cap0
        ;;
    server)
        killed server
        server_start
        ;;
    esac
done <"$folder/plan"
killed sim

say "waiting until nothing is left to send"
settled() {
    api /api/agents >"$folder/agents.json" &&
        [ "$(jq '[.[] | select(.online and .heartbeat.uptime_s >= 4) | .heartbeat.spool.alerts] |
            if length == 1 then add else -1 end' "$folder/agents.json")" = 0 ]
}
until_true 120 settled || { jq -c '.[].heartbeat' "$folder/agents.json"; die "not everything has arrived"; }

spooled >>"$folder/spooled"
sort -u "$folder/spooled" >"$folder/expected"
api '/api/export?format=ndjson' | jq -r .alert.id | sort >"$folder/stored"
doubled=$(uniq -d "$folder/stored" | wc -l)
lost=$(comm -23 "$folder/expected" "$folder/stored" | wc -l)
say "$(wc -l <"$folder/expected") alerts were found in the spool, $(wc -l <"$folder/stored") are stored; lost $lost, doubled $doubled"
[ "$(wc -l <"$folder/expected")" -ge 300 ] || die "too few alerts were found for this to tell anything"
[ "$lost" -eq 0 ] && [ "$doubled" -eq 0 ] || die "alerts were lost or doubled (SEED=$seed)"
