/* cam_case.h - a reference decomposition: its expression, and the cluster that debCAM gave each gene. */
#ifndef TEST_CAM_CASE_H
#define TEST_CAM_CASE_H

#include "gztable.h"

#include <survival/deconvolve.h>

#define CAM_DIR SHARED("reference/survival/15_cam/")
#define GSE24550 SHARED("data/survival/crc/GSE24550.GPL5175_expr.csv.gz")

enum { CLUSTERS = 50 };

/* Minutes with sanitizers; the plain build runs it (scripts/test.sh). */
#ifdef PN_SANITIZED
#define PLAIN_BUILD_ONLY() do { fprintf(stderr, "SKIPPED: only without sanitizers\n"); skip(); } while (0)
enum { LARGEST_RAT_K = 4 };
#else
#define PLAIN_BUILD_ONLY() do { } while (0)
enum { LARGEST_RAT_K = 5 };
#endif

typedef struct cam_case {
    gztable x;
    sv_matrix m;
    sv_cam_opts opts;
    sv_cam_prep prep;
    int *label;              /* [prep.n] */
} cam_case;

static inline void cam_case_free(cam_case *c)
{
    gztable_free(&c->x);
    sv_cam_prep_free(&c->prep);
    free(c->label);
}

static inline void cam_case_expression(cam_case *c, const char *path, bool log2)
{
    c->x = gztable_read(path, true);
    for (size_t i = 0; log2 && i < c->x.rows * c->x.cols; i++) { c->x.v[i] = exp2(c->x.v[i]); }
    c->m = sv_matrix_rowmajor(c->x.v, c->x.rows, c->x.cols);
    c->opts = (sv_cam_opts)SV_CAM_OPTS_INIT;
    c->opts.low = 0.3;
}

/* Prepared, and with the reference's clusters, whose genes must be those that are kept. */
static inline void cam_case_prepare(cam_case *c, const char *cluster_path)
{
    sv_error err = { 0 };
    CHECK_OK(sv_cam_prepare(&c->prep, &c->m, &c->opts, &err), err);
    gztable want = gztable_read(cluster_path, true);
    assert_int_equal(c->prep.n, want.rows);
    c->label = calloc(want.rows, sizeof *c->label);
    for (size_t i = 0; i < want.rows; i++) {
        assert_string_equal(c->x.name[c->prep.gene[i]], want.name[i]);
        c->label[i] = (int)want.v[i];
    }
    gztable_free(&want);
}

#endif
