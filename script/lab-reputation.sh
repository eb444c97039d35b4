# Sourced by script/lab: a scan of nine ports, fewer than the fifteen that make an alert, by an address that
# a stand-in for VirusTotal calls malicious. Two agents see it, and ask the server.

# Global, and nobody's in particular: the addresses of the lab's network are never asked about.
scanner_ip=1.2.3.4
for name in agent second; do
    case $name in agent) address=$agent_ip ;; *) address=10.77.0.11 ;; esac
    lab_host "$name" "$address/24"
    ip -n "$lab_id-$name" route replace "$scanner_ip/32" dev eth0
done
lab_host scanner "$scanner_ip/32"
on server python3 script/lab-virustotal.py 8199 "$scanner_ip" "$folder/asked" >>"$folder/virustotal.log" 2>&1 &
set_config "$folder/server/sentinel_config.json" \
    '.virustotal_api_key = "lab" | .reputation.virustotal_url = "http://127.0.0.1:8199"'
server_start
lab_token
for name in agent second; do
    agent_config "$name"
    agent_start "$name" eth0
done
until_true 20 agents_online 2 || die "the agents are not heard"

# scan ADDRESS: nine ports, in no time.
scan() {
    on scanner nmap -n -Pn -sS --max-retries 0 --min-rate 1000 -p 1-9 "$1" >>"$folder/attacks.log" 2>&1
}

# scans_are N: whether so many scans are stored.
scans_are() {
    api "/api/alerts?detector=port_scan&source=$scanner_ip&limit=10" >"$folder/alert" || return 1
    [ "$(jq '.alerts | length' "$folder/alert")" -ge "$1" ]
}

# Whether the heartbeats tell of a verdict.
told() {
    [ "$(api /api/agents | jq '[.[] | select(.heartbeat.reputation.cached > 0)] | length')" = 2 ]
}

say "scanning nine ports of each agent"
scan "$agent_ip" &
scan 10.77.0.11 &
until_true 60 scans_are 2 || die "the verdict raised no alert"

jq -e '[.alerts[].alert | select(.severity == "CRITICAL" and .threshold == 4 and .base_threshold == 15
    and (.message | endswith("[VT:HIGH — 5 malicious]")))] | length == 2' "$folder/alert" >/dev/null ||
    die "not as it should be: $(jq -c '[.alerts[].alert | {severity, threshold, message}]' "$folder/alert")"
asked=$(grep -c "/$scanner_ip\$" "$folder/asked")
[ "$asked" -eq 1 ] || die "VirusTotal was asked $asked times"

# When the verdict was given, when the packets had come, and when the alerts were stored.
verdict=$(cut -d' ' -f1 "$folder/asked")
jq -r --argjson verdict "$verdict" '
    def seconds: (.[0:19] + "Z" | fromdate) + (.[19:-1] | if . == "" then 0 else tonumber end);
    def rounded: . * 1000 | round / 1000;
    .alerts[] | (.alert.last_seen | seconds) as $packet | (.received | seconds) as $stored |
    "==> \(.alert.agent.hostname // .alert.agent.id): from the last packet to the verdict " +
    "\($verdict - $packet | rounded) s, from the verdict to the store \($stored - $verdict | rounded) s"
' "$folder/alert"
until_true 10 told || die "no heartbeat tells of reputation"
megabytes=$(api /api/agents | jq '[.[].heartbeat.rss_bytes] | max / 1048576 * 10 | round / 10')
say "one question to VirusTotal for two agents, which take $megabytes MB of memory at most"
