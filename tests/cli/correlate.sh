#!/bin/bash
# `prognode correlate`: coefficients and p-values that can be counted by hand, patients by their names.
prognode=$1
verb=correlate
. "$(dirname "$0")/stderr.sh"
# near X Y COLUMN VALUE: of the pair in the output, to 1e-9
near() {
  awk -F, -v x="$1" -v y="$2" -v name="$3" -v want="$4" '
    NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    $1 == x && $2 == y { found = 1; d = $at[name] - want; if ($at[name] == "" || d > 1e-9 || d < -1e-9) { print $at[name]; bad = 1 } }
    END { exit bad || !found }' out || complain "$1 and $2: $3, expected $4: $(cat out)"
}

# Five patients; two neighbours changed places: 2 of 10 pairs are discordant, and of the 120 orders 16 have
# a rank correlation of 0.8 or more either way, 28 as few discordant pairs or as many.
cat > t.csv <<'CSV'
case,roi,a,b,up,same,diagnostics_Size
p1,GTV,1,2,10,7,1
p2,GTV,2,1,20,7,2
p3,GTV,3,4,40,7,3
p4,GTV,4,3,80,7,4
p5,GTV,5,5,160,7,5
CSV
expect 0 '^5 patients, 6 pairs, 1 with adjusted p <= 0\.05$' t.csv
head -1 out | grep -qx 'x,y,n,estimate,lower,upper,statistic,p,p_adjusted' || complain "header: $(head -1 out)"
[ "$(wc -l < out)" -eq 7 ] || complain "pairs: $(cat out)"
near a b estimate 0.8; near a b statistic 4; near a b p 0.13333333333333333; near a b n 5
near a up estimate 1; near a up p 0.016666666666666666; near a up p_adjusted 0.05
near a b p_adjusted 0.13333333333333333
grep -qx 'a,same,5,,,,,,' out || complain "a column that does not vary: $(grep same out)"
expect 0 '^5 patients, 6 pairs, 1 with p <= 0\.05$' t.csv --adjust none
near a up p_adjusted 0.016666666666666666
expect 0 '' t.csv --adjust bonferroni -q
near a up p_adjusted 0.05; near a b p_adjusted 0.4
[ ! -s err ] || complain "--quiet says: $(cat err)"
expect 0 '' t.csv --method kendall
near a b estimate 0.6; near a b p 0.23333333333333334
# t = r sqrt(3 / (1 - r^2)); two-sided p of Student's t with 3 degrees of freedom, in closed form
expect 0 '' t.csv --method pearson
near a b estimate 0.8; near a b statistic 2.3094010767585034
near a b p "$(awk 'BEGIN { t = 2.3094010767585034; x = atan2(t, sqrt(3)); pi = atan2(0, -1)
                   printf "%.15g", 1 - 2 / pi * (x + sin(x) * cos(x)) }')"

# Two tables: patients by their names, in any order; who is in one alone is left out, a missing value too.
printf 'id,z\np9,1\np5,50\np4,40\np3,NA\np2,20\np1,10\n' > z.csv
expect 0 '^5 patients, 4 pairs' t.csv z.csv -o pairs.csv
[ ! -s out ] || complain "-o also writes to stdout"
[ "$(stat -c %a pairs.csv)" = 600 ] || complain "mode of pairs.csv"
cp pairs.csv out
near a z n 4; near a z estimate 1; near b z estimate 0.8

expect 2 '0 tables, expected 1 or 2'
expect 2 'method is "r", expected spearman\|pearson\|kendall' t.csv --method r
expect 2 'adjust is "fdr", expected BH, BY' t.csv --adjust fdr
expect 2 'level is "1", expected a number from 0.5 to 0.9999' t.csv --level 1
expect 1 'nowhere.csv' nowhere.csv
printf 'id,z\nq1,1\nq2,2\n' > other.csv
expect 1 't.csv and other.csv have 0 patients in common, expected at least 3' t.csv other.csv
expect 1 '0 pairs of columns' z.csv
printf 'id,name\np1,x\np2,y\np3,z\n' > words.csv
expect 1 'words.csv has 3 rows of 0 columns of numbers' words.csv
sed 's/^p2,/p1,/' z.csv > twice.csv
expect 1 'twice.csv: rows 6 and 7 have the same name' t.csv twice.csv
[ $status -eq 0 ] && echo passed
exit $status
