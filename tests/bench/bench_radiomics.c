/* How long the features of one region take, how much memory, and what bounds them.
 *
 * bench_radiomics [-n repeats] [-p] [-x] [case ...]
 *
 * One thread; CPU time of the process, least and median of the repeats (on a busy machine the
 * least tells more). Every case runs in a process of its own, so that its peak memory is its
 * own. Beside it runs a calibration loop over the same voxels, which does what every texture
 * needs at least: 13 directions, one increment each. "of bar" is the median against the bar
 * that this project has set itself. -p adds what each family costs: time, memory that must be
 * touched, increments. The cases 1688 are the pyradiomics profile with all image types but LBP;
 * -x runs the others by that profile, too. Cases whose images are public data are left out where
 * the data is not.
 * Where PyRadiomics is installed, it computes the same regions and its CPU time is printed. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <radiomics/pyradiomics.h>
#include "bench_case.h"
#include "bench_peer.h"
#include "roi.h"

enum { MOST_REPEATS = 101 };

typedef struct timing { double ms[MOST_REPEATS]; int n; } timing;

static void sort_timing(timing *t) { qsort(t->ms, (size_t)t->n, sizeof *t->ms, bench_ascending); }
static double median(const timing *t) { return t->ms[t->n / 2]; }

static void need(int rc, const rx_error *err)
{
    if (rc != RX_OK) {
        fprintf(stderr, "bench_radiomics: %s\n", err->msg);
        exit(1);
    }
}

/* ---- the stages of one extraction ------------------------------------------------------ */

/* Preparation is timed alone; a class is what an extraction of it alone takes longer. */
enum { CROP, PARTS, LEVELS, FIRST_CLASS, STAGES = FIRST_CLASS + RX_NCLASSES };

static const char *stage_name(int stage)
{
    static const char *const prepare[FIRST_CLASS] = { "crop", "components", "discretise" };
    return stage < FIRST_CLASS ? prepare[stage] : rx_class_name((rx_class)(stage - FIRST_CLASS));
}

typedef struct scene {
    rx_roi roi;
    rx_levels levels;
    size_t bits_bytes, box;
    uint64_t calibrated;
} scene;

static double lap(double *since)
{
    double now = bench_cpu_ms(), ms = now - *since;
    *since = now;
    return ms;
}

static void run_stages(timing t[STAGES], scene *x, const bench_volume *v, rx_workspace *ws)
{
    static rx_value out[RX_NFEATURES];
    rx_settings s;
    rx_settings_default(&s);
    unsigned parts;
    rx_error err;
    for (int c = 0; c < RX_NCLASSES; c++) {
        for (int i = 0; i < RX_NFEATURES; i++) { s.enabled[i] = rx_features()[i].cls == (rx_class)c; }
        double at = bench_cpu_ms();
        need(rx_extract(out, NULL, &v->image, &v->mask, &s, ws, &err), &err);
        t[FIRST_CLASS + c].ms[t[FIRST_CLASS + c].n++] = lap(&at);
    }
    double at = bench_cpu_ms();
    need(rx_crop(&x->roi, &v->image, &v->mask, &s, ws, &err), &err);
    t[CROP].ms[t[CROP].n++] = lap(&at);
    need(rx_components(&parts, &x->roi, ws, &err), &err);
    t[PARTS].ms[t[PARTS].n++] = lap(&at);
    need(rx_discretise(&x->levels, &x->roi, &s, ws, &err), &err);
    t[LEVELS].ms[t[LEVELS].n++] = lap(&at);
}

/* A class's time without the preparation that its extraction repeats. */
static double least_of(timing t[STAGES], int stage)
{
    double ms = t[stage].ms[0];
    if (stage >= FIRST_CLASS) { ms -= t[CROP].ms[0]; }
    if (stage > FIRST_CLASS + RX_SHAPE) { ms -= t[LEVELS].ms[0]; }
    return fmax(ms, 0);
}

/* What every texture must do at least: for each voxel of the region and each of 13 directions,
 * look at the neighbour and increment a counter of the pair. */
static double calibrate(scene *x, const rx_levels *l)
{
    enum { DIRECTIONS = 13 };
    size_t step[DIRECTIONS], steps = 0, n = l->present + 1;
    for (int z = -1; z <= 1; z++) {
        for (int y = -1; y <= 1; y++) {
            for (int dx = -1; dx <= 1; dx++) {
                ptrdiff_t to = dx + y * (ptrdiff_t)l->stride[1] + z * (ptrdiff_t)l->stride[2];
                if (to > 0 && steps < DIRECTIONS) { step[steps++] = (size_t)to; }
            }
        }
    }
    uint32_t *count = calloc(n * n, sizeof *count);
    uint16_t *dense = calloc(l->highest + 1u, sizeof *dense);
    if (!count || !dense) { exit(1); }
    for (unsigned i = 0; i < l->present; i++) { dense[l->level[i]] = (uint16_t)(i + 1); }
    double start = bench_cpu_ms();
    for (size_t k = 0; k < l->n[2]; k++) {
        for (size_t j = 0; j < l->n[1]; j++) {
            rx_row row = rx_levels_row(l, j, k);
            for (size_t i = 0; i < row.n; i++) {
                const uint16_t *at = row.voxels + i;
                if (*at == 0) { continue; }
                uint32_t *from = count + dense[*at] * n;
                for (size_t d = 0; d < steps; d++) { from[dense[at[step[d]]]]++; }
            }
        }
    }
    double ms = bench_cpu_ms() - start;
    for (size_t i = 0; i < n * n; i++) { x->calibrated += count[i]; }
    free(count);
    free(dense);
    return ms;
}

/* ---- what a stage must touch, from what it does --------------------------------------- */

typedef struct work { double bytes, increments; const char *bound; } work;

static work work_of(int stage, const scene *x, const bench_volume *v)
{
    const size_t *dim = v->image.grid.dim;
    double mask = (double)dim[0] * (double)dim[1] * (double)dim[2];
    double voxels = (double)x->roi.voxels, array = 2 * (double)x->levels.array, box = (double)x->box;
    double bits = (double)x->bits_bytes, values = 8 * voxels;
    switch (stage) {
    case CROP: return (work){ mask + 2 * box + bits + 2 * voxels + values, 0, "the mask once, its box twice" };
    case PARTS: return (work){ 2 * bits, 0, "runs of voxels" };
    case LEVELS: return (work){ values + 2 * array, voxels, "arithmetic; the box written" };
    case FIRST_CLASS + RX_SHAPE: return (work){ 3 * bits, 0, "surface voxels; ends of lines" };
    case FIRST_CLASS + RX_FIRSTORDER: return (work){ 5 * values, voxels, "passes over the intensities" };
    case FIRST_CLASS + RX_GLCM: return (work){ array, 13 * voxels, "increments" };
    case FIRST_CLASS + RX_GLRLM: return (work){ 13 * array, voxels, "13 passes over the box; runs" };
    case FIRST_CLASS + RX_GLSZM: return (work){ 6 * array / 2, voxels, "searches in a table of the box" };
    default: return (work){ array, 2 * voxels, "26 vectorised comparisons; both" };
    }
}

static void print_profile(timing t[STAGES], const scene *x, const bench_volume *v)
{
    printf("    %-11s %9s %9s %9s %9s %9s  %s\n", "family", "ms", "ns/voxel", "MB", "GB/s", "incr. M",
           "bound by");
    for (int i = 0; i < STAGES; i++) { sort_timing(&t[i]); }
    for (int i = 0; i < STAGES; i++) {
        work w = work_of(i, x, v);
        double ms = least_of(t, i);
        printf("    %-11s %9.3f %9.2f %9.2f %9.1f %9.2f  %s\n", stage_name(i), ms,
               ms * 1e6 / (double)x->roi.voxels, w.bytes / 1e6, w.bytes / 1e6 / ms, w.increments / 1e6,
               w.bound);
    }
}

static size_t workspace_bytes(const rx_workspace *ws)
{
    return ws->bits.bytes + ws->levels.bytes + ws->tables.bytes + ws->voxels.bytes + ws->counts.bytes
         + ws->margins.bytes + ws->reals.bytes + ws->list.bytes;
}

/* ---- a case ------------------------------------------------------------------------------ */

typedef struct run_options { int repeats; bool profile, profile_only; const char *shared; } run_options;

static void describe(scene *x)
{
    x->box = 1;
    for (int a = 0; a < 3; a++) { x->box *= x->roi.n[a]; }
    x->bits_bytes = x->roi.words * (x->roi.n[1] + 2) * (x->roi.n[2] + 2) * 8;
}

static void print_times(const bench_case *c, const timing *t)
{
    printf(" %9.2f %9.2f", t->ms[0], median(t));
    if (c->bar_ms > 0) { printf(" %6.0f %6.2f", c->bar_ms, median(t) / c->bar_ms); }
    else { printf(" %6s %6s", "-", "-"); }
}

/* Every image type of the reference outputs, as PyRadiomics' users switch them on. */
static void all_images(rx_pyradiomics *s)
{
    static const rx_image_type type[] = {
        RX_IMAGE_WAVELET, RX_IMAGE_SQUARE, RX_IMAGE_SQUAREROOT, RX_IMAGE_LOGARITHM, RX_IMAGE_EXPONENTIAL,
        RX_IMAGE_GRADIENT,
    };
    static const double sigma[] = { 1, 2, 3, 5 };
    rx_error err;
    rx_pyradiomics_default(s);
    rx_pyr_image *log = rx_pyradiomics_add_image(s, RX_IMAGE_LOG, &err);
    for (size_t i = 0; log && i < sizeof sigma / sizeof *sigma; i++) {
        need(rx_pyr_add_sigma(&log->own, sigma[i], false, &err), &err);
    }
    for (size_t i = 0; i < sizeof type / sizeof *type; i++) {
        if (!rx_pyradiomics_add_image(s, type[i], &err)) { need(err.code, &err); }
    }
}

/* The pyradiomics profile, whole: `original` alone, or all image types. */
static void run_profile(const bench_case *c, const bench_volume *v, rx_workspace *ws, int repeats)
{
    static rx_pyradiomics s;
    rx_results values = { 0 };
    rx_error err;
    timing t = { .n = 0 };
    if (c->filtered) { all_images(&s); } else { rx_pyradiomics_default(&s); }
    double before = bench_peak_mb();
    for (int i = 0; i < repeats; i++) {
        rx_results_clear(&values);
        double start = bench_cpu_ms();
        need(rx_pyradiomics_extract(&values, NULL, &v->image, &v->mask, &s, ws, &err), &err);
        t.ms[t.n++] = bench_cpu_ms() - start;
    }
    sort_timing(&t);
    printf("%-9s %zu values by the pyradiomics profile:", c->name, values.n);
    print_times(c, &t);
    printf("; grown %.1f MB, peak %.1f MB\n", bench_peak_mb() - before, bench_peak_mb());
    rx_results_free(&values);
}

/* 0; 1: its files are not there; 2: failed. */
static int run_case(const bench_case *c, const void *options)
{
    const run_options *o = options;
    bench_volume v;
    int rc = bench_make(&v, c, o->shared);
    if (rc == 1) { printf("%-9s left out: its image is not in %s\n", c->name, o->shared); }
    if (rc != 0) { return rc; }
    rx_settings s;
    rx_settings_default(&s);
    rx_diagnostics diag;
    rx_workspace *ws = rx_workspace_new();
    if (!ws) { return 2; }
    if (c->filtered || o->profile_only) {
        run_profile(c, &v, ws, o->repeats);
        rx_workspace_free(ws);
        bench_free(&v);
        return 0;
    }
    static rx_value out[RX_NFEATURES];
    rx_error err;
    timing all = { .n = 0 }, loop = { .n = 0 }, stage[STAGES] = { 0 };
    scene x = { 0 };
    double before = bench_peak_mb();
    for (int i = 0; i < o->repeats; i++) {
        double start = bench_cpu_ms();
        need(rx_extract(out, &diag, &v.image, &v.mask, &s, ws, &err), &err);
        all.ms[all.n++] = bench_cpu_ms() - start;
    }
    double after = bench_peak_mb(), working = (double)workspace_bytes(ws);
    for (int i = 0; i < o->repeats; i++) {
        run_stages(stage, &x, &v, ws);
        loop.ms[loop.n++] = calibrate(&x, &x.levels);
    }
    sort_timing(&all);
    sort_timing(&loop);
    describe(&x);
    printf("%-9s %9zu %9zu %5u", c->name, x.roi.voxels, x.box, x.levels.present);
    print_times(c, &all);
    printf(" %9.2f %6.2f %9.1f %6.2f %9.1f %9.1f\n", loop.ms[0], all.ms[0] / loop.ms[0], working / 1e6,
           working / (double)x.box, after - before, after);
    if (o->profile) { print_profile(stage, &x, &v); }
    if (bench_peer_there()) { bench_peer_run(&v, all.ms[0], o->repeats); }
    fflush(stdout);
    rx_workspace_free(ws);
    bench_free(&v);
    return 0;
}

static int usage(void)
{
    fprintf(stderr, "usage: bench_radiomics [-n repeats, 1 to %d] [-p] [-x] [case ...]\ncases:", MOST_REPEATS);
    for (size_t i = 0; i < bench_n_cases; i++) { fprintf(stderr, " %s", bench_cases[i].name); }
    fprintf(stderr, " (without one: all)\n");
    return 2;
}

static void heading(const run_options *o)
{
    double load[3] = { 0, 0, 0 };
    if (getloadavg(load, 3) < 1) { load[0] = NAN; }
    printf("all 107 features of one region, one thread, CPU ms of %d runs; load average %.2f\n", o->repeats,
           load[0]);
    if (!bench_peer_there()) {
        printf("PyRadiomics is not installed here: no ratio to it in this run\n");
    }
    printf("%-9s %9s %9s %5s %9s %9s %6s %6s %9s %6s %9s %6s %9s %9s\n", "case", "voxels", "box", "lev.",
           "least", "median", "bar", "of bar", "13 dirs", "ratio", "work MB", "B/box", "grown MB",
           "peak MB");
}

int main(int argc, char **argv)
{
    run_options o = { .repeats = 9, .shared = PN_SHARED_DIR };
    int option, failed = 0;
    while ((option = getopt(argc, argv, "n:px")) != -1) {
        if (option == 'p') { o.profile = true; }
        else if (option == 'x') { o.profile_only = true; }
        else if (option == 'n') { o.repeats = atoi(optarg); }
        else { return usage(); }
    }
    if (o.repeats < 1 || o.repeats > MOST_REPEATS) { return usage(); }
    heading(&o);
    for (size_t i = 0; i < bench_n_cases; i++) {
        bool asked = optind == argc;
        for (int a = optind; a < argc; a++) { asked = asked || strcmp(argv[a], bench_cases[i].name) == 0; }
        if (asked) { failed += bench_run_apart(run_case, &bench_cases[i], &o) == 2; }
    }
    return failed > 0;
}
