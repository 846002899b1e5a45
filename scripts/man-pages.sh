#!/bin/sh
# Manual pages from what the verbs say of themselves: `--help` is the one source.
#   scripts/man-pages.sh PROGNODE FOLDER      FOLDER/prognode.1, FOLDER/prognode-VERB.1 of each verb
set -eu
prognode=$1 folder=$2
mkdir -p "$folder"
version=$("$prognode" version | head -1)
main=$("$prognode" --help)
verbs=$(printf '%s\n' "$main" | awk '/^verbs:/ { on = 1; next } on && /^  [a-z]/ { print $1; next } on { exit }')
[ -n "$verbs" ] || { echo "man-pages.sh: prognode --help names no verb" >&2; exit 1; }

# page NAME SUMMARY: the text of a help on stdin, as a page
page() {
  awk -v name="$1" -v summary="$2" -v version="$version" '
    function safe(s) { gsub(/\\/, "\\e", s); gsub(/-/, "\\-", s); return s ~ /^[.\x27]/ ? "\\&" s : s }
    function open_text() { if (mode != "text") { if (mode == "lines") { print ".fi" } if (mode != "") { print ".PP" } mode = "text" } }
    function close_all() { if (mode == "lines") { print ".fi" } mode = "" }
    # A term, two blanks or more, and what it means.
    function item(s,   at) {
      close_all()
      sub(/^ +/, "", s)
      at = match(s, /  +/)
      print ".TP"
      print "\\fB" safe(at ? substr(s, 1, at - 1) : s) "\\fR"
      if (at) { sub(/^.*$/, substr(s, at + RLENGTH), s); print safe(s) }
      mode = "item"
    }
    { line[NR] = $0 }
    END {
      print ".\\\" Made from prognode --help; see scripts/man-pages.sh."
      upper = toupper(name)
      print ".TH \"" safe(upper) "\" 1 \"\" \"" safe(version) "\" \"User Commands\""
      print ".SH NAME\n" safe(name) " \\- " safe(summary)
      print ".SH SYNOPSIS\n.nf"
      n = 1
      while (n <= NR && (line[n] == "" || line[n] ~ /^(usage:|       )/)) {
        if (line[n] != "") { s = line[n]; sub(/^(usage:)? +/, "", s); print safe(s) }
        n++
      }
      print ".fi\n.SH DESCRIPTION"
      for (; n <= NR; n++) {
        s = line[n]
        if (s == "") { close_all(); if (line[n + 1] != "") { print ".PP" } continue }
        if (s ~ /^exit: /) { close_all(); print ".SH EXIT STATUS"; sub(/^exit: /, "", s); print safe(s); mode = "text"; continue }
        if (s ~ /^ +-/) { item(s); continue }
        if (mode == "item" && s ~ /^      /) { sub(/^ +/, "", s); print safe(s); continue }
        if (s ~ /^[ ]*[^ ]+( [^ ]+)?   *[^ ]/ && (s ~ /^ / || s ~ /^[a-z]+  /)) { item(s); continue }
        if (s ~ /^ /) { if (mode != "lines") { print ".nf"; mode = "lines" } print safe(s); continue }
        if (s !~ /[.:,]$/ && line[n + 1] ~ /^ +(-|[A-Z])/) { close_all(); print ".SS \"" safe(s) "\""; continue }
        open_text()
        print safe(s)
      }
      close_all()
      print ".SH SEE ALSO"
      print name == "prognode" ? "The page of each verb, as\n.BR prognode\\-extract (1)." : ".BR prognode (1)"
    }' > "$folder/$1.1"
}

printf '%s\n' "$main" | page prognode "radiomic features and prognostic models from DICOM images"
for verb in $verbs; do
  summary=$(printf '%s\n' "$main" | awk -v verb="$verb" '$1 == verb && /^  / { sub(/^ +[^ ]+ +/, ""); print; exit }')
  "$prognode" "$verb" --help | page "prognode-$verb" "$summary"
done
