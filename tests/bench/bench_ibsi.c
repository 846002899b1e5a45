/* How long the `ibsi` profile takes for one region: 174 features, textures in the three 3D
 * aggregations.
 *
 * bench_ibsi [-n repeats] [-s mm] [case ...]
 *
 * Under each case, what preparation takes alone and what each family takes with it. -s interpolates to
 * cubes of that size, by splines. One thread; CPU time of the process, least and median of the repeats.
 * Every case runs in a process of its own, so that its peak memory is its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <radiomics/ibsi.h>
#include "bench_case.h"

enum { MOST_REPEATS = 101, FAMILIES = 11 };

typedef struct run_options { int repeats; double spacing_mm; } run_options;

static const char *const family_names[FAMILIES] = {
    "morphology", "local", "statistics", "histogram", "ivh", "glcm", "glrlm", "glszm", "gldzm", "ngtdm", "ngldm",
};

/* Values that came out; least and median time in ms[0] and ms[1]. */
static size_t measure(double ms[2], const bench_volume *v, const run_options *o, unsigned families,
                      rx_workspace *ws)
{
    double t[MOST_REPEATS];
    size_t values = 0;
    rx_ibsi s;
    rx_ibsi_default(&s);
    s.families = families;
    s.bins = (rx_ibsi_bins){ .by = RX_IBSI_BIN_SIZE, .size = 25 };
    s.image_interpolation = RX_IBSI_CUBIC_SPLINE;
    s.round_intensities = true;
    for (int a = 0; a < 3; a++) { s.spacing_mm[a] = o->spacing_mm; }
    for (int i = 0; i < o->repeats; i++) {
        rx_results out = { 0 };
        rx_error err = { 0 };
        double start = bench_cpu_ms();
        if (rx_ibsi_extract(&out, NULL, &v->image, &v->mask, &s, ws, &err) != RX_OK) {
            fprintf(stderr, "bench_ibsi: %s\n", err.msg);
            exit(2);
        }
        t[i] = bench_cpu_ms() - start;
        values = out.n;
        rx_results_free(&out);
    }
    qsort(t, (size_t)o->repeats, sizeof *t, bench_ascending);
    ms[0] = t[0];
    ms[1] = t[o->repeats / 2];
    return values;
}

static int run_case(const bench_case *c, const void *options)
{
    const run_options *o = options;
    bench_volume v;
    double ms[2];
    int made = bench_make(&v, c, PN_SHARED_DIR);
    if (made == 1) {
        printf("%-15s left out: its data is not there\n", c->name);
        return 0;
    }
    rx_workspace *ws = rx_workspace_new();
    if (made != 0 || !ws) { return 1; }
    double before = bench_peak_mb();
    size_t values = measure(ms, &v, o, RX_IBSI_ALL_FAMILIES, ws);
    printf("%-15s %9.2f %9.2f   %zu values, %.0f MB before and %.0f MB at the peak\n", c->name, ms[0], ms[1],
           values, before, bench_peak_mb());
    (void)measure(ms, &v, o, 0, ws);
    printf("    %-11s %9.2f %9.2f\n", "preparation", ms[0], ms[1]);
    for (unsigned f = 0; f < FAMILIES; f++) {
        values = measure(ms, &v, o, 1u << f, ws);
        printf("    %-11s %9.2f %9.2f   %zu values\n", family_names[f], ms[0], ms[1], values);
    }
    rx_workspace_free(ws);
    bench_free(&v);
    return 0;
}

static int usage(void)
{
    fprintf(stderr, "usage: bench_ibsi [-n repeats, 1 to %d] [-s mm] [case ...]\ncases:", MOST_REPEATS);
    for (size_t i = 0; i < bench_n_cases; i++) { fprintf(stderr, " %s", bench_cases[i].name); }
    fprintf(stderr, " (without one: all but the lungs)\n");
    return 2;
}

int main(int argc, char **argv)
{
    run_options o = { .repeats = 3 };
    int option, failed = 0;
    while ((option = getopt(argc, argv, "n:s:")) != -1) {
        if (option == 'n') { o.repeats = atoi(optarg); }
        else if (option == 's') { o.spacing_mm = strtod(optarg, NULL); }
        else { return usage(); }
    }
    if (o.repeats < 1 || o.repeats > MOST_REPEATS) { return usage(); }
    printf("%-15s %9s %9s   CPU ms, one thread, %d runs\n", "case", "least", "median", o.repeats);
    for (size_t i = 0; i < bench_n_cases; i++) {
        bool asked = optind == argc && !bench_cases[i].lungs;
        for (int a = optind; a < argc; a++) { asked = asked || strcmp(argv[a], bench_cases[i].name) == 0; }
        if (asked) { failed |= bench_run_apart(run_case, &bench_cases[i], &o) != 0; }
    }
    return failed;
}
