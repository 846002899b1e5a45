#include "eigen.h"
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

static void rotate(double a[9], int p, int q)
{
    double apq = a[3 * p + q];
    if (apq == 0) { return; }
    double theta = (a[4 * q] - a[4 * p]) / (2 * apq);
    double t = 1 / (fabs(theta) + hypot(theta, 1));
    if (theta < 0) { t = -t; }
    double c = 1 / hypot(t, 1), s = t * c;
    int r = 3 - p - q;
    double arp = a[3 * r + p], arq = a[3 * r + q];
    a[4 * p] -= t * apq;
    a[4 * q] += t * apq;
    a[3 * p + q] = a[3 * q + p] = 0;
    a[3 * r + p] = a[3 * p + r] = c * arp - s * arq;
    a[3 * r + q] = a[3 * q + r] = s * arp + c * arq;
}

void rx_eigen3(double out[3], const double in[9])
{
    double a[9];
    memcpy(a, in, sizeof a);
    for (int sweep = 0; sweep < 50; sweep++) {
        double off = fabs(a[1]) + fabs(a[2]) + fabs(a[5]);
        double size = fabs(a[0]) + fabs(a[4]) + fabs(a[8]);
        if (off <= size * DBL_EPSILON * DBL_EPSILON) { break; }
        rotate(a, 0, 1);
        rotate(a, 0, 2);
        rotate(a, 1, 2);
    }
    out[0] = fmin(a[0], fmin(a[4], a[8]));
    out[2] = fmax(a[0], fmax(a[4], a[8]));
    out[1] = fmax(fmin(a[0], a[4]), fmin(fmax(a[0], a[4]), a[8]));
}

/* Four sums: strict floating point forbids the compiler to do this for us. */
static double dot(const double *a, const double *b, size_t n)
{
    double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        s0 += a[i] * b[i];
        s1 += a[i + 1] * b[i + 1];
        s2 += a[i + 2] * b[i + 2];
        s3 += a[i + 3] * b[i + 3];
    }
    for (; i < n; i++) { s0 += a[i] * b[i]; }
    return (s0 + s1) + (s2 + s3);
}

/* Golub and Van Loan, 8.3.1: reflect row i's part left of the diagonal onto its last entry,
 * from the last row up. With A = leading l x l block, A - v w^T - w v^T keeps symmetry. */
void rx_tridiagonal(double *a, size_t n, double *d, double *e, double *w)
{
    for (size_t i = n; i-- > 0;) {
        double *row = a + i * n;
        d[i] = row[i];
        if (i == 0) { e[0] = 0; break; }
        size_t l = i;                          /* entries left of the diagonal */
        double tail = dot(row, row, l - 1), last = row[l - 1];
        if (tail == 0) {
            e[i] = last;
            continue;
        }
        double alpha = last > 0 ? -sqrt(tail + last * last) : sqrt(tail + last * last);
        e[i] = alpha;
        double *v = row;
        v[l - 1] = last - alpha;
        double beta = 2 / (tail + v[l - 1] * v[l - 1]);
        memset(w, 0, l * sizeof *w);
        for (size_t j = 0; j < l; j++) {       /* w = A v from the lower triangle */
            const double *aj = a + j * n;
            double vj = v[j];
            w[j] = dot(aj, v, j) + aj[j] * vj;
            for (size_t k = 0; k < j; k++) { w[k] += vj * aj[k]; }
        }
        for (size_t j = 0; j < l; j++) { w[j] *= beta; }
        double half = beta / 2 * dot(w, v, l);
        for (size_t j = 0; j < l; j++) { w[j] -= half * v[j]; }
        for (size_t j = 0; j < l; j++) {
            double *aj = a + j * n;
            double vj = v[j], wj = w[j];
            for (size_t k = 0; k <= j; k++) { aj[k] -= vj * w[k] + wj * v[k]; }
        }
    }
}

enum { POINTS = 3 };

/* Eigenvalues below each x: sign changes in the Sturm sequence. Several at once, because every
 * step waits for a division. */
static void count_below(size_t below[POINTS], const double *d, const double *e, size_t n,
                        const double x[POINTS], double tiny)
{
    double q[POINTS];
    for (int p = 0; p < POINTS; p++) {
        q[p] = 1;
        below[p] = 0;
    }
    for (size_t i = 0; i < n; i++) {
        double ee = i ? e[i] * e[i] : 0;
        for (int p = 0; p < POINTS; p++) {
            double next = d[i] - x[p] - (i ? ee / q[p] : 0);
            q[p] = fabs(next) < tiny ? -tiny : next;
            below[p] += q[p] < 0;
        }
    }
}

double rx_tridiagonal_eigenvalue(const double *d, const double *e, size_t n, size_t k)
{
    double lo = INFINITY, hi = -INFINITY;
    for (size_t i = 0; i < n; i++) {           /* Gershgorin */
        double r = fabs(e[i]) + (i + 1 < n ? fabs(e[i + 1]) : 0);
        lo = fmin(lo, d[i] - r);
        hi = fmax(hi, d[i] + r);
    }
    double size = fmax(fabs(lo), fabs(hi));
    if (size == 0) { return 0; }
    double tiny = size * DBL_EPSILON * DBL_EPSILON;
    lo -= size * DBL_EPSILON;
    hi += size * DBL_EPSILON;
    /* Bisection, with the midpoints of both halves looked at beside the middle. */
    double smallest = 2 * DBL_EPSILON * size;
    while (hi - lo > smallest) {
        double mid = lo + (hi - lo) / 2;
        if (mid <= lo || mid >= hi) { break; }
        const double x[POINTS] = { lo + (mid - lo) / 2, mid, mid + (hi - mid) / 2 };
        size_t below[POINTS];
        count_below(below, d, e, n, x, tiny);
        bool low = below[1] > k;
        double quarter = x[low ? 0 : 2];
        if (low) { hi = mid; } else { lo = mid; }
        if (!(hi - lo > smallest) || quarter <= lo || quarter >= hi) { break; }
        if (below[low ? 0 : 2] > k) { hi = quarter; } else { lo = quarter; }
    }
    return lo + (hi - lo) / 2;
}

/* Solve (T - lambda) x = b for b given in x, T tridiagonal, by elimination with row exchanges;
 * pivots of 0 become tiny, as inverse iteration wants. band[3n] */
static void solve_shifted(double *x, const double *d, const double *e, size_t n, double lambda, double tiny,
                          double *band)
{
    double p = d[0] - lambda, q = n > 1 ? e[1] : 0, r = 0;
    for (size_t i = 0; i < n; i++) {
        double sub = i + 1 < n ? e[i + 1] : 0, *u = band + 3 * i;
        double diag = i + 1 < n ? d[i + 1] - lambda : 0, super = i + 2 < n ? e[i + 2] : 0, m;
        if (fabs(sub) > fabs(p)) {
            u[0] = sub;
            u[1] = diag;
            u[2] = super;
            m = p / sub;
            p = q - m * diag;
            q = r - m * super;
            double swap = x[i];
            x[i] = x[i + 1];
            x[i + 1] = swap;
        } else {
            u[0] = fabs(p) < tiny ? tiny : p;
            u[1] = q;
            u[2] = r;
            m = sub / u[0];
            p = diag - m * q;
            q = super - m * r;
        }
        r = 0;
        if (i + 1 < n) { x[i + 1] -= m * x[i]; }
    }
    for (size_t i = n; i-- > 0;) {
        const double *u = band + 3 * i;
        double sum = x[i] - (i + 1 < n ? u[1] * x[i + 1] : 0) - (i + 2 < n ? u[2] * x[i + 2] : 0);
        x[i] = sum / u[0];
    }
}

static void to_unit(double *x, size_t n)
{
    double most = 0, sum = 0;
    for (size_t i = 0; i < n; i++) { most = fmax(most, fabs(x[i])); }
    for (size_t i = 0; i < n; i++) {
        x[i] /= most;
        sum += x[i] * x[i];
    }
    for (size_t i = 0; i < n; i++) { x[i] /= sqrt(sum); }
}

void rx_tridiagonal_vector(double *x, const double *d, const double *e, size_t n, double lambda,
                           double *work)
{
    double size = fabs(lambda);
    for (size_t i = 0; i < n; i++) {
        size = fmax(size, fabs(d[i]) + fabs(e[i]));
        x[i] = 1 + 0.1 * (double)(i % 7);      /* not orthogonal to what is looked for */
    }
    to_unit(x, n);
    for (int pass = 0; pass < 3 && size > 0; pass++) {
        solve_shifted(x, d, e, n, lambda, size * DBL_EPSILON, work);
        to_unit(x, n);
    }
}

void rx_tridiagonal_undo(double *x, const double *a, size_t n)
{
    for (size_t i = 1; i < n; i++) {           /* the last reflection first */
        const double *v = a + i * n;
        if (dot(v, v, i - 1) == 0) { continue; }
        double share = 2 * dot(v, x, i) / dot(v, v, i);
        for (size_t j = 0; j < i; j++) { x[j] -= share * v[j]; }
    }
}
