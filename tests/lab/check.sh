#!/usr/bin/env bash
# Checks the lab itself: two at once, one that is killed, what its switches do. Needs root on Linux.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
passed=0 failed=0
check() {
  local what=$1; shift
  if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); printf 'FAILED  %s\n' "$what"; fi
}
site=198.51.100.80
lab() { LAB_NAME=$name LAB_OWNER=$$ bash lab.sh "$@"; }
up() { local name=$1; lab up >/dev/null; }
gone() { ! ls /run/netns/ivl"$1"[bhvipc]* "/run/iceveil-lab/$1" /etc/netns/ivl"$1"[bp] >/dev/null 2>&1; }
# A TCP port that nobody listens on refuses: the way there and back works.
reaches() { [[ $(ip netns exec "$1" bash -c "exec 3<>/dev/tcp/$2/9" 2>&1) = *refused* ]]; }
datagram() { ip netns exec "ivl${name}b" bash -c "echo x >/dev/udp/$site/9" 2>/dev/null; }

# Gone, or dead and waiting for a parent that doesn't ask.
ended() { [[ $(grep ^State "/proc/$1/status" 2>/dev/null) =~ ^$|Z ]]; }

one=t$$a two=t$$b
trap 'for name in "$one" "$two"; do lab down; done 2>/dev/null' EXIT
up "$one" & first=$!
up "$two" & second=$!
check 'the first of two labs comes up' wait "$first"
check 'the second of two labs comes up' wait "$second"
name=$one
for where in b c1 c2 p; do
  check "$where reaches the site" reaches "ivl${one}$where" "$site"
  check "$where reaches the site of the other lab" reaches "ivl${two}$where" "$site"
  check "nothing of $where leaves the lab" bash -c "! ip netns exec ivl${one}$where timeout 2 bash -c 'exec 3<>/dev/tcp/1.1.1.1/80' 2>/dev/null"
done

check 'the firewall goes up' lab firewall on
check 'it drops datagrams' bash -c "! ip netns exec ivl${one}b bash -c 'echo x >/dev/udp/$site/9' 2>/dev/null"
check 'and counts them' test "$(lab firewall count)" = 1
ip netns exec "ivl${one}b" bash -c "echo x >/dev/udp/$site/53" 2>/dev/null
check 'look-ups of names, too' test "$(lab firewall count)" = 2
check 'but apart' test "$(lab firewall calls)" = 1
check 'streams pass it' reaches "ivl${one}b" "$site"
check 'it goes away' lab firewall off
check 'datagrams pass then' datagram

route() { ip -n "ivl${one}b" route get "$site" | grep -q "dev $1"; }
check 'the VPN carries the site' route tun
lab network vpn-down
check 'without the VPN the LAN does' route lan
check 'and reaches it' reaches "ivl${one}b" "$site"
lab network vpn-up
check 'the VPN carries it again' route tun
check 'and reaches it' reaches "ivl${one}b" "$site"

if command -v tinyproxy >/dev/null && command -v microsocks >/dev/null; then check 'the proxies start' lab proxy; fi
lab down
check 'a lab goes away whole' gone "$one"
check 'and leaves the other' reaches "ivl${two}b" "$site"

# A lab whose maker is killed: the next one takes it away, with what still runs in it.
LAB_NAME=$one bash lab.sh run sleep 600 2>/dev/null &
maker=$!
sleeper=none
for _ in $(seq 100); do
  for pid in $(ip netns pids "ivl${one}b" 2>/dev/null); do
    if [ "$(cat "/proc/$pid/comm")" = sleep ]; then sleeper=$pid; break 2; fi
  done
  sleep 0.1
done
kill -KILL "$maker"
wait "$maker" 2>/dev/null
check 'what a killed maker left still runs' kill -0 "$sleeper"
bash lab.sh sweep 2>/dev/null
check 'a sweep takes it away' gone "$one"
check 'and ends what ran in it' ended "$sleeper"
check 'and leaves a lab with a maker' reaches "ivl${two}b" "$site"
name=$two
lab down
printf '%s passed, %s failed, 0 skipped\n' "$passed" "$failed"
[ "$failed" = 0 ]
