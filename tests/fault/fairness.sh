#!/bin/bash
# One sender fills the queue, another comes with a few cases when the work is under way: the few get
# every other turn and do not wait for the many to be done. FAIRNESS_FEW and the first argument are
# the numbers of cases; by hand: FAIRNESS_FEW=100 fairness.sh PROGNODE TOOLS SOURCE 5000
. "$(dirname "$0")/common.sh"
need dcmodify
many=${rounds:-60} few=${FAIRNESS_FEW:-5}

configure
make_patient 1
# Contours of other names on the same images: a case each, and no versions of each other.
contour=$(patient 1)/rtstruct.dcm
copies() {    # NAME NUMBER
  mkdir -p "$work/$1"
  for i in $(seq "$2"); do
    cp "$contour" "$work/$1/$i.dcm"
    echo "$work/$1/$i.dcm"
  done > "$work/$1.list"
  for i in $(seq "$2"); do
    dcmodify -nb -gin -m "(3006,0020)[0].(3006,0026)=GTV $1 $i" "$work/$1/$i.dcm" || fail dcmodify
  done
}
copies many "$many"
copies few "$few"
start_archive
start_node
transmit() { xargs -a "$work/$2.list" "$tool" send "$node_port" "$1" "$work/ack.$2" || fail "$2: not all was taken"; }
"$tool" send "$node_port" CT1 "$work/ack.images" "$(patient 1)"/ct* || fail images
transmit MANY many

reported() { grep -c 'event=case_reported' "$work/node.log" || true; }
a_few_are_reported() { [ "$(reported)" -ge 3 ]; }
all_are_cases() { [ "$(cases list --limit 0 --json | jq length)" -eq "$1" ]; }
wait_for $((60 + many)) all_are_cases "$many" || fail "not all of the many are cases"
wait_for 60 a_few_are_reported || fail "nothing is reported"
transmit FEW few
wait_for $((60 + few)) all_are_cases $((many + few)) || fail "not all of the few are cases"
behind=$(reported)
[ "$behind" -lt $((many - few)) ] || fail "$behind of $many were reported already: nothing to be unfair about"
wait_for $((120 + 4 * (many + few))) delivered_are $((many + few)) || fail "$(state_count delivered) of $((many + few)) delivered"

# The place of each case in the order of reports, and whose it was.
cases list --limit 0 --json | jq -r '.[] | "\(.id) \(.contour_uid)"' | sort > "$work/uids"
for f in $(cat "$work/few.list"); do dcmdump +P 0008,0018 "$f" | sed -n 's/.*\[\(.*\)\].*/\1/p'; done | sort > "$work/few.uids"
awk 'NR == FNR { few[$1] = 1; next } FNR == 1 { part++ } part == 1 { uid[$1] = $2; next }
     { n++; if (uid[$1] in few) { last = n; seen++ } } END { print last, seen, n }' \
  "$work/few.uids" "$work/uids" <(sed -n 's/.*event=case_reported case=\([0-9]*\).*/\1/p' "$work/node.log") > "$work/order"
read -r last seen total < "$work/order"
[ "$seen" -eq "$few" ] && [ "$total" -eq $((many + few)) ] || fail "$seen of $few, $total in all"
# Turn about from when they were in the queue; two more were under way or decided meanwhile.
[ "$last" -le $((behind + 2 * few + 2)) ] \
  || fail "the last of the few was number $last of $total; $behind had been reported when they came"
stop_node
sanitizers_are_quiet
echo "passed: $few cases behind $((many - behind)) were done after $((last - behind)) more"
