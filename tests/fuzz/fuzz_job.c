/* job.json and outcome.json: what loads can be saved and loads again. */
#include <stdio.h>
#include <string.h>
#include "base/file.h"
#include "fuzz.h"
#include "pipeline/job.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

static void put(const char *name, const uint8_t *bytes, size_t n)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", fz_folder(), name);
    FILE *f = fopen(path, "wb");
    fz_require(f != NULL);
    fz_require(fwrite(bytes, 1, n, f) == n);
    fz_require(fclose(f) == 0);
}

static void try_job(const uint8_t *bytes, size_t n)
{
    pn_error err = {0};
    pn_job job, again;
    put(PN_JOB_FILE, bytes, n);
    if (pn_job_load(&job, fz_folder(), &err) != PN_OK) { return; }
    fz_require(job.n_images >= 1 && job.n_rois >= 1);
    fz_require(pn_job_save(&job, fz_folder(), &err) == PN_OK);
    fz_require(pn_job_load(&again, fz_folder(), &err) == PN_OK);
    fz_require(again.case_id == job.case_id && again.n_images == job.n_images);
    fz_require(strcmp(again.model_path, job.model_path) == 0);
    fz_require(again.clinical.n == job.clinical.n && strcmp(again.clinical.patient_id, job.clinical.patient_id) == 0);
    for (size_t i = 0; i < job.clinical.n; i++) {
        const pn_clinical_value *a = &job.clinical.values[i], *b = &again.clinical.values[i];
        fz_require(strcmp(a->name, b->name) == 0 && strcmp(a->why, b->why) == 0);
        fz_require(a->why[0] != '\0' || memcmp(&a->value, &b->value, sizeof a->value) == 0);
    }
    pn_job_free(&job);
    pn_job_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    pn_error err = {0};
    pn_outcome outcome, again;
    try_job(bytes, n);
    put(PN_OUTCOME_FILE, bytes, n);
    if (pn_outcome_load(&outcome, fz_folder(), &err) == PN_OK) {
        fz_require(pn_outcome_save(&outcome, fz_folder(), &err) == PN_OK);
        fz_require(pn_outcome_load(&again, fz_folder(), &err) == PN_OK);
        fz_require(again.reported == outcome.reported);
        fz_require(again.failure.code == outcome.failure.code);
    }
    return 0;
}
