#!/bin/bash
# prognode model, and a node that runs signed models only: what is signed runs, and nothing else.
# usage: model.sh PROGNODE SOURCE
prognode=$1 source_dir=$2
verb=model
. "$(dirname "$0")/stderr.sh"
command -v openssl > /dev/null || { echo "SKIPPED: openssl is not installed"; exit 77; }

cp "$source_dir/config/models/example-phantom.yaml" m.yaml
for k in a b; do
  openssl genpkey -algorithm ed25519 -out $k.pem 2> /dev/null && chmod 600 $k.pem
  openssl pkey -in $k.pem -pubout -out $k.pub
done
openssl genpkey -algorithm RSA -out rsa.pem 2> /dev/null && chmod 600 rsa.pem
openssl pkey -in rsa.pem -pubout -out rsa.pub

expect 2 'show, sign or verify' frobnicate m.yaml
expect 2 'one model file' show
expect 2 'key is missing' sign m.yaml
expect 2 'are for sign, not for show' show m.yaml --key a.pem
expect 2 'are for verify, not for sign' sign m.yaml --key a.pem --trust a.pub
expect 1 'none.yaml' show none.yaml
expect 1 'a.pem:1:1' show a.pem

# All that the file says in its features stands in what is shown.
expect 0 '' show m.yaml
for word in $(sed -n 's/^ *- name: //p' m.yaml) $(sed -n 's/^  id: "*\([^"]*\)"*/\1/p' m.yaml) "$(sha256sum m.yaml | cut -d' ' -f1)" 'research only' 'signature  none'; do
  grep -qF -- "$word" out || complain "show lacks $word"
done

expect 0 '' verify m.yaml
grep -q 'signature  none' out || complain "verify of an unsigned model: $(cat out)"
expect 1 'm.yaml is not signed: there is no m.yaml.sig' verify m.yaml --trust a.pub
expect 1 'rsa.pem holds a key of the algorithm RSA, expected Ed25519' sign m.yaml --key rsa.pem
expect 1 'none.pem' sign m.yaml --key none.pem
expect 1 'a.pub:1:1' sign a.pub --key a.pem
[ ! -e m.yaml.sig ] || complain "a failed sign left a signature"
expect 0 '' sign m.yaml --key a.pem
fingerprint=$(openssl pkey -in a.pem -pubout -outform DER | sha256sum | cut -d' ' -f1)
grep -qF "$fingerprint" m.yaml.sig || complain "the signature names another key than $fingerprint: $(cat m.yaml.sig)"
expect 0 '' verify m.yaml --trust b.pub --trust a.pub
grep -qF "signature  good: of the key $fingerprint (a.pub)" out || complain "verify: $(cat out)"
expect 0 '' verify m.yaml
grep -q 'not checked' out || complain "verify without keys: $(cat out)"
expect 0 '' show m.yaml
grep -qF "$fingerprint" out || complain "show does not name the key"
expect 1 'none of the 1 trusted ones' verify m.yaml --trust b.pub
expect 1 'rsa.pub holds a key of the algorithm RSA' verify m.yaml --trust rsa.pub
expect 1 'holds a private key' verify m.yaml --trust a.pem

# A committee of networks, with variables that are not of the image.
schema3=$source_dir/tests/fuzz/corpus/model/schema3.yaml
expect 0 '' verify "$schema3"
grep -q 'cases.clinical_table.*: CEA$' out && grep -q "header: PatientAge$" out || complain "needs: $(cat out)"
expect 0 '' verify m.yaml
grep -q 'a node can run it alone' out || complain "needs: $(cat out)"
expect 0 '' show "$schema3"
for word in 'PatientAge *patient ' 'CEA *table ' '2 networks' 'A. Nobody' '0.5 to 0.7' 'out of fold'; do
  grep -qE -- "$word" out || complain "show lacks $word: $(cat out)"
done

# OpenSSL alone finds it good, as docs/MODEL.md says, and not without the line before the file.
sed -n 's/^signature: //p' m.yaml.sig | base64 -d > raw
(printf 'prognode model file v1\n'; cat m.yaml) > said
openssl pkeyutl -verify -rawin -in said -pubin -inkey a.pub -sigfile raw > out 2>&1 || complain "openssl: $(cat out)"
openssl pkeyutl -verify -rawin -in m.yaml -pubin -inkey a.pub -sigfile raw > out 2>&1 && complain "good without its purpose"

# A comment more is another file; a signature of another model, or a cut one, is none.
cp m.yaml changed.yaml && echo '# x' >> changed.yaml && cp m.yaml.sig changed.yaml.sig
expect 1 'changed.yaml is not the file that was signed' verify changed.yaml --trust a.pub
expect 1 'changed.yaml is not the file that was signed' verify changed.yaml
head -c 100 m.yaml.sig > cut.sig
expect 1 'cut.sig:3: ' verify m.yaml --trust a.pub --signature cut.sig
yes | head -c 5000 > long.sig
expect 1 'long.sig has 5000 bytes' verify m.yaml --trust a.pub --signature long.sig

# The node.
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])' 2> /dev/null || echo 11999)
node() {    # node MODEL KEY...
  file=$1 && shift
  cat > node.yaml <<EOF
node: {ae_title: PROGNODE, port: $port}
spool: {folder: spool, reserve: 0}
archives: [{name: pacs, ae_title: PACS, host: 127.0.0.1, port: 1}]
models: [{file: $file, contours: ["GTV*"]}]
signatures: {require: true, trusted_keys: [$(echo "$@" | tr ' ' ',')]}
EOF
}
verb=
refused() {    # refused PATTERN: at check-config and at the start, with the same words
  expect 2 "$1" check-config node.yaml
  expect 2 "$1" serve --config node.yaml
  [ ! -e spool/prognode.db ] || complain "the refused node has made a database: $1"
}
cp m.yaml unsigned.yaml
node unsigned.yaml a.pub && refused 'unsigned.yaml is not signed.*unsigned.yaml.sig'
node changed.yaml a.pub && refused 'changed.yaml is not the file that was signed'
node m.yaml b.pub && refused "m.yaml is signed with the key $fingerprint, which is none of the 1 trusted"
node m.yaml a.pub rsa.pub && refused 'rsa.pub holds a key of the algorithm RSA'
node m.yaml none.pub && refused 'none.pub'
node m.yaml a.pem && refused 'a.pem holds a private key'
# A signature is looked at before the model: what is not signed is not parsed.
echo 'schema: [' > broken.yaml
node broken.yaml a.pub && refused 'broken.yaml is not signed'

# Rotation: while both keys are trusted, models of either run.
node m.yaml b.pub a.pub
expect 0 '' check-config node.yaml
grep -qF "signed by the key $fingerprint" out || complain "check-config: $(cat out)"

"$prognode" serve --config node.yaml 2> node.log &
pid=$!
for i in $(seq 100); do grep -q 'event=serving' node.log && break; sleep 0.1; done
grep -q "event=model .*signed_by=${fingerprint:0:12}" node.log || complain "not in the log: $(cat node.log)"
digest=$(sha256sum m.yaml | cut -d' ' -f1)
cmp m.yaml "spool/models/$digest.yaml" || complain "no copy of the model in the spool"
# The file changes, SIGHUP comes: the node keeps to what it has checked.
echo '# x' >> m.yaml
kill -HUP $pid
sleep 0.5
kill -0 $pid || complain "the node has ended after SIGHUP: $(cat node.log)"
expect 2 'is not the file that was signed' check-config node.yaml
kill $pid && wait $pid
[ $? -eq 0 ] || complain "the node ended with $?"
grep -q 'role_failed\|role_ended' node.log && complain "a role has failed: $(cat node.log)"
expect 2 'm.yaml is not the file that was signed' serve --config node.yaml
exit $status
