/* First-order features of the few voxels of a kernel (definitions: firstorder.c). */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include "maps_kernel.h"

enum { INSERTION = 64 };

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void sort(double *v, size_t n)
{
    if (n > INSERTION) {
        qsort(v, n, sizeof *v, ascending);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        double x = v[i];
        size_t j = i;
        for (; j > 0 && v[j - 1] > x; j--) { v[j] = v[j - 1]; }
        v[j] = x;
    }
}

static double percentile(const double *v, size_t n, double q)
{
    double at = q * (double)(n - 1), t = at - floor(at);
    size_t i = (size_t)at;
    double low = v[i], step = v[i + 1 < n ? i + 1 : i] - low;
    return t >= 0.5 ? low + step - step * (1 - t) : low + step * t;
}

/* Mean distance from the mean of the values within [lo, hi]; v is sorted. */
static double robust_deviation(const double *v, size_t n, double lo, double hi)
{
    size_t begin = 0, end = n;
    while (begin < n && v[begin] < lo) { begin++; }
    while (end > begin && v[end - 1] > hi) { end--; }
    double N = (double)(end - begin), sum = 0, deviation = 0;
    for (size_t i = begin; i < end; i++) { sum += v[i]; }
    for (size_t i = begin; i < end; i++) { deviation += fabs(v[i] - sum / N); }
    return deviation / N;
}

void rx_map_firstorder(double out[N_FIRSTORDER], rx_kernel *k)
{
    size_t n = k->voxels;
    double *v = k->value, N = (double)n, sum = 0, energy = 0;
    sort(v, n);
    bool flat = v[0] == v[n - 1];
    for (size_t i = 0; i < n; i++) {
        double shifted = v[i] + k->s->voxel_array_shift;
        sum += v[i];
        energy += shifted * shifted;
    }
    double mean = flat ? v[0] : sum / N, m1 = 0, m2 = 0, m3 = 0, m4 = 0;
    for (size_t i = 0; i < n; i++) {
        double d = v[i] - mean, dd = d * d;
        m1 += fabs(d);
        m2 += dd;
        m3 += dd * d;
        m4 += dd * dd;
    }
    m2 /= N;
    double entropy = 0, uniformity = 0;
    for (unsigned g = 0; g < k->levels; g++) {
        double p = k->count[g] / N;
        entropy -= p * log2(p + DBL_EPSILON);
        uniformity += p * p;
    }
    double p10 = percentile(v, n, 0.1), p90 = percentile(v, n, 0.9);
    out[firstorder_10Percentile] = p10;
    out[firstorder_90Percentile] = p90;
    out[firstorder_Energy] = energy;
    out[firstorder_Entropy] = entropy;
    out[firstorder_InterquartileRange] = percentile(v, n, 0.75) - percentile(v, n, 0.25);
    out[firstorder_Kurtosis] = m2 > 0 ? m4 / N / (m2 * m2) : 0;
    out[firstorder_Maximum] = v[n - 1];
    out[firstorder_MeanAbsoluteDeviation] = m1 / N;
    out[firstorder_Mean] = mean;
    out[firstorder_Median] = percentile(v, n, 0.5);
    out[firstorder_Minimum] = v[0];
    out[firstorder_Range] = v[n - 1] - v[0];
    out[firstorder_RobustMeanAbsoluteDeviation] = robust_deviation(v, n, p10, p90);
    out[firstorder_RootMeanSquared] = sqrt(energy / N);
    out[firstorder_Skewness] = m2 > 0 ? m3 / N / (m2 * sqrt(m2)) : 0;
    out[firstorder_TotalEnergy] = k->voxel_mm3 * energy;
    out[firstorder_Uniformity] = uniformity;
    out[firstorder_Variance] = m2;
}
