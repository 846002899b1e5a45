/* How long a series takes to become a volume: bench_codecs DIR... ; with --j2k FROM TO first
 * writes the series FROM as JPEG 2000 into the existing folder TO. See codecs.sh. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/file.h"
#include "dicom/runtime.h"
#include "dicom/volume.h"
#include "dicom_fixture.h"
#include "j2k_encode.h"

static int load(pn_volume *v, const char *folder)
{
    char **paths, *images[4096];
    size_t all = paths_read(&paths, folder), n = 0;
    for (size_t i = 0; i < all && n < 4096; i++) {
        if (strstr(paths[i], "rtstruct") == NULL) { images[n++] = paths[i]; }
    }
    pn_error err = {0};
    int rc = pn_volume_load(v, (const char *const *)images, n, &err);
    if (rc != 0) { fprintf(stderr, "%s: %s\n", folder, err.msg); }
    paths_free(paths, all);
    return rc;
}

static void measure(const char *folder)
{
    long long best = -1;
    for (int round = 0; round < 3; round++) {
        pn_volume v;
        long long from = pn_mono_ms();
        if (load(&v, folder) != 0) { exit(1); }
        long long took = pn_mono_ms() - from;
        if (best < 0 || took < best) { best = took; }
        if (round == 2) {
            printf("%-40s %5zu slices %6lld ms, %.2f ms a slice\n", folder, v.n_slices, best,
                   (double)best / (double)v.n_slices);
        }
        pn_volume_free(&v);
    }
}

/* HU of -1024 to 3071 as 12 bits without sign. */
static void write_slice(const pn_volume *v, size_t k, const char *path, double rate)
{
    unsigned nx = (unsigned)v->image.grid.dim[0], ny = (unsigned)v->image.grid.dim[1];
    size_t n = (size_t)nx * ny, n_code;
    const int16_t *hu = (const int16_t *)v->voxels + k * n;
    int32_t *values = malloc(n * sizeof *values);
    if (values == NULL) { exit(1); }
    for (size_t i = 0; i < n; i++) { values[i] = hu[i] + 1024; }
    j2k_spec spec = {.columns = nx, .rows = ny, .components = 1, .precision = 12, .rate = rate};
    uint8_t *code = j2k_encode(&n_code, &spec, values);
    free(values);
    if (code == NULL) { exit(1); }
    char uid[40], position[64], spacing[64];
    snprintf(uid, sizeof uid, "1.2.3.4.%zu", k + 1);
    snprintf(position, sizeof position, "0\\0\\%.6f", (double)k * v->image.grid.spacing_mm[2]);
    snprintf(spacing, sizeof spacing, "%.6f\\%.6f", v->image.grid.spacing_mm[1], v->image.grid.spacing_mm[0]);
    slice_spec s = slice_default();
    s.syntax = rate > 0 ? "1.2.840.10008.1.2.4.91" : "1.2.840.10008.1.2.4.90";
    s.sop_uid = uid;
    s.position = position;
    s.spacing = spacing;
    s.columns = nx;
    s.rows = ny;
    s.stored = 12;
    s.high = 11;
    s.is_signed = 0;
    s.intercept = "-1024";
    s.pixels = NULL;
    slice_write(&s, path);
    dcm d = {.n = 0};
    dcm_tag(&d, 0x7FE00010, "OB", 0xFFFFFFFFu);
    dcm_bytes(&d, 0xFFFEE000u, "", "", 0);
    dcm_tag(&d, 0xFFFEE000u, "", (uint32_t)(n_code + n_code % 2));
    dcm_raw(&d, code, n_code);
    dcm_raw(&d, "", n_code % 2);
    dcm_end(&d);
    FILE *f = fopen(path, "ab");
    if (f == NULL || fwrite(d.data, 1, d.n, f) != d.n || fclose(f) != 0) { exit(1); }
    dcm_free(&d);
    free(code);
}

int main(int argc, char **argv)
{
    pn_error err = {0};
    if (pn_dicom_init(&err) != 0) { return 1; }
    int first = 1;
    if (argc == 4 && strncmp(argv[1], "--j2k", 5) == 0) {
        pn_volume v;
        if (load(&v, argv[2]) != 0) { return 1; }
        for (size_t k = 0; k < v.n_slices; k++) {
            char path[1024];
            snprintf(path, sizeof path, "%s/%04zu.dcm", argv[3], k);
            write_slice(&v, k, path, strcmp(argv[1], "--j2k-lossy") == 0 ? 8 : 0);
        }
        pn_volume_free(&v);
        return 0;
    }
    for (; first < argc; first++) { measure(argv[first]); }
    return 0;
}
