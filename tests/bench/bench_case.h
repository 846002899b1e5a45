/* tests/bench/bench_case.h - what the radiomics benches measure, and how. */
#ifndef BENCH_CASE_H
#define BENCH_CASE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <radiomics/image.h>

typedef struct bench_case {
    const char *name;
    double bar_ms;                /* all 107 features of one region; 0: none              */
    size_t dim[3];                /* of a made image: an irregular tumour, or two "lungs" */
    double voxels;
    const char *image, *mask;     /* or files in the shared test data                     */
    bool lungs;
    bool filtered;                /* all image types by the pyradiomics profile: 1,688 values */
} bench_case;

extern const bench_case bench_cases[];
extern const size_t bench_n_cases;

/* 16-bit image and its mask, owned. */
typedef struct bench_volume {
    rx_image image;
    rx_mask mask;
    int16_t *voxels;
    uint8_t *label;
} bench_volume;

/* 0 done; 1 the files are not there; 2 failed (said on stderr). */
int bench_make(bench_volume *v, const bench_case *c, const char *shared_folder);
void bench_free(bench_volume *v);

/* CPU time of this process, and the most memory that it has had. */
double bench_cpu_ms(void);
double bench_peak_mb(void);
/* Compares doubles, for qsort. */
int bench_ascending(const void *a, const void *b);
/* Runs a case in a process of its own, so that its peak memory is its own. What run returned; 2 where that
 * process could not be had or died. */
int bench_run_apart(int (*run)(const bench_case *c, const void *options), const bench_case *c, const void *options);

#endif
