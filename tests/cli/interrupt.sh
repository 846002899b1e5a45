#!/bin/bash
# Ctrl-C, SIGTERM and a full disk at any moment: the results of a verb are all those of before or all new, and nothing
# stays beside them. interrupt.sh PROGNODE [ROUNDS]; more rounds find rarer moments.
prognode=$1 rounds=${2:-5}
verb=
. "$(dirname "$0")/stderr.sh"
RANDOM=20

"$prognode" simulate -o d -n 120 --genes 300 --features 30 --seed 3 -q || complain "no tables"
f=$work/d/cohort/features.csv again=$work/d/cohort/features_repeat.csv c=$work/d/cohort/clinical.csv x=$work/d/cohort/expression.csv
for table in "$f" "$again" "$c" "$x"; do [ -s "$table" ] || complain "no $table"; done
names=$(head -1 "$f" | cut -d, -f2-4)
tables="--features $f --clinical $c --time-unit months"
"$prognode" train $tables --use "$names" --horizons 1,3 --bootstrap 5 -o model.yaml -q > /dev/null || complain "no model"

# name | arguments; SEED makes the results differ from those of before
verbs() {
  cat <<END
train|train $tables --use $names --horizons 1,3 --bootstrap 200 --seed SEED -o o/model.yaml
validate|validate model.yaml $tables --cohort SEED -o o/page.html --table o/table.csv
compare|validate model.yaml --compare model.yaml $tables --cohort SEED --bootstrap 50 -o o/page.pdf --table o/table.csv
predict|predict --model model.yaml --features FEATURES -o o/predicted.csv
cluster|cluster $f -o o --repeats 60 --max-k 3 --seed SEED --groups 2
correlate|correlate FEATURES -o o/table.csv
deconvolve|deconvolve $x -o o --k-max 3 --runs 2 --starts 2 --min-genes 2 --seed SEED
reliability|reliability FEATURES $again -o o/table.csv --keep o/keep.txt
simulate|simulate -o o -n 60 --genes 400 --features 40 --seed SEED
END
}
awk -F, -v OFS=, 'NR > 1 { $3 = $3 * 2 + NR % 7 } { print }' "$f" > other.csv

# arguments for seed 1 or 2
filled() { local features=$f; [ "$2" = 2 ] && features=$work/other.csv; sed "s#SEED#$2#g; s#FEATURES#$features#g" <<<"$1"; }

interrupted=0
while IFS='|' read -r name args; do
  rm -rf o want old
  for seed in 1 2; do
    rm -rf o; mkdir o
    begin=$(date +%s%N)
    "$prognode" $(filled "$args" $seed) >out 2>err </dev/null || complain "$name: $(cat err)"
    took=$(( ($(date +%s%N) - begin) / 1000000 ))
    [ $seed = 1 ] && mv o old || mv o want
  done
  diff -rq old want >/dev/null && complain "$name: the seed changes nothing"
  for round in $(seq "$rounds"); do
    rm -rf o; cp -r old o
    signal=$([ $((round % 2)) = 0 ] && echo INT || echo TERM)
    ms=$((1 + RANDOM * took * 11 / 10 / 32768))
    timeout -s $signal "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))" "$prognode" $(filled "$args" 2) >out 2>err </dev/null
    [ $? -eq 124 ] && interrupted=$((interrupted + 1))
    diff -rq o old >out 2>&1 || diff -rq o want >>out 2>&1 || complain "$name, SIG$signal after $ms of $took ms: $(cat out)"
  done

  # a disk on which no byte can be written
  rm -rf o; cp -r old o
  message=$( (trap '' XFSZ; ulimit -f 0; exec "$prognode" $(filled "$args" 2)) 2>&1 </dev/null | grep -v '^$')
  grep -q 'File too large' <<<"$message" || complain "$name, disk full: $message"
  diff -rq o old >out 2>&1 || complain "$name, disk full: $(cat out)"
done < <(verbs)
[ "$interrupted" -gt 0 ] || complain "no run was interrupted"

# a full disk behind stdout
for args in "predict --model model.yaml --features $f" "correlate $f" "reliability $f $again"; do
  "$prognode" $args >/dev/full 2>err </dev/null && complain "$args: a full stdout is taken for success"
done
[ $status -eq 0 ] && echo "passed, $interrupted runs interrupted"
exit $status
