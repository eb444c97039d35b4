# Sourced by script/lab: no alert is lost or stored twice, whatever happens to server and network.

seconds=${SECONDS_LONG:-120}
agents="one two three"
rate=67

set_config "$folder/server/sentinel_config.json" '.server.alerts_max = 5000'
server_start
lab_token
n=1
for agent in $agents; do
    lab_host "$agent" "10.77.0.1$n/24"
    # The attack comes by a wire of its own, so that cutting the network does not stop it.
    ip -n "$lab_id-$agent" link add cap0 type veth peer name inj0
    ip -n "$lab_id-$agent" link set cap0 up
    ip -n "$lab_id-$agent" link set inj0 up
    agent_config "$agent"
    # Every SYN of the flood comes from a new source, so each makes an alert of its own.
    set_config "$folder/$agent/sentinel_config.json" '.suspicious_ports = [80] | .syn_flood_threshold = 100000'
    agent_start "$agent" cap0
    n=$((n + 1))
done
until_true 20 agents_online 3 || die "the agents are not heard"

say "3 agents, $((rate * 3)) alerts a second, for $seconds s"
n=1
for agent in $agents; do
    ip netns exec "$lab_id-$agent" "$lab_bin/sentinel-sim" flood --rate $rate --duration "$seconds" --seed $n \
        --iface inj0 >>"$folder/$agent-sim.log" 2>&1 &
    echo $! >"$folder/$agent-sim.pid"
    n=$((n + 1))
done

# Waits until so many tenths of the time have passed.
began=$(date +%s)
tenth() {
    until_true "$seconds" eval "[ \$(date +%s) -ge $((began + seconds * $1 / 10)) ]"
}
restart() {
    kill -9 "$(cat "$folder/server.pid")"
    wait "$(cat "$folder/server.pid")" || true
    say "killed the server"
    server_start
}
network() {
    for agent in $agents; do ip -n "$lab_id-switch" link set "p-$agent" "$1"; done
    say "the network of the agents is $1"
}

tenth 1 && restart
tenth 2 && restart
tenth 3 && network down
tenth 4 && restart
tenth 5 && [ "$seconds" -lt 60 ] || until_true 60 eval "[ \$(date +%s) -ge $((began + seconds * 3 / 10 + 30)) ]"
network up
tenth 6 && restart
tenth 8 && restart
for agent in $agents; do
    until_true $((seconds + 30)) eval "! kill -0 $(cat "$folder/$agent-sim.pid") 2>/dev/null"
done

# The agents come back from their back-off, and the last updates are due after the cooldown.
say "waiting until nothing is left to send"
settled() {
    api /api/agents >"$folder/agents.json" &&
        [ "$(jq '[.[] | select(.online) | .heartbeat.spool.alerts] | if length == 3 then add else -1 end' \
            "$folder/agents.json")" = 0 ] &&
        [ "$(jq '[.[].heartbeat.alerts] | add' "$folder/agents.json")" = \
            "$(jq '[.[].alerts] | add' "$folder/agents.json")" ]
}
until_true 150 settled || { jq -c '.[] | {hostname, alerts, raised: .heartbeat.alerts, spool: .heartbeat.spool}' "$folder/agents.json"; die "not everything has arrived"; }

raised=$(jq '[.[].heartbeat.alerts] | add' "$folder/agents.json")
api '/api/export?format=ndjson' >"$folder/export.ndjson"
stored=$(wc -l <"$folder/export.ndjson")
different=$(jq -r '[.alert.agent.id, .alert.id] | join(" ")' "$folder/export.ndjson" | sort -u | wc -l)
say "raised $raised, stored $stored, different $different; the server was killed 5 times, the network cut once"
[ "$raised" -ge $((seconds * rate * 3 * 8 / 10)) ] || die "too few alerts were raised for this to tell anything"
[ "$raised" -eq "$stored" ] && [ "$stored" -eq "$different" ] || die "raised and stored differ"
