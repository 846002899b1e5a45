#!/bin/sh
# exports.sh header...: the linker's version script that shows the functions these headers declare.
echo "{ global:"
sed 's,/\*.*\*/,,; s,^ *\*.*,,' "$@" | grep -oE '\brx_[a-z0-9_]+\(' | tr -d '(' | sort -u | sed 's/$/;/'
echo "local: *; };"
