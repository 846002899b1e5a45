/* cmd/validate_compare.h - `prognode validate --compare`: two models on the same patients. */
#ifndef PN_CMD_VALIDATE_COMPARE_H
#define PN_CMD_VALIDATE_COMPARE_H
#include "base/error.h"
#include "cmd/validate_args.h"

/* Reads models and tables, writes page and table, prints what was found. a->other names the other model. */
PN_CHECKED int validate_compare(const validate_args *a, pn_error *err);

#endif
