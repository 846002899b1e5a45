/* combat.h - the shrinking of batch effects. */
#ifndef SV_COMBAT_SHRINK_H
#define SV_COMBAT_SHRINK_H

#include <survival/combat.h>

/* One batch of n rows: z[i * p + j] standardised values; of the features with use[j]. gamma and delta
 * [p] take the shrunk effects; 0 and 1 where !use[j]. Fails: SV_ENUMERIC, SV_ENOMEM. */
SV_CHECKED int sv_combat_shrink(double *gamma, double *delta, const double *z, size_t n, size_t p,
                                const unsigned char *use, const sv_combat_opts *o, sv_error *err);

#endif
