/* Repeated measurements made here: features of perturbed images of each region. What a case is, how
 * its image and mask are read and how they are measured is `extract`'s business. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <radiomics/perturb.h>
#include <survival/rng.h>
#include "cmd/extract_measure.h"
#include "cmd/reliability.h"

enum { REGIONS_A_CASE = 65536 };               /* room for each case in the numbers of streams  */

typedef struct work {
    const rl_options *o;
    ex_setup plain, hooked;                    /* the second hands subjects over to us          */
    ex_cases cases;
    rx_workspace *ws;
    size_t at, region;                         /* the case at work, and its region              */
    rl_study study;
    double **block; size_t n, room;            /* [feature][repetition] of each subject         */
} work;

static int no_memory(pn_error *err) { return pn_fail_transient(err, PN_ENOMEM, "no memory for the measurements"); }

/* ---- one region --------------------------------------------------------------------------- */

/* Uniform between -most and most. */
static double about(sv_rng *rng, double most) { return (2 * sv_rng_uniform(rng) - 1) * most; }

/* Every repetition of every region draws from a stream of its own: neither order nor failures of
 * others change it. */
static rx_perturb draw(const work *w, size_t repetition)
{
    const rl_options *o = w->o;
    uint64_t region = (uint64_t)w->at * REGIONS_A_CASE + w->region;
    sv_rng rng = sv_rng_stream(o->seed, region * RL_MAX_REPETITIONS + repetition);
    rx_perturb p;
    rx_perturb_default(&p);
    p.angle_deg = about(&rng, o->rotate);
    for (int a = 0; a < 3; a++) { p.shift[a] = about(&rng, o->shift); }
    p.volume_change = about(&rng, o->volume);
    p.seed = sv_rng_next(&rng);
    p.noise = o->noise;
    p.contour = o->contour;
    return p;
}

static int from_rx(pn_error *err, const rx_error *e)
{
    return pn_fail(err, e->code == RX_ENOMEM ? PN_ENOMEM : e->code == RX_EEMPTY ? PN_EEMPTY : PN_EINVAL, "%s",
                   e->msg);
}

/* Features of one perturbed image, in rows->v[0].values. */
static int measure(work *w, ex_rows *rows, const ex_subject *subject, const rx_perturb *p, pn_error *err)
{
    rx_volume image;
    rx_region region;
    rx_error e = {0};
    ex_row *row = ex_rows_add(rows);
    if (row == NULL) { return no_memory(err); }
    if (rx_perturb_apply(&image, &region, &subject->image, &subject->mask, p, &e) != RX_OK) { return from_rx(err, &e); }
    ex_subject own = {.image = rx_volume_image(&image), .pixel = RX_PIXEL_F64, .mask = rx_region_mask(&region)};
    int rc = ex_profile_run(row, &own, &w->plain, w->ws, err);
    rx_volume_free(&image);
    rx_region_free(&region);
    return rc;
}

/* The first measurement names the features. */
static int name_features(rl_study *s, const rx_results *values, pn_error *err)
{
    if (s->feature != NULL) { return PN_OK; }
    if (values->n == 0) { return pn_fail(err, PN_ECONFIG, "the settings ask for no feature"); }
    s->feature = calloc(values->n, sizeof *s->feature);
    if (s->feature == NULL) { return no_memory(err); }
    for (; s->p < values->n; s->p++) {
        if ((s->feature[s->p] = strdup(values->v[s->p].name)) == NULL) { return no_memory(err); }
    }
    return PN_OK;
}

static void store(double *block, const rl_study *s, const rx_results *values, size_t repetition)
{
    for (size_t f = 0; f < s->p; f++) {
        const rx_result *r = f < values->n && strcmp(values->v[f].name, s->feature[f]) == 0
                                 ? &values->v[f] : rx_results_find(values, s->feature[f]);
        block[f * s->k + repetition] = r != NULL ? r->value.v : (double)NAN;
    }
}

static int keep(work *w, double *block, pn_error *err)
{
    if (w->n == w->room) {
        size_t room = w->room > 0 ? 2 * w->room : 64;
        double **grown = realloc(w->block, room * sizeof *grown);
        if (grown == NULL) { return no_memory(err); }
        w->block = grown;
        w->room = room;
    }
    w->block[w->n++] = block;
    return PN_OK;
}

static int repeat(work *w, const ex_subject *subject, pn_error *err)
{
    double *block = NULL;
    int rc = PN_OK;
    for (size_t j = 0; j < w->study.k && rc == PN_OK; j++) {
        ex_rows rows = {0};
        const rx_perturb p = draw(w, j);
        rc = measure(w, &rows, subject, &p, err);
        if (rc == PN_OK) { rc = name_features(&w->study, &rows.v[0].values, err); }
        if (rc == PN_OK && block == NULL) {
            block = malloc(w->study.p * w->study.k * sizeof *block);
            rc = block != NULL ? PN_OK : no_memory(err);
        }
        if (rc == PN_OK) { store(block, &w->study, &rows.v[0].values, j); }
        ex_rows_free(&rows);
    }
    if (rc == PN_OK) { rc = keep(w, block, err); }
    if (rc != PN_OK) { free(block); }
    return rc;
}

static int on_subject(void *user, const ex_subject *subject, pn_error *err)
{
    work *w = user;
    int rc = repeat(w, subject, err);
    w->region++;
    return rc;
}

/* ---- all cases ---------------------------------------------------------------------------- */

static int start(work *w, pn_error *err)
{
    static char no_text[] = "";
    const rl_options *o = w->o;
    ex_setup *s = &w->plain;
    cfg_error e = {0};
    int loaded = 0;
    *s = (ex_setup){.batch = o->cases, .paths = o->perturb ? o->tables : NULL, .n_paths = o->perturb ? o->n_tables : 0,
                    .profile = o->ibsi ? EX_IBSI : EX_PYRADIOMICS, .settings_text = no_text, .suv = o->suv, .jobs = 1,
                    .quiet = o->quiet};
    for (size_t i = 0; i < o->n_rois; i++) { s->patterns[s->n_patterns++] = o->rois[i]; }
    cfg_pyradiomics_default(&s->pyradiomics);
    cfg_ibsi_default(&s->ibsi);
    rx_prepare_default(&s->prepare);
    if (o->params != NULL) {
        loaded = o->ibsi ? cfg_ibsi_load(&s->ibsi, o->params, &e) : cfg_pyradiomics_load(&s->pyradiomics, o->params, &e);
        if (loaded == 0) { loaded = cfg_prepare_load(&s->prepare, o->params, &e); }
    }
    if (loaded != 0) { return pn_fail(err, PN_ECONFIG, "%s", e.msg); }
    w->hooked = *s;
    w->hooked.hook = on_subject;
    w->hooked.hook_user = w;
    w->ws = rx_workspace_new();
    return w->ws != NULL ? ex_cases_find(&w->cases, s, err) : no_memory(err);
}

static void tell(const work *w, const ex_row *row)
{
    const ex_case *c = &w->cases.v[w->at];
    char where[64] = "";
    if (c->row > 0) { (void)snprintf(where, sizeof where, "row %zu: ", c->row); }
    fprintf(stderr, "prognode reliability: %s%s%s%s: %s\n", where, ex_case_name(&w->cases, w->at),
            row->region[0] != '\0' ? ", " : "", row->region, row->failure.msg);
}

static int run_all(work *w, pn_error *err)
{
    bool shown = !w->o->quiet && isatty(STDERR_FILENO);
    for (w->at = 0; w->at < w->cases.n; w->at++) {
        ex_rows rows = {0};
        if (shown) { fprintf(stderr, "\rcase %zu of %zu", w->at + 1, w->cases.n); }
        w->region = 0;
        int rc = ex_measure(&rows, &w->cases, w->at, &w->hooked, w->ws, err);
        for (size_t i = 0; i < rows.n && rc == PN_OK; i++) {
            const pn_error *why = &rows.v[i].failure;
            if (why->code == PN_OK) { continue; }
            if (why->code == PN_ENOMEM || why->code == PN_ECONFIG) {
                rc = why->code;
                *err = *why;
                break;
            }
            w->study.left_out++;
            tell(w, &rows.v[i]);
        }
        ex_rows_free(&rows);
        if (rc != PN_OK) { return rc; }
    }
    if (shown) { fputc('\n', stderr); }
    return PN_OK;
}

/* From a block a subject to [feature][subject][repetition]. */
static int transpose(work *w, pn_error *err)
{
    rl_study *s = &w->study;
    s->n = w->n;
    if (s->n < 2) { return pn_fail(err, PN_EINVAL, "%zu regions could be measured, at least 2 are needed", s->n); }
    s->v = s->n > SIZE_MAX / sizeof(double) / s->p / s->k ? NULL : malloc(s->n * s->p * s->k * sizeof *s->v);
    if (s->v == NULL) { return no_memory(err); }
    for (size_t f = 0; f < s->p; f++) {
        for (size_t i = 0; i < s->n; i++) {
            memcpy(s->v + (f * s->n + i) * s->k, w->block[i] + f * s->k, s->k * sizeof(double));
        }
    }
    return PN_OK;
}

int rl_perturb(rl_study *out, const rl_options *o, pn_error *err)
{
    work *w = calloc(1, sizeof *w);
    if (w == NULL) { return no_memory(err); }
    w->o = o;
    w->study.k = o->repetitions;
    int rc = start(w, err);
    if (rc == PN_OK) { rc = run_all(w, err); }
    if (rc == PN_OK) { rc = transpose(w, err); }
    for (size_t i = 0; i < w->n; i++) { free(w->block[i]); }
    free(w->block);
    rx_workspace_free(w->ws);
    ex_cases_free(&w->cases);
    if (rc != PN_OK) { rl_study_free(&w->study); } else { *out = w->study; }
    free(w);
    return rc;
}
