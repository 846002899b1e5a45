# Sourced by scripts that need certificates: made anew each time by openssl, in the folder $pki.
#   pki=FOLDER; . certs.sh; make_ca ca; make_certificate ca node "IP:127.0.0.1,DNS:localhost"

# make_ca NAME: NAME.crt, NAME.key; an elliptic curve, because a thousand are made.
make_ca() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/O=Test/CN=$1" \
    -keyout "$pki/$1.key" -out "$pki/$1.crt" -addext basicConstraints=critical,CA:TRUE \
    -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
  chmod 600 "$pki/$1.key"
  : > "$pki/$1.index"
}

# make_certificate CA NAME SUBJECT-ALT-NAMES [START END]: subject O=Test,CN=NAME; times as
# YYYYMMDDHHMMSSZ. With KEY=rsa an RSA key.
make_certificate() {
  case ${KEY:-ec} in
  rsa) kind="rsa:2048" ;;
  *)   kind="ec -pkeyopt ec_paramgen_curve:P-256" ;;
  esac
  # shellcheck disable=SC2086
  openssl req -newkey $kind -nodes -subj "/O=Test/CN=$2" -keyout "$pki/$2.key" -out "$pki/$2.csr" 2>/dev/null
  chmod 600 "$pki/$2.key"
  cat > "$pki/$2.cnf" <<CNF
[ca]
default_ca = own
[own]
database = $pki/$1.index
new_certs_dir = $pki
rand_serial = yes
default_md = sha256
default_days = 365
default_crl_days = ${CRL_DAYS:-30}
policy = any
unique_subject = no
copy_extensions = none
[any]
organizationName = optional
commonName = supplied
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth,clientAuth
subjectAltName = $3
CNF
  openssl ca -batch -config "$pki/$2.cnf" -cert "$pki/$1.crt" -keyfile "$pki/$1.key" -extensions leaf \
    ${4:+-startdate "$4" -enddate "$5"} -in "$pki/$2.csr" -out "$pki/$2.crt" -notext 2>"$pki/openssl.log" \
    || { cat "$pki/openssl.log" >&2; return 1; }
}

# make_crl CA FILE [NAME...]: a list with these certificates revoked. CRL_DAYS: how long it is good.
make_crl() {
  crl_ca=$1 crl_file=$2
  shift 2
  crl_cnf=$(ls "$pki"/*.cnf | head -1)
  sed "s|^database = .*|database = $pki/$crl_ca.index|; s|^default_crl_days.*|default_crl_days = ${CRL_DAYS:-30}|" \
    "$crl_cnf" > "$pki/crl.conf"
  for name in "$@"; do
    openssl ca -config "$pki/crl.conf" -cert "$pki/$crl_ca.crt" -keyfile "$pki/$crl_ca.key" \
      -revoke "$pki/$name.crt" 2>/dev/null
  done
  openssl ca -config "$pki/crl.conf" -cert "$pki/$crl_ca.crt" -keyfile "$pki/$crl_ca.key" -gencrl \
    -out "$crl_file" 2>/dev/null
}

fingerprint() { openssl x509 -in "$1" -noout -fingerprint -sha256 | cut -d= -f2; }
