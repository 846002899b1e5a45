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

static size_t slice_voxels(const rx_grid *g) { return g->dim[0] * g->dim[1]; }

static size_t count_inside(const uint8_t *p, size_t n, uint8_t label)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) { count += p[i] == label; }
    return count;
}

/* Voxels of the region in each slice. */
static size_t *count_slices(const rx_mask *mask)
{
    size_t n = slice_voxels(&mask->grid), *counts = calloc(mask->grid.dim[2] + 1, sizeof *counts);
    for (size_t k = 0; counts != NULL && k < mask->grid.dim[2]; k++) {
        counts[k] = count_inside(mask->voxels + k * n, n, mask->label);
    }
    return counts;
}

/* The slice with something in it that is nearest to k and is not among those chosen. */
static bool nearest(size_t *out, const size_t *counts, size_t n, double k, const pn_page_images *p)
{
    bool found = false;
    for (size_t i = 0; i < n; i++) {
        bool taken = counts[i] == 0;
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

static void choose_slices(pn_page_images *p, const size_t *counts, size_t n)
{
    size_t first = n, last = 0, largest = 0;
    for (size_t k = 0; k < n; k++) {
        if (counts[k] == 0) { continue; }
        if (first == n) { first = k; }
        last = k;
        if (counts[k] > counts[largest]) { largest = k; }
    }
    if (first == n) { return; }
    p->slices[p->n_slices++].index = largest;
    double extent = (double)(last - first);
    const double at[] = {(double)first + extent / 4, (double)first + 3 * extent / 4};
    for (size_t i = 0; i < 2; i++) {
        size_t k = 0;
        if (nearest(&k, counts, n, at[i], p)) { p->slices[p->n_slices++].index = k; }
    }
    qsort(p->slices, p->n_slices, sizeof p->slices[0], by_index);
    for (size_t i = 0; i < p->n_slices; i++) {
        if (p->slices[i].index == largest) { p->largest = i; }
    }
}

/* ---- Which part ------------------------------------------------------------------------------ */

/* The rows and columns that hold something, over all slices: [from, to). */
static void find_box(size_t from[2], size_t to[2], const rx_mask *mask, const size_t *counts)
{
    const size_t *dim = mask->grid.dim;
    from[0] = dim[0];
    from[1] = dim[1];
    to[0] = to[1] = 0;
    for (size_t k = 0; k < dim[2]; k++) {
        for (size_t y = 0; counts[k] > 0 && y < dim[1]; y++) {
            const uint8_t *row = mask->voxels + (k * dim[1] + y) * dim[0];
            const uint8_t *hit = memchr(row, mask->label, dim[0]);
            if (hit == NULL) { continue; }
            size_t left = (size_t)(hit - row), right = dim[0];
            while (row[right - 1] != mask->label) { right--; }
            if (left < from[0]) { from[0] = left; }
            if (right > to[0]) { to[0] = right; }
            if (y < from[1]) { from[1] = y; }
            to[1] = y + 1;
        }
    }
}

/* A square around the region, in millimetres, as far as the image reaches. */
static view choose_view(const rx_mask *mask, const size_t *counts)
{
    const rx_grid *g = &mask->grid;
    view v;
    size_t from[2], to[2];
    find_box(from, to, mask, counts);
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
            size_t left = v->from[0] + x * v->step[0];
            size_t columns = left + v->step[0] <= v->to[0] ? v->step[0] : v->to[0] - left;
            out[y * w + x] = (float)(sum[x] / (double)(rows * columns));
        }
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

static double mean_inside(const pn_volume *volume, const rx_mask *mask, size_t k)
{
    size_t n = slice_voxels(&mask->grid), inside = 0;
    double sum = 0;
    for (size_t i = k * n; i < (k + 1) * n; i++) {
        if (mask->voxels[i] == mask->label) {
            sum += voxel(&volume->image, i);
            inside++;
        }
    }
    return sum / (double)inside;
}

static void choose_window(pn_page_images *p, const pn_volume *volume, const rx_mask *mask,
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
static bool *inside_pixels(const rx_mask *mask, size_t k, const view *v)
{
    size_t w = pixels(v, 0), h = pixels(v, 1);
    bool *in = calloc((w + 2) * (h + 2), sizeof *in);
    for (size_t y = 0; in != NULL && y < h; y++) {
        for (size_t x = 0; x < w; x++) {
            size_t inside = 0, all = 0;
            for (size_t j = v->from[1] + y * v->step[1], m = 0; m < v->step[1] && j < v->to[1]; m++, j++) {
                const uint8_t *row = mask->voxels + (k * mask->grid.dim[1] + j) * mask->grid.dim[0];
                size_t left = v->from[0] + x * v->step[0];
                size_t columns = left + v->step[0] <= v->to[0] ? v->step[0] : v->to[0] - left;
                inside += count_inside(row + left, columns, mask->label);
                all += columns;
            }
            in[(y + 1) * (w + 2) + x + 1] = inside > 0 && 2 * inside >= all;
        }
    }
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

static bool add_outline(edges *e, const rx_mask *mask, size_t k, const view *v)
{
    bool *in = inside_pixels(mask, k, v);
    if (in == NULL) { return false; }
    trace(e, in, pixels(v, 0), pixels(v, 1), false);
    trace(e, in, pixels(v, 0), pixels(v, 1), true);
    free(in);
    return !e->failed;
}

static bool add_outlines(pn_page_slice *s, const rx_mask *mask, const rx_mask *const *others,
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

static bool fill_slices(pn_page_images *p, const pn_volume *volume, const rx_mask *mask,
                        const rx_mask *const *others, size_t n_others, const view *v)
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

static bool same_size(const rx_grid *a, const rx_grid *b)
{
    return a->dim[0] == b->dim[0] && a->dim[1] == b->dim[1] && a->dim[2] == b->dim[2];
}

int pn_page_images_make(pn_page_images *out, const pn_volume *volume, const rx_mask *mask,
                        const rx_mask *const *others, size_t n_others, pn_error *err)
{
    const rx_grid *g = &volume->image.grid;
    bool fits = same_size(g, &mask->grid);
    for (size_t i = 0; i < n_others; i++) { fits = fits && same_size(g, &others[i]->grid); }
    if (!fits) { return pn_fail(err, PN_EINVAL, "picture page: a mask differs from the images in size"); }
    pn_page_images p = {.n_volume_slices = g->dim[2]};
    size_t *counts = count_slices(mask);
    if (counts == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for the key slices"); }
    choose_slices(&p, counts, g->dim[2]);
    bool good = true;
    if (p.n_slices > 0) {
        view v = choose_view(mask, counts);
        for (int a = 0; a < 2; a++) { p.pixel_mm[a] = g->spacing_mm[a] * (double)v.step[a]; }
        for (size_t i = 0; i < p.n_slices; i++) {
            p.slices[i].z_mm = volume->slices[p.slices[i].index].position_mm[2];
            p.slices[i].area_mm2 = (double)counts[p.slices[i].index] * g->spacing_mm[0] * g->spacing_mm[1];
        }
        set_letters(&p, g);
        good = fill_slices(&p, volume, mask, others, n_others, &v);
    }
    free(counts);
    if (!good) {
        pn_page_images_free(&p);
        return pn_fail_transient(err, PN_ENOMEM, "no memory for the key slices");
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
