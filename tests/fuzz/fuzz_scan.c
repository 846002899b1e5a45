/* The bounded walk over a DICOM file: from memory and from a file it says the same. */
#include <string.h>
#include "dicom/scan.h"
#include "fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

static void check_inside(const pn_scan *s, size_t n)
{
    fz_require(s->size == n && s->dataset_offset <= n);
    fz_require(s->max_depth <= PN_MAX_SQ_DEPTH && s->n_elements <= PN_MAX_ELEMENTS);
    if (s->has_pixels) {
        fz_require(s->pixel_offset <= n && s->pixel_length <= n - s->pixel_offset);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const char *const syntaxes[] = {
        "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2",
    };
    pn_scan memory, file, bare;
    pn_error err = {0};
    int rc = pn_scan_bytes(&memory, bytes, n, &err);
    fz_require(pn_scan_file(&file, fz_file(0, bytes, n), &err) == rc);
    if (rc == PN_OK) {
        check_inside(&memory, n);
        fz_require(pn_uid_is_valid(memory.sop_class_uid) && pn_uid_is_valid(memory.sop_uid));
        fz_require(strcmp(memory.sop_uid, file.sop_uid) == 0);
        fz_require(memory.n_elements == file.n_elements);
        fz_require(memory.pixel_offset == file.pixel_offset);
        fz_require(memory.pixel_length == file.pixel_length);
    }
    size_t skip = n > 132 ? 132 : 0;
    for (size_t i = 0; i < sizeof syntaxes / sizeof *syntaxes; i++) {
        rc = pn_scan_dataset(&bare, bytes + skip, n - skip, syntaxes[i], &err);
        if (rc == PN_OK) { check_inside(&bare, n - skip); }
    }
    return 0;
}
