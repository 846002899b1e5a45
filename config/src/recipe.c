#include <config/recipe.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "file.h"

enum { MAX_BYTES = 65536, MAX_NAMES = 256, NAME_SIZE = 256 };

const char *const cfg_step_name[CFG_NSTEPS] = {
    "deconvolve", "cluster", "label", "filter", "harmonise", "scale", "select", "model", "combine", "cut"};

static bool is_id(const char *text)
{
    return text[0] && text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

#define RANGE(lo, hi) .bounded = true, .min = (lo), .max = (hi)
#define AT(m) .offset = offsetof(cfg_recipe, m)
#define TEXT_AT(m) AT(m), .size = sizeof(((cfg_recipe *)0)->m)
#define NAMES_AT(m) .offset = offsetof(cfg_recipe, m.v), .size = NAME_SIZE, .count_offset = offsetof(cfg_recipe, m.n), \
    .max_items = MAX_NAMES
#define SEED_AT(m) {"seed", FD_SIZE, AT(m), RANGE(1, 1e9), .doc = "Of the random numbers."}

static bool is_elm(const void *obj) { return ((const cfg_recipe *)obj)->model.method == CFG_MODEL_ELM; }
static bool is_value(const void *obj) { return ((const cfg_recipe *)obj)->cut.method == CFG_CUT_VALUE; }
static bool is_found(const void *obj) { return ((const cfg_recipe *)obj)->deconvolve.profiles[0] == '\0'; }
static bool is_learner(const void *obj) { return ((const cfg_recipe *)obj)->model.method == CFG_MODEL_LEARNER; }
static bool is_random(const void *obj) { return is_elm(obj) || is_learner(obj); }
#define OF_LEARNER .when = is_learner, .when_text = "with method learner"
#define OF_ELM .when = is_elm, .when_text = "with method elm"
#define OF_FOUND .when = is_found, .when_text = "without profiles"

/* ---- The keys of the steps ------------------------------------------------ */

static const fd_field deconvolve_fields[] = {
    {"profiles", FD_TEXT, TEXT_AT(deconvolve.profiles), .def = "\"\"",
     .doc = "Expression of given subpopulations; without it, they are found among the training patients."},
    {"subpopulations", FD_SIZE, AT(deconvolve.subpopulations), RANGE(0, 20), .def = "0",
     OF_FOUND, .doc = "Without profiles: how many; 0: by minimum description length."},
    {"runs", FD_SIZE, AT(deconvolve.runs), RANGE(1, 1000), .def = "20", OF_FOUND, .doc = "Starts, of which the best is taken."},
    {"seed", FD_SIZE, AT(deconvolve.seed), RANGE(1, 1e9), .def = "1", OF_FOUND, .doc = "Of the first run."},
    {"log2", FD_BOOL, AT(deconvolve.log2), .def = "false", .doc = "Expression is given as its logarithm."},
};

static const fd_field cluster_fields[] = {
    {"on", FD_WORD, AT(cluster.on), .words = "proportions|expression|features", .doc = "What is grouped."},
    {"columns", FD_TEXTS, NAMES_AT(cluster.columns), .min_items = 1, .def = "[\"*\"]", .doc = "Which of them."},
    {"groups", FD_SIZE, AT(cluster.groups), RANGE(2, 10), .def = "2", .doc = "How many."},
    {"method", FD_WORD, AT(cluster.method), .words = "hc|pam|km", .def = "pam", .doc = "Inner clustering."},
    {"distance", FD_WORD, AT(cluster.distance), .words = "euclidean|pearson|spearman", .def = "euclidean",
     .doc = "Between patients."},
    {"linkage", FD_WORD, AT(cluster.linkage), .words = "single|complete|average|mcquitty|ward.D|ward.D2",
     .def = "average", .doc = "Of hierarchical clustering, also the final one."},
    {"repetitions", FD_SIZE, AT(cluster.repetitions), RANGE(1, 65535), .def = "1000", .doc = "Draws of patients."},
    {"share", FD_REAL, AT(cluster.share), RANGE(0.1, 1), .def = "0.8", .doc = "Of the patients in a draw."},
    {"smallest", FD_REAL, AT(cluster.smallest), RANGE(0, 0.5), .def = "0.05",
     .doc = "Share of the patients that each group must have."},
    SEED_AT(cluster.seed),
};

/* The worst: most events against what the log-rank test expects if the groups did not differ. */
static const fd_field label_fields[] = {
    {"high_risk", FD_CONST, .def = "worst_survival", .doc = "The group of the training patients that is the label."},
};

static const fd_field filter_fields[] = {
    {"columns", FD_TEXTS, NAMES_AT(filter.columns), .min_items = 1, .def = "[\"*\"]", .doc = "Features."},
    {"except", FD_TEXTS, NAMES_AT(filter.except), .def = "[]", .doc = "Features that are left out."},
    {"missing", FD_WORD, AT(filter.missing), .words = "refuse|drop", .def = "refuse",
     .doc = "A feature without a value in some patient."},
    {"reliability", FD_TEXT, TEXT_AT(filter.reliability), .def = "\"\"", .doc = "Table of prognode reliability."},
    {"icc", FD_REAL, AT(filter.icc), RANGE(-1, 1), .def = "0.75", .doc = "Least reliability."},
    {"redundancy", FD_REAL, AT(filter.redundancy), .bounded = true, .above_min = true, .max = 1, .def = "1",
     .doc = "Largest rank correlation of two features that stay."},
};

static const fd_field harmonise_fields[] = {
    {"centre", FD_TEXT, TEXT_AT(harmonise.centre), .min_items = 1, .doc = "Clinical column."},
    {"reference", FD_TEXT, TEXT_AT(harmonise.reference), .def = "\"\"", .doc = "Centre whose values are kept."},
};

static const fd_field scale_fields[] = {
    {"method", FD_CONST, .def = "z", .doc = "Mean 0, standard deviation 1, of the training patients."},
};

static const fd_field select_fields[] = {
    {"method", FD_WORD, AT(select.method), .words = "lasso_cox|elastic_net_cox|lasso_logistic", .doc = "Regression."},
    {"alpha", FD_REAL, AT(select.alpha), .bounded = true, .above_min = true, .max = 1, .def = "1",
     .doc = "Share of the LASSO in the elastic net's penalty."},
    {"smallest_lambda", FD_REAL, AT(select.smallest), RANGE(1e-4, 0.9), .def = "0.01",
     .doc = "Last lambda of the path, as a share of the first, at which nothing is chosen."},
    {"folds", FD_SIZE, AT(select.folds), RANGE(3, 1000), .def = "10", .doc = "Of the inner cross-validation."},
    {"lambda", FD_EITHER, AT(select.one_se), .word = {"1se", "min"}, .def = "min", .doc = "The best, or the sparsest near it."},
    SEED_AT(select.seed),
};

#define SETTING(m) .offset = offsetof(cfg_setting, m), .size = sizeof(((cfg_setting *)0)->m)
static const fd_field setting_fields[] = {
    {"name", FD_TEXT, SETTING(name), .min_items = 1, .doc = "Of the setting."},
    {"values", FD_REALS, .offset = offsetof(cfg_setting, values), .count_offset = offsetof(cfg_setting, n), .max_items = 50,
     .def = "[]", .doc = "One, or several among which cross-validation chooses."},
    {"choice", FD_TEXT, SETTING(choice), .def = "\"\"", .doc = "One of the names that the setting has, instead."},
};

static int check_setting(const fd_reader *r, const void *obj, const yt_node *map)
{
    const cfg_setting *s = obj;
    return (s->n > 0) != (s->choice[0] != '\0') ? CFG_OK : fd_fail(r, map, NULL, "expected either values or a choice");
}

static const fd_table setting_table = {FD_TABLE(setting_fields), .check = check_setting};

static const fd_field model_fields[] = {
    {"method", FD_WORD, AT(model.method), .words = "cox|penalised|elm|learner", .doc = "How features become a score."},
    {"hidden", FD_SIZE, AT(model.hidden), RANGE(1, 20000), .def = "1000", OF_ELM, .doc = "Nodes."},
    {"cost", FD_REAL, AT(model.cost), .bounded = true, .above_min = true, .max = HUGE_VAL, .infinite = true, .def = "1",
     OF_ELM, .doc = "Ridge parameter; .inf: pseudo-inverse."},
    {"networks", FD_SIZE, AT(model.networks), RANGE(1, 1000), .def = "20", OF_ELM, .doc = "Their mean is the score."},
    {"learner", FD_TEXT, TEXT_AT(model.learner), .min_items = 1, OF_LEARNER, .doc = "Which one."},
    {"settings", FD_MAPS, AT(model.settings), .size = sizeof(cfg_setting), .count_offset = offsetof(cfg_recipe, model.n_settings),
     .max_items = 6, .sub = &setting_table, .def = "[]", OF_LEARNER, .doc = "Those that are not as usual."},
    {"folds", FD_SIZE, AT(model.folds), RANGE(3, 1000), .def = "5", OF_LEARNER, .doc = "By which values are chosen."},
    {"seed", FD_SIZE, AT(model.seed), RANGE(1, 1e9), .def = "1", .when = is_random, .when_text = "with method elm or learner",
     .doc = "Of networks, forests and folds."},
};

static const fd_field combine_fields[] = {
    {"clinical", FD_TEXTS, NAMES_AT(combine.clinical), .min_items = 1, .doc = "Columns of numbers."},
    {"folds", FD_SIZE, AT(combine.folds), RANGE(3, 1000), .def = "5", .doc = "By which the combined score is made."},
    SEED_AT(combine.seed),
};

static const fd_field cut_fields[] = {
    {"method", FD_WORD, AT(cut.method), .words = "median|maxstat|value", .doc = "High risk lies above."},
    {"value", FD_REAL, AT(cut.value), .def = "0", .when = is_value, .when_text = "with method value",
     .doc = "High risk lies above it."},
};

static const fd_table step_table[CFG_NSTEPS] = {
    {FD_TABLE(deconvolve_fields)}, {FD_TABLE(cluster_fields)}, {FD_TABLE(label_fields)}, {FD_TABLE(filter_fields)},
    {FD_TABLE(harmonise_fields)}, {FD_TABLE(scale_fields)}, {FD_TABLE(select_fields)}, {FD_TABLE(model_fields)},
    {FD_TABLE(combine_fields)}, {FD_TABLE(cut_fields)},
};

/* ---- Their order ----------------------------------------------------------- */

/* Groups of patients and features are made on their own and meet in `select`: deconvolve, cluster, label in
 * this order; filter, harmonise, scale in this order; then the rest. */
static bool is_groups(cfg_step s) { return s <= CFG_STEP_LABEL; }
static bool is_features(cfg_step s) { return s >= CFG_STEP_FILTER && s <= CFG_STEP_SCALE; }

static bool may_precede(cfg_step earlier, cfg_step later)
{
    return earlier < later || (is_features(earlier) && is_groups(later));
}

static int check_order(const fd_reader *r, const cfg_recipe *c, const yt_node *item, cfg_step now)
{
    for (int s = 0; s < CFG_NSTEPS; s++) {
        if (!c->has[s]) { continue; }
        if (s == (int)now) { return fd_fail(r, item, NULL, "the step %s stands twice", cfg_step_name[now]); }
        if (!may_precede((cfg_step)s, now)) {
            return fd_fail(r, item, NULL, "the step %s stands after %s, expected it before", cfg_step_name[now],
                           cfg_step_name[s]);
        }
    }
    return CFG_OK;
}

static int read_step(const fd_reader *r, cfg_recipe *c, const yt_node *item)
{
    if (item->kind != YT_MAP || item->n != 1) { return fd_expected(r, item, "one step, like \"scale: {method: z}\""); }
    const yt_node *value = item->first;
    for (int s = 0; s < CFG_NSTEPS; s++) {
        if (strcmp(value->key, cfg_step_name[s]) != 0) { continue; }
        int rc = check_order(r, c, item, (cfg_step)s);
        if (!rc && s == CFG_STEP_CLUSTER) {
            /* what is grouped must be ready by then */
            rc = fd_read(r, c, &step_table[s], value);
            if (!rc && c->cluster.on == CFG_ON_FEATURES && !c->has[CFG_STEP_SCALE]) {
                rc = fd_fail(r, value, "on", "features are grouped after the step scale, which does not stand before");
            }
        } else if (!rc) {
            rc = fd_read(r, c, &step_table[s], value);
        }
        c->has[s] = true;
        return rc;
    }
    return fd_fail(r, item, NULL, "unknown step, expected deconvolve, cluster, label, filter, harmonise, scale, select, "
                   "model, combine or cut");
}

/* What a step takes from others. */
static int check_steps(const fd_reader *r, const cfg_recipe *c, const yt_node *list)
{
    const bool *has = c->has;
    const bool by_label = has[CFG_STEP_SELECT] && c->select.method == CFG_LASSO_LOGISTIC;
    const struct { bool wrong; const char *message; } rules[] = {
        {!has[CFG_STEP_MODEL], "the step model is missing"},
        {has[CFG_STEP_CLUSTER] && c->cluster.on == CFG_ON_PROPORTIONS && !has[CFG_STEP_DECONVOLVE],
         "cluster on proportions needs the step deconvolve"},
        {has[CFG_STEP_DECONVOLVE] && !(has[CFG_STEP_CLUSTER] && c->cluster.on == CFG_ON_PROPORTIONS),
         "deconvolve is for a step cluster on proportions, which is missing"},
        {has[CFG_STEP_LABEL] != has[CFG_STEP_CLUSTER], "the steps cluster and label go together"},
        {by_label && !has[CFG_STEP_LABEL], "lasso_logistic needs the steps cluster and label"},
        {c->model.method == CFG_MODEL_ELM && !has[CFG_STEP_LABEL], "the model elm needs the steps cluster and label"},
        {c->model.method == CFG_MODEL_PENALISED && !has[CFG_STEP_SELECT], "the model penalised needs the step select"},
        {has[CFG_STEP_LABEL] && !by_label && c->model.method != CFG_MODEL_ELM && c->model.method != CFG_MODEL_LEARNER,
         "nothing uses the label; expected select with lasso_logistic, or the model elm or learner"},
        {!has[CFG_STEP_SCALE], "the step scale is missing"},
        {has[CFG_STEP_SELECT] && c->select.method != CFG_ELASTIC_NET_COX && c->select.alpha < 1,
         "alpha below 1 goes with elastic_net_cox"},
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (rules[i].wrong) { return fd_fail(r, list, NULL, "%s", rules[i].message); }
    }
    return CFG_OK;
}

static int read_steps(const fd_reader *r, void *obj, const fd_field *f, const yt_node *n)
{
    (void)f;
    if (n->kind != YT_LIST || n->n == 0) { return fd_expected(r, n, "a list of steps"); }
    int rc = CFG_OK;
    for (const yt_node *item = n->first; item && !rc; item = item->next) { rc = read_step(r, obj, item); }
    return rc ? rc : check_steps(r, obj, n);
}

static const fd_hook steps_hook = {read_steps, NULL};

/* ---- The file --------------------------------------------------------------- */

static const fd_field assess_fields[] = {
    {"folds", FD_SIZE, AT(assess.folds), RANGE(0, 1000), .def = "5", .doc = "Outer folds; 0: none."},
    {"repeats", FD_SIZE, AT(assess.repeats), RANGE(1, CFG_MAX_RECIPE_REPEATS), .def = "10", .doc = "Of the cross-validation."},
    {"bootstrap", FD_SIZE, AT(assess.bootstrap), RANGE(0, 10000), .def = "0", .doc = "Samples; 0: none."},
    SEED_AT(assess.seed),
    {"horizon_years", FD_REALS_FIXED, AT(assess.horizon_years), .count_offset = offsetof(cfg_recipe, assess.n_horizons),
     .min_items = 1, .max_items = CFG_MAX_RECIPE_HORIZONS, .bounded = true, .above_min = true, .max = 100,
     .def = "[1, 3, 5]", .doc = "Rising."},
};

static int check_assess(const fd_reader *r, const void *obj, const yt_node *map)
{
    const cfg_recipe_assess *a = &((const cfg_recipe *)obj)->assess;
    if (a->folds == 1 || a->folds == 2) {
        return fd_fail(r, map, "folds", "got %zu, expected 0 or at least 3", a->folds);
    }
    for (size_t i = 1; i < a->n_horizons; i++) {
        if (!(a->horizon_years[i] > a->horizon_years[i - 1])) {
            return fd_fail(r, map, "horizon_years", "got %g after %g, expected rising numbers", a->horizon_years[i],
                           a->horizon_years[i - 1]);
        }
    }
    return CFG_OK;
}

static const fd_table assess_table = {FD_TABLE(assess_fields), .check = check_assess};

static const fd_field root_fields[] = {
    {"schema", FD_CONST, .def = "1", .doc = "Version of this layout."},
    {"name", FD_TEXT, TEXT_AT(name), .min_items = 1, .ok = is_id, .expected = "1 to 64 of a-z, 0-9 and -",
     .doc = "Of the recipe."},
    {"description", FD_TEXT, TEXT_AT(description), .def = "\"\"", .doc = "A few sentences."},
    {"steps", FD_HOOK, .hook = &steps_hook, .expected = "a list of steps", .doc = "In the order in which they are done."},
    {"assess", FD_MAP, .sub = &assess_table, .doc = "How the whole is judged."},
};
static const fd_table root_table = {FD_TABLE(root_fields)};

static int parse_in_c_locale(cfg_recipe *out, const char *bytes, size_t n, const char *name, cfg_error *err)
{
    fd_reader r = {.name = name, .err = err};
    yt_tree tree;
    int rc = yt_parse(&tree, bytes, n, MAX_BYTES, name, err);
    if (rc) { return rc; }
    cfg_recipe c = {0};
    if (!tree.root) { rc = cfg_fail(err, CFG_EVALUE, name, 0, 0, "empty, expected a recipe of schema %d", CFG_RECIPE_SCHEMA); }
    if (!rc) { rc = fd_read(&r, &c, &root_table, tree.root); }
    yt_free(&tree);
    if (!rc) { rc = cfg_sha256(c.file_sha256, bytes, n, name, err); }
    if (rc) { cfg_recipe_free(&c); }
    else { *out = c; }
    return rc;
}

int cfg_recipe_parse(cfg_recipe *out, const char *bytes, size_t n, const char *name, cfg_error *err)
{
    txt_locale locale;
    if (!txt_locale_enter(&locale)) { return cfg_fail(err, CFG_ENOMEM, name, 0, 0, "not enough memory"); }
    int rc = parse_in_c_locale(out, bytes, n, name, err);
    txt_locale_leave(&locale);
    return rc;
}

int cfg_recipe_load(cfg_recipe *out, const char *path, cfg_error *err)
{
    char *bytes;
    size_t n;
    int rc = cfg_file_read(&bytes, &n, path, MAX_BYTES, err);
    if (rc) { return rc; }
    rc = cfg_recipe_parse(out, bytes, n, path, err);
    free(bytes);
    return rc;
}

void cfg_recipe_free(cfg_recipe *c)
{
    if (!c) { return; }
    for (int s = 0; s < CFG_NSTEPS; s++) { fd_free(c, &step_table[s]); }
    *c = (cfg_recipe){0};
}
