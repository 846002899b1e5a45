/* roc.c - ROC curves without censoring. */
#include <survival/roc.h>

#include <math.h>
#include <string.h>
#include <survival/dist.h>

#include "classes.h"
#include "mem.h"
#include "sample.h"
#include "sort.h"

static int check(const double *marker, const int *label, size_t n, size_t least, size_t *cases, sv_error *err)
{
    int rc = sv_sample_check(marker, n, 2, "the marker", err);
    if (rc == SV_OK) { rc = sv_binary_check(cases, label, n, err); }
    if (rc == SV_OK && (*cases < least || n - *cases < least)) {
        rc = sv_fail(err, SV_ETOOSMALL, "%zu rows of label 1 and %zu of label 0, at least %zu of each are needed", *cases,
                     n - *cases, least);
    }
    return rc;
}

/* part[i]: of a case, the share of controls below it; of a control, the share of cases above it (equal
 * ones by half). Their means over either label are the area. */
static int placements(double *part, const double *marker, const int *label, size_t n, size_t cases, sv_error *err)
{
    double *rank = SV_NEW(double, n), *own = SV_NEW(double, n), *group = SV_NEW(double, n);
    sv_ties ties;
    int rc = rank && own && group ? sv_mean_ranks(rank, &ties, marker, n, err) : sv_no_memory(err, "a ROC curve");
    for (int g = 0; rc == SV_OK && g < 2; g++) {
        size_t m = 0, at = 0;
        for (size_t i = 0; i < n; i++) {
            if (label[i] == g) { group[m++] = marker[i]; }
        }
        rc = sv_mean_ranks(own, &ties, group, m, err);
        for (size_t i = 0; rc == SV_OK && i < n; i++) {
            if (label[i] != g) { continue; }
            double below = rank[i] - own[at++];          /* of the other label */
            part[i] = g == 1 ? below / (double)(n - cases) : 1 - below / (double)cases;
        }
    }
    free(rank);
    free(own);
    free(group);
    return rc;
}

static double area(const double *part, const int *label, size_t n, size_t cases)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) { sum += label[i] == 1 ? part[i] : 0; }
    return sum / (double)cases;
}

/* Variance of the sum of both labels' means of v, whose mean is the same in either. */
static double delong(const double *v, double mean, const int *label, size_t n, size_t cases)
{
    double s[2] = { 0, 0 }, m1 = (double)cases, m0 = (double)(n - cases);
    for (size_t i = 0; i < n; i++) { s[label[i]] += (v[i] - mean) * (v[i] - mean); }
    return s[1] / (m1 - 1) / m1 + s[0] / (m0 - 1) / m0;
}

int sv_roc_auc(sv_roc_area *out, const double *marker, const int *label, size_t n, double level, sv_error *err)
{
    size_t cases;
    int rc = sv_level_check(level, err);
    if (rc == SV_OK) { rc = check(marker, label, n, 2, &cases, err); }
    if (rc != SV_OK) { return rc; }
    double *part = SV_NEW(double, n);
    if (part == NULL) { return sv_no_memory(err, "a ROC curve"); }
    rc = placements(part, marker, label, n, cases, err);
    if (rc == SV_OK) {
        double auc = area(part, label, n, cases), variance = delong(part, auc, label, n, cases);
        double half = sv_normal_quantile((1 + level) / 2) * sqrt(variance);
        *out = (sv_roc_area){ auc, variance, fmax(0, auc - half), fmin(1, auc + half), cases, n - cases };
    }
    free(part);
    return rc;
}

int sv_roc_compare(sv_roc_difference *out, const double *marker1, const double *marker2, const int *label, size_t n,
                   sv_error *err)
{
    size_t cases;
    int rc = check(marker1, label, n, 2, &cases, err);
    if (rc == SV_OK) { rc = check(marker2, label, n, 2, &cases, err); }
    if (rc != SV_OK) { return rc; }
    double *one = SV_NEW(double, n), *two = SV_NEW(double, n);
    rc = one && two ? placements(one, marker1, label, n, cases, err) : sv_no_memory(err, "ROC curves");
    if (rc == SV_OK) { rc = placements(two, marker2, label, n, cases, err); }
    if (rc == SV_OK) {
        double a = area(one, label, n, cases), b = area(two, label, n, cases);
        for (size_t i = 0; i < n; i++) { one[i] -= two[i]; }
        double se = sqrt(delong(one, a - b, label, n, cases)), z = se > 0 ? (a - b) / se : SV_NAN;
        *out = (sv_roc_difference){ a, b, a - b, se, z, sv_normal_two_sided(z) };
    }
    free(one);
    free(two);
    return rc;
}

int sv_roc_points(double *threshold, double *specificity, double *sensitivity, size_t *k, const double *marker,
                  const int *label, size_t n, sv_error *err)
{
    size_t cases;
    int rc = check(marker, label, n, 1, &cases, err);
    if (rc != SV_OK) { return rc; }
    uint32_t *order = SV_NEW(uint32_t, n);
    rc = order != NULL ? sv_sort_rows(order, marker, n, err) : sv_no_memory(err, "a ROC curve");
    if (rc == SV_OK) {
        double below[2] = { 0, 0 };
        size_t points = 0;
        threshold[0] = -SV_INF;
        specificity[0] = 0;
        sensitivity[0] = 1;
        for (size_t at = 0; at < n;) {
            double value = marker[order[at]];
            for (; at < n && marker[order[at]] == value; at++) { below[label[order[at]]]++; }
            points++;
            threshold[points] = at < n ? sv_midpoint(value, marker[order[at]]) : SV_INF;
            specificity[points] = below[0] / (double)(n - cases);
            sensitivity[points] = 1 - below[1] / (double)cases;
        }
        *k = points + 1;
    }
    free(order);
    return rc;
}

int sv_roc_at_threshold(sv_roc_cut *out, double threshold, const double *marker, const int *label, size_t n,
                        sv_error *err)
{
    size_t cases;
    if (isnan(threshold)) { return sv_fail(err, SV_EDATA, "the threshold is not a number"); }
    int rc = check(marker, label, n, 1, &cases, err);
    if (rc != SV_OK) { return rc; }
    double count[2][2] = { { 0 } };                      /* [label][predicted] */
    for (size_t i = 0; i < n; i++) { count[label[i]][marker[i] > threshold ? 1 : 0]++; }
    *out = (sv_roc_cut){
        .threshold = threshold,
        .sensitivity = count[1][1] / (double)cases,
        .specificity = count[0][0] / (double)(n - cases),
        .ppv = count[1][1] / (count[1][1] + count[0][1]),
        .npv = count[0][0] / (count[0][0] + count[1][0]),
        .accuracy = (count[1][1] + count[0][0]) / (double)n,
    };
    return SV_OK;
}

int sv_roc_youden(sv_roc_cut *out, const double *marker, const int *label, size_t n, sv_error *err)
{
    double *threshold = SV_NEW(double, n + 1), *specificity = SV_NEW(double, n + 1), *sensitivity = SV_NEW(double, n + 1);
    size_t k = 0, best = 0;
    int rc = threshold && specificity && sensitivity ? SV_OK : sv_no_memory(err, "a ROC curve");
    if (rc == SV_OK) { rc = sv_roc_points(threshold, specificity, sensitivity, &k, marker, label, n, err); }
    for (size_t i = 1; rc == SV_OK && i < k; i++) {
        double gain = sensitivity[i] + specificity[i] - sensitivity[best] - specificity[best];
        if (gain > 1e-12) { best = i; }                  /* sums of fractions that are equal on paper */
    }
    if (rc == SV_OK) { rc = sv_roc_at_threshold(out, threshold[best], marker, label, n, err); }
    free(threshold);
    free(specificity);
    free(sensitivity);
    return rc;
}
