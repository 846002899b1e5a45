#!/bin/bash
# Tables as people send them: each verb names file, row and column and what was expected, or carries on and says what
# it left out; nothing is written where it stops.
prognode=$1
verb=
. "$(dirname "$0")/stderr.sh"

a=original_glcm_JointEntropy b=original_shape_Sphericity
# Sixty patients of two features and a follow-up, and 60 genes of 12 samples.
awk -v names="case,$a,$b,original_firstorder_Mean" '
function normal() { return sqrt(-2 * log(1 - rand())) * cos(6.283185307 * rand()) }
BEGIN { srand(5); print names > "f.csv"; print "case,time,event,stage" > "c.csv"
  for (i = 0; i < 60; i++) { x = normal(); y = normal(); died = -log(1 - rand()) * 900 * exp(-1.1 * x); left = 300 + 2500 * rand()
    printf "P%d,%.5f,%.5f,%.5f\n", i, x, y, normal() > "f.csv"
    printf "P%d,%d,%d,%s\n", i, 1 + (died < left ? died : left), died < left, i % 2 ? "I" : "II" > "c.csv" }
  printf "gene" > "x.csv"; for (j = 0; j < 12; j++) printf ",s%d", j > "x.csv"; print "" > "x.csv"
  for (g = 0; g < 60; g++) { printf "g%d", g > "x.csv"; for (j = 0; j < 12; j++) printf ",%.4f", 100 * rand() > "x.csv"
    print "" > "x.csv" } }'
train="--use $a,$b --horizons 1,3 --bootstrap 10 -o made -q"
expect 0 '' train --features f.csv --clinical c.csv $train
mv made model.yaml

# with ROW COLUMN VALUE FILE: the file with one cell changed
with() { awk -F, -v OFS=, -v row="$1" -v column="$2" -v value="$3" 'NR == row { $column = value } { print }' "$4"; }

# both CODE PATTERN FEATURES CLINICAL: train and validate
both() {
  rm -f made
  expect "$1" "$2" train --features "$3" --clinical "$4" $train
  [ "$1" -eq 0 ] || [ ! -e made ] || complain "train wrote a model of $3 and $4"
  rm -f made
  expect "$1" "$2" validate model.yaml --features "$3" --clinical "$4" -o made
  [ "$1" -eq 0 ] || [ ! -e made ] || complain "validate wrote a page of $3 and $4"
}

printf 'schema: 1\nname: r\nsteps:\n  - scale: {method: z}\n  - model: {method: cox}\nassess: {folds: 3, repeats: 1, seed: 1}\n' >recipe.yaml
awk 'BEGIN { printf "set\tmade"; for (i = 0; i < 20; i++) printf "\tg%d", i; print "" }' >sets.gmt

# ---- the form of a table, for every verb: CODE-independent, one line a defect: what | how it is made | message
forms() {
  cat <<'END'
empty|: >bad.csv|bad.csv: empty; expected a header row
header only|head -1 SOURCE >bad.csv|bad.csv: a header and no rows
semicolons|sed 's/,/;/g' SOURCE >bad.csv|bad.csv: one column, .*separated by semicolons, expected commas
tabs|tr , '\t' <SOURCE >bad.csv|bad.csv: one column, .*separated by tabs, expected commas
UTF-16|iconv -t UTF-16 SOURCE >bad.csv|bad.csv: a NUL byte at offset [0-9]+; expected a text file in UTF-8
Latin-1|sed '5s/,/\xfc,/' SOURCE >bad.csv|bad.csv: line 5: the byte fc is no character of UTF-8
a row too short|sed '5s/,[^,]*$//' SOURCE >bad.csv|bad.csv: row 5 has [0-9]+ cells, the header has [0-9]+
a decimal comma|sed '5s/\./,/' SOURCE >bad.csv|bad.csv: row 5 has [0-9]+ cells, the header has [0-9]+
an open quote|sed '5s/,/,"/' SOURCE >bad.csv|bad.csv: row 5, cell [0-9]+: the quote does not close
two columns of one name|sed '1s/\(.*\),\([^,]*\),\([^,]*\)$/\1,\3,\3/' SOURCE >bad.csv|bad.csv: two columns are named
a column without a name|sed '1s/,[^,]*$/,/' SOURCE >bad.csv|bad.csv: column [0-9]+ has no name
carriage returns|tr '\n' '\r' <SOURCE >bad.csv|bad.csv: row 1, cell [0-9]+: a carriage return without a line feed
100,000 columns|awk 'BEGIN { printf "case"; for (i = 0; i < 100000; i++) printf ",x%d", i; print "" }' >bad.csv|bad.csv: row 1 has more than 20000 columns
no file|rm -f bad.csv|cannot open bad.csv: No such file
a folder|rm -f bad.csv; mkdir bad.csv|bad.csv is a folder
END
}
while IFS='|' read -r what make message; do
  for source in f x; do
    rm -rf bad.csv
    eval "${make//SOURCE/$source.csv}"
    if [ $source = f ]; then
      both 1 "$message" bad.csv c.csv
      expect 1 "$message" predict --model model.yaml --features bad.csv -o made
      expect 1 "$message" train --features bad.csv --clinical c.csv --recipe recipe.yaml -o made -q
      expect 1 "$message" validate model.yaml --compare model.yaml --features f.csv --compare-features bad.csv --clinical c.csv -o made
    else
      expect 1 "$message" cluster bad.csv -o made --repeats 5 --max-k 2
      expect 1 "$message" correlate bad.csv -o made
      expect 1 "$message" correlate x.csv bad.csv -o made
      expect 1 "$message" deconvolve bad.csv -o made
      expect 1 "$message" reliability x.csv bad.csv -o made
      expect 1 "$message" enrich --expression bad.csv --method zscore --sets sets.gmt -o made
      expect 1 "$message" enrich --ranks bad.csv --sets sets.gmt -o made
    fi
    [ ! -e made ] || complain "$what: something was written"
    rm -rf made bad.csv
  done
done < <(forms)

# ---- follow-up that is none
while IFS='|' read -r row column value message; do
  with "$row" "$column" "$value" c.csv >bad.csv
  both 1 "bad.csv: $message" f.csv bad.csv
done <<'END'
4|2|-3|row 4, column "time": the time -3 is negative
4|2||row 4, column "time": the value is missing
4|2|NA|row 4, column "time": the value is missing
4|2|soon|row 4, column "time": "soon" is not a number
4|2|inf|row 4, column "time": "inf" is not a number
4|2|0x1p3|row 4, column "time": "0x1p3" is not a number
4|2|1e999|row 4, column "time": "1e999" is out of range
4|2|60000|row 4, column "time": the time 60000 is more than 150 years; are its unit and --time-unit the same
4|3|2|row 4, column "event": the event is 2, expected 0 or 1
4|3|0.5|row 4, column "event": the event is 0.5, expected 0 or 1
4|3|dead|row 4, column "event": "dead" is not a number
4|1||row 4, column "case": the value is missing
4|1| P2|row 4, column "case": " P2" begins or ends with a blank
4|1|P1|rows 3 and 4 have the same "case"
END
awk -F, -v OFS=, 'NR > 1 { $3 = 0 } { print }' c.csv >bad.csv
both 1 'none of the 60 patients has an event \(column "event"\)' f.csv bad.csv
awk -F, -v OFS=, 'NR > 1 { $2 = 0 } { print }' c.csv >bad.csv
both 1 'all 60 times are 0 \(column "time"\)' f.csv bad.csv
awk -F, -v OFS=, 'NR > 1 { $2 /= 365.25 } { print }' c.csv >years.csv
both 0 'the longest follow-up is 0.0[0-9] years' f.csv years.csv               # years that are taken for days
expect 1 'are its unit and --time-unit the same' validate model.yaml --features f.csv --clinical c.csv --time-unit years -o made
both 1 'no column "time"; there are 4: case' f.csv f.csv                       # the same table twice
both 1 "no column \"$a\"; there are 4: case" c.csv c.csv
both 1 'no column "time"' c.csv f.csv                                           # swapped
sed 's/^P/Q/' c.csv >bad.csv
both 1 'f.csv \(60 rows used\) and bad.csv \(60 rows\) have no "case" in common' f.csv bad.csv
sed '5,9s/^P/Q/' c.csv >bad.csv
both 0 'without a partner' f.csv bad.csv

# ---- features that are none
while IFS='|' read -r row column value message; do
  with "$row" "$column" "$value" f.csv >bad.csv
  both 1 "bad.csv: $message" bad.csv c.csv
done <<END
5|3||row 5, column "$b": the value is missing
5|3|NaN|row 5, column "$b": the value is missing
5|3|-Inf|row 5, column "$b": "-Inf" is not a number
5|3|n.d.|row 5, column "$b": "n.d." is not a number
5|3|1e300|row 5, column "$b": "1e300" is out of range
5|3|"0,5"|row 5, column "$b": "0,5" is not a number
5|1|P2|rows 4 and 5 have the same "case"
END
with 5 3 '' f.csv >bad.csv
expect 3 '1 of 60 rows could not be scored; see the column notes' predict --model model.yaml --features bad.csv
awk -F, 'NR == 5 && $2 == "" && /no value/ { ok = 1 } END { exit !ok }' out || complain "notes: $(sed -n 5p out)"
awk -F, -v OFS=, 'NR > 1 { $3 = 5 } { print }' f.csv >bad.csv
both 1 "column \"$b\" is constant \(5 in all 60 patients\)" bad.csv c.csv
awk -F, -v OFS=, 'NR > 1 { $3 = 2 * $2 + 1 } { print }' f.csv >bad.csv
expect 1 "feature $b is determined by $a: leave one of them out" train --features bad.csv --clinical c.csv $train
awk -F, -v OFS=, 'NR > 1 { $3 *= 1000 } { print }' f.csv >bad.csv               # mm for m
expect 0 "warning: 1 feature is far from any training patient, as $b: .* are units, tool and settings the same" \
  validate model.yaml --features bad.csv --clinical c.csv -o made
grep -q 'far from any training patient' made || complain "the page does not keep the warning"
expect 0 '60 of 60|outside of what the model is for' predict --model model.yaml --features bad.csv

# ---- too little, or too good
awk -F, -v OFS=, 'NR > 1 { $3 = NR < 3 } { print }' c.csv >bad.csv
expect 1 '2 features and 1 events; a fit needs fewer features than events' train --features f.csv --clinical bad.csv $train
expect 0 'warning: 1 events: with fewer than 100 no validation tells much' validate model.yaml --features f.csv --clinical bad.csv -o made
awk -F, -v OFS=, 'NR == FNR { x[$1] = $2; next } FNR > 1 { $3 = x[$1] > 0.8; $2 = int(1000 - 200 * x[$1]) } { print }' f.csv c.csv >bad.csv
expect 1 "separates? the events perfectly" train --features f.csv \
  --clinical bad.csv --use $a --horizons 1 --bootstrap 0 -o none
expect 0 "warning: the hazard ratio is by Firth's penalised likelihood: of 30 low and 30 high risk patients 0 and [0-9]+ have" validate model.yaml --features f.csv --clinical bad.csv -o made
[ ! -e none ] || complain "a model was written of a monotone likelihood"

# ---- what spreadsheets write and is fine: the same model comes of it
expect 0 '' train --features f.csv --clinical c.csv $train
mv made want.yaml
numbers() { sed '/sha256/d' "$1"; }
sed 's/$/\r/' f.csv >crlf.csv
(printf '\xef\xbb\xbf'; cat f.csv) >mark.csv
with 5 4 $'"two\nlines"' f.csv >lines.csv
sed 's/\([^,]*\)/"\1"/g' f.csv >quoted.csv
for file in crlf mark lines quoted; do
  expect 0 '' train --features $file.csv --clinical c.csv $train
  cmp -s <(numbers made) <(numbers want.yaml) || complain "$file.csv gave another model"
done

# ---- whole matrices
rm -f made
while IFS='|' read -r row column value message; do
  with "$row" "$column" "$value" x.csv >bad.csv
  for args in 'cluster bad.csv -o made --repeats 5 --max-k 2' 'deconvolve bad.csv -o made' \
    'enrich --expression bad.csv --method zscore --sets sets.gmt -o made'; do
    expect 1 "bad.csv: $message" $args
    [ ! -e made ] || complain "$args: something was written"
  done
done <<'END'
5|3||row 5, column "s1": the value is missing
5|3|nan|row 5, column "s1": the value is missing
5|3|inf|row 5, column "s1": "inf" is not a number
5|3|1e305|row 5, column "s1": "1e305" is out of range
5|3|high|row 5, column "s1": "high" is not a number
5|1||row 5, column "gene": the value is missing
5|1| |row 5, column "gene": " " begins or ends with a blank
5|1|g2|rows 4 and 5 have the same name
END
with 5 3 high x.csv >bad.csv                        # no column may vanish for one cell
expect 1 'bad.csv: row 5, column "s1": "high" is not a number' correlate bad.csv -o made
expect 1 'bad.csv: row 5, column "s1": "high" is not a number' reliability x.csv bad.csv -o made
with 5 1 '' x.csv >bad.csv
expect 1 'bad.csv: row 5, column "gene": the value is missing' reliability x.csv bad.csv -o made
expect 1 'bad.csv: row 5, column "gene": the value is missing' correlate bad.csv -o made
with 5 3 -4 x.csv >bad.csv
expect 1 'bad.csv: row 5, column "s1": -4, expected expression of at least 0, or --log2' deconvolve bad.csv -o made
with 5 3 400 x.csv >bad.csv
expect 1 'bad.csv: row 5, column "s1": 400, expected a logarithm to the base 2' deconvolve bad.csv --log2 -o made
awk -F, -v OFS=, 'NR > 1 { for (j = 2; j <= NF; j++) $j = 7 } { print }' x.csv >bad.csv
expect 1 'bad.csv: all 12 features of patient "g0" are 7: it has no correlation' cluster bad.csv -o made
expect 1 '' deconvolve bad.csv -o made
awk -F, -v OFS=, 'NR > 1 { for (j = 2; j <= NF; j++) $j = 0 } { print }' x.csv >bad.csv
expect 1 'no gene of 60 has any expression' deconvolve bad.csv -o made
head -2 x.csv >bad.csv
expect 1 'of 1 items a draw are not enough' cluster bad.csv -o made
expect 1 '1 patients in common, expected at least 3' correlate bad.csv -o made
expect 1 '1 genes in 12 samples' deconvolve bad.csv -o made
expect 1 '1 rows stand in every table, at least 2' reliability x.csv bad.csv -o made
expect 1 'row 2, column "stage": "II" is not a number' cluster c.csv -o made
[ ! -e made ] || [ -f made ] || complain "a folder was made for nothing"
[ $status -eq 0 ] && echo passed
exit $status
