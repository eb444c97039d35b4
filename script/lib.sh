# Sourced by the other scripts: finding, or installing, what they need. POSIX sh.

say() { printf '%s\n' "==> $*"; }
die() { printf '%s\n' "error: $*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# Runs a command as root, by sudo where need be.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif have sudo; then
        sudo "$@"
    else
        die "need root to run: $*"
    fi
}

# install PACKAGE...: Debian packages, where apt is there.
install() {
    have apt-get || die "please install: $*"
    say "installing $*"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@" >/dev/null
}

# need COMMAND PACKAGE: installs PACKAGE unless COMMAND is there.
need() { have "$1" || install "$2"; }

# built PROFILE: the folder of the programs, from anywhere.
built() {
    case ${CARGO_TARGET_DIR:=target} in
    /*) printf '%s\n' "$CARGO_TARGET_DIR/$1" ;;
    *) printf '%s\n' "$PWD/$CARGO_TARGET_DIR/$1" ;;
    esac
}

# The compiler, and a C compiler for the libraries that hold C (zstd).
need_rust() {
    need cc gcc
    if ! have cargo && [ -x "$HOME/.cargo/bin/cargo" ]; then
        PATH="$HOME/.cargo/bin:$PATH"
    fi
    if ! have cargo; then
        need curl curl
        say "installing Rust by rustup"
        curl --proto '=https' --tlsv1.2 -sSf https://static.rust-lang.org/rustup/rustup-init.sh | sh -s -- -y --profile default
        PATH="$HOME/.cargo/bin:$PATH"
    fi
    have cargo || die "cargo is not there; see https://rustup.rs"
    export PATH
}

# What programs that capture are linked with: libpcap and its headers.
need_libpcap() {
    for folder in /usr/include /usr/local/include /opt/homebrew/include; do
        [ -e "$folder/pcap/pcap.h" ] && return
    done
    install libpcap-dev
}

# What counts instructions. Status 1 where it is not to be had.
need_valgrind() {
    have valgrind && return 0
    have apt-get || return 1
    # In a shell of its own: what can not be installed is left out, and ends nothing.
    (install valgrind) && have valgrind
}

# Whether the Node.js that is found first is new enough for the dashboard's tools, and brings npm.
node_fits() {
    have node && have npm && node -e '
        const [major, minor] = process.versions.node.split(".").map(Number);
        process.exit(major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19) ? 0 : 1)'
}

# Node.js for building the dashboard: the system's, or else one within the folder of what is built.
need_node() {
    node_fits && return
    node_folder=$(built node)
    PATH="$node_folder/node_modules/.bin:$PATH"
    export PATH
    node_fits && return
    need npm npm
    node_fits && return
    say "Node.js $(node --version) is too old for the dashboard: putting another into $node_folder"
    npm install --prefix "$node_folder" --no-save --no-audit --no-fund --loglevel error node@22 npm@11 >/dev/null
    # The shell may remember where the older one was.
    hash -r
    node_fits || die "Node.js 20.19, 22.12 or newer is needed; see https://nodejs.org"
}

# What the dashboard is built and tested with, as the lock file has it.
need_dashboard_tools() {
    need_node
    there=dashboard/node_modules/.package-lock.json
    # Not every shell calls a file newer than one that is not there.
    if [ ! -e "$there" ] || [ dashboard/package-lock.json -nt "$there" ]; then
        say "fetching what the dashboard is built with"
        npm --prefix dashboard ci --no-audit --no-fund --loglevel error >/dev/null
    fi
}

# Builds the dashboard, unless what is there is newer than everything that it is made of: the server
# embeds it, and would be built anew too.
build_dashboard() {
    need_dashboard_tools
    made=dashboard/dist/index.html
    if [ -e "$made" ] && [ -z "$(cd dashboard && find src public ./*.json ./*.ts index.html -newer dist/index.html \
        ! -name schema.d.ts -print)" ]; then
        return
    fi
    say "building the dashboard"
    log=$(built dashboard.log)
    mkdir -p "${log%/*}"
    npm --prefix dashboard run --silent build >"$log" 2>&1 || { cat "$log" >&2; die "the dashboard can not be built"; }
}

# A browser for the tests of the dashboard: its name in $CHROMIUM. Status 1 where none is to be had.
need_chromium() {
    for browser in "${CHROMIUM:-chromium}" chromium-browser google-chrome; do
        if have "$browser"; then
            CHROMIUM=$browser
            export CHROMIUM
            return 0
        fi
    done
    have apt-get || return 1
    # In a shell of its own: what can not be installed is left out, and ends nothing.
    (install chromium) && have chromium && CHROMIUM=chromium && export CHROMIUM
}
