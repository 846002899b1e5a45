/* pipeline/cautions.h - what a reader of a validation must bear in mind, in words. */
#ifndef PN_PIPELINE_CAUTIONS_H
#define PN_PIPELINE_CAUTIONS_H
#include "pipeline/validate.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Add to v->warnings; what finds no room is dropped. */
void pn_validation_warn(pn_validation *v, const char *fmt, ...) PN_PRINTF(2, 3);

/* Of a validation that is whole but for these: few events or few without, an empty group, horizons beyond the
 * training follow-up or with few still watched, values outside of the training range, a calibration slope or an
 * effect that changes with time. */
void pn_validation_caution(pn_validation *v, const cfg_model *m, const pn_train_data *d);

#ifdef __cplusplus
}
#endif
#endif
