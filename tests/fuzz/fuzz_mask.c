/* Contours (FZ_MASK pn_mask_from_rtstruct) or segments (pn_mask_from_seg) as masks on the corpus'
 * own volume: a mask has the voxels that it counts. */
#include "dicom/mask.h"
#include "dicom/runtime.h"
#include "fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    pn_error err = {0};
    fz_require(pn_dicom_init(&err) == PN_OK);
    (void)fz_volume();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    pn_error err = {0};
    pn_mask m;
    const pn_volume *v = fz_volume();
    int rc = FZ_MASK(&m, fz_file(0, bytes, n), 1, v, &err);
    if (rc != PN_OK) {
        fz_require(rc == (int)err.code && rc != PN_EINTERNAL && err.msg[0] != '\0');
        return 0;
    }
    const size_t *dim = v->image.grid.dim;
    size_t inside = 0;
    for (size_t i = 0; i < dim[0] * dim[1] * dim[2]; i++) {
        fz_require(m.voxels[i] <= 1);
        inside += m.voxels[i];
    }
    fz_require(inside == m.n_voxels && inside > 0 && m.n_contours > 0);
    pn_mask_free(&m);
    return 0;
}
