/* prescan.h - what must hold before libyaml may see a byte. */
#ifndef CFG_PRESCAN_H
#define CFG_PRESCAN_H
#include <stddef.h>
#include <config/error.h>

/* Size, UTF-8, no control characters but tab and line ends, nesting of `[` and `{`.
 * libyaml's scanner takes time quadratic in the depth that it looks ahead. The scan knows
 * comments and quotes only roughly; the exact depth is checked on the events. */
CFG_CHECKED int cfg_prescan(const char *bytes, size_t n, size_t max_bytes, unsigned max_depth,
                            const char *name, cfg_error *err);
#endif
