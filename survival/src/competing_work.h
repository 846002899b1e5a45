/* competing_work.h - what the functions for competing causes share. */
#ifndef SV_COMPETING_WORK_H
#define SV_COMPETING_WORK_H

#include <survival/competing.h>

#include "times.h"

SV_CHECKED int sv_competing_check_cause(int cause, sv_error *err);

/* Rank the times of c, which has passed sv_competing_check. */
SV_CHECKED int sv_competing_rank(sv_times *out, const sv_competing *c, sv_error *err);

#endif
