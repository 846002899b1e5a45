/* A node without processes: a store, one or two models, a clock that the test turns, and contour
 * objects that arrive. */
#ifndef CASE_FIXTURE_H
#define CASE_FIXTURE_H
#include "role/intake.h"

typedef struct node {
    char folder[64], path[96];
    pn_store *s;
    cfg_node cfg;              /* fallback after 600 s, given up after 3600 s, sender "URGENT"  */
    cfg_model_ref refs[2];
    cfg_model models[2];       /* "tumour" 1.0 and "second", both for GTV*; n_models is 1       */
    pn_intake intake;
    int64_t now;
    pn_error err;
} node;

int node_setup(void **state);
int node_teardown(void **state);
void node_reopen(node *n);     /* what was not durable is gone */
/* Look at finished cases and at open ones until none is left to look at. */
void node_settle(node *n);

enum { MAX_ROIS = 3, MAX_UIDS = 8 };
typedef struct contour {
    pn_header h;               /* RTSTRUCT "1.rs" of study "1.study", patient "P1", "1.frame"   */
    pn_roi rois[MAX_ROIS];
    pn_ref_series series[2];
    char *roi_uids[MAX_ROIS][MAX_UIDS], *series_uids[2][MAX_UIDS];
    char uid[32][PN_UID_SIZE];
    size_t n_uids;
} contour;

/* "GTV-1", number 4, drawn on images 1.i.<from> to 1.i.<to>, and an outline of the body on the same,
 * which no model wants; both on nothing where to < from. */
void make_contour(contour *c, int from, int to);
/* Without the outline nothing says that the images named are all of their series. */
void take_body_away(contour *c);
/* The list of a referenced series: images <prefix>.<from> to <prefix>.<to>. */
void add_series(contour *c, const char *series, const char *prefix, int from, int to);
/* *made: cases. Settles. */
size_t contour_arrives(node *n, const contour *c, const char *digest);

pn_case *case_number(node *n, int64_t id);     /* one static case: until the next call */
size_t n_cases(node *n);
#endif
