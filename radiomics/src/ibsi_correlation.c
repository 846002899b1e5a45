/* Both need sums over all pairs of voxels that depend on the offset between the two alone:
 *
 *   S0 = sum w_ij,  SB = sum w_ij y_i y_j,  SC = sum w_ij y_i^2
 *
 * with y the intensity less its mean. With m the mask as an image and q = y^2, those are
 * sum over offsets h of w(h) times the correlations (m*m)(h), (y*y)(h), (q*m)(h). By Parseval's
 * theorem the correlations themselves are not needed:
 *
 *   S0 = 1/P sum W |M|^2,  SB = 1/P sum W |Y|^2,  SC = 1/P sum W Re(Q conj(M))
 *
 * with the transforms of the images and weights on a box padded to P voxels, so that no offset
 * wraps around. This is exact but for rounding, and grows as N log N.
 *
 * Only some frequencies kx are held at a time: the box without padding is transformed along x, and
 * for each kx a plane is padded and transformed along y and z. */
#include "ibsi_correlation.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "fft.h"

enum { M, Y, Q, FIELDS };

/* Bytes for the frequencies that are held at a time. */
#define HELD ((size_t)384 << 20)

typedef struct plan {
    const rx_ibsi_case *c;
    size_t first[3], n[3], p[3];  /* box of the intensity mask in the region's box; padded    */
    double mean, scale;           /* y is (x - mean) * scale                                  */
    rx_fft *fft[3];
    size_t held, kx;              /* frequencies at a time, and the first of them             */
    rx_complex *line;             /* [2][p[0]]                                                */
    rx_complex *field[FIELDS];    /* [held][n[2]][n[1]]                                       */
    double *weight;               /* the same, of the weights: real and even                  */
    rx_complex *plane[FIELDS + 1];/* [p[2]][p[1]]; the last one holds two planes of weights   */
} plan;

static void find_box(plan *t)
{
    size_t lo[3] = { SIZE_MAX, SIZE_MAX, SIZE_MAX }, hi[3] = { 0, 0, 0 };
    const rx_ibsi_case *c = t->c;
    for (size_t k = 0; k < c->roi.n[2]; k++) {
        for (size_t j = 0; j < c->roi.n[1]; j++) {
            const uint8_t *in = rx_ibsi_mask_row(c, j, k);
            for (size_t i = 0; i < c->roi.n[0]; i++) {
                if (!in[i]) { continue; }
                const size_t at[3] = { i, j, k };
                for (int a = 0; a < 3; a++) {
                    lo[a] = at[a] < lo[a] ? at[a] : lo[a];
                    hi[a] = at[a] > hi[a] ? at[a] : hi[a];
                }
            }
        }
    }
    for (int a = 0; a < 3; a++) {
        t->first[a] = lo[a];
        t->n[a] = hi[a] - lo[a] + 1;
        t->p[a] = rx_fft_good_size(2 * t->n[a] - 1);
    }
}

static int plan_new(plan *t, const rx_ibsi_case *c, rx_error *err)
{
    *t = (plan){ .c = c, .mean = c->mean };
    double most = fmax(c->sorted[c->n - 1] - c->mean, c->mean - c->sorted[0]);
    t->scale = 1 / most;
    find_box(t);
    size_t rows = t->n[1] * t->n[2], plane = t->p[1] * t->p[2], bytes;
    size_t each = rows * (FIELDS * sizeof(rx_complex) + sizeof(double));
    t->held = HELD / (each ? each : 1);
    if (t->held < 2) { t->held = 2; }
    if (t->held > t->p[0] / 2 + 1) { t->held = t->p[0] / 2 + 1; }
    for (int a = 0; a < 3; a++) {
        int rc = rx_fft_new(&t->fft[a], t->p[a], err);
        if (rc != RX_OK) { return rc; }
    }
    if (!rx_size_mul(&bytes, t->held * sizeof(rx_complex), rows)
        || !rx_size_mul(&bytes, plane, sizeof(rx_complex))) {
        return rx_fail(err, RX_ENOMEM, "the region's box overflows the address space");
    }
    t->line = malloc(2 * t->p[0] * sizeof *t->line);
    t->weight = malloc(t->held * rows * sizeof *t->weight);
    bool have = t->line && t->weight;
    for (int f = 0; f <= FIELDS; f++) {
        if (f < FIELDS) {
            t->field[f] = malloc(t->held * rows * sizeof **t->field);
            have = have && t->field[f];
        }
        t->plane[f] = malloc(plane * sizeof **t->plane);
        have = have && t->plane[f];
    }
    return have ? RX_OK : rx_fail(err, RX_ENOMEM, "no memory to correlate %zu voxels", c->n);
}

static void plan_free(plan *t)
{
    for (int a = 0; a < 3; a++) { rx_fft_free(t->fft[a]); }
    for (int f = 0; f < FIELDS; f++) { free(t->field[f]); }
    for (int f = 0; f <= FIELDS; f++) { free(t->plane[f]); }
    free(t->line);
    free(t->weight);
}

/* line 0: m + i y, line 1: q + i w. */
static void fill_lines(plan *t, size_t j, size_t k)
{
    const uint8_t *in = rx_ibsi_mask_row(t->c, j + t->first[1], k + t->first[2]) + t->first[0];
    const double *v = rx_ibsi_value_row(t->c, j + t->first[1], k + t->first[2]) + t->first[0];
    const double *mm = t->c->roi.spacing_mm;
    rx_complex *a = t->line, *b = t->line + t->p[0];
    double dy = (double)j * mm[1], dz = (double)k * mm[2];
    memset(t->line, 0, 2 * t->p[0] * sizeof *t->line);
    for (size_t i = 0; i < t->n[0]; i++) {
        if (in[i]) {
            double y = (v[i] - t->mean) * t->scale;
            a[i] = (rx_complex){ 1, y };
            b[i].re = y * y;
        }
        double dx = (double)i * mm[0], d = sqrt(dx * dx + dy * dy + dz * dz);
        double w = d > 0 ? mm[0] / d : 0;          /* in units that keep the sums near N^2 */
        b[i].im = w;
        if (i > 0) { b[t->p[0] - i].im = w; }
    }
}

/* A real sequence's transform is its own mirrored conjugate: the two of a + ib come apart. */
static void split(rx_complex *a, rx_complex *b, const rx_complex *v, size_t k, size_t n)
{
    rx_complex x = v[k], y = v[k ? n - k : 0];
    *a = (rx_complex){ (x.re + y.re) / 2, (x.im - y.im) / 2 };
    *b = (rx_complex){ (x.im + y.im) / 2, (y.re - x.re) / 2 };
}

static void transform_rows(plan *t)
{
    size_t rows = t->n[1] * t->n[2], half = t->p[0] / 2 + 1;
    for (size_t k = 0; k < t->n[2]; k++) {
        for (size_t j = 0; j < t->n[1]; j++) {
            fill_lines(t, j, k);
            rx_fft_run(t->fft[0], t->line, 1, t->p[0], 2, false);
            for (size_t h = 0; h < t->held && t->kx + h < half; h++) {
                size_t at = h * rows + k * t->n[1] + j;
                rx_complex w;
                split(&t->field[M][at], &t->field[Y][at], t->line, t->kx + h, t->p[0]);
                split(&t->field[Q][at], &w, t->line + t->p[0], t->kx + h, t->p[0]);
                t->weight[at] = w.re;
            }
        }
    }
}

static void transform_plane(const plan *t, rx_complex *plane, size_t rows)
{
    rx_fft_run(t->fft[1], plane, 1, t->p[1], rows, false);
    rx_fft_run(t->fft[2], plane, t->p[1], 1, t->p[1], false);
}

static void pad_field(const plan *t, int f, size_t h)
{
    const rx_complex *in = t->field[f] + h * t->n[1] * t->n[2];
    memset(t->plane[f], 0, t->p[1] * t->p[2] * sizeof **t->plane);
    for (size_t k = 0; k < t->n[2]; k++) {
        memcpy(t->plane[f] + k * t->p[1], in + k * t->n[1], t->n[1] * sizeof *in);
    }
    transform_plane(t, t->plane[f], t->n[2]);
}

/* Two planes of weights, mirrored to negative offsets, as real and imaginary part: the transform of
 * a real even plane is real. */
static void pad_weights(const plan *t, size_t h, bool two)
{
    size_t rows = t->n[1] * t->n[2];
    const double *a = t->weight + h * rows, *b = two ? a + rows : NULL;
    rx_complex *to = t->plane[FIELDS];
    memset(to, 0, t->p[1] * t->p[2] * sizeof *to);
    for (size_t k = 0; k < t->n[2]; k++) {
        for (size_t j = 0; j < t->n[1]; j++) {
            size_t at = k * t->n[1] + j;
            rx_complex w = { a[at], b ? b[at] : 0 };
            size_t y[2] = { j, j ? t->p[1] - j : 0 }, z[2] = { k, k ? t->p[2] - k : 0 };
            for (int s = 0; s < 4; s++) { to[z[s / 2] * t->p[1] + y[s % 2]] = w; }
        }
    }
    transform_plane(t, to, t->p[2]);
}

typedef struct sums { double s0, sb, sc; } sums;

static void add_plane(sums *s, const plan *t, bool second, double times)
{
    for (size_t k = 0; k < t->p[2]; k++) {
        double s0 = 0, sb = 0, sc = 0;
        for (size_t j = 0; j < t->p[1]; j++) {
            size_t at = k * t->p[1] + j;
            rx_complex m = t->plane[M][at], y = t->plane[Y][at], q = t->plane[Q][at];
            double w = second ? t->plane[FIELDS][at].im : t->plane[FIELDS][at].re;
            s0 += w * (m.re * m.re + m.im * m.im);
            sb += w * (y.re * y.re + y.im * y.im);
            sc += w * (q.re * m.re + q.im * m.im);
        }
        s->s0 += times * s0;
        s->sb += times * sb;
        s->sc += times * sc;
    }
}

static sums add_up(plan *t)
{
    sums s = { 0, 0, 0 };
    size_t half = t->p[0] / 2 + 1;
    for (t->kx = 0; t->kx < half; t->kx += t->held) {
        transform_rows(t);
        for (size_t h = 0; h < t->held && t->kx + h < half; h++) {
            bool next = h + 1 < t->held && t->kx + h + 1 < half;
            if (h % 2 == 0) { pad_weights(t, h, next); }
            for (int f = 0; f < FIELDS; f++) { pad_field(t, f, h); }
            /* the other half of the frequencies is this one's mirror image */
            bool alone = t->kx + h == 0 || 2 * (t->kx + h) == t->p[0];
            add_plane(&s, t, h % 2 == 1, alone ? 1 : 2);
        }
    }
    double total = (double)t->p[0] * (double)t->p[1] * (double)t->p[2];
    return (sums){ s.s0 / total, s.sb / total, s.sc / total };
}

static double squares(const rx_ibsi_case *c, double mean, double scale)
{
    double sum = 0;
    for (size_t at = 0; at < c->n; at += 256) {
        double part = 0;
        for (size_t i = at; i < c->n && i < at + 256; i++) {
            double y = (c->sorted[i] - mean) * scale;
            part += y * y;
        }
        sum += part;
    }
    return sum;
}

int rx_correlate(rx_correlation *out, const rx_ibsi_case *c, rx_error *err)
{
    *out = (rx_correlation){ (double)NAN, (double)NAN };
    if (c->n < 2 || c->sorted[0] == c->sorted[c->n - 1]) { return RX_OK; }
    plan t;
    int rc = plan_new(&t, c, err);
    if (rc == RX_OK) {
        sums s = add_up(&t);
        double n = (double)c->n, ss = squares(c, t.mean, t.scale);
        out->moran_i = n / s.s0 * (s.sb / ss);
        out->geary_c = (n - 1) / s.s0 * ((s.sc - s.sb) / ss);
    }
    plan_free(&t);
    return rc;
}
