#!/bin/bash
# `prognode reliability`: tables of raters whose correlations are printed in a textbook paper, and
# perturbed images whose answer is known.
prognode=$1
here=$(cd "$(dirname "$0")" && pwd)
verb=reliability
. "$(dirname "$0")/stderr.sh"
# near FILE FEATURE COLUMN VALUE: to half a unit of the fourth decimal
near() {
  awk -F, -v feature="$2" -v column="$3" -v want="$4" '
    NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
    { gsub(/"[^"]*"/, "quoted") }
    $1 == feature { d = $at[column] - want; found = $at[column] != "" && d * d < 2.5e-9 }
    END { exit !found }' "$1" || complain "$2: $3 is not $4: $(grep "^$2," "$1")"
}
cell() { awk -F, -v f="$2" -v c="$3" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
                                      { gsub(/"[^"]*"/, "quoted") } $1 == f { print $at[c] }' "$1"; }

# ---- tables: Shrout & Fleiss 1979, four raters of six targets; R's irr::icc for the intervals
awk 'BEGIN { split("9 2 5 8 6 1 3 2 8 4 6 8 7 1 2 6 10 5 6 9 6 2 4 7", x, " ")
  for (j = 1; j <= 4; j++) { f = "r" j ".csv"; print "case,roi,diagnostics_x,score,scaled,text,flat,own" j > f
    for (n = 0; n < 6; n++) { i = (n + j) % 6    # every table in another order
      print "p" i ",GTV,1," x[4*i+j] "," 100 * x[4*i+j] + 0.5 ",abc,5,1" > f } } }'
expect 0 '^6 subjects, 4 repetitions, ICC\(2,1\): 0 of 3 features are reliable' r1.csv r2.csv r3.csv r4.csv -o two.csv
near two.csv score icc 0.28976
near two.csv score icc_low 0.01879
near two.csv score icc_high 0.76108
near two.csv score p 0.01127
grep -q '^flat,.*,no,,no,the same value everywhere$' two.csv || complain "a constant column: $(grep ^flat two.csv)"
grep -qE '^(text|diagnostics_x|own1|case),' two.csv && complain "a column that is no feature of all tables"
[ "$(wc -l <two.csv)" -eq 4 ] || complain "two.csv has $(wc -l <two.csv) lines"
expect 0 'ICC\(1,1\)' r1.csv r2.csv r3.csv r4.csv --form 1 -o one.csv
near one.csv score icc 0.16574
expect 0 'ICC\(3,k\): 2 of 3 .* at least 0.6' r1.csv r2.csv r3.csv r4.csv --form 3 --mean --threshold 0.6 -o mean.csv --keep keep.txt
near mean.csv score icc 0.90932
near mean.csv score icc_low 0.67567
[ "$(cell mean.csv scaled redundant_with)" = score ] || complain "scaled says what score says: $(cat mean.csv)"
[ "$(cat keep.txt)" = score ] || complain "kept: $(cat keep.txt)"
expect 0 '2 of 2 .* are reliable' r1.csv r2.csv r3.csv r4.csv --form 3 --mean --threshold 0.6 --only sc --correlation 1
grep -q ',yes,,yes,$' out || complain "nothing is redundant at 1: $(cat out)"

# rows that stand in one table only, and cells without a value
sed 's/^p3,GTV,1,[0-9]*/p3,GTV,1,/' r2.csv >r2m.csv
echo 'p9,GTV,1,1,1,abc,5,1' >>r1.csv
expect 0 '1 rows do not stand in every table' r1.csv r2m.csv -o missing.csv
[ "$(cell missing.csv score subjects)" = 5 ] || complain "one subject lacks a value: $(cat missing.csv)"
near missing.csv scaled subjects 6
grep -q '1 subjects lack a value' missing.csv || complain "the note: $(cat missing.csv)"

# ---- wrong use and broken tables
expect 2 '1 tables, expected 2 to 64' r1.csv
expect 2 'cases stands alone' r1.csv r2.csv --cases x.csv
expect 2 'perturb needs at least one' --perturb
expect 1 'nowhere' --perturb /nowhere
expect 2 'form is "4", expected a whole number from 1 to 3' r1.csv r2.csv --form 4
expect 2 'repetitions is "2.5", expected a whole number from 2 to 1000' --cases x.csv --repetitions 2.5
expect 2 'contour is "maybe", expected yes or no' --cases x.csv --contour maybe
expect 2 'go with --perturb and --cases' r1.csv r2.csv -p x.yaml
expect 1 'nowhere.csv' r1.csv nowhere.csv
expect 1 'have the same identifier; --id' --id roi r1.csv r2.csv
expect 1 'no column' --id nobody r1.csv r2.csv
sed 's/p4,GTV,1,[0-9]*/p4,GTV,1,many/' r2.csv >r2t.csv
expect 1 'r2t.csv: row [0-9]+, column "score": "many" is not a number' r1.csv r2t.csv
head -1 r1.csv >none.csv
expect 1 'none.csv: a header and no rows' r1.csv none.csv
(head -1 r1.csv; echo 'p7,GTV,1,1,1,a,1,1') >other.csv
expect 1 '0 rows stand in every table' r2.csv other.csv

# ---- perturbed images
echo 'ID,Image,Mask,Label' >cases.csv
for n in 1 2 3 4; do
  awk -v n="$n" -v dir="$work" -f "$here/ball.awk"
  echo "c$n,image$n.nrrd,$work/mask$n.nrrd,1" >>cases.csv
done
expect 0 '^4 subjects, 3 repetitions, ICC\(1,1\)' --cases cases.csv --repetitions 3 -o first.csv
expect 0 '' --cases "$work/cases.csv" --repetitions 3 -o again.csv -q
[ -s err ] && complain "--quiet says: $(cat err)"
cmp first.csv again.csv || complain "the same seed gives another table"
expect 0 '' --cases cases.csv --repetitions 3 --seed 2 -o seed.csv
cmp -s first.csv seed.csv && complain "another seed gives the same table"
[ "$(wc -l <first.csv)" -eq 108 ] || complain "first.csv has $(wc -l <first.csv) lines, not 108"
# what the size of a ball decides withstands more than the shape that all balls share
awk -F, '{ gsub(/"[^"]*"/, "q") } $1 == "original_shape_MeshVolume" { a = $5 } $1 == "original_shape_Elongation" { b = $5 }
         END { exit !(a > 0.8 && a > b) }' first.csv || complain "volume is not more reliable than elongation: $(grep shape_ first.csv)"
# nothing perturbed: no difference at all
expect 0 '107 of 107 features are reliable' --cases cases.csv --repetitions 2 --rotate 0 --shift 0 --noise 0 --volume 0 --contour no --threshold 1
# settings of a parameter file
printf 'setting:\n  binWidth: 10\nfeatureClass:\n  firstorder: [Mean, Entropy]\n' >params.yaml
expect 0 'of 2 features' --cases cases.csv --repetitions 2 -p params.yaml
expect 0 '^4 subjects, 2 repetitions' --cases cases.csv --repetitions 2 --profile ibsi -o ibsi.csv
grep -qE '^morph_volume,' ibsi.csv && grep -qE '^cm_contrast_3D_avg,' ibsi.csv || complain "the ibsi profile: $(cut -d, -f1 ibsi.csv | head -5)"
expect 2 'profile is "x", expected pyradiomics or ibsi' --cases cases.csv --profile x
expect 1 'nowhere.yaml' --cases cases.csv -p nowhere.yaml
# a case that cannot be measured does not stop the rest
echo 'c5,image1.nrrd,mask1.nrrd,7' >>cases.csv
echo 'c6,nowhere.nrrd,mask1.nrrd,1' >>cases.csv
expect 3 'row 6: .*the mask has no voxel of label 7' --cases cases.csv --repetitions 2
grep -q 'row 7: .*nowhere.nrrd' err || complain "the missing file: $(cat err)"
grep -q '^4 subjects' err || complain "four cases remain: $(cat err)"
head -2 cases.csv >single.csv
expect 1 '1 regions could be measured, at least 2' --cases single.csv --repetitions 2
expect 1 'Image' --cases r1.csv

# ---- the same from DICOM: three artificial patients
"$prognode" phantom -o patients --size small --count 2 >/dev/null 2>phantom.err || complain "phantom: $(cat phantom.err)"
expect 0 '^2 subjects, 2 repetitions, ICC\(1,1\)' --perturb patients -r 'GTV*' --repetitions 2 -p params.yaml -o dicom.csv
[ "$(wc -l <dicom.csv)" -eq 3 ] || complain "dicom.csv: $(cat dicom.csv)"
expect 1 'region' --perturb patients -r 'xyz*' --repetitions 2
exit $status
