# Sourced by script/run: how traffic gets to the agent, and which. POSIX sh.

# One of: wire (a pair of interfaces made for it), loopback, replay.
way='' wire='' interface='' inject='' sim_pid='' round=0
agent_program='' sim_program=''

# Whether things can be done as root; asks for a password at most once, and only where somebody sits.
root_at_hand() {
    [ "$(id -u)" -ne 0 ] || return 0
    have sudo || return 1
    sudo -n true 2>/dev/null && return 0
    [ -t 0 ] || return 1
    say "capturing packets takes rights: sudo may ask for your password"
    sudo true
}

# Finds out what may be done here, and makes what it takes.
wire_open() {
    agent_program=$bin/sentinel-agent sim_program=$bin/sentinel-sim
    if [ "$(uname -s)" != Linux ] || ! root_at_hand; then
        way=replay
        return
    fi
    if [ "$(id -u)" -ne 0 ]; then
        # Copies that may capture and send, and nothing else: no program runs as root.
        mkdir -p "$folder/bin"
        cp "$agent_program" "$sim_program" "$folder/bin/"
        agent_program=$folder/bin/sentinel-agent sim_program=$folder/bin/sentinel-sim
        need setcap libcap2-bin
        if ! sudo setcap cap_net_raw+ep "$agent_program" || ! sudo setcap cap_net_raw+ep "$sim_program"; then
            way=replay
            return
        fi
    fi
    have ip || install iproute2
    if wire_made; then
        way=wire
    else
        # Where no interfaces may be made, as in most containers.
        way=loopback interface=lo inject=lo
    fi
}

# A pair of interfaces: what is sent on one is captured on the other, and nothing else is on them.
wire_made() {
    number=0
    while [ -e "/sys/class/net/nsdemo$number" ]; do number=$((number + 1)); done
    as_root ip link add "nsdemo$number" type veth peer name "nsdemo$number-tx" 2>/dev/null || return 1
    wire=nsdemo$number interface=nsdemo$number inject=nsdemo$number-tx
    echo "$wire" >"$folder/interface"
    for end in "$interface" "$inject"; do
        # The kernel says nothing there by itself.
        as_root sh -c "echo 1 >/proc/sys/net/ipv6/conf/$end/disable_ipv6" 2>/dev/null || true
        as_root ip link set "$end" arp off up
    done
}

# linger PID: waits until it has ended. Signals are heard meanwhile.
linger() {
    while kill -0 "$1" 2>/dev/null; do wait "$1" || true; done
}

# play SCENARIO [OPTION...]: sends it past the agent. `--pace` has no meaning for files.
play() {
    if [ "$way" = replay ]; then
        play_file "$@"
        return
    fi
    (apart "$sim_program" "$@" --iface "$inject") >>"$folder/traffic.log" 2>&1 &
    sim_pid=$!
    linger "$sim_pid"
    sim_pid=''
    kill -0 "$agent_pid" 2>/dev/null || die "the agent has stopped: see $folder/agent.log"
    kill -0 "$server_pid" 2>/dev/null || die "the server has stopped: see $folder/server.log"
}

play_file() {
    scenario=$1
    # It has just come to its end.
    case $scenario in
    showcase) lasts=120 ;;
    *) lasts=60 ;;
    esac
    "$sim_program" "$scenario" --seed "$round" --start "$(($(date +%s) - lasts))" --to "$folder/play.pcap" --force \
        >>"$folder/traffic.log" 2>&1
    # Its identity and its spool belong into the folder too.
    XDG_STATE_HOME=$folder/state "$bin/sentinel-replay" --config "$agent/sentinel_config.json" \
        --server "$(node -p 'JSON.parse(require("node:fs").readFileSync(process.argv[1])).agent.server_url' \
            "$agent/sentinel_config.json")" "$folder/play.pcap" >/dev/null 2>>"$folder/traffic.log" ||
        say "the replay of $scenario went wrong: see $folder/traffic.log"
    kill -0 "$server_pid" 2>/dev/null || die "the server has stopped: see $folder/server.log"
}

# Each attack once, amid the traffic of an office: two minutes of it in half a minute.
play_showcase() {
    say "playing a simulated attack of each kind"
    play showcase --pace 4
}

# play_on MINUTES: a little traffic, and one attack after the other.
play_on() {
    until_then=$(($(date +%s) + $1 * 60))
    while [ "$(date +%s)" -lt "$until_then" ]; do
        for kind in port_scan dns_tunnelling brute_force suspicious_port icmp_flood arp_spoofing syn_flood \
            data_exfiltration; do
            [ "$(date +%s)" -lt "$until_then" ] || return 0
            round=$((round + 1))
            rest "$round"
            play "$kind-above" --pace 5 --seed "$round"
        done
    done
}

# rest SEED: between attacks people work.
rest() {
    if [ "$way" = replay ]; then
        sleep 20 &
        sim_pid=$!
        linger "$sim_pid"
        sim_pid=''
    else
        play mixed --rate 40 --duration 20 --seed "$1"
    fi
}
