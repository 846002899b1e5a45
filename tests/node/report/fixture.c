#include "fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/file.h"

#define SET(field, text) (void)snprintf((field), sizeof(field), "%s", (text))

double fixture_value(size_t i)
{
    static const double scale[] = {1e-9, 1e-3, 1, 1e3, 1e9};
    double v = (1.0 / 3 + (double)i) * scale[i % 5];
    return i % 7 == 3 ? -v : v;
}

static void set_study(pn_study *s)
{
    SET(s->patient_name, "M\xc3\xbcller^J\xc3\xb6rg");
    SET(s->patient_id, "PAT-0815");
    SET(s->patient_id_issuer, "HOSPITAL_A");
    SET(s->patient_birth_date, "19500131");
    SET(s->patient_sex, "M");
    SET(s->patient_age, "075Y");
    SET(s->study_uid, "1.2.3.4.5.1");
    SET(s->study_date, "20260102");
    SET(s->study_time, "101112");
    SET(s->study_id, "S1");
    SET(s->accession, "ACC42");
    SET(s->referring_physician, "Referrer^R");
    SET(s->study_description, "CT abdomen");
    SET(s->series_uid, "1.2.3.4.5.2");
    SET(s->frame_of_reference_uid, "1.2.3.4.5.3");
    SET(s->modality, "CT");
    SET(s->body_part, "ABDOMEN");
}

static void set_region(pn_report_region *region, int number, const char *name)
{
    region->number = number;
    SET(region->name, name);
    (void)snprintf(region->tracking_uid, sizeof region->tracking_uid, "2.25.1000%d", number);
    for (size_t i = 0; i < RX_NFEATURES; i++) { region->values[i].v = fixture_value(i); }
    region->diagnostics.roi_voxels = 1234;
}

static void set_drivers(pn_report_result *result)
{
    result->n_drivers = 2;
    result->drivers = calloc(result->n_drivers, sizeof *result->drivers);
    assert_non_null(result->drivers);
    result->drivers[0] = (pn_report_driver){"original_shape_MeshVolume", 12345.6, 1.5, 0.9, 93,
                                            {1, 2, 3, 4, 5, 6, 20000}};
    result->drivers[1] = (pn_report_driver){"original_glcm_JointEntropy", 4.2, -0.5, -0.2, 31,
                                            {1, 2, 3, 4, 5, 6, 7}};
}

static void set_gates(pn_report_result *result)
{
    static const pn_report_gate gates[] = {
        {.kind = PN_GATE_MODALITY, .found = NAN, .low = NAN, .high = NAN, .found_text = "CT",
         .wanted_text = "CT"},
        {.kind = PN_GATE_SLICE_SPACING, .found = 3, .low = 0.5, .high = 5},
        {.kind = PN_GATE_ROI_VOXELS, .found = 1234, .low = 64, .high = INFINITY},
        {.kind = PN_GATE_FEATURE_RANGE, .found = NAN, .low = NAN, .high = NAN},
        {.kind = PN_GATE_DISTANCE, .found = 1.75, .low = 0, .high = 3.5},
    };
    result->n_gates = sizeof gates / sizeof gates[0];
    result->gates = malloc(sizeof gates);
    assert_non_null(result->gates);
    memcpy(result->gates, gates, sizeof gates);
}

static void set_result(pn_report_result *result)
{
    result->assessed = true;
    result->applicable = true;
    result->score = 1.3720000000000001;
    result->score_interval = (pn_interval){0.91234567890123456, 1.8};
    result->group_agreement = 0.975;
    result->high_risk = true;
    result->n_survival = 2;
    result->survival[0] = (pn_report_survival){1, 0.87654321, {0.8, 0.95}};
    result->survival[1] = (pn_report_survival){3, 1.0 / 3, {0.2, 0.5}};
    result->mahalanobis = 1.75;
    result->mahalanobis_percentile = 62;
    set_gates(result);
    set_drivers(result);
}

void fixture_report(pn_report *r)
{
    memset(r, 0, sizeof *r);
    SET(r->sop_uid, "2.25.100");
    SET(r->series_uid, "2.25.101");
    SET(r->content_datetime, "20260301120506");
    r->version = 1;
    r->comprehensive_3d = true;
    SET(r->institution, "Clinic \xc3\x84rzte");
    SET(r->station_name, "NODE1");
    set_study(&r->study);
    r->n_images = FIXTURE_IMAGES;
    r->images = calloc(r->n_images, sizeof *r->images);
    assert_non_null(r->images);
    for (size_t i = 0; i < r->n_images; i++) {
        SET(r->images[i].sop_class_uid, "1.2.840.10008.5.1.4.1.1.2");
        (void)snprintf(r->images[i].sop_uid, PN_UID_SIZE, "1.2.3.4.5.9.%zu", i + 1);
    }
    r->contour_kind = PN_KIND_RTSTRUCT;
    SET(r->contour_sop_class, "1.2.840.10008.5.1.4.1.1.481.3");
    SET(r->contour_sop_uid, "1.2.3.4.5.10");
    SET(r->contour_series_uid, "1.2.3.4.5.11");
    SET(r->contour_label, "contours");
    r->n_regions = 1;
    r->regions = calloc(2, sizeof *r->regions);
    assert_non_null(r->regions);
    set_region(&r->regions[0], 4, "GTV-1");
    SET(r->model_id, "demo-os");
    SET(r->model_version, "1.0.0");
    SET(r->model_title, "Demonstration model (generated phantoms)");
    memset(r->model_sha256, 'a', 64);
    SET(r->endpoint, "overall survival");
    r->research_use_only = true;
    SET(r->settings, "binWidth=25 distances=1 symmetricalGLCM=true");
    r->cutpoint = 0.25;
    r->mahalanobis_limit = 3.5;
    r->training_patients = 150;
    r->training_events = 107;
    r->c_index = 0.7123;
    r->c_index_se = 0.02;
    r->n_replicates = 200;
    set_result(pn_report_main_mut(r));
}

void fixture_seg_report(pn_report *r)
{
    fixture_report(r);
    r->contour_kind = PN_KIND_SEG;
    SET(r->contour_sop_class, "1.2.840.10008.5.1.4.1.1.66.4");
    SET(r->regions[0].code_value, "86049000");
    SET(r->regions[0].code_scheme, "SCT");
    SET(r->regions[0].code_meaning, "Neoplasm, Primary");
    SET(r->regions[0].site_value, "71854001");
    SET(r->regions[0].site_scheme, "SCT");
    SET(r->regions[0].site_meaning, "Colon");
}

void fixture_add_region(pn_report *r, bool main_is_second)
{
    assert_int_equal(r->n_regions, 1);
    set_region(&r->regions[1], 7, "Node left");
    SET(r->regions[1].note, "2 open contours ignored");
    r->n_regions = 2;
    r->main_region = main_is_second ? 1 : 0;
    if (main_is_second) {
        r->regions[1].result = r->regions[0].result;
        r->regions[0].result = (pn_report_result){0};
    }
}

void fixture_assess_second(pn_report *r)
{
    assert_int_equal(r->n_regions, 2);
    r->several_contours = PN_CONTOURS_EACH;
    for (size_t i = 0; i < 2; i++) {
        if (!r->regions[i].result.assessed) { set_result(&r->regions[i].result); }
    }
    pn_report_result *other = &r->regions[1 - r->main_region].result;
    other->high_risk = false;
    other->score = -1.25;
}

void fixture_not_applicable(pn_report *r)
{
    pn_report_result *result = pn_report_main_mut(r);
    result->applicable = false;
    result->high_risk = false;
    result->score = NAN;
    result->score_interval = (pn_interval){NAN, NAN};
    result->group_agreement = NAN;
    result->n_survival = 0;
    for (size_t i = 0; i < result->n_drivers; i++) { result->drivers[i].contribution = NAN; }
    result->gates[1].state = PN_GATE_FAILED;
    result->gates[1].found = 7.5;
    result->gates[2].state = PN_GATE_FAILED;
    result->gates[2].found = 12;
    SET(r->reasons[0], "slice spacing 7.5 mm is outside 0.5 to 5 mm");
    SET(r->reasons[1], "the region has 12 voxels, at least 64 are needed");
    r->n_reasons = 2;
}

static void set_folder(char *folder, size_t size)
{
    (void)snprintf(folder, size, "/tmp/prognode-test-report-%ld", (long)getpid());
}

const char *fixture_path(const char *name)
{
    static char paths[8][600];
    static unsigned next;
    char folder[64];
    set_folder(folder, sizeof folder);
    (void)mkdir(folder, 0700);
    char *path = paths[next++ % 8];
    (void)snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

int fixture_cleanup(void **state)
{
    (void)state;
    char folder[64];
    set_folder(folder, sizeof folder);
    return pn_remove_tree(folder, NULL);
}

void fixture_write(const pn_report *r, const char *path)
{
    pn_error err = {0};
    if (pn_report_write_sr(r, NULL, path, &err) != 0) { fail_msg("pn_report_write_sr: %s", err.msg); }
}

bool have_tool(const char *tool)
{
    char command[128];
    (void)snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", tool);
    if (system(command) == 0) { return true; }
    fprintf(stderr, "SKIPPED: %s is not installed\n", tool);
    return false;
}

int run_tool(char *out, size_t size, const char *fmt, ...)
{
    char command[2048];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(command, sizeof command - 8, fmt, ap);
    va_end(ap);
    assert_true(n > 0 && (size_t)n < sizeof command - 8);
    memcpy(command + n, " 2>&1", 6);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    size_t used = 0;
    char rest[4096];
    for (;;) {
        bool room = used + 1 < size;
        size_t got = room ? fread(out + used, 1, size - 1 - used, pipe)
                          : fread(rest, 1, sizeof rest, pipe);
        if (got == 0) { break; }
        if (room) { used += got; }
    }
    out[used] = '\0';
    int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
