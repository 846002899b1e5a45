#include "testimage.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <nifti1_io.h>

rx_grid grid_of(size_t nx, size_t ny, size_t nz, double sx, double sy, double sz)
{
    return (rx_grid){ { nx, ny, nz }, { sx, sy, sz }, { 0, 0, 0 }, { 1, 0, 0, 0, 1, 0, 0, 0, 1 } };
}

void volume_free(testimage *v)
{
    free(v->v);
    v->v = NULL;
}

static size_t count(const rx_grid *g) { return g->dim[0] * g->dim[1] * g->dim[2]; }

static double element(const void *p, size_t i, const char *type)
{
    if (strcmp(type, "short") == 0) { return ((const int16_t *)p)[i]; }
    if (strcmp(type, "uchar") == 0) { return ((const uint8_t *)p)[i]; }
    if (strcmp(type, "ushort") == 0) { return ((const uint16_t *)p)[i]; }
    if (strcmp(type, "int") == 0) { return ((const int32_t *)p)[i]; }
    if (strcmp(type, "float") == 0) { return (double)((const float *)p)[i]; }
    return ((const double *)p)[i];
}

static size_t element_size(const char *type)
{
    static const struct { const char *name; size_t size; } sizes[] = {
        { "short", 2 }, { "uchar", 1 }, { "ushort", 2 }, { "int", 4 }, { "float", 4 }, { "double", 8 },
    };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        if (strcmp(type, sizes[i].name) == 0) { return sizes[i].size; }
    }
    return 0;
}

static char *slurp(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    if (!f) { return NULL; }
    fseek(f, 0, SEEK_END);
    long n = ftell(f);
    rewind(f);
    char *p = malloc((size_t)n + 1);
    if (p && fread(p, 1, (size_t)n, f) != (size_t)n) {
        free(p);
        p = NULL;
    }
    fclose(f);
    if (p) { p[n] = '\0'; }
    *size = (size_t)n;
    return p;
}

/* The value of a header field such as "sizes", up to the end of its line. */
static int field(char *out, size_t room, const char *header, const char *name)
{
    char key[64];
    snprintf(key, sizeof key, "\n%s: ", name);
    const char *at = strstr(header, key);
    if (!at) { return -1; }
    at += strlen(key);
    size_t n = strcspn(at, "\r\n");
    if (n >= room) { return -1; }
    memcpy(out, at, n);
    out[n] = '\0';
    return 0;
}

static int inflate_gzip(void *out, size_t room, char *in, size_t size)
{
    z_stream z = { .next_in = (Bytef *)in, .avail_in = (uInt)size,
                   .next_out = out, .avail_out = (uInt)room };
    if (inflateInit2(&z, 15 + 32) != Z_OK) { return -1; }
    int rc = inflate(&z, Z_FINISH);
    inflateEnd(&z);
    return rc == Z_STREAM_END || (rc == Z_OK && z.avail_out == 0) || z.avail_out == 0 ? 0 : -1;
}

static int nrrd_grid(rx_grid *g, const char *header)
{
    char sizes[128], directions[512], origin[128] = "(0,0,0)", space[64] = "";
    double d[3][3];
    if (field(sizes, sizeof sizes, header, "sizes") != 0
        || field(directions, sizeof directions, header, "space directions") != 0) { return -1; }
    (void)field(origin, sizeof origin, header, "space origin");
    (void)field(space, sizeof space, header, "space");
    if (sscanf(sizes, "%zu %zu %zu", &g->dim[0], &g->dim[1], &g->dim[2]) != 3
        || sscanf(directions, "(%lf,%lf,%lf) (%lf,%lf,%lf) (%lf,%lf,%lf)", &d[0][0], &d[0][1],
                  &d[0][2], &d[1][0], &d[1][1], &d[1][2], &d[2][0], &d[2][1], &d[2][2]) != 9
        || sscanf(origin, "(%lf,%lf,%lf)", &g->origin_mm[0], &g->origin_mm[1], &g->origin_mm[2]) != 3) {
        return -1;
    }
    for (int a = 0; a < 3; a++) {
        g->spacing_mm[a] = sqrt(d[a][0] * d[a][0] + d[a][1] * d[a][1] + d[a][2] * d[a][2]);
        for (int r = 0; r < 3; r++) { g->direction[3 * r + a] = d[a][r] / g->spacing_mm[a]; }
    }
    return 0;
}

static int read_nrrd(testimage *out, const char *path)
{
    size_t size, n;
    char type[32], encoding[32];
    char *file = slurp(path, &size), *body = file ? strstr(file, "\n\n") : NULL;
    void *raw = NULL;
    int rc = -1;
    if (body) {
        body[1] = '\0';
        body += 2;
        if (field(type, sizeof type, file, "type") == 0 && element_size(type)
            && field(encoding, sizeof encoding, file, "encoding") == 0
            && nrrd_grid(&out->grid, file) == 0) {
            n = count(&out->grid);
            raw = malloc(n * element_size(type));
            out->v = malloc(n * sizeof *out->v);
            size_t left = size - (size_t)(body - file);
            if (raw && out->v) {
                if (strcmp(encoding, "raw") == 0 && left >= n * element_size(type)) {
                    memcpy(raw, body, n * element_size(type));
                    rc = 0;
                } else {
                    rc = inflate_gzip(raw, n * element_size(type), body, left);
                }
            }
            for (size_t i = 0; rc == 0 && i < n; i++) { out->v[i] = element(raw, i, type); }
        }
    }
    free(raw);
    free(file);
    return rc;
}

static int read_nifti(testimage *out, const char *path)
{
    nifti_image *im = nifti_image_read(path, 1);
    if (!im) { return -1; }
    const char *type = im->datatype == DT_INT16 ? "short" : im->datatype == DT_UINT8 ? "uchar"
        : im->datatype == DT_UINT16 ? "ushort" : im->datatype == DT_INT32 ? "int"
        : im->datatype == DT_FLOAT32 ? "float" : im->datatype == DT_FLOAT64 ? "double" : NULL;
    int rc = -1;
    if (type) {
        out->grid = grid_of((size_t)im->nx, (size_t)im->ny, (size_t)im->nz, (double)im->dx,
                            (double)im->dy, (double)im->dz);
        size_t n = count(&out->grid);
        out->v = malloc(n * sizeof *out->v);
        double slope = im->scl_slope != 0 ? (double)im->scl_slope : 1;
        for (size_t i = 0; out->v && i < n; i++) {
            out->v[i] = element(im->data, i, type) * slope + (double)im->scl_inter;
        }
        rc = out->v ? 0 : -1;
    }
    nifti_image_free(im);
    return rc;
}

int volume_read(testimage *out, const char *path)
{
    *out = (testimage){ 0 };
    size_t n = strlen(path);
    int rc = n > 5 && strcmp(path + n - 5, ".nrrd") == 0 ? read_nrrd(out, path) : read_nifti(out, path);
    if (rc != 0) {
        fprintf(stderr, "cannot read %s\n", path);
        volume_free(out);
    }
    return rc;
}

int16_t *volume_i16(const testimage *v)
{
    size_t n = count(&v->grid);
    int16_t *p = malloc(n * sizeof *p);
    for (size_t i = 0; p && i < n; i++) { p[i] = (int16_t)lrint(v->v[i]); }
    return p;
}

float *volume_f32(const testimage *v)
{
    size_t n = count(&v->grid);
    float *p = malloc(n * sizeof *p);
    for (size_t i = 0; p && i < n; i++) { p[i] = (float)v->v[i]; }
    return p;
}

uint8_t *volume_mask(const testimage *v)
{
    size_t n = count(&v->grid);
    uint8_t *p = malloc(n);
    for (size_t i = 0; p && i < n; i++) { p[i] = v->v[i] >= 0.5 && v->v[i] < 255.5 ? (uint8_t)lrint(v->v[i]) : 0; }
    return p;
}
