/* Filter settings: defaults, checks, and the names that responses have in results. */
#include <ctype.h>
#include <math.h>
#include <radiomics/filters.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "resp_kinds.h"

enum { MAX_LEVEL = 8, MAX_SUPPORT = 1001, MAX_ENERGY = 100, MAX_RIESZ = 4 };

const char *rx_response_kind_name(rx_response_kind kind)
{
    static const char *const names[RX_NRESPONSES] = { "mean", "log", "laws", "gabor", "wavelet", "simoncelli",
                                                      "shannon" };
    return (unsigned)kind < RX_NRESPONSES ? names[kind] : "?";
}

const char *rx_boundary_name(rx_boundary boundary)
{
    static const char *const names[RX_NBOUNDARIES] = { "zero", "nearest", "periodic", "mirror" };
    return (unsigned)boundary < RX_NBOUNDARIES ? names[boundary] : "?";
}

const char *rx_pooling_name(rx_pooling pooling)
{
    static const char *const names[RX_NPOOLINGS] = { "average", "max" };
    return (unsigned)pooling < RX_NPOOLINGS ? names[pooling] : "?";
}

void rx_response_default(rx_response *f, rx_response_kind kind)
{
    *f = (rx_response){
        .kind = kind, .boundary = RX_BOUNDARY_MIRROR, .pooling = RX_POOLING_AVERAGE, .support = 5,
        .sigma_mm = 1.5, .cutoff = 4, .wavelength_mm = 2, .aspect = 1, .theta_step = acos(-1) / 8,
        .wavelet = "db3", .level = 1, .tensor_sigma_mm = 1,
    };
    memcpy(f->kernels, kind == RX_RESPONSE_WAVELET ? "LLH\0\0\0" : "L5E5E5", 7);
}

static int positive(double v, const char *name, rx_error *err)
{
    if (v > 0 && isfinite(v)) { return RX_OK; }
    return rx_fail(err, RX_EINVAL, "%s is %g: must be above 0", name, v);
}

static bool ends_within(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

static int check_laws(const rx_response *f, rx_error *err)
{
    size_t axes = f->by_slice ? 2 : 3;
    if (!ends_within(f->kernels, sizeof f->kernels) || strlen(f->kernels) != 2 * axes) {
        return rx_fail(err, RX_EINVAL, "Laws kernels \"%.7s\": a %zuD filter needs %zu of two letters each", f->kernels,
                       axes, axes);
    }
    for (size_t a = 0; a < axes; a++) {
        if (rx_laws_index(f->kernels + 2 * a) < 0) {
            return rx_fail(err, RX_EINVAL, "Laws kernel \"%.2s\" is none of L3, L5, E3, E5, S3, S5, W5, R5",
                           f->kernels + 2 * a);
        }
    }
    if (f->energy_distance > MAX_ENERGY) {
        return rx_fail(err, RX_EINVAL, "energy distance is %u: at most %d", f->energy_distance, MAX_ENERGY);
    }
    return RX_OK;
}

static int check_gabor(const rx_response *f, rx_error *err)
{
    int rc = positive(f->sigma_mm, "sigma", err);
    if (rc == RX_OK) { rc = positive(f->wavelength_mm, "the wavelength", err); }
    if (rc == RX_OK) { rc = positive(f->aspect, "the aspect ratio", err); }
    if (rc != RX_OK) { return rc; }
    if (!isfinite(f->theta)) { return rx_fail(err, RX_EINVAL, "theta is %g", f->theta); }
    if (!f->rotation_invariant) { return RX_OK; }
    rc = positive(f->theta_step, "the step of theta", err);
    if (rc != RX_OK) { return rc; }
    double steps = 2 * acos(-1) / f->theta_step, whole = floor(steps + 0.5);
    if (whole < 1 || whole > RX_MAX_ORIENTATIONS || fabs(steps - whole) > 1e-3 * whole) {
        return rx_fail(err, RX_EINVAL, "the step of theta is %g: a full turn must be 1 to %d of them", f->theta_step,
                       RX_MAX_ORIENTATIONS);
    }
    return RX_OK;
}

static int check_level(const rx_response *f, rx_error *err)
{
    if (f->level >= 1 && f->level <= MAX_LEVEL) { return RX_OK; }
    return rx_fail(err, RX_EINVAL, "level is %u: must be 1 to %d", f->level, MAX_LEVEL);
}

static int check_wavelet(const rx_response *f, rx_error *err)
{
    double lo[RX_MAX_WAVELET], hi[RX_MAX_WAVELET];
    unsigned taps;
    size_t axes = f->by_slice ? 2 : 3;
    if (!ends_within(f->wavelet, sizeof f->wavelet)) { return rx_fail(err, RX_EINVAL, "the wavelet's name is too long"); }
    int rc = rx_wavelet_filters(lo, hi, &taps, f->wavelet, err);
    if (rc == RX_OK) { rc = check_level(f, err); }
    if (rc != RX_OK) { return rc; }
    if (!ends_within(f->kernels, sizeof f->kernels) || strlen(f->kernels) != axes
        || strspn(f->kernels, "LH") != axes) {
        return rx_fail(err, RX_EINVAL, "wavelet filters \"%.7s\": a %zuD filter needs %zu letters L or H", f->kernels,
                       axes, axes);
    }
    return RX_OK;
}

static int check_riesz(const rx_response *f, rx_error *err)
{
    if (!rx_response_has_riesz(f)) { return RX_OK; }
    if (f->by_slice && f->riesz[2] != 0) {
        return rx_fail(err, RX_EINVAL, "a Riesz transform of slices has no order along z, but it is %u", f->riesz[2]);
    }
    for (int a = 0; a < 3; a++) {
        if (f->riesz[a] > MAX_RIESZ) {
            return rx_fail(err, RX_EINVAL, "order %u of the Riesz transform: at most %d", f->riesz[a], MAX_RIESZ);
        }
    }
    if (f->riesz[0] + f->riesz[1] + f->riesz[2] > MAX_RIESZ) {
        return rx_fail(err, RX_EINVAL, "order %u of the Riesz transform: at most %d", f->riesz[0] + f->riesz[1] + f->riesz[2],
                       MAX_RIESZ);
    }
    return f->steered ? positive(f->tensor_sigma_mm, "sigma of the structure tensor", err) : RX_OK;
}

int rx_response_check(const rx_response *f, rx_error *err)
{
    int rc = RX_OK;
    if ((unsigned)f->kind >= RX_NRESPONSES) { return rx_fail(err, RX_EINVAL, "filter kind %d", (int)f->kind); }
    if ((unsigned)f->boundary >= RX_NBOUNDARIES) { return rx_fail(err, RX_EINVAL, "boundary %d", (int)f->boundary); }
    if ((unsigned)f->pooling >= RX_NPOOLINGS) { return rx_fail(err, RX_EINVAL, "pooling %d", (int)f->pooling); }
    switch (f->kind) {
    case RX_RESPONSE_MEAN:
        if (f->support % 2 == 0 || f->support > MAX_SUPPORT) {
            rc = rx_fail(err, RX_EINVAL, "support of the mean filter is %u: must be odd, at most %d", f->support,
                         MAX_SUPPORT);
        }
        break;
    case RX_RESPONSE_LOG:
        rc = positive(f->sigma_mm, "sigma", err);
        if (rc == RX_OK) { rc = positive(f->cutoff, "the cut-off", err); }
        break;
    case RX_RESPONSE_LAWS: rc = check_laws(f, err); break;
    case RX_RESPONSE_GABOR: rc = check_gabor(f, err); break;
    case RX_RESPONSE_WAVELET: rc = check_wavelet(f, err); break;
    default: rc = check_level(f, err); break;
    }
    return rc == RX_OK ? check_riesz(f, err) : rc;
}

/* ---- names -------------------------------------------------------------------------------- */

typedef struct text { char *at; size_t left; bool full; } text;

static void put(text *t, const char *fmt, ...) RX_PRINTF(2, 3);

static void put(text *t, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(t->at, t->left, fmt, args);
    va_end(args);
    if (n < 0 || (size_t)n >= t->left) {
        t->full = true;
        return;
    }
    t->at += n;
    t->left -= (size_t)n;
}

static void put_rotations(text *t, const rx_response *f)
{
    if (f->rotation_invariant) { put(t, "_inv_%s", f->pooling == RX_POOLING_MAX ? "max" : "avg"); }
}

static void put_riesz(text *t, const rx_response *f)
{
    if (!rx_response_has_riesz(f)) { return; }
    put(t, "_riesz%u%u", f->riesz[0], f->riesz[1]);
    if (!f->by_slice) { put(t, "%u", f->riesz[2]); }
    if (f->steered) { put(t, "_steered%g", f->tensor_sigma_mm); }
}

int rx_response_name(char name[RX_RESPONSE_NAME_SIZE], const rx_response *f, rx_error *err)
{
    int rc = rx_response_check(f, err);
    if (rc != RX_OK) { return rc; }
    text t = { name, RX_RESPONSE_NAME_SIZE, false };
    put(&t, "%s_%s", rx_response_kind_name(f->kind), f->by_slice ? "2d" : "3d");
    switch (f->kind) {
    case RX_RESPONSE_MEAN: put(&t, "_%u", f->support); break;
    case RX_RESPONSE_LOG:
        put(&t, "_s%g_c%g", f->sigma_mm, f->cutoff);
        put_riesz(&t, f);
        break;
    case RX_RESPONSE_LAWS:
        put(&t, "_%s", f->kernels);
        put_rotations(&t, f);
        if (f->energy_distance > 0) { put(&t, "_energy%u", f->energy_distance); }
        break;
    case RX_RESPONSE_GABOR:
        put(&t, "_s%g_l%g_g%g_t%.4g", f->sigma_mm, f->wavelength_mm, f->aspect, f->theta);
        if (f->rotation_invariant) { put(&t, "_d%.4g", f->theta_step); }
        put_rotations(&t, f);
        break;
    case RX_RESPONSE_WAVELET:
        put(&t, "_%s_%s_%u%s", f->wavelet, f->kernels, f->level, f->decimated ? "_decimated" : "");
        put_rotations(&t, f);
        break;
    default:
        put(&t, "_%u", f->level);
        put_riesz(&t, f);
        break;
    }
    put(&t, "_%s", rx_boundary_name(f->boundary));
    return t.full ? rx_fail(err, RX_EINVAL, "the name of a %s filter is longer than %d characters",
                            rx_response_kind_name(f->kind), RX_RESPONSE_NAME_SIZE - 1)
                  : RX_OK;
}
