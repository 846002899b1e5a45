/* role/revise.c - see revise.h. */
#include "role/revise.h"
#include <string.h>
#include "pipeline/job.h"

/* More images of the series than the report was made from. Without the job's folder (retention
 * took it) there is nothing to compare with, and the report stays. */
static int has_late_images(bool *late, pn_store *s, const pn_case *c, pn_error *err)
{
    pn_job job = {0};
    pn_file_list now = {0};
    pn_error ignored = {0};
    *late = false;
    if (!c->by_series || pn_job_load(&job, c->result_dir, &ignored) != PN_OK) { return PN_OK; }
    int rc = pn_store_case_images(&now, s, c->id, err);
    if (rc == PN_OK) { *late = now.n > job.n_images; }
    pn_file_list_free(&now);
    pn_job_free(&job);
    return rc;
}

static int has_new_identity(bool *corrected, pn_store *s, const pn_case *c, pn_error *err)
{
    pn_match_facts f;
    pn_identity_conflict conflict;
    bool contradicts = false;
    *corrected = false;
    int rc = pn_store_match_facts(&f, s, c, err);
    if (rc != PN_OK) { return rc; }
    const char *identity = c->by_series ? f.series_identity : f.identity;
    bool whole = c->by_series || f.n_present == f.n_expected;
    if (!whole || !identity[0] || !c->images_identity[0] ||
        strcmp(identity, c->images_identity) == 0) {
        return PN_OK;
    }
    rc = pn_store_identity_conflict(&conflict, &contradicts, s, c, c->series_uid, c->by_series, err);
    if (rc == PN_OK) { *corrected = !contradicts; }
    return rc;
}

static int look(int64_t *new_id, const char **why, pn_intake *in, pn_store *s, const pn_case *c,
                int64_t now_ms, pn_error *err)
{
    pn_lineage_facts f;
    bool due = false;
    int rc = pn_store_lineage(&f, s, c->lineage, c->id, err);
    /* A newer case of the lineage uses what came by itself. */
    if (rc != PN_OK || f.newest_id > c->id) { return rc; }
    *why = "late images";
    rc = has_late_images(&due, s, c, err);
    if (rc == PN_OK && !due) {
        *why = "corrected identity";
        rc = has_new_identity(&due, s, c, err);
    }
    if (rc != PN_OK || !due) { return rc; }
    rc = pn_intake_again(new_id, in, s, c, c->model_id, now_ms, err);
    if (rc == PN_ECONFIG || rc == PN_ENOTFOUND || rc == PN_EINVAL) {
        *why = "not possible any more";
        *new_id = 0;
        rc = PN_OK;
    }
    return rc;
}

int pn_revise_case(int64_t *new_id, const char **why, pn_intake *in, pn_store *s,
                   const pn_case *c, int64_t now_ms, pn_error *err)
{
    *new_id = 0;
    *why = "";
    int rc = pn_store_begin(s, err);
    if (rc != PN_OK) { return rc; }
    rc = look(new_id, why, in, s, c, now_ms, err);
    if (rc == PN_OK) { rc = pn_store_revised(s, c->id, err); }
    if (rc == PN_OK) { rc = pn_store_commit(s, err); }
    if (rc != PN_OK) { pn_store_rollback(s); }
    return rc;
}
