# Sourced by script/run: the folder, the server and the agent in it. POSIX sh.

server_pid='' agent_pid=''

# Names the folder, sees that nobody else runs in it, and makes what is not there yet.
site_open() {
    umask 077
    if [ "$check" -eq 1 ]; then
        folder=$(mktemp -d)
    else
        folder=${NETSENTINEL_DATA:-$(built demo)}
        mkdir -p "$folder"
        folder=$(cd "$folder" && pwd)
    fi
    site=$folder/site agent=$folder/agent data=$folder/data
    if [ -e "$folder/run.pid" ] && kill -0 "$(cat "$folder/run.pid")" 2>/dev/null; then
        die "script/run is at work in $folder already, as process $(cat "$folder/run.pid"): stop it first"
    fi
    # What is removed is named: the folder may hold something else.
    [ "$fresh" -eq 0 ] || rm -rf "$site" "$agent" "$data" "$folder/password" "$folder/bin" "$folder"/*.log
    # From a run that was killed.
    if [ -e "$folder/interface" ]; then
        as_root ip link delete "$(cat "$folder/interface")" 2>/dev/null || true
        rm -f "$folder/interface"
    fi
    echo $$ >"$folder/run.pid"
    [ -e "$site/ca.crt" ] || "$bin/sentinel-certs" --dir "$site" --quiet init >/dev/null
    [ -e "$agent/ca.crt" ] || "$bin/sentinel-certs" --dir "$site" --quiet agent demo --out "$agent" \
        --server-url "https://$near:8444" >/dev/null
}

# Everything stops, in order, and what was made for this run alone goes.
site_close() {
    status=$?
    trap - EXIT
    trap '' HUP INT TERM
    set +e
    for process in ${sim_pid:-} $agent_pid $server_pid; do
        kill "$process" 2>/dev/null
        wait "$process" 2>/dev/null
    done
    if [ -n "${wire:-}" ]; then
        as_root ip link delete "$wire" && rm -f "$folder/interface"
    fi
    rm -f "$folder/run.pid"
    if [ "$check" -eq 1 ]; then
        [ "$status" -eq 0 ] || tail -n 20 "$folder"/*.log >&2
        rm -rf "$folder"
    else
        printf '\n'
        say "stopped; everything is kept in $folder"
    fi
    exit "$status"
}

# Writes the ports into both configurations: those that they name, or where somebody has them the next.
site_settle() {
    gui=$(node - "$site/sentinel_config.json" "$agent/sentinel_config.json" "$host" "$near" "$check" "$agent/state" <<'END'
const { readFileSync, writeFileSync } = require('node:fs');
const { createServer } = require('node:net');
const [serverFile, agentFile, host, near, check, stateDir] = process.argv.slice(2);
const taken = new Set();
const tried = (port) =>
  new Promise((resolve) => {
    const socket = createServer();
    socket.once('error', () => resolve(0));
    socket.listen({ port, host }, () => {
      const got = socket.address().port;
      socket.close(() => resolve(got));
    });
  });
async function free(wanted) {
  for (let port = wanted; port < wanted + 200; port += check === '1' ? 0 : 10) {
    const got = await tried(check === '1' ? 0 : port);
    if (got && !taken.has(got)) return taken.add(got) && got;
  }
  throw new Error(`no port is free from ${wanted} on; is ${host} an address of this machine?`);
}
const change = (file, edit) => {
  const config = JSON.parse(readFileSync(file));
  edit(config);
  writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`);
};
(async () => {
  const config = JSON.parse(readFileSync(serverFile));
  const gui_port = await free(config.gui_port);
  const agent_port = await free(config.agent_port);
  const redirect_port = await free(config.redirect_port);
  change(serverFile, (it) => {
    Object.assign(it, { server_host: host, gui_port, agent_port, redirect_port });
    it.server = { offline_after: 20, ...it.server };
  });
  change(agentFile, (it) => {
    Object.assign(it.agent, {
      server_url: `https://${near}:${agent_port}`,
      state_dir: stateDir,
      heartbeat_interval: 5,
    });
  });
  console.log(gui_port);
})().catch((error) => {
  console.error(`error: ${error.message}`);
  process.exit(1);
});
END
    )
}

# Away from the terminal's signals: Ctrl-C is for script/run, which stops the others in their order.
apart() {
    if have setsid; then exec setsid "$@"; else exec "$@"; fi
}

server_start() {
    (apart "$bin/sentinel-server" --config "$site/sentinel_config.json" --data-dir "$data") \
        >>"$folder/server.log" 2>&1 &
    server_pid=$!
    tries=0
    until ask /readyz >/dev/null 2>&1; do
        kill -0 "$server_pid" 2>/dev/null || { tail -n 5 "$folder/server.log" >&2; die "the server does not start"; }
        tries=$((tries + 1))
        [ "$tries" -lt 300 ] || die "the server is not ready after a minute: see $folder/server.log"
        sleep 0.2
    done
    # Told once, at the very first start.
    [ -e "$folder/password" ] || sed -n 's/^ *Password: //p' "$folder/server.log" | tail -n 1 >"$folder/password"
}

# ask PATH: what the server answers.
ask() {
    curl -sf --max-time 10 --cacert "$site/ca.crt" "https://$near:$gui$1"
}

agent_start() {
    wire_open
    if [ "$way" != replay ]; then
        if "$agent_program" doctor --config "$agent/sentinel_config.json" --iface "$interface" >"$folder/doctor.log" 2>&1; then
            (apart "$agent_program" --config "$agent/sentinel_config.json" --iface "$interface") \
                >>"$folder/agent.log" 2>&1 &
            agent_pid=$!
            say "the agent captures on $interface"
            return
        fi
        grep WRONG "$folder/doctor.log" >&2 || cat "$folder/doctor.log" >&2
        way=replay interface=''
    fi
    say "nothing can be captured here without root, sudo or CAP_NET_RAW: attacks are replayed from files instead"
}

greet() {
    fingerprint=$(node -p 'new (require("node:crypto").X509Certificate)(require("node:fs").readFileSync(process.argv[1])).fingerprint256' "$site/server.crt")
    shown=$near
    [ "$host" != 0.0.0.0 ] || shown=$(uname -n)
    [ "$host" != 127.0.0.1 ] || shown=localhost
    cat <<END

    NetSentinel:  https://$shown:$gui/
    User:         admin
    Password:     $(cat "$folder/password")    (unless you have changed it)

    Your browser does not know the certificate and will warn. Go on if it shows this SHA-256 fingerprint:
    $fingerprint
    or let it trust $site/ca.crt, which this run made and whose key lies beside it.

    Everything is kept in $folder. Ctrl-C stops it all.

END
}
