/* Feature maps class by class, and the steps of the preparation: CPU seconds, least of three runs.
 * usage: bench_maps [IMAGE MASK [RADIUS]]; default: PyRadiomics' brain1, radius 1. */
#include <math.h>
#include <radiomics/maps.h>
#include <radiomics/prepare.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include "testimage.h"

enum { RUNS = 3 };

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* What PyRadiomics 3.1 took for brain1 (4,137 voxels, kernelRadius 1) on a machine of this kind. */
static const double peer_s[RX_NCLASSES] = { [RX_FIRSTORDER] = 1.0, [RX_GLCM] = 15.0, [RX_GLRLM] = 1.1,
                                            [RX_GLSZM] = 0.1, [RX_GLDM] = 0.1, [RX_NGTDM] = 0.1 };

static int time_maps(double *best, const int *features, size_t n, const rx_image *image, const rx_mask *mask,
                     const rx_map_settings *s, rx_workspace *ws)
{
    rx_map maps[RX_NFEATURES];
    rx_error err = { 0 };
    *best = INFINITY;
    for (int run = 0; run < RUNS; run++) {
        double from = cpu_s();
        if (rx_maps(maps, features, n, image, mask, s, NULL, NULL, ws, &err) != RX_OK) {
            fprintf(stderr, "bench_maps: %s\n", err.msg);
            return 1;
        }
        *best = fmin(*best, cpu_s() - from);
        for (size_t i = 0; i < n; i++) { rx_map_free(&maps[i]); }
    }
    return 0;
}

static int bench_maps(const rx_image *image, const rx_mask *mask, unsigned radius, bool with_peer)
{
    rx_map_settings s;
    rx_workspace *ws = rx_workspace_new();
    int features[RX_NFEATURES], failed = ws == NULL;
    rx_map_settings_default(&s);
    s.kernel_radius = radius;
    for (int c = RX_FIRSTORDER; !failed && c <= RX_NCLASSES; c++) {
        size_t n = 0;
        double best;
        for (int f = 0; f < RX_NFEATURES; f++) {
            rx_class cls = rx_features()[f].cls;
            if (cls == (rx_class)c || (c == RX_NCLASSES && cls != RX_SHAPE)) { features[n++] = f; }
        }
        failed = time_maps(&best, features, n, image, mask, &s, ws);
        printf("%-10s %3zu maps  %8.4f s", c < RX_NCLASSES ? rx_class_name((rx_class)c) : "all", n, best);
        if (with_peer && c < RX_NCLASSES) { printf("   PyRadiomics %5.1f s, %.0f times", peer_s[c], peer_s[c] / best); }
        putchar('\n');
    }
    rx_workspace_free(ws);
    return failed;
}

/* A head with a field: 256 x 256 x 100 voxels. */
static void head(rx_volume *v)
{
    const size_t *d = v->grid.dim;
    unsigned seed = 1;
    for (size_t i = 0; i < d[0] * d[1] * d[2]; i++) {
        double x = 2.0 * (double)(i % d[0]) / (double)d[0] - 1;
        double y = 2.0 * (double)(i / d[0] % d[1]) / (double)d[1] - 1;
        double z = 2.0 * (double)(i / d[0] / d[1]) / (double)d[2] - 1;
        double t = x * x + y * y + z * z > 0.8 ? 5 : sin(9 * x) + cos(7 * y) > 0 ? 600 : 900;
        seed = seed * 1103515245u + 12345u;
        v->voxels[i] = t * exp(0.3 * x - 0.2 * y * z) + 20 * (double)(seed >> 16) / 65536;
    }
}

typedef int step_fn(rx_volume *v, rx_error *err);

static int n4(rx_volume *v, rx_error *err)
{
    rx_n4 s;
    rx_n4_default(&s);
    return rx_n4_correct(v, NULL, NULL, &s, err);
}
static int nlm(rx_volume *v, rx_error *err)
{
    rx_nlm s = { .patch_radius = 1, .search_radius = 3, .beta = 1 };
    return rx_denoise_nlm(v, &s, err);
}
static int median(rx_volume *v, rx_error *err) { return rx_denoise_median(v, 1, err); }
static int gaussian(rx_volume *v, rx_error *err) { return rx_denoise_gaussian(v, 1.5, err); }
static int z_score(rx_volume *v, rx_error *err) { return rx_normalise_z(v, NULL, 1, err); }

static int bench_steps(void)
{
    static const struct { const char *name; step_fn *run; } steps[] = {
        { "N4, 4 levels", n4 }, { "median, radius 1", median }, { "Gaussian, 1.5 mm", gaussian },
        { "non-local means, 3", nlm }, { "z-score", z_score },
    };
    rx_grid grid = grid_of(256, 256, 100, 1, 1, 1.5);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        rx_volume v;
        rx_error err = { 0 };
        if (rx_volume_new(&v, &grid, &err) != RX_OK) { return 1; }
        head(&v);
        double from = cpu_s();
        int rc = steps[i].run(&v, &err);
        printf("%-20s 256x256x100 %7.2f s%s%s\n", steps[i].name, cpu_s() - from, rc ? " " : "", rc ? err.msg : "");
        rx_volume_free(&v);
        if (rc != RX_OK) { return 1; }
    }
    return 0;
}

int main(int argc, char **argv)
{
    static const char brain[] = PN_SHARED_DIR "/data/radiomics/pyradiomics/brain1_";
    char image_path[4096], mask_path[4096];
    testimage im, ma;
    bool own = argc < 3;
    snprintf(image_path, sizeof image_path, "%s%s", own ? brain : argv[1], own ? "image.nrrd" : "");
    snprintf(mask_path, sizeof mask_path, "%s%s", own ? brain : argv[2], own ? "label.nrrd" : "");
    unsigned radius = argc > 3 ? (unsigned)atoi(argv[3]) : 1;
    if (volume_read(&im, image_path) || volume_read(&ma, mask_path)) { return 1; }
    uint8_t *voxels = volume_mask(&ma);
    if (voxels == NULL) { return 1; }
    rx_image image = { im.grid, RX_F64, im.v };
    rx_mask mask = { ma.grid, voxels, 1 };
    mask.grid = im.grid;
    int failed = bench_maps(&image, &mask, radius, own && radius == 1);
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    printf("peak memory %ld MB\n", use.ru_maxrss / 1024);
    failed = failed || bench_steps();
    free(voxels);
    volume_free(&im);
    volume_free(&ma);
    return failed;
}
