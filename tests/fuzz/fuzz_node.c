/* The administrator's file. */
#include <config/node.h>
#include <string.h>
#include "fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    cfg_error err = {0};
    cfg_node c;
    if (cfg_node_parse(&c, (const char *)bytes, n, "/etc/prognode.yaml", &err) != CFG_OK) {
        fz_require(err.code != CFG_OK && err.msg[0] != '\0');
        return 0;
    }
    fz_require(c.n_archives >= 1 && c.n_models >= 1);
    for (size_t i = 0; i < c.n_models; i++) {
        fz_require(c.models[i].file[0] == '/');
        for (size_t p = 0; p < c.models[i].n_contours; p++) {
            (void)cfg_pattern_match(c.models[i].contours[p], "aaaaaaaaaaaaaaaaGTV-1*?");
        }
    }
    fz_require(c.signatures.require == (c.signatures.n_trusted_keys > 0));
    for (size_t i = 0; i < c.signatures.n_trusted_keys; i++) { fz_require(c.signatures.trusted_keys[i][0] == '/'); }
    cfg_node_free(&c);
    return 0;
}
