# Sourced by script/bench: instructions a packet, by valgrind. POSIX sh.

need_valgrind || die "valgrind is not there, and could not be installed"
# Other flags make other code: only what the compiler makes of itself can be compared.
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_RUSTFLAGS
say "building"
cargo build --profile bench --locked -p netsentinel-benches --no-default-features --bin netsentinel-bench-instructions
say "counting instructions"
"$(built release)/netsentinel-bench-instructions" --compiler "$(rustc --version)" "$@"
