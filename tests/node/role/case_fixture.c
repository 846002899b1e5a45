#include "case_fixture.h"
#include "check.h"
#include <stdlib.h>
#include <string.h>
#include "base/file.h"
#include "role/matching.h"
#include "role/revise.h"

static char pattern_gtv[] = "GTV*", urgent_ae[] = "URGENT";
static char *gtv[] = { pattern_gtv }, *urgent[] = { urgent_ae };

int node_setup(void **state)
{
    node *n = calloc(1, sizeof *n);
    if (!n) { return -1; }
    strcpy(n->folder, "/tmp/pn-cases-XXXXXX");
    if (!mkdtemp(n->folder)) { return -1; }
    snprintf(n->path, sizeof n->path, "%s/prognode.db", n->folder);
    CHECK_OK(pn_store_open(&n->s, n->path, NULL, &n->err), n->err);
    n->cfg.series_fallback_s = 600;
    n->cfg.give_up_s = 3600;
    n->cfg.models = n->refs;
    n->cfg.n_models = 1;
    n->cfg.urgent_ae_titles = urgent;
    n->cfg.n_urgent_ae_titles = 1;
    strcpy(n->models[0].id, "tumour");
    strcpy(n->models[0].version, "1.0");
    strcpy(n->models[1].id, "second");
    for (int i = 0; i < 2; i++) {
        n->models[i].contours = gtv;
        n->models[i].n_contours = 1;
    }
    n->intake = (pn_intake){ .cfg = &n->cfg, .models = n->models };
    n->now = 1000000;
    *state = n;
    return 0;
}

int node_teardown(void **state)
{
    node *n = *state;
    pn_store_close(n->s);
    int rc = pn_remove_tree(n->folder, &n->err);
    free(n);
    return rc;
}

void node_reopen(node *n)
{
    pn_store_close(n->s);
    CHECK_OK(pn_store_open(&n->s, n->path, NULL, &n->err), n->err);
}

void node_settle(node *n)
{
    static pn_case c;
    bool found = true;
    const char *why;
    int64_t id;
    for (int guard = 0; found; guard++) {
        assert_true(guard < 100);
        CHECK_OK(pn_store_next_to_revise(&c, &found, n->s, &n->err), n->err);
        if (found) { CHECK_OK(pn_revise_case(&id, &why, &n->intake, n->s, &c, n->now, &n->err), n->err); }
    }
    found = true;
    for (int guard = 0; found; guard++) {
        assert_true(guard < 100);              /* an open case is decided over and over */
        pn_match_decision d;
        CHECK_OK(pn_store_next_to_match(&c, &found, n->s, n->now, &n->err), n->err);
        if (found) { CHECK_OK(pn_match_case(&d, n->s, &c, n->now, &n->err), n->err); }
    }
}

/* ---- Contours ---- */

static char *uid(contour *c, const char *prefix, int i)
{
    assert_true(c->n_uids < sizeof c->uid / sizeof c->uid[0]);
    char *u = c->uid[c->n_uids++];
    snprintf(u, PN_UID_SIZE, "%s.%d", prefix, i);
    return u;
}

static void draw(contour *c, size_t k, int number, const char *name, int from, int to)
{
    pn_roi *roi = &c->rois[k];
    *roi = (pn_roi){ .number = number, .n_contours = 3, .image_uids = c->roi_uids[k] };
    snprintf(roi->name, sizeof roi->name, "%s", name);
    for (int i = from; i <= to; i++) { c->roi_uids[k][roi->n_image_uids++] = uid(c, "1.i", i); }
}

void make_contour(contour *c, int from, int to)
{
    memset(c, 0, sizeof *c);
    c->h = (pn_header){ .kind = PN_KIND_RTSTRUCT, .sop_uid = "1.rs", .study_uid = "1.study",
                        .patient_id = "P1", .frame_of_reference_uid = "1.frame",
                        .rois = c->rois, .n_rois = 2 };
    draw(c, 0, 4, "GTV-1", from, to);
    draw(c, 1, 9, "External", from, to);
}

void take_body_away(contour *c) { c->h.n_rois = 1; }

void add_series(contour *c, const char *series, const char *prefix, int from, int to)
{
    size_t k = c->h.n_series++;
    c->h.series = c->series;
    strcpy(c->series[k].series_uid, series);
    c->series[k].image_uids = c->series_uids[k];
    for (int i = from; i <= to; i++) {
        c->series_uids[k][c->series[k].n_image_uids++] = uid(c, prefix, i);
    }
}

size_t contour_arrives(node *n, const contour *c, const char *digest)
{
    pn_instance in;
    pn_added added;
    size_t made = 0;
    char *json = NULL;
    CHECK_OK(pn_header_to_json(&json, &c->h, &n->err), n->err);
    pn_intake_instance(&in, &c->h, digest, 100, n->now);
    in.header_json = json;
    CHECK_OK(pn_store_add_instance(&added, n->s, &in, &n->err), n->err);
    CHECK_OK(pn_intake_contour(&made, &n->intake, n->s, &c->h, digest, n->now, &n->err), n->err);
    free(json);
    node_settle(n);
    return made;
}

pn_case *case_number(node *n, int64_t id)
{
    static pn_case c;
    CHECK_OK(pn_store_get_case(&c, n->s, id, &n->err), n->err);
    return &c;
}

size_t n_cases(node *n)
{
    pn_store_counts c;
    size_t sum = 0;
    CHECK_OK(pn_store_count(&c, n->s, &n->err), n->err);
    for (int i = 0; i < PN_CASE_NSTATES; i++) { sum += c.cases[i]; }
    return sum;
}
