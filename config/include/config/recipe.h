/* config/recipe.h - a training recipe as typed C: how a model is made from tables, step by step.
 * docs/BUILDING-A-MODEL.md describes the file.
 *
 * A recipe holds all choices and the seed of every random step, so that the same recipe on the same
 * tables gives the same model. Steps stand in the order in which they are done; each at most once. */
#ifndef CFG_RECIPE_H
#define CFG_RECIPE_H
#include <stdbool.h>
#include <stddef.h>
#include <config/error.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { CFG_RECIPE_SCHEMA = 1, CFG_RECIPE_TEXT = 512, CFG_MAX_RECIPE_HORIZONS = 8,
       CFG_MAX_RECIPE_REPEATS = 1000 };

typedef enum cfg_step {
    CFG_STEP_DECONVOLVE,    /* expression becomes proportions of subpopulations                  */
    CFG_STEP_CLUSTER,       /* training patients become groups                                   */
    CFG_STEP_LABEL,         /* one of the groups becomes the label 1, the others 0               */
    CFG_STEP_FILTER,        /* features that take part                                           */
    CFG_STEP_HARMONISE,     /* centre effects are taken off the features                         */
    CFG_STEP_SCALE,         /* features get mean 0 and standard deviation 1                      */
    CFG_STEP_SELECT,        /* a penalised regression chooses features                           */
    CFG_STEP_MODEL,         /* features become a score, higher for a worse prognosis             */
    CFG_STEP_COMBINE,       /* score and clinical columns become one Cox score                   */
    CFG_STEP_CUT,           /* the score becomes two groups                                      */
    CFG_NSTEPS
} cfg_step;
extern const char *const cfg_step_name[CFG_NSTEPS];

/* Names and patterns (`*`, `?`) in the file's order; owned by the recipe. */
typedef struct cfg_names { char **v; size_t n; } cfg_names;

typedef struct cfg_recipe_deconvolve {
    char profiles[CFG_RECIPE_TEXT];   /* table of given subpopulations, relative to the recipe's folder; "": found
                                         in the training patients' expression                     */
    size_t subpopulations;            /* 2..20; 0: as many as have the least description length   */
    size_t runs;                      /* with seeds seed, seed + 1, ...; the best is taken        */
    size_t seed;
    bool log2;                        /* expression is given as its logarithm                     */
} cfg_recipe_deconvolve;

typedef enum cfg_cluster_on { CFG_ON_PROPORTIONS, CFG_ON_EXPRESSION, CFG_ON_FEATURES } cfg_cluster_on;
typedef enum cfg_cluster_method { CFG_CLUSTER_HIERARCHICAL, CFG_CLUSTER_PAM, CFG_CLUSTER_KMEANS } cfg_cluster_method;
typedef enum cfg_distance { CFG_EUCLIDEAN, CFG_PEARSON, CFG_SPEARMAN } cfg_distance;
typedef enum cfg_linkage {
    CFG_SINGLE, CFG_COMPLETE, CFG_AVERAGE, CFG_MCQUITTY, CFG_WARD_D, CFG_WARD_D2
} cfg_linkage;

typedef struct cfg_recipe_cluster {
    int on;                           /* cfg_cluster_on                                           */
    cfg_names columns;                /* of what it is done on                                    */
    size_t groups;
    int method, distance, linkage;    /* cfg_cluster_method, cfg_distance, cfg_linkage            */
    size_t repetitions;
    double share;                     /* of the patients in each                                  */
    double smallest;                  /* share of the patients that each group must have          */
    size_t seed;
} cfg_recipe_cluster;

typedef struct cfg_recipe_filter {
    cfg_names columns, except;
    int missing;                      /* cfg_missing                                              */
    char reliability[CFG_RECIPE_TEXT];/* table of `prognode reliability`, relative to the recipe's folder; "": none */
    double icc;                       /* features below it go                                     */
    double redundancy;                /* of two with a larger |Spearman| one goes; 1: all stay    */
} cfg_recipe_filter;
typedef enum cfg_missing { CFG_MISSING_REFUSE, CFG_MISSING_DROP } cfg_missing;   /* the column */

typedef struct cfg_recipe_harmonise {
    char centre[128];                 /* clinical column                                          */
    char reference[128];              /* centre to whose values the others are brought; "": all   */
} cfg_recipe_harmonise;

typedef enum cfg_select_method { CFG_LASSO_COX, CFG_ELASTIC_NET_COX, CFG_LASSO_LOGISTIC } cfg_select_method;
typedef struct cfg_recipe_select {
    int method;                       /* cfg_select_method                                        */
    double alpha;                     /* 1: LASSO                                                 */
    double smallest;                  /* last lambda of the path, as a share of the first, at which nothing is chosen */
    size_t folds;
    bool one_se;
    size_t seed;
} cfg_recipe_select;

typedef enum cfg_model_method { CFG_MODEL_COX, CFG_MODEL_PENALISED, CFG_MODEL_ELM, CFG_MODEL_LEARNER } cfg_model_method;

/* A setting of a learner, by its name in survival/learner.h, whose meaning and range that knows. */
typedef struct cfg_setting {
    char name[33];
    double *values; size_t n;         /* one, or several among which cross-validation chooses     */
    char choice[33];                  /* instead: one of the names that the setting has           */
} cfg_setting;

typedef struct cfg_recipe_model {
    int method;                       /* cfg_model_method                                         */
    size_t hidden;                    /* elm: nodes of a network                                  */
    double cost;                      /* elm: ridge; INFINITY: pseudo-inverse                     */
    size_t networks;
    size_t seed;                      /* elm: of the first network; learner: also of the inner folds */
    char learner[33];                 /* learner: its method, as sv_method_by_name knows it       */
    cfg_setting *settings; size_t n_settings;
    size_t folds;                     /* learner: inner, where a setting has several values       */
} cfg_recipe_model;

typedef struct cfg_recipe_combine {
    cfg_names clinical;
    size_t folds, seed;               /* the score that is combined is out of fold among the training patients */
} cfg_recipe_combine;

typedef enum cfg_cut_method { CFG_CUT_MEDIAN, CFG_CUT_MAXSTAT, CFG_CUT_VALUE } cfg_cut_method;
typedef struct cfg_recipe_cut {
    int method;                       /* cfg_cut_method                                           */
    double value;
} cfg_recipe_cut;

typedef struct cfg_recipe_assess {
    size_t folds;                     /* outer; 0: no cross-validation                            */
    size_t repeats;                   /* with seeds seed, seed + 1, ...                           */
    size_t bootstrap;                 /* samples; 0: none                                         */
    size_t seed;
    double horizon_years[CFG_MAX_RECIPE_HORIZONS]; size_t n_horizons;
} cfg_recipe_assess;

typedef struct cfg_recipe {
    char name[65];
    char description[CFG_RECIPE_TEXT];
    bool has[CFG_NSTEPS];             /* what of the following was written in the file            */
    cfg_recipe_deconvolve deconvolve;
    cfg_recipe_cluster cluster;
    cfg_recipe_filter filter;
    cfg_recipe_harmonise harmonise;
    cfg_recipe_select select;
    cfg_recipe_model model;
    cfg_recipe_combine combine;
    cfg_recipe_cut cut;
    cfg_recipe_assess assess;
    char file_sha256[65];             /* of the file's bytes                                      */
} cfg_recipe;

/* Fails as the other files do: CFG_EVALUE names line, column, key and what was expected; also for steps in an
 * order that makes no sense, and for a step that needs another one. */
CFG_CHECKED int cfg_recipe_load(cfg_recipe *out, const char *path, cfg_error *err);
CFG_CHECKED int cfg_recipe_parse(cfg_recipe *out, const char *bytes, size_t n, const char *name, cfg_error *err);
void cfg_recipe_free(cfg_recipe *r);      /* NULL and a zeroed struct are fine */

#ifdef __cplusplus
}
#endif
#endif
