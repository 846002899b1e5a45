/* Header reading: what was read survives the pipe to the indexer unchanged. */
#include <stdlib.h>
#include <string.h>
#include "dicom/header.h"
#include "dicom/runtime.h"
#include "dicom/scan.h"
#include "fuzz.h"

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
    pn_header h, again;
    pn_scan scan;
    int rc = pn_header_read(&h, fz_file(0, bytes, n), &err);
    if (rc != PN_OK) {
        fz_require(rc == (int)err.code && rc != PN_EINTERNAL && err.msg[0] != '\0');
        return 0;
    }
    fz_require(pn_scan_bytes(&scan, bytes, n, &err) == PN_OK);
    fz_require(strcmp(scan.sop_uid, h.sop_uid) == 0);
    fz_require(strcmp(scan.study_uid, h.study_uid) == 0);
    fz_require(strcmp(scan.series_uid, h.series_uid) == 0);
    char *json = NULL, *second = NULL;
    fz_require(pn_header_to_json(&json, &h, &err) == PN_OK);
    fz_require(strchr(json, '\n') == NULL);
    fz_require(pn_header_from_json(&again, json, &err) == PN_OK);
    fz_require(pn_header_to_json(&second, &again, &err) == PN_OK);
    fz_require(strcmp(json, second) == 0);
    free(json);
    free(second);
    pn_header_free(&again);
    pn_header_free(&h);
    return 0;
}
