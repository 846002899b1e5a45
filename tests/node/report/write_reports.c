/* write_reports FOLDER: a report of every kind, each as KIND.dcm and KIND.json. For readers and
 * validators that are not ours (tests/node/report/read_back.py, validate.sh). */
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/file.h"
#include "dicom/runtime.h"
#include "report/report.h"

static const char *folder;

static void write_kind(const char *kind, pn_report *r, const pn_sr_form *form)
{
    char path[600];
    char *json = NULL;
    pn_error err = {0};
    (void)snprintf(path, sizeof path, "%s/%s.dcm", folder, kind);
    if (pn_report_write_sr(r, form, path, &err) != PN_OK || pn_report_to_json(&json, r, &err) != PN_OK) {
        fail_msg("%s: %s", kind, err.msg);
    }
    (void)snprintf(path, sizeof path, "%s/%s.json", folder, kind);
    if (pn_write_file(path, json, strlen(json), false, &err) != PN_OK) { fail_msg("%s", err.msg); }
    free(json);
    pn_report_free(r);
}

static void write_all(void **state)
{
    (void)state;
    pn_report r;
    fixture_report(&r);
    write_kind("rtstruct", &r, NULL);

    fixture_seg_report(&r);
    r.regions[0].values[5] = (rx_value){NAN, RX_UNDEFINED};
    write_kind("seg", &r, NULL);

    const pn_sr_form own_seg = {.comprehensive_3d = true, .refer_to_segment = true,
                                .seg_sop_uid = "2.25.500", .seg_series_uid = "2.25.501"};
    fixture_report(&r);
    fixture_add_region(&r, true);
    write_kind("own-segment", &r, &own_seg);

    const pn_sr_form plain = {.comprehensive_3d = false, .sop_uid = "2.25.102", .series_uid = "2.25.103"};
    fixture_report(&r);
    write_kind("comprehensive", &r, &plain);

    fixture_report(&r);
    fixture_not_applicable(&r);
    r.matched_by_series = true;
    write_kind("not-applicable", &r, NULL);

    fixture_report(&r);
    fixture_add_region(&r, false);
    fixture_assess_second(&r);
    write_kind("several", &r, NULL);

    fixture_report(&r);
    (void)snprintf(r.language, sizeof r.language, "zh");
    (void)snprintf(r.study.patient_name, sizeof r.study.patient_name, "Wang^XiaoDong=王^小东");
    r.version = 2;
    (void)snprintf(r.predecessor_sop_uid, PN_UID_SIZE, "2.25.90");
    (void)snprintf(r.predecessor_series_uid, PN_UID_SIZE, "2.25.91");
    write_kind("chinese-second-version", &r, NULL);

    fixture_report(&r);
    (void)snprintf(r.language, sizeof r.language, "de");
    pn_study bare = {0};
    memcpy(bare.study_uid, r.study.study_uid, sizeof bare.study_uid);
    memcpy(bare.series_uid, r.study.series_uid, sizeof bare.series_uid);
    memcpy(bare.modality, r.study.modality, sizeof bare.modality);
    r.study = bare;
    write_kind("german-bare-study", &r, NULL);
}

int main(int argc, char **argv)
{
    pn_error err = {0};
    if (argc != 2) {
        fprintf(stderr, "usage: write_reports FOLDER\n");
        return 2;
    }
    folder = argv[1];
    if (pn_dicom_init(&err) != PN_OK) {
        fprintf(stderr, "write_reports: %s\n", err.msg);
        return 1;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(write_all)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
