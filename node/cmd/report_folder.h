/* cmd/report_folder.h - the jobs that DICOM folders give, as the node's worker would make them. */
#ifndef PN_REPORT_FOLDER_H
#define PN_REPORT_FOLDER_H
#include "pipeline/job.h"

typedef struct report_settings {
    const char *config, *model;        /* one of them; NULL: the other                      */
    const char *time;                  /* NULL: now                                         */
    const char *clinical_table;        /* beside model; NULL: none                          */
} report_settings;

typedef struct report_jobs_list {
    pn_job *item; size_t n, room;      /* owned                                             */
    size_t n_failed;                   /* contours that a model wants and that lack images: each is
                                          told on stderr                                    */
} report_jobs_list;

/* One for each contour object and model that wants regions of it. Fails: PN_ECONFIG (the
 * configuration or a model file), PN_ENOTFOUND (no contour object that a model wants), and as
 * reading the folders does. */
PN_CHECKED int report_jobs_of(report_jobs_list *out, const report_settings *settings,
                              const char *const *paths, size_t n_paths, pn_error *err);
void report_jobs_free(report_jobs_list *l);

#endif
