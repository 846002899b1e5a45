/* Intensity statistics (IBSI 3.3), intensity histogram (3.4), intensity-volume histogram (3.5). */
#include <math.h>
#include <stdint.h>
#include "ibsi_families.h"

enum { BLOCK = 256 };

/* Ascending values and how often each occurs; times NULL: once each. */
typedef struct series {
    const double *x;
    const uint32_t *times;
    size_t n, total;
} series;

/* The features that statistics and histogram have in common. */
typedef struct description {
    double mean, var, skew, kurt, median, min, p10, p90, max, iqr, range, mad, rmad, medad, cov, qcod;
    double energy, rms;
} description;

static double weight(const series *s, size_t i) { return s->times ? (double)s->times[i] : 1; }

static double value_at(const series *s, size_t rank)
{
    if (!s->times) { return s->x[rank]; }
    size_t i = 0;
    while (rank >= s->times[i]) { rank -= s->times[i++]; }
    return s->x[i];
}

/* Linear between the two nearest ranks, rank 0 the lowest and total-1 the highest value. */
static double percentile(const series *s, double q)
{
    double at = q * (double)(s->total - 1), part = at - floor(at);
    size_t rank = (size_t)at;
    double a = value_at(s, rank), b = rank + 1 < s->total ? value_at(s, rank + 1) : a;
    return part >= 0.5 ? b - (b - a) * (1 - part) : a + (b - a) * part;
}

/* Mean of |x - centre| over the values within [lo, hi]. */
static double mean_deviation(const series *s, double centre, double lo, double hi)
{
    double sum = 0, n = 0;
    for (size_t at = 0; at < s->n; at += BLOCK) {
        double part = 0;
        for (size_t i = at; i < s->n && i < at + BLOCK; i++) {
            if (s->x[i] < lo || s->x[i] > hi) { continue; }
            part += weight(s, i) * fabs(s->x[i] - centre);
            n += weight(s, i);
        }
        sum += part;
    }
    return sum / n;
}

static double mean_within(const series *s, double lo, double hi)
{
    double sum = 0, n = 0;
    for (size_t at = 0; at < s->n; at += BLOCK) {
        double part = 0;
        for (size_t i = at; i < s->n && i < at + BLOCK; i++) {
            if (s->x[i] < lo || s->x[i] > hi) { continue; }
            part += weight(s, i) * s->x[i];
            n += weight(s, i);
        }
        sum += part;
    }
    return sum / n;
}

static void moments(description *d, const series *s)
{
    double m2 = 0, m3 = 0, m4 = 0, energy = 0, n = (double)s->total;
    for (size_t at = 0; at < s->n; at += BLOCK) {
        double p2 = 0, p3 = 0, p4 = 0, pe = 0;
        for (size_t i = at; i < s->n && i < at + BLOCK; i++) {
            double w = weight(s, i), e = s->x[i] - d->mean, ee = e * e;
            p2 += w * ee;
            p3 += w * (ee * e);
            p4 += w * (ee * ee);
            pe += w * (s->x[i] * s->x[i]);
        }
        m2 += p2;
        m3 += p3;
        m4 += p4;
        energy += pe;
    }
    m2 /= n;
    m3 /= n;
    m4 /= n;
    d->var = m2;                                         /* 3.3.2                           */
    d->skew = m2 > 0 ? m3 / (m2 * sqrt(m2)) : 0;         /* 3.3.3                           */
    d->kurt = m2 > 0 ? m4 / (m2 * m2) - 3 : 0;           /* 3.3.4                           */
    d->energy = energy;                                  /* 3.3.17                          */
    d->rms = sqrt(energy / n);                           /* 3.3.18                          */
}

static description describe(const series *s)
{
    description d = { 0 };
    double lo = s->x[0], hi = s->x[s->n - 1];
    d.mean = lo == hi ? lo : mean_within(s, lo, hi);
    moments(&d, s);
    double p25 = percentile(s, 0.25), p75 = percentile(s, 0.75);
    d.median = percentile(s, 0.5);
    d.min = lo;
    d.max = hi;
    d.p10 = percentile(s, 0.1);
    d.p90 = percentile(s, 0.9);
    d.iqr = p75 - p25;
    d.range = hi - lo;
    d.mad = mean_deviation(s, d.mean, lo, hi);           /* 3.3.12                          */
    d.rmad = mean_deviation(s, mean_within(s, d.p10, d.p90), d.p10, d.p90);     /* 3.3.13   */
    d.medad = mean_deviation(s, d.median, lo, hi);       /* 3.3.14                          */
    d.cov = sqrt(d.var) / d.mean;                        /* 3.3.15                          */
    d.qcod = (p75 - p25) / (p75 + p25);                  /* 3.3.16                          */
    return d;
}

int rx_ibsi_statistics(const rx_ibsi_sink *out, const rx_ibsi_case *c, rx_error *err)
{
    static const rx_ibsi_feature f[] = {
        { "stat_mean", "Q4LE" }, { "stat_var", "ECT3" }, { "stat_skew", "KE2A" }, { "stat_kurt", "IPH6" },
        { "stat_median", "Y12H" }, { "stat_min", "1GSF" }, { "stat_p10", "QG58" }, { "stat_p90", "8DWT" },
        { "stat_max", "84IY" }, { "stat_iqr", "SALO" }, { "stat_range", "2OJQ" }, { "stat_mad", "4FUA" },
        { "stat_rmad", "1128" }, { "stat_medad", "N72L" }, { "stat_cov", "7TET" }, { "stat_qcod", "9S40" },
        { "stat_energy", "N8CA" }, { "stat_rms", "5ZWQ" },
    };
    series s = { c->sorted, NULL, c->n, c->n };
    description d = describe(&s);
    const double v[] = {
        d.mean, d.var, d.skew, d.kurt, d.median, d.min, d.p10, d.p90, d.max, d.iqr, d.range, d.mad, d.rmad,
        d.medad, d.cov, d.qcod, d.energy, d.rms,
    };
    _Static_assert(sizeof v / sizeof *v == sizeof f / sizeof *f, "a value for every name");
    return rx_ibsi_add(out, f, v, sizeof v / sizeof *v, err);
}

/* ---- 3.4: of grey levels -------------------------------------------------------------- */

typedef struct gradient { double max, max_level, min, min_level; } gradient;

/* 3.4.20 to 3.4.23: one-sided differences at the first and last level, central ones between. The
 * first of equal extremes counts. One level has no gradient. */
static gradient gradients(const rx_levels *l)
{
    gradient g = { (double)NAN, (double)NAN, (double)NAN, (double)NAN };
    unsigned last = l->highest;
    double before = 0, here = 0;
    for (unsigned i = 1, at = 0; last > 1 && i <= last; i++) {
        /* before, here, next: voxels of levels i-1, i, i+1 */
        double next = 0;
        if (i == 1) {
            here = l->level[0] == 1 ? l->count[0] : 0;
            at = l->level[0] == 1;
        }
        if (i < last && l->level[at] == i + 1) { next = l->count[at++]; }
        double slope = i == 1 ? next - here : i == last ? here - before : (next - before) / 2;
        if (!(slope <= g.max)) {
            g.max = slope;
            g.max_level = i;
        }
        if (!(slope >= g.min)) {
            g.min = slope;
            g.min_level = i;
        }
        before = here;
        here = next;
    }
    return g;
}

/* 3.4.10: of equally frequent levels the one closest to the mean; the lower one of two. */
static double mode_of(const rx_levels *l, double mean)
{
    unsigned best = 0;
    for (unsigned i = 1; i < l->present; i++) {
        bool closer = fabs(l->level[i] - mean) < fabs(l->level[best] - mean);
        if (l->count[i] > l->count[best] || (l->count[i] == l->count[best] && closer)) { best = i; }
    }
    return l->level[best];
}

int rx_ibsi_histogram(const rx_ibsi_sink *out, const rx_levels *l, rx_workspace *ws, rx_error *err)
{
    static const rx_ibsi_feature f[] = {
        { "ih_mean", "X6K6" }, { "ih_var", "CH89" }, { "ih_skew", "88K1" }, { "ih_kurt", "C3I7" },
        { "ih_median", "WIFQ" }, { "ih_min", "1PR8" }, { "ih_p10", "GPMT" }, { "ih_p90", "OZ0C" },
        { "ih_max", "3NCY" }, { "ih_mode", "AMMC" }, { "ih_iqr", "WR0O" }, { "ih_range", "5Z3W" },
        { "ih_mad", "D2ZX" }, { "ih_rmad", "WRZB" }, { "ih_medad", "4RNL" }, { "ih_cov", "CWYJ" },
        { "ih_qcod", "SLWD" }, { "ih_entropy", "TLU2" }, { "ih_uniformity", "BJ5W" },
        { "ih_max_grad", "12CE" }, { "ih_max_grad_g", "8E6O" }, { "ih_min_grad", "VQB3" },
        { "ih_min_grad_g", "RHQZ" },
    };
    double *x = rx_buf_need(&ws->reals, l->present, sizeof *x, err);
    if (!x) { return RX_ENOMEM; }
    double entropy = 0, uniformity = 0;
    for (unsigned i = 0; i < l->present; i++) {
        double p = l->count[i] / (double)l->total;
        x[i] = l->level[i];
        entropy -= p * log2(p);                          /* 3.4.18                          */
        uniformity += p * p;                             /* 3.4.19                          */
    }
    series s = { x, l->count, l->present, l->total };
    description d = describe(&s);
    gradient g = gradients(l);
    const double v[] = {
        d.mean, d.var, d.skew, d.kurt, d.median, d.min, d.p10, d.p90, d.max, mode_of(l, d.mean), d.iqr,
        d.range, d.mad, d.rmad, d.medad, d.cov, d.qcod, entropy, uniformity, g.max, g.max_level, g.min,
        g.min_level,
    };
    _Static_assert(sizeof v / sizeof *v == sizeof f / sizeof *f, "a value for every name");
    return rx_ibsi_add(out, f, v, sizeof v / sizeof *v, err);
}

/* ---- 3.5: how much of the region has at least which intensity -------------------------- */

/* The intensities at which the curve is known: first + i * step, or, for intensities that are taken
 * as they are and are no whole numbers, those that occur. */
typedef struct curve {
    const rx_ibsi_case *c;
    rx_ibsi_scale scale;
    size_t n;
    bool listed;
    double first, step, lowest, highest;
} curve;

static double intensity(const curve *k, size_t i)
{
    return k->listed ? k->c->sorted[i] : k->first + (double)i * k->step;
}

/* Voxels whose intensity is at least that of point i. */
static size_t voxels_from(const curve *k, size_t i)
{
    const double *v = k->c->sorted;
    size_t lo = 0, hi = k->c->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        bool below = k->scale.by == RX_IBSI_NO_BINS ? v[mid] < intensity(k, i)
                                                    : rx_ibsi_level(&k->scale, v[mid]) < i + 1;
        if (below) { lo = mid + 1; } else { hi = mid; }
    }
    return k->c->n - lo;
}

static bool whole_numbers(const rx_ibsi_case *c)
{
    for (size_t i = 0; i < c->n; i++) {
        if (c->sorted[i] != floor(c->sorted[i])) { return false; }
    }
    return true;
}

/* 3.5, "note on the discretisation": as it is, the range is the re-segmentation's where it has one;
 * bins of fixed size stand for their centres, a fixed number of bins for their numbers. */
static int make_curve(curve *k, const rx_ibsi_case *c, rx_error *err)
{
    const rx_ibsi *s = c->settings;
    double lowest = isfinite(s->lowest) ? s->lowest : c->sorted[0];
    double highest = isfinite(s->highest) ? s->highest : c->sorted[c->n - 1];
    *k = (curve){ .c = c, .scale = rx_ibsi_scale_of(c, &s->ivh_bins), .first = lowest, .step = 1 };
    double points = highest - lowest + 1;
    if (s->ivh_bins.by == RX_IBSI_BIN_SIZE) {
        k->step = s->ivh_bins.size;
        k->first = lowest + k->step / 2;
        points = ceil((highest - lowest) / k->step) + 1;
    } else if (s->ivh_bins.by == RX_IBSI_BIN_NUMBER) {
        k->first = 1;
        points = s->ivh_bins.number;
    } else if (!whole_numbers(c) || lowest != floor(lowest)) {
        k->listed = true;
        k->n = c->n;
        k->lowest = lowest;
        k->highest = highest;
        return RX_OK;
    }
    if (s->ivh_bins.by != RX_IBSI_NO_BINS && !(points <= 65535)) {
        return rx_fail(err, RX_ELIMIT, "%.15g intensities between %g and %g for the intensity-volume "
                       "histogram, at most 65535", points, lowest, highest);
    }
    k->n = points < 9e15 ? (size_t)points : (size_t)9e15;
    k->lowest = k->first;
    k->highest = intensity(k, k->n - 1);
    if (s->ivh_bins.by == RX_IBSI_NO_BINS) { k->highest = highest; }
    return RX_OK;
}

static double fraction_of_range(const curve *k, size_t i)
{
    return (intensity(k, i) - k->lowest) / (k->highest - k->lowest);
}

/* 3.5.1: the volume fraction at the first intensity of at least that fraction of the range. */
static double volume_at(const curve *k, double fraction)
{
    size_t lo = 0, hi = k->n;
    if (!(k->highest > k->lowest)) { return (double)NAN; }
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (fraction_of_range(k, mid) < fraction) { lo = mid + 1; } else { hi = mid; }
    }
    return lo < k->n ? (double)voxels_from(k, lo) / (double)k->c->n : 0;
}

/* 3.5.2: the lowest intensity that at most that fraction of the volume reaches. NaN if more of it
 * has the highest intensity. */
static double intensity_at(const curve *k, double fraction)
{
    size_t lo = 0, hi = k->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if ((double)voxels_from(k, mid) / (double)k->c->n > fraction) { lo = mid + 1; } else { hi = mid; }
    }
    return lo < k->n ? intensity(k, lo) : (double)NAN;
}

/* Of intensities as they occur, each after the other. */
static double listed_area(const curve *k)
{
    const double *v = k->c->sorted;
    size_t n = k->c->n, i = 0;
    double sum = 0;
    while (v[i] < v[n - 1]) {
        size_t next = i + 1;
        while (v[next] == v[i]) { next++; }
        sum += ((double)(n - i) + (double)(n - next)) / 2 * (v[next] - v[i]);
        i = next;
    }
    return sum / (double)n / (k->highest - k->lowest);
}

/* 3.5.5: by the trapezoid rule over the fractions of the range. The curve changes only where an
 * intensity occurs, so the points between two of those lie on a level stretch. */
static double area(const curve *k)
{
    double sum = 0, range = k->highest - k->lowest;
    if (!(range > 0)) { return (double)NAN; }
    if (k->listed) { return listed_area(k); }
    size_t i = 0;
    double volume = (double)voxels_from(k, 0);
    while (i + 1 < k->n) {
        size_t lo = i, hi = k->n - 1;                    /* last point of this height      */
        while (lo < hi) {
            size_t mid = lo + (hi - lo + 1) / 2;
            if ((double)voxels_from(k, mid) == volume) { lo = mid; } else { hi = mid - 1; }
        }
        sum += volume * (intensity(k, lo) - intensity(k, i)) / range;
        if (lo + 1 >= k->n) { break; }
        double next = (double)voxels_from(k, lo + 1);
        sum += (volume + next) / 2 * (intensity(k, lo + 1) - intensity(k, lo)) / range;
        volume = next;
        i = lo + 1;
    }
    return sum / (double)k->c->n;
}

int rx_ibsi_ivh(const rx_ibsi_sink *out, const rx_ibsi_case *c, rx_error *err)
{
    static const rx_ibsi_feature f[] = {
        { "ivh_v10", "BC2M" }, { "ivh_v90", "BC2M" }, { "ivh_i10", "GBPN" }, { "ivh_i90", "GBPN" },
        { "ivh_diff_v10_v90", "DDTU" }, { "ivh_diff_i10_i90", "CNV2" }, { "ivh_auc", "9CMM" },
    };
    curve k;
    int rc = make_curve(&k, c, err);
    if (rc != RX_OK) { return rc; }
    double v10 = volume_at(&k, 0.1), v90 = volume_at(&k, 0.9);
    double i10 = intensity_at(&k, 0.1), i90 = intensity_at(&k, 0.9);
    const double v[] = { v10, v90, i10, i90, v10 - v90, i10 - i90, area(&k) };
    _Static_assert(sizeof v / sizeof *v == sizeof f / sizeof *f, "a value for every name");
    return rx_ibsi_add(out, f, v, sizeof v / sizeof *v, err);
}
