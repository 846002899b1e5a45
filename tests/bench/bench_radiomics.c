/* How long the features of one region take, and how much memory.
 *
 * bench_radiomics [voxels [repeats]] makes an irregular tumour of about that many voxels in an
 * image of 512 x 512 x 200 (16-bit), computes each class alone and all together, and prints the
 * least and the median CPU milliseconds (on a busy machine the least tells more) and the peak
 * resident memory beyond image and mask. The crop (finding the region in the mask's 52 MB and
 * copying it) is told apart; all classes but shape include the discretisation. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <radiomics/extract.h>

enum { NX = 512, NY = 512, NZ = 200, MOST_REPEATS = 101 };

static uint64_t seed = 20260101;

static double uniform(void)                     /* splitmix64 */
{
    uint64_t z = (seed += 0x9e3779b97f4a7c15u);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (double)((z ^ z >> 31) >> 11) / 9007199254740992.0;
}

/* A ball whose radius varies with direction, textured with waves and noise. */
static size_t make_tumour(int16_t *image, uint8_t *mask, double voxels)
{
    const double mm[3] = { 1, 1, 3 };
    double radius = cbrt(voxels * mm[0] * mm[1] * mm[2] * 3 / (4 * 3.14159265358979)), phase[6];
    size_t count = 0;
    for (int i = 0; i < 6; i++) { phase[i] = 6.28 * uniform(); }
    for (int k = 0; k < NZ; k++) {
        for (int j = 0; j < NY; j++) {
            for (int i = 0; i < NX; i++) {
                double x = (i - NX / 2) * mm[0], y = (j - NY / 2) * mm[1], z = (k - NZ / 2) * mm[2];
                size_t at = ((size_t)k * NY + (size_t)j) * NX + (size_t)i;
                image[at] = -1000;
                mask[at] = 0;
                if (x * x + y * y + z * z > 2.2 * radius * radius) { continue; }
                double r = sqrt(x * x + y * y + z * z) + 1e-9;
                double edge = radius * (1 + 0.15 * sin(5 * x / r + phase[0]) * cos(4 * y / r + phase[1])
                                          + 0.1 * sin(9 * z / r + phase[2]) * cos(7 * x / r + phase[3]));
                double v = 40 + 60 * sin(x / 9 + phase[4]) * cos(y / 7 + z / 11 + phase[5])
                         + 60 * (uniform() + uniform() + uniform() - 1.5);
                image[at] = (int16_t)lrint(v);
                mask[at] = r < edge;
                count += mask[at];
            }
        }
    }
    return count;
}

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static long peak_kb(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return u.ru_maxrss;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

typedef struct timing { double least, median; } timing;

static timing measure(const rx_image *image, const rx_mask *mask, const rx_settings *s,
                      rx_diagnostics *diag, rx_workspace *ws, int repeats)
{
    static rx_value out[RX_NFEATURES];
    double ms[MOST_REPEATS];
    for (int i = 0; i < repeats; i++) {
        rx_error err;
        double start = cpu_ms();
        if (rx_extract(out, diag, image, mask, s, ws, &err) != RX_OK) {
            fprintf(stderr, "%s\n", err.msg);
            exit(1);
        }
        ms[i] = cpu_ms() - start;
    }
    qsort(ms, (size_t)repeats, sizeof *ms, ascending);
    return (timing){ ms[0], ms[repeats / 2] };
}

int main(int argc, char **argv)
{
    double want = argc > 1 ? strtod(argv[1], NULL) : 200000;
    int repeats = argc > 2 ? atoi(argv[2]) : 9;
    if (!(want >= 10 && want <= 5e6) || repeats < 1 || repeats > MOST_REPEATS) {
        fprintf(stderr, "usage: bench_radiomics [voxels, 10 to 5000000 [repeats, 1 to %d]]\n", MOST_REPEATS);
        return 2;
    }
    size_t n = (size_t)NX * NY * NZ;
    int16_t *voxels = malloc(n * sizeof *voxels);
    uint8_t *label = malloc(n);
    rx_workspace *ws = rx_workspace_new();
    if (!voxels || !label || !ws) { return 1; }
    size_t inside = make_tumour(voxels, label, want);

    rx_grid grid = { { NX, NY, NZ }, { 1, 1, 3 }, { 0, 0, 0 }, { 1, 0, 0, 0, 1, 0, 0, 0, 1 } };
    rx_image image = { grid, RX_I16, voxels };
    rx_mask mask = { grid, label, 1 };
    rx_settings all, s;
    rx_diagnostics diag;
    rx_settings_default(&all);

    long before = peak_kb();
    measure(&image, &mask, &all, &diag, ws, 1);
    long after = peak_kb();
    size_t box = 1;
    for (int a = 0; a < 3; a++) { box *= diag.box_max[a] - diag.box_min[a] + 1; }
    printf("%zu voxels in a box of %zu, %u grey levels, CPU ms of %d: least, median\n", inside, box,
           diag.grey_levels, repeats);

    s = all;
    for (int i = 0; i < RX_NFEATURES; i++) { s.enabled[i] = false; }
    timing crop = measure(&image, &mask, &s, NULL, ws, repeats), t;
    printf("  %-12s %8.2f %8.2f\n", "crop only", crop.least, crop.median);
    for (int c = 0; c < RX_NCLASSES; c++) {
        for (int i = 0; i < RX_NFEATURES; i++) { s.enabled[i] = rx_features()[i].cls == (rx_class)c; }
        t = measure(&image, &mask, &s, NULL, ws, repeats);
        printf("  %-12s %8.2f %8.2f\n", rx_class_name((rx_class)c), t.least - crop.least,
               t.median - crop.median);
    }
    t = measure(&image, &mask, &all, NULL, ws, repeats);
    printf("  %-12s %8.2f %8.2f\n", "all 107", t.least, t.median);
    printf("peak memory beyond image and mask: %.1f MB, %.1f bytes a voxel of the box\n",
           (double)(after - before) / 1024, (double)(after - before) * 1024 / (double)box);
    rx_workspace_free(ws);
    free(voxels);
    free(label);
    return 0;
}
