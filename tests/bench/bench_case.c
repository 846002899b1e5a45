#include "bench_case.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "testimage.h"

#define IBSI_CT "data/radiomics/ibsi_1_ct_radiomics_phantom/nifti/"
#define PEER "data/radiomics/pyradiomics/"

const bench_case bench_cases[] = {
    { .name = "4k", .bar_ms = 2, .dim = { 256, 256, 25 }, .voxels = 4137 },
    { .name = "125k", .bar_ms = 20, .dim = { 204, 201, 60 }, .voxels = 125256 },
    { .name = "200k", .bar_ms = 30, .dim = { 512, 512, 200 }, .voxels = 200000 },
    { .name = "2m", .bar_ms = 300, .dim = { 512, 512, 200 }, .voxels = 2000000 },
    { .name = "brain1", .bar_ms = 2, .image = PEER "brain1_image.nrrd", .mask = PEER "brain1_label.nrrd" },
    { .name = "ibsi-ct", .bar_ms = 20, .image = IBSI_CT "image/phantom.nii.gz",
      .mask = IBSI_CT "mask/mask.nii.gz" },
    { .name = "1688", .bar_ms = 2000, .image = IBSI_CT "image/phantom.nii.gz",
      .mask = IBSI_CT "mask/mask.nii.gz", .filtered = true },
    { .name = "1688-made", .bar_ms = 2000, .dim = { 204, 201, 60 }, .voxels = 125256, .filtered = true },
    { .name = "lungs", .dim = { 512, 512, 1000 }, .voxels = 10000000, .lungs = true },
};
const size_t bench_n_cases = sizeof bench_cases / sizeof *bench_cases;

static double uniform(uint64_t *seed)                     /* splitmix64 */
{
    uint64_t z = (*seed += 0x9e3779b97f4a7c15u);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (double)((z ^ z >> 31) >> 11) / 9007199254740992.0;
}

static const double pi = 3.14159265358979;

/* Where a body is, and how far its surface reaches in direction (x, y, z). */
typedef struct body { double centre[3], radius, phase[4]; } body;

static bool inside(const body *b, double x, double y, double z)
{
    double r = sqrt(x * x + y * y + z * z) + 1e-9;
    if (r > 1.5 * b->radius) { return false; }
    double reach = 1 + 0.15 * sin(5 * x / r + b->phase[0]) * cos(4 * y / r + b->phase[1])
                 + 0.1 * sin(9 * z / r + b->phase[2]) * cos(7 * x / r + b->phase[3]);
    return r < b->radius * reach;
}

/* Bodies whose radius varies with direction, textured with waves and noise. Voxels of
 * 1 x 1 x 3 mm; the scale keeps the lungs inside a volume of thin slices. */
static void make(bench_volume *v, const bench_case *c)
{
    uint64_t seed = 20260101;
    int bodies = c->lungs ? 2 : 1;
    body b[2];
    double across[3] = { 1, 1, c->lungs ? 0.5 : 3 };
    for (int n = 0; n < bodies; n++) {
        b[n].radius = cbrt(c->voxels / bodies * across[0] * across[1] * across[2] * 3 / (4 * pi));
        for (int i = 0; i < 4; i++) { b[n].phase[i] = 2 * pi * uniform(&seed); }
        for (int a = 0; a < 3; a++) { b[n].centre[a] = (double)(c->dim[a] / 2) * across[a]; }
        if (c->lungs) { b[n].centre[0] += n ? 120 : -120; }
    }
    size_t at = 0;
    for (size_t k = 0; k < c->dim[2]; k++) {
        for (size_t j = 0; j < c->dim[1]; j++) {
            for (size_t i = 0; i < c->dim[0]; i++, at++) {
                double x = (double)i * across[0], y = (double)j * across[1], z = (double)k * across[2];
                bool in = false;
                for (int n = 0; n < bodies && !in; n++) {
                    in = inside(&b[n], x - b[n].centre[0], y - b[n].centre[1], z - b[n].centre[2]);
                }
                v->label[at] = in;
                v->voxels[at] = -1000;
                if (!in) { continue; }
                double wave = 40 + 60 * sin(x / 9) * cos(y / 7 + z / 11);
                double noise = 60 * (uniform(&seed) + uniform(&seed) + uniform(&seed) - 1.5);
                v->voxels[at] = (int16_t)lrint(wave + noise);
            }
        }
    }
}

static int read_files(bench_volume *v, const bench_case *c, const char *folder)
{
    char image[1024], mask[1024];
    snprintf(image, sizeof image, "%s/%s", folder, c->image);
    snprintf(mask, sizeof mask, "%s/%s", folder, c->mask);
    if (access(image, R_OK) != 0 || access(mask, R_OK) != 0) { return 1; }
    testimage i = { 0 }, m = { 0 };
    int rc = volume_read(&i, image) || volume_read(&m, mask) ? 2 : 0;
    if (rc == 0) {
        v->image.grid = i.grid;
        v->mask.grid = m.grid;
        v->voxels = volume_i16(&i);
        v->label = volume_mask(&m);
    }
    volume_free(&i);
    volume_free(&m);
    return rc;
}

int bench_make(bench_volume *v, const bench_case *c, const char *shared_folder)
{
    *v = (bench_volume){ 0 };
    if (c->image) {
        int rc = read_files(v, c, shared_folder);
        if (rc != 0) { return rc; }
    } else {
        size_t n = c->dim[0] * c->dim[1] * c->dim[2];
        v->voxels = malloc(n * sizeof *v->voxels);
        v->label = malloc(n);
        if (v->voxels && v->label) { make(v, c); }
        rx_grid grid = { { c->dim[0], c->dim[1], c->dim[2] }, { 1, 1, c->lungs ? 0.5 : 3 }, { 0, 0, 0 },
                         { 1, 0, 0, 0, 1, 0, 0, 0, 1 } };
        v->image.grid = v->mask.grid = grid;
    }
    if (!v->voxels || !v->label) {
        fprintf(stderr, "%s: no memory\n", c->name);
        bench_free(v);
        return 2;
    }
    v->image.type = RX_I16;
    v->image.voxels = v->voxels;
    v->mask.voxels = v->label;
    v->mask.label = 1;
    return 0;
}

void bench_free(bench_volume *v)
{
    free(v->voxels);
    free(v->label);
    *v = (bench_volume){ 0 };
}

/* ---- Measuring -------------------------------------------------------------------------------- */

double bench_cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

double bench_peak_mb(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)u.ru_maxrss / 1024;
}

int bench_ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int bench_run_apart(int (*run)(const bench_case *c, const void *options), const bench_case *c, const void *options)
{
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        int rc = run(c, options);
        (void)fflush(stdout);
        _exit(rc);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) { return 2; }
    return WEXITSTATUS(status);
}
