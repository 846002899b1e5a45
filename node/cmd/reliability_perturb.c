/* Repeated measurements made here: features of perturbed images of each case. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <config/pyradiomics.h>
#include <radiomics/perturb.h>
#include <survival/rng.h>
#include "base/csv.h"
#include "cmd/reliability.h"
#include "image/image.h"

typedef struct work {
    const rl_options *o;
    cfg_pyradiomics params;
    pn_csv cases;
    size_t image, mask, label;                 /* columns; n_columns: there is none              */
    rx_workspace *ws;
    rx_results values;
    rl_study study;
} work;

static int no_memory(pn_error *err) { return pn_fail_transient(err, PN_ENOMEM, "no memory for the measurements"); }

static int from_rx(pn_error *err, const rx_error *e)
{
    return pn_fail(err, e->code == RX_ENOMEM ? PN_ENOMEM : e->code == RX_EEMPTY ? PN_EEMPTY : PN_EINVAL, "%s",
                   e->msg);
}

static int start(work *w, pn_error *err)
{
    cfg_error e = {0};
    cfg_pyradiomics_default(&w->params);
    if (w->o->params != NULL && cfg_pyradiomics_load(&w->params, w->o->params, &e) != 0) {
        return pn_fail(err, PN_ECONFIG, "%s", e.msg);
    }
    int rc = pn_csv_read(&w->cases, w->o->cases, err);
    if (rc == PN_OK) { rc = pn_csv_find(&w->image, &w->cases, "Image", err); }
    if (rc == PN_OK) { rc = pn_csv_find(&w->mask, &w->cases, "Mask", err); }
    if (rc != PN_OK) { return rc; }
    if (!pn_csv_has(&w->cases, "Label") || pn_csv_find(&w->label, &w->cases, "Label", err) != PN_OK) {
        w->label = w->cases.n_columns;
    }
    w->ws = rx_workspace_new();
    return w->ws != NULL ? PN_OK : no_memory(err);
}

/* ---- one case ----------------------------------------------------------------------------- */

typedef struct subject {
    pn_image image, mask;
    void *voxels;                              /* of the view, if it had to be copied             */
    uint8_t *region;
    rx_image view;
    rx_mask where;
} subject;

static void subject_free(subject *s)
{
    pn_image_free(&s->image);
    pn_image_free(&s->mask);
    free(s->voxels);
    free(s->region);
}

/* Paths are as they stand, or beside the table. */
static int find_file(char path[1024], const work *w, const char *cell, pn_error *err)
{
    const char *slash = strrchr(w->o->cases, '/');
    int n = snprintf(path, 1024, "%s", cell);
    if (n < 1024 && cell[0] != '/' && slash != NULL && access(path, R_OK) != 0) {
        n = snprintf(path, 1024, "%.*s/%s", (int)(slash - w->o->cases), w->o->cases, cell);
    }
    return n >= 0 && n < 1024 ? PN_OK : pn_fail(err, PN_ELIMIT, "a path has more than 1023 bytes");
}

static int label_of(uint32_t *out, const work *w, size_t row, pn_error *err)
{
    double v = w->params.label;
    if (w->label < w->cases.n_columns && pn_csv_cell(&w->cases, row, w->label)[0] != '\0') {
        int rc = pn_csv_number(&v, &w->cases, row, w->label, PN_CSV_REQUIRED, err);
        if (rc != PN_OK) { return rc; }
    }
    if (!(v >= 1 && v <= UINT32_MAX) || v != floor(v)) {
        return pn_fail(err, PN_EINVAL, "label is %g, expected a whole number from 1 on", v);
    }
    *out = (uint32_t)v;
    return PN_OK;
}

static int read_subject(subject *s, const work *w, size_t row, pn_error *err)
{
    char path[1024];
    uint32_t label = 1;
    int rc = label_of(&label, w, row, err);
    if (rc == PN_OK) { rc = find_file(path, w, pn_csv_cell(&w->cases, row, w->image), err); }
    if (rc == PN_OK) { rc = pn_image_read(&s->image, path, 0, err); }
    if (rc == PN_OK) { rc = find_file(path, w, pn_csv_cell(&w->cases, row, w->mask), err); }
    if (rc == PN_OK) { rc = pn_image_read(&s->mask, path, w->params.label_channel, err); }
    if (rc == PN_OK) { rc = pn_image_view(&s->view, &s->voxels, &s->image, err); }
    if (rc != PN_OK) { return rc; }
    s->region = malloc(s->mask.n);
    if (s->region == NULL) { return no_memory(err); }
    if (pn_image_region(s->region, &s->mask, label) == 0) {
        return pn_fail(err, PN_EEMPTY, "no voxel of the mask has label %u", (unsigned)label);
    }
    s->where = (rx_mask){s->mask.grid, s->region, 1};
    return PN_OK;
}

/* Uniform between -most and most. */
static double about(sv_rng *rng, double most) { return (2 * sv_rng_uniform(rng) - 1) * most; }

/* Every repetition of every case draws from a stream of its own: neither order nor failures of
 * others change it. */
static rx_perturb draw(const rl_options *o, size_t row, size_t repetition)
{
    sv_rng rng = sv_rng_stream(o->seed, (uint64_t)row * RL_MAX_REPETITIONS + repetition);
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

static int measure(work *w, const subject *s, const rx_perturb *p, pn_error *err)
{
    rx_volume image;
    rx_region region;
    rx_error e = {0};
    int rc = rx_perturb_apply(&image, &region, &s->view, &s->where, p, &e);
    if (rc != RX_OK) { return from_rx(err, &e); }
    rx_image view = rx_volume_image(&image);
    rx_mask mask = rx_region_mask(&region);
    rx_results_clear(&w->values);
    rc = rx_pyradiomics_extract(&w->values, NULL, &view, &mask, &w->params.settings, w->ws, &e);
    rx_volume_free(&image);
    rx_region_free(&region);
    return rc == RX_OK ? PN_OK : from_rx(err, &e);
}

/* The first measurement names the features. */
static int name_features(work *w, pn_error *err)
{
    rl_study *s = &w->study;
    if (s->feature != NULL) { return PN_OK; }
    size_t p = w->values.n, n = w->cases.n_rows;
    if (p == 0) { return pn_fail(err, PN_ECONFIG, "the settings ask for no feature"); }
    s->feature = calloc(p, sizeof *s->feature);
    s->v = n > SIZE_MAX / sizeof(double) / p / s->k ? NULL : malloc(p * n * s->k * sizeof *s->v);
    if (s->feature == NULL || s->v == NULL) { return no_memory(err); }
    for (s->p = 0; s->p < p; s->p++) {
        if ((s->feature[s->p] = strdup(w->values.v[s->p].name)) == NULL) { return no_memory(err); }
    }
    return PN_OK;
}

/* Stored as [feature][case][repetition] for all cases; a case that fails leaves no gap. */
static void store(work *w, size_t repetition)
{
    rl_study *s = &w->study;
    for (size_t f = 0; f < s->p; f++) {
        const rx_result *r = f < w->values.n && strcmp(w->values.v[f].name, s->feature[f]) == 0
                                 ? &w->values.v[f] : rx_results_find(&w->values, s->feature[f]);
        s->v[(f * w->cases.n_rows + s->n) * s->k + repetition] = r != NULL ? r->value.v : (double)NAN;
    }
}

static int run_case(work *w, size_t row, pn_error *err)
{
    subject s = {0};
    int rc = read_subject(&s, w, row, err);
    for (size_t j = 0; j < w->study.k && rc == PN_OK; j++) {
        rx_perturb p = draw(w->o, row, j);
        rc = measure(w, &s, &p, err);
        if (rc == PN_OK) { rc = name_features(w, err); }
        if (rc == PN_OK) { store(w, j); }
    }
    subject_free(&s);
    return rc;
}

/* Cases that failed leave room at the end of every feature: close up. */
static void close_up(rl_study *s, size_t rows)
{
    for (size_t f = 1; f < s->p; f++) {
        memmove(s->v + f * s->n * s->k, s->v + f * rows * s->k, s->n * s->k * sizeof *s->v);
    }
}

static int run_all(work *w, pn_error *err)
{
    for (size_t row = 0; row < w->cases.n_rows; row++) {
        pn_error why = {0};
        if (!w->o->quiet && isatty(STDERR_FILENO)) { fprintf(stderr, "\rcase %zu of %zu", row + 1, w->cases.n_rows); }
        int rc = run_case(w, row, &why);
        if (rc == PN_ENOMEM || rc == PN_ECONFIG) {
            *err = why;
            return rc;
        }
        if (rc == PN_OK) {
            w->study.n++;
        } else {
            w->study.left_out++;
            fprintf(stderr, "prognode reliability: %s: row %zu: %s\n", w->o->cases,
                    pn_csv_row_number(&w->cases, row), why.msg);
        }
    }
    if (!w->o->quiet && isatty(STDERR_FILENO)) { fputc('\n', stderr); }
    if (w->study.n < 2) {
        return pn_fail(err, PN_EINVAL, "%zu cases could be measured, at least 2 are needed", w->study.n);
    }
    close_up(&w->study, w->cases.n_rows);
    return PN_OK;
}

int rl_perturb(rl_study *out, const rl_options *o, pn_error *err)
{
    work w = {.o = o, .study = {.k = o->repetitions}};
    int rc = start(&w, err);
    if (rc == PN_OK) { rc = run_all(&w, err); }
    rx_workspace_free(w.ws);
    rx_results_free(&w.values);
    pn_csv_free(&w.cases);
    if (rc != PN_OK) { rl_study_free(&w.study); } else { *out = w.study; }
    return rc;
}
