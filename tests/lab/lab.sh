#!/bin/bash
# A split-tunnel VPN in network namespaces: nothing in it reaches the machine's own network.
#
#   lab.sh up            build the lab, print its facts as NAME=value lines
#   lab.sh down          take it away, with everything that runs in it
#   lab.sh run CMD…      up, CMD in the browser's namespace with the facts in its environment, down
#   lab.sh exec WHERE CMD…   CMD in one namespace of a lab that is up (browser, internet, home, vpn,
#                        proxy, client1, client2)
#   lab.sh sweep         take away labs whose makers are gone
#   In a lab that is up (LAB_NAME says which):
#   lab.sh firewall on|off|count|calls  drop UDP packets that leave the browser's namespace; how many it
#                                    dropped, and how many of them were no look-ups of names
#   lab.sh network vpn-down|vpn-up   the tunnel goes away, or comes back
#   lab.sh link narrow|wide          what leaves the browser's namespace is held to 250 kbit/s, or is not
#   lab.sh proxy                     start an HTTP and a SOCKS proxy on the internet, with logs of nothing
#
#   browser --- lan 192.168.77.10, 2001:db8:77::10 --- home (NAT) --- 203.0.113.10 --- internet
#           \-- tunnel 10.8.77.2 -------------------- vpn (NAT) ---- 198.51.100.10 --/
#   client N -- lan 192.168.10N.10 --------------- home          proxy 192.0.2.10 --/
#
# The site is reached through the tunnel, its STUN and TURN servers too unless the browser asks from
# its other interfaces. LAB_NAME tells two labs apart (default: the process that made it).
# Needs root, ip and nft.
set -euo pipefail

name=${LAB_NAME:-$$}
prefix="ivl${name}"
state="/run/iceveil-lab/${name}"

lan=192.168.77.10 tunnel=10.8.77.2 lan6=2001:db8:77::10
real=203.0.113.10 vpn=198.51.100.10
site=198.51.100.80   # where the peer listens: reached through the tunnel by default
site2=203.0.113.80   # the peer's second address, in the same network as the home router
site6=2001:db8:80::80
proxy=192.0.2.10 http_port=8888 socks_port=1080

say() { printf 'lab: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
ns() { local where=$1; shift; ip netns exec "${prefix}${where}" "$@"; }
where() {
  case $1 in browser) echo b ;; internet) echo i ;; home) echo h ;; vpn) echo v ;; proxy) echo p ;;
    client[12]) echo "c${1#client}" ;; *) fail "no namespace $1" ;; esac
}

need() {
  [ "$(id -u)" = 0 ] || fail "namespaces need root"
  local tool
  for tool in ip nft tc; do command -v "$tool" >/dev/null || fail "$tool is not there"; done
}

# A wire between two namespaces, with an address at each end.
wire() {
  local from=$1 one=$2 address=$3 to=$4 other=$5 opposite=$6
  ip -n "${prefix}${from}" link add "$one" type veth peer name "$other" netns "${prefix}${to}"
  ip -n "${prefix}${from}" address add "$address" dev "$one"
  ip -n "${prefix}${to}" address add "$opposite" dev "$other"
  ip -n "${prefix}${from}" link set "$one" up
  ip -n "${prefix}${to}" link set "$other" up
}

nat() {
  ns "$1" nft -f - <<RULES
table ip nat {
  chain post {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "out" masquerade
  }
}
RULES
}

up() {
  need
  mkdir -p "$state"
  # In one step: a sweep that saw the file half written would take the lab for an orphan's.
  echo "${LAB_OWNER:-$PPID}" >"$state/owner.new"
  mv "$state/owner.new" "$state/owner"
  local n
  for n in b h v i p c1 c2; do
    ip netns add "${prefix}${n}"
    ip -n "${prefix}${n}" link set lo up
    ns "$n" sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 \
      net.ipv6.conf.default.accept_ra=0 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
  done
  for n in h v; do ns "$n" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1; done
  ns i sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1

  wire b lan "$lan/24" h in 192.168.77.1/24
  wire b tun "$tunnel/24" v in 10.8.77.1/24
  wire h out "$real/24" i home 203.0.113.1/24
  wire v out "$vpn/24" i vpn 198.51.100.1/24
  wire p out "$proxy/24" i proxy 192.0.2.1/24
  ip -n "${prefix}p" route add default via 192.0.2.1
  ip -n "${prefix}i" address add "$site/32" dev lo
  ip -n "${prefix}i" address add "$site2/32" dev lo

  # IPv6 on the LAN side only, without NAT: the tunnel doesn't carry it.
  ip -n "${prefix}b" address add "$lan6/64" dev lan nodad
  ip -n "${prefix}h" address add 2001:db8:77::1/64 dev in nodad
  ip -n "${prefix}h" address add 2001:db8:1::10/64 dev out nodad
  ip -n "${prefix}i" address add 2001:db8:1::1/64 dev home nodad
  ip -n "${prefix}i" address add "$site6/128" dev lo nodad
  ip -n "${prefix}b" route add default via 2001:db8:77::1
  ip -n "${prefix}h" route add default via 2001:db8:1::1
  ip -n "${prefix}i" route add 2001:db8:77::/64 via 2001:db8:1::10

  # Everything through the tunnel; what is bound to the LAN's address leaves by the LAN.
  ip -n "${prefix}b" route add default via 10.8.77.1 metric 50
  ip -n "${prefix}b" route add default via 192.168.77.1 metric 100
  ip -n "${prefix}b" rule add from "$lan" table 77
  ip -n "${prefix}b" route add default via 192.168.77.1 table 77
  ip -n "${prefix}h" route add default via 203.0.113.1
  ip -n "${prefix}v" route add default via 198.51.100.1
  nat h
  nat v

  client 1
  client 2
  names b
  names p
}

# Names: only what the lab knows; a look-up of any other goes to a server that isn't there, where a
# capture sees it.
names() {
  local etc="/etc/netns/${prefix}$1" host
  mkdir -p "$etc"
  {
    echo "127.0.0.1 localhost"
    for host in allow public relay block deep.allow mic.allow mic.public mic.relay mic.block other; do
      echo "$site ${host}.iceveil.test"
    done
  } >"$etc/hosts"
  echo "nameserver $site" >"$etc/resolv.conf"
  echo "hosts: files dns" >"$etc/nsswitch.conf"
}

firewall() {
  case $1 in
    on)
      ns b nft -f - <<'RULES'
table inet firewall {
  counter dropped { }
  counter lookups { }
  chain out {
    type filter hook output priority 0; policy accept;
    oifname "lo" accept
    udp dport 53 counter name lookups drop
    meta l4proto udp counter name dropped drop
  }
}
RULES
      ;;
    off) ns b nft delete table inet firewall ;;
    count) dropped dropped lookups ;;
    calls) dropped dropped ;;
    *) fail "firewall on|off|count|calls" ;;
  esac
}

# How many packets these counters of the firewall have.
dropped() {
  local counter
  for counter in "$@"; do ns b nft list counter inet firewall "$counter"; done |
    awk '$1 == "packets" { sum += $2 } END { print sum }'
}

network() {
  case $1 in
    vpn-down) ip -n "${prefix}b" link set tun down ;;
    vpn-up)
      ip -n "${prefix}b" link set tun up
      ip -n "${prefix}b" route replace default via 10.8.77.1 metric 50
      ;;
    *) fail "network vpn-down|vpn-up" ;;
  esac
}

# By a token bucket, with a queue of a fifth of a second.
link() {
  local device
  for device in lan tun; do
    case $1 in
      narrow) ns b tc qdisc replace dev "$device" root tbf rate 250kbit burst 4kb latency 200ms ;;
      wide) ns b tc qdisc delete dev "$device" root ;;
      *) fail "link narrow|wide" ;;
    esac
  done
}

# Small proxies from Debian; they end with the lab.
proxies() {
  command -v tinyproxy >/dev/null && command -v microsocks >/dev/null || fail "tinyproxy and microsocks are not there"
  printf 'Port %s\nListen %s\nTimeout 60\nMaxClients 64\nLogLevel Critical\nDisableViaHeader Yes\nLogFile "/dev/null"\n' \
    "$http_port" "$proxy" >"$state/tinyproxy.conf"
  ns p setsid tinyproxy -d -c "$state/tinyproxy.conf" >/dev/null 2>&1 </dev/null &
  ns p setsid microsocks -i "$proxy" -p "$socks_port" >/dev/null 2>&1 </dev/null &
  local port tries
  for port in "$http_port" "$socks_port"; do
    for tries in $(seq 100); do
      ns p bash -c "exec 3<>/dev/tcp/$proxy/$port" 2>/dev/null && continue 2
      sleep 0.1
    done
    fail "the proxy on port $port did not start"
  done
}

client() {
  local n=c$1 near=192.168.10$1
  wire "$n" lan "$near.10/24" h "$n" "$near.1/24"
  ip -n "${prefix}${n}" route add default via "$near.1"
  names "$n"
}

facts() {
  cat <<FACTS
ICEVEIL_LAB=$name
ICEVEIL_LAB_LAN=$lan
ICEVEIL_LAB_LAN6=$lan6
ICEVEIL_LAB_TUNNEL=$tunnel
ICEVEIL_LAB_REAL=$real
ICEVEIL_LAB_VPN=$vpn
ICEVEIL_LAB_SITE=$site
ICEVEIL_LAB_SITE2=$site2
ICEVEIL_LAB_SITE6=$site6
ICEVEIL_LAB_INTERNET=${prefix}i
ICEVEIL_LAB_BROWSER=${prefix}b
ICEVEIL_LAB_PROXY=${prefix}p
ICEVEIL_LAB_CLIENT1=${prefix}c1
ICEVEIL_LAB_CLIENT2=${prefix}c2
ICEVEIL_LAB_HTTP_PROXY=$proxy:$http_port
ICEVEIL_LAB_SOCKS_PROXY=$proxy:$socks_port
FACTS
}

all() {
  local one
  for one in /run/netns/"$prefix"{[bhvip],c[12]}; do
    if [ -e "$one" ]; then basename "$one"; fi
  done
}

down() {
  local space pid signal
  for signal in TERM KILL; do
    for space in $(all); do
      for pid in $(ip netns pids "$space" 2>/dev/null); do
        [ "$pid" = "$$" ] || kill "-$signal" "$pid" 2>/dev/null || true
      done
    done
    # Browsers put their profiles away before they go.
    [ "$signal" = TERM ] && quiet
  done
  for space in $(all); do
    ip netns delete "$space" || true
    rm -rf "/etc/netns/$space"
  done
  rm -rf "$state"
}

# Waits until nothing runs in the lab, or for three seconds.
quiet() {
  local tries
  for tries in $(seq 30); do
    [ -n "$(for space in $(all); do ip netns pids "$space"; done 2>/dev/null | grep -vx "$$")" ] || return 0
    sleep 0.1
  done
  return 0
}

# Labs whose maker has died without taking them away.
sweep() {
  local dir owner
  for dir in /run/iceveil-lab/*/; do
    [ -f "${dir}owner" ] || continue
    owner=$(cat "${dir}owner")
    if ! kill -0 "$owner" 2>/dev/null; then
      say "taking away lab $(basename "$dir"), whose maker is gone"
      LAB_NAME=$(basename "$dir") bash "${BASH_SOURCE[0]}" down
    fi
  done
}

command=${1:-help}
[ $# -gt 0 ] && shift
case $command in
  up) sweep; down; up; facts ;;
  down) need; down ;;
  sweep) need; sweep ;;
  firewall | network | link) [ $# = 1 ] || fail "$command WHAT"; need; "$command" "$1" ;;
  proxy) need; proxies ;;
  exec) [ $# -gt 1 ] || fail "exec WHERE CMD…"; n=$(where "$1"); shift; ns "$n" "$@" ;;
  run)
    [ $# -gt 0 ] || fail "run CMD…"
    need
    sweep
    trap down EXIT
    trap 'exit 130' INT TERM HUP
    LAB_OWNER=$$ up
    mapfile -t environment < <(facts)
    status=0
    ns b env "${environment[@]}" "$@" || status=$?
    exit "$status"
    ;;
  *) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; [ "$command" = help ] || exit 2 ;;
esac
