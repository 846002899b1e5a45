/* margins.h - the row and column sums of a table of counts. */
#ifndef SV_MARGINS_H
#define SV_MARGINS_H

#include <survival/tables.h>

typedef struct sv_margins { size_t *row, *col, total; } sv_margins;

/* Refuses what sv_tables' functions refuse: margins of 0, too many counts, a single row or column. */
SV_CHECKED int sv_margins_of(sv_margins *m, const sv_table *t, sv_error *err);
void sv_margins_free(sv_margins *m);

#endif
