/* cmd/extract_write.h - the measured cases as a table or as JSON, in the order of the input. */
#ifndef PN_EXTRACT_WRITE_H
#define PN_EXTRACT_WRITE_H
#include "cmd/extract_case.h"
#include "cmd/extract_store.h"

/* How many rows there were, and of them without values. */
typedef struct ex_count { size_t measured, failed; } ex_count;

/* Tell on stderr what could not be measured, and write what the setup asks for to its output: whole
 * or not at all. keep_failed: such rows are in the table too, with what was given and a column
 * diagnostics_Error. Nothing is written where nothing was measured and they are not kept. */
PN_CHECKED int ex_write(ex_count *count, ex_store *store, const ex_cases *cases, const ex_setup *s,
                        bool keep_failed, pn_error *err);

#endif
