#!/bin/bash
# `prognode cluster` and `prognode deconvolve`: groups and mixtures that are planted here must come back.
prognode=$1
verb=
. "$(dirname "$0")/stderr.sh"

# ---- three groups of twelve patients; p0, p3, p6, ... belong together
awk 'BEGIN { srand(1); print "id,a,b,c,d,e,f"
  for (i = 0; i < 36; i++) { printf "p%d", i
    for (j = 0; j < 6; j++) printf ",%.6f", rand() + (int(j / 2) == i % 3 ? 5 : 0)
    print "" } }' >patients.csv
expect 0 '^3 groups: area .*, PAC 0\.0000, smallest group 12$' cluster patients.csv -o g --max-k 4 --repeats 50 --groups 3
for file in groups summary cdf centroids; do [ -s "g/$file.csv" ] || complain "no $file.csv"; done
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
         $at["k3"] != (NR - 2) % 3 + 1 || $at["k3_consensus"] < 0.99 { bad = 1 } END { exit bad || NR != 37 }' g/groups.csv ||
  complain "three groups: $(head -5 g/groups.csv)"
awk -F, '$1 == 3 && $4 == 0 && $5 == "" && $6 == 12 { ok = 1 } END { exit !ok }' g/summary.csv || complain "summary: $(cat g/summary.csv)"
for method in pam km; do
  expect 0 'smallest group 12' cluster patients.csv -o "$method" --max-k 3 --repeats 30 --method $method --distance euclidean
  cut -d, -f1,4 "$method/groups.csv" | cmp -s - <(cut -d, -f1,4 g/groups.csv) || complain "$method differs from hc"
done
expect 0 '' cluster patients.csv -o null -q --max-k 3 --repeats 30 --method pam --distance euclidean --null 9
awk -F, '$1 == 3 && $5 == 0.1 { ok = 1 } END { exit !ok }' null/summary.csv || complain "null: $(cat null/summary.csv)"
cp g/groups.csv first.csv
expect 0 '' cluster patients.csv -o g --max-k 4 --repeats 50 -q
cmp -s first.csv g/groups.csv || complain "the same seed gave other groups"

# the same table lying, and new patients with their features in another order
awk -F, '{ for (j = 1; j <= NF; j++) t[j] = t[j] (NR > 1 ? "," : "") $j } END { for (j = 1; j <= NF; j++) print t[j] }' patients.csv >lying.csv
expect 0 '' cluster lying.csv --columns -o l --max-k 4 --repeats 50 -q
cmp -s l/groups.csv g/groups.csv || complain "--columns changes the groups"
awk -F, -v OFS=, '{ print $1, $7, $6, $5, $4, $3, $2, "9" NR }' patients.csv >new.csv
expect 0 '' cluster new.csv --assign g/centroids.csv
awk -F, 'NR > 1 && $2 != (NR - 2) % 3 + 1 { bad = 1 } NR > 1 && $3 >= $4 { bad = 1 } END { exit bad || NR != 37 }' out ||
  complain "assigned: $(head -5 out)"
sed '1s/,a,/,zz,/' g/centroids.csv >bad.csv
expect 1 'new.csv has no feature "zz", which bad.csv has' cluster new.csv --assign bad.csv

expect 2 'output is missing' cluster patients.csv
expect 2 '0 tables, expected 1' cluster -o x
expect 2 'method is "ward", expected hc\|pam\|km' cluster patients.csv -o x --method ward
expect 2 'max-k is "1", expected a whole number from 2 to 30' cluster patients.csv -o x --max-k 1
expect 1 'of 36 items a draw are not enough for 30 groups' cluster patients.csv -o x --max-k 30
sed '4s/,[^,]*$/,text/' patients.csv >text.csv
expect 1 'text.csv: row 4, column "f": "text" is not a number' cluster text.csv -o x
sed '5s/^p3,/p2,/' patients.csv >twice.csv
expect 1 'twice.csv: rows 4 and 5 have the same name' cluster twice.csv -o x
sed '5s/.*/p3,2,2,2,2,2,2/' patients.csv >flat.csv
expect 1 'flat.csv: all 6 features of patient "p3" are 2: it has no correlation' cluster flat.csv -o x
[ ! -e x ] || complain "a folder was made for nothing"

# ---- 600 genes of 3 subpopulations in 16 samples; 45 genes each that no other expresses
awk 'BEGIN { srand(2); print "sample,s1,s2,s3" >"truth.csv"; printf "gene"
  for (j = 0; j < 16; j++) { sum = 0
    for (c = 0; c < 3; c++) sum += a[j, c] = -log(rand() + 1e-9)
    for (c = 0; c < 3; c++) a[j, c] /= sum
    print "t" j "," a[j, 0] "," a[j, 1] "," a[j, 2] >"truth.csv"; printf ",t%d", j }
  print ""
  for (g = 0; g < 600; g++) { printf "g%d", g
    for (c = 0; c < 3; c++) s[c] = g < 135 && int(g / 45) != c ? 0 : 100 * (0.3 + rand())
    for (j = 0; j < 16; j++) { v = 0; for (c = 0; c < 3; c++) v += a[j, c] * s[c]; printf ",%.6f", v * (1 + 0.02 * rand()) }
    print "" } }' >mix.csv
small=(--low 0 --high 1 --dims 6 --clusters 25 --min-genes 5 --starts 3 --runs 3 --k-max 4)
expect 0 '^K = 3: .* the least in 3 of 3 runs$' deconvolve mix.csv -o d "${small[@]}"
for file in proportions expression markers mdl; do [ -s "d/$file.csv" ] || complain "no $file.csv"; done
# each true column has one found column that is near it in every sample
near() { paste -d, truth.csv "$1" | awk -F, 'NR > 1 { for (c = 2; c <= 4; c++) for (q = 6; q <= 8; q++) { d = $c - $q
    if (d < 0) d = -d; if (d > m[c, q]) m[c, q] = d } }
  END { for (c = 2; c <= 4; c++) { ok = 0; for (q = 6; q <= 8; q++) ok += m[c, q] < 0.05; if (ok != 1) exit 1 } exit NR != 17 }' ||
  complain "$1 is not the truth: $(head -3 "$1")"; }
near d/proportions.csv
[ "$(awk -F, 'NR > 1 && $4 != "" { n++; bad += substr($1, 2) + 0 >= 135 || $4 != $2 } END { print (n > 30 && bad * 10 < n) }' d/markers.csv)" = 1 ] ||
  complain "markers: $(grep -c ',s[123]$' d/markers.csv)"
expect 0 '' deconvolve mix.csv --given d/expression.csv -o again -q
near again/proportions.csv
cp d/proportions.csv first.csv
awk -F, -v OFS=, 'NR > 1 { for (i = 2; i <= NF; i++) $i = sprintf("%.17g", log($i) / log(2)) } { print }' mix.csv >logs.csv
expect 0 '' deconvolve logs.csv --log2 -o e -q "${small[@]}"
near e/proportions.csv
expect 0 '^written: 2 subpopulations of 16 samples' deconvolve mix.csv -o two --k 2 "${small[@]}"
[ "$(head -1 two/proportions.csv)" = sample,s1,s2 ] || complain "--k 2: $(head -1 two/proportions.csv)"

expect 2 'no output folder' deconvolve mix.csv
expect 2 'k-max is "21", expected a whole number from 2 to 20' deconvolve mix.csv -o x --k-max 21
expect 2 'expected --k within the others' deconvolve mix.csv -o x --k 9
sed '3s/,[0-9.]*$/,-4/' mix.csv >negative.csv
expect 1 'negative.csv: row 3, column "t15": -4, expected expression of at least 0' deconvolve negative.csv -o x
cut -d, -f1,2,3 mix.csv >two.csv
expect 1 '3 subpopulations cannot be told apart in 2 dimensions of 2 samples' deconvolve two.csv -o x --k-min 3
grep -v '^g7,' mix.csv >less.csv
expect 1 'less.csv has no row "g7", which d/expression.csv has' deconvolve less.csv --given d/expression.csv -o x
[ ! -e x ] || complain "a folder was made for nothing"
exit $status
