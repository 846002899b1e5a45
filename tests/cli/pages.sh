#!/bin/bash
# Pages of `cluster`, `deconvolve` and `train`: the same figures as in their tables, the same bytes twice, HTML and PDF.
prognode=$1
verb=
. "$(dirname "$0")/stderr.sh"

same_twice() { cmp -s "$1" "$2" || complain "$1 and $2 differ"; }
harmless() {
  grep -qiE '<script|src=|url\(|https?:' "$1" && complain "$1 asks for something else"
  grep -q '[> ]-\?nan' "$1" && complain "$1 has a number that is none"
  [ "$(grep -o '<svg ' "$1" | wc -l)" -eq "$2" ] || complain "$1 has $(grep -o '<svg ' "$1" | wc -l) plots, expected $2"
}

awk 'BEGIN { srand(1); print "id,a,b,c,d,e,f"
  for (i = 0; i < 36; i++) { printf "secret<%d>", i
    for (j = 0; j < 6; j++) printf ",%.6f", rand() + (int(j / 2) == i % 3 ? 5 : 0)
    print "" } }' >'pat<i>ents.csv'
expect 0 '' cluster 'pat<i>ents.csv' -o g -q --max-k 4 --repeats 40 --null 4 --page g.html
expect 0 '' cluster 'pat<i>ents.csv' -o g -q --max-k 4 --repeats 40 --null 4 --page again.html
expect 0 '' cluster 'pat<i>ents.csv' -o g -q --max-k 4 --repeats 40 --null 4 --page g.pdf
same_twice g.html again.html
harmless g.html 8
grep -q 'pat&lt;i&gt;ents.csv' g.html || complain "the table's name is not escaped"
grep -q secret g.html && complain "a patient is named"
# summary.csv and the page; the silhouettes of three planted groups, and their mean
awk -F, 'NR > 1 { printf "<th scope=\"row\">%d</th><td>%.4f</td><td>%.4f</td><td>%.4f</td><td>%.4f</td><td>%d</td>\n", $1, $2, $3, $4, $5, $6 }' \
  g/summary.csv >rows
while read -r row; do grep -qF "$row" g.html || complain "the page has no row $row"; done <rows
mean=$(awk -F, 'NR > 1 { if ($3 < 0.5) exit 1; sum += $3; n++ } END { printf "%.4f", sum / n }' g/silhouette.csv) || complain "silhouettes of planted groups"
grep -q "<td>12</td><td>$mean</td>" g.html || complain "mean silhouette $mean is not in the page"
if command -v pdftotext >/dev/null; then
  pdftotext -layout g.pdf g.txt
  grep -q "12 *$mean" g.txt || complain "mean silhouette $mean is not in the document"
  grep -q 'Consensus matrix' g.txt || complain "document"
fi
expect 2 'not for --assign' cluster 'pat<i>ents.csv' --assign g/x.csv --page p.html
sed '4s/,[^,]*$/,text/' 'pat<i>ents.csv' >text.csv
expect 1 'row 4, column "f"' cluster text.csv -o x --page x.html
[ ! -e x.html ] || complain "a page was made for nothing"

awk 'BEGIN { srand(2); printf "gene"
  for (j = 0; j < 16; j++) { sum = 0
    for (c = 0; c < 3; c++) sum += a[j, c] = -log(rand() + 1e-9)
    for (c = 0; c < 3; c++) a[j, c] /= sum
    printf ",t%d", j }
  print ""
  for (g = 0; g < 600; g++) { printf "g%d", g
    for (c = 0; c < 3; c++) s[c] = g < 135 && int(g / 45) != c ? 0 : 100 * (0.3 + rand())
    for (j = 0; j < 16; j++) { v = 0; for (c = 0; c < 3; c++) v += a[j, c] * s[c]; printf ",%.6f", v * (1 + 0.02 * rand()) }
    print "" } }' >mix.csv
small=(--low 0 --high 1 --dims 6 --clusters 25 --min-genes 5 --starts 3 --runs 3 --k-max 4 -q)
expect 0 '' deconvolve mix.csv -o d "${small[@]}" --page d.html
expect 0 '' deconvolve mix.csv -o d "${small[@]}" --page d.pdf
harmless d.html 2
awk -F, 'NR > 1 { for (q = 3; q <= 5; q++) { v = $q; if (NR == 2 || v < low[q]) low[q] = v; if (NR == 2 || v > high[q]) high[q] = v }; least[$2]++ }
  END { for (q = 3; q <= 5; q++) printf "<th scope=\"row\">%d</th><td>3</td><td>%.1f</td><td>%.1f</td><td>%d of 3</td>\n", q - 1, low[q], high[q], least[q - 1] }' \
  d/mdl.csv >rows
while read -r row; do grep -qF "$row" d.html || complain "the page has no row $row"; done <rows
awk -F, 'NR > 1 { for (c = 2; c <= 4; c++) sum[c] += $c } END { for (c = 2; c <= 4; c++) printf "s%d, mean %.3f\n", c - 1, sum[c] / (NR - 1) }' \
  d/proportions.csv >means
while read -r words; do grep -qF "$words" d.html || complain "the page does not say $words"; done <means
if command -v pdftotext >/dev/null; then
  pdftotext -layout d.pdf d.txt
  while read -r words; do grep -qF "$words" d.txt || complain "the document does not say $words"; done <means
fi
expect 2 'not for --given' deconvolve mix.csv --given d/expression.csv -o x --page x.html

# ---- train: twelve features of which two matter
awk -v f=f.csv -v c=c.csv 'BEGIN { srand(3); split("Mean Median Energy Entropy Kurtosis Skewness Range Variance Uniformity Maximum Minimum RootMeanSquared", name, " ")
  printf "case" >f; for (j = 1; j <= 12; j++) printf ",original_firstorder_%s", name[j] >f; print "" >f; print "case,time,event" >c
  for (i = 1; i <= 160; i++) { printf "P%d", i >f
    for (j = 1; j <= 12; j++) { s = 0; for (k = 0; k < 12; k++) s += rand(); z[j] = s - 6; printf ",%.6f", 50 + 7 * z[j] >f }
    print "" >f; t = -log(1 - rand()) * 1500 / exp(0.8 * z[1] - 0.6 * z[4]); w = 400 + 2500 * rand()
    printf "P%d,%.1f,%d\n", i, (t < w ? t : w) + 1, t < w >c } }'
learn() { expect "$1" "$2" train --features f.csv --clinical c.csv --use 'original_*' --horizons 2 --bootstrap 0 -q -o m.yaml "${@:3}"; }
learn 0 '' --select lasso --page t.html --path-table path.csv
learn 0 '' --select lasso --page t2.html
same_twice t.html t2.html
learn 0 '' --select lasso --page t.pdf
harmless t.html 4
# the fit that is marked has the features of the model, and the least mean of the cross-validation
chosen=$(grep -c 'coefficient:' m.yaml)
awk -F, -v want="$chosen" 'NR > 1 { if (NR == 2 || $2 < least) least = $2; if ($5 == 1) { at = $2; n = 0; for (j = 6; j <= NF; j++) n += $j != 0; named = $4; marked++ } }
  END { exit !(marked == 1 && at == least && n == want && named == want) }' path.csv || complain "path.csv: $(awk -F, '$5 == 1' path.csv), the model has $chosen features"
head -1 path.csv | grep -q '^lambda,cv_mean,cv_se,selected,chosen,original_firstorder_Mean,' || complain "path.csv: $(head -1 path.csv)"
awk -F, 'NR == 2 { for (j = 6; j <= NF; j++) if ($j != 0) exit 1; exit $4 != 0 }' path.csv || complain "the path does not begin with the empty model"
apparent=$(sed -n 's/.*<th scope="row">C-index<\/th><td>\([0-9.]*\)<.*/\1/p' t.html)
[ "$(awk '$1 == "c_index:" { printf "%.4f", $2 }' m.yaml)" = "$apparent" ] || complain "apparent C-index $apparent, the model file: $(grep c_index: m.yaml)"
awk -v line="$(grep -o 'C-index</th><td>[0-9.]*</td><td>[0-9.]*</td><td>[0-9.]*' t.html | tr '<>/td' ' ')" \
  'BEGIN { n = split(line, v, " "); d = v[n - 2] - v[n - 1] - v[n]; exit !(v[n] < v[n - 2] && d < 2e-4 && d > -2e-4) }' || complain "apparent - optimism is not what is told"
if command -v pdftotext >/dev/null; then
  pdftotext -layout t.pdf t.txt
  grep -q "C-index *$apparent" t.txt || complain "the document does not say $apparent"
fi
learn 0 '' --page whole.html
harmless whole.html 2
learn 2 'path-table goes with --select lasso' --path-table p.csv
expect 2 'page does not go with --recipe' train --features f.csv --clinical c.csv --recipe r.yaml --page p.html
exit $status
