# Sourced by script/bench: a server on this machine under load, over real TLS.

need_libpcap
bin=$(built release)
say "building"
cargo build --profile bench --locked -p sentinel-server -p sentinel-certs -p netsentinel-benches --bins

folder=$(mktemp -d)
server=
stop() {
    [ -z "$server" ] || kill -9 "$server" 2>/dev/null || true
    rm -rf "$folder"
}
trap stop EXIT
trap 'exit 1' HUP INT TERM

"$bin/sentinel-certs" --dir "$folder" --quiet init >/dev/null
config=$folder/sentinel_config.json

# fresh JSON-PAIRS: a new server with an empty database and these keys within "server".
fresh() {
    [ -z "$server" ] || { kill "$server"; wait "$server" || true; }
    rm -rf "$folder/data"
    python3 - "$config" "$1" <<'END'
import json, sys
path, more = sys.argv[1:]
config = json.load(open(path))
config.update(server_host="127.0.0.1", gui_port=18443, agent_port=18444, redirect_port=0)
config.setdefault("server", {}).update(json.loads(more))
json.dump(config, open(path, "w"))
END
    "$bin/sentinel-server" --config "$config" --data-dir "$folder/data" 2>"$folder/log" &
    server=$!
    tries=0
    until curl -sf --cacert "$folder/ca.crt" -o /dev/null https://127.0.0.1:18443/readyz; do
        tries=$((tries + 1))
        [ "$tries" -lt 100 ] || { cat "$folder/log"; die "the server does not start"; }
        sleep 0.1
    done
}

load() {
    mode=$1
    shift
    "$bin/netsentinel-load" "$mode" --server https://127.0.0.1:18444 --ca "$folder/ca.crt" \
        --config "$config" --pid "$server" "$@"
}

need curl curl
need python3 python3
say "full batches"
fresh '{"alerts_max": 1000000, "alerts_window": 1}'
for agents in 1 4 16; do
    load ingest --agents "$agents" --batch 500 --seconds "${SECONDS_LONG:-15}"
done
say "one alert a request"
load ingest --agents 64 --batch 1 --seconds "${SECONDS_LONG:-15}"
say "500 agents"
fresh '{}'
load soak --agents 500 --seconds "${SECONDS_LONG:-300}"
