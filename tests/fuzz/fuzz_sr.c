/* Any Structured Report, read and shown: no byte of it steers the terminal. */
#include "dicom/runtime.h"
#include "dicom/sr.h"
#include "fuzz.h"
#include "report/show.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    pn_error err = {0};
    fz_require(pn_dicom_init(&err) == PN_OK);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    pn_error err = {0};
    pn_sr_document d;
    int rc = pn_sr_read(&d, fz_file(0, bytes, n), &err);
    if (rc != PN_OK) {
        fz_require(rc == (int)err.code && rc != PN_EINTERNAL && err.msg[0] != '\0');
        return 0;
    }
    fz_require(d.n_items > 0 && d.items[0].depth == 0);
    pn_buf text = {0};
    fz_require(pn_show(&text, &d, &err) == PN_OK);
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        fz_require((c >= 0x20 && c != 0x7f) || c == '\n');
    }
    pn_buf_free(&text);
    pn_sr_document_free(&d);
    return 0;
}
