/* validation_items.c - what TRIPOD and the radiomics quality score ask for, as far as the files tell it.
 *
 * TRIPOD: Collins et al. 2015 (Ann Intern Med 162:55), items by their numbers. Radiomics quality score: Lambin et
 * al. 2017 (Nat Rev Clin Oncol 14:749), 16 criteria, at most 36 points. What no file tells stays blank. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "pipeline/validation_parts.h"

/* ---- TRIPOD ---------------------------------------------------------------------------------- */

static void tripod_methods(pn_sheet *s, const pn_validation_content *c)
{
    const cfg_model *m = c->m;
    size_t replicates = cfg_model_replicates(m);
    pn_sheet_fact(s, "6a outcome", "%s", m->endpoint);
    pn_sheet_fact(s, "7a predictors", "the %zu features under \"The model\"; how they are measured stands in the model file (extraction)",
                  m->n_features);
    pn_sheet_fact(s, "9 missing data", "a patient without a value of a feature, a time or an outcome is refused; without a clinical "
                  "value, left out of the adjusted hazard ratios");
    pn_sheet_fact(s, "10b model building", "%s", m->method == CFG_RISK_COX ? "Cox regression, Efron's ties, standardised features"
                                                                           : "extreme learning machines on standardised features");
    if (m->description[0] != '\0') { pn_sheet_fact(s, "10b description", "%s", m->description); }
    if (m->card.recipe_name[0] != '\0') {
        pn_sheet_fact(s, "10b recipe", "%s%s%s", m->card.recipe_name, m->card.recipe_sha256[0] != '\0' ? ", SHA-256 " : "",
                      m->card.recipe_sha256);
    }
    pn_sheet_fact(s, "10b internal validation", "%s", m->card.n_performance > 0 ? "the figures of the model file, above" : "none told by the model file");
    if (replicates > 0) { pn_sheet_fact(s, "10b uncertainty", "%zu bootstrap models, features as given in each", replicates); }
    pn_sheet_fact(s, "10c predictions", "as written out under \"The model\"; nothing fitted again");
    pn_sheet_fact(s, "10d measures", "C-index (Harrell, Uno), calibration slope and calibration in groups by Kaplan-Meier, "
                  "time-dependent AUC (Uno's weights), Brier score (censoring-weighted), net benefit");
    pn_sheet_fact(s, "10e updating", "none");
    pn_sheet_fact(s, "11 risk groups", "by the model's cut-point, fixed beforehand: %.6g", m->cutpoint);
}

static void tripod_results(pn_sheet *s, const pn_validation_content *c)
{
    const cfg_model *m = c->m;
    const pn_validation *v = c->v;
    char text[PN_NUMBER_SIZE];
    pn_sheet_fact(s, "13a participants", "%zu with %zu events; median follow-up %s%s; %zu of the feature table and %zu of the clinical "
                  "table without a partner in the other", v->patients, v->events,
                  pn_number_text(text, v->follow_up_days / PN_DAYS_PER_YEAR, 2), isfinite(v->follow_up_days) ? " years" : "",
                  c->d->features_only.n, c->d->clinical_only.n);
    pn_sheet_fact(s, "13c comparison", "means and spreads beside those of the training patients, under \"The model\"");
    pn_sheet_fact(s, "14a development", "%u patients, %u events", m->n_patients, m->n_events);
    if (m->method == CFG_RISK_COX) {
        pn_sheet_fact(s, "15a full model", "coefficients, training means and spreads, baseline survival at each horizon: under \"The "
                      "model\"; the whole baseline in the model file");
        pn_sheet_fact(s, "15b use", "nomogram; prognode predict");
    } else {
        pn_sheet_fact(s, "15a full model", "seeds and output weights of the networks in the model file");
        pn_sheet_fact(s, "15b use", "prognode predict");
    }
    pn_sheet_fact(s, "16 performance", "above, with 95 %% intervals");
    pn_sheet_fact(s, "17 updating", "none");
}

static void put_tripod(pn_sheet *s, const pn_validation_content *c)
{
    static const double share[] = {1, 4};
    pn_sheet_heading(s, 2, "TRIPOD");
    pn_sheet_text(s, "Items that the files answer. For the authors remain 1-5, 6b, 7b, 8, 12, 13b, 14b and 18-22.");
    pn_sheet_table(s, 2, share, (const char *const[]){"item", "answer"});
    tripod_methods(s, c);
    tripod_results(s, c);
    pn_sheet_table_end(s);
}

/* ---- Radiomics quality score ------------------------------------------------------------------ */

typedef struct criterion { const char *what; int least, most; } criterion;

static const criterion criteria[16] = {
    {"Image protocol: documented 1, public 1", 0, 2}, {"Several segmentations", 0, 1},
    {"Phantom study on all scanners", 0, 1}, {"Several time points", 0, 1},
    {"Feature reduction or adjustment for multiple testing: -3 or 3", -3, 3}, {"Multivariable analysis with other variables", 0, 1},
    {"Biological correlates", 0, 1}, {"Cut-off analysis", 0, 1},
    {"Discrimination: statistic 1, resampling 1", 0, 2}, {"Calibration: statistic 1, resampling 1", 0, 2},
    {"Prospective study registered", 0, 7},
    {"Validation: none -5, same institute 2, another 3, two or a published signature 4, three or more 5", -5, 5},
    {"Comparison with the gold standard", 0, 2}, {"Potential clinical utility", 0, 2}, {"Cost-effectiveness", 0, 1},
    {"Open science and data", 0, 4},
};

typedef struct answer { bool known; int points; const char *why; } answer;

static bool has_decision_curve(const pn_validation *v)
{
    for (size_t h = 0; h < v->n_horizons; h++) {
        if (isfinite(v->horizon[h].brier)) { return true; }
    }
    return false;
}

static bool adjusted(const pn_adjusted *a)
{
    for (size_t i = 0; i < a->n_rows; i++) {
        if (isfinite(a->row[i].ratio)) { return true; }
    }
    return false;
}

/* Only what the files show; [16], in the order of the criteria. */
static void judge(answer a[16], const pn_validation_content *c)
{
    bool resampled = c->m->card.n_performance > 0;
    memset(a, 0, 16 * sizeof *a);
    if (cfg_model_uses(c->m, CFG_SOURCE_PATIENT) || cfg_model_uses(c->m, CFG_SOURCE_TABLE)) {
        a[5] = (answer){true, 1, "the model uses variables that are no image features"};
    } else if (adjusted(&c->forest->with_score)) {
        a[5] = (answer){true, 1, "hazard ratios adjusted for clinical columns"};
    }
    a[7] = (answer){true, 1, "cut-point fixed in the model file; the score is given as well"};
    if (isfinite(c->v->c_se)) {
        a[8] = (answer){true, resampled ? 2 : 1, resampled ? "C-index and AUC with intervals; resampled figures in the model file"
                                                           : "C-index and AUC with intervals; no resampling told"};
    }
    if (isfinite(c->v->slope_p)) { a[9] = (answer){true, 1, "calibration slope with p; no resampling"}; }
    a[11].why = "validated here; the files do not tell whose patients these are";
    if (has_decision_curve(c->v)) { a[13] = (answer){true, 2, "decision curves"}; }
}

static void put_rqs(pn_sheet *s, const pn_validation_content *c)
{
    static const double share[] = {0.5, 5, 1, 1, 4};
    answer a[16];
    int sum = 0, most = 0, known = 0;
    judge(a, c);
    pn_sheet_heading(s, 2, "Radiomics quality score");
    pn_sheet_text(s, "Points only where the files show them; blank: for the authors to fill in.");
    pn_sheet_table(s, 5, share, (const char *const[]){"", "criterion", "range", "points", "shown by"});
    for (int i = 0; i < 16; i++) {
        char number[16], range[32], points[16] = "";
        (void)snprintf(number, sizeof number, "%d", i + 1);
        (void)snprintf(range, sizeof range, "%d to %d", criteria[i].least, criteria[i].most);
        if (a[i].known) {
            (void)snprintf(points, sizeof points, "%d", a[i].points);
            sum += a[i].points;
            most += criteria[i].most;
            known++;
        }
        pn_sheet_row(s, (const char *const[]){number, criteria[i].what, range, points, a[i].why != NULL ? a[i].why : ""});
    }
    pn_sheet_table_end(s);
    pn_sheet_text(s, "Total of the %d criteria shown: %d of %d points. Of all 16 there are 36.", known, sum, most);
}

void pn_put_items(pn_sheet *s, const pn_validation_content *c)
{
    put_tripod(s, c);
    put_rqs(s, c);
}
