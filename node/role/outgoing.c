/* role/outgoing.c - see outgoing.h. */
#include "role/outgoing.h"
#include <string.h>

static bool is_shadow(const cfg_node *cfg, const char *archive)
{
    for (size_t i = 0; i < cfg->n_models; i++) {
        if (strcmp(cfg->models[i].shadow_archive, archive) == 0) { return true; }
    }
    return false;
}

size_t pn_outgoing_for(pn_outgoing *out, const cfg_node *cfg, size_t model, size_t n_reports,
                       const char *path, const char *sop_class_uid, const char *sop_uid)
{
    const cfg_model_ref *m = &cfg->models[model];
    bool in_shadow = n_reports < m->shadow;
    bool diverted = in_shadow && m->shadow_archive[0];
    size_t n = 0;
    for (size_t i = 0; i < cfg->n_archives; i++) {
        const char *name = cfg->archives[i].name;
        if (diverted ? strcmp(name, m->shadow_archive) != 0 : is_shadow(cfg, name)) { continue; }
        out[n++] = (pn_outgoing){
            .archive = name,
            .path = path,
            .sop_class_uid = sop_class_uid,
            .sop_uid = sop_uid,
            .hold = in_shadow && !diverted ? "shadow: held from delivery" : NULL,
        };
    }
    return n;
}
