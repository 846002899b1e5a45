/* role/withdrawn.h - that a case's report was withdrawn, kept beside the report: a database that is
 * rebuilt from the folders must not send it again. */
#ifndef PN_WITHDRAWN_H
#define PN_WITHDRAWN_H
#include "queue/store.h"

#define PN_WITHDRAWN_FILE "withdrawn.json"

typedef struct pn_withdrawn {
    char reason[PN_REASON_SIZE];
    pn_outgoing *notes; size_t n_notes;    /* for the archives that held something; owned     */
    struct pn_withdrawn_note *texts;       /* what the notes lend                             */
} pn_withdrawn;

/* Durable. The notes' files lie in the folder. */
PN_CHECKED int pn_withdrawn_save(const char *folder, const char *reason, const pn_outgoing *notes,
                                 size_t n_notes, pn_error *err);
/* PN_ENOTFOUND: it was not withdrawn. PN_EFORMAT: the file is broken. */
PN_CHECKED int pn_withdrawn_load(pn_withdrawn *out, const char *folder, pn_error *err);
void pn_withdrawn_free(pn_withdrawn *w);

#endif
