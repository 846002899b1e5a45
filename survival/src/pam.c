/* pam.c - partition around medoids, and silhouettes. */
#include <survival/cluster.h>

#include <float.h>
#include <math.h>
#include <string.h>

#include "cluster_work.h"
#include "mem.h"
#include "num.h"

int sv_pam_new(sv_pam_work *w, size_t n, size_t k, sv_error *err)
{
    *w = (sv_pam_work){ .near = SV_NEW(double, n), .second = SV_NEW(double, n), .which = SV_NEW(uint32_t, n),
                        .medoid = SV_NEW(uint32_t, k), .change = SV_NEW(double, k), .chosen = SV_NEW(unsigned char, n) };
    if (w->near && w->second && w->which && w->medoid && w->change && w->chosen) { return SV_OK; }
    sv_pam_free(w);
    return sv_no_memory(err, "medoids");
}

void sv_pam_free(sv_pam_work *w)
{
    free(w->near);
    free(w->second);
    free(w->which);
    free(w->medoid);
    free(w->change);
    free(w->chosen);
    *w = (sv_pam_work){ 0 };
}

/* The item that brings all others nearest to a medoid; of equal ones the last, as R does. */
static void build(sv_pam_work *w, const double *d, size_t n, size_t k)
{
    memset(w->chosen, 0, n);
    for (size_t i = 0; i < n; i++) {
        double far = 0;
        for (size_t j = 0; j < n; j++) { far = fmax(far, d[i * n + j]); }
        w->near[i] = far * 1.1 + 1;
    }
    for (size_t c = 0; c < k; c++) {
        double best = -1;
        size_t at = 0;
        for (size_t i = 0; i < n; i++) {
            if (w->chosen[i]) { continue; }
            double gain = 0;
            for (size_t j = 0; j < n; j++) { gain += w->near[j] > d[i * n + j] ? w->near[j] - d[i * n + j] : 0; }
            if (gain >= best) {
                best = gain;
                at = i;
            }
        }
        w->chosen[at] = 1;
        w->medoid[c] = (uint32_t)at;
        for (size_t j = 0; j < n; j++) { w->near[j] = fmin(w->near[j], d[at * n + j]); }
    }
}

static double settle(sv_pam_work *w, const double *d, size_t n, size_t k)
{
    double sum = 0;
    for (size_t j = 0; j < n; j++) {
        double best = SV_INF, next = SV_INF;
        uint32_t at = 0;
        for (size_t c = 0; c < k; c++) {
            double v = d[w->medoid[c] * n + j];
            if (v < best) {
                next = best;
                best = v;
                at = (uint32_t)c;
            } else if (v < next) {
                next = v;
            }
        }
        w->near[j] = best;
        w->second[j] = next;
        w->which[j] = at;
        sum += best;
    }
    return sum;
}

/* change[c]: what the cost becomes more by if item h takes the place of medoid c. */
static void weigh_swaps(sv_pam_work *w, const double *row, size_t n, size_t k)
{
    double any = 0;                              /* what h takes over whichever medoid goes */
    memset(w->change, 0, k * sizeof *w->change);
    for (size_t j = 0; j < n; j++) {
        double v = row[j], near = w->near[j], closer = v < near ? v - near : 0;
        any += closer;
        w->change[w->which[j]] += (v < w->second[j] ? v : w->second[j]) - near - closer;
    }
    for (size_t c = 0; c < k; c++) { w->change[c] += any; }
}

double sv_pam_run(sv_pam_work *w, const double *d, size_t n, size_t k)
{
    build(w, d, n, k);
    double cost = settle(w, d, n, k);
    while (k < n) {
        double best = 0;
        size_t in = n, out = k;
        for (size_t h = 0; h < n; h++) {
            if (w->chosen[h]) { continue; }
            weigh_swaps(w, d + h * n, n, k);
            for (size_t c = 0; c < k; c++) {
                if (w->change[c] < best) {
                    best = w->change[c];
                    in = h;
                    out = c;
                }
            }
        }
        if (in == n || best >= -16 * DBL_EPSILON * fabs(cost)) { break; }
        w->chosen[w->medoid[out]] = 0;
        w->chosen[in] = 1;
        w->medoid[out] = (uint32_t)in;
        double now = settle(w, d, n, k);
        if (!(now < cost)) { break; }            /* rounding: the swap brought nothing */
        cost = now;
    }
    return cost;
}

static int check(const double *d, size_t n, sv_error *err)
{
    if (n > SV_MAX_ITEMS) {
        return sv_fail(err, SV_ELIMIT, "%zu items, clustering takes at most %zu", n, SV_MAX_ITEMS);
    }
    for (size_t i = 0; i < n * n; i++) {
        if (!isfinite(d[i]) || d[i] < 0) {
            return sv_fail(err, SV_EDATA, "distance of items %zu and %zu is %g", i / n + 1, i % n + 1, d[i]);
        }
    }
    return SV_OK;
}

int sv_pam(int *label, size_t *medoid, double *cost, const double *d, size_t n, size_t k, sv_error *err)
{
    if (k < 1 || k > n) { return sv_fail(err, SV_EINVAL, "%zu items cannot have %zu medoids", n, k); }
    int rc = check(d, n, err);
    if (rc != SV_OK) { return rc; }
    sv_pam_work w = { 0 };
    int *scratch = SV_NEW(int, k);
    rc = scratch != NULL ? sv_pam_new(&w, n, k, err) : sv_no_memory(err, "medoids");
    if (rc == SV_OK) {
        double sum = sv_pam_run(&w, d, n, k);
        for (size_t i = 0; i < n; i++) { label[i] = (int)w.which[i]; }
        (void)sv_label_order(label, scratch, n, k);
        for (size_t c = 0; medoid != NULL && c < k; c++) { medoid[(size_t)label[w.medoid[c]] - 1] = w.medoid[c]; }
        if (cost != NULL) { *cost = sum; }
    }
    sv_pam_free(&w);
    free(scratch);
    return rc;
}

int sv_silhouette(double *width, double *mean, const double *d, size_t n, const int *label, size_t k, sv_error *err)
{
    if (k < 2) { return sv_fail(err, SV_EINVAL, "silhouettes need two groups, not %zu", k); }
    size_t *size = SV_NEW(size_t, k);
    double *sum = SV_NEW(double, k);
    int rc = size && sum ? SV_OK : sv_no_memory(err, "silhouettes");
    for (size_t i = 0; rc == SV_OK && i < n; i++) {
        if (label[i] < 1 || (size_t)label[i] > k) {
            rc = sv_fail(err, SV_EINVAL, "label %d of item %zu is outside 1..%zu", label[i], i + 1, k);
        } else {
            size[label[i] - 1]++;
        }
    }
    for (size_t c = 0; rc == SV_OK && c < k; c++) {
        if (size[c] == 0) { rc = sv_fail(err, SV_ETOOSMALL, "group %zu is empty", c + 1); }
    }
    double total = 0;
    for (size_t i = 0; rc == SV_OK && i < n; i++) {
        size_t own = (size_t)label[i] - 1;
        memset(sum, 0, k * sizeof *sum);
        for (size_t j = 0; j < n; j++) { sum[label[j] - 1] += d[i * n + j]; }
        double a = size[own] > 1 ? sum[own] / (double)(size[own] - 1) : 0, b = SV_INF;
        for (size_t c = 0; c < k; c++) {
            if (c != own) { b = fmin(b, sum[c] / (double)size[c]); }
        }
        double larger = fmax(a, b);
        width[i] = size[own] > 1 && larger > 0 ? (b - a) / larger : 0;
        total += width[i];
    }
    if (rc == SV_OK && mean != NULL) { *mean = total / (double)n; }
    free(size);
    free(sum);
    return rc;
}
