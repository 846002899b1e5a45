/* vector.h - the inner loops over rows: sums in a fixed order, the same bits on every machine. */
#ifndef SV_VECTOR_H
#define SV_VECTOR_H

#include <stddef.h>

/* Wider registers where the processor has them; the order of the additions stays as written, so
 * the values do too. Not with sanitizers, whose start-up cannot resolve the choice. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && !defined(PN_SANITIZED)
#define SV_WIDE __attribute__((target_clones("avx2", "default")))
#else
#define SV_WIDE
#endif

double sv_dot(const double *a, const double *b, size_t n);
/* y += c a */
void sv_add_scaled(double *y, double c, const double *a, size_t n);

/* Four columns at a time, so that what they share is read once. dot[k] = x_k . y */
void sv_dot_four(double dot[4], const double *const x[4], const double *y, size_t n);
/* gram[k][l] = sum of w x_k x_l, for l >= k (the rest is left alone) */
void sv_gram_four(double gram[16], const double *const x[4], const double *w, size_t n);
/* t = sum of c_k x_k; y += t, r -= w t */
void sv_move_four(double *y, double *r, const double c[4], const double *const x[4], const double *w,
                  size_t n);

#endif
