/* nnls_gram.h - non-negative least squares from the normal equations, one Gram matrix at a time. */
#ifndef SV_NNLS_GRAM_H
#define SV_NNLS_GRAM_H

#include <stddef.h>
#include <stdint.h>

#include <survival/error.h>

typedef struct sv_gram_solver {
    size_t k;
    double *g;               /* k x k                                                        */
    double *work;            /* factor and vectors of one solve                              */
    double *inverse;         /* few columns: inverse of each passive set's block, or NULL    */
    unsigned char *known;    /* ... 0 not yet computed, 1 usable, 2 singular                 */
} sv_gram_solver;

/* Room for up to k columns, at most SV_NNLS_MAX_COLS. Fails: SV_ENOMEM. */
SV_CHECKED int sv_gram_new(sv_gram_solver *s, size_t k, sv_error *err);
void sv_gram_free(sv_gram_solver *s);

/* Take the Gram matrix g (k x k, k at most what there is room for); forgets what was cached. */
void sv_gram_set(sv_gram_solver *s, const double *g, size_t k);

/* x[0..k) >= 0 minimises x'Gx - 2c'x. */
void sv_gram_solve(sv_gram_solver *s, double *x, const double *c);

#endif
