/* learner_forest.c - random forests as learners. */
#include "learner_work.h"

#include "mem.h"
#include "num.h"

enum { TREES, COLUMNS, LEAF, DEPTH };

/* The usual size of a leaf is the one thing in which the two kinds differ. */
#define FOREST_PARAMS(usual_leaf)                                                                                   \
    {                                                                                                               \
        [TREES] = { "trees", 1, 100000, 500, true, NULL, "number of trees" },                                       \
        [COLUMNS] = { "columns", 0, 1e6, 0, true, NULL, "drawn for a split; 0: the square root of their number" },  \
        [LEAF] = { "min_leaf", 1, 1e6, usual_leaf, true, NULL, "rows that a leaf must hold" },                      \
        [DEPTH] = { "max_depth", 0, 60, 60, true, NULL, "splits from the root to a leaf" },                         \
    }
static const sv_param LABEL_PARAMS[] = FOREST_PARAMS(1);
static const sv_param SURVIVAL_PARAMS[] = FOREST_PARAMS(15);

static sv_forest_opts options(const sv_fitted *f)
{
    const double *v = f->how.value;
    sv_forest_opts o = { .trees = sv_whole(v[TREES]), .columns = sv_whole(v[COLUMNS]), .min_leaf = sv_whole(v[LEAF]),
                         .max_depth = sv_whole(v[DEPTH]), .seed = f->how.seed };
    return o;
}

static int label_fit(sv_fitted *f, const sv_matrix *z, const sv_outcome *y, sv_error *err)
{
    const sv_forest_opts o = options(f);
    return sv_forest_fit(&f->model.forest, z, y->label, &o, err);
}

static int label_shares(double *share, const sv_fitted *f, const sv_matrix *z, sv_error *err)
{
    return sv_forest_predict(share, &f->model.forest, z, err);
}

static void label_free(sv_fitted *f) { sv_forest_free(&f->model.forest); }

const sv_method_ops sv_ops_forest = { .name = "forest", .many_labels = true, .cut = 0.5, SV_PARAMS(LABEL_PARAMS),
                                      .fit = label_fit, .shares = label_shares, .free = label_free };

static int survival_fit(sv_fitted *f, const sv_matrix *z, const sv_outcome *y, sv_error *err)
{
    const sv_forest_opts o = options(f);
    return sv_survival_forest_fit(&f->model.survival_forest, z, y->surv, &o, err);
}

static int survival_score(double *score, const sv_fitted *f, const sv_matrix *z, sv_error *err)
{
    return sv_survival_forest_score(score, &f->model.survival_forest, z, err);
}

static void survival_free(sv_fitted *f) { sv_survival_forest_free(&f->model.survival_forest); }

const sv_method_ops sv_ops_survival_forest = { .name = "survival_forest", .survival = true, .cut = SV_NAN,
                                               SV_PARAMS(SURVIVAL_PARAMS), .fit = survival_fit,
                                               .score = survival_score, .free = survival_free };
