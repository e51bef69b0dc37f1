#!/usr/bin/env bash
# Runs the end-to-end tests: in the lab as root on Linux, else on loopback. Arguments go to Playwright.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
command=(node_modules/.bin/playwright test "$@")
if [ "$(uname)" = Linux ] && [ "$(id -u)" = 0 ] && command -v nft >/dev/null; then
  exec bash ../lab/lab.sh run "${command[@]}"
fi
echo "e2e: not root on Linux, so no lab: on loopback, with a simulated mapped address"
exec "${command[@]}"
