#!/bin/bash
# prognode init: answers from a pipe and from options, wrong ones asked again, nothing written where
# something is wrong; every file written passes check-config. And the schema that editors check it by.
#   init.sh PROGNODE SOURCE
prognode=$1 source=$2 verb=init
. "$(dirname "$0")/stderr.sh"
mkdir models
cp "$source/config/models/example-phantom.yaml" models/

# asks LINES ARGS...: init with these lines as answers; out and err are left, and the exit code in $code
asks() {
  lines=$1
  shift
  printf "$lines" | "$prognode" init "$@" >out 2>err
  code=$?
}
passes() {
  [ "$code" -eq 0 ] || complain "$1: exit $code: $(cat err)"
  "$prognode" check-config "$1" >checked 2>&1 || complain "$1 does not pass check-config: $(cat checked)"
  [ "$(stat -c %a "$1")" = 600 ] || complain "$1 has mode $(stat -c %a "$1"), expected 600"
}
nothing() {
  [ "$code" -eq 2 ] || complain "$1: exit $code, expected 2: $(cat err)"
  [ ! -e "$2" ] || complain "$1: $2 was written"
  [ -z "$(find . -name '*.tmp')" ] || complain "$1: a temporary file stays"
}

# Seven empty lines: the defaults, which are the reference's.
asks '\n\n\n\n\n\n\n'
passes prognode.yaml
grep -q '^node     PROGNODE on 127.0.0.1 port 11112' checked || complain "defaults: $(cat checked)"
grep -q '^archive  pacs: ORTHANC at 127.0.0.1 port 4242' checked || complain "defaults: $(cat checked)"
grep -q '^spool    /var/lib/prognode$' checked || complain "defaults: $(cat checked)"
for next in check-config doctor serve; do
  grep -q "prognode $next .*prognode.yaml" out || complain "does not tell of $next: $(cat out)"
done
[ "$(grep -o '\[PROGNODE\]' out | wc -l)" -eq 1 ] || complain "the default does not stand in the question"
"$prognode" init --yes -o yes.yaml >out 2>err </dev/null
code=$?
passes yes.yaml
cmp -s prognode.yaml yes.yaml || complain "--yes writes other than the defaults"

# An existing file stays, a link to nowhere too.
echo mine >prognode.yaml
asks '\n\n\n\n\n\n\n'
[ "$code" -eq 2 ] && [ "$(cat prognode.yaml)" = mine ] || complain "an existing file was replaced"
grep -q 'prognode.yaml exists' err || complain "existing: $(cat err)"
ln -s nowhere link.yaml
expect 2 'link.yaml exists' --yes -o link.yaml
expect 0 '' --yes --force
code=0; passes prognode.yaml

# Answers, with wrong ones between that are asked again, by the words of check-config.
asks 'A\\B\nNODE "7"\n70000\n104 # x\n0\n2104\nPACS\nno host\npacs.example\nx\n104\nnowhere.yaml\nmodels/example-phantom.yaml\nspool\n' -o own.yaml
passes own.yaml
for words in 'node.ae_title: got "A.*expected an AE title' 'node.port: got "70000", expected an integer 0 to 65535' \
             'node.port: got "104 # x", expected' 'node.port: got 0 here and in tls' 'host: got "no host", expected a host name' \
             'archives\[0\].port: got "x", expected an integer 1 to 65535' 'nowhere.yaml: No such file'; do
  grep -qE "^  .*$words" err || complain "not told: $words in $(cat err)"
done
[ "$(wc -l <err)" -eq 7 ] || complain "seven wrong answers: $(cat err)"
grep -q '^node     NODE "7" on 127.0.0.1 port 2104' checked || complain "answers: $(cat checked)"
grep -q '^archive  pacs: PACS at pacs.example port 104' checked || complain "answers: $(cat checked)"
grep -q "^spool    $work/spool\$" checked || complain "answers: $(cat checked)"

# No more lines: nothing is written, also after a wrong answer that nobody mends, or one too long.
asks 'NODE\n' -o end.yaml
nothing 'end of input' end.yaml
grep -q 'no more answers' err || complain "end of input: $(cat err)"
asks '\n70000\n' -o end.yaml
nothing 'end after a wrong answer' end.yaml
asks "$(printf '%5000s' | tr ' ' A)\nSHORT\n\n\n\n\n\n\n" -o long.yaml
passes long.yaml
grep -q 'longer than 1023 bytes' err && grep -q '^node     SHORT ' checked || complain "a long line: $(cat err checked)"

# Options answer without asking; the rest is asked.
asks '\n\n\n' -o some.yaml --ae-title ONE --port 1104 --archive-ae-title TWO --archive-host 10.0.0.2
passes some.yaml
grep -q 'AE title of' out && complain "asked for what an option told"
grep -q '^archive  pacs: TWO at 10.0.0.2 port 4242' checked || complain "options: $(cat checked)"
expect 2 '--port: node.port: got "x"' --port x --yes -o bad.yaml
expect 2 '--archive-port: archives\[0\].port: got "0"' --archive-port 0 --yes -o bad.yaml
expect 2 '--model: .*none.yaml: No such file' --model none.yaml --yes -o bad.yaml
expect 2 'contours is "a,,b"' --contours a,,b --yes -o bad.yaml
expect 2 'no argument expected' stray
expect 1 'nowhere' --yes --model "$work/models/example-phantom.yaml" -o nowhere/prognode.yaml
[ ! -e bad.yaml ] || complain "written in spite of a wrong option"
expect 0 '' --yes -o contours.yaml --contours 'GTV*,my "tumour"'
code=0; passes contours.yaml
grep -q 'contours "GTV\*", "my "tumour""$' checked || complain "contours: $(cat checked)"

# A model that names no contours is refused without --contours, as check-config refuses it.
sed 's/^  contours: .*/  contours: []/' models/example-phantom.yaml >models/mute.yaml
expect 2 'it would never run' --yes --model models/mute.yaml -o mute.yaml
[ ! -e mute.yaml ] || complain "a file that does not pass check-config was written"
expect 0 '' --yes --model models/mute.yaml -o mute.yaml --contours GTV
code=0; passes mute.yaml

# Neither beside the file nor installed: there is no default to take.
mkdir empty
if [ ! -e "$(dirname "$prognode")/../share/prognode" ]; then
  expect 2 'model is missing' --yes -o empty/prognode.yaml
fi

# The schema: JSON, and every key of the reference stands in it and the other way round.
"$prognode" check-config --schema >schema.json || complain "check-config --schema: exit $?"
"$prognode" check-config --reference >reference.yaml
jq -e '."$schema" == "http://json-schema.org/draft-07/schema#"' schema.json >/dev/null || complain "the schema is no JSON"
jq -r '.. | .properties? // empty | keys[]' schema.json | sort >in_schema
grep -oE '^ *[a-z_0-9]+:' reference.yaml | tr -d ' :' | sort >in_reference
cmp -s in_schema in_reference || complain "keys: $(diff in_schema in_reference)"
[ "$(jq '[.. | objects | select(has("properties")) | .additionalProperties == false] | all' schema.json)" = true ] ||
  complain "the schema lets unknown keys pass"
jq -e '.properties.archives.items | .required == ["name", "ae_title", "host", "port"] and
       .properties.query.enum == ["none", "move", "get"] and .properties.port.maximum == 65535' schema.json >/dev/null ||
  complain "archives in the schema: $(jq .properties.archives.items schema.json)"
jq -e '.required == ["node", "spool", "archives", "models"]' schema.json >/dev/null || complain "required: $(jq .required schema.json)"

if ! python3 -c 'import jsonschema, yaml' 2>/dev/null; then
  echo "python3-jsonschema or python3-yaml is absent: files are not held against the schema"
  exit $status
fi
cat >judge.py <<'P'
import json, sys, warnings
warnings.simplefilter("ignore")
import jsonschema, yaml
schema = json.load(open("schema.json"))
jsonschema.Draft7Validator.check_schema(schema)
for name in sys.argv[1:]:
    for e in jsonschema.Draft7Validator(schema).iter_errors(yaml.safe_load(open(name))):
        print(name, list(e.path), e.message)
P
good="prognode.yaml own.yaml contours.yaml reference.yaml $source/config/prognode.example.yaml"
found=$(python3 judge.py $good 2>&1)
[ -z "$found" ] || complain "what is right does not fit the schema: $found"
# What both the schema and the reader refuse.
wrong() {
  sed "$1" own.yaml >wrong.yaml
  cmp -s own.yaml wrong.yaml && complain "$1 changes nothing"
  [ -n "$(python3 judge.py wrong.yaml 2>&1)" ] || complain "$1 fits the schema"
  "$prognode" check-config wrong.yaml >/dev/null 2>&1 && complain "$1 passes check-config"
}
wrong 's/^  port: 2104/  port: 70000/'
wrong 's/^  port: 2104/  prot: 2104/'
wrong 's/query: none/query: nope/'
wrong 's/^    port: 104//'
wrong 's/^  folder: .*/  folder: ""/'
wrong 's/^  folder: .*/&\n  reserve: 5 GB/'
wrong 's/ae_title: "PACS"/ae_title: "SEVENTEENLETTERSX"/'
wrong '/^models:/,$d'
exit $status
