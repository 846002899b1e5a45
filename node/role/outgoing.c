/* role/outgoing.c - see outgoing.h. */
#include "role/outgoing.h"
#include <stdlib.h>
#include <string.h>
#include "base/file.h"

static bool is_shadow(const cfg_node *cfg, const char *archive)
{
    for (size_t i = 0; i < cfg->n_models; i++) {
        if (strcmp(cfg->models[i].shadow_archive, archive) == 0) { return true; }
    }
    return false;
}

static pn_outgoing outgoing(const char *archive, const char *path, const pn_object *o, bool hold)
{
    return (pn_outgoing){
        .archive = archive,
        .path = path,
        .sop_class_uid = o->sop_class_uid,
        .sop_uid = o->sop_uid,
        .hold = hold ? "shadow: held from delivery" : NULL,
        .kind = pn_object_kind_word(o->kind),
        .place = 1 + (unsigned)o->kind,
        .choice = o->choice,
        .names_segment = o->names_segment,
    };
}

int pn_outgoing_list_make(pn_outgoing_list *out, const cfg_node *cfg, size_t model, size_t n_reports,
                          const char *folder, const pn_outcome *o, pn_error *err)
{
    const cfg_model_ref *m = &cfg->models[model];
    bool in_shadow = n_reports < m->shadow;
    bool diverted = in_shadow && m->shadow_archive[0];
    pn_outgoing_list l = {.item = calloc(cfg->n_archives * o->n_objects, sizeof *l.item),
                          .paths = calloc(o->n_objects, sizeof *l.paths)};
    int rc = l.item == NULL || l.paths == NULL ? pn_fail_transient(err, PN_ENOMEM, "no memory for deliveries")
                                               : PN_OK;
    for (size_t k = 0; rc == PN_OK && k < o->n_objects; k++) {
        rc = pn_path(l.paths[k], sizeof l.paths[k], err, "%s/%s", folder, o->objects[k].file);
    }
    for (size_t i = 0; rc == PN_OK && i < cfg->n_archives; i++) {
        const char *name = cfg->archives[i].name;
        if (diverted ? strcmp(name, m->shadow_archive) != 0 : is_shadow(cfg, name)) { continue; }
        for (size_t k = 0; k < o->n_objects; k++) {
            l.item[l.n++] = outgoing(name, l.paths[k], &o->objects[k], in_shadow && !diverted);
        }
    }
    if (rc != PN_OK) {
        pn_outgoing_list_free(&l);
        return rc;
    }
    *out = l;
    return PN_OK;
}

int pn_outgoing_list_replace(pn_outgoing_list *l, const pn_withdrawn *by, pn_error *err)
{
    pn_outgoing *more = realloc(l->item, (l->n + by->n_notes) * sizeof *more);
    if (more == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for deliveries"); }
    l->item = more;
    for (size_t i = 0; i < l->n; i++) {
        l->item[i].choice = l->item[i].choice + 1;      /* never the first choice */
        l->item[i].hold = NULL;
    }
    for (size_t i = 0; i < by->n_notes; i++) { l->item[l->n++] = by->notes[i]; }
    return PN_OK;
}

void pn_outgoing_list_free(pn_outgoing_list *l)
{
    free(l->item);
    free(l->paths);
    *l = (pn_outgoing_list){0};
}
