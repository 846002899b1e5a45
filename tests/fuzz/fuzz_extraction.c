/* PyRadiomics parameter files: settings that load are settings that the library takes. */
#include <config/extraction.h>
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
    rx_settings s;
    char text[CFG_EXTRACTION_TEXT_SIZE];
    if (cfg_extraction_parse(&s, (const char *)bytes, n, "params.yaml", &err) != CFG_OK) {
        fz_require(err.code != CFG_OK && err.msg[0] != '\0');
        return 0;
    }
    fz_require(rx_settings_check(&s, NULL) == RX_OK);
    cfg_extraction_text(text, sizeof text, &s);
    fz_require(strlen(text) + 1 < sizeof text);
    return 0;
}
