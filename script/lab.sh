# Sourced by script/lab: the namespaces, the server and the agents in them. POSIX sh.
#
# One switch (a bridge), and around it: the server 10.77.0.20, agents 10.77.0.10 and up, an attacker
# 10.77.0.66, and a host of the outside world, 198.51.100.5.

lab_id=nsl$$
server_ip=10.77.0.20
agent_ip=10.77.0.10
attacker_ip=10.77.0.66
outside_ip=198.51.100.5

# Whether namespaces can be made here; says why not.
lab_allowed() {
    if [ "$(uname -s)" != Linux ] || [ "$(id -u)" -ne 0 ]; then
        say "skipped: the lab needs Linux and root"
        return 1
    fi
    have ip || install iproute2
    if ! ip netns add "$lab_id-try" 2>/dev/null; then
        say "skipped: network namespaces are not allowed here"
        return 1
    fi
    ip netns delete "$lab_id-try"
}

# Installs the tools that an experiment needs.
lab_tools() {
    need curl curl
    need jq jq
    if [ "$1" = capture ]; then need tcpreplay tcpreplay; fi
    case $1 in detections | reputation) ;; *) return 0 ;; esac
    need nmap nmap
    need python3 python3
    [ "$1" = detections ] || return 0
    need hping3 hping3
    need hydra hydra
    need arpspoof dsniff
    need arping iputils-arping
    need dig bind9-dnsutils
    need nc netcat-openbsd
}

# lab_host NAME ADDRESS...: a namespace with eth0 on the switch.
lab_host() {
    host=$lab_id-$1
    ip netns add "$host"
    ip -n "$host" link set lo up
    ip -n "$lab_id-switch" link add "p-$1" type veth peer name eth0 netns "$host"
    ip -n "$lab_id-switch" link set "p-$1" master br0 up
    ip -n "$host" link set eth0 up
    shift
    for address in "$@"; do
        ip -n "$host" address add "$address" dev eth0
    done
    # Both networks are on the same wire.
    ip -n "$host" route replace 10.77.0.0/24 dev eth0
    ip -n "$host" route replace 198.51.100.0/24 dev eth0
}

# on NAME COMMAND...: runs a command in a host.
on() {
    host=$lab_id-$1
    shift
    ip netns exec "$host" "$@"
}

lab_open() {
    folder=$(mktemp -d)
    trap lab_close EXIT
    trap 'exit 1' HUP INT TERM
    ip netns add "$lab_id-switch"
    ip -n "$lab_id-switch" link add br0 type bridge
    ip -n "$lab_id-switch" link set br0 up
    lab_host server "$server_ip/24"
    "$lab_bin/sentinel-certs" --dir "$folder/server" --quiet init --san "$server_ip" >/dev/null
}

lab_close() {
    status=$?
    # Whatever is gone already, the rest must go too.
    set +e
    for host in $(ip netns list | cut -d' ' -f1 | grep "^$lab_id-"); do
        ip netns pids "$host" | xargs -r kill -9 2>/dev/null
        ip netns delete "$host"
    done
    if [ "$status" -ne 0 ]; then
        for log in "$folder"/*.log; do
            [ -f "$log" ] && say "the end of $(basename "$log")" && tail -n 15 "$log"
        done
    fi
    if [ -n "${LAB_KEEP:-}" ]; then say "kept $folder"; else rm -rf "$folder"; fi
    exit "$status"
}

# until_true SECONDS COMMAND...: waits until a command succeeds.
until_true() {
    deadline=$(($(date +%s) + $1))
    shift
    until "$@"; do
        [ "$(date +%s)" -lt "$deadline" ] || return 1
        # The condition is asked again; the pause only spares the processor.
        sleep 0.1
    done
}

# set_config FILE JQ: changes a configuration.
set_config() {
    jq "$2" "$1" >"$1.new"
    chmod 600 "$1.new"
    mv "$1.new" "$1"
}

server_start() {
    # Not by 'on': the process itself is to be known, not a shell around it.
    ip netns exec "$lab_id-server" "$lab_bin/sentinel-server" --config "$folder/server/sentinel_config.json" \
        --data-dir "$folder/data" >>"$folder/server.log" 2>&1 &
    echo $! >"$folder/server.pid"
    until_true 20 server_ready || die "the server does not start"
}

server_ready() {
    on server curl -sf --cacert "$folder/server/ca.crt" -o "$folder/ready" \
        "https://$server_ip:8443/readyz" 2>/dev/null
}

# A token for the API, in a file that curl reads: never an argument.
lab_token() {
    "$lab_bin/sentinel-server" --config "$folder/server/sentinel_config.json" \
        --data-dir "$folder/data" token create lab --role viewer >"$folder/token" 2>>"$folder/server.log"
    printf 'header = "Authorization: Bearer %s"\n' "$(cat "$folder/token")" >"$folder/curl"
    chmod 600 "$folder/curl" "$folder/token"
}

# api PATH: asks the server.
api() {
    on server curl -sf --config "$folder/curl" --cacert "$folder/server/ca.crt" \
        "https://$server_ip:8443$1"
}

# agent_config NAME: what the agent of that host runs with.
agent_config() {
    "$lab_bin/sentinel-certs" --dir "$folder/server" --quiet agent "$1" --out "$folder/$1" \
        --server-url "https://$server_ip:8444" >/dev/null
    set_config "$folder/$1/sentinel_config.json" \
        ".agent.state_dir = \"$folder/$1/state\" | .agent.heartbeat_interval = 2"
}

# agent_start NAME INTERFACE
agent_start() {
    ip netns exec "$lab_id-$1" "$lab_bin/sentinel-agent" --config "$folder/$1/sentinel_config.json" \
        --iface "$2" >>"$folder/$1.log" 2>&1 &
    echo $! >"$folder/$1.pid"
}

# agents_online N: whether so many agents are heard.
agents_online() {
    [ "$(api /api/agents | jq '[.[] | select(.online)] | length')" = "$1" ]
}
