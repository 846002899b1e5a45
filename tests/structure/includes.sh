#!/bin/sh
# Who may include what. Each rule: files, the include pattern, and the only places where it may
# stand. Prints every breach as file:line.
cd "$1" || exit 2
status=0

# rule NAME PATTERN ALLOWED-REGEX FOLDER...
rule() {
  name=$1 pattern=$2 allowed=$3
  shift 3
  found=$(grep -rnE "^[[:space:]]*#[[:space:]]*include[[:space:]]*$pattern" "$@" \
            --include='*.c' --include='*.h' --include='*.cc' --include='*.hh' | grep -vE "^($allowed):") || true
  if [ -n "$found" ]; then
    printf 'BREACH of "%s":\n%s\n' "$name" "$found"
    status=1
  fi
}

none='$^'
rule "radiomics knows neither survival, config nor the node" \
     '[<"](survival|config|base|image|dicom|pipeline|queue|report|role|spool|cmd)/' "$none" radiomics
rule "survival knows neither radiomics, config nor the node" \
     '[<"](radiomics|config|base|image|dicom|pipeline|queue|report|role|spool|cmd)/' "$none" survival
rule "config knows no part of the node" \
     '[<"](base|image|dicom|pipeline|queue|report|role|spool|cmd)/' "$none" config
rule "the pure libraries do no input or output" \
     '<(stdio_ext|unistd|fcntl|syslog|sys/|pthread|signal|time)' "$none" radiomics survival
rule "libyaml is seen in one file" '<yaml\.h>' 'config/src/yaml_tree\.c' radiomics survival config node
rule "SQLite is seen by its backend only" '<sqlite3\.h>' 'node/queue/store_sqlite[a-z_]*\.[ch]' radiomics survival config node
rule "libpq is seen by its backend only" '<libpq-fe\.h>' 'node/queue/store_pg[a-z_]*\.[ch]' radiomics survival config node
rule "the sandbox is made in one file" '<(seccomp|linux/(seccomp|landlock))\.h>' 'node/role/sandbox\.c' radiomics survival config node
rule "TLS and key files are seen in base/ only" '<openssl/(ssl|x509|pem)' 'node/base/(tls[a-z_]*|signature)\.[ch]' radiomics survival config node
rule "BLAS and LAPACK are seen in one file" '<(cblas|lapacke|openblas)[^>]*>' 'survival/src/linalg\.c' radiomics survival config node
rule "libsvm is seen in one file" '<libsvm/' 'survival/src/svm\.c' radiomics survival config node
rule "DCMTK is seen by node/dicom/*.cc only" '[<"]dcmtk/' 'node/dicom/[a-z_]+\.(cc|hh)' radiomics survival config node
rule "CharLS is seen in one file" '<charls/' 'node/dicom/codec_jpegls\.cc' radiomics survival config node
rule "OpenJPEG is seen in one file" '<openjpeg' 'node/dicom/codec_jpeg2000\.cc' radiomics survival config node
rule "zlib is seen by the image files only" '<zlib\.h>' 'node/image/[a-z_]+\.c' radiomics survival config node
rule "image files know base only" '[<"](dicom|spool|queue|pipeline|report|role|cmd|config)/' "$none" node/image
rule "drawing is for the picture page and the sheets" '<(cairo|hb|fribidi|ft2build)[^>]*>' \
     'node/report/page[a-z_]*\.[ch]|node/plot/(pdf|raster)\.[ch]' radiomics survival config node
rule "base knows nothing above it" '[<"](image/image|dicom|pipeline|queue|report|role|spool|cmd)/' "$none" node/base
rule "spool, queue and dicom stand beside each other" \
     '[<"](pipeline|report|role|cmd)/' "$none" node/spool node/queue node/dicom
rule "the queue knows no DICOM and no spool" '[<"](dicom|spool)/' "$none" node/queue
rule "the spool knows no DICOM and no queue" '[<"](dicom|queue)/' "$none" node/spool
rule "the report knows no pipeline and no plots" '[<"](plot|pipeline|role|cmd|queue|spool)/' "$none" node/report
rule "plots know no pipeline" '[<"](pipeline|role|cmd|queue|spool|dicom|config)/' "$none" node/plot
rule "the pipeline knows no role, queue or spool" '[<"](role|cmd|queue|spool)/' "$none" node/pipeline
rule "roles know no command" '[<"]cmd/' "$none" node/role

# C++ only at the seam.
stray=$(find radiomics survival config node -name '*.cc' -o -name '*.cpp' -o -name '*.hh' | grep -v '^node/dicom/')
if [ -n "$stray" ]; then
  printf 'BREACH of "C++ only in node/dicom":\n%s\n' "$stray"
  status=1
fi
[ $status -eq 0 ] && echo "all include rules hold"
exit $status
