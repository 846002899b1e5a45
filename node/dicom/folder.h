/* dicom/folder.h - the DICOM files under some paths, with their headers. */
#ifndef PN_DICOM_FOLDER_H
#define PN_DICOM_FOLDER_H
#include <stddef.h>
#include "base/error.h"
#include "dicom/header.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pn_folder_entry {
    char *path;                        /* owned                                              */
    pn_header header;
} pn_folder_entry;

typedef struct pn_folder {
    pn_folder_entry *entries; size_t n;    /* sorted by path within each path given          */
    size_t n_not_dicom;                /* files without DICM: passed over                    */
    size_t n_refused;                  /* DICOM files whose header could not be read         */
} pn_folder;

/* Called for every file looked at: `problem` is NULL where it was read, or was no DICOM file;
 * else it says why the file was refused. */
typedef void pn_folder_progress(void *user, const char *path, const pn_error *problem);

/* Walk files and folders. Symbolic links to files are followed, to folders only where given
 * in `paths`. A file that cannot be read as DICOM is counted, not an error. Fails:
 * PN_ENOTFOUND (a given path is not there), PN_EIO (a folder cannot be read), PN_ELIMIT (more
 * than PN_MAX_FOLDER_FILES files, folders deeper than PN_MAX_FOLDER_DEPTH). progress may be NULL. */
PN_CHECKED int pn_folder_scan(pn_folder *out, const char *const *paths, size_t n,
                              pn_folder_progress *progress, void *user, pn_error *err);
void pn_folder_free(pn_folder *f);

#ifdef __cplusplus
}
#endif
#endif
