/* Headers of real and made objects, and their way through JSON. */
#include "check.h"
#include "dicom/header.h"
#include "dicom/runtime.h"
#include "dicom_fixture.h"
#include <stdlib.h>
#include <string.h>

static pn_error err;

static int start(void **state)
{
    (void)state;
    int rc = pn_dicom_init(&err);
    return rc != 0 ? rc : pn_dicom_preload_charsets(&err);
}

/* ---- Comparison, field by field --------------------------------------------------- */

static void same_uids(char *const *a, size_t na, char *const *b, size_t nb)
{
    assert_int_equal(na, nb);
    for (size_t i = 0; i < na; i++) { assert_string_equal(a[i], b[i]); }
}

static void same_header(const pn_header *a, const pn_header *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_string_equal(a->sop_class_uid, b->sop_class_uid);
    assert_string_equal(a->sop_uid, b->sop_uid);
    assert_string_equal(a->study_uid, b->study_uid);
    assert_string_equal(a->series_uid, b->series_uid);
    assert_string_equal(a->frame_of_reference_uid, b->frame_of_reference_uid);
    assert_string_equal(a->transfer_syntax_uid, b->transfer_syntax_uid);
    assert_string_equal(a->modality, b->modality);
    assert_string_equal(a->patient_id, b->patient_id);
    assert_string_equal(a->patient_id_issuer, b->patient_id_issuer);
    assert_string_equal(a->accession, b->accession);
    assert_string_equal(a->source_ae, b->source_ae);
    assert_string_equal(a->instance_number, b->instance_number);
    assert_int_equal(a->n_frames, b->n_frames);
    assert_string_equal(a->structure_label, b->structure_label);
    assert_string_equal(a->structure_datetime, b->structure_datetime);
    assert_int_equal(a->n_rois, b->n_rois);
    for (size_t i = 0; i < a->n_rois; i++) {
        const pn_roi *x = &a->rois[i], *y = &b->rois[i];
        assert_int_equal(x->number, y->number);
        assert_int_equal(x->n_contours, y->n_contours);
        assert_string_equal(x->name, y->name);
        assert_string_equal(x->code_value, y->code_value);
        assert_string_equal(x->code_scheme, y->code_scheme);
        assert_string_equal(x->code_meaning, y->code_meaning);
        same_uids(x->image_uids, x->n_image_uids, y->image_uids, y->n_image_uids);
    }
    assert_string_equal(a->transaction_uid, b->transaction_uid);
    assert_int_equal(a->n_kept, b->n_kept);
    for (size_t i = 0; i < a->n_kept; i++) {
        assert_string_equal(a->kept[i].sop_uid, b->kept[i].sop_uid);
        assert_int_equal(a->kept[i].reason, b->kept[i].reason);
    }
    assert_int_equal(a->n_series, b->n_series);
    for (size_t i = 0; i < a->n_series; i++) {
        assert_string_equal(a->series[i].series_uid, b->series[i].series_uid);
        same_uids(a->series[i].image_uids, a->series[i].n_image_uids, b->series[i].image_uids,
                  b->series[i].n_image_uids);
    }
}

static void round_trip(const pn_header *h)
{
    char *json;
    pn_header back;
    CHECK_OK(pn_header_to_json(&json, h, &err), err);
    assert_null(strchr(json, '\n'));
    CHECK_OK(pn_header_from_json(&back, json, &err), err);
    same_header(h, &back);
    pn_header_free(&back);
    free(json);
}

static const pn_roi *find_roi(const pn_header *h, const char *name)
{
    for (size_t i = 0; i < h->n_rois; i++) {
        if (strcmp(h->rois[i].name, name) == 0) { return &h->rois[i]; }
    }
    fail_msg("no region %s", name);
    return NULL;
}

/* ---- Real objects ------------------------------------------------------------------- */

#define DATA(path) SHARED("data/radiomics/" path)

static void test_ct_image(void **state)
{
    (void)state;
    SKIP_WITHOUT(DATA("ibsi_1_ct_radiomics_phantom"));
    pn_header h;
    CHECK_OK(pn_header_read(&h, DATA("ibsi_1_ct_radiomics_phantom/dicom/image/DCM_IMG_00000.dcm"), &err), err);
    assert_int_equal(h.kind, PN_KIND_IMAGE);
    assert_string_equal(h.modality, "CT");
    assert_string_equal(h.patient_id, "1");
    assert_string_equal(h.study_uid, "1.3.6.1.4.1.9590.100.1.2.96328687310426543129572151154132284399");
    assert_string_equal(h.series_uid, "1.3.6.1.4.1.9590.100.1.2.296658988911737913102339329841519593982");
    assert_string_equal(h.transfer_syntax_uid, SYNTAX_IMPLICIT);
    assert_int_equal(h.n_rois, 0);
    round_trip(&h);
    pn_header_free(&h);
}

static void test_ibsi_rtstruct(void **state)
{
    (void)state;
    SKIP_WITHOUT(DATA("ibsi_1_ct_radiomics_phantom"));
    pn_header h;
    CHECK_OK(pn_header_read(&h, DATA("ibsi_1_ct_radiomics_phantom/dicom/mask/DCM_RS_00060.dcm"), &err), err);
    assert_int_equal(h.kind, PN_KIND_RTSTRUCT);
    assert_string_equal(h.structure_label, "CERR Exported St");
    assert_string_equal(h.structure_datetime, "20160804121905.999");
    assert_string_equal(h.frame_of_reference_uid, "1.3.6.1.4.1.9590.100.1.2.43753750011518494101799896492065629048");
    assert_int_equal(h.n_series, 1);
    assert_string_equal(h.series[0].series_uid, "1.3.6.1.4.1.9590.100.1.2.296658988911737913102339329841519593982");
    assert_int_equal(h.series[0].n_image_uids, 60);
    assert_int_equal(h.n_rois, 1);
    assert_string_equal(h.rois[0].name, "GTV-1");
    assert_int_equal(h.rois[0].n_contours, 26);
    round_trip(&h);
    pn_header_free(&h);
}

/* 267 images named, none of which are in the series that is there. */
static void test_sts_rtstruct(void **state)
{
    (void)state;
    SKIP_WITHOUT(DATA("ibsi_validation_sts"));
    pn_header h;
    CHECK_OK(pn_header_read(&h, DATA("ibsi_validation_sts/STS_001/dicom/CT/mask/RS.dcm"), &err), err);
    assert_int_equal(h.n_series, 1);
    assert_int_equal(h.series[0].n_image_uids, 267);
    assert_int_equal(h.n_rois, 1);
    round_trip(&h);
    pn_header_free(&h);
}

static void test_clinical_rtstruct(void **state)
{
    (void)state;
    SKIP_WITHOUT(DATA("dicompyler_rtss"));
    pn_header h;
    size_t empty = 0;
    CHECK_OK(pn_header_read(&h, DATA("dicompyler_rtss/rtss.dcm"), &err), err);
    assert_int_equal(h.n_rois, 10);
    for (size_t i = 0; i < h.n_rois; i++) { empty += h.rois[i].n_contours == 0; }
    assert_int_equal(empty, 1);
    assert_int_equal(find_roi(&h, "BODY")->n_contours, 141);
    round_trip(&h);
    pn_header_free(&h);
    CHECK_OK(pn_header_read(&h, DATA("dicompyler_rtss/rtplan.dcm"), &err), err);
    assert_int_equal(h.kind, PN_KIND_OTHER);
    pn_header_free(&h);
}

static void test_seg(void **state)
{
    (void)state;
    SKIP_WITHOUT(DATA("dcmqi_seg"));
    pn_header h;
    CHECK_OK(pn_header_read(&h, DATA("dcmqi_seg/liver.dcm"), &err), err);
    assert_int_equal(h.kind, PN_KIND_SEG);
    assert_string_equal(h.accession, "03086212");
    assert_string_equal(h.structure_datetime, "20160318174852");
    assert_int_equal(h.n_rois, 1);
    assert_string_equal(h.rois[0].name, "Liver");
    assert_string_equal(h.rois[0].code_value, "T-62000");
    assert_string_equal(h.rois[0].code_scheme, "SRT");
    assert_int_equal(h.rois[0].n_contours, 3);
    assert_int_equal(h.rois[0].n_image_uids, 3);
    assert_int_equal(h.n_series, 1);
    assert_int_equal(h.series[0].n_image_uids, 3);
    round_trip(&h);
    pn_header_free(&h);
    CHECK_OK(pn_header_read(&h, DATA("dcmqi_seg/partial_overlaps.dcm"), &err), err);
    assert_int_equal(h.n_rois, 5);
    round_trip(&h);
    pn_header_free(&h);
}

/* ---- Made by hand ---------------------------------------------------------------------- */

static dcm object(const char *class_uid, const char *sop_uid, const char *charset)
{
    dcm d = dcm_part10(SYNTAX_EXPLICIT, class_uid, sop_uid);
    if (charset != NULL) { dcm_text(&d, 0x00080005, "CS", charset); }
    dcm_text(&d, 0x00080016, "UI", class_uid);
    dcm_text(&d, 0x00080018, "UI", sop_uid);
    return d;
}

static void study(dcm *d)
{
    dcm_text(d, 0x0020000D, "UI", "1.2.3.1");
    dcm_text(d, 0x0020000E, "UI", "1.2.3.2");
}

static int read_and_free(pn_header *h, dcm *d)
{
    const char *path = tmp_path("object.dcm");
    dcm_write(d, path);
    dcm_free(d);
    return pn_header_read(h, path, &err);
}

/* Each set's own bytes for a Patient ID; the same text in UTF-8 comes out. */
/* The background is no region; the images of the frames are those of every segment. */
static void test_label_map(void **state)
{
    (void)state;
    SKIP_WITHOUT(DATA("dcmqi_seg"));
    pn_header h;
    CHECK_OK(pn_header_read(&h, DATA("dcmqi_seg/sparse-labelmap-noppv.dcm"), &err), err);
    assert_int_equal(h.kind, PN_KIND_SEG);
    assert_int_equal(h.n_frames, 2);
    assert_int_equal(h.n_rois, 1);
    assert_int_equal(h.rois[0].number, 1);
    assert_string_equal(h.rois[0].name, "Liver");
    assert_int_equal(h.rois[0].n_contours, 2);
    assert_int_equal(h.rois[0].n_image_uids, 2);
    assert_int_equal(h.n_series, 1);
    round_trip(&h);
    pn_header_free(&h);
    /* It calls 5 its padding, and declares a segment 0 all the same. */
    CHECK_OK(pn_header_read(&h, DATA("dcmqi_seg/sparse-labelmap-ppv5.dcm"), &err), err);
    assert_int_equal(h.n_rois, 1);
    assert_string_equal(h.rois[0].name, "Liver");
    round_trip(&h);
    pn_header_free(&h);
}

static void test_multiframe_image(void **state)
{
    (void)state;
    SKIP_WITHOUT(DATA("dcmqi_seg"));
    pn_header h;
    CHECK_OK(pn_header_read(&h, DATA("dcmqi_seg/24x38x3/multiframe/mf.dcm"), &err), err);
    assert_int_equal(h.kind, PN_KIND_IMAGE);
    assert_int_equal(h.n_frames, 3);
    round_trip(&h);
    pn_header_free(&h);
}

static void test_character_sets(void **state)
{
    (void)state;
    static const struct { const char *charset, *bytes, *utf8; } table[] = {
        {NULL, "  A-1  ", "A-1"},
        {"ISO_IR 100", "M\xFCller", "M\xC3\xBCller"},
        {"ISO_IR 144", "\xBB\xEE\xDA", "\xD0\x9B\xD1\x8E\xD0\xBA"},
        {"ISO_IR 192", "\xE5\xB1\xB1", "\xE5\xB1\xB1"},
        {"GB18030", "\xCD\xF5", "\xE7\x8E\x8B"},
        {"\\ISO 2022 IR 87", "\x1B$B;3ED\x1B(B", "\xE5\xB1\xB1\xE7\x94\xB0"},
        {"ISO 2022 IR 13\\ISO 2022 IR 87", "\xD4\xCF\xC0\xDE^\xC0\xDB\xB3=\x1B$B;3ED\x1B(J^\x1B$BB@O:\x1B(J",
         "\xEF\xBE\x94\xEF\xBE\x8F\xEF\xBE\x80\xEF\xBE\x9E^\xEF\xBE\x80\xEF\xBE\x9B\xEF\xBD\xB3="
         "\xE5\xB1\xB1\xE7\x94\xB0^\xE5\xA4\xAA\xE9\x83\x8E"},
        {"\\ISO 2022 IR 149", "Hong^\x1B$)C\xFB\xF3", "Hong^\xE6\xB4\xAA"},
        /* Not what the set says, or no set: kept apart, whatever they are. */
        {NULL, "M\xFCller", "M\xC3\xBCller"},
        {NULL, "M\xC3\xBCller", "M\xC3\xBCller"},
        {"ISO_IR 192", "M\xFCller", "M\xC3\xBCller"},
        {"NO SUCH SET", "M\xFCller", "M\xC3\xBCller"},
        {NULL, "a\tb\x1F" "c", "a b c"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        dcm d = object(CLASS_CT, "1.2.3.4", table[i].charset);
        dcm_text(&d, 0x00100020, "LO", table[i].bytes);
        study(&d);
        pn_header h;
        CHECK_OK(read_and_free(&h, &d), err);
        if (strcmp(h.patient_id, table[i].utf8) != 0) { fail_msg("row %zu: \"%s\"", i, h.patient_id); }
        assert_string_equal(h.source_ae, "SENDER");
        round_trip(&h);
        pn_header_free(&h);
    }
}

static void test_patient_id_is_never_cut(void **state)
{
    (void)state;
    char text[400];
    memset(text, 'x', sizeof text);
    text[300] = '\0';
    dcm d = object(CLASS_CT, "1.2.3.4", NULL);
    dcm_text(&d, 0x00100020, "LO", text);
    study(&d);
    pn_header h;
    assert_int_equal(read_and_free(&h, &d), PN_EFORMAT);
    assert_non_null(strstr(err.msg, "Patient ID"));
}

static void test_own_objects(void **state)
{
    (void)state;
    /* An archive may give other UIDs; an editor keeps the contribution and names itself. */
    static const struct { const char *uid, *maker, *contributor; pn_kind kind; } table[] = {
        {"2.25.1234", "prognode", "prognode", PN_KIND_OWN},
        {"1.2.25.1", "prognode", "prognode", PN_KIND_OWN},
        {"2.25.1234", "prognode", "other", PN_KIND_IMAGE},
        {"2.25.1234", "editor", "prognode", PN_KIND_IMAGE},
        {"2.25.1234", "prognode", NULL, PN_KIND_IMAGE},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        dcm d = object(CLASS_CT, table[i].uid, NULL);
        dcm_text(&d, 0x00080070, "LO", table[i].maker);
        if (table[i].contributor != NULL) {
            dcm_begin(&d, 0x0018A001);
            dcm_item(&d);
            dcm_text(&d, 0x00080070, "LO", table[i].contributor);
            dcm_end_item(&d);
            dcm_end(&d);
        }
        study(&d);
        pn_header h;
        CHECK_OK(read_and_free(&h, &d), err);
        assert_int_equal(h.kind, table[i].kind);
        pn_header_free(&h);
    }
}

static void test_study_and_series_are_needed(void **state)
{
    (void)state;
    pn_header h;
    dcm d = object(CLASS_CT, "1.2.3.4", NULL);
    assert_int_equal(read_and_free(&h, &d), PN_EFORMAT);
    d = object("1.2.840.10008.5.1.4.1.1.104.1", "1.2.3.4", NULL);  /* a document: not ours    */
    CHECK_OK(read_and_free(&h, &d), err);
    assert_int_equal(h.kind, PN_KIND_OTHER);
    pn_header_free(&h);
}

/* A structure set with odd numbers: unknown region in the contours, one region over two items. */
static void region_contours(dcm *d, const char *number, const char *image)
{
    dcm_item(d);
    dcm_begin(d, 0x30060040);
    dcm_item(d);
    dcm_begin(d, 0x30060016);
    dcm_item(d);
    dcm_text(d, 0x00081155, "UI", image);
    dcm_end_item(d);
    dcm_end(d);
    dcm_end_item(d);
    dcm_end(d);
    dcm_text(d, 0x30060084, "IS", number);
    dcm_end_item(d);
}

static dcm structure_set(const char *const *numbers, size_t n)
{
    dcm d = object(CLASS_RTSTRUCT, "1.2.3.4", NULL);
    study(&d);
    dcm_begin(&d, 0x30060020);
    for (size_t i = 0; i < n; i++) {
        dcm_item(&d);
        dcm_text(&d, 0x30060022, "IS", numbers[i]);
        dcm_text(&d, 0x30060026, "LO", "ROI");
        dcm_end_item(&d);
    }
    dcm_end(&d);
    return d;
}

static void test_region_numbers(void **state)
{
    (void)state;
    static const char *const two[] = {"-7", " +12 "}, *const same[] = {"1", "1"}, *const odd[] = {"1.5"};
    dcm d = structure_set(two, 2);
    dcm_begin(&d, 0x30060039);
    region_contours(&d, "12", "1.1");
    region_contours(&d, "99", "1.2");
    region_contours(&d, "12", "1.1");
    region_contours(&d, "12", "1.3");
    dcm_end(&d);
    pn_header h;
    CHECK_OK(read_and_free(&h, &d), err);
    assert_int_equal(h.n_rois, 2);
    assert_int_equal(h.rois[0].number, -7);
    assert_int_equal(h.rois[0].n_contours, 0);
    assert_int_equal(h.rois[1].number, 12);
    assert_int_equal(h.rois[1].n_contours, 3);
    assert_int_equal(h.rois[1].n_image_uids, 2);
    assert_string_equal(h.rois[1].image_uids[1], "1.3");
    round_trip(&h);
    pn_header_free(&h);
    d = structure_set(same, 2);
    assert_int_equal(read_and_free(&h, &d), PN_EFORMAT);
    assert_non_null(strstr(err.msg, "1 appears twice"));
    d = structure_set(odd, 1);
    assert_int_equal(read_and_free(&h, &d), PN_EFORMAT);
}

/* The frame of reference is that of the contours; the object's own only where they have none. */
static void test_frame_of_reference(void **state)
{
    (void)state;
    for (int row = 0; row < 3; row++) {
        dcm d = object(CLASS_RTSTRUCT, "1.2.3.4", NULL);
        study(&d);
        dcm_text(&d, 0x00200052, "UI", "1.1.1");
        if (row > 0) {
            dcm_begin(&d, 0x30060020);
            dcm_item(&d);
            dcm_text(&d, 0x30060022, "IS", "1");
            dcm_text(&d, 0x30060024, "UI", "2.2.2");
            dcm_end_item(&d);
            dcm_end(&d);
        }
        if (row > 1) {
            dcm_begin(&d, 0x30060010);
            dcm_item(&d);
            dcm_text(&d, 0x00200052, "UI", "2.3.3");
            dcm_end_item(&d);
            dcm_end(&d);
        }
        pn_header h;
        CHECK_OK(read_and_free(&h, &d), err);
        assert_string_equal(h.frame_of_reference_uid, row == 0 ? "1.1.1" : row == 1 ? "2.2.2" : "2.3.3");
        pn_header_free(&h);
    }
}

static void test_too_many_regions(void **state)
{
    (void)state;
    static char text[PN_MAX_ROIS + 1][12];
    static const char *numbers[PN_MAX_ROIS + 1];
    for (int i = 0; i <= PN_MAX_ROIS; i++) {
        snprintf(text[i], sizeof text[i], "%d", i);
        numbers[i] = text[i];
    }
    pn_header h;
    dcm d = structure_set(numbers, PN_MAX_ROIS);
    CHECK_OK(read_and_free(&h, &d), err);
    pn_header_free(&h);
    d = structure_set(numbers, PN_MAX_ROIS + 1);
    assert_int_equal(read_and_free(&h, &d), PN_ELIMIT);
}

/* Deep nesting never reaches the parser. */
static void test_deep_nesting_is_refused(void **state)
{
    (void)state;
    dcm d = object(CLASS_CT, "1.2.3.4", NULL);
    for (int i = 0; i < 20000; i++) {
        dcm_begin(&d, 0x00081115);
        dcm_item(&d);
    }
    pn_header h;
    assert_int_equal(read_and_free(&h, &d), PN_ELIMIT);
}

/* A value whose VR in the file is not its own is absent, not a crash. */
static void test_wrong_value_representations(void **state)
{
    (void)state;
    dcm d = object(CLASS_RTSTRUCT, "1.2.3.4", NULL);
    dcm_bytes(&d, 0x00100020, "OB", "P1", 2);
    study(&d);
    dcm_text(&d, 0x30060010, "LO", "no sequence");
    dcm_text(&d, 0x30060020, "UT", "no sequence");
    dcm_begin(&d, 0x30060002);
    dcm_end(&d);
    pn_header h;
    CHECK_OK(read_and_free(&h, &d), err);
    assert_string_equal(h.patient_id, "");
    assert_string_equal(h.structure_label, "");
    assert_int_equal(h.n_rois, 0);
    pn_header_free(&h);
}

/* ---- JSON from elsewhere ------------------------------------------------------------------ */

static void test_json_is_not_trusted(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "[]", "{", "{}", "{\"kind\":\"x\"}", "{\"kind\":3}", "{\"kind\":\"seg\"} x",
        "{\"kind\":\"seg\",\"sop_uid\":7}",
        "{\"kind\":\"seg\",\"sop_uid\":\"12345678901234567890123456789012345678901234567890123456789012345\"}",
        "{\"kind\":\"seg\",\"images\":[\"1.2\"],\"rois\":[{\"number\":1,\"contours\":1,\"images\":[1]}]}",
        "{\"kind\":\"seg\",\"images\":[\"1.2\"],\"rois\":[{\"number\":1,\"contours\":1,\"images\":[-1]}]}",
        "{\"kind\":\"seg\",\"images\":[\"1.2\"],\"rois\":[{\"number\":1,\"contours\":1,\"images\":[0.5]}]}",
        "{\"kind\":\"seg\",\"images\":[],\"rois\":[{\"number\":1,\"contours\":1,\"images\":[0]}]}",
        "{\"kind\":\"seg\",\"images\":[5],\"rois\":[]}",
        "{\"kind\":\"seg\",\"rois\":[{\"number\":1,\"contours\":1}]}",
        "{\"kind\":\"seg\",\"rois\":[{\"number\":1e99,\"contours\":1,\"images\":[]}]}",
        "{\"kind\":\"seg\",\"rois\":[{\"number\":1,\"contours\":-1,\"images\":[]}]}",
        "{\"kind\":\"seg\",\"rois\":[7]}",
        "{\"kind\":\"commitment\",\"kept\":[{\"sop_uid\":\"1.2\"}]}",
        "{\"kind\":\"commitment\",\"kept\":[{\"sop_uid\":\"1.2\",\"reason\":-2}]}",
        "{\"kind\":\"commitment\",\"kept\":[{\"sop_uid\":7,\"reason\":1}]}",
        "{\"kind\":\"commitment\",\"kept\":[7]}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        pn_header h;
        int rc = pn_header_from_json(&h, bad[i], &err);
        if (rc != PN_EFORMAT) { fail_msg("row %zu: %d", i, rc); }
    }
}

/* ---- An archive's report on what it keeps --------------------------------------------------- */

#define CLASS_COMMITMENT "1.2.840.10008.1.20.1"

static void write_kept(dcm *d, uint32_t sequence, size_t n, const char *uid, int reason)
{
    dcm_begin(d, sequence);
    for (size_t i = 0; i < n; i++) {
        dcm_item(d);
        dcm_text(d, 0x00081150, "UI", CLASS_CT);
        dcm_text(d, 0x00081155, "UI", uid);
        if (reason > 0) { dcm_us(d, 0x00081197, (unsigned)reason); }
        dcm_end_item(d);
    }
    dcm_end(d);
}

static const char *write_report(const char *syntax, const char *transaction, size_t n_kept, int reason)
{
    const char *path = tmp_path("report.dcm");
    dcm d = dcm_part10(syntax, CLASS_COMMITMENT, CLASS_COMMITMENT ".1");
    if (transaction) { dcm_text(&d, 0x00081195, "UI", transaction); }
    if (reason != 0) { write_kept(&d, 0x00081198, 1, "1.2.9", reason); }
    if (n_kept > 0) { write_kept(&d, 0x00081199, n_kept, "1.2.7", 0); }
    dcm_write(&d, path);
    dcm_free(&d);
    return path;
}

static void test_commitment_report(void **state)
{
    (void)state;
    static const char *const syntaxes[] = {SYNTAX_IMPLICIT, SYNTAX_EXPLICIT, SYNTAX_BIG_ENDIAN};
    for (size_t i = 0; i < 3; i++) {
        pn_header h;
        CHECK_OK(pn_header_read(&h, write_report(syntaxes[i], "2.25.7", 2, 0x0112), &err), err);
        assert_int_equal(h.kind, PN_KIND_COMMITMENT);
        assert_string_equal(h.sop_class_uid, CLASS_COMMITMENT);
        assert_string_equal(h.transaction_uid, "2.25.7");
        assert_int_equal(h.n_kept, 3);
        assert_string_equal(h.kept[0].sop_uid, "1.2.7");
        assert_int_equal(h.kept[1].reason, PN_KEPT);
        assert_string_equal(h.kept[2].sop_uid, "1.2.9");
        assert_int_equal(h.kept[2].reason, 0x0112);
        round_trip(&h);
        pn_header_free(&h);
    }
}

static void test_commitment_report_that_is_none(void **state)
{
    (void)state;
    pn_header h;
    assert_int_equal(pn_header_read(&h, write_report(SYNTAX_IMPLICIT, NULL, 1, 0), &err), PN_EFORMAT);
    assert_non_null(strstr(err.msg, "no Transaction UID"));
    assert_int_equal(pn_header_read(&h, write_report(SYNTAX_IMPLICIT, "x", 1, 0), &err), PN_EFORMAT);
    assert_int_equal(pn_header_read(&h, write_report(SYNTAX_IMPLICIT, "2.25.7", 1, -1), &err), PN_EFORMAT);
    assert_non_null(strstr(err.msg, "Failure Reason"));
    assert_int_equal(pn_header_read(&h, write_report(SYNTAX_IMPLICIT, "2.25.7", PN_MAX_COMMITMENTS + 1, 0), &err),
                     PN_ELIMIT);
    /* One about nothing is one. */
    CHECK_OK(pn_header_read(&h, write_report(SYNTAX_IMPLICIT, "2.25.7", 0, 0), &err), err);
    assert_int_equal(h.n_kept, 0);
    pn_header_free(&h);
    /* An image does not become one by its meta information. */
    const char *path = tmp_path("image.dcm");
    dcm d = dcm_part10(SYNTAX_IMPLICIT, CLASS_COMMITMENT, "1.2.3");
    dcm_text(&d, 0x00080016, "UI", CLASS_CT);
    dcm_text(&d, 0x00080018, "UI", "1.2.3");
    dcm_write(&d, path);
    dcm_free(&d);
    assert_int_equal(pn_header_read(&h, path, &err), PN_EFORMAT);
}

static void test_kind_words(void **state)
{
    (void)state;
    assert_string_equal(pn_kind_word(PN_KIND_OTHER), "other");
    assert_string_equal(pn_kind_word(PN_KIND_OWN), "own");
    assert_string_equal(pn_kind_word((pn_kind)77), "?");
    pn_header_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ct_image),
        cmocka_unit_test(test_ibsi_rtstruct),
        cmocka_unit_test(test_sts_rtstruct),
        cmocka_unit_test(test_clinical_rtstruct),
        cmocka_unit_test(test_seg),
        cmocka_unit_test(test_label_map),
        cmocka_unit_test(test_multiframe_image),
        cmocka_unit_test_teardown(test_character_sets, dicom_clear),
        cmocka_unit_test_teardown(test_patient_id_is_never_cut, dicom_clear),
        cmocka_unit_test_teardown(test_own_objects, dicom_clear),
        cmocka_unit_test_teardown(test_study_and_series_are_needed, dicom_clear),
        cmocka_unit_test_teardown(test_region_numbers, dicom_clear),
        cmocka_unit_test_teardown(test_frame_of_reference, dicom_clear),
        cmocka_unit_test_teardown(test_too_many_regions, dicom_clear),
        cmocka_unit_test_teardown(test_deep_nesting_is_refused, dicom_clear),
        cmocka_unit_test_teardown(test_wrong_value_representations, dicom_clear),
        cmocka_unit_test_teardown(test_commitment_report, dicom_clear),
        cmocka_unit_test_teardown(test_commitment_report_that_is_none, dicom_clear),
        cmocka_unit_test(test_json_is_not_trusted),
        cmocka_unit_test(test_kind_words),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
