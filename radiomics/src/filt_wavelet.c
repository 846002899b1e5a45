/* Wavelets as PyRadiomics has them: the stationary transform of one level (PyWavelets' swtn), as
 * often as there are levels and always with the same filters, of the approximation before; an axis
 * with an odd number of voxels is first extended by its first voxel, and ends meet.
 *
 * Along one axis of P voxels, output o is the sum over taps t of f[t] * x[(o + taps/2 - t) mod P].
 * The eight images of a level are the leaves of a tree, x first: three passes each, of which those
 * that an image shares with the one before are kept. A pass computes what the next ones need: the
 * box along the axes that are done, the box and the reach of the filter along the others. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "filt.h"
#include "roi.h"
#include "wide.h"

/* Along one axis: outputs first to first + n - 1, of which the leading `plain` add up their taps
 * in order; and the inputs they need, as indices into the source. */
typedef struct axis_plan {
    bool filtered;
    size_t period;              /* voxels with the extension                                   */
    size_t first, n, plain;
    size_t wrapped;             /* how far the first output that is not plain reaches over the end */
    size_t *needed, n_needed;
} axis_plan;

struct rx_wavelet_work {
    bool single;
    unsigned taps;
    double lo[RX_MAX_WAVELET], hi[RX_MAX_WAVELET];
    axis_plan axis[3];
    unsigned axes;              /* filtered ones: 3, or 2 with force2D                         */
    void *stage[2];             /* filtered along x, and along x and y                         */
    char staged[2];             /* by which filters: 'L', 'H', 0 for none                      */
    void *row;                  /* a row of the source, and one extended                       */
    double *scratch;
    unsigned level;             /* whose images are given; 0 is the first                      */
    unsigned image;             /* of the level, 0 is L..LH                                    */
    void *approximation;        /* that the level starts from, of the extended grid; NULL: the image */
};

/* Where a transform reads: an image, or reals of the extended grid. */
typedef struct source {
    const rx_image *image;
    const void *voxels;
    size_t n[3];
} source;

/* The order in which PyWavelets adds: from the first tap on, but for outputs that reach beyond
 * the end: first the taps that do, the last of them first. */
static size_t tap_at(const axis_plan *a, size_t taps, size_t output, size_t t)
{
    if (output < a->plain) { return t; }
    size_t over = output - a->plain + a->wrapped;    /* taps 0..over reach over */
    return t <= over && over < taps ? over - t : t;
}

static void copy_taps_double(double *f, const rx_wavelet_work *w, bool high)
{
    memcpy(f, high ? w->hi : w->lo, w->taps * sizeof *f);
}

static void copy_taps_float(float *f, const rx_wavelet_work *w, bool high)
{
    for (size_t t = 0; t < w->taps; t++) { f[t] = (float)(high ? w->hi[t] : w->lo[t]); }
}

#define REAL double
#define NAMED(x) x##_double
#include "filt_wavelet_passes.h"
#undef REAL
#undef NAMED
#define REAL float
#define NAMED(x) x##_float
#include "filt_wavelet_passes.h"
#undef REAL
#undef NAMED

static void free_plans(rx_wavelet_work *w)
{
    for (int a = 0; a < 3; a++) { free(w->axis[a].needed); }
    memset(w->axis, 0, sizeof w->axis);
    for (int i = 0; i < 2; i++) {
        free(w->stage[i]);
        w->stage[i] = NULL;
        w->staged[i] = 0;
    }
}

void rx_wavelet_work_free(rx_wavelet_work *w)
{
    if (!w) { return; }
    free_plans(w);
    free(w->row);
    free(w->scratch);
    free(w->approximation);
    free(w);
}

static size_t extended(size_t n) { return n + n % 2; }

/* source_n: voxels of the source along the axis, which may lack the extension. */
static int plan_axis(axis_plan *a, bool filtered, size_t first, size_t n, size_t source_n, size_t taps,
                     rx_error *err)
{
    a->filtered = filtered;
    a->period = extended(source_n);
    a->first = first;
    a->n = a->plain = n;
    a->n_needed = filtered ? n + taps - 1 : n;
    a->needed = rx_filt_alloc(a->n_needed, sizeof *a->needed, err);
    if (!a->needed) { return RX_ENOMEM; }
    size_t reach = filtered ? taps / 2 : 0;
    for (size_t i = 0; i < a->n_needed; i++) {
        /* the lowest input of output `first` is first + reach - (taps - 1) */
        size_t back = filtered ? taps - 1 : 0, at = first + i + reach + (back / a->period + 1) * a->period;
        at = (at - back) % a->period;
        a->needed[i] = at < source_n ? at : 0;
    }
    if (filtered && first + n + reach > a->period) {
        size_t straight = a->period > reach ? a->period - reach : 0;   /* outputs below are plain */
        a->plain = straight > first ? straight - first : 0;
        a->wrapped = first + a->plain + reach - a->period;
    }
    return RX_OK;
}

/* Plans for the box `first`, `n` of a source, and memory for the stages. */
static int plan(rx_wavelet_work *w, const rx_filter *f, const size_t first[3], const size_t n[3],
                const source *s, rx_error *err)
{
    free_plans(w);
    for (unsigned a = 0; a < 3; a++) {
        bool filtered = !(f->s.force_2d && a == 2 - f->s.force_2d_dimension);
        int rc = plan_axis(&w->axis[a], filtered, first[a], n[a], s->n[a], w->taps, err);
        if (rc != RX_OK) { return rc; }
    }
    size_t element = w->single ? sizeof(float) : sizeof(double), z = w->axis[2].n_needed;
    w->stage[0] = rx_filt_alloc(n[0] * w->axis[1].n_needed * z, element, err);
    w->stage[1] = w->stage[0] ? rx_filt_alloc(n[0] * n[1] * z, element, err) : NULL;
    return w->stage[1] ? RX_OK : RX_ENOMEM;
}

/* The three passes with the filters 'L' or 'H' by name; 0 for an axis that is left out. */
static void transform(void *out, rx_wavelet_work *w, const source *s, const char by[3])
{
    const axis_plan *x = &w->axis[0], *y = &w->axis[1], *z = &w->axis[2];
    bool again = w->staged[0] != by[0] || w->staged[0] == 0;
    if (again && w->single) {
        along_x_float(w->stage[0], w, s, by[0] == 'H');
    } else if (again) {
        along_x_double(w->stage[0], w, s, by[0] == 'H');
    }
    again = again || w->staged[1] != by[1];
    if (again && w->single) {
        across_float(w->stage[1], w->stage[0], w, y, x->n, z->n_needed, by[1] == 'H');
    } else if (again) {
        across_double(w->stage[1], w->stage[0], w, y, x->n, z->n_needed, by[1] == 'H');
    }
    if (w->single) {
        across_float(out, w->stage[1], w, z, x->n * y->n, 1, by[2] == 'H');
    } else {
        across_double(out, w->stage[1], w, z, x->n * y->n, 1, by[2] == 'H');
    }
    w->staged[0] = by[0];
    w->staged[1] = by[1];
}

static source source_of(const rx_wavelet_work *w, const rx_filter *f)
{
    source s = { &f->image, NULL, { 0, 0, 0 } };
    bool first = !w->approximation;
    if (!first) { s = (source){ NULL, w->approximation, { 0, 0, 0 } }; }
    for (int a = 0; a < 3; a++) {
        s.n[a] = first ? f->image.grid.dim[a] : extended(f->image.grid.dim[a]);
    }
    return s;
}

/* Make the approximation of the whole the source of what follows. */
static int next_level(rx_wavelet_work *w, const rx_filter *f, rx_error *err)
{
    static const size_t origin[3] = { 0, 0, 0 };
    source s = source_of(w, f);
    size_t n[3], element = w->single ? sizeof(float) : sizeof(double);
    for (int a = 0; a < 3; a++) { n[a] = extended(s.n[a]); }
    int rc = plan(w, f, origin, n, &s, err);
    if (rc != RX_OK) { return rc; }
    void *whole = rx_filt_alloc(n[0] * n[1] * n[2], element, err);
    if (!whole) { return RX_ENOMEM; }
    transform(whole, w, &s, "LLL");
    free(w->approximation);
    w->approximation = whole;
    return RX_OK;
}

/* Plans for the box, from the present source. */
static int start_level(rx_wavelet_work *w, const rx_filter *f, rx_error *err)
{
    source s = source_of(w, f);
    w->image = 0;
    return plan(w, f, f->box.min, f->n, &s, err);
}

static int start(rx_filter *f, rx_error *err)
{
    rx_wavelet_work *w = f->wavelet = calloc(1, sizeof *w);
    if (!w) { return rx_fail(err, RX_ENOMEM, "no memory for a wavelet"); }
    w->single = f->as == RX_F32;
    w->axes = f->s.force_2d ? 2 : 3;
    int rc = rx_filt_wavelet_taps(w->lo, w->hi, &w->taps, f->s.wavelet, w->single, err);
    if (rc != RX_OK) { return rc; }
    size_t longest = extended(f->image.grid.dim[0]);
    w->row = rx_filt_alloc(2 * longest + w->taps, sizeof(double), err);
    w->scratch = w->row ? rx_filt_alloc(longest, sizeof *w->scratch, err) : NULL;
    if (!w->scratch) { return RX_ENOMEM; }
    for (unsigned i = 0; i < f->s.start_level; i++) {
        if ((rc = next_level(w, f, err)) != RX_OK) { return rc; }
    }
    return start_level(w, f, err);
}

/* Of image `n` of a level: LLH, LHL ... HHH, and LLL after them; 0 for an axis that is left out. */
static void letters(char by[3], const rx_wavelet_work *w, unsigned n)
{
    unsigned details = (1u << w->axes) - 1, code = n < details ? n + 1 : 0, at = 0;
    for (unsigned a = 0; a < 3; a++) {
        by[a] = 0;
        if (!w->axis[a].filtered) { continue; }
        by[a] = code >> (w->axes - 1 - at) & 1 ? 'H' : 'L';
        at++;
    }
}

int rx_filt_wavelet(bool *more, rx_filter *f, rx_error *err)
{
    int rc = f->at == 0 ? start(f, err) : RX_OK;
    if (rc != RX_OK) { return rc; }
    rx_wavelet_work *w = f->wavelet;
    unsigned details = (1u << w->axes) - 1, last = f->s.level - 1;
    if (w->image == details && w->level < last) {
        w->level++;
        if ((rc = next_level(w, f, err)) != RX_OK || (rc = start_level(w, f, err)) != RX_OK) { return rc; }
    }
    *more = w->image <= details;
    if (!*more) { return RX_OK; }
    char by[3];
    letters(by, w, w->image++);
    source s = source_of(w, f);
    transform(f->out, w, &s, by);
    return RX_OK;
}
