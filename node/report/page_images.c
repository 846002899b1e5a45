/* report/page_images.c - see page_images.h. */
#include "report/page_images.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* What is shown around the region: so much of its width, and no less than this. */
static const double VIEW_FACTOR = 2.5, LEAST_VIEW_MM = 150;
/* A second letter where the axis leans that far (its cosine). */
static const double SECOND_LETTER = 0.26;
enum { BINS = 4096 };

/* The cut-out, in voxels of the volume: [from, to) along x and y, `step` voxels a pixel. */
typedef struct view {
    size_t from[2], to[2], step[2];
} view;

/* ---- Which slices ---------------------------------------------------------------------------- */

static const uint8_t *bits_of(const pn_packed_mask *m, size_t n) { return m->bits + n * pn_packed_slice_bytes(m); }

static bool bit_at(const uint8_t *bits, size_t i) { return bits[i / 8] >> (i % 8) & 1; }

/* Voxels of the region in the n-th slice that it lies on. */
static size_t count_slice(const pn_packed_mask *m, size_t n)
{
    const uint8_t *bits = bits_of(m, n);
    size_t count = 0;
    for (size_t i = 0; i < pn_packed_slice_bytes(m); i++) {
        for (unsigned b = bits[i]; b != 0; b &= b - 1) { count++; }
    }
    return count;
}

/* Where slice `index` of the volume stands among those that the region lies on, or n_slices. */
static size_t find_slice(const pn_packed_mask *m, size_t index)
{
    size_t n = 0;
    while (n < m->n_slices && m->slice[n] != index) { n++; }
    return n;
}

/* The slice with something in it that is nearest to k and is not among those chosen. */
static bool nearest(size_t *out, const pn_packed_mask *m, double k, const pn_page_images *p)
{
    bool found = false;
    for (size_t n = 0; n < m->n_slices; n++) {
        size_t i = m->slice[n];
        bool taken = false;
        for (size_t j = 0; j < p->n_slices; j++) { taken = taken || p->slices[j].index == i; }
        if (!taken && (!found || fabs((double)i - k) < fabs((double)*out - k))) {
            *out = i;
            found = true;
        }
    }
    return found;
}

static int by_index(const void *a, const void *b)
{
    size_t x = ((const pn_page_slice *)a)->index, y = ((const pn_page_slice *)b)->index;
    return (x > y) - (x < y);
}

static void choose_slices(pn_page_images *p, const pn_packed_mask *m, const rx_grid *g)
{
    size_t largest = 0, most = 0;
    for (size_t n = 0; n < m->n_slices; n++) {
        size_t count = count_slice(m, n);
        if (count > most) {
            most = count;
            largest = m->slice[n];
        }
    }
    p->slices[p->n_slices++].index = largest;
    double first = (double)m->slice[0], extent = (double)m->slice[m->n_slices - 1] - first;
    /* Of a quarter, half and three quarters, the largest stands for the one it is nearest to. */
    int known = (int)fmin(fmax(round(4 * ((double)largest - first) / fmax(extent, 1)), 1), 3);
    for (int quarter = 1; quarter <= 3; quarter++) {
        size_t k = 0;
        if (quarter != known && nearest(&k, m, first + quarter * extent / 4, p)) {
            p->slices[p->n_slices++].index = k;
        }
    }
    qsort(p->slices, p->n_slices, sizeof p->slices[0], by_index);
    for (size_t i = 0; i < p->n_slices; i++) {
        pn_page_slice *s = &p->slices[i];
        if (s->index == largest) { p->largest = i; }
        s->area_mm2 = (double)count_slice(m, find_slice(m, s->index)) * g->spacing_mm[0] * g->spacing_mm[1];
    }
}

/* ---- Which part ------------------------------------------------------------------------------ */

/* The columns and rows that hold something, over all slices: [from, to). */
static void find_box(size_t from[2], size_t to[2], const pn_packed_mask *m)
{
    size_t first = m->width * m->height, last = 0, left = m->width, right = 0, bytes = pn_packed_slice_bytes(m);
    for (size_t n = 0; n < m->n_slices; n++) {
        const uint8_t *bits = bits_of(m, n);
        for (size_t byte = 0; byte < bytes; byte++) {
            for (size_t bit = 0; bits[byte] != 0 && bit < 8; bit++) {
                if ((bits[byte] >> bit & 1) == 0) { continue; }
                size_t i = 8 * byte + bit, x = i % m->width;
                if (x < left) { left = x; }
                if (x >= right) { right = x + 1; }
                if (i < first) { first = i; }
                if (i > last) { last = i; }
            }
        }
    }
    from[0] = left;
    to[0] = right;
    from[1] = first / m->width;
    to[1] = last / m->width + 1;
}

/* A square around the region, in millimetres, as far as the image reaches. */
static view choose_view(const pn_packed_mask *m, const rx_grid *g)
{
    view v;
    size_t from[2], to[2];
    find_box(from, to, m);
    double side = LEAST_VIEW_MM;
    for (int a = 0; a < 2; a++) { side = fmax(side, VIEW_FACTOR * (double)(to[a] - from[a]) * g->spacing_mm[a]); }
    for (int a = 0; a < 2; a++) {
        double n = fmin(fmax(ceil(side / g->spacing_mm[a]), 1), (double)g->dim[a]);
        double begin = floor(((double)from[a] + (double)to[a] - n) / 2);
        begin = fmin(fmax(begin, 0), (double)g->dim[a] - n);
        v.from[a] = (size_t)begin;
        v.to[a] = v.from[a] + (size_t)n;
        v.step[a] = ((size_t)n + PN_PAGE_PIXELS - 1) / PN_PAGE_PIXELS;
    }
    return v;
}

static size_t pixels(const view *v, int axis)
{
    return (v->to[axis] - v->from[axis] + v->step[axis] - 1) / v->step[axis];
}

/* Voxels along x in pixel x: fewer at the right edge. */
static size_t columns_of(const view *v, size_t x)
{
    size_t left = v->from[0] + x * v->step[0];
    return left + v->step[0] <= v->to[0] ? v->step[0] : v->to[0] - left;
}

/* ---- Grey values ----------------------------------------------------------------------------- */

static double voxel(const rx_image *image, size_t i)
{
    switch (image->type) {
    case RX_I16: return ((const int16_t *)image->voxels)[i];
    case RX_F32: return (double)((const float *)image->voxels)[i];
    case RX_F64: return ((const double *)image->voxels)[i];
    }
    return NAN;
}

/* The mean of each pixel's voxels. */
static float *sample(const rx_image *image, size_t k, const view *v)
{
    size_t w = pixels(v, 0), h = pixels(v, 1), nx = image->grid.dim[0];
    double *sum = calloc(w, sizeof *sum);
    float *out = malloc(w * h * sizeof *out);
    for (size_t y = 0; sum != NULL && out != NULL && y < h; y++) {
        size_t top = v->from[1] + y * v->step[1], rows = 0;
        memset(sum, 0, w * sizeof *sum);
        for (size_t j = top; j < top + v->step[1] && j < v->to[1]; j++, rows++) {
            size_t row = (k * image->grid.dim[1] + j) * nx;
            for (size_t i = v->from[0], x = 0, n = 0; i < v->to[0]; i++) {
                sum[x] += voxel(image, row + i);
                if (++n == v->step[0]) { x++, n = 0; }
            }
        }
        for (size_t x = 0; x < w; x++) {
            out[y * w + x] = (float)(sum[x] / (double)(rows * columns_of(v, x)));
        }
    }
    if (sum == NULL) {
        free(out);
        out = NULL;
    }
    free(sum);
    return out;
}

/* The value below which that share of the finite values lies; low and high are their range. */
static double share_below(const float *const *samples, size_t n_samples, size_t n, double low, double high,
                          double share)
{
    size_t bins[BINS] = {0}, total = 0;
    for (size_t s = 0; s < n_samples; s++) {
        for (size_t i = 0; i < n; i++) {
            double v = (double)samples[s][i];
            if (!isfinite(v)) { continue; }
            bins[(size_t)((v - low) / (high - low) * (BINS - 1))]++;
            total++;
        }
    }
    size_t below = 0, b = 0;
    while (b + 1 < BINS && (double)(below + bins[b]) < share * (double)total) { below += bins[b++]; }
    return low + (high - low) * ((double)b + 0.5) / (BINS - 1);
}

static double mean_inside(const pn_volume *volume, const pn_packed_mask *m, size_t index)
{
    const uint8_t *bits = bits_of(m, find_slice(m, index));
    size_t n = m->width * m->height, inside = 0;
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (bit_at(bits, i)) {
            sum += voxel(&volume->image, index * n + i);
            inside++;
        }
    }
    return sum / (double)inside;
}

static void choose_window(pn_page_images *p, const pn_volume *volume, const pn_packed_mask *mask,
                          const float *const *samples, size_t n)
{
    double centre = volume->window_centre, width = volume->window_width;
    if (!(width > 0) && strcmp(volume->study.modality, "CT") == 0) {
        bool lung = mean_inside(volume, mask, p->slices[p->largest].index) < -400;
        centre = lung ? -600 : 40;
        width = lung ? 1500 : 400;
    }
    if (width > 0) {
        p->window_low = centre - width / 2;
        p->window_high = centre + width / 2;
        return;
    }
    double low = INFINITY, high = -INFINITY;
    for (size_t s = 0; s < p->n_slices; s++) {
        for (size_t i = 0; i < n; i++) {
            if (!isfinite(samples[s][i])) { continue; }
            low = fmin(low, (double)samples[s][i]);
            high = fmax(high, (double)samples[s][i]);
        }
    }
    p->window_low = low;
    p->window_high = high;
    if (high > low) {
        p->window_low = share_below(samples, p->n_slices, n, low, high, 0.01);
        p->window_high = share_below(samples, p->n_slices, n, low, high, 0.995);
    }
}

static void apply_window(pn_page_slice *s, const float *samples, double low, double high)
{
    double range = high > low ? high - low : 1;
    for (size_t i = 0; i < s->width * s->height; i++) {
        double g = ((double)samples[i] - low) / range;
        s->grey[i] = g > 0 ? (uint8_t)lround(255 * fmin(g, 1)) : 0;      /* NaN is black */
    }
}

/* ---- Outline --------------------------------------------------------------------------------- */

/* Which pixels are inside: those half of whose voxels are. With a border of empty ones. */
static bool *inside_pixels(const pn_packed_mask *m, size_t n, const view *v)
{
    size_t w = pixels(v, 0), h = pixels(v, 1);
    bool *in = calloc((w + 2) * (h + 2), sizeof *in);
    size_t *inside = calloc(w, sizeof *inside);
    const uint8_t *bits = bits_of(m, n);
    for (size_t y = 0; in != NULL && inside != NULL && y < h; y++) {
        size_t top = v->from[1] + y * v->step[1], rows = 0;
        memset(inside, 0, w * sizeof *inside);
        for (size_t j = top; j < top + v->step[1] && j < v->to[1]; j++, rows++) {
            for (size_t i = v->from[0], x = 0, done = 0; i < v->to[0]; i++) {
                inside[x] += bit_at(bits, j * m->width + i);
                if (++done == v->step[0]) { x++, done = 0; }
            }
        }
        for (size_t x = 0; x < w; x++) {
            in[(y + 1) * (w + 2) + x + 1] = inside[x] > 0 && 2 * inside[x] >= rows * columns_of(v, x);
        }
    }
    if (inside == NULL) {
        free(in);
        in = NULL;
    }
    free(inside);
    return in;
}

typedef struct edges { pn_edge *p; size_t n, room; bool failed; } edges;

static void add_edge(edges *e, double x0, double y0, double x1, double y1)
{
    if (e->n == e->room && !e->failed) {
        size_t room = e->room > 0 ? 2 * e->room : 256;
        pn_edge *p = realloc(e->p, room * sizeof *p);
        e->failed = p == NULL;
        if (p != NULL) {
            e->p = p;
            e->room = room;
        }
    }
    if (!e->failed) { e->p[e->n++] = (pn_edge){x0, y0, x1, y1}; }
}

/* Between each two pixels of which one is inside, straight pieces joined to one. The inside keeps
 * its side along a piece. */
static void trace(edges *e, const bool *in, size_t w, size_t h, bool upright)
{
    size_t stride = w + 2, lines = upright ? w : h, length = upright ? h : w;
    size_t across = upright ? 1 : stride, along = upright ? stride : 1;
    for (size_t line = 0; line <= lines; line++) {
        size_t begin = 0;
        int side = 0;
        for (size_t i = 0; i <= length; i++) {
            size_t at = (line + 1) * across + (i + 1) * along;
            int now = i < length ? (int)in[at] - (int)in[at - across] : 0;
            if (now == side) { continue; }
            if (side != 0 && upright) { add_edge(e, (double)line, (double)begin, (double)line, (double)i); }
            if (side != 0 && !upright) { add_edge(e, (double)begin, (double)line, (double)i, (double)line); }
            begin = i;
            side = now;
        }
    }
}

/* Nothing where the region does not lie on that slice. */
static bool add_outline(edges *e, const pn_packed_mask *m, size_t index, const view *v)
{
    size_t n = find_slice(m, index);
    if (n == m->n_slices) { return true; }
    bool *in = inside_pixels(m, n, v);
    if (in == NULL) { return false; }
    trace(e, in, pixels(v, 0), pixels(v, 1), false);
    trace(e, in, pixels(v, 0), pixels(v, 1), true);
    free(in);
    return !e->failed;
}

static bool add_outlines(pn_page_slice *s, const pn_packed_mask *mask, const pn_packed_mask *const *others,
                         size_t n_others, const view *v)
{
    edges own = {0}, further = {0};
    bool good = add_outline(&own, mask, s->index, v);
    for (size_t i = 0; good && i < n_others; i++) { good = add_outline(&further, others[i], s->index, v); }
    s->outline = own.p;
    s->n_outline = own.n;
    s->others = further.p;
    s->n_others = further.n;
    return good;
}

/* ---- Orientation ----------------------------------------------------------------------------- */

/* Where a direction of patient space points: its letter, and a second one where it leans. */
static void letters(char out[4], const double d[3], double sign)
{
    static const char names[3][2] = {{'R', 'L'}, {'A', 'P'}, {'F', 'H'}};
    int first = 0;
    for (int i = 1; i < 3; i++) {
        if (fabs(d[i]) > fabs(d[first]) + 1e-9) { first = i; }
    }
    int second = (first + 1) % 3;
    if (fabs(d[(first + 2) % 3]) > fabs(d[second])) { second = (first + 2) % 3; }
    out[0] = names[first][sign * d[first] > 0];
    out[1] = fabs(d[second]) >= SECOND_LETTER ? names[second][sign * d[second] > 0] : '\0';
    out[2] = '\0';
}

static void set_letters(pn_page_images *p, const rx_grid *g)
{
    const double x[3] = {g->direction[0], g->direction[3], g->direction[6]};
    const double y[3] = {g->direction[1], g->direction[4], g->direction[7]};
    letters(p->left, x, -1);
    letters(p->right, x, 1);
    letters(p->top, y, -1);
    letters(p->bottom, y, 1);
}

/* ---- Together -------------------------------------------------------------------------------- */

static bool fill_slices(pn_page_images *p, const pn_volume *volume, const pn_packed_mask *mask,
                        const pn_packed_mask *const *others, size_t n_others, const view *v)
{
    float *samples[PN_PAGE_SLICES] = {NULL};
    bool good = true;
    for (size_t i = 0; good && i < p->n_slices; i++) {
        pn_page_slice *s = &p->slices[i];
        s->width = pixels(v, 0);
        s->height = pixels(v, 1);
        s->grey = malloc(s->width * s->height);
        samples[i] = sample(&volume->image, s->index, v);
        good = s->grey != NULL && samples[i] != NULL && add_outlines(s, mask, others, n_others, v);
    }
    if (good) {
        const float *const all[PN_PAGE_SLICES] = {samples[0], samples[1], samples[2]};
        choose_window(p, volume, mask, all, pixels(v, 0) * pixels(v, 1));
    }
    for (size_t i = 0; i < p->n_slices; i++) {
        if (good) { apply_window(&p->slices[i], samples[i], p->window_low, p->window_high); }
        free(samples[i]);
    }
    return good;
}

/* The slices of a packed mask rise. */
static bool fits(const pn_packed_mask *m, const rx_grid *g)
{
    return m->width == g->dim[0] && m->height == g->dim[1] &&
           (m->n_slices == 0 || m->slice[m->n_slices - 1] < g->dim[2]);
}

int pn_page_images_make(pn_page_images *out, const pn_volume *volume, const pn_packed_mask *mask,
                        const pn_packed_mask *const *others, size_t n_others, pn_error *err)
{
    const rx_grid *g = &volume->image.grid;
    bool all_fit = fits(mask, g);
    for (size_t i = 0; i < n_others; i++) { all_fit = all_fit && fits(others[i], g); }
    if (!all_fit) { return pn_fail(err, PN_EINVAL, "picture page: a mask differs from the images in size"); }
    pn_page_images p = {.n_volume_slices = g->dim[2]};
    if (mask->n_slices > 0) {
        choose_slices(&p, mask, g);
        view v = choose_view(mask, g);
        for (int a = 0; a < 2; a++) { p.pixel_mm[a] = g->spacing_mm[a] * (double)v.step[a]; }
        for (size_t i = 0; i < p.n_slices; i++) { p.slices[i].z_mm = volume->slices[p.slices[i].index].position_mm[2]; }
        set_letters(&p, g);
        if (!fill_slices(&p, volume, mask, others, n_others, &v)) {
            pn_page_images_free(&p);
            return pn_fail_transient(err, PN_ENOMEM, "no memory for the key slices");
        }
    }
    *out = p;
    return PN_OK;
}

void pn_page_images_free(pn_page_images *p)
{
    if (p == NULL) { return; }
    for (size_t i = 0; i < p->n_slices; i++) {
        free(p->slices[i].grey);
        free(p->slices[i].outline);
        free(p->slices[i].others);
    }
    *p = (pn_page_images){0};
}
