/* How long each filter of IBSI 2 takes on the CT phantom's grid at 1 mm (200 x 197 x 180 voxels of
 * noise): of the whole image, and around a ball of 268,000 voxels in it.
 *
 * bench_responses [repeats]
 *
 * One thread; CPU time of the process, least of the repeats. Every filter runs in a process of
 * its own, so that its peak memory, image and region included, is its own. */
#include <math.h>
#include <radiomics/response.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { NX = 200, NY = 197, NZ = 180, RADIUS = 40 };

static const struct bench_filter { const char *name; rx_response_kind kind; } filters[] = {
    { "mean, 5 voxels", RX_RESPONSE_MEAN },
    { "LoG, 1.5 mm", RX_RESPONSE_LOG },
    { "Laws L5E5E5, rotations, energy 7", RX_RESPONSE_LAWS },
    { "Gabor, 5 mm, 16 orientations, 3 planes", RX_RESPONSE_GABOR },
    { "db3 LLH, rotations", RX_RESPONSE_WAVELET },
    { "db3 LLH level 2, rotations", RX_RESPONSE_WAVELET },
    { "Simoncelli, periodic", RX_RESPONSE_SIMONCELLI },
    { "Riesz (1,0,0) of Simoncelli", RX_RESPONSE_SIMONCELLI },
};
enum { N_FILTERS = sizeof filters / sizeof filters[0] };

static rx_response filter_of(int n)
{
    rx_response f;
    rx_response_default(&f, filters[n].kind);
    f.rotation_invariant = true;
    if (f.kind == RX_RESPONSE_LAWS) {
        f.pooling = RX_POOLING_MAX;
        f.energy_distance = 7;
    }
    if (f.kind == RX_RESPONSE_GABOR) {
        f.sigma_mm = 5;
        f.aspect = 1.5;
    }
    if (n == 5) { f.level = 2; }
    if (f.kind == RX_RESPONSE_SIMONCELLI) { f.boundary = RX_BOUNDARY_PERIODIC; }
    if (n == 7) { f.riesz[0] = 1; }
    return f;
}

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void need(int rc, const rx_error *err)
{
    if (rc == RX_OK) { return; }
    fprintf(stderr, "bench_responses: %s\n", err->msg);
    exit(2);
}

static void make_image(rx_volume *image, rx_region *region)
{
    const rx_grid grid = { { NX, NY, NZ }, { 1, 1, 1 }, { 0, 0, 0 }, { 1, 0, 0, 0, 1, 0, 0, 0, 1 } };
    rx_error err;
    need(rx_volume_new(image, &grid, &err), &err);
    need(rx_region_new(region, &grid, &err), &err);
    uint32_t state = 1;
    for (size_t i = 0; i < (size_t)NX * NY * NZ; i++) {
        double x = (double)(i % NX) - NX / 2, y = (double)(i / NX % NY) - NY / 2, z = (double)(i / NX / NY) - NZ / 2;
        state = state * 1664525u + 1013904223u;
        image->voxels[i] = state >> 22;
        region->voxels[i] = x * x + y * y + z * z <= RADIUS * RADIUS;
    }
}

static void run(int n, int repeats)
{
    rx_volume image, map;
    rx_region region, part;
    rx_error err;
    struct rusage use;
    double whole = INFINITY, around = INFINITY, region_mb;
    make_image(&image, &region);
    const rx_response f = filter_of(n);
    for (int r = 0; r < repeats; r++) {
        double start = cpu_s();
        need(rx_response_map_region(&map, &part, &image, &region, &f, &err), &err);
        around = fmin(around, cpu_s() - start);
        rx_volume_free(&map);
        rx_region_free(&part);
    }
    getrusage(RUSAGE_SELF, &use);
    region_mb = (double)use.ru_maxrss / 1024;
    for (int r = 0; r < repeats; r++) {
        double start = cpu_s();
        need(rx_response_map(&map, &image, &f, &err), &err);
        whole = fmin(whole, cpu_s() - start);
        rx_volume_free(&map);
    }
    getrusage(RUSAGE_SELF, &use);
    printf("%-40s whole %7.3f s %6.0f MB   around the region %7.3f s %6.0f MB\n", filters[n].name, whole,
           (double)use.ru_maxrss / 1024, around, region_mb);
    rx_volume_free(&image);
    rx_region_free(&region);
}

int main(int argc, char **argv)
{
    int repeats = argc > 1 ? atoi(argv[1]) : 3;
    if (repeats < 1) {
        fprintf(stderr, "bench_responses: repeats are \"%s\", expected 1 or more\n", argv[1]);
        return 2;
    }
    for (int n = 0; n < N_FILTERS; n++) {
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            run(n, repeats);
            fflush(stdout);
            _exit(0);
        }
        int status = 1;
        if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0) { return 1; }
    }
    return 0;
}
