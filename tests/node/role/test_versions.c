/* What a later contour, a corrected header or a late slice makes of a case: the next version, or
 * nothing. Store, intake, matching and revising without processes. */
#include "check.h"
#include <stdlib.h>
#include <string.h>
#include "case_fixture.h"
#include "pipeline/job.h"
#include "role/outgoing.h"

/* A GTV on images 1.i.1 … 1.i.<n> of 1.series. */
static void make_gtv(contour *c, const char *sop, const char *datetime, const char *name, int n)
{
    make_contour(c, 1, n);
    add_series(c, "1.series", "1.i", 1, n);
    snprintf(c->h.sop_uid, sizeof c->h.sop_uid, "%s", sop);
    snprintf(c->h.structure_datetime, sizeof c->h.structure_datetime, "%s", datetime);
    snprintf(c->rois[0].name, sizeof c->rois[0].name, "%s", name);
}

static size_t contour_comes(node *n, const contour *c, const char *digest)
{
    n->now += 10;
    return contour_arrives(n, c, digest);
}

/* Image i as patient `patient`, with order `identity`; other pixels where `pixels` differs. */
static void image_comes(node *n, int i, const char *patient, const char *identity, const char *pixels)
{
    pn_header h = { .kind = PN_KIND_IMAGE, .study_uid = "1.study", .series_uid = "1.series",
                    .frame_of_reference_uid = "1.frame", .modality = "CT" };
    pn_instance in;
    pn_added added;
    char digest[PN_DIGEST_HEX_SIZE];
    n->now += 10;
    snprintf(h.sop_uid, sizeof h.sop_uid, "1.i.%d", i);
    snprintf(h.patient_id, sizeof h.patient_id, "%s", patient);
    snprintf(h.identity_digest, sizeof h.identity_digest, "%s/%s", patient, identity);
    snprintf(h.pixel_digest, sizeof h.pixel_digest, "%s", pixels);
    snprintf(digest, sizeof digest, "%d/%s/%s/%s", i, patient, identity, pixels);
    pn_intake_instance(&in, &h, digest, 100, n->now);
    CHECK_OK(pn_store_add_instance(&added, n->s, &in, &n->err), n->err);
    node_settle(n);
}

static bool is_state(node *n, int64_t id, pn_case_state state)
{
    pn_case *c = case_number(n, id);
    if (c->state != state) {
        print_message("case %d is %s: %s\n", (int)id, pn_case_state_word(c->state), c->reason);
    }
    return c->state == state;
}

/* The next case in the queue is claimed; 0: none. */
static int64_t claim(node *n)
{
    static pn_case c;
    bool got = false;
    CHECK_OK(pn_store_claim_case(&c, &got, n->s, n->now, "w", 100000, &n->err), n->err);
    return got ? c.id : 0;
}

static void finish(node *n, int64_t id)
{
    char sop[32], series[32];
    snprintf(sop, sizeof sop, "2.25.%d", (int)id);
    snprintf(series, sizeof series, "2.25.9%d", (int)id);
    pn_outgoing o = { .archive = "pacs", .path = "/r/sr.dcm", .sop_class_uid = "1.2.88",
                      .sop_uid = sop };
    CHECK_OK(pn_store_case_reported(n->s, id, case_number(n, id)->fence, sop, series, n->folder, &o,
                                    1, n->now, &n->err), n->err);
    node_settle(n);
}

static void compute(node *n, int64_t want)
{
    assert_int_equal(claim(n), want);
    finish(n, want);
}

/* Three images and a contour, reported as case 1. */
static void first_report(node *n)
{
    contour c;
    for (int i = 1; i <= 3; i++) { image_comes(n, i, "P1", "A", "p"); }
    make_gtv(&c, "1.rs", "20240102120000", "GTV-1", 3);
    assert_int_equal(contour_comes(n, &c, "d1"), 1);
    compute(n, 1);
}

/* ---- Contours ---- */

static void contour__each_that_comes_after_a_report(void **state)
{
    (void)state;
    static const struct {
        const char *sop, *datetime, *name, *digest;
        pn_case_state state;       /* of case 2; PN_CASE_NSTATES: none is made */
        unsigned version;
    } row[] = {
        { "1.rs", "20240102120000", "GTV-1", "d1", PN_CASE_NSTATES, 0 },   /* the same bytes */
        { "1.rs2", "20240103120000", "GTV-1", "d2", PN_CASE_READY, 2 },    /* later */
        { "1.rs2", "20240102120000", "GTV-1", "d2", PN_CASE_READY, 2 },    /* the same time */
        { "1.rs2", "20240102", "GTV-1", "d2", PN_CASE_READY, 2 },          /* the same day */
        { "1.rs2", "", "GTV-1", "d2", PN_CASE_READY, 2 },                  /* it does not say */
        { "1.rs2", "120000", "GTV-1", "d2", PN_CASE_READY, 2 },            /* a time, no date */
        { "1.rs2", "20240102115959.9", "GTV-1", "d2", PN_CASE_NOT_APPLICABLE, 1 },
        { "1.rs", "20240102120000", "GTV-1", "d2", PN_CASE_READY, 2 },     /* same UID, other bytes */
        { "1.rs2", "20240103120000", "GTV-2", "d2", PN_CASE_READY, 1 },    /* another tumour */
        { "1.rs2", "20200101", "GTV-2", "d2", PN_CASE_READY, 1 },
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        void *own;
        assert_int_equal(node_setup(&own), 0);
        node *n = own;
        contour c;
        first_report(n);
        make_gtv(&c, row[i].sop, row[i].datetime, row[i].name, 3);
        size_t made = contour_comes(n, &c, row[i].digest);
        assert_int_equal(made, row[i].state == PN_CASE_NSTATES ? 0 : 1);
        if (made) {
            assert_true(is_state(n, 2, row[i].state));
            pn_case *v = case_number(n, 2);
            assert_int_equal(v->version, row[i].version);
            assert_string_equal(v->predecessor_sop_uid, row[i].version == 2 ? "2.25.1" : "");
            assert_string_equal(v->predecessor_series_uid, row[i].version == 2 ? "2.25.91" : "");
            if (row[i].state == PN_CASE_NOT_APPLICABLE) {
                assert_string_equal(v->reason, "older than the contour of case 1");
            }
        }
        assert_int_equal(node_teardown(&own), 0);
    }
}

static void contour__a_segmentation_does_not_replace_an_rtstruct(void **state)
{
    node *n = *state;
    contour c;
    first_report(n);
    make_gtv(&c, "1.seg", "20240103", "GTV-1", 3);
    c.h.kind = PN_KIND_SEG;                              /* which names what it is drawn on */
    contour_comes(n, &c, "d2");
    n->now += 601 * 1000;
    node_settle(n);
    assert_true(is_state(n, 2, PN_CASE_READY));
    assert_int_equal(case_number(n, 2)->version, 1);
}

static void contour__overtaken_while_it_waited_is_dropped(void **state)
{
    node *n = *state;
    contour c;
    make_gtv(&c, "1.rs", "20240102", "GTV-1", 3);
    contour_comes(n, &c, "d1");
    make_gtv(&c, "1.rs2", "20240103", "GTV-1", 3);
    contour_comes(n, &c, "d2");
    /* The later one gets ready without looking at the earlier one, as another node might. */
    pn_match_decision d = { .state = PN_CASE_READY, .next_look_ms = INT64_MAX, .version = 1 };
    CHECK_OK(pn_store_decide_case(n->s, 2, &d, n->now, &n->err), n->err);
    for (int i = 1; i <= 3; i++) { image_comes(n, i, "P1", "A", "p"); }
    assert_true(is_state(n, 1, PN_CASE_DROPPED));
    assert_string_equal(case_number(n, 1)->reason, "superseded by case 2");
}

static void contour__a_later_one_drops_what_is_not_computed_yet(void **state)
{
    node *n = *state;
    contour c;
    for (int i = 1; i <= 3; i++) { image_comes(n, i, "P1", "A", "p"); }
    make_gtv(&c, "1.rs", "20240102", "GTV-1", 3);
    contour_comes(n, &c, "d1");
    assert_true(is_state(n, 1, PN_CASE_READY));
    make_gtv(&c, "1.rs2", "20240103", "GTV-1", 3);
    contour_comes(n, &c, "d2");
    assert_true(is_state(n, 1, PN_CASE_DROPPED));
    assert_string_equal(case_number(n, 1)->reason, "superseded by case 2");
    assert_int_equal(case_number(n, 2)->version, 1);
    compute(n, 2);
    assert_int_equal(claim(n), 0);
}

static void contour__an_incomplete_later_one_stops_nothing(void **state)
{
    node *n = *state;
    contour c;
    for (int i = 1; i <= 2; i++) { image_comes(n, i, "P1", "A", "p"); }
    make_gtv(&c, "1.rs", "20240102", "GTV-1", 2);
    contour_comes(n, &c, "d1");
    make_gtv(&c, "1.rs2", "20240103", "GTV-1", 3);
    contour_comes(n, &c, "d2");
    assert_true(is_state(n, 1, PN_CASE_READY));
    assert_true(is_state(n, 2, PN_CASE_WAITING));
    compute(n, 1);
    image_comes(n, 3, "P1", "A", "p");
    assert_true(is_state(n, 2, PN_CASE_READY));
    assert_int_equal(case_number(n, 2)->version, 2);
}

static void contour__a_later_one_waits_for_what_is_being_computed(void **state)
{
    node *n = *state;
    contour c;
    for (int i = 1; i <= 3; i++) { image_comes(n, i, "P1", "A", "p"); }
    make_gtv(&c, "1.rs", "20240102", "GTV-1", 3);
    contour_comes(n, &c, "d1");
    assert_int_equal(claim(n), 1);
    make_gtv(&c, "1.rs2", "20240103", "GTV-1", 3);
    contour_comes(n, &c, "d2");
    assert_true(is_state(n, 2, PN_CASE_WAITING));
    assert_non_null(strstr(case_number(n, 2)->reason, "case 1"));
    assert_int_equal(claim(n), 0);
    finish(n, 1);
    n->now += 1000;
    node_settle(n);
    assert_true(is_state(n, 2, PN_CASE_READY));
    assert_string_equal(case_number(n, 2)->predecessor_sop_uid, "2.25.1");
}

/* ---- Corrected patients and orders ---- */

static void patient__corrected_waits_for_images_and_contour(void **state)
{
    (void)state;
    /* The contour comes as number `at` of the four objects. */
    for (int at = 0; at < 4; at++) {
        void *own;
        assert_int_equal(node_setup(&own), 0);
        node *n = own;
        contour c;
        first_report(n);
        make_gtv(&c, "1.rs", "20240102120000", "GTV-1", 3);
        strcpy(c.h.patient_id, "P2");
        int image = 1;
        for (int k = 0; k < 4; k++) {
            assert_int_equal(claim(n), 0);
            if (k == at) {
                contour_comes(n, &c, "d1-of-P2");
            } else {
                image_comes(n, image++, "P2", "A", "p");
            }
        }
        assert_int_equal(n_cases(n), 2);
        assert_true(is_state(n, 2, PN_CASE_READY));
        assert_int_equal(case_number(n, 2)->version, 2);
        assert_string_equal(case_number(n, 2)->patient_id, "P2");
        pn_file_list l = { 0 };
        CHECK_OK(pn_store_case_images(&l, n->s, 2, &n->err), n->err);
        assert_string_equal(l.item[0].digest, "1/P2/A/p");
        pn_file_list_free(&l);
        assert_int_equal(node_teardown(&own), 0);
    }
}

static void patient__half_corrected_fails_in_the_end(void **state)
{
    node *n = *state;
    contour c;
    first_report(n);
    make_gtv(&c, "1.rs", "20240102120000", "GTV-1", 3);
    strcpy(c.h.patient_id, "P2");
    contour_comes(n, &c, "d1-of-P2");
    image_comes(n, 1, "P2", "A", "p");
    assert_true(is_state(n, 2, PN_CASE_WAITING));
    assert_non_null(strstr(case_number(n, 2)->reason, "identity conflict"));
    n->now += 3601 * 1000;
    node_settle(n);
    assert_true(is_state(n, 2, PN_CASE_FAILED));
    assert_true(is_state(n, 1, PN_CASE_REPORTED));
}

static void order__corrected_makes_a_version_when_all_agree(void **state)
{
    node *n = *state;
    first_report(n);
    image_comes(n, 1, "P1", "B", "p");
    image_comes(n, 2, "P1", "B", "p");
    assert_int_equal(n_cases(n), 1);
    image_comes(n, 3, "P1", "B", "p");
    assert_int_equal(n_cases(n), 2);
    assert_int_equal(case_number(n, 2)->version, 2);
    compute(n, 2);
    for (int i = 1; i <= 3; i++) { image_comes(n, i, "P1", "B", "p"); }
    assert_int_equal(n_cases(n), 2);                 /* identical data again */
}

static void pixels__other_ones_make_no_version(void **state)
{
    node *n = *state;
    first_report(n);
    for (int i = 1; i <= 3; i++) { image_comes(n, i, "P1", "B", "q"); }
    assert_int_equal(n_cases(n), 1);
    pn_instance first;
    CHECK_OK(pn_store_get_instance(&first, n->s, "1.i.1", NULL, &n->err), n->err);
    assert_string_equal(first.digest, "1/P1/A/p");   /* the first copy stays */
}

/* ---- A series as a whole ---- */

static void series__a_late_slice_makes_a_version(void **state)
{
    node *n = *state;
    contour c;
    image_comes(n, 11, "P1", "A", "p");
    image_comes(n, 12, "P1", "A", "p");
    make_gtv(&c, "1.rs", "20240102", "GTV-1", 3);    /* names 1.i.1 to 1.i.3: none is there */
    contour_comes(n, &c, "d1");
    n->now += 601 * 1000;
    node_settle(n);
    assert_true(is_state(n, 1, PN_CASE_READY));
    assert_true(case_number(n, 1)->by_series);
    pn_job_file images[2] = { { "/a", "11/P1/A/p" }, { "/b", "12/P1/A/p" } };
    int rois[] = { 1 };
    pn_job job = { .case_id = 1, .version = 1, .images = images, .n_images = 2, .rois = rois,
                   .n_rois = 1, .model_path = "/m", .content_datetime = "20240102030405" };
    CHECK_OK(pn_job_save(&job, n->folder, &n->err), n->err);
    compute(n, 1);
    image_comes(n, 12, "P1", "A", "p");
    assert_int_equal(n_cases(n), 1);
    /* The same slice by another way, with a header that differs in nothing that matters. */
    pn_header again = { .kind = PN_KIND_IMAGE, .sop_uid = "1.i.12", .study_uid = "1.study",
                        .series_uid = "1.series", .frame_of_reference_uid = "1.frame",
                        .patient_id = "P1", .identity_digest = "P1/A", .pixel_digest = "p" };
    pn_instance in;
    pn_added added;
    pn_intake_instance(&in, &again, "12-by-another-way", 100, n->now + 1);
    CHECK_OK(pn_store_add_instance(&added, n->s, &in, &n->err), n->err);
    assert_int_equal(added, PN_ADDED_CORRECTED);
    node_settle(n);
    assert_int_equal(n_cases(n), 1);
    image_comes(n, 13, "P1", "A", "p");
    assert_int_equal(n_cases(n), 2);
    assert_true(is_state(n, 2, PN_CASE_WAITING));        /* others may follow */
    n->now += 300 * 1000;
    image_comes(n, 14, "P1", "A", "p");
    n->now += 301 * 1000;
    node_settle(n);
    assert_true(is_state(n, 2, PN_CASE_WAITING));
    n->now += 300 * 1000;
    node_settle(n);
    assert_true(is_state(n, 2, PN_CASE_READY));
    assert_int_equal(case_number(n, 2)->version, 2);
    assert_int_equal(n_cases(n), 2);
}

/* ---- The operator, priorities, shadow ---- */

static void rerun__makes_the_next_version_once(void **state)
{
    node *n = *state;
    int64_t id = 0;
    first_report(n);
    static pn_case old;
    old = *case_number(n, 1);
    CHECK_OK(pn_intake_again(&id, &n->intake, n->s, &old, "tumour", n->now, &n->err), n->err);
    node_settle(n);
    assert_int_equal(id, 2);
    assert_true(is_state(n, 2, PN_CASE_READY));
    assert_int_equal(case_number(n, 2)->version, 2);
    assert_string_equal(case_number(n, 2)->model_version, "1.0");
    assert_int_equal(pn_intake_again(&id, &n->intake, n->s, &old, "tumour", n->now, &n->err), PN_EINVAL);
    assert_int_equal(pn_intake_again(&id, &n->intake, n->s, &old, "none", n->now, &n->err), PN_ECONFIG);
}

static void priority__an_urgent_sender_goes_first(void **state)
{
    node *n = *state;
    contour c;
    image_comes(n, 1, "P1", "A", "p");
    for (int i = 1; i <= 4; i++) {
        char sop[16], name[16];
        snprintf(sop, sizeof sop, "1.rs%d", i);
        snprintf(name, sizeof name, "GTV-%d", i);
        make_gtv(&c, sop, "20240102", name, 1);
        strcpy(c.h.source_ae, i == 3 ? "URGENT" : "TPS");
        contour_comes(n, &c, sop);
    }
    assert_int_equal(claim(n), 3);
    assert_int_equal(claim(n), 1);
    assert_int_equal(claim(n), 2);
    assert_int_equal(claim(n), 4);
}

/* The queue does not look at the size of a case: with one worker, a case of few slices that is
 * ready behind one of many is the next one claimed. */
static void priority__a_large_series_delays_by_one_job(void **state)
{
    node *n = *state;
    contour c;
    make_gtv(&c, "1.large", "20240102", "GTV-1", 3);
    contour_comes(n, &c, "large");                     /* made first, complete last */
    make_gtv(&c, "1.small", "20240102", "GTV-2", 1);
    contour_comes(n, &c, "small");
    image_comes(n, 1, "P1", "A", "p");
    assert_int_equal(claim(n), 2);                     /* ready first: not behind the older number */
    image_comes(n, 2, "P1", "A", "p");
    image_comes(n, 3, "P1", "A", "p");
    assert_int_equal(claim(n), 1);
}

static void shadow__first_reports_are_held_or_go_elsewhere(void **state)
{
    (void)state;
    static const struct {
        unsigned shadow;
        const char *archive;
        size_t n_reports, n;
        const char *first;
        bool held;
    } row[] = {
        { 0, "", 0, 2, "pacs", false },     { 2, "", 0, 2, "pacs", true },
        { 2, "", 1, 2, "pacs", true },      { 2, "", 2, 2, "pacs", false },
        { 2, "test", 1, 1, "test", false }, { 2, "test", 2, 1, "pacs", false },
        { 0, "test", 0, 1, "pacs", false },
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        cfg_archive archives[2] = { { .name = "pacs" }, { .name = "test" } };
        cfg_model_ref model = { .shadow = row[i].shadow };
        strcpy(model.shadow_archive, row[i].archive);
        cfg_node cfg = { .archives = archives, .n_archives = 2, .models = &model, .n_models = 1 };
        const pn_outcome o = { .reported = true, .n_objects = 2, .objects = {
            { PN_OBJECT_SEG, "seg.dcm", "1", "2", "3", 0, false },
            { PN_OBJECT_SR, "sr.dcm", "4", "5", "6", 0, true } } };
        pn_outgoing_list out = { 0 };
        pn_error err = { 0 };
        CHECK_OK(pn_outgoing_list_make(&out, &cfg, 0, row[i].n_reports, "/r", &o, &err), err);
        assert_int_equal(out.n, 2 * row[i].n);
        for (size_t k = 0; k < 2; k++) {
            assert_string_equal(out.item[k].archive, row[i].first);
            assert_int_equal(out.item[k].hold != NULL, row[i].held);
        }
        assert_string_equal(out.item[0].path, "/r/seg.dcm");
        assert_true(out.item[0].place < out.item[1].place && out.item[1].names_segment);
        pn_outgoing_list_free(&out);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, node_setup, node_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contour__each_that_comes_after_a_report),
        T(contour__a_segmentation_does_not_replace_an_rtstruct),
        T(contour__overtaken_while_it_waited_is_dropped),
        T(contour__a_later_one_drops_what_is_not_computed_yet),
        T(contour__an_incomplete_later_one_stops_nothing),
        T(contour__a_later_one_waits_for_what_is_being_computed),
        cmocka_unit_test(patient__corrected_waits_for_images_and_contour),
        T(patient__half_corrected_fails_in_the_end),
        T(order__corrected_makes_a_version_when_all_agree),
        T(pixels__other_ones_make_no_version),
        T(series__a_late_slice_makes_a_version),
        T(rerun__makes_the_next_version_once),
        T(priority__an_urgent_sender_goes_first),
        T(priority__a_large_series_delays_by_one_job),
        cmocka_unit_test(shadow__first_reports_are_held_or_go_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
