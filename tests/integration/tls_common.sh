# Sourced by the TLS scripts after common.sh: certificates, and a node with both ports.
pki=$work/pki
mkdir "$pki"
. "$source_dir/tests/support/certs.sh"
need openssl echoscu storescu
make_ca ca
make_ca stranger
make_certificate ca node "IP:127.0.0.1,DNS:localhost"
make_certificate ca pacs "IP:127.0.0.1,DNS:localhost"
tls_port=$(free_port)

# tls_config [LINES...]: the usual configuration with a tls: section, and these lines in it.
tls_config() {
  write_config "$work/prognode.yaml" "$work/spool" "$node_port" "$archive_port" "$model"
  { echo "tls:"
    echo "  port: $tls_port"
    echo "  certificate: pki/node.crt"
    echo "  key: pki/node.key"
    echo "  ca: pki/ca.crt"
    for line in "$@"; do echo "  $line"; done; } >> "$work/prognode.yaml"
}
# One C-ECHO over TLS with the certificate NAME.
tls_echo() {
  echoscu +tls "$pki/$1.key" "$pki/$1.crt" +cf "$pki/ca.crt" -aet TEST -aec PROGNODE 127.0.0.1 "$tls_port"
}
log_lines() { wc -l < "$work/node.log"; }
# Since line N of the log there is a line like this.
logged_since() { tail -n "+$(($1 + 1))" "$work/node.log" | grep -qE -- "$2"; }
# expect_refused PATTERN COMMAND...: the command fails, and the node's log says why.
expect_refused() {
  pattern=$1 mark=$(log_lines)
  shift
  ! "$@" > "$work/refused.log" 2>&1 < /dev/null || fail "not refused: $*"
  wait_for 20 logged_since "$mark" "$pattern" || fail "$*: no /$pattern/ in the log: $(tail -n "+$((mark + 1))" "$work/node.log")"
  echo "refused: $(tail -n "+$((mark + 1))" "$work/node.log" | grep -E -- "$pattern" | head -1 | sed 's/.*event=/event=/')"
}
