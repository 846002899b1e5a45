/* Model files: one that is accepted is written back and read again, number for number. */
#include <config/model.h>
#include <math.h>
#include <stdio.h>
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
    cfg_model m, again;
    if (cfg_model_parse(&m, (const char *)bytes, n, "model.yaml", &err) != CFG_OK) {
        fz_require(err.code != CFG_OK && err.msg[0] != '\0');
        return 0;
    }
    for (size_t i = 0; i < m.n_features; i++) {
        fz_require(isfinite(m.features[i].coefficient) && m.features[i].sd > 0);
    }
    char path[128];
    (void)snprintf(path, sizeof path, "%s/model.yaml", fz_folder());
    fz_require(cfg_model_save(&m, path, &err) == CFG_OK);
    fz_require(cfg_model_load(&again, path, &err) == CFG_OK);
    fz_require(strcmp(m.id, again.id) == 0 && strcmp(m.description, again.description) == 0);
    fz_require(m.n_features == again.n_features && m.n_km == again.n_km);
    fz_require(m.cutpoint == again.cutpoint && m.method == again.method);
    fz_require(m.c_index == again.c_index || m.method == CFG_RISK_ELM);
    fz_require(m.elm.n_networks == again.elm.n_networks);
    fz_require(m.card.n_performance == again.card.n_performance);
    for (size_t i = 0; i < m.n_features; i++) {
        fz_require(m.features[i].coefficient == again.features[i].coefficient);
        fz_require(m.features[i].mean == again.features[i].mean);
        fz_require(m.features[i].source == again.features[i].source);
    }
    for (size_t k = 0; k < m.elm.n_networks; k++) {
        const cfg_elm_network *a = &m.elm.networks[k], *b = &again.elm.networks[k];
        fz_require(a->seed == b->seed && a->n_beta == m.elm.hidden && b->n_beta == m.elm.hidden);
        for (size_t i = 0; i < a->n_beta; i++) { fz_require(a->beta[i] == b->beta[i]); }
    }
    cfg_model_free(&again);
    cfg_model_free(&m);
    return 0;
}
