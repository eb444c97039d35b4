#!/bin/sh
# Recordings of SYN floods and of what looks like them. Sourced by the recorder, which gives the commands
# attacker, victim and bystander, and their addresses.

# Runs a service on the victim's port 8000 that takes connections and closes them, for so many seconds.
syn_flood_service() {
    victim timeout "$1" python3 -c '
import socket
with socket.create_server(("", 8000), backlog=512) as server:
    while True:
        server.accept()[0].close()
' &
    attacker python3 -c '
import socket, sys, time
while True:
    try:
        socket.create_connection((sys.argv[1], 8000), 1).close()
        break
    except OSError:
        time.sleep(0.1)
' "$VICTIM"
}

# syn_flood-one_source: attack syn_flood hping3 from one address against an open port, 250 a second
record_syn_flood_one_source() {
    syn_flood_service 6
    attacker hping3 -q -I lab0 -S -p 8000 -i u4000 -c 500 "$VICTIM" || true
    wait
}

# syn_flood-spoofed: attack syn_flood hping3 from random addresses, 500 a second
record_syn_flood_spoofed() {
    attacker hping3 -q -I lab0 -S -p 8000 --rand-source -i u2000 -c 1000 "$VICTIM" || true
}

# syn_flood-random_ports: attack syn_flood hping3 from random addresses to one port after the other
record_syn_flood_random_ports() {
    attacker hping3 -q -I lab0 -S -p ++1 --rand-source -i u2000 -c 1000 "$VICTIM" || true
}

# syn_flood-load_test: benign syn_flood one client opens 280 connections as fast as it can, and all complete
record_syn_flood_load_test() {
    syn_flood_service 4
    attacker python3 -c '
import socket, sys
for _ in range(280):
    socket.create_connection((sys.argv[1], 8000), 2).close()
' "$VICTIM"
    wait
}

# syn_flood-crowd: benign syn_flood 260 connections from forty addresses within two seconds, and all complete
record_syn_flood_crowd() {
    for n in $(seq 101 140); do attacker ip address add "10.77.0.$n/24" dev lab0; done
    syn_flood_service 9
    attacker python3 -c '
import socket, sys, time
for n in range(260):
    socket.create_connection((sys.argv[1], 8000), 2, ("10.77.0.%d" % (101 + n % 40), 0)).close()
    time.sleep(0.007)
' "$VICTIM"
    for n in $(seq 101 140); do attacker ip address del "10.77.0.$n/24" dev lab0; done
    wait
}
