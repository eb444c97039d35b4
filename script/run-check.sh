# Sourced by script/run: whether what people would see is there.

"$bin/sentinel-server" --config "$site/sentinel_config.json" --data-dir "$data" token create check --role viewer \
    >"$folder/token" 2>>"$folder/server.log"
# Never an argument, which others could see.
printf 'header = "Authorization: Bearer %s"\n' "$(cat "$folder/token")" >"$folder/curl"

script=$(ask / | sed -n 's/.*src="\(\/assets\/[^"]*\.js\)".*/\1/p')
[ -n "$script" ] || die "the server was built without its dashboard"
ask "$script" >/dev/null || die "$script is not served"

# Alerts in the store, and how many kinds of them.
arrived() {
    curl -sf --max-time 10 --config "$folder/curl" --cacert "$site/ca.crt" \
        "https://$near:$gui/api/alerts?limit=500&since=1h" |
        node -e '
            const { alerts } = JSON.parse(require("node:fs").readFileSync(0));
            console.log(alerts.length, new Set(alerts.map((one) => one.alert.detector)).size);'
}

play_showcase
tries=0
# shellcheck disable=SC2046 # two words
until set -- $(arrived) && [ "${2:-0}" -eq 8 ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || die "only ${1:-0} alerts of ${2:-0} kinds have arrived by way of $way"
    sleep 0.2
done
say "$1 alerts of $2 kinds are in the store, by way of $way on ${interface:-files}"
