#!/bin/bash
# The receiver against the machine's limit: CT slices from a client that does not hold it up, to
# prognode, to the least that keeps an object (bench_floor: a file each, in the ways there are), and
# to storescp and Orthanc where they are installed; 1, 4 and 8 associations; in turns, in one run.
#   tests/bench/receive.sh BUILD [ROUNDS [OBJECTS]]
# BUILD: a release build with PN_TESTS, OBJECTS: of each run over all its associations.
# TMPDIR says which disk is measured. Prints medians of the rounds, then how they compare, then the
# private memory of an association while it takes an object of 1 GB.
set -eu
bin=$(realpath "$1")/bin rounds=${2:-5} objects=${3:-800}
cd "$(dirname "$0")/../.."
. scripts/lib.sh
work=$(mktemp -d "${TMPDIR:-/tmp}/prognode-bench.XXXXXX")
pid=""
end_server() { [ -z "$pid" ] || { kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true; }; pid=""; }
trap 'end_server; rm -rf "$work"' EXIT
"$bin/prognode" phantom -o "$work/p" --seed 5 --size large > /dev/null
object=$(find "$work/p" -name 'ct*' | sort | head -1)

ways="file range early direct group syncfs"                   # durable, a file each
receivers="prognode receiver $ways named segment drained"
for optional in storescp Orthanc; do
  ! command -v "$optional" > /dev/null || receivers="$receivers $optional"
done

listening() { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2> /dev/null; }
role_pid() {      # NAME
  local p
  for p in $(pgrep -P "$pid"); do [ "$(cat "/proc/$p/comm")" != "pn-$1" ] || echo "$p"; done
}
start_once() {    # RECEIVER: sets pid, port, ae
  rm -rf "$work/s"
  mkdir "$work/s"
  sync
  port=$(free_port) ae=ANY
  case $1 in
  prognode | receiver)
    ae=PROGNODE
    write_config "$work/node.yaml" "$work/s/spool" "$port" 1 "$(pwd)/config/models/example-phantom.yaml"
    sed -i 's/^node:/node:\n  max_associations_per_address: 64/' "$work/node.yaml"
    "$bin/prognode" serve --config "$work/node.yaml" 2> "$work/node.log" & pid=$! ;;
  storescp) TCP_NODELAY=1 storescp +B --fork -od "$work/s" "$port" > /dev/null 2>&1 & pid=$! ;;
  Orthanc)
    TCP_NODELAY=1 start_orthanc "$work/s" ORTHANC "$port" "$(free_port)"
    pid=$orthanc_pid ae=ORTHANC ;;
  *) "$bin/bench_floor" "$port" "$work/s" "$1" & pid=$! ;;
  esac
  wait_for 20 listening && kill -0 "$pid" && sleep 0.3
}
start_server() {  # RECEIVER; again where another took the port meanwhile
  for try in 1 2 3; do
    ! start_once "$1" || return 0
    end_server
  done
  [ ! -f "$work/node.log" ] || tail -3 "$work/node.log" >&2
  echo "$1 does not answer" >&2
  exit 1
}

echo "$objects objects of $(stat -c %s "$object") bytes, $rounds rounds, $(nproc) processors, $(findmnt -n -o FSTYPE -T "$work"), load $(cut -d' ' -f1-3 /proc/loadavg)"
for round in $(seq "$rounds"); do
  for associations in 1 4 8; do
    for receiver in $receivers; do
      start_server "$receiver"
      # The receiver alone: what arrives is looked at afterwards.
      [ "$receiver" != receiver ] || kill -STOP "$(role_pid indexer)"
      if figure=$("$bin/bench_blast" "$port" "$ae" "$associations" $((objects / associations)) "$object"); then
        echo "$receiver $associations $figure" >> "$work/figures"
      else
        echo "$receiver failed with $associations associations" >&2
      fi
      [ "$receiver" != receiver ] || kill -CONT "$(role_pid indexer)"
      end_server
    done
  done
done

awk -v receivers="$receivers" -v ways="$ways" '
  function median(list,   v, n, i, j, t) {
    n = split(list, v, " ")
    for (i = 2; i <= n; i++) for (j = i; j > 1 && v[j - 1] + 0 > v[j] + 0; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
    return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
  }
  { rate[$1, $2] = rate[$1, $2] " " $3; p99[$1, $2] = p99[$1, $2] " " $5 }
  END {
    n = split(receivers, r, " "); split("1 4 8", a, " ")
    printf "\n%-10s", "objects/s (99th percentile, ms)"
    for (k = 1; k <= 3; k++) printf "%18s", a[k] (k == 1 ? " association" : " at once")
    print ""
    for (i = 1; i <= n; i++) {
      printf "%-31s", r[i]
      for (k = 1; k <= 3; k++) { m[r[i], k] = median(rate[r[i], a[k]]); printf "%11.0f (%4.0f)", m[r[i], k], median(p99[r[i], a[k]]) }
      print ""
    }
    nw = split(ways, w, " ")
    printf "\n%-31s", "best file each / prognode"
    for (k = 1; k <= 3; k++) { best[k] = 0; for (i = 1; i <= nw; i++) if (m[w[i], k] > best[k]) best[k] = m[w[i], k]; printf "%18.2f", best[k] / m["prognode", k] }
    printf "\n%-31s", "best file each / receiver alone"
    for (k = 1; k <= 3; k++) printf "%18.2f", best[k] / m["receiver", k]
    printf "\n%-31s", "named / receiver alone"
    for (k = 1; k <= 3; k++) printf "%18.2f", m["named", k] / m["receiver", k]
    printf "\n%-31s%18.2f\n", "prognode, 8 at once / 1", m["prognode", 3] / m["prognode", 1]
    printf "%-31s%18.2f\n", "receiver alone, 8 at once / 1", m["receiver", 3] / m["receiver", 1]
  }' "$work/figures"

# Private memory, of an association at rest, after slices, and the most during a gigabyte.
start_server prognode
private_kb() { awk '/^Private_/ { n += $2 } END { print n + 0 }' "/proc/$1/smaps_rollup" 2> /dev/null || echo 0; }
for bytes in 524288 1000000000; do
  "$bin/bench_blast" "$port" PROGNODE 1 $((bytes > 1000000 ? 1 : 200)) "$object" "$bytes" > /dev/null & client=$!
  most=0
  while kill -0 "$client" 2> /dev/null; do
    for p in $(pgrep -P "$(role_pid receiver)"); do
      now=$(private_kb "$p")
      [ "$now" -le "$most" ] || most=$now
    done
    sleep 0.02
  done
  wait "$client"
  echo "private memory of an association, objects of $bytes bytes: $most kB at most"
done
