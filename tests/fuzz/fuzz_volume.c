/* One to three images, written one after the other in the input, as a volume. */
#include <math.h>
#include "dicom/runtime.h"
#include "dicom/volume.h"
#include "fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    pn_error err = {0};
    fz_require(pn_dicom_init(&err) == PN_OK);
    return 0;
}

static double value(const rx_image *image, size_t i)
{
    switch (image->type) {
    case RX_I16: return ((const int16_t *)image->voxels)[i];
    case RX_F32: return (double)((const float *)image->voxels)[i];
    case RX_F64: return ((const double *)image->voxels)[i];
    }
    return NAN;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    pn_error err = {0};
    pn_volume v;
    size_t starts[3], files = fz_split_part10(starts, 3, bytes, n);
    const char *paths[3];
    for (size_t i = 0; i < files; i++) {
        size_t end = i + 1 < files ? starts[i + 1] : n;
        paths[i] = fz_file((unsigned)i, bytes + starts[i], end - starts[i]);
    }
    int rc = pn_volume_load(&v, paths, files, &err);
    if (rc != PN_OK) {
        fz_require(rc == (int)err.code && rc != PN_EINTERNAL && err.msg[0] != '\0');
        return 0;
    }
    const rx_grid *g = &v.image.grid;
    fz_require(v.n_slices == g->dim[2]);
    for (int a = 0; a < 3; a++) {
        fz_require(g->spacing_mm[a] > 0 && isfinite(g->spacing_mm[a]) && isfinite(g->origin_mm[a]));
    }
    for (size_t i = 0; i < g->dim[0] * g->dim[1] * g->dim[2]; i++) {
        fz_require(isfinite(value(&v.image, i)));
    }
    pn_volume_free(&v);
    return 0;
}
