/* pipeline/job_json.h - the JSON files of an attempt's folder. Private to job.c and outcome.c. */
#ifndef PN_JOB_JSON_H
#define PN_JOB_JSON_H
#include <stdbool.h>
#include <stddef.h>
#include <cjson/cJSON.h>
#include "base/error.h"

PN_CHECKED int pn_job_json_save(cJSON *json, const char *folder, const char *name, pn_error *err);
/* PN_EFORMAT: no JSON. Caller deletes *json. */
PN_CHECKED int pn_job_json_load(cJSON **json, const char *folder, const char *name, pn_error *err);

/* Members that fit; false: anything else, which is a broken file. */
bool pn_job_get_text(const cJSON *json, const char *key, char *out, size_t size);
bool pn_job_get_number(const cJSON *json, const char *key, double low, double high, double *out);
bool pn_job_get_bool(const cJSON *json, const char *key, bool *out);

#endif
