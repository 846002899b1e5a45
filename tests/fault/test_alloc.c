/* The n-th allocation of our own C code fails, n = 1, 2, 3 ... until a run needs no more: every
 * failure is reported, nothing stays allocated. The linker puts the functions below in the place
 * of malloc and its kin in everything that is linked statically (--wrap); SQLite, libyaml, cJSON
 * and OpenSSL are shared libraries and keep theirs. */
#include <config/model.h>
#include <config/node.h>
#include <radiomics/extract.h>
#include <radiomics/ibsi_response.h>
#include <radiomics/maps.h>
#include <radiomics/prepare.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/csv.h"
#include "base/file.h"
#include "check.h"
#include "cmd/extract_row.h"
#include "image/image.h"
#include "pipeline/job.h"
#include "pipeline/score.h"
#include "pipeline/variables.h"
#include "queue/store.h"
#include "report/page.h"
#include "spool/spool.h"

/* ---- Allocation --------------------------------------------------------------------------- */

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void __real_free(void *p);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void __wrap_free(void *p);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);

enum { MOST_LIVE = 65536 };
static void *live[MOST_LIVE];
static size_t n_live, n_calls, fail_at;

static bool fails(void) { return ++n_calls == fail_at; }

static void *keep(void *p)
{
    if (p != NULL) {
        assert_true(n_live < MOST_LIVE);
        live[n_live++] = p;
    }
    return p;
}

/* What a library allocated and we free is not in the list. */
static void forget(const void *p)
{
    for (size_t i = n_live; i-- > 0;) {
        if (live[i] == p) {
            live[i] = live[--n_live];
            return;
        }
    }
}

void *__wrap_malloc(size_t n) { return fails() ? NULL : keep(__real_malloc(n)); }
void *__wrap_calloc(size_t n, size_t size) { return fails() ? NULL : keep(__real_calloc(n, size)); }
void *__wrap_realloc(void *p, size_t n)
{
    if (fails()) { return NULL; }
    forget(p);
    return keep(__real_realloc(p, n));
}
void __wrap_free(void *p)
{
    forget(p);
    __real_free(p);
}
char *__wrap_strndup(const char *s, size_t n)
{
    size_t length = strnlen(s, n);
    char *p = __wrap_malloc(length + 1);
    if (p != NULL) {
        memcpy(p, s, length);
        p[length] = '\0';
    }
    return p;
}
char *__wrap_strdup(const char *s) { return __wrap_strndup(s, strlen(s)); }

/* ---- Paths -------------------------------------------------------------------------------- */

static char folder[] = "/tmp/prognode-alloc-XXXXXX";
static const char *in_folder(const char *name)
{
    static char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int store_an_instance(void)
{
    static unsigned serial;
    const pn_spool_opts opts = PN_SPOOL_OPTS_INIT;
    const pn_spool_meta meta = { "1.2.840.10008.5.1.4.1.1.2", "1.2.3", "1.2.840.10008.1.2.1", "PACS" };
    pn_spool spool;
    pn_spool_writer w;
    char digest[PN_DIGEST_HEX_SIZE];
    uint8_t bytes[1000] = { (uint8_t)serial, (uint8_t)(serial >> 8) };
    serial++;
    int rc = pn_spool_open(&spool, in_folder("spool"), &opts, NULL);
    if (rc != PN_OK) { return rc; }
    rc = pn_spool_begin(&w, &spool, &meta, NULL);
    if (rc == PN_OK) {
        rc = pn_spool_write(&w, bytes, sizeof bytes, NULL);
        if (rc == PN_OK) { rc = pn_spool_commit(&w, digest, NULL); }
        pn_spool_abort(&w);
    }
    if (rc == PN_OK) { rc = pn_spool_adopt(&spool, digest, NULL); }
    pn_spool_close(&spool);
    return rc;
}

static int use_the_store(void)
{
    static unsigned serial;
    pn_store *s = NULL;
    pn_instance in = { .kind = "image", .study_uid = "1.2", .series_uid = "1.2.3", .patient_id = "P" };
    (void)snprintf(in.sop_uid, sizeof in.sop_uid, "1.2.3.%u", ++serial);
    (void)snprintf(in.digest, sizeof in.digest, "%064u", serial);
    pn_added added;
    size_t n = 0;
    int rc = pn_store_open(&s, in_folder("store.db"), NULL, NULL);
    if (rc == PN_OK) { rc = pn_store_add_instance(&added, s, &in, NULL); }
    if (rc == PN_OK) { rc = pn_store_count_instances(&n, s, NULL); }
    pn_store_close(s);
    return rc;
}

static int read_a_table(void)
{
    static const char text[] = "case,time,event,\"a, b\"\nP1,12.5,1,\"x \"\"y\"\"\"\nP2,3,0,\n";
    pn_csv t = { 0 };
    size_t column = 0;
    double v = 0;
    int rc = pn_csv_parse(&t, text, sizeof text - 1, "t.csv", NULL);
    if (rc == PN_OK) { rc = pn_csv_find(&column, &t, "time", NULL); }
    if (rc == PN_OK) { rc = pn_csv_number(&v, &t, 0, column, PN_CSV_REQUIRED, NULL); }
    pn_csv_free(&t);
    return rc;
}

/* What a worker of extract does beside the measuring. */
static int read_an_image(void)
{
    static const rx_grid grid = { { 4, 3, 2 }, { 1, 1, 2 }, { 0, 0, 0 }, { 1, 0, 0, 0, 1, 0, 0, 0, 1 } };
    static uint16_t voxels[24] = { 0, 1, 300, 7 };
    pn_image im = { 0 };
    rx_image view;
    void *owned = NULL;
    uint32_t *labels = NULL;
    size_t n = 0;
    int rc = pn_nifti_write(in_folder("image.nii.gz"), &grid, voxels, PN_VOXEL_U16, NULL);
    if (rc == PN_OK) { rc = pn_image_read(&im, in_folder("image.nii.gz"), 0, NULL); }
    if (rc == PN_OK) { rc = pn_image_view(&view, &owned, &im, NULL); }
    if (rc == PN_OK) { rc = pn_image_labels(&labels, &n, &im, NULL); }
    free(labels);
    free(owned);
    pn_image_free(&im);
    return rc;
}

static int pass_on_a_row(void)
{
    static const double spacing[3] = { 1, 1, 2.5 };
    ex_rows rows = { 0 }, again = { 0 };
    pn_buf line = { 0 };
    char *key = NULL;
    size_t number = 0;
    ex_row *row = ex_rows_add(&rows);
    int rc = row != NULL ? PN_OK : PN_ENOMEM;
    if (rc == PN_OK) { rc = ex_put(row, "Image", "a \"b\".nrrd", NULL); }
    if (rc == PN_OK) { rc = ex_put_reals(row, "Spacing", spacing, 3, NULL); }
    if (rc == PN_OK) { rc = ex_note(row, "one", NULL); }
    if (rc == PN_OK) { rc = ex_note(row, "two", NULL); }
    if (rc == PN_OK) { rc = rx_results_add(&row->values, "original_glcm_Id", "IB1Z", "", 0.1, NULL) == RX_OK ? PN_OK : PN_ENOMEM; }
    if (rc == PN_OK) { rc = ex_rows_to_json(&line, 7, "k", &rows, NULL); }
    if (rc == PN_OK) { rc = ex_rows_from_json(&number, &key, &again, line.p, line.n, NULL); }
    if (rc == PN_OK) {
        assert_int_equal(number, 7);
        assert_string_equal(again.v[0].cells[2].text, "one; two");
        assert_true(again.v[0].values.v[0].value.v == 0.1);
    }
    free(key);
    pn_buf_free(&line);
    ex_rows_free(&rows);
    ex_rows_free(&again);
    return rc;
}

static int read_a_configuration(void)
{
    cfg_node c = { 0 };
    char *text = cfg_node_reference();
    if (text == NULL) { return -1; }
    int rc = cfg_node_parse(&c, text, strlen(text), "/tmp/prognode.yaml", NULL);
    __wrap_free(text);
    cfg_node_free(&c);
    return rc;
}

/* The first one, and the schema of all. */
static int write_a_configuration(void)
{
    char gtv[] = "GTV*", *contours[] = {gtv};
    const cfg_starter s = {.ae_title = "A", .port = "104", .spool = "s", .archive_ae_title = "B", .archive_host = "b",
                           .archive_port = "104", .model = "m", .contours = contours, .n_contours = 1};
    char *first = cfg_node_starter(&s), *schema = first != NULL ? cfg_node_schema() : NULL;
    int rc = schema != NULL ? 0 : -1;
    __wrap_free(first);
    __wrap_free(schema);
    return rc;
}

static int read_a_model(void)
{
    cfg_model m = { 0 };
    int rc = cfg_model_load(&m, PN_SOURCE_DIR "/config/models/example-phantom.yaml", NULL);
    cfg_model_free(&m);
    return rc;
}

/* A committee, the patient's row of the table, the variables and the score. */
static int score_a_patient(void)
{
    static const char table[] = "PatientID,CEA\nA,5\nB,7\n";
    cfg_model m = { 0 };
    pn_csv t = { 0 };
    pn_clinical c = { 0 };
    pn_report r = { .study = { .patient_id = "B", .patient_age = "061Y" } };
    pn_score_result s = { 0 };
    double values[3] = { 0.7, 61, 7 };
    int rc = cfg_model_load(&m, PN_SOURCE_DIR "/tests/fuzz/corpus/model/schema3.yaml", NULL);
    if (rc == PN_OK) { rc = pn_csv_parse(&t, table, sizeof table - 1, "t.csv", NULL); }
    if (rc == PN_OK) { rc = pn_clinical_look_up(&c, &t, &m, "B", "", NULL); }
    if (rc == PN_OK) { rc = pn_variables_gather(&r, &m, &c, NULL); }
    if (rc == PN_OK) { rc = pn_score(&s, &m, values, NULL); }
    if (rc == PN_OK) { assert_true(r.n_variables == 2 && r.variables[1].value == 7 && s.n_drivers == 3); }
    pn_score_free(&s);
    pn_report_free(&r);
    pn_clinical_free(&c);
    pn_csv_free(&t);
    cfg_model_free(&m);
    return rc;
}

static int hand_over_a_job(void)
{
    pn_clinical_value values[2] = { { "CEA", 5.25, "" }, { "stage", NAN, "no row" } };
    pn_job_file images[3] = { { "/spool/a", "aa" }, { "/spool/b", "bb" }, { "/spool/c", "cc" } };
    int rois[2] = { 1, 4 };
    pn_job out = { .case_id = 7, .images = images, .n_images = 3, .rois = rois, .n_rois = 2,
                   .model_path = "/m.yaml", .version = 1, .content_datetime = "20200101120000",
                   .contour = { "/spool/d", "dd" },
                   .clinical = { .patient_id = "P", .values = values, .n = 2 } };
    pn_job in = { 0 };
    const pn_outcome said = { .reported = true, .n_objects = 1,
                              .objects = { { PN_OBJECT_SR, "sr.dcm", "1.4", "1.2", "1.3", 0, false } } };
    pn_outcome heard = { 0 };
    int rc = pn_mkdir_p(in_folder("job"), NULL);
    if (rc == PN_OK) { rc = pn_job_save(&out, in_folder("job"), NULL); }
    if (rc == PN_OK) { rc = pn_job_load(&in, in_folder("job"), NULL); }
    if (rc == PN_OK) { rc = pn_outcome_save(&said, in_folder("job"), NULL); }
    if (rc == PN_OK) { rc = pn_outcome_load(&heard, in_folder("job"), NULL); }
    if (rc == PN_OK) { assert_true(in.n_images == 3 && in.clinical.n == 2); }
    pn_job_free(&in);
    return rc;
}

static void a_region(rx_image *image, rx_mask *mask)
{
    enum { N = 9 };
    static double v[N * N * N];
    static uint8_t label[N * N * N];
    rx_grid grid = { .dim = { N, N, N }, .spacing_mm = { 1, 1, 2 },
                     .direction = { 1, 0, 0, 0, 1, 0, 0, 0, 1 } };
    for (int i = 0; i < N * N * N; i++) {
        int x = i % N - 4, y = i / N % N - 4, z = i / N / N - 4;
        v[i] = (i * 37) % 101;
        label[i] = x * x + y * y + z * z < 12;
    }
    *image = (rx_image){ grid, RX_F64, v };
    *mask = (rx_mask){ grid, label, 1 };
}

static int measure_a_region(void)
{
    rx_settings s;
    rx_settings_default(&s);
    rx_value out[RX_NFEATURES];
    rx_diagnostics d;
    rx_image image;
    rx_mask mask;
    a_region(&image, &mask);
    rx_workspace *ws = rx_workspace_new();
    if (ws == NULL) { return -1; }
    int rc = rx_extract(out, &d, &image, &mask, &s, ws, NULL);
    if (rc != 0) {
        for (int i = 0; i < RX_NFEATURES; i++) { assert_true(out[i].v != out[i].v); }
    }
    rx_workspace_free(ws);
    return rc;
}

static int measure_by_ibsi(void)
{
    rx_ibsi s;
    rx_ibsi_default(&s);
    s.spacing_mm[2] = 1;
    s.image_interpolation = RX_IBSI_CUBIC_SPLINE;
    s.texture.aggregations = RX_IBSI_ALL_AGGREGATIONS;
    rx_results out = { 0 };
    rx_image image;
    rx_mask mask;
    a_region(&image, &mask);
    rx_workspace *ws = rx_workspace_new();
    if (ws == NULL) { return -1; }
    int rc = rx_ibsi_extract(&out, NULL, &image, &mask, &s, ws, NULL);
    assert_int_equal(out.n, rc == 0 ? 487 : 0);
    rx_results_free(&out);
    rx_workspace_free(ws);
    return rc;
}

static int measure_responses(void)
{
    static const rx_response_kind kinds[] = { RX_RESPONSE_LAWS, RX_RESPONSE_LOG, RX_RESPONSE_GABOR,
                                              RX_RESPONSE_WAVELET, RX_RESPONSE_SIMONCELLI };
    enum { FILTERS = sizeof kinds / sizeof kinds[0] };
    rx_response filters[FILTERS];
    for (int i = 0; i < FILTERS; i++) {
        rx_response_default(&filters[i], kinds[i]);
        filters[i].rotation_invariant = true;
        filters[i].energy_distance = 1;
        filters[i].level = 2;
    }
    filters[FILTERS - 1].riesz[0] = 1;
    filters[FILTERS - 1].steered = true;
    rx_ibsi s;
    rx_ibsi_default(&s);
    s.families = RX_IBSI_STATISTICS;
    rx_ibsi_responses r;
    rx_ibsi_responses_default(&r, &s);
    r.filters = filters;
    r.n = FILTERS;
    rx_results out = { 0 };
    rx_image image;
    rx_mask mask;
    a_region(&image, &mask);
    rx_workspace *ws = rx_workspace_new();
    if (ws == NULL) { return -1; }
    int rc = rx_ibsi_extract_filtered(&out, NULL, &image, &mask, &s, &r, ws, NULL);
    assert_int_equal(out.n, rc == 0 ? (1 + FILTERS) * 18 : 0);
    rx_results_free(&out);
    rx_workspace_free(ws);
    return rc;
}

static int prepare_and_map(void)
{
    rx_prepare p;
    rx_prepare_default(&p);
    p.bias_correct = true;
    p.bias.levels = 2;
    p.bias.iterations[0] = p.bias.iterations[1] = 2;
    p.denoise = RX_DENOISE_NLM;
    p.nlm.search_radius = 1;
    p.normalise = RX_NORMALISE_PERCENTILE;
    p.normalise_of = RX_OF_FOREGROUND;
    p.percentile_to[1] = 100;
    static const char *const names[] = { "original_glcm_MCC", "original_glrlm_RunEntropy", "original_firstorder_Mean" };
    rx_map_settings s;
    rx_map_settings_default(&s);
    s.features.weighting_norm = RX_NORM_EUCLIDEAN;
    s.features.bin_width = 10;
    int features[3];
    for (int i = 0; i < 3; i++) { features[i] = rx_feature_index(names[i]); }
    rx_image image;
    rx_mask mask;
    a_region(&image, &mask);
    rx_volume v = { 0 };
    rx_region r = { 0 };
    rx_map maps[3] = { { 0 } };
    rx_workspace *ws = rx_workspace_new();
    if (ws == NULL) { return -1; }
    int rc = rx_volume_copy(&v, &image, NULL);
    if (rc == 0) { rc = rx_region_copy(&r, &mask, NULL); }
    if (rc == 0) { rc = rx_prepare_apply(&v, &r, &p, NULL); }
    if (rc == 0) {
        image = rx_volume_image(&v);
        mask = rx_region_mask(&r);
        rc = rx_maps(maps, features, 3, &image, &mask, &s, NULL, NULL, ws, NULL);
        for (int i = 0; i < 3; i++) {
            assert_int_equal(maps[i].volume.voxels != NULL, rc == 0);
            rx_map_free(&maps[i]);
        }
    }
    rx_volume_free(&v);
    rx_region_free(&r);
    rx_workspace_free(ws);
    return rc;
}

/* The texts are loaded once: reading them is another path. */
static int draw_the_page(void)
{
    enum { SIDE = 16, SLICES = 4 };
    static pn_messages *words;
    static int16_t voxels[SIDE * SIDE * SLICES];
    static pn_slice slices[SLICES];
    static uint8_t bits[SLICES * SIDE * SIDE / 8];
    static size_t numbers[SLICES] = { 0, 1, 2, 3 };
    static pn_report_region region;
    static pn_report r = { .content_datetime = "20260301120000", .regions = &region, .n_regions = 1 };
    if (words == NULL) {
        assert_int_equal(pn_messages_load(&words, "en", NULL, NULL), 0);
        memset(bits, 0x3C, sizeof bits);
    }
    const pn_volume volume = {
        .image = { .grid = { .dim = { SIDE, SIDE, SLICES }, .spacing_mm = { 1, 1, 3 }, .direction = { 1, 0, 0, 0, 1, 0, 0, 0, 1 } },
                   .type = RX_I16, .voxels = voxels },
        .slices = slices, .n_slices = SLICES };
    const pn_packed_mask mask = { SIDE, SIDE, SLICES, numbers, bits };
    const pn_packed_mask *const others[] = { &mask };
    pn_page_images images = { 0 };
    char *pdf = NULL;
    uint8_t *rgb = NULL;
    size_t n = 0;
    int rc = pn_page_images_make(&images, &volume, &mask, others, 1, NULL);
    if (rc == PN_OK) { rc = pn_page_pdf(&pdf, &n, &r, &images, words, NULL); }
    if (rc == PN_OK) { rc = pn_page_rgb(&rgb, &r, &images, words, NULL); }
    free(pdf);
    free(rgb);
    pn_page_images_free(&images);
    return rc;
}

/* ---- The loop ----------------------------------------------------------------------------- */

/* Where a failed allocation is made good by another way of doing it, the run may succeed. */
static void each(const char *name, int path(void))
{
    fail_at = 0;
    assert_int_equal(path(), 0);         /* makes what is made once, and shows that it works */
    size_t held = n_live, failed = 0;
    for (size_t n = 1;; n++) {
        n_calls = 0;
        fail_at = n;
        int rc = path();
        bool fired = n_calls >= n;
        fail_at = 0;
        if (n_live != held) { fail_msg("%s: allocation %zu fails, %zu are left", name, n, n_live - held); }
        if (!fired) {
            assert_int_equal(rc, 0);
            break;
        }
        if (rc == 0) { fail_msg("%s: allocation %zu fails, and it says that all is well", name, n); }
        failed++;
        assert_int_equal(path(), 0);     /* nothing is left behind that would hinder the next one */
    }
    print_message("%s: %zu allocations, each failed once\n", name, failed);
    assert_true(failed > 0);
}

#define PATH(function) \
    static void alloc__##function(void **state) { (void)state; each(#function, function); }
PATH(store_an_instance)
PATH(use_the_store)
PATH(read_a_table)
PATH(read_an_image)
PATH(pass_on_a_row)
PATH(read_a_configuration)
PATH(write_a_configuration)
PATH(read_a_model)
PATH(score_a_patient)
PATH(hand_over_a_job)
PATH(measure_a_region)
PATH(measure_by_ibsi)
PATH(measure_responses)
PATH(prepare_and_map)
PATH(draw_the_page)

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}
static int remove_folder(void **state)
{
    (void)state;
    return pn_remove_tree(folder, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alloc__store_an_instance),
        cmocka_unit_test(alloc__use_the_store),
        cmocka_unit_test(alloc__read_a_table),
        cmocka_unit_test(alloc__read_an_image),
        cmocka_unit_test(alloc__pass_on_a_row),
        cmocka_unit_test(alloc__read_a_configuration),
        cmocka_unit_test(alloc__write_a_configuration),
        cmocka_unit_test(alloc__read_a_model),
        cmocka_unit_test(alloc__score_a_patient),
        cmocka_unit_test(alloc__hand_over_a_job),
        cmocka_unit_test(alloc__measure_a_region),
        cmocka_unit_test(alloc__measure_by_ibsi),
        cmocka_unit_test(alloc__measure_responses),
        cmocka_unit_test(alloc__prepare_and_map),
        cmocka_unit_test(alloc__draw_the_page),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
