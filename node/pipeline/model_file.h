/* pipeline/model_file.h - the models of a configuration, each from bytes that are read once: what was checked
 * is what is parsed.
 *
 * `serve` checks every model at its start, with its signature where signatures are required, and keeps a copy
 * of the bytes in the spool, named by their SHA-256 (`models/`). From then on the node keeps to these bytes:
 * its roles read the copy and compare the digest, and so does each compute process (job.json). */
#ifndef PN_MODEL_FILE_H
#define PN_MODEL_FILE_H
#include <config/model.h>
#include <config/node.h>
#include "base/error.h"
#include "base/limits.h"
#include "base/signature.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pn_model_file {
    char *bytes; size_t n;             /* as they lie in the file                          */
    cfg_model model;                   /* what they say                                    */
    char signer[PN_DIGEST_HEX_SIZE];   /* the key whose signature was found good, "": none */
} pn_model_file;

/* Where the reference has a digest, the bytes must have it; else where `trust` (NULL: nothing) requires signatures,
 * FILE.sig must be a good one of a trusted key: both before anything is parsed. Fails: PN_ECONFIG (the message
 * names file, place and key), PN_ENOMEM. *out is untouched then. */
PN_CHECKED int pn_model_file_open(pn_model_file *out, const cfg_model_ref *ref, const cfg_signatures *trust,
                                  pn_error *err);
/* Of the same, only what the model says. */
PN_CHECKED int pn_model_open(cfg_model *out, const cfg_model_ref *ref, const cfg_signatures *trust, pn_error *err);
void pn_model_file_free(pn_model_file *f);     /* a zeroed struct is fine */

/* Keep a copy in folder/models/ and let the reference name it, by digest. */
PN_CHECKED int pn_model_pin(cfg_model_ref *ref, const char *folder, const pn_model_file *f, pn_error *err);

/* Whether a node with this spool folder has been started with a model of this digest. */
bool pn_model_is_kept(const char *folder, const char *sha256);

/* The digests of all references, a line each, as another process reads them: from the same configuration. */
PN_CHECKED int pn_model_pins_write(char **text, const cfg_node *cfg, pn_error *err);
PN_CHECKED int pn_model_pins_read(cfg_node *cfg, const char *text, pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
