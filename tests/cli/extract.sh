#!/bin/bash
# Lists of images and masks as a researcher meets them: labels, further columns, bad rows, several
# workers, one that dies, an interruption, and how it goes on. The images are made here.
set -eu
prognode=$1
work=$(mktemp -d "${TMPDIR:-/tmp}/prognode-list.XXXXXX")
running=""
clean_up() { [ -z "$running" ] || kill -9 "$running" 2>/dev/null || true; rm -rf "$work"; }
trap clean_up EXIT
fail() { echo "FAILED: $*"; [ ! -s "$work/err" ] || cat "$work/err"; exit 1; }
# runs CODE ARGUMENTS: extract ends with this code; stderr in $work/err
runs() {
  local want=$1 code=0; shift
  "$prognode" extract "$@" 2> "$work/err" || code=$?
  [ $code -eq "$want" ] || fail "exit $code of: extract $*"
}
says() { grep -qE "$1" "$work/err" || fail "expected /$1/"; }
lines() { [ "$(wc -l < "$1")" -eq "$2" ] || fail "$1 has $(wc -l < "$1") lines, expected $2"; }

# volume NAME TYPE EXPRESSION: 12 x 10 x 6 voxels of x, y, z
volume() {
  { printf 'NRRD0004\ntype: %s\ndimension: 3\nspace: left-posterior-superior\nsizes: 12 10 6\n' "$2"
    printf 'space directions: (1,0,0) (0,1,0) (0,0,2)\nspace origin: (0,0,0)\nencoding: ascii\n\n'
    awk 'BEGIN { for (z = 0; z < 6; z++) for (y = 0; y < 10; y++) for (x = 0; x < 12; x++) print '"$3"' }'; } > "$work/$1"
}
volume a.nrrd short '(x * 37 + y * 91 + z * 53 + x * y * z) % 400'
volume b.nrrd short '(x * x * 7 + y * 19 + z * 3) % 300'
volume mask.nrrd uchar '(x > 1 && x < 7 && y > 1 && z > 0) ? 1 : (x > 7 && y > 2) ? 5 : 0'

# --- One pair, in each way to say it; labels
runs 0 --image "$work/a.nrrd" --mask "$work/mask.nrrd" -o "$work/one.csv"
runs 0 "$work/a.nrrd" "$work/mask.nrrd" -o "$work/two.csv"
cmp "$work/one.csv" "$work/two.csv" || fail "the two ways differ"
lines "$work/one.csv" 2
[ "$(stat -c %a "$work/one.csv")" = 600 ] || fail "others may read the table: $(stat -c %a "$work/one.csv")"
[ ! -e "$work/one.csv.partial" ] || fail "a journal is left"
runs 0 "$work/a.nrrd" "$work/mask.nrrd" --label all -o "$work/all.csv"
lines "$work/all.csv" 3
cut -d, -f3 "$work/all.csv" | tr '\n' ' ' | grep -qx 'Label 1 5 ' || fail "labels: $(cut -d, -f3 "$work/all.csv")"
runs 3 "$work/a.nrrd" "$work/mask.nrrd" --label 5,7 -o "$work/some.csv"
says 'label 7: .*no voxel of label 7; its labels: 1, 5'
head -1 "$work/some.csv" | grep -q 'diagnostics_Error' || fail "no column that says why"
rm -f "$work"/*.partial
# A label beyond 8 bits, and a mask of reals: the same region, the same values.
volume many.nrrd 'unsigned short' '(x > 1 && x < 7 && y > 1 && z > 0) ? 300 : (x > 7 && y > 2) ? 70 : 0'
volume real.nrrd float '(x > 1 && x < 7 && y > 1 && z > 0) ? 1.9 : (x > 7 && y > 2) ? 5 : -1'
for other in 'many.nrrd --label 300' 'real.nrrd --label 1'; do
  set -- $other
  runs 0 "$work/a.nrrd" "$work/$1" $2 $3 -f long -o "$work/other.csv"
  runs 0 "$work/a.nrrd" "$work/mask.nrrd" --label 1 -f long -o "$work/same.csv"
  cmp <(rev "$work/other.csv" | cut -d, -f1-5) <(rev "$work/same.csv" | cut -d, -f1-5) || fail "$other gives other values"
done

# --- The same numbers in all three forms
runs 0 "$work/a.nrrd" "$work/mask.nrrd" -o "$work/one.json"
runs 0 "$work/a.nrrd" "$work/mask.nrrd" -f long -o "$work/long.csv"
value=$(sed -n 's/.*"original_glcm_Contrast": \([^,]*\),*$/\1/p' "$work/one.json")
[ -n "$value" ] || fail "no value in the JSON"
grep -q ",original_glcm_Contrast,ACUI,,$value,\$" "$work/long.csv" || fail "the long form: $(grep glcm_Contrast "$work/long.csv")"
grep -q ",$value," "$work/one.csv" || fail "the CSV has no $value"
lines "$work/long.csv" 108
# one voxel: what has no value says why
volume point.nrrd uchar '(x == 5 && y == 5 && z == 3) ? 1 : 0'
printf '{bins: {size: 25}, round_intensities: true}\n' > "$work/ibsi.yaml"
runs 0 "$work/a.nrrd" "$work/point.nrrd" --profile ibsi -p "$work/ibsi.yaml" -f long -o "$work/point.csv"
grep -q ',morph_moran_i,[A-Z0-9]*,[A-Z0-9]*,,no value for this region$' "$work/point.csv" || fail "no reason: $(grep moran "$work/point.csv")"
grep -q ',stat_mean,[A-Z0-9]*,[A-Z0-9]*,[0-9.]*,$' "$work/point.csv" || fail "$(grep stat_mean "$work/point.csv")"

# --- A list: paths beside it, further columns, a bad row, a bad label, workers
mkdir "$work/lists"
cat > "$work/lists/list.csv" <<CSV
Image,Mask,Label,Site
../a.nrrd,../mask.nrrd,1,"North, upper"
../none.nrrd,../mask.nrrd,1,x
../b.nrrd,../mask.nrrd,5,
../b.nrrd,../mask.nrrd,9,x
../a.nrrd,../b.nrrd,,x
CSV
runs 3 "$work/lists/list.csv" -o "$work/list.csv"
says 'row 3: .*none.nrrd'
says 'row 5: .*label 9'
says 'list.csv.partial is kept'
lines "$work/list.csv" 6
grep -q "^$work/a.nrrd,$work/mask.nrrd,1,\"North, upper\"," "$work/list.csv" || fail "columns of the list"
rm "$work/list.csv.partial"
runs 3 --batch "$work/lists/list.csv" -o "$work/jobs.csv" -j 3
cmp "$work/list.csv" "$work/jobs.csv" || fail "the output depends on the number of workers"
runs 3 --batch "$work/lists/list.csv" -q > /dev/null
"$prognode" extract "$work/lists/list.csv" -q 2> /dev/null | cmp - "$work/list.csv" || fail "stdout differs from the file"

# --- What a region must have, and what memory must not be asked for
printf 'setting: {minimumROISize: 199}\n' > "$work/size.yaml"
runs 3 "$work/lists/list.csv" -p "$work/size.yaml" -o "$work/size.csv"
says 'row 4: .*168 voxels, minimumROISize asks for more than 199'
grep -q "^$work/a.nrrd,.*,\"North, upper\",0" "$work/size.csv" || fail "the large region is not measured"
printf 'setting: {binWidth: 1.0e-9}\n' > "$work/bins.yaml"
runs 1 "$work/a.nrrd" "$work/mask.nrrd" -p "$work/bins.yaml" -o "$work/no.csv"
says '[0-9]{12} grey levels of width 1e-09'
rm -f "$work/size.csv.partial"

# --- Resume: only what failed, and what changed, is measured again
volume none.nrrd short 'x + y + z'
runs 3 --batch "$work/lists/list.csv" -o "$work/jobs.csv" --resume
says '3 of 5 cases were done before'
runs 3 --batch "$work/lists/list.csv" -o "$work/jobs.csv" --resume
says '4 of 5 cases were done before'
touch "$work/b.nrrd"
runs 3 --batch "$work/lists/list.csv" -o "$work/jobs.csv" --resume
says '1 of 5 cases were done before|2 of 5 cases were done before'
printf 'setting: {binWidth: 10}\n' > "$work/other.yaml"
runs 3 --batch "$work/lists/list.csv" -o "$work/jobs.csv" -p "$work/other.yaml" --resume
grep -q 'were done before' "$work/err" && fail "results of other settings were kept"
printf '{"case":0,"key":"x","rows":[{"code":0' >> "$work/jobs.csv.partial"
runs 3 --batch "$work/lists/list.csv" -o "$work/jobs.csv" -p "$work/other.yaml" --resume
says '4 of 5 cases were done before'

# --- A DICOM folder with its contour object in a list: by name of the region, and measured again where
# one of its images changed
"$prognode" phantom -o "$work/p" --seed 100 --size small --contour both > /dev/null
contour=$(grep -rlE 'RTSTRUCT' "$work/p" | head -1)
images=$(dirname "$contour")
printf 'Image,Mask,ROI,case\n%s,%s,GTV*,first\n%s,%s,Nose,second\n' "$images" "$contour" "$images" "$contour" > "$work/dicom.csv"
runs 3 "$work/dicom.csv" -o "$work/dicom_out.csv"
says 'row 3: .*no region named "Nose"'
head -1 "$work/dicom_out.csv" | grep -q '^Image,Mask,ROI,case,roi,image_series,contour_sop,diagnostics_' || fail "columns of DICOM rows"
grep -q 'GTV\*,first,GTV-1,2.25' "$work/dicom_out.csv" || fail "$(cut -c1-300 "$work/dicom_out.csv")"
runs 3 "$work/dicom.csv" -o "$work/dicom_out.csv" --resume
says '1 of 2 cases were done before'
touch "$(find "$images" -name 'ct*' | head -1)"
runs 3 "$work/dicom.csv" -o "$work/dicom_out.csv" --resume
grep -q 'were done before' "$work/err" && fail "a changed image is not seen"

# --- What takes long: a worker that dies costs its case; Ctrl-C leaves no file and can be gone on from
{ printf 'NRRD0004\ntype: uchar\ndimension: 3\nsizes: 256 256 40\nspacings: 1 1 1\nencoding: raw\n\n'
  head -c 2621440 /dev/urandom; } > "$work/big.nrrd"
{ printf 'NRRD0004\ntype: uchar\ndimension: 3\nsizes: 256 256 40\nspacings: 1 1 1\nencoding: raw\n\n'
  head -c 2621440 /dev/zero | tr '\0' '\1'; } > "$work/bigmask.nrrd"
printf 'imageType: {Original: {}, Wavelet: {}, LoG: {sigma: [1, 2, 3, 4, 5]}, LBP3D: {}, Gradient: {}}\nsetting: {binWidth: 2}\n' > "$work/slow.yaml"
cat > "$work/slow.csv" <<CSV
Image,Mask
$work/a.nrrd,$work/mask.nrrd
$work/big.nrrd,$work/bigmask.nrrd
$work/b.nrrd,$work/mask.nrrd
CSV
begin() {
  rm -f "$work/slow_out.csv.partial"
  "$prognode" extract --batch "$work/slow.csv" -p "$work/slow.yaml" -o "$work/slow_out.csv" "$@" 2> "$work/err" & running=$!
  for i in $(seq 600); do
    [ -s "$work/slow_out.csv.partial" ] && break
    sleep 0.1
  done
  sleep 0.3
}
ends() { local want=$1 code=0; wait "$running" || code=$?; running=""; [ $code -eq "$want" ] || fail "exit $code, expected $want"; }

begin
worker=$(pgrep -P "$running" | head -1)
[ -n "$worker" ] || fail "no worker"
kill -9 "$worker"
ends 3
says 'row 3: .*process died: signal 9'
lines "$work/slow_out.csv" 4
rm "$work/slow_out.csv" "$work/slow_out.csv.partial"

begin
"$prognode" extract --batch "$work/slow.csv" -o "$work/slow_out.csv" 2> "$work/err2" && fail "two at once for one output"
grep -q 'another extract is at work' "$work/err2" || fail "$(cat "$work/err2")"
workers=$(pgrep -P "$running")
kill -INT "$running"
ends 130
says 'stopped: [12] of 3 cases are done; --resume goes on'
for w in $workers; do kill -0 "$w" 2> /dev/null && fail "worker $w goes on after Ctrl-C"; done
ls "$work"/slow_out.csv "$work"/slow_out.csv.*.tmp > /dev/null 2>&1 && fail "a half-written file is left"
sed -i '/big/d' "$work/slow.csv"
runs 0 --batch "$work/slow.csv" -p "$work/slow.yaml" -o "$work/slow_out.csv" --resume
says '[12] of 2 cases were done before'
lines "$work/slow_out.csv" 3
[ ! -e "$work/slow_out.csv.partial" ] || fail "a journal is left"

# A kill leaves no worker behind, and what was done counts.
printf '%s,%s\n' "$work/big.nrrd" "$work/bigmask.nrrd" >> "$work/slow.csv"
begin
workers=$(pgrep -P "$running")
kill -9 "$running"
ends 137
for i in $(seq 50); do alive=""; for w in $workers; do kill -0 "$w" 2> /dev/null && alive=$w; done; [ -z "$alive" ] && break; sleep 0.1; done
[ -z "$alive" ] || fail "worker $alive outlives its parent"
sed -i '/big/d' "$work/slow.csv"
runs 0 --batch "$work/slow.csv" -p "$work/slow.yaml" -o "$work/slow_out.csv" --resume
says '[12] of 2 cases were done before'

# --- Wrong use
runs 2 --image "$work/a.nrrd";                    says 'go together'
runs 2 "$work/a.nrrd";                            says 'needs its mask'
runs 2 "$work/p" "$work/a.nrrd" "$work/b.nrrd";   says 'a.nrrd: an image needs its mask'
runs 1 "$images" "$work/mask.nrrd" -o "$work/no.csv"; says 'geometry: .*in the image'
runs 2 "$work" --batch "$work/slow.csv";          says 'exclude each other'
runs 2 "$work" --label 1;                         says 'for masks'
runs 2 --batch "$work/slow.csv" --jobs 0;         says 'jobs 0: expected 1 to 256'
runs 2 --batch "$work/slow.csv" --label 1,x;      says 'label 1,x'
runs 2 --batch "$work/slow.csv" --profile mirp;   says 'mirp: expected pyradiomics or ibsi'
runs 2 --batch "$work/slow.csv" --format xls;     says 'xls: expected csv, long or json'
runs 2 --batch "$work/slow.csv" --resume;         says 'resume needs'
runs 2 --batch "$work/slow.csv" --profile ibsi -p "$work/slow.yaml"; says 'slow.yaml:1:1: imageType: unknown key'
runs 1 --batch "$work/mask.nrrd";                 says 'mask.nrrd'
printf 'Image,Mask,Label\na,b,none\n' > "$work/label.csv"
runs 1 --batch "$work/label.csv";                 says 'row 2, column "Label": "none"'
printf 'image,mask\na,b\n' > "$work/names.csv"
runs 1 --batch "$work/names.csv";                 says 'Image'
runs 1 "$work/a.nrrd" "$work/a.nrrd" --label 100000 -o "$work/no.csv"; says 'nothing was measured'
echo passed
