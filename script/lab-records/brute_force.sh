#!/bin/sh
# Recordings of password guessing and of what only looks like it. Needs hydra, curl, nc, python3 and
# OpenSSH. FTP and web servers are a few lines of their own, so that nothing of the machine is guessed at.

# An FTP server on port $1 that lets nobody in but joe with the password `right`.
ftp_server='
import socket, sys, threading
def serve(c):
    f = c.makefile("rwb", buffering=0); user = b""
    f.write(b"220 ready\r\n")
    for line in f:
        word, _, rest = line.strip().partition(b" ")
        if word == b"USER": user = rest; f.write(b"331 Password required\r\n")
        elif word == b"PASS":
            ok = (user, rest) == (b"joe", b"right")
            f.write(b"230 Login successful.\r\n" if ok else b"530 Login incorrect.\r\n")
        elif word == b"QUIT": f.write(b"221 Bye\r\n"); break
        else: f.write(b"502 No\r\n")
    c.close()
s = socket.create_server(("", int(sys.argv[1])))
while True: threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()
'

# A web server on port $1 that wants the password `right` by HTTP Basic.
web_server='
import base64, http.server, sys
class H(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        ok = self.headers.get("Authorization") == "Basic " + base64.b64encode(b"joe:right").decode()
        self.send_response(200 if ok else 401)
        if not ok: self.send_header("WWW-Authenticate", "Basic realm=a")
        self.send_header("Content-Length", "0"); self.end_headers()
    def log_message(self, *a): pass
http.server.ThreadingHTTPServer(("", int(sys.argv[1])), H).serve_forever()
'

# Starts CMD in the victim's namespace for the length of a recording, and waits until port $1 is open.
with_server() {
    port=$1 && shift
    victim timeout 60 "$@" & server=$!
    tries=0
    until attacker nc -z "$VICTIM" "$port" || [ "$tries" -ge 50 ]; do
        tries=$((tries + 1)) && sleep 0.1
    done
}

# OpenSSH on port $1 with a key of its own.
ssh_server() {
    folder=$(mktemp -d) && ssh-keygen -q -t ed25519 -N '' -f "$folder/key" && mkdir -p /run/sshd
    with_server "$1" /usr/sbin/sshd -D -e -p "$1" -h "$folder/key" -o PidFile=none -o UsePAM=no \
        -o "AuthorizedKeysFile=$folder/key.pub" -o StrictModes=no -o PermitRootLogin=yes
}

# The server ends by itself where its parent is all that can be reached: no two recordings share a port.
stop() { kill "$server" 2> /dev/null || true; }

words() { seq -f 'word%g' 1 "$1"; }

# brute_force-failures: attack brute_force forty FTP guesses on a port of its own, one every second
record_failures() {
    with_server 2121 python3 -c "$ftp_server" 2121
    words 40 > /tmp/lab-words
    attacker timeout 50 hydra -q -t 1 -W 1 -l joe -P /tmp/lab-words "ftp://$VICTIM:2121" || true
    stop
}

# brute_force-success: attack brute_force twelve FTP guesses, then the right one
record_success() {
    with_server 2122 python3 -c "$ftp_server" 2122
    { words 12 && echo right; } > /tmp/lab-words
    attacker hydra -q -t 1 -l joe -P /tmp/lab-words "ftp://$VICTIM:2122" || true
    stop
}

# brute_force-sessions: attack brute_force SSH guesses, few a connection
record_sessions() {
    ssh_server 2022
    words 40 > /tmp/lab-words
    attacker timeout 40 hydra -q -t 4 -l nobody -P /tmp/lab-words "ssh://$VICTIM:2022" || true
    stop
}

# brute_force-web: attack brute_force HTTP Basic guesses
record_web() {
    with_server 8000 python3 -c "$web_server" 8000
    words 60 > /tmp/lab-words
    attacker hydra -q -t 4 -l joe -P /tmp/lab-words "http-get://$VICTIM:8000/" || true
    stop
}

# brute_force-spray: attack brute_force one password for many users
record_spray() {
    with_server 2123 python3 -c "$ftp_server" 2123
    for user in alice bob carol dave erin frank grace heidi; do
        attacker curl -s -m 3 -u "$user:summer" "ftp://$VICTIM:2123/" || true
    done
    stop
}

# brute_force-stored: benign brute_force a client that has stored a wrong password and tries on
record_stored() {
    with_server 2124 python3 -c "$ftp_server" 2124
    for _ in $(seq 30); do attacker curl -s -m 3 -u joe:old "ftp://$VICTIM:2124/" || true; done
    stop
}

# brute_force-scripts: benign brute_force a script that runs sixteen commands over SSH, each by its own log-in
record_scripts() {
    ssh_server 22
    for _ in $(seq 16); do
        attacker ssh -q -i "$folder/key" -o BatchMode=yes -o StrictHostKeyChecking=no \
            -o UserKnownHostsFile=/dev/null "root@$VICTIM" true || true
    done
    stop
}

# brute_force-health: benign brute_force a monitor that opens and closes the FTP port
record_health() {
    with_server 21 python3 -c "$ftp_server" 21
    for _ in $(seq 45); do attacker nc -z "$VICTIM" 21; done
    stop
}

# brute_force-browser: benign brute_force a client that is asked for its password at each page and has it
record_browser() {
    with_server 8001 python3 -c "$web_server" 8001
    for page in $(seq 40); do
        attacker curl -s --anyauth -u joe:right "http://$VICTIM:8001/$page" || true
    done
    stop
}
