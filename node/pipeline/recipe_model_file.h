/* pipeline/recipe_model_file.h - the chain of a recipe as a model file's content. */
#ifndef PN_PIPELINE_RECIPE_MODEL_FILE_H
#define PN_PIPELINE_RECIPE_MODEL_FILE_H
#include "pipeline/recipe_assess.h"
#include "pipeline/train.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pn_recipe_model_opts {
    double distance_percentile;          /* as in pn_train_opts, also the next three              */
    size_t replicates;
    uint64_t seed;
    const char *title, *description;     /* NULL: by the recipe                                   */
    void (*progress)(void *context, size_t done, size_t all);
    void *progress_context;
} pn_recipe_model_opts;

/* Whether a model file can hold what the recipe makes; told before the work begins. PN_EUNSUPPORTED names the step. */
PN_CHECKED int pn_recipe_can_write(const cfg_recipe *r, pn_error *err);

/* Fill of *m what pn_train_fit fills, its method, title, description and card; identity, intended use, extraction and
 * table digest are the caller's. The curves of a committee's groups are those of scores out of fold, whose mean over
 * repeats is cut: training patients would be told apart without fault. Features that the extraction does not give come
 * from a table. Fails: as pn_train_fit; PN_EINVAL (the chain chose nothing; no scores out of fold where they are
 * needed). *m is unchanged then. */
PN_CHECKED int pn_recipe_model(cfg_model *m, pn_train_summary *summary, const pn_chain *c, const pn_recipe_inputs *in,
                               const pn_cohort *cohort, const pn_recipe_assessment *a, const pn_recipe_model_opts *opts,
                               pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
