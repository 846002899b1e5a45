/* Parametric maps: every voxel comes back from the bytes, in its place and with its sources, and
 * a validator that knows nothing of this project finds no error. */
#include "check.h"
#include "dicom/header.h"
#include "dicom/parametric_map.h"
#include "dicom/runtime.h"
#include "dicom_fixture.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static pn_error err;

static pn_made made_of(const pn_volume *v)
{
    return (pn_made){.study = &v->study, .sop_class_uid = PN_UID_PARAMETRIC_MAP, .sop_uid = "2.25.701",
                     .series_uid = "2.25.702", .modality = v->study.modality, .datetime = "20260131120000",
                     .series_number = 901, .series_description = "prognode: maps", .institution = "Klinik",
                     .station_name = "NODE", .model = "maps", .device_uid = "2.25.703"};
}

static pn_parametric_map map_of(const rx_grid *g, const double *values, double padding)
{
    return (pn_parametric_map){
        .grid = g, .values = values, .padding = padding,
        .quantity = {"ACUI", "IBSI", "Contrast"}, .unit = {"1", "UCUM", "no units"},
        .label = "original_glcm_Contrast", .description = "original_glcm_Contrast of GTV-1",
        .derivation = "kernelRadius=1 maskedKernel=true binWidth=25"};
}

/* ---- An own look at the bytes (Explicit VR Little Endian) ------------------------------------- */

typedef struct bytes { uint8_t *p; size_t n; } bytes;

static bytes read_all(const char *path)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    bytes b = {.p = malloc(1 << 22)};
    assert_non_null(b.p);
    b.n = fread(b.p, 1, 1 << 22, f);
    fclose(f);
    return b;
}

/* The next element of a tag and VR from *at on, whatever sequence it stands in; its value. */
static const uint8_t *next_element(size_t *length, size_t *at, const bytes *b, uint32_t tag, const char vr[3])
{
    const uint8_t want[6] = {(uint8_t)(tag >> 16), (uint8_t)(tag >> 24), (uint8_t)tag, (uint8_t)(tag >> 8),
                             (uint8_t)vr[0], (uint8_t)vr[1]};
    bool is_long = strcmp(vr, "OF") == 0;
    for (; *at + 12 <= b->n; ++*at) {
        const uint8_t *p = b->p + *at;
        if (memcmp(p, want, sizeof want) != 0) { continue; }
        *length = is_long ? p[8] | (size_t)p[9] << 8 | (size_t)p[10] << 16 | (size_t)p[11] << 24
                          : p[6] | (size_t)p[7] << 8;
        *at += is_long ? 12 : 8;
        return b->p + *at;
    }
    return NULL;
}

static void text_of(char out[256], size_t *at, const bytes *b, uint32_t tag, const char *vr)
{
    size_t n;
    const uint8_t *p = next_element(&n, at, b, tag, vr);
    assert_true(p != NULL && n < 256);
    memcpy(out, p, n);
    while (n > 0 && (out[n - 1] == ' ' || out[n - 1] == '\0')) { n--; }
    out[n] = '\0';
}

static float float_at(const uint8_t *p)
{
    uint32_t u = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    float f;
    memcpy(&f, &u, sizeof f);
    return f;
}

static bool same_bits(float a, float b) { return memcmp(&a, &b, sizeof a) == 0; }

/* Frame by frame: position, source, pixels; nothing left over. */
static void check_frames(const bytes *b, const pn_parametric_map *m, const pn_volume *v, bool own_grid)
{
    const rx_grid *g = m->grid;
    size_t plane = g->dim[0] * g->dim[1], length, at = 0, position = 0, source = 0, frames = 0;
    const uint8_t *pixels = next_element(&length, &at, b, 0x7fe00008u, "OF");
    assert_non_null(pixels);
    char text[256];
    size_t head = 0;                   /* the sources stand in the per-frame groups only      */
    (void)next_element(&length, &head, b, 0x00089124u, "SQ");
    source = head;
    for (size_t k = 0; k < g->dim[2]; k++) {
        bool any = false;
        for (size_t i = 0; i < plane; i++) {
            double x = m->values[k * plane + i];
            any = any || (isnan(m->padding) ? !isnan(x) : x != m->padding);
        }
        if (!any) { continue; }
        for (size_t i = 0; i < plane; i++) {
            float got = float_at(pixels + 4 * (frames * plane + i));
            double want = m->values[k * plane + i];
            if (isnan(want) ? !isnan(got) : !same_bits(got, (float)want)) {
                fail_msg("frame %zu, pixel %zu: %g, wanted %g", frames, i, (double)got, want);
            }
        }
        double xyz[3];
        text_of(text, &position, b, 0x00200032u, "DS");
        assert_int_equal(sscanf(text, "%lf\\%lf\\%lf", &xyz[0], &xyz[1], &xyz[2]), 3);
        for (int a = 0; a < 3; a++) {
            double want = g->origin_mm[a] + g->direction[3 * a + 2] * g->spacing_mm[2] * (double)k;
            CHECK_NEAR(xyz[a], want, 1e-9, 1e-9);
        }
        if (!own_grid) {
            text_of(text, &source, b, 0x00081155u, "UI");
            assert_string_equal(text, v->slices[k].sop_uid);
        }
        frames++;
    }
    at = 0;
    text_of(text, &at, b, 0x00280008u, "IS");
    assert_int_equal(atoi(text), frames);
    at = 0;
    (void)next_element(&length, &at, b, 0x7fe00008u, "OF");
    assert_int_equal(length, 4 * frames * plane);
}

static bool have(const char *command)
{
    char line[256];
    snprintf(line, sizeof line, "command -v %s >/dev/null 2>&1", command);
    if (system(line) == 0) { return true; }
    fprintf(stderr, "SKIPPED: %s not found\n", command);
    return false;
}

static void assert_valid(const char *path)
{
    static char out[1 << 16];
    char line[1200];
    if (!have("dciodvfy")) { return; }
    snprintf(line, sizeof line, "dciodvfy -new '%s' 2>&1", path);
    FILE *p = popen(line, "r");
    assert_non_null(p);
    size_t n = fread(out, 1, sizeof out - 1, p);
    out[n] = '\0';
    (void)pclose(p);
    assert_non_null(strstr(out, "ParametricMap"));
    for (const char *at = out; at != NULL && *at != '\0'; at = strchr(at, '\n'), at += at != NULL) {
        if (strncmp(at, "Error", 5) == 0) { fail_msg("%.*s", (int)strcspn(at, "\n"), at); }
    }
}

/* Values in a ball, the padding around it. */
static double *ball(const rx_grid *g, double padding)
{
    double *v = malloc(g->dim[0] * g->dim[1] * g->dim[2] * sizeof *v);
    assert_non_null(v);
    unsigned seed = 3;
    for (size_t i = 0; i < g->dim[0] * g->dim[1] * g->dim[2]; i++) {
        double x = (double)(i % g->dim[0]) - 4, y = (double)(i / g->dim[0] % g->dim[1]) - 3;
        double z = (double)(i / g->dim[0] / g->dim[1]) - 2;
        seed = seed * 1103515245u + 12345u;
        v[i] = x * x + y * y + 4 * z * z < 9 ? 0.1 + (double)(seed >> 8) / 777 : padding;
    }
    return v;
}

static void load_stack(pn_volume *v, const char **paths, size_t n)
{
    stack_write(paths, n, 9, 7);
    CHECK_OK(pn_volume_load(v, paths, n, &err), err);
}

static void every_voxel_comes_back(void **state)
{
    (void)state;
    static const double paddings[] = {0, -1, NAN};
    const char *paths[6];
    pn_volume v;
    load_stack(&v, paths, 6);
    for (size_t t = 0; t < 3; t++) {
        double *values = ball(&v.image.grid, paddings[t]);
        for (size_t i = 0; t == 1 && i < 63 * 6; i++) {    /* a narrow range */
            if (values[i] > 0) { values[i] = 0.25 + values[i] * 1e-7; }
        }
        values[2 * 63 + 3 * 9 + 4] = NAN;              /* a value that the formula does not give */
        pn_parametric_map m = map_of(&v.image.grid, values, paddings[t]);
        pn_made made = made_of(&v);
        const char *path = tmp_path("map.dcm");
        CHECK_OK(pn_parametric_map_write(&made, &v, &m, path, &err), err);
        bytes b = read_all(path);
        check_frames(&b, &m, &v, false);
        assert_valid(path);
        free(b.p);
        free(values);
    }
    pn_volume_free(&v);
}

/* Resampled: twice as fine, beginning between two slices. */
static void a_grid_of_its_own_keeps_its_places(void **state)
{
    (void)state;
    const char *paths[5];
    pn_volume v;
    load_stack(&v, paths, 5);
    rx_grid g = v.image.grid;
    for (int a = 0; a < 3; a++) {
        g.origin_mm[a] += 0.25 * g.spacing_mm[a];
        g.spacing_mm[a] /= 2;
    }
    g.dim[2] = 9;
    double *values = ball(&g, 0);
    pn_parametric_map m = map_of(&g, values, 0);
    pn_made made = made_of(&v);
    const char *path = tmp_path("map.dcm");
    CHECK_OK(pn_parametric_map_write(&made, &v, &m, path, &err), err);
    bytes b = read_all(path);
    check_frames(&b, &m, &v, true);
    assert_valid(path);
    free(b.p);
    free(values);
    pn_volume_free(&v);
}

/* What is mapped, over which range, in which unit; and that the node knows its own object. */
static void the_mapping_says_what_it_is(void **state)
{
    (void)state;
    const char *paths[6];
    pn_volume v;
    load_stack(&v, paths, 6);
    double *values = ball(&v.image.grid, 0), lowest = INFINITY, highest = -INFINITY;
    for (size_t i = 0; i < (size_t)63 * 6; i++) {
        if (values[i] == 0) { continue; }
        lowest = fmin(lowest, values[i]);
        highest = fmax(highest, values[i]);
    }
    pn_parametric_map m = map_of(&v.image.grid, values, 0);
    pn_made made = made_of(&v);
    const char *path = tmp_path("map.dcm");
    CHECK_OK(pn_parametric_map_write(&made, &v, &m, path, &err), err);
    bytes b = read_all(path);
    size_t length, at = 0;
    char text[256];
    (void)next_element(&length, &at, &b, 0x00409096u, "SQ");
    const uint8_t *p = next_element(&length, &at, &b, 0x00409213u, "FD");
    assert_true(p != NULL && length == 8);
    double last;
    memcpy(&last, p, sizeof last);                     /* little endian, as this machine */
    CHECK_NEAR(last, highest, 0, 0);
    p = next_element(&length, &at, &b, 0x00409214u, "FD");
    assert_non_null(p);
    memcpy(&last, p, sizeof last);
    CHECK_NEAR(last, lowest, 0, 0);
    (void)next_element(&length, &at, &b, 0x00409220u, "SQ");
    text_of(text, &at, &b, 0x00080100u, "SH");
    assert_string_equal(text, "246205007");
    text_of(text, &at, &b, 0x00080100u, "SH");
    assert_string_equal(text, "ACUI");
    free(b.p);
    pn_header h;
    CHECK_OK(pn_header_read(&h, path, &err), err);
    assert_int_equal(h.kind, PN_KIND_OWN);
    assert_string_equal(h.study_uid, v.study.study_uid);
    pn_header_free(&h);
    free(values);
    pn_volume_free(&v);
}

static void the_same_map_gives_the_same_bytes(void **state)
{
    (void)state;
    const char *paths[6];
    pn_volume v;
    load_stack(&v, paths, 6);
    double *values = ball(&v.image.grid, NAN);
    pn_parametric_map m = map_of(&v.image.grid, values, NAN);
    pn_made made = made_of(&v);
    bytes b[2];
    for (int i = 0; i < 2; i++) {
        const char *path = tmp_path(i ? "again.dcm" : "map.dcm");
        CHECK_OK(pn_parametric_map_write(&made, &v, &m, path, &err), err);
        b[i] = read_all(path);
    }
    assert_int_equal(b[0].n, b[1].n);
    assert_memory_equal(b[0].p, b[1].p, b[0].n);
    free(b[0].p);
    free(b[1].p);
    free(values);
    pn_volume_free(&v);
}

static void refuse(const pn_volume *v, const pn_parametric_map *m, const char *word)
{
    pn_made made = made_of(v);
    assert_int_equal(pn_parametric_map_write(&made, v, m, tmp_path("no.dcm"), &err), PN_EINVAL);
    if (strstr(err.msg, word) == NULL) { fail_msg("'%s' has no '%s'", err.msg, word); }
}

static void what_is_no_map_is_refused(void **state)
{
    (void)state;
    const char *paths[6];
    pn_volume v;
    load_stack(&v, paths, 6);
    double *values = ball(&v.image.grid, 0), *nothing = calloc(63 * 6, sizeof *nothing);
    pn_parametric_map m = map_of(&v.image.grid, nothing, 0);
    refuse(&v, &m, "no value");
    m = map_of(&v.image.grid, values, 0);
    m.quantity.meaning = "";
    refuse(&v, &m, "without a code");
    m = map_of(&v.image.grid, values, 0);
    values[2 * 63 + 31] = 1e39;
    refuse(&v, &m, "32-bit");
    values[2 * 63 + 31] = 1;
    rx_grid mirrored = v.image.grid;
    for (int a = 0; a < 3; a++) { mirrored.direction[3 * a + 2] *= -1; }
    m.grid = &mirrored;
    refuse(&v, &m, "row x column");
    m.grid = &v.image.grid;
    v.study.frame_of_reference_uid[0] = '\0';
    refuse(&v, &m, "frame of reference");
    free(values);
    free(nothing);
    pn_volume_free(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_voxel_comes_back, dicom_clear),
        cmocka_unit_test_teardown(a_grid_of_its_own_keeps_its_places, dicom_clear),
        cmocka_unit_test_teardown(the_mapping_says_what_it_is, dicom_clear),
        cmocka_unit_test_teardown(the_same_map_gives_the_same_bytes, dicom_clear),
        cmocka_unit_test_teardown(what_is_no_map_is_refused, dicom_clear),
    };
    return cmocka_run_group_tests(tests, dicom_start, NULL);
}
