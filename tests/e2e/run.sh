#!/usr/bin/env bash
# Runs the end-to-end tests: in the lab as root on Linux, else on loopback. Arguments go to Playwright.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
lab=()
if [ "$(uname)" = Linux ] && [ "$(id -u)" = 0 ] && command -v nft >/dev/null; then
  lab=(bash ../lab/lab.sh run)
else
  echo "e2e: not root on Linux, so no lab: on loopback, with a simulated mapped address"
fi
run() { ${lab[@]+"${lab[@]}"} node_modules/.bin/playwright test "$@"; }

if [ $# -gt 0 ]; then run "$@"; exit; fi
status=0
run --project chromium --project firefox --project people --project people-firefox || status=$?
# Some change the lab's network: one call at a time.
run --project calls-chromium --project calls-firefox --project proxy-chromium --project proxy-firefox \
  ${ICEVEIL_FULL:+--project apps-chromium --project apps-firefox} --workers=1 || status=$?
# A capture sees every packet in its lab: one browser at a time.
run --project wire-chromium --project wire-firefox --workers=1 || status=$?
exit "$status"
