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
/* sum of w a^2 */
double sv_dot_weighted(const double *w, const double *a, size_t n);
/* y += c a */
void sv_add_scaled(double *y, double c, const double *a, size_t n);
/* y += c w a */
void sv_add_scaled_weighted(double *y, double c, const double *w, const double *a, size_t n);

#endif
