#!/usr/bin/env bash
# Every command there is. `./build.sh help` lists them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
ROOT=$PWD
TOOLS=$ROOT/target/tools
STAMPS=$ROOT/target/stamps

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
die() { printf 'build.sh: %s\n' "$*" >&2; exit 1; }

usage() {
  cat <<'EOF'
Usage: ./build.sh [COMMAND]

  (none)        build the extensions into dist/chrome and dist/firefox, and their zips
  run           build, then show what a browser gives away without Iceveil and with it
  run --open    build, then open a browser with Iceveil on the leak test, and stay
  test          every test and check; the last line counts them
                (--full: the whole matrix of calls too)
  calls         calls in both browsers under every policy, as a table; --browser, --policy and --kind
                (names with commas between; apps for the libraries) choose, --turn coturn takes another TURN server
  lint          formatters and linters only
  bench [LINE…] what it costs, against named peers, in one table; bench --list names the lines
  shots         screenshots of every page and state, under dist/shots/
  package       the zips for the stores, and the source archive for reviewers
  clean         remove dist/ and what cargo built (tools are kept)
  help          this text
EOF
}

have() { command -v "$1" >/dev/null 2>&1; }
is_debian_root() { [ "$(id -u)" = 0 ] && have apt-get; }

# apt_or_say PACKAGE... : installs on Debian as root, else names the command that does.
APT_FRESH=
apt_install() {
  if ! is_debian_root; then
    have apt-get && die "missing: $*. Install with: sudo apt-get install $*"
    return 1
  fi
  if [ -z "$APT_FRESH" ]; then
    say "Refreshing the list of Debian packages"
    apt-get update -qq >/dev/null || die "apt-get update failed: is there a network?"
    APT_FRESH=1
  fi
  say "Installing from Debian: $*"
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null \
    || die "apt-get install $* failed"
}

# need COMMAND PACKAGE HINT
need() {
  have "$1" && return
  apt_install "$2" || die "missing: $1. $3"
}

lock_version() { awk -v n="\"$1\"" '$1=="name" && $3==n {getline; gsub(/"/,"",$3); print $3; exit}' Cargo.lock; }

# done_once NAME KEY : true when step NAME was last finished for KEY. finish NAME KEY records it.
done_once() { [ "$(cat "$STAMPS/$1" 2>/dev/null)" = "$2" ]; }
finish() { mkdir -p "$STAMPS"; printf '%s' "$2" > "$STAMPS/$1"; }
hash_of() { find "$@" -type f -not -path '*/node_modules/*' -print0 2>/dev/null | sort -z | xargs -0 cat | cksum | tr -d ' \n'; }

# ---- toolchain -------------------------------------------------------------------------------

# One Rust toolchain for everything: rustup's where it has or can get the wasm target, else Debian's.
setup_rust() {
  need cc gcc "Install a C compiler (macOS: xcode-select --install)."
  if [ -f "$STAMPS/debian-rust" ]; then use_debian_rust; [ -x /usr/bin/rustc ] && wasm_std_is_there && return; fi
  if have rustup; then
    if rustup target list --installed 2>/dev/null | grep -qx wasm32-unknown-unknown; then return; fi
    say "Adding the wasm32-unknown-unknown target to rustup's toolchain"
    if timeout 120 rustup target add wasm32-unknown-unknown >/dev/null 2>&1; then return; fi
    say "rustup can't fetch it here; using Debian's Rust for the web instead"
  elif have cargo && wasm_std_is_there; then
    return
  fi
  is_debian_root || die "no Rust with the wasm32-unknown-unknown target. Install rustup from https://rustup.rs and run: rustup target add wasm32-unknown-unknown"
  apt_install rustc-web cargo-web rust-web-src rustfmt-web rust-web-clippy lld-22
  finish debian-rust 1
  use_debian_rust
  wasm_std_is_there || build_wasm_std
}

use_debian_rust() {
  export PATH="/usr/bin:$PATH" CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-22
  unset RUSTC RUSTUP_TOOLCHAIN
}

wasm_std_dir() { printf '%s/lib/rustlib/wasm32-unknown-unknown/lib' "$(rustc --print sysroot)"; }
wasm_std_is_there() { ls "$(wasm_std_dir)"/libstd-*.rlib >/dev/null 2>&1; }

# Debian's packages have the compiler and the sources of std, but no std for wasm.
build_wasm_std() {
  say "Building Rust's standard library for wasm (about a minute, once)"
  local work=$ROOT/target/wasm-std
  rm -rf "$work"; mkdir -p "$work"
  ( cd "$work" && cargo init -q --lib --vcs none --name empty . && printf '[workspace]\n' >> Cargo.toml \
    && CARGO_TARGET_DIR="$work/target" RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc cargo build -q --release \
         --target wasm32-unknown-unknown -Zbuild-std=core,alloc,std,panic_abort,proc_macro,test ) \
    || die "could not build std for wasm"
  mkdir -p "$(wasm_std_dir)"
  cp "$work"/target/wasm32-unknown-unknown/release/deps/*.rlib "$(wasm_std_dir)/"
  rm -rf "$ROOT/target/wasm32-unknown-unknown" "$work"
}

# cargo_tool CRATE VERSION BINARY
cargo_tool() {
  local key="$1 $2"
  [ -x "$TOOLS/bin/$3" ] && done_once "$1" "$key" && return
  say "Building $1 $2 (some minutes, once)"
  CARGO_TARGET_DIR=$ROOT/target/tools-build cargo install -q --root "$TOOLS" "$1@$2" \
    || die "could not build $1: is there a network?"
  finish "$1" "$key"
}

setup_node() {
  need node nodejs "Install Node.js 20.19 or later from https://nodejs.org"
  need npm npm "Install npm with Node.js from https://nodejs.org"
  node -e 'const [a,b]=process.versions.node.split(".").map(Number); process.exit(a>20||(a===20&&b>=19)?0:1)' \
    || die "Node.js $(node --version) is too old: 20.19 or later is needed (https://nodejs.org)"
}

# npm_packages FOLDER
npm_packages() {
  local key; key=$(cksum < "$1/package-lock.json")
  [ -d "$1/node_modules" ] && done_once "npm-${1//\//-}" "$key" && return
  say "Fetching the npm packages of $1"
  (cd "$1" && npm ci --no-audit --no-fund --loglevel=error >/dev/null 2>&1) || die "npm ci in $1 failed: is there a network?"
  finish "npm-${1//\//-}" "$key"
}

find_browser() { # find_browser VARIABLE COMMAND...
  local variable=$1; shift
  [ -n "${!variable:-}" ] && return
  for name in "$@"; do
    if have "$name"; then export "$variable=$(command -v "$name")"; return; fi
  done
  return 1
}

setup_browsers() {
  find_browser ICEVEIL_CHROMIUM chromium chromium-browser \
    "/Applications/Chromium.app/Contents/MacOS/Chromium" \
    || { apt_install chromium chromium-driver || die "missing: Chromium. Install it, or set ICEVEIL_CHROMIUM to its path."; find_browser ICEVEIL_CHROMIUM chromium; }
  find_browser ICEVEIL_FIREFOX firefox-esr firefox "/Applications/Firefox.app/Contents/MacOS/firefox" \
    || { apt_install firefox-esr || die "missing: Firefox. Install it, or set ICEVEIL_FIREFOX to its path."; find_browser ICEVEIL_FIREFOX firefox-esr; }
}

# Debian starts a server that it installs; this one is wanted in the lab only.
apt_quietly() { # as need
  have "$1" && return
  local policy=/usr/sbin/policy-rc.d made=
  if is_debian_root && [ ! -e "$policy" ]; then printf '#!/bin/sh\nexit 101\n' >"$policy"; chmod +x "$policy"; made=1; fi
  local status=0
  ( need "$@" ) || status=$?
  [ -z "$made" ] || rm -f "$policy"
  return "$status"
}

# The lab needs root on Linux and these tools.
setup_lab() {
  [ "$(uname)" = Linux ] && [ "$(id -u)" = 0 ] || return 0
  need ip iproute2 "Install iproute2."
  need nft nftables "Install nftables."
  need tcpdump tcpdump "Install tcpdump."
  apt_quietly tinyproxy tinyproxy "Install tinyproxy."
  apt_quietly microsocks microsocks "Install microsocks."
}

# A media server for the libraries that want one.
setup_apps() {
  npm_packages tests/e2e/apps
  [ "$(uname)" = Linux ] && [ "$(id -u)" = 0 ] || return 0
  apt_quietly janus janus "Install janus."
}

# ---- build -----------------------------------------------------------------------------------

setup_build() {
  mkdir -p "$STAMPS"
  setup_rust
  setup_node
  cargo_tool wasm-bindgen-cli "$(lock_version wasm-bindgen)" wasm-bindgen
  export PATH="$TOOLS/bin:$PATH"
  npm_packages extension
}

build_extension() {
  setup_build
  say "Compiling the guard and the app to WebAssembly"
  # One by one: together they would share features, and the guard does without std.
  cargo build -q --profile wasm --target wasm32-unknown-unknown -p iceveil-guard
  cargo build -q --profile wasm-app --target wasm32-unknown-unknown -p iceveil-app
  local out=target/wasm32-unknown-unknown key
  key=$(hash_of "$out/wasm/iceveil_guard.wasm" "$out/wasm-app/iceveil_app.wasm" extension)
  if done_once dist "$key" && [ -f dist/chrome/manifest.json ] && [ -f dist/firefox/manifest.json ]; then
    say "dist/ is up to date"
    return
  fi
  say "Bundling dist/chrome and dist/firefox"
  local glue=target/wasm-bindgen
  rm -rf "$glue"
  glue_for guard wasm; glue_for app wasm-app
  node extension/build.mjs "$glue/guard" "$glue/app" target/extension dist >&2
  finish dist "$key"
}

# wasm-bindgen warns that the list of target features is missing; Cargo.toml says why it is.
glue_for() {
  wasm-bindgen --target web --no-typescript --out-dir "target/wasm-bindgen/$1" --out-name "$1" \
    "target/wasm32-unknown-unknown/$2/iceveil_$1.wasm" 2> >(grep -v target_features >&2 || true)
}

build_peer() {
  say "Compiling the companion peer"
  cargo build -q -p iceveil-peer
}

# ---- test ------------------------------------------------------------------------------------

PASSED=0 FAILED=0 SKIPPED=0
count() { PASSED=$((PASSED + $1)); FAILED=$((FAILED + $2)); SKIPPED=$((SKIPPED + $3)); }

# tally COMMAND... : runs it, shows its output, and adds up the result lines of cargo and Playwright.
tally() {
  local log status=0 sums
  log=$(mktemp)
  "$@" 2>&1 | tee "$log" || status=$?
  sums=$(awk '
    /^test result:/ { for (i = 1; i < NF; i++) { if ($(i+1) ~ /^passed/) p += $i; if ($(i+1) ~ /^failed/) f += $i; if ($(i+1) ~ /^ignored/) s += $i } }
    /^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$/ { p += $1; f += $3; s += $5 }
    END { printf "%d %d %d", p, f, s }' "$log")
  rm -f "$log"
  # shellcheck disable=SC2086
  set -- $sums
  # A runner that fell over without a failed test is a failure of its own.
  if [ "$status" != 0 ] && [ "$2" = 0 ]; then count "$1" 1 "$3"; else count "$1" "$2" "$3"; fi
}

# check NAME COMMAND... : one check of the linters.
check() {
  local name=$1 log; shift
  log=$(mktemp)
  if "$@" >"$log" 2>&1; then count 1 0 0; printf '  ok      %s\n' "$name"
  else count 0 1 0; printf '  FAILED  %s\n' "$name"; cat "$log"; fi
  rm -f "$log"
}

lint() {
  say "Checking formats and lints"
  local bin=extension/node_modules/.bin
  check rustfmt cargo fmt --all --check
  check clippy cargo clippy -q --workspace --all-targets -- -D warnings
  check rustdoc env RUSTDOCFLAGS="-D warnings" cargo doc -q --no-deps --workspace
  check eslint "$bin/eslint" --max-warnings 0 --config extension/eslint.config.mjs extension www tests/e2e tests/bench
  check tsc "$bin/tsc" -p extension
  check 'web-ext lint' "$bin/web-ext" lint --source-dir dist/firefox --self-hosted --output text
  check sizes node extension/sizes.mjs dist
}

wasm_tests() { # wasm_tests CRATE
  local driver=() config=src/$1/webdriver.json
  if have chromedriver; then driver=(--chromedriver "$(command -v chromedriver)"); fi
  WASM_BINDGEN_TEST_WEBDRIVER_JSON=$ROOT/$config \
    wasm-pack test --headless --chrome "${driver[@]}" "src/$1"
}

test_all() {
  build_extension
  setup_browsers
  setup_lab
  cargo_tool wasm-pack 0.15.1 wasm-pack
  npm_packages tests/e2e
  [ -z "${ICEVEIL_FULL:-}" ] || setup_apps
  build_peer
  lint
  say "Native tests"
  tally cargo test -q --workspace
  say "Wasm tests, in headless Chromium"
  tally wasm_tests guard
  tally wasm_tests app
  if [ "$(uname)" = Linux ] && [ "$(id -u)" = 0 ]; then
    say "The lab itself"
    tally bash tests/lab/check.sh
  fi
  say "End-to-end tests, on the packaged extensions"
  export ICEVEIL_FAILURES=$ROOT/target/failures
  rm -f "$ICEVEIL_FAILURES"
  tally e2e "$@"
  if [ -s "$ICEVEIL_FAILURES" ]; then say "What failed end to end"; cat "$ICEVEIL_FAILURES"; fi
  printf '%d passed, %d failed, %d skipped\n' "$PASSED" "$FAILED" "$SKIPPED"
  [ "$FAILED" = 0 ]
}

e2e() { bash tests/e2e/run.sh "$@"; }

# calls [--browser B] [--policy P] [--kind K] [--turn coturn]
calls() {
  local browser='' projects=()
  export ICEVEIL_FULL=1
  while [ $# -gt 0 ]; do
    case "$1 ${2:-}" in
      "--browser chromium" | "--browser firefox") browser=$2 ;;
      "--policy "?*) export ICEVEIL_CALLS_POLICY=$2 ;;
      "--kind "?*) export ICEVEIL_CALLS_KIND=$2 ;;
      "--turn coturn") export ICEVEIL_TURN=coturn; apt_quietly turnserver coturn "Install coturn." ;;
      "--turn own") ;;
      *) die "calls: not understood: $1 ${2:-}" ;;
    esac
    shift 2
  done
  build_extension
  setup_browsers
  setup_lab
  npm_packages tests/e2e
  case ${ICEVEIL_CALLS_KIND:-apps} in apps) setup_apps ;; esac
  build_peer
  local one
  for one in ${browser:-chromium firefox}; do
    [ "${ICEVEIL_CALLS_KIND:-}" = apps ] || projects+=(--project "calls-$one" --project "proxy-$one")
    case ${ICEVEIL_CALLS_KIND:-apps} in apps) projects+=(--project "apps-$one") ;; esac
  done
  # The calls change the lab's network: one at a time.
  e2e "${projects[@]}" --workers=1
}

# ---- commands --------------------------------------------------------------------------------

run_audit() {
  build_extension
  setup_browsers
  setup_lab
  build_peer
  bash tests/lab/audit.sh "$@"
}

run_bench() {
  local lab=()
  setup_node
  npm_packages extension
  npm_packages tests/e2e
  npm_packages tests/bench
  if [ "${1:-}" != --list ]; then
    build_extension
    setup_browsers
    setup_lab
    build_peer
    # Connections that are open to compare need a network of their own; without root there is loopback.
    if [ "$(uname)" = Linux ] && [ "$(id -u)" = 0 ]; then lab=(bash tests/lab/lab.sh run); fi
    say "Compiling the native measurements (the first time builds other libraries)"
    cargo build -q --release --target-dir target/bench --manifest-path src/core/benches/Cargo.toml
  fi
  ${lab[@]+"${lab[@]}"} node tests/bench/bench.mjs "$@"
}

command=${1:-build}
[ $# -gt 0 ] && shift
case $command in
  build) build_extension ;;
  run) run_audit "$@" ;;
  test)
    if [ "${1:-}" = --full ]; then shift; export ICEVEIL_FULL=1; fi
    test_all "$@"
    ;;
  calls) calls "$@" ;;
  lint) build_extension; lint; printf '%d passed, %d failed, %d skipped\n' "$PASSED" "$FAILED" "$SKIPPED"; [ "$FAILED" = 0 ] ;;
  bench) run_bench "$@" ;;
  shots) build_extension; setup_browsers; npm_packages tests/e2e; build_peer; node tests/e2e/shots.mjs "$@" ;;
  package)
    build_extension
    git archive --format=zip -o dist/iceveil-source.zip HEAD
    ls -1 dist/*.zip
    ;;
  clean) rm -rf dist target/wasm32-unknown-unknown target/debug target/release target/wasm-bindgen target/extension "$STAMPS/dist" ;;
  help | -h | --help) usage ;;
  *) usage >&2; die "unknown command: $command" ;;
esac
