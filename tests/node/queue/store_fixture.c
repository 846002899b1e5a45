#include "check.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/file.h"
#include "pg_server.h"
#include "store_fixture.h"

const char *fixture_backend = "sqlite";

int fixture_postgresql(void)
{
    if (!pg_server_start()) { return 0; }
    atexit(pg_server_stop);
    fixture_backend = "postgresql";
    return 1;
}

void fixture_new_database(char *path, size_t n, const fixture *f)
{
    static int last;
    if (strcmp(fixture_backend, "sqlite") == 0) {
        snprintf(path, n, "%s/%d.db", f->folder, ++last);
    } else {
        pg_server_new_database(path, n);
    }
}

int fixture_setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    if (!f) { return -1; }
    strcpy(f->folder, "/tmp/pn-store-XXXXXX");
    if (!mkdtemp(f->folder)) { return -1; }
    fixture_new_database(f->path, sizeof f->path, f);
    CHECK_OK(pn_store_open(&f->s, f->path, NULL, &f->err), f->err);
    *state = f;
    return 0;
}

int fixture_teardown(void **state)
{
    fixture *f = *state;
    pn_store_close(f->s);
    int rc = pn_remove_tree(f->folder, &f->err);
    free(f);
    return rc;
}

void fixture_reopen(fixture *f)
{
    pn_store_close(f->s);
    f->s = NULL;
    CHECK_OK(pn_store_open(&f->s, f->path, NULL, &f->err), f->err);
}

pn_instance image_of(const char *sop_uid, const char *digest, const char *series)
{
    pn_instance i = { .kind = "image", .study_uid = "1.2.study",
                      .frame_of_reference_uid = "1.2.frame", .patient_id = "P1",
                      .modality = "CT", .source_ae = "SCANNER", .received_ms = 10,
                      .size = 525090, .sop_class_uid = "1.2.840.10008.5.1.4.1.1.2" };
    snprintf(i.sop_uid, sizeof i.sop_uid, "%s", sop_uid);
    snprintf(i.digest, sizeof i.digest, "%s", digest);
    snprintf(i.pixel_digest, sizeof i.pixel_digest, "p-%.60s", digest);
    snprintf(i.series_uid, sizeof i.series_uid, "%s", series);
    return i;
}

pn_added add(fixture *f, const pn_instance *in)
{
    pn_added added = PN_ADDED_CONFLICT;
    CHECK_OK(pn_store_add_instance(&added, f->s, in, &f->err), f->err);
    return added;
}

int64_t add_case(fixture *f, const char *contour, const char *model, const char *prefix, int n,
                 int64_t now_ms)
{
    static pn_case c;
    memset(&c, 0, sizeof c);
    snprintf(c.contour_uid, sizeof c.contour_uid, "%s", contour);
    snprintf(c.contour_digest, sizeof c.contour_digest, "d-%s", contour);
    strcpy(c.contour_kind, "rtstruct");
    strcpy(c.patient_id, "P1");
    strcpy(c.study_uid, "1.2.study");
    strcpy(c.frame_of_reference_uid, "1.2.frame");
    strcpy(c.series_uid, "1.2.series");
    snprintf(c.model_id, sizeof c.model_id, "%s", model);
    c.roi_numbers[0] = 3;
    c.roi_numbers[1] = 7;
    c.n_rois = 2;
    c.fallback_at_ms = 1000;
    c.give_up_at_ms = 5000;
    char uid[16][PN_UID_SIZE];
    const char *uids[16];
    assert_true(n <= 16);
    for (int i = 0; i < n; i++) {
        snprintf(uid[i], sizeof uid[i], "%.40s.%d", prefix, i + 1);
        uids[i] = uid[i];
    }
    int64_t id = 0;
    bool made = false;
    CHECK_OK(pn_store_add_case(&id, &made, f->s, &c, uids, (size_t)n, now_ms, &f->err), f->err);
    return id;
}

int64_t add_ready(fixture *f, const char *contour, int64_t now_ms)
{
    int64_t id = add_case(f, contour, "m", contour, 2, now_ms);
    pn_match_decision d = { .state = PN_CASE_READY, .n_present = 2, .next_look_ms = INT64_MAX,
                            .series_uid = "1.2.series" };
    CHECK_OK(pn_store_decide_case(f->s, id, &d, now_ms, &f->err), f->err);
    return id;
}

pn_case *case_of(fixture *f, int64_t id)
{
    static pn_case c;
    CHECK_OK(pn_store_get_case(&c, f->s, id, &f->err), f->err);
    return &c;
}
