/* Settings files of both profiles, and recipes: what loads is what the library takes, and says so in one line.
 * The first byte chooses: r a recipe, else the profile. */
#include <config/ibsi.h>
#include <config/prepare.h>
#include <config/pyradiomics.h>
#include <config/recipe.h>
#include <string.h>
#include "fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

static void pyradiomics(const char *text, size_t n)
{
    static cfg_pyradiomics s;
    static char line[CFG_PYRADIOMICS_TEXT_SIZE];
    cfg_error err = {0};
    if (cfg_pyradiomics_parse(&s, text, n, "p.yaml", &err) != CFG_OK) {
        fz_require(err.code != CFG_OK && err.msg[0] != '\0');
        return;
    }
    rx_prepare p;
    char steps[CFG_PREPARE_TEXT_SIZE];
    if (cfg_prepare_parse(&p, text, n, "p.yaml", NULL, &err) == CFG_OK) {
        fz_require(rx_prepare_check(&p, NULL) == RX_OK);
        cfg_prepare_text(steps, sizeof steps, &p);
        fz_require((steps[0] == '\0') == rx_prepare_is_none(&p) && strchr(steps, '\n') == NULL);
    }
    fz_require(rx_pyradiomics_check(&s.settings, NULL) == RX_OK && s.label > 0 && s.settings.n_images > 0);
    (void)cfg_pyradiomics_text(line, sizeof line, &s.settings);
    fz_require(line[0] != '\0' && strchr(line, '\n') == NULL);
}

static void ibsi(const char *text, size_t n)
{
    static cfg_ibsi s;
    static char line[CFG_IBSI_TEXT_SIZE];
    cfg_error err = {0};
    if (cfg_ibsi_parse(&s, text, n, "i.yaml", &err) != CFG_OK) {
        fz_require(err.code != CFG_OK && err.msg[0] != '\0');
        return;
    }
    fz_require(rx_ibsi_check(&s.settings, NULL) == RX_OK && s.label > 0);
    for (size_t i = 0; i < s.n_filters; i++) { fz_require(rx_response_check(&s.filters[i], NULL) == RX_OK); }
    cfg_ibsi_text(line, sizeof line, &s);
    fz_require(line[0] != '\0' && strchr(line, '\n') == NULL);
}

static void recipe(const char *text, size_t n)
{
    cfg_recipe r;
    cfg_error err = {0};
    if (cfg_recipe_parse(&r, text, n, "r.yaml", &err) != CFG_OK) {
        fz_require(err.code != CFG_OK && err.msg[0] != '\0');
        return;
    }
    fz_require(r.name[0] != '\0' && r.has[CFG_STEP_SCALE] && r.has[CFG_STEP_MODEL]);
    fz_require(r.has[CFG_STEP_CLUSTER] == r.has[CFG_STEP_LABEL] && r.assess.n_horizons > 0 && strlen(r.file_sha256) == 64);
    for (size_t i = 0; i < r.model.n_settings; i++) {
        fz_require((r.model.settings[i].n > 0) != (r.model.settings[i].choice[0] != '\0'));
    }
    cfg_recipe_free(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    if (n == 0) { return 0; }
    if (bytes[0] == 'r') {
        recipe((const char *)bytes + 1, n - 1);
        return 0;
    }
    if (bytes[0] % 2 == 0) { pyradiomics((const char *)bytes + 1, n - 1); } else { ibsi((const char *)bytes + 1, n - 1); }
    return 0;
}
