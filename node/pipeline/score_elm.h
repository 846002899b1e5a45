/* pipeline/score_elm.h - the score of a committee of networks. Private to score.c. */
#ifndef PN_PIPELINE_SCORE_ELM_H
#define PN_PIPELINE_SCORE_ELM_H
#include "pipeline/score.h"

/* z: the standardised values, one a feature. Fills score, group, interval, agreement, and the
 * contributions of r->drivers, which are there in the model's order. Fails: PN_EINVAL, PN_ENOMEM. */
PN_CHECKED int pn_score_committee(pn_score_result *r, const cfg_model *m, const double *z, pn_error *err);

/* Survival of the patient's group at the model's horizons, with the limits of its curve. Fails: PN_ENOMEM. */
PN_CHECKED int pn_score_group_survival(pn_score_result *r, const cfg_model *m, pn_error *err);

#endif
