# Sourced by script/lab: from a packet on the wire to the WebSocket, under 200 alerts a second.

seconds=${SECONDS_LONG:-30}
set_config "$folder/server/sentinel_config.json" '.server.alerts_max = 5000'
lab_host agent "$agent_ip/24"
ip -n "$lab_id-agent" link add cap0 type veth peer name inj0
ip -n "$lab_id-agent" link set cap0 up
ip -n "$lab_id-agent" link set inj0 up
server_start
lab_token
agent_config agent
set_config "$folder/agent/sentinel_config.json" '.suspicious_ports = [80] | .syn_flood_threshold = 100000'
agent_start agent cap0
until_true 20 agents_online 1 || die "the agent is not heard"
on agent "$lab_bin/sentinel-sim" flood --rate 200 --duration "$seconds" --iface inj0 \
    >>"$folder/sim.log" 2>&1 &
on server "$lab_bin/netsentinel-load" watch --server "https://$server_ip:8443" \
    --ca "$folder/server/ca.crt" --token-file "$folder/token" --seconds "$seconds"
