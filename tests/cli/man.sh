#!/bin/bash
# The manual pages: one for prognode and each verb, every option of --help a heading of its own, and nothing that
# groff or mandoc (where they are) find wrong. man.sh PROGNODE SOURCE
prognode=$1 source=$2
verb=
. "$(dirname "$0")/stderr.sh"

sh "$source/scripts/man-pages.sh" "$prognode" pages >out 2>&1 || complain "no pages: $(cat out)"
verbs=$("$prognode" --help | awk '/^verbs:/ { on = 1; next } on && /^  [a-z]/ { print $1; next } on { exit }')
[ "$(wc -w <<<"$verbs")" -ge 20 ] || complain "verbs: $verbs"
[ "$(ls pages | wc -l)" -eq $(($(wc -w <<<"$verbs") + 1)) ] || complain "pages: $(ls pages)"
plain() { sed 's/\\f[BR]//g; s/\\-/-/g; s/\\e/\\/g; s/^\\&//' "$1"; }
for one in $verbs; do
  page=pages/prognode-$one.1
  "$prognode" "$one" --help >help
  grep -q "^\.BR prognode (1)" "$page" || complain "$one: no way back"
  [ "$(grep -c '^\.SH NAME' "$page")" -eq 1 ] || complain "$one: names"
  plain "$page" | grep -A1 '^\.SH NAME' | tail -1 | grep -qE "^prognode-$one - [a-zA-Z]" || complain "$one: no summary"
  # each line of options begins a paragraph; each word of the help is in the page
  wanted=$(grep -cE '^ +-' help)
  found=$(plain "$page" | awk '/^-/ && before == ".TP" { n++ } { before = $0 } END { print n + 0 }')
  [ "$wanted" -eq "$found" ] || complain "$one: $found of $wanted options"
  comm -23 <(tr -s ' ' '\n' <help | grep -vxE 'usage:|exit:|' | sort -u) <(plain "$page" | tr -s ' "' '\n' | sort -u) >lost
  [ -s lost ] && complain "$one: words of the help that the page lacks: $(head -5 lost | tr '\n' ' ')"
done
for page in pages/*.1; do
  if command -v groff >/dev/null; then
    groff -man -Tutf8 -rLL=100n -ww -z "$page" >out 2>&1
    [ -s out ] && complain "groff: $(head -3 out)"
  fi
  if command -v mandoc >/dev/null; then
    mandoc -T lint -W warning "$page" >out 2>&1 || complain "mandoc: $(head -3 out)"
  fi
done
[ $status -eq 0 ] && echo passed
exit $status
