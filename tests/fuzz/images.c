/* The volume that the RTSTRUCT and SEG of the corpus were drawn on: corpus/images.dcm, three
 * slices of 8 x 8 pixels written one after the other. */
#include <stdlib.h>
#include "base/file.h"
#include "dicom/volume.h"
#include "fuzz.h"

const struct pn_volume *fz_volume(void)
{
    static pn_volume volume;
    if (volume.n_slices > 0) { return &volume; }
    char *bytes = NULL;
    size_t n = 0, starts[4];
    pn_error err = {0};
    fz_require(pn_read_file(&bytes, &n, PN_FUZZ_DIR "/images.dcm", 65536, &err) == PN_OK);
    size_t files = fz_split_part10(starts, 3, (const uint8_t *)bytes, n);
    const char *paths[3];
    for (size_t i = 0; i < files; i++) {
        size_t end = i + 1 < files ? starts[i + 1] : n;
        paths[i] = fz_file((unsigned)i, bytes + starts[i], end - starts[i]);
    }
    fz_require(pn_volume_load(&volume, paths, files, &err) == PN_OK);
    free(bytes);
    return &volume;
}
