#!/bin/sh
# A workday in small, for script/lab benign: sourced by script/lab-record-one.sh, which tells what is found here. The
# victim is a workstation, the bystander the site's server, the attacker's address outside a server of somebody else.
# Nobody does harm; every alert is a false one. MINUTES says how long it lasts.
# shellcheck disable=SC2016 # shells in a host expand what is in single quotes

# Its FTP server lets joe in with the password `right`.
# shellcheck source=script/lab-records/brute_force.sh
. script/lab-records/brute_force.sh

# Answers names, the time, and log lines; as a server of a site does.
site_services='
import socket, struct, threading, time
def serve(port, answer):
    flow = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); flow.bind(("", port))
    while True:
        data, client = flow.recvfrom(1500); reply = answer(data)
        if reply: flow.sendto(reply, client)
def name(data):
    end = data.index(b"\0", 12) + 5
    reverse = b"in-addr" in data[12:end]
    record = b"" if reverse else b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc6\x33\x64\x42"
    flags = b"\x81\x83" if reverse else b"\x81\x80"
    return data[:2] + flags + b"\0\1" + struct.pack("!H", bool(record)) + b"\0" * 4 + data[12:end] + record
def clock(data):
    now = struct.pack("!II", int(time.time()) + 2208988800, 0)
    return b"\x24\2\6\xec" + b"\0" * 8 + b"LOCL" + now + data[40:48] + now + now
for port, answer in ((53, name), (123, clock), (514, lambda data: None)):
    threading.Thread(target=serve, args=(port, answer)).start()
'

# A conversation of sound and picture for $2 seconds: both send, the caller somewhat more.
call='
import os, socket, sys, threading, time
there, seconds = sys.argv[1], float(sys.argv[2])
flow = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); flow.bind(("", 40000)); end = time.time() + seconds
def listen():
    flow.settimeout(2)
    try:
        while True: flow.recv(1500)
    except OSError: pass
threading.Thread(target=listen).start()
n = 0
while time.time() < end:
    flow.sendto(bytes((128, 96)) + n.to_bytes(2, "big") + os.urandom(900), (there, 40000)); n = n + 1 & 65535; time.sleep(0.01)
'

# every SECONDS CMD...: again and again, for as long as the recording lasts.
every() {
    pause=$1 && shift
    while :; do
        "$@"
        sleep "$pause"
    done
}

names='mail web cdn.static images api login www news maps files video'

browse() {
    for word in $names; do
        victim dig +tries=1 +time=1 +noedns "@$BYSTANDER" "$word.example-$(($(date +%s) % 7)).org"
        victim sh -c 'printf "%s\n" 1 2 3 4 5 6 | xargs -P 6 -I% curl -sk -o /dev/null --max-time 5 "https://$OUTSIDE/part%"'
        sleep 1
    done
}

log_in() {
    # Once a wrong password, then the right one.
    for password in wrong right; do
        victim curl -s -o /dev/null --max-time 3 -u "joe:$password" "ftp://$BYSTANDER/"
    done
    victim ssh -n -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -i "$SCRATCH/key" "root@$BYSTANDER" true
}

back_up() {
    victim nc -N -w 5 "$BYSTANDER" 873 <"$SCRATCH/backup"
    # A picture goes to somebody outside.
    victim curl -sk -o /dev/null --max-time 10 -F file=@"$SCRATCH/picture" "https://$OUTSIDE/"
}

look_around() {
    for port in 22 53 80 443; do bystander nc -z -w 1 "$VICTIM" "$port"; done
    bystander ping -q -c 1 -W 1 "$VICTIM"
    victim ping -q -c 3 -i 0.3 "$OUTSIDE"
    victim traceroute -n -m 3 -w 1 "$OUTSIDE"
    for n in 1 2 3 4 5; do bystander dig +tries=1 +time=1 +noedns "@$BYSTANDER" -x "198.51.100.$n"; done
}

work_at_files() {
    victim sh -c 'printf "%s\n" 1 2 3 4 5 6 7 8 | xargs -P 4 -I% curl -s -o /dev/null --max-time 5 "http://$BYSTANDER/part%"'
    victim sh -c 'echo "<14>desk: all is well" | nc -u -w 1 "$BYSTANDER" 514'
}

workday() {
    mkdir "$SCRATCH/web" /run/sshd 2>/dev/null
    for n in 1 2 3 4 5 6 7 8; do head -c "$((n * n * 4000))" /dev/urandom >"$SCRATCH/web/part$n"; done
    head -c 3000000 /dev/urandom >"$SCRATCH/backup"
    head -c 400000 /dev/urandom >"$SCRATCH/picture"
    ssh-keygen -q -t ed25519 -N '' -f "$SCRATCH/key"
    openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=a -days 2 -keyout "$SCRATCH/tls.key" -out "$SCRATCH/tls.crt"
    bystander python3 -c "$site_services" &
    bystander python3 -m http.server -d "$SCRATCH/web" 80 &
    bystander python3 -c "$ftp_server" 21 &
    bystander nc -lk -p 873 >/dev/null &
    bystander "$(command -v sshd)" -D -f /dev/null -h "$SCRATCH/key" -o UsePAM=no -o PidFile=none -o StrictModes=no \
        -o "AuthorizedKeysFile=$SCRATCH/key.pub" -p 22 &
    (cd "$SCRATCH/web" && exec attacker openssl s_server -quiet -accept 443 -cert "$SCRATCH/tls.crt" -key "$SCRATCH/tls.key" -WWW) &
    attacker timeout "$((MINUTES * 60))" python3 -c "$call" "$VICTIM" 60 &
    sleep 2
    every 5 browse &
    every 45 log_in &
    every 60 back_up &
    every 20 look_around &
    every 3 work_at_files &
    victim python3 -c "$call" "$OUTSIDE" 60 &
    sleep "$((MINUTES * 60))"
}
