/* cmd/cases_withdraw.c - see cases_withdraw.h. */
#include "cmd/cases_withdraw.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/file.h"
#include "base/hash.h"
#include "dicom/kos_write.h"
#include "pipeline/job.h"
#include "role/withdrawn.h"

/* One archive and what it holds. */
typedef struct note {
    char archive[PN_NAME_SIZE];
    char path[PN_PATH_SIZE];
    char sop_uid[PN_UID_SIZE], series_uid[PN_UID_SIZE];
    pn_rejected objects[PN_MAX_OBJECTS]; size_t n_objects;
} note;

typedef struct withdrawal {
    pn_case c;
    pn_outcome outcome;
    note *notes; size_t n_notes, room;
} withdrawal;

static const pn_object *object_of(const pn_outcome *o, const char *sop_uid)
{
    for (size_t i = 0; i < o->n_objects; i++) {
        if (strcmp(o->objects[i].sop_uid, sop_uid) == 0) { return &o->objects[i]; }
    }
    return NULL;
}

static int take_sent(void *arg, const pn_delivery *d, pn_error *err)
{
    withdrawal *w = arg;
    const pn_object *o = object_of(&w->outcome, d->sop_uid);
    if (d->state != PN_DELIVERY_SENT || strcmp(d->kind, "note") == 0) { return PN_OK; }
    if (o == NULL) {
        return pn_fail(err, PN_ENOTFOUND, "the results of case %lld do not list %s", (long long)w->c.id,
                       d->sop_uid);
    }
    size_t i = 0;
    while (i < w->n_notes && strcmp(w->notes[i].archive, d->archive) != 0) { i++; }
    if (i == w->n_notes && w->n_notes == w->room) {
        return pn_fail(err, PN_EINVAL, "case %lld went to more archives than are configured now",
                       (long long)w->c.id);
    }
    if (i == w->n_notes) { memcpy(w->notes[w->n_notes++].archive, d->archive, sizeof d->archive); }
    note *n = &w->notes[i];
    if (n->n_objects < PN_MAX_OBJECTS) {
        n->objects[n->n_objects++] = (pn_rejected){o->sop_class_uid, o->sop_uid, o->series_uid};
    }
    return PN_OK;
}

static int name_note(note *n, const withdrawal *w, const char *reason, const char *datetime, pn_error *err)
{
    const char *report = pn_outcome_report(&w->outcome)->sop_uid;
    const char *sop_parts[] = {"rejection note", report, n->archive, reason, datetime, NULL};
    const char *series_parts[] = {"rejection series", report, n->archive, reason, datetime, NULL};
    int rc = pn_uid_from_parts(n->sop_uid, sop_parts, err);
    if (rc == PN_OK) { rc = pn_uid_from_parts(n->series_uid, series_parts, err); }
    if (rc != PN_OK) { return rc; }
    return pn_path(n->path, sizeof n->path, err, "%s/note-%s.dcm", w->c.result_dir, n->sop_uid);
}

static int write_note(const note *n, const withdrawal *w, const cfg_node *cfg, const char *reason,
                      const char *datetime, pn_error *err)
{
    char like[PN_PATH_SIZE], device[PN_UID_SIZE];
    const char *device_parts[] = {"prognode device", PN_VERSION, NULL};
    int rc = pn_uid_from_parts(device, device_parts, err);
    if (rc == PN_OK) { rc = pn_path(like, sizeof like, err, "%s/%s", w->c.result_dir, PN_SR_FILE); }
    if (rc != PN_OK) { return rc; }
    const pn_rejection r = {
        .like = like, .objects = n->objects, .n_objects = n->n_objects, .sop_uid = n->sop_uid,
        .series_uid = n->series_uid, .device_uid = device, .datetime = datetime, .reason = reason,
        .institution = cfg->institution, .station_name = cfg->station_name,
    };
    return pn_rejection_write(&r, n->path, err);
}

static int load(withdrawal *w, pn_store *s, const cfg_node *cfg, int64_t id, pn_error *err)
{
    int rc = pn_store_get_case(&w->c, s, id, err);
    if (rc == PN_OK && w->c.report_sop_uid[0] == '\0') {
        rc = pn_fail(err, PN_EINVAL, "case %lld is %s and has no report", (long long)id,
                     pn_case_state_word(w->c.state));
    }
    if (rc == PN_OK && pn_outcome_load(&w->outcome, w->c.result_dir, err) != PN_OK) {
        rc = pn_fail(err, PN_ENOTFOUND, "the results of case %lld are gone: no note can be made",
                     (long long)id);
    }
    if (rc != PN_OK) { return rc; }
    w->room = cfg->n_archives;
    w->notes = calloc(w->room, sizeof *w->notes);
    if (w->notes == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for notes"); }
    return pn_store_case_deliveries(s, id, take_sent, w, err);
}

static int queue_notes(pn_case_state *state, withdrawal *w, pn_store *s, const cfg_node *cfg,
                       const char *reason, pn_error *err)
{
    char datetime[15];
    int64_t now = pn_now_ms();
    pn_datetime_local(datetime, now);
    pn_outgoing *out = calloc(w->n_notes + 1, sizeof *out);
    int rc = out == NULL ? pn_fail_transient(err, PN_ENOMEM, "no memory for notes") : PN_OK;
    for (size_t i = 0; rc == PN_OK && i < w->n_notes; i++) {
        rc = name_note(&w->notes[i], w, reason, datetime, err);
        out[i] = (pn_outgoing){.archive = w->notes[i].archive, .path = w->notes[i].path,
                               .sop_class_uid = PN_UID_KEY_OBJECT_SELECTION,
                               .sop_uid = w->notes[i].sop_uid, .kind = "note", .place = 9};
    }
    if (rc == PN_OK) { rc = pn_store_withdraw_case(state, s, w->c.id, reason, out, w->n_notes, now, err); }
    /* Files after the decision, and before it becomes durable: a row never lacks its file. */
    for (size_t i = 0; rc == PN_OK && i < w->n_notes; i++) {
        rc = write_note(&w->notes[i], w, cfg, reason, datetime, err);
    }
    if (rc == PN_OK) { rc = pn_withdrawn_save(w->c.result_dir, reason, out, w->n_notes, err); }
    free(out);
    return rc;
}

int cases_withdraw(pn_case_state *state, size_t *n_notes, pn_store *s, const cfg_node *cfg, int64_t id,
                   const char *reason, pn_error *err)
{
    withdrawal *w = calloc(1, sizeof *w);
    if (w == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for a case"); }
    /* From here on no sender settles anything: what is sent stays what the notes name. */
    int rc = pn_store_begin(s, err);
    if (rc == PN_OK) { rc = load(w, s, cfg, id, err); }
    if (rc == PN_OK) { rc = queue_notes(state, w, s, cfg, reason, err); }
    if (rc == PN_OK) { rc = pn_store_commit(s, err); }
    if (rc != PN_OK) { pn_store_rollback(s); }
    *n_notes = w->n_notes;
    free(w->notes);
    free(w);
    return rc;
}
