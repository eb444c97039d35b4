# Sourced by script/lab: recordings of attacks, and of what only looks like them, by real tools.
#
# Each function record_... in script/lab-records/*.sh is one recording, with a line above it that says what it is:
#
#   # NAME: attack|benign DETECTOR what it shows
#
# NAME is what the recording is called, whatever the function is. It runs commands by `attacker CMD...`,
# `victim CMD...` and `bystander CMD...`; see script/lab-record-one.sh for what they find. A line
# `# needs: COMMAND PACKAGE` has a tool installed.

records=script/lab-records
kept=tests/captures/lab

# The recordings, one a line: name, kind, detectors, what it shows, file, function; separated by tabs. What is
# not said of a function is empty.
lab_records() {
    awk 'FNR == 1 { about = "\t\t\t" }
    match($0, /^# [a-z0-9_-]+: (attack|benign) [a-z_;]+ /) {
        about = substr($2, 1, length($2) - 1) "\t" $3 "\t" $4 "\t" substr($0, RLENGTH + 1)
    }
    match($0, /^record_[a-z0-9_]+\(\)/) {
        print about "\t" FILENAME "\t" substr($0, 1, RLENGTH - 2)
        about = "\t\t\t"
    }' "$records"/*.sh
}

# lab_labels FOLDER ENDING: the table of the recordings that are in the folder.
lab_labels() {
    printf 'path,labels,about,shows\n'
    lab_records | sort | while IFS="$(printf '\t')" read -r name kind about shows _; do
        [ -e "$1/$name$2" ] || continue
        case $kind in attack) labels=$about ;; *) labels=benign ;; esac
        printf '%s,%s,%s,"%s"\n' "$name$2" "$labels" "$about" "$(printf '%s' "$shows" | sed 's/"/""/g')"
    done
}

# Whether something is said of every recording, and each has a name of its own.
lab_check_records() {
    silent=$(lab_records | sed -n 's/^\t//p' | tr -s '\t' ' ')
    [ -z "$silent" ] || die "nothing says what this shows:$silent"
    twice=$(lab_records | cut -f1 | sort | uniq -d)
    [ -z "$twice" ] || die "two recordings have this name: $twice"
}

# What recordings need, beside what they say themselves.
lab_record_tools() {
    need tcpdump tcpdump
    need ethtool ethtool
    need nmap nmap
    need hping3 hping3
    need hydra hydra
    need arpspoof dsniff
    need arping iputils-arping
    need dig bind9-dnsutils
    need nc netcat-openbsd
    need curl curl
    need ping iputils-ping
    need traceroute traceroute
    need python3 python3
    sed -n 's/^# needs: \([^ ]*\) \([^ ]*\)$/\1 \2/p' "$records"/*.sh | sort -u | while read -r tool package; do
        need "$tool" "$package"
    done
}

# lab_record [NAME...]: makes these recordings, or all; tells in lab_failed if one could not be made.
lab_record() {
    lab_failed=
    out=$(built lab)
    mkdir -p "$out"
    [ $# -gt 0 ] || [ ! -e "$out/labels.csv" ] || rm -f "$out"/*.pcap "$out"/*.log
    chosen=$(lab_records | while IFS="$(printf '\t')" read -r name _ _ _ file function; do
        [ $# -eq 0 ] || case " $* " in *" $name "*) ;; *) continue ;; esac
        printf '%s %s %s\n' "$name" "$file" "$function"
    done)
    [ -n "$chosen" ] || die "there is no such recording; there are: $(lab_records | cut -f1 | tr '\n' ' ')"
    say "recording $(printf '%s\n' "$chosen" | wc -l) into $out, ${LAB_JOBS:-3} at once"
    # Each in a process and namespaces of its own.
    printf '%s\n' "$chosen" | xargs -P "${LAB_JOBS:-3}" -n 3 sh -c \
        'timeout -k 10 "${LAB_SECONDS:-90}" sh script/lab-record-one.sh "$1" "$2" "$3" "$0" || { echo "FAILED: $1" >&2; false; }' "$out" ||
        lab_failed=yes
    lab_labels "$out" .pcap >"$out/labels.csv"
}

# lab_keep [NAME...]: takes these recordings, or all that were made, into the repository.
lab_keep() {
    out=$(built lab)
    mkdir -p "$kept"
    [ $# -gt 0 ] || set -- $(lab_records | cut -f1)
    for name in "$@"; do
        [ -e "$out/$name.pcap" ] || continue
        gzip -9 -n -c "$out/$name.pcap" >"$kept/$name.pcap.gz"
        size=$(wc -c <"$kept/$name.pcap.gz")
        if [ "$size" -gt 200000 ]; then
            rm "$kept/$name.pcap.gz"
            say "left out $name: $size bytes are too many"
        fi
    done
    lab_labels "$kept" .pcap.gz >"$kept/labels.csv"
    say "$(ls "$kept"/*.pcap.gz | wc -l) recordings are in $kept, $(du -ch "$kept"/*.pcap.gz | tail -n 1 | cut -f1) in all"
}
