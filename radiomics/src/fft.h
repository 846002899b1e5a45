/* radiomics/src/fft.h - discrete Fourier transforms of any length, in double precision.
 *
 * Forward: X[k] = sum over n of x[n] exp(-2 pi i k n / N). Mixed radix for lengths whose prime
 * factors are small, Bluestein's chirp for the others. A plan holds the tables and the scratch
 * memory of its length and is used by one thread at a time; the same input gives the same bits. */
#ifndef RX_FFT_H
#define RX_FFT_H
#include <stdbool.h>
#include <stddef.h>
#include <radiomics/error.h>

typedef struct rx_complex { double re, im; } rx_complex;

static inline rx_complex rx_cmul(rx_complex a, rx_complex b)
{
    return (rx_complex){ a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re };
}

/* The smallest 2^a 3^b 5^c >= n: what to pad to where the length is free. */
size_t rx_fft_good_size(size_t n);

/* Complex, along one axis. */
typedef struct rx_fft rx_fft;
/* Fails: RX_EINVAL if n is 0, RX_ELIMIT beyond 2^28, RX_ENOMEM; then *plan is NULL. */
RX_CHECKED int rx_fft_new(rx_fft **plan, size_t n, rx_error *err);
void rx_fft_free(rx_fft *plan);                        /* NULL is fine */
/* `count` transforms in place. Element k of transform b stands at v[k*stride + b*step]. The
 * inverse is scaled by 1/N, so that it undoes the forward transform. */
void rx_fft_run(rx_fft *plan, rx_complex *v, size_t stride, size_t step, size_t count, bool inverse);

/* Real, along three axes (axes of length 1 cost nothing). dim[0] is fastest. The spectrum is the
 * half of which the rest is the conjugate: dim[0]/2+1 x dim[1] x dim[2], kx fastest; frequency k
 * of an axis of N stands at index k, negative k at k + N. */
typedef struct rx_fft3 rx_fft3;
RX_CHECKED int rx_fft3_new(rx_fft3 **plan, const size_t dim[3], rx_error *err);
void rx_fft3_free(rx_fft3 *plan);                      /* NULL is fine */
/* Elements of the half spectrum. */
size_t rx_fft3_terms(const rx_fft3 *plan);
/* real: dim[0]*dim[1]*dim[2] values, spectrum: rx_fft3_terms. They must not overlap. */
void rx_fft3_forward(rx_fft3 *plan, rx_complex *spectrum, const double *real);
/* Undoes the forward transform (scaled); the spectrum's contents are lost. */
void rx_fft3_inverse(rx_fft3 *plan, double *real, rx_complex *spectrum);

#endif
