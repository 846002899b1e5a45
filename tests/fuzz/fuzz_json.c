/* The header child's answer as the indexer reads it; the child may have been taken over. */
#include <stdlib.h>
#include <string.h>
#include "dicom/header.h"
#include "fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    pn_error err = {0};
    pn_header h, again;
    char *json = malloc(n + 1), *text = NULL;
    fz_require(json != NULL);
    memcpy(json, bytes, n);
    json[n] = '\0';
    int rc = pn_header_from_json(&h, json, &err);
    free(json);
    if (rc != PN_OK) {
        fz_require(rc == (int)err.code && err.msg[0] != '\0');
        return 0;
    }
    fz_require(pn_header_to_json(&text, &h, &err) == PN_OK);
    fz_require(pn_header_from_json(&again, text, &err) == PN_OK);
    free(text);
    pn_header_free(&again);
    pn_header_free(&h);
    return 0;
}
