/* How long all image types of one region take: 1,688 features of 18 images.
 *
 * bench_filters [-n repeats] [-l] [case ...]
 *
 * LoG with sigma 1, 2, 3 and 5 mm, eight wavelets (coif1), square, square root, logarithm,
 * exponential, gradient and the original, with all features of each. One thread; CPU time of the
 * process, least and median of the repeats. Under each case, what the filters alone take, image
 * type by image type; -l adds the local binary patterns, which the 1,688 do not have. Every case
 * runs in a process of its own, so that its peak memory is its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <radiomics/pyradiomics.h>
#include "bench_case.h"

enum { MOST_REPEATS = 101 };

typedef struct run_options { int repeats; bool patterns; } run_options;

static const double sigmas[] = { 1, 2, 3, 5 };
enum { N_SIGMAS = sizeof sigmas / sizeof *sigmas };

static void need(int rc, const rx_error *err)
{
    if (rc != RX_OK) {
        fprintf(stderr, "bench_filters: %s\n", err->msg);
        exit(2);
    }
}

static void all_images(rx_pyradiomics *s)
{
    rx_error err = { 0 };
    rx_pyradiomics_default(s);
    for (rx_image_type type = RX_IMAGE_LOG; type <= RX_IMAGE_GRADIENT; type++) {
        rx_pyr_image *image = rx_pyradiomics_add_image(s, type, &err);
        if (!image) { need(err.code, &err); }
        for (int i = 0; type == RX_IMAGE_LOG && i < N_SIGMAS; i++) {
            need(rx_pyr_add_sigma(&image->own, sigmas[i], false, &err), &err);
        }
    }
}

static rx_box box_of(const rx_mask *m)
{
    const size_t *dim = m->grid.dim;
    rx_box b = { { dim[0], dim[1], dim[2] }, { 0, 0, 0 } };
    for (size_t at = 0; at < dim[0] * dim[1] * dim[2]; at++) {
        if (m->voxels[at] != m->label) { continue; }
        const size_t index[3] = { at % dim[0], at / dim[0] % dim[1], at / dim[0] / dim[1] };
        for (int a = 0; a < 3; a++) {
            if (index[a] < b.min[a]) { b.min[a] = index[a]; }
            if (index[a] > b.max[a]) { b.max[a] = index[a]; }
        }
    }
    return b;
}

/* Images that the type gave. */
static unsigned filter_once(const bench_volume *v, const rx_box *box, rx_image_type type)
{
    rx_filter_settings s;
    rx_filter_settings_default(&s);
    for (int i = 0; i < N_SIGMAS; i++) { s.sigma[s.n_sigma++] = (rx_sigma){ sigmas[i], false }; }
    rx_filter *f = NULL;
    rx_filtered out;
    rx_error err = { 0 };
    bool more = false;
    unsigned images = 0;
    need(rx_filter_open(&f, &v->image, v->image.type, &v->mask, box, type, &s, &err), &err);
    for (;; images++) {
        need(rx_filter_next(&more, &out, f, &err), &err);
        if (!more) { break; }
    }
    rx_filter_free(f);
    return images;
}

static void time_types(const bench_volume *v, const run_options *o)
{
    rx_box box = box_of(&v->mask);
    double ms[MOST_REPEATS];
    for (rx_image_type type = RX_IMAGE_LOG; type < RX_NIMAGE_TYPES; type++) {
        unsigned images = 0;
        if (type > RX_IMAGE_GRADIENT && !o->patterns) { continue; }
        for (int i = 0; i < o->repeats; i++) {
            double start = bench_cpu_ms();
            images = filter_once(v, &box, type);
            ms[i] = bench_cpu_ms() - start;
        }
        qsort(ms, (size_t)o->repeats, sizeof *ms, bench_ascending);
        printf("    %-11s %9.2f %9.2f   %u images, filter alone\n", rx_image_type_name(type), ms[0],
               ms[o->repeats / 2], images);
    }
}

/* 0; 1: its files are not there; 2: failed. */
static int run_case(const bench_case *c, const void *options)
{
    const run_options *o = options;
    bench_volume v;
    int rc = bench_make(&v, c, PN_SHARED_DIR);
    if (rc == 1) { printf("%-8s left out: its image is not in %s\n", c->name, PN_SHARED_DIR); }
    if (rc != 0) { return rc; }
    static rx_pyradiomics s;
    all_images(&s);
    rx_workspace *ws = rx_workspace_new();
    if (!ws) { return 2; }
    double ms[MOST_REPEATS], before = bench_peak_mb();
    size_t values = 0;
    for (int i = 0; i < o->repeats; i++) {
        rx_results out = { 0 };
        rx_error err = { 0 };
        double start = bench_cpu_ms();
        need(rx_pyradiomics_extract(&out, NULL, &v.image, &v.mask, &s, ws, &err), &err);
        ms[i] = bench_cpu_ms() - start;
        values = out.n;
        rx_results_free(&out);
    }
    double after = bench_peak_mb();
    qsort(ms, (size_t)o->repeats, sizeof *ms, bench_ascending);
    printf("%-8s %7s %9.2f %9.2f   %zu features; grown by %.1f MB to %.1f MB\n", c->name, "", ms[0],
           ms[o->repeats / 2], values, after - before, after);
    time_types(&v, o);
    rx_workspace_free(ws);
    bench_free(&v);
    return 0;
}

static int usage(void)
{
    fprintf(stderr, "usage: bench_filters [-n repeats, 1 to %d] [-l] [case ...]\ncases:", MOST_REPEATS);
    for (size_t i = 0; i < bench_n_cases; i++) { fprintf(stderr, " %s", bench_cases[i].name); }
    fprintf(stderr, " (without one: all but the lungs)\n");
    return 2;
}

int main(int argc, char **argv)
{
    run_options o = { .repeats = 5 };
    int option, failed = 0;
    while ((option = getopt(argc, argv, "n:l")) != -1) {
        if (option == 'l') { o.patterns = true; }
        else if (option == 'n') { o.repeats = atoi(optarg); }
        else { return usage(); }
    }
    if (o.repeats < 1 || o.repeats > MOST_REPEATS) { return usage(); }
    printf("%-8s %7s %9s %9s   CPU ms, one thread, %d runs\n", "case", "", "least", "median", o.repeats);
    for (size_t i = 0; i < bench_n_cases; i++) {
        bool asked = optind == argc && !bench_cases[i].lungs;
        for (int a = optind; a < argc; a++) { asked = asked || strcmp(argv[a], bench_cases[i].name) == 0; }
        if (asked) { failed += bench_run_apart(run_case, &bench_cases[i], &o) == 2; }
    }
    return failed > 0;
}
