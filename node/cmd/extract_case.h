/* cmd/extract_case.h - what `extract` is asked to measure: a list of cases, each by itself. */
#ifndef PN_EXTRACT_CASE_H
#define PN_EXTRACT_CASE_H
#include <config/ibsi.h>
#include <config/prepare.h>
#include <config/pyradiomics.h>
#include "base/error.h"
#include "dicom/folder.h"

typedef enum ex_profile { EX_PYRADIOMICS, EX_IBSI } ex_profile;
typedef enum ex_format { EX_CSV, EX_LONG, EX_JSON } ex_format;

enum { EX_MAX_PATTERNS = 64, EX_MAX_LABELS = 256, EX_MAX_JOBS = 256, EX_MAX_MAPS = 512 };

/* What is done with each region instead of measuring it (`prognode reliability` perturbs it). */
struct ex_subject;
typedef int ex_hook(void *user, const struct ex_subject *subject, pn_error *err);

/* The command line. */
typedef struct ex_setup {
    const char *output, *batch, *image, *mask;
    const char *const *paths; size_t n_paths;
    ex_format format;
    ex_profile profile;
    cfg_pyradiomics pyradiomics;
    cfg_ibsi ibsi;
    rx_prepare prepare;                        /* done to every image first                     */
    char *settings_text;                       /* owned                                        */
    char digest[PN_DIGEST_HEX_SIZE];           /* of profile and settings                      */
    char *patterns[EX_MAX_PATTERNS]; size_t n_patterns;
    uint32_t labels[EX_MAX_LABELS]; size_t n_labels;
    bool all_labels;
    bool suv;
    unsigned jobs;
    char *maps[EX_MAX_MAPS]; size_t n_maps;    /* instead of values: patterns of features      */
    const char *maps_folder;
    bool resume, quiet;
    ex_hook *hook;                             /* NULL: measure                                */
    void *hook_user;
} ex_setup;

typedef struct ex_column { char *name, *text; } ex_column;

/* An image and a mask, or the wanted regions of one contour object of `folder`. */
typedef struct ex_case {
    size_t number;                             /* from 1                                       */
    char *image, *mask;                        /* NULL where a contour object is meant         */
    size_t row;                                /* of the batch file, as a spreadsheet counts; 0 */
    ex_column *columns; size_t n_columns;      /* of the batch file, for the output            */
    uint32_t label;                            /* of the batch file; 0: as the setup says      */
    long channel;                              /* of the batch file; -1: as the settings say   */
    char *roi;                                 /* of the batch file: a pattern; NULL           */
    size_t entry;                              /* in the folder                                */
    int *rois; size_t n_rois;
} ex_case;

typedef struct ex_cases {
    ex_case *v; size_t n;
    pn_folder folder;
    char folder_digest[PN_DIGEST_HEX_SIZE];    /* of its files' names, sizes and times         */
    bool batch;
} ex_cases;

/* Fails where nothing can be measured: PN_ENOTFOUND (no contour object, none of that name), PN_EFORMAT
 * (a batch file without Image and Mask, a wrong label). Files that are no DICOM are told on stderr. */
PN_CHECKED int ex_cases_find(ex_cases *out, const ex_setup *s, pn_error *err);
void ex_cases_free(ex_cases *cases);

/* For messages: the mask's path, or the contour object's. */
const char *ex_case_name(const ex_cases *cases, size_t i);
/* What the case's result depends on, as a digest: inputs by name, size and time of change, the
 * settings and the software's version. */
PN_CHECKED int ex_case_key(char key[PN_DIGEST_HEX_SIZE], const ex_cases *cases, size_t i, const ex_setup *s,
                           pn_error *err);

/* Said once for files that stand in a folder and are not read. */
void ex_tell_file(void *user, const char *path, const pn_error *problem);

#endif
