#!/bin/sh
# Recordings of scans and of what looks like them, between namespaces. The harness gives `attacker`, `victim`
# and `bystander` (each runs a command there) and the addresses in $ATTACKER, $VICTIM, $BYSTANDER.
# The victim has nothing listening unless a recording starts it, so closed ports refuse.

# scan_connect: attack port_scan a connect scan of 100 ports
record_scan_connect() {
    attacker nmap -n -Pn -sT -F "$VICTIM"
}

# scan_syn: attack port_scan a half-open scan of 100 ports
record_scan_syn() {
    attacker nmap -n -Pn -sS -F "$VICTIM"
}

# scan_syn_v6: attack port_scan the same over IPv6
record_scan_syn_v6() {
    attacker nmap -6 -n -Pn -sS -F "$VICTIM6"
}

# scan_stealth: attack port_scan NULL, FIN and XMAS scans, one after another
record_scan_stealth() {
    attacker nmap -n -Pn -sN -p 1-40 "$VICTIM"
    attacker nmap -n -Pn -sF -p 41-80 "$VICTIM"
    attacker nmap -n -Pn -sX -p 81-120 "$VICTIM"
}

# scan_ack: attack port_scan ACK and Maimon scans of closed ports
record_scan_ack() {
    attacker nmap -n -Pn -sA -p 1-60 "$VICTIM"
    attacker nmap -n -Pn -sM -p 61-120 "$VICTIM"
}

# scan_udp: attack port_scan a UDP scan; the victim refuses at the rate of its kernel
record_scan_udp() {
    attacker nmap -n -Pn -sU --max-retries 1 --host-timeout 15s -p 1-40 "$VICTIM"
}

# scan_protocol: attack port_scan an IP protocol scan
record_scan_protocol() {
    attacker nmap -n -Pn -sO --max-retries 1 --host-timeout 15s -p 100-140 "$VICTIM"
}

# scan_decoys: attack port_scan a scan with two decoys of the same network
record_scan_decoys() {
    attacker nmap -n -Pn -sS -F -D "$BYSTANDER,10.77.0.77,ME" "$VICTIM"
}

# scan_arp_sweep: attack port_scan host discovery by ARP
record_scan_arp_sweep() {
    attacker nmap -n -sn -PR 10.77.0.0/24
}

# scan_hping: attack port_scan ports counted up by another tool
record_scan_hping() {
    attacker hping3 -S -q -c 60 -i u20000 -p ++1 "$VICTIM"
}

# scan_delay: attack port_scan a port a second
record_scan_delay() {
    attacker nmap -n -Pn -sS --max-rate 1 --max-retries 0 -p 1-20 "$VICTIM"
}

# scan_like_traceroute: benign port_scan datagrams to rising ports with rising hop limits
record_scan_like_traceroute() {
    attacker traceroute -n -w 1 "$VICTIM"
    attacker traceroute -n -w 1 -m 20 10.77.0.250
}

# scan_like_data_ports: benign port_scan a client that gets forty answers on forty ports, as in passive FTP
record_scan_like_data_ports() {
    victim python3 -c '
import socket, select, time
ears = [socket.create_server(("", 40000 + n)) for n in range(40)]
end = time.time() + 8
while time.time() < end:
    for ear in select.select(ears, [], [], 0.2)[0]:
        peer, _ = ear.accept()
        peer.sendall(b"data\n")
        peer.close()
' &
    sleep 1
    attacker python3 -c '
import socket, sys, time
for n in range(40):
    with socket.create_connection((sys.argv[1], 40000 + n)) as peer:
        while peer.recv(100):
            pass
    time.sleep(0.1)
' "$VICTIM"
    wait
}

# scan_like_monitor: benign port_scan few ports of one host asked again and again, some of them closed
record_scan_like_monitor() {
    for _ in 1 2 3 4 5 6; do
        for port in 22 25 80 443 3306; do
            attacker nc -z -w 1 "$VICTIM" "$port" || true
        done
        sleep 1
    done
}

# scan_like_resolver: benign port_scan names asked for from a port each, answered from one
record_scan_like_resolver() {
    victim python3 -c '
import socket
ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
ear.bind(("", 53))
ear.settimeout(4)
try:
    while True:
        query, peer = ear.recvfrom(512)
        ear.sendto(query[:2] + b"\x81\x83" + query[4:], peer)
except TimeoutError:
    pass
' &
    sleep 1
    for n in $(seq 40); do
        attacker dig +tries=1 +time=1 "@$VICTIM" "host$n.example.test" >/dev/null || true
    done
    wait
}
