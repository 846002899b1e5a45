/* calibration_work.h - what the functions of calibration share. */
#ifndef SV_CALIBRATION_WORK_H
#define SV_CALIBRATION_WORK_H

#include <survival/calibration.h>

/* predicted: NULL if there is none to check. */
SV_CHECKED int sv_calibration_check(const double *predicted, const sv_surv *s, double u, sv_error *err);

#endif
