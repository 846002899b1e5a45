/* Non-local means.
 *
 * Instead of comparing patches voxel by voxel, one offset is taken after the other: the squared
 * differences of the image and itself moved by the offset, summed over the patch's box, are all
 * patches' distances at once (Darbon et al., ISBI 2008). Both voxels of a pair take each other's
 * intensity with one weight, so half of the offsets are enough. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "prep.h"

enum { MAX_PATCH = 3, MAX_SEARCH = 10 };

typedef struct nlm {
    const rx_volume *v;
    size_t n, pad, dim[3], padded;   /* dim: of the box that is `pad` wider on every side   */
    size_t margin, wide[3];          /* of the image with its edges repeated                */
    double *image;                   /* [wide]                                              */
    double *difference;              /* [padded]                                            */
    double *sum, *weight, *largest;  /* [n]                                                 */
    double scale;                    /* of a patch's sum of squares in the exponent         */
} nlm;

static size_t clamp(ptrdiff_t i, size_t n)
{
    return i < 0 ? 0 : (size_t)i < n ? (size_t)i : n - 1;
}

static void repeat_edges(nlm *m)
{
    const size_t *d = m->v->grid.dim;
    ptrdiff_t margin = (ptrdiff_t)m->margin;
    double *out = m->image;
    for (size_t k = 0; k < m->wide[2]; k++) {
        for (size_t j = 0; j < m->wide[1]; j++) {
            const double *row = m->v->voxels + (clamp((ptrdiff_t)k - margin, d[2]) * d[1]
                                                + clamp((ptrdiff_t)j - margin, d[1])) * d[0];
            for (size_t i = 0; i < m->wide[0]; i++) { *out++ = row[clamp((ptrdiff_t)i - margin, d[0])]; }
        }
    }
}

/* (u(y) - u(y + o))^2 in the padded box. */
static void square_differences(nlm *m, const ptrdiff_t o[3])
{
    size_t first = m->margin - m->pad;
    ptrdiff_t step = o[0] + (ptrdiff_t)m->wide[0] * (o[1] + (ptrdiff_t)m->wide[1] * o[2]);
    for (size_t k = 0; k < m->dim[2]; k++) {
        for (size_t j = 0; j < m->dim[1]; j++) {
            const double *here = m->image + ((k + first) * m->wide[1] + j + first) * m->wide[0] + first;
            const double *there = here + step;
            double *restrict out = m->difference + (k * m->dim[1] + j) * m->dim[0];
            for (size_t i = 0; i < m->dim[0]; i++) {
                double a = here[i] - there[i];
                out[i] = a * a;
            }
        }
    }
}

/* Sums over 2 pad + 1 voxels along an axis, in place: entry i becomes the sum from i on, so what
 * is read lies ahead of what was written. The last 2 pad entries are left over. */
static void sum_along(nlm *m, int axis)
{
    size_t stride = axis == 0 ? 1 : axis == 1 ? m->dim[0] : m->dim[0] * m->dim[1];
    size_t width = 2 * m->pad + 1, entries = m->dim[axis] - width + 1, block = stride * m->dim[axis];
    for (size_t first = 0; first < m->padded; first += block) {
        double *v = m->difference + first;
        for (size_t i = 0; i < entries * stride; i++) {
            double sum = v[i];
            for (size_t t = 1; t < width; t++) { sum += v[i + t * stride]; }
            v[i] = sum;
        }
    }
}

/* Give and take between every voxel x and x + o that are both in the image. */
static void weigh(nlm *m, const ptrdiff_t o[3])
{
    const size_t *d = m->v->grid.dim;
    ptrdiff_t step = o[0] + (ptrdiff_t)d[0] * (o[1] + (ptrdiff_t)d[1] * o[2]), lo[3], hi[3];
    for (int a = 0; a < 3; a++) {
        lo[a] = o[a] < 0 ? -o[a] : 0;
        hi[a] = (ptrdiff_t)d[a] - (o[a] > 0 ? o[a] : 0);
    }
    for (ptrdiff_t k = lo[2]; k < hi[2]; k++) {
        for (ptrdiff_t j = lo[1]; j < hi[1]; j++) {
            size_t row = ((size_t)k * d[1] + (size_t)j) * d[0];
            const double *distance = m->difference + ((size_t)k * m->dim[1] + (size_t)j) * m->dim[0];
            for (ptrdiff_t i = lo[0]; i < hi[0]; i++) {
                double w = exp(-distance[i] * m->scale);
                size_t x = row + (size_t)i, y = (size_t)((ptrdiff_t)x + step);
                m->sum[x] += w * m->v->voxels[y];
                m->sum[y] += w * m->v->voxels[x];
                m->weight[x] += w;
                m->weight[y] += w;
                m->largest[x] = w > m->largest[x] ? w : m->largest[x];
                m->largest[y] = w > m->largest[y] ? w : m->largest[y];
            }
        }
    }
}

static void all_offsets(nlm *m, ptrdiff_t r)
{
    for (ptrdiff_t z = 0; z <= r; z++) {
        for (ptrdiff_t y = z ? -r : 0; y <= r; y++) {
            for (ptrdiff_t x = z || y ? -r : 1; x <= r; x++) {
                const ptrdiff_t o[3] = { x, y, z };
                bool fits = true;
                for (int a = 0; a < 3; a++) { fits = fits && (size_t)llabs(o[a]) < m->v->grid.dim[a]; }
                if (!fits) { continue; }
                square_differences(m, o);
                for (int a = 0; a < 3; a++) { sum_along(m, a); }
                weigh(m, o);
            }
        }
    }
}

static int check(const rx_nlm *s, rx_error *err)
{
    if (s->patch_radius < 1 || s->patch_radius > MAX_PATCH || s->search_radius < 1
        || s->search_radius > MAX_SEARCH) {
        return rx_fail(err, RX_EINVAL, "patch and search radius are %u and %u, must be 1 to %d and 1 to %d",
                       s->patch_radius, s->search_radius, MAX_PATCH, MAX_SEARCH);
    }
    if (!(s->sigma >= 0) || !isfinite(s->sigma) || !(s->beta > 0) || !isfinite(s->beta)) {
        return rx_fail(err, RX_EINVAL, "noise sigma and beta are %g and %g, must not be negative and "
                       "be positive", s->sigma, s->beta);
    }
    return RX_OK;
}

int rx_denoise_nlm(rx_volume *v, const rx_nlm *s, rx_error *err)
{
    nlm m = { .v = v, .pad = s->patch_radius, .padded = 1, .margin = s->patch_radius + s->search_radius };
    size_t wide = 1;
    double sigma = s->sigma;
    int rc = check(s, err);
    if (rc == RX_OK) { rc = rx_prep_check(&m.n, v, err); }
    if (rc == RX_OK && sigma == 0) { rc = rx_noise_sigma(&sigma, v, err); }
    if (rc != RX_OK || sigma == 0) { return rc; }          /* no noise: nothing to take away */
    for (int a = 0; a < 3; a++) {
        m.dim[a] = v->grid.dim[a] + 2 * m.pad;
        m.padded *= m.dim[a];
        m.wide[a] = v->grid.dim[a] + 2 * m.margin;
        wide *= m.wide[a];
    }
    double width = 2.0 * s->patch_radius + 1;
    m.scale = 1 / (2 * s->beta * sigma * sigma * width * width * width);
    m.difference = malloc(m.padded * sizeof *m.difference);
    m.image = malloc(wide * sizeof *m.image);
    m.sum = calloc(3 * m.n, sizeof *m.sum);
    if (!m.difference || !m.image || !m.sum) {
        free(m.difference);
        free(m.image);
        free(m.sum);
        return rx_fail(err, RX_ENOMEM, "no memory for 5 x %zu voxels", m.n);
    }
    m.weight = m.sum + m.n;
    m.largest = m.weight + m.n;
    repeat_edges(&m);
    all_offsets(&m, (ptrdiff_t)s->search_radius);
    for (size_t i = 0; i < m.n; i++) {
        double own = m.largest[i] > 0 ? m.largest[i] : 1;
        v->voxels[i] = (m.sum[i] + own * v->voxels[i]) / (m.weight[i] + own);
    }
    free(m.difference);
    free(m.image);
    free(m.sum);
    return RX_OK;
}
