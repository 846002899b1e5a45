# Sourced by the tests of one verb: a folder of their own to work in, and what is said on stderr.
#   prognode   the program
#   verb       its verb, before the arguments of `expect`; empty where those name it
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
status=0
complain() { echo "FAILED: $*"; status=1; }

# expect CODE PATTERN ARGS...: the exit code, and a pattern in what is said on stderr
expect() {
  want=$1 pattern=$2
  shift 2
  "$prognode" $verb "$@" >out 2>err </dev/null
  code=$?
  [ "$code" -eq "$want" ] || complain "$*: exit $code, expected $want: $(cat err)"
  [ -z "$pattern" ] || grep -qE -- "$pattern" err || complain "$*: expected /$pattern/ in: $(cat err)"
}
