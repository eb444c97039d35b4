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
        curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile default
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
