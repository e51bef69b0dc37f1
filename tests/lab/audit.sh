#!/usr/bin/env bash
# The main job: what a browser gives away without Iceveil and with it, judged by the peer.
# As root on Linux in the lab, with a real NAT; elsewhere on loopback, with a simulated mapped address.
# Usage: audit.sh [--open] [OPTION OF iceveil-peer audit]…
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
peer=target/debug/iceveil-peer

if [ "${1:-}" = --open ]; then
  exec "$peer" audit --browser "$ICEVEIL_CHROMIUM" --extension dist/chrome --open
fi

if [ -z "${ICEVEIL_LAB:-}" ]; then
  if [ "$(uname)" = Linux ] && [ "$(id -u)" = 0 ] && command -v nft >/dev/null; then
    exec bash tests/lab/lab.sh run bash tests/lab/audit.sh "$@"
  fi
  echo "Not root on Linux, so no lab: on loopback. The STUN server's mapped address is simulated."
  base=() secure=()
else
  ready=$(mktemp)
  ip netns exec "$ICEVEIL_LAB_INTERNET" "$peer" --log-level error serve --http "$ICEVEIL_LAB_SITE:80" \
    --stun "$ICEVEIL_LAB_SITE:3478" --listen "$ICEVEIL_LAB_SITE" --listen "$ICEVEIL_LAB_SITE2" \
    --listen "$ICEVEIL_LAB_SITE6" --www www --ready-json >"$ready" &
  server=$!
  trap 'kill "$server" 2>/dev/null || true; rm -f "$ready"' EXIT
  for _ in $(seq 100); do
    [ -s "$ready" ] && break
    kill -0 "$server" 2>/dev/null || { echo "the peer did not start" >&2; exit 2; }
    sleep 0.1
  done
  base=(--peer "http://$ICEVEIL_LAB_SITE:80")
  # Only a secure context has a microphone, with which browsers give away most.
  secure=(--browser-arg "--unsafely-treat-insecure-origin-as-secure=http://$ICEVEIL_LAB_SITE")
  echo "In the lab: a LAN ($ICEVEIL_LAB_LAN, $ICEVEIL_LAB_LAN6), a VPN that carries the page ($ICEVEIL_LAB_VPN), and the real public address ($ICEVEIL_LAB_REAL)."
fi

# A few kinds of window stand for the rest; ICEVEIL_REALMS=all reads every one, which takes minutes.
frames=(--realms "${ICEVEIL_REALMS:-no-src,about-blank-hash,page-early,srcdoc-early,nested,object-loaded}")

worst=0
audit() {
  local name=$1; shift
  printf '\n== %s\n\n' "$name"
  local code=0
  "$peer" --log-level error audit "${base[@]}" "${frames[@]}" --out "dist/audit/${name// /-}" "$@" || code=$?
  [ "$code" -gt "$worst" ] && worst=$code
  return 0
}
audit Chromium --browser "$ICEVEIL_CHROMIUM" --extension dist/chrome --microphone "${secure[@]}" "$@"
audit 'Chromium strict CSP' --browser "$ICEVEIL_CHROMIUM" --extension dist/chrome --strict "$@"
audit Firefox --browser "$ICEVEIL_FIREFOX" --extension dist/firefox --microphone "$@"
printf '\nScreenshots and JSON are under dist/audit/.\n'
exit "$worst"
