/* cmd/simulate_tables.h - the files of `prognode simulate` (docs/FORMATS.md, "Simulated cohorts"). */
#ifndef PN_SIMULATE_TABLES_H
#define PN_SIMULATE_TABLES_H
#include <survival/simulate.h>
#include "base/buf.h"
#include "base/error.h"

#define SIM_MAX_FEATURES 1781u      /* names that there are */

typedef struct sim_cohort {
    const char *name;               /* folder, and column `centre` of the clinical table */
    const char *prefix;             /* of the patients' names                            */
    sv_sim_spec spec;
    sv_sim_follow follow;
} sim_cohort;

/* Column of feature j: the two first drivers are the two features that Zhong et al. 2022 name, the rest PyRadiomics'
 * names in order, then those of filtered images. */
void sim_feature_name(char *out, size_t size, size_t j);

/* genesets.gmt and the tables of truth/. */
PN_CHECKED int sim_write_population(const char *folder, const sv_sim *sim, pn_error *err);
/* FOLDER/NAME: features.csv, features_repeat.csv, clinical.csv, expression.csv, truth.csv. */
PN_CHECKED int sim_write_cohort(const char *folder, const sv_sim *sim, const sim_cohort *c, const sv_sim_cohort *drawn,
                                pn_error *err);
/* One cohort's block of truth/truth.yaml. */
PN_CHECKED int sim_describe_cohort(pn_buf *b, const sim_cohort *c, const sv_sim_cohort *drawn, pn_error *err);
/* truth/truth.yaml; `cohorts`: what sim_describe_cohort made. */
PN_CHECKED int sim_write_truth(const char *folder, const sv_sim *sim, const pn_buf *cohorts, pn_error *err);

#endif
