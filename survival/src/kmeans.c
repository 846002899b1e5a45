/* kmeans.c - k-means by Hartigan & Wong (1979, Applied Statistics 28, AS 136) and by Lloyd. */
#include <survival/cluster.h>

#include <math.h>
#include <string.h>

#include "mem.h"
#include "num.h"
#include <survival/rng.h>

typedef struct state {
    size_t n, p, k;
    const double *x;         /* n x p, row-major */
    double *c;               /* k x p */
    size_t *first, *second;  /* own centre, and the next best                            */
    double *d;               /* cost of keeping item i where it is                       */
    size_t *size;
    double *gain, *loss;     /* n_c / (n_c + 1) and n_c / (n_c - 1)                      */
    size_t *live;            /* the item before which the centre is in the live set      */
    int64_t *moved;          /* the step before which the centre was moved last; -1 never  */
    bool *quick;             /* the centre was moved by the last quick stage             */
    size_t quiet;            /* items seen since the last transfer                       */
} state;

static double distance(const double *a, const double *b, size_t p)
{
    double s = 0;
    for (size_t j = 0; j < p; j++) { s += (a[j] - b[j]) * (a[j] - b[j]); }
    return s;
}

/* The same, given up (and anything >= limit returned) once it reaches the limit. */
static double distance_below(const double *a, const double *b, size_t p, double limit)
{
    double s = 0;
    size_t j = 0;
    for (; j + 4 <= p && s < limit; j += 4) {
        double u = a[j] - b[j], v = a[j + 1] - b[j + 1], w = a[j + 2] - b[j + 2], t = a[j + 3] - b[j + 3];
        s += (u * u + v * v) + (w * w + t * t);
    }
    for (; j < p && s < limit; j++) { s += (a[j] - b[j]) * (a[j] - b[j]); }
    return s;
}

static const double *item(const state *s, size_t i) { return s->x + i * s->p; }
static double *centre(const state *s, size_t c) { return s->c + c * s->p; }

static void weigh(state *s, size_t c)
{
    double n = (double)s->size[c];
    s->gain[c] = n / (n + 1);
    s->loss[c] = n > 1 ? n / (n - 1) : SV_INF;
}

/* Centres become the means of their items; false if one has none. */
static bool take_means(state *s)
{
    memset(s->c, 0, s->k * s->p * sizeof *s->c);
    memset(s->size, 0, s->k * sizeof *s->size);
    for (size_t i = 0; i < s->n; i++) {
        double *c = centre(s, s->first[i]);
        s->size[s->first[i]]++;
        for (size_t j = 0; j < s->p; j++) { c[j] += item(s, i)[j]; }
    }
    for (size_t c = 0; c < s->k; c++) {
        if (s->size[c] == 0) { return false; }
        for (size_t j = 0; j < s->p; j++) { centre(s, c)[j] /= (double)s->size[c]; }
    }
    return true;
}

static void two_nearest(state *s, size_t i)
{
    double best = SV_INF, next = SV_INF;
    for (size_t c = 0; c < s->k; c++) {
        double v = distance_below(item(s, i), centre(s, c), s->p, next);
        if (v >= next) { continue; }
        if (v < best) {
            next = best;
            s->second[i] = s->first[i];
            best = v;
            s->first[i] = c;
        } else {
            next = v;
            s->second[i] = c;
        }
    }
}

static void transfer(state *s, size_t i, size_t from, size_t to)
{
    double nf = (double)s->size[from], nt = (double)s->size[to];
    double *f = centre(s, from), *t = centre(s, to);
    const double *x = item(s, i);
    for (size_t j = 0; j < s->p; j++) {
        f[j] = (f[j] * nf - x[j]) / (nf - 1);
        t[j] = (t[j] * nt + x[j]) / (nt + 1);
    }
    s->size[from]--;
    s->size[to]++;
    weigh(s, from);
    weigh(s, to);
    s->first[i] = to;
    s->second[i] = from;
}

/* The best other centre for item i (step number i + 1): only those in the live set can have become
 * better, unless its own centre is. */
static size_t best_other(state *s, size_t i, double *cost)
{
    size_t own = s->first[i], tried = s->second[i], best = tried;
    *cost = s->gain[tried] * distance(item(s, i), centre(s, tried), s->p);
    for (size_t c = 0; c < s->k; c++) {
        bool still = i + 1 >= s->live[own] && i + 1 >= s->live[c];
        if (still || c == own || c == tried) { continue; }
        double limit = *cost / s->gain[c];
        double v = distance_below(item(s, i), centre(s, c), s->p, limit);
        if (v < limit) {
            *cost = v * s->gain[c];
            best = c;
        }
    }
    return best;
}

static void optimal_transfer(state *s)
{
    for (size_t c = 0; c < s->k; c++) {
        if (s->quick[c]) { s->live[c] = s->n + 1; }
    }
    for (size_t i = 0; i < s->n; i++) {
        size_t own = s->first[i];
        s->quiet++;
        if (s->size[own] > 1) {
            if (s->moved[own] != 0) { s->d[i] = s->loss[own] * distance(item(s, i), centre(s, own), s->p); }
            double cost;
            size_t to = best_other(s, i, &cost);
            if (cost >= s->d[i]) {
                s->second[i] = to;
            } else {
                s->quiet = 0;
                s->live[own] = s->live[to] = s->n + i + 1;
                s->moved[own] = s->moved[to] = (int64_t)i + 1;
                transfer(s, i, own, to);
            }
        }
        if (s->quiet == s->n) { return; }
    }
    for (size_t c = 0; c < s->k; c++) {
        s->quick[c] = false;
        s->live[c] = s->live[c] > s->n ? s->live[c] - s->n : 0;
    }
}

/* Swap items between their two best centres until a whole round brings nothing. False: too many steps. */
static bool quick_transfer(state *s)
{
    size_t calm = 0;
    int64_t step = 0, most = 50 * (int64_t)s->n;
    for (;;) {
        for (size_t i = 0; i < s->n; i++) {
            calm++;
            step++;
            if (step >= most) { return false; }
            size_t a = s->first[i], b = s->second[i];
            if (s->size[a] > 1) {
                if (step <= s->moved[a]) { s->d[i] = s->loss[a] * distance(item(s, i), centre(s, a), s->p); }
                if (step < s->moved[a] || step < s->moved[b]) {
                    double limit = s->d[i] / s->gain[b];
                    if (distance_below(item(s, i), centre(s, b), s->p, limit) < limit) {
                        calm = 0;
                        s->quiet = 0;
                        s->quick[a] = s->quick[b] = true;
                        s->moved[a] = s->moved[b] = step + (int64_t)s->n;
                        transfer(s, i, a, b);
                    }
                }
            }
            if (calm == s->n) { return true; }
        }
    }
}

/* From the centres in s. False if a centre has no item at the start. */
static bool hartigan_wong(state *s, size_t max_iterations, size_t *iterations, bool *converged)
{
    *converged = true;
    *iterations = 1;
    for (size_t i = 0; i < s->n; i++) {
        s->second[i] = 0;
        two_nearest(s, i);
    }
    if (!take_means(s)) { return false; }
    if (s->k == 1) { return true; }
    for (size_t c = 0; c < s->k; c++) {
        weigh(s, c);
        s->quick[c] = true;
        s->moved[c] = -1;
    }
    s->quiet = 0;
    for (*iterations = 1; *iterations <= max_iterations; ++*iterations) {
        optimal_transfer(s);
        if (s->quiet == s->n) { return take_means(s); }
        bool calm = quick_transfer(s);
        if (s->k == 2 && calm) { return take_means(s); }
        memset(s->moved, 0, s->k * sizeof *s->moved);
    }
    *iterations = max_iterations;
    *converged = false;
    return take_means(s);
}

static bool lloyd(state *s, size_t max_iterations, size_t *iterations, bool *converged)
{
    for (size_t i = 0; i < s->n; i++) { s->first[i] = s->k; }
    *converged = false;
    for (*iterations = 1; *iterations <= max_iterations; ++*iterations) {
        bool changed = false;
        for (size_t i = 0; i < s->n; i++) {
            size_t best = 0;
            double least = SV_INF;
            for (size_t c = 0; c < s->k; c++) {
                double v = distance_below(item(s, i), centre(s, c), s->p, least);
                if (v < least) {
                    least = v;
                    best = c;
                }
            }
            changed = changed || s->first[i] != best;
            s->first[i] = best;
        }
        if (!changed) {
            *converged = true;
            return true;
        }
        if (!take_means(s)) { return false; }
    }
    *iterations = max_iterations;
    return true;
}

static double within(const state *s)
{
    double sum = 0;
    for (size_t i = 0; i < s->n; i++) { sum += distance(item(s, i), centre(s, s->first[i]), s->p); }
    return sum;
}

/* k different items, the first k of a shuffle. */
static void draw_centres(state *s, size_t *order, uint64_t seed, uint64_t start)
{
    sv_rng r = sv_rng_stream(seed, start);
    for (size_t i = 0; i < s->n; i++) { order[i] = i; }
    for (size_t c = 0; c < s->k; c++) {
        size_t other = c + (size_t)sv_rng_below(&r, s->n - c), t = order[other];
        order[other] = order[c];
        order[c] = t;
        memcpy(centre(s, c), item(s, t), s->p * sizeof *s->c);
    }
}

static void keep(sv_kmeans *out, const state *s, double total)
{
    out->total = total;
    for (size_t i = 0; i < s->n; i++) { out->label[i] = (int)s->first[i] + 1; }
    memcpy(out->centre, s->c, s->k * s->p * sizeof *s->c);
    memcpy(out->size, s->size, s->k * sizeof *s->size);
}

/* Numbers by first appearance, as all labels of this library. */
static int in_order(sv_kmeans *out, sv_error *err)
{
    size_t k = out->k, p = out->p;
    double *c = SV_NEW(double, k * p);
    size_t *number = SV_NEW(size_t, k), *size = SV_NEW(size_t, k);
    if (c == NULL || number == NULL || size == NULL) {
        free(c);
        free(number);
        free(size);
        return sv_no_memory(err, "k-means");
    }
    size_t next = 0;
    for (size_t i = 0; i < out->n; i++) {
        size_t old = (size_t)out->label[i] - 1;
        if (number[old] == 0) { number[old] = ++next; }
        out->label[i] = (int)number[old];
    }
    for (size_t old = 0; old < k; old++) {
        memcpy(c + (number[old] - 1) * p, out->centre + old * p, p * sizeof *c);
        size[number[old] - 1] = out->size[old];
    }
    free(out->centre);
    free(out->size);
    free(number);
    out->centre = c;
    out->size = size;
    return SV_OK;
}

static int check(const sv_matrix *x, size_t k, const sv_kmeans_opts *o, sv_error *err)
{
    if (k == 0 || o->max_iterations == 0 || (o->centre == NULL && o->starts == 0)) {
        return sv_fail(err, SV_EINVAL, "k-means needs groups, starts and iterations: k is %zu, starts %zu, iterations %zu",
                       k, o->starts, o->max_iterations);
    }
    if (x->rows < k || x->cols == 0) {
        return sv_fail(err, SV_ETOOSMALL, "%zu rows of %zu columns cannot make %zu groups", x->rows, x->cols, k);
    }
    return sv_matrix_check(x, x->rows, NULL, err);
}

static int state_new(state *s, double **rows, const sv_matrix *x, size_t k, sv_error *err)
{
    size_t n = x->rows, p = x->cols;
    *s = (state){ .n = n, .p = p, .k = k, .c = SV_NEW(double, k * p), .first = SV_NEW(size_t, n),
                  .second = SV_NEW(size_t, n), .d = SV_NEW(double, n), .size = SV_NEW(size_t, k),
                  .gain = SV_NEW(double, k), .loss = SV_NEW(double, k), .live = SV_NEW(size_t, k),
                  .moved = SV_NEW(int64_t, k), .quick = SV_NEW(bool, k) };
    *rows = p > SIZE_MAX / n ? NULL : SV_NEW(double, n * p);
    if (!*rows || !s->c || !s->first || !s->second || !s->d || !s->size || !s->gain || !s->loss || !s->live ||
        !s->moved || !s->quick) {
        return sv_no_memory(err, "k-means");
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < p; j++) { (*rows)[i * p + j] = sv_at(x, i, j); }
    }
    s->x = *rows;
    return SV_OK;
}

static void state_free(state *s)
{
    free(s->c);
    free(s->first);
    free(s->second);
    free(s->d);
    free(s->size);
    free(s->gain);
    free(s->loss);
    free(s->live);
    free(s->moved);
    free(s->quick);
}

static int run_starts(sv_kmeans *out, state *s, const sv_kmeans_opts *o, sv_error *err)
{
    size_t starts = o->centre != NULL ? 1 : o->starts, *order = SV_NEW(size_t, s->n);
    if (order == NULL) { return sv_no_memory(err, "k-means"); }
    out->total = SV_INF;
    for (size_t start = 0; start < starts; start++) {
        if (o->centre != NULL) {
            memcpy(s->c, o->centre, s->k * s->p * sizeof *s->c);
        } else {
            draw_centres(s, order, o->seed, start);
        }
        size_t iterations;
        bool converged, ok = o->method == SV_KMEANS_LLOYD
                                 ? lloyd(s, o->max_iterations, &iterations, &converged)
                                 : hartigan_wong(s, o->max_iterations, &iterations, &converged);
        double total = ok ? within(s) : SV_INF;
        if (total < out->total) {
            keep(out, s, total);
            out->iterations = iterations;
            out->converged = converged;
        }
    }
    free(order);
    if (isfinite(out->total)) { return SV_OK; }
    if (o->centre != NULL) { return sv_fail(err, SV_ENUMERIC, "a given centre is nearest to no row"); }
    return sv_fail(err, SV_ETOOSMALL, "no start of %zu gave %zu groups: are fewer rows different?", starts, s->k);
}

int sv_kmeans_fit(sv_kmeans *out, const sv_matrix *x, size_t k, const sv_kmeans_opts *opts, sv_error *err)
{
    static const sv_kmeans_opts usual = SV_KMEANS_OPTS_INIT;
    const sv_kmeans_opts *o = opts != NULL ? opts : &usual;
    int rc = check(x, k, o, err);
    if (rc != SV_OK) { return rc; }
    state s;
    double *rows;
    sv_kmeans f = { .n = x->rows, .k = k, .p = x->cols, .label = SV_NEW(int, x->rows),
                    .centre = SV_NEW(double, k * x->cols), .size = SV_NEW(size_t, k) };
    rc = state_new(&s, &rows, x, k, err);
    if (rc == SV_OK && (!f.label || !f.centre || !f.size)) { rc = sv_no_memory(err, "k-means"); }
    if (rc == SV_OK) { rc = run_starts(&f, &s, o, err); }
    if (rc == SV_OK && o->centre == NULL) { rc = in_order(&f, err); }
    state_free(&s);
    free(rows);
    if (rc == SV_OK) { *out = f; } else { sv_kmeans_free(&f); }
    return rc;
}

void sv_kmeans_free(sv_kmeans *f)
{
    free(f->label);
    free(f->centre);
    free(f->size);
    *f = (sv_kmeans){ 0 };
}
