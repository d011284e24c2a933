#!/usr/bin/env bash
# finwatch-host beside node_exporter and the floor, on this machine, in one run, at the same set of collectors.
#
#   test/bench/host.sh [--quick]
#
# NODE_EXPORTER  the peer's program; by default Debian's prometheus-node-exporter
# OUT            the folder for what was measured; by default a new temporary folder
# Needs python3, strace and wrk beside what a build needs. Prints the table, then each promise with what was measured, and
# exits with 1 when one is missed. A machine on which other work runs misses promises: look at the load first.
set -euo pipefail
cd "$(dirname "$0")/../.."
quick=""
case "${1:-}" in
  --quick) quick=--quick ;;
  -h | --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
  "") ;;
  *) echo "host.sh: unknown option $1; see --help" >&2; exit 2 ;;
esac
peer=${NODE_EXPORTER:-prometheus-node-exporter}
for tool in "$peer" strace wrk python3 cmake; do
  command -v "$tool" >/dev/null || { echo "host.sh: $tool is missing: apt-get install $(basename "$tool")" >&2; exit 2; }
done
out=${OUT:-$(mktemp -d)}
mkdir -p "$out"

echo "building" >&2
cmake --preset release >"$out/build.log"
cmake --build --preset release --target finwatch-host bench_floor >>"$out/build.log" || { tail -n 20 "$out/build.log" >&2; exit 1; }
ours=build/release/bin/finwatch-host

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# Both run the collectors that both have switched on by default.
"$peer" --help 2>&1 | tr '\n' ' ' | tr -s ' ' | sed 's/ --/\n--/g' | grep -E '\(default: (enabled|true)\)' |
  sed -nE 's/^--(\[no-\])?collector\.([a-z_]+) .*/\2/p' | sort -u >"$out/on_there"
"$ours" --catalogue | python3 -c 'import json, sys
for collector in json.load(sys.stdin)["collectors"]:
    if collector["default"]: print(collector["name"])' | sort -u >"$out/on_here"
shared=$(comm -12 "$out/on_there" "$out/on_here")
flags=(--collector.disable-defaults)
for name in $shared; do flags+=("--collector.$name"); done
echo "$shared" | tr '\n' ' ' >"$out/collectors"

# What the peer opens in one scrape is what the floor keeps open; a second floor keeps open what finwatch-host does.
port=$(free_port)
"$peer" "${flags[@]}" --web.listen-address="127.0.0.1:$port" >"$out/peer.log" 2>&1 &
pid=$!
trap 'kill $pid 2>/dev/null || true' EXIT
for _ in $(seq 50); do curl -fs "http://127.0.0.1:$port/metrics" >"$out/page" && break; sleep 0.1; done
strace -f -q -e trace=openat -o "$out/strace" -p "$pid" 2>/dev/null & tracer=$!
sleep 1
curl -fs "http://127.0.0.1:$port/metrics" >"$out/page"
kill -INT "$tracer"; wait "$tracer" 2>/dev/null || true
kill "$pid"; wait "$pid" 2>/dev/null || true
sed -nE 's/.*openat\([^,]*, "([^"]*)".*/\1/p' "$out/strace" | sort -u >"$out/files"

"$ours" "${flags[@]}" --web.listen-address="127.0.0.1:$port" 2>"$out/ours.log" &
pid=$!
for _ in $(seq 50); do curl -fs "http://127.0.0.1:$port/metrics" >"$out/our_page" && break; sleep 0.1; done
find "/proc/$pid/fd" -type l -exec readlink {} + | grep -E '^/(proc|sys)/' | sort -u >"$out/our_files"
kill "$pid"; wait "$pid" 2>/dev/null || true
trap - EXIT

a=$(free_port) b=$(free_port) c=$(free_port) d=$(free_port)
python3 test/bench/scrape.py $quick --json "$out/figures.json" \
  "finwatch-host=http://127.0.0.1:$a/metrics=$ours ${flags[*]} --web.listen-address=127.0.0.1:$a" \
  "node_exporter=http://127.0.0.1:$b/metrics=$peer ${flags[*]} --web.listen-address=127.0.0.1:$b" \
  "floor=http://127.0.0.1:$c/metrics=build/release/bin/bench_floor $c $out/files $out/page" \
  "floor of our files=http://127.0.0.1:$d/metrics=build/release/bin/bench_floor $d $out/our_files $out/our_page"
echo
echo "machine: $(nproc) cores, $(sed -n 's/^model name\t: //p' /proc/cpuinfo | head -1), Linux $(uname -r), load $(cut -d' ' -f1 /proc/loadavg)"
echo "peer: $("$peer" --version 2>&1 | head -1)"
echo "collectors: $(cat "$out/collectors")"
echo "files: the floor $(wc -l <"$out/files"), finwatch-host keeps $(wc -l <"$out/our_files") open"
echo
python3 - "$out/figures.json" <<'PY'
import json, sys
f = json.load(open(sys.argv[1]))
ours, peer, floor = f["finwatch-host"], f["node_exporter"], f["floor"]
promises = [
    ("CPU a scrape, gzip, against node_exporter", ours["gzip"] / peer["gzip"], 1 / 10),
    ("CPU a scrape, gzip, against the floor", ours["gzip"] / floor["gzip"], 1.4),
    ("CPU a scrape, plain, against node_exporter", ours["plain"] / peer["plain"], 1 / 12),
    ("system calls a scrape", ours.get("calls", 0), 120),
    ("resident KiB", ours["rss"], 8000),
    ("anonymous KiB", ours["anon"], 2000),
    ("CPU us in 15 s with one scrape", ours["quarter_minute"], 1300),
    ("errors with 64 scrapers", ours["crowd_errors"], 0),
    ("p99 with 64 scrapers, against node_exporter", ours["crowd_p99"] / peer["crowd_p99"], 1 / 10),
]
missed = 0
for name, found, bound in promises:
    kept = found <= bound
    missed += not kept
    print(f"{'kept  ' if kept else 'MISSED'}  {name}: {found:.3f} (at most {bound:.3f})")
sys.exit(1 if missed else 0)
PY
