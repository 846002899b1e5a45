/* prescan.h - what must hold before libyaml may see a byte. */
#ifndef CFG_PRESCAN_H
#define CFG_PRESCAN_H
#include <stddef.h>
#include <config/error.h>

/* Size, UTF-8, no control characters but tab and line ends, nesting of `[` and `{`.
 * libyaml takes time quadratic in the nesting depth, so that cannot be left to it. The scan
 * knows comments and quotes only roughly; the exact depth is checked on the events. */
CFG_CHECKED int cfg_prescan(const char *bytes, size_t n, size_t max_bytes, unsigned max_depth,
                            const char *name, cfg_error *err);
#endif
