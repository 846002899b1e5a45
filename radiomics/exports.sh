#!/bin/sh
# exports.sh header...: the linker's version script that shows the functions these headers declare.
echo "{ global:"
sed 's,/\*.*\*/,,; s,^ *\*.*,,; s,^typedef .*,,' "$@" | grep -oE '\brx_[a-z0-9_]+\(' | tr -d '(' | sort -u | sed 's/$/;/'
echo "local: *; };"
