#!/bin/bash
# `prognode enrich`: sets that are planted at an end of a list, or in patients, are found there.
prognode=$1
verb=enrich
. "$(dirname "$0")/stderr.sh"

# ---- a ranked list: g1 has the largest statistic; sets at the top, at the bottom, spread, too small, of other genes
awk 'BEGIN { print "gene,other,statistic"; for (i = 1; i <= 400; i++) printf "g%d,7,%.4f\n", i, 3 - 6 * (i - 1) / 399 }' >ranks.csv
awk 'BEGIN { OFS = "\t"
  printf "TOP\tthe first"; for (i = 1; i <= 20; i++) printf "\tg%d", i; print ""
  printf "BOTTOM\tthe last"; for (i = 381; i <= 400; i++) printf "\tg%d", i; printf "\tg400\tnone\r\n\n"
  printf "SPREAD\t"; for (i = 10; i <= 400; i += 20) printf "\tg%d", i; print ""
  print "SMALL", "", "g1", "g2"; print "ELSEWHERE", "", "x1", "x2" }' >sets.gmt
expect 0 '^3 of 5 sets have 15 to 500 of the 400 genes$' --ranks ranks.csv --statistic statistic --sets sets.gmt -o r.csv --page r.html
column() { awk -F, -v set="$2" -v name="$3" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i } $1 == set { print $at[name] }' "$1"; }
[ "$(column r.csv TOP es)" = 1 ] && [ "$(column r.csv BOTTOM es)" = -1 ] || complain "scores at the ends: $(cat r.csv)"
[ "$(column r.csv BOTTOM size)" = 20 ] || complain "a gene that is there twice counts twice: $(cat r.csv)"
[ "$(column r.csv TOP leading_edge)" = "$(seq -s ';' -f 'g%g' 1 20)" ] || complain "leading edge: $(column r.csv TOP leading_edge)"
# All sets of 20 of 400 are 2.8e33; half of them are positive.
awk "BEGIN { exit !($(column r.csv TOP p) < 1e-25 && $(column r.csv SPREAD p) > 0.05) }" || complain "p: $(cut -d, -f1,5,6 r.csv)"
awk -F, 'NR > 1 && $6 < $5 { exit 1 }' r.csv || complain "an adjusted p is smaller than p"
grep -q 'TOP' r.html && grep -q '<svg' r.html || complain "the page: $(head -c 300 r.html)"

# The order of the file, and the seed
(head -1 ranks.csv; tail -n +2 ranks.csv | sort -r) >turned.csv
expect 0 '' --ranks turned.csv --statistic statistic --sets sets.gmt -o again.csv -q
cmp -s r.csv again.csv || complain "the order of the rows changes the result"
[ ! -s err ] || complain "--quiet says $(cat err)"
awk -F, -v OFS=, 'NR > 1 { $3 = -$3 } 1' ranks.csv >negative.csv
expect 0 '' --ranks negative.csv --statistic statistic --sets sets.gmt -q
[ "$(column out TOP es)" = -1 ] && [ "$(column out BOTTOM es)" = 1 ] || complain "turned round: $(cat out)"
expect 0 '' --ranks ranks.csv --statistic statistic --sets sets.gmt --ladder 0 -q
awk "BEGIN { exit !($(column out TOP p) > 1e-4) }" || complain "permutations alone give $(column out TOP p)"

# ---- simulated patients: each subpopulation's markers are in one of the first four sets
verb=
expect 0 '' simulate -o sim -n 40 --genes 500 -q
verb=enrich
awk -F, 'NR == 1 { print $0 ",fold_change,corner" } NR > 1 { print $0 "," (NR == 2 ? "inf" : 2 + NR % 3) "," $2 }' sim/truth/markers.csv >markers.csv
head -4 sim/genesets.gmt >four.gmt
expect 0 '^s1: 4 of 4 sets' --markers markers.csv --sets four.gmt --min-size 5 -o m.csv
[ "$(awk -F, 'NR > 1 && $4 > 0.5 && $6 < 1e-3' m.csv | cut -d, -f1 | sort | tr '\n' ' ')" = 's1 s2 s3 s4 ' ] ||
  complain "markers: $(cut -d, -f1-7 m.csv)"

e=logs.csv
awk -F, -v OFS=, 'NR > 1 { for (i = 2; i <= NF; i++) $i = log($i + 1) } 1' sim/cohort/expression.csv >$e
for method in spectrum ssgsea gsva plage zscore; do
  expect 0 '^20 of 20 sets' --expression $e --method $method --sets sim/genesets.gmt --min-size 5 -o $method.csv
  [ "$(wc -l <$method.csv)" -eq 41 ] || complain "$method: $(wc -l <$method.csv) lines"
  # The score of a subpopulation's own genes goes with its share in the tumour.
  awk -F, 'NR == FNR { if (FNR > 1) share[$1] = $2; next } FNR > 1 { n++; x = share[$1]; y = $2; sx += x; sy += y; sxx += x * x; syy += y * y; sxy += x * y }
    END { r = (n * sxy - sx * sy) / sqrt((n * sxx - sx * sx) * (n * syy - sy * sy)); exit !(r > 0.8) }' sim/cohort/truth.csv $method.csv ||
    complain "$method does not follow the shares of s1"
done
awk -F, '{ for (j = 1; j <= NF; j++) t[j] = t[j] (NR > 1 ? "," : "") $j } END { for (j = 1; j <= NF; j++) print t[j] }' $e >lying.csv
expect 0 '' --expression lying.csv --patient-rows --method gsva --sets sim/genesets.gmt --min-size 5 -o lying.out -q
cmp -s gsva.csv lying.out || complain "--patient-rows changes the scores"

# One new patient by the means of the cohort: as among the others; genes in another order, and more of them.
expect 0 '' --expression $e --method spectrum --sets sim/genesets.gmt --min-size 5 --save-means means.csv -q -o again.csv
cut -d, -f1,9 $e | awk 'NR == 1 { print } NR > 1' | (read -r head; echo "$head"; sort -r; echo 'NEW,5') >one.csv
for method in spectrum ssgsea zscore; do
  expect 0 '' --expression one.csv --method $method --means means.csv --sets sim/genesets.gmt --min-size 5 -q -o one.out
  awk -F, 'NR == FNR { for (i = 1; i <= NF; i++) w[FNR, i] = $i; next } FNR == 9 { for (i = 2; i <= NF; i++) { d = $i - w[2, i]; if (d * d > 1e-18) exit 1 } }' \
    one.out $method.csv || complain "$method of one patient: $(tail -1 one.out | cut -c1-100), expected $(sed -n 9p $method.csv | cut -c1-100)"
done

# ---- what is refused
expect 2 'one of --ranks, --markers and --expression' --sets sets.gmt
expect 2 'sets is missing' --ranks ranks.csv
expect 2 'belong together' --expression $e --sets sets.gmt
expect 2 'method is "mean", expected spectrum\|ssgsea' --expression $e --sets sets.gmt --method mean
expect 2 'ladder is "100", expected an odd number' --ranks ranks.csv --sets sets.gmt --ladder 100
expect 2 'take no --means' --expression $e --method gsva --means means.csv --sets sets.gmt
expect 2 'min-size is above' --ranks ranks.csv --sets sets.gmt --min-size 9 --max-size 8
expect 1 'one patient, expected a cohort, or --means' --expression one.csv --method zscore --sets sets.gmt
expect 1 'none of the 4 sets of four.gmt has 15 to 500 of the 400 genes: are they named in the same way \("GENE.*, "g1"' --ranks ranks.csv --statistic statistic --sets four.gmt -o none.csv
sed '9s/,[^,]*$/,high/' ranks.csv >text.csv
expect 1 'text.csv: row 9, column "statistic": "high" is not a number' --ranks text.csv --sets sets.gmt --statistic statistic -o none.csv
sed '9s/^g8,/g3,/' ranks.csv >twice.csv
expect 1 'twice.csv: rows 4 and 9 have the same gene "g3"' --ranks twice.csv --sets sets.gmt -o none.csv
expect 1 'no column "nothing"|nothing' --ranks ranks.csv --sets sets.gmt --statistic nothing
(cat sets.gmt; printf 'TOP\tagain\tg1\n') >again.gmt
expect 1 'again.gmt: the gene set "TOP" is there twice' --ranks ranks.csv --sets again.gmt
printf 'A\tb\tg1\nB\tno genes\n' >empty.gmt
expect 1 'empty.gmt:2: "B" has no genes' --ranks ranks.csv --sets empty.gmt
expect 1 'ranks.csv:1: "gene,other,statistic" has no genes' --ranks ranks.csv --sets ranks.csv
sed '5s/,[^,]*,\([^,]*\)$/,-1,\1/' markers.csv >low.csv
expect 1 'low.csv: row 5, column "fold_change": -1, expected at least 1' --markers low.csv --sets four.gmt
grep -v GENE00007 $e >short.csv
expect 1 'short.csv has no gene "GENE00007", which means.csv has' --expression short.csv --method zscore --means means.csv --sets sim/genesets.gmt
[ ! -e none.csv ] || complain "a table was left for nothing"
exit $status
