/* role/matching.c - see matching.h. */
#include "role/matching.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/file.h"

enum { PREDECESSOR_LOOK_MS = 500, DRAWN_QUIET_MS = 60000 };

/* ---- The ladder ------------------------------------------------------------------------------ */

static int64_t later(int64_t a, int64_t b) { return a > b ? a : b; }

/* When a series has been quiet for that long, counted from the case and from the last image. One
 * that came later than now came before the clock was set back. */
static int64_t quiet_since(const pn_case *c, int64_t last_image_ms, int64_t quiet_ms, int64_t now_ms)
{
    enum { HOSTS_DIFFER_MS = 60000 };
    if (last_image_ms > now_ms + HOSTS_DIFFER_MS) { return c->created_ms + quiet_ms; }
    return later(c->created_ms, last_image_ms) + quiet_ms;
}

static int64_t fallback_due(const pn_case *c, int64_t last_image_ms, int64_t now_ms)
{
    return quiet_since(c, last_image_ms, c->fallback_at_ms - c->created_ms, now_ms);
}

/* All that the contour names is there, and only the end of the series is not known: a minute
 * without an image of it is enough, since one that comes later makes a version. */
static int64_t drawn_due(const pn_case *c, int64_t last_image_ms, int64_t now_ms)
{
    int64_t fallback_ms = c->fallback_at_ms - c->created_ms;
    return quiet_since(c, last_image_ms, fallback_ms < DRAWN_QUIET_MS ? fallback_ms : DRAWN_QUIET_MS, now_ms);
}

/* When a series may be taken for whole, which no archive's count tells: after quiet_due. */
static int64_t series_due(const pn_case *c, const pn_match_facts *f, int64_t quiet_due, int64_t now_ms)
{
    if (f->series_count == 0) { return quiet_due; }
    return f->n_series_all >= f->series_count ? now_ms : c->give_up_at_ms;
}

#define REASON(d, ...) ((void)snprintf((d)->reason, sizeof (d)->reason, __VA_ARGS__))

static void hold(pn_match_decision *d, const char *uid)
{
    d->state = PN_CASE_HELD;
    REASON(d, "conflict: %s was received with two different contents", uid);
}

static void fail_at_once(pn_match_decision *d)
{
    d->state = PN_CASE_FAILED;
    d->next_look_ms = INT64_MAX;
}

/* A series that was taken though an archive has more of it. */
static void say_count(pn_match_decision *d, const pn_match_facts *f)
{
    size_t at = strlen(d->reason);
    if (f->n_series_all < f->series_count) {
        (void)snprintf(d->reason + at, sizeof d->reason - at, "; %zu of the %zu that an archive has",
                       f->n_series_all, f->series_count);
    }
}

/* Rung 2. */
static void decide_by_named_series(pn_match_decision *d, const pn_case *c,
                                   const pn_match_facts *f, int64_t now_ms)
{
    int64_t due = series_due(c, f, fallback_due(c, f->series_last_ms, now_ms), now_ms);
    if (now_ms < due) {
        if (f->n_expected > 0) {
            REASON(d, "0 of %zu images; %zu others of the named series", f->n_expected, f->n_series);
        } else {
            REASON(d, "no images named; %zu of the named series", f->n_series);
        }
        d->next_look_ms = due;
    } else if (f->series_conflict_uid[0] && !c->conflict_accepted) {
        hold(d, f->series_conflict_uid);
    } else {
        d->state = PN_CASE_READY;
        d->by_series = true;
        if (f->n_expected > 0) {
            REASON(d, "none of %zu named images: taken by series", f->n_expected);
        } else {
            REASON(d, "no images named: taken by series");
        }
        say_count(d, f);
    }
}

/* Rung 1, of a contour that names only what it is drawn on. */
static void decide_by_drawn(pn_match_decision *d, const pn_case *c, const pn_match_facts *f,
                            int64_t now_ms)
{
    int64_t due = series_due(c, f, drawn_due(c, f->series_last_ms, now_ms), now_ms);
    if (due > c->give_up_at_ms) { due = c->give_up_at_ms; }
    memcpy(d->series_uid, f->series_uid, sizeof d->series_uid);
    if (now_ms < due) {
        REASON(d, "%zu of %zu images, only those drawn on; %zu of their series so far",
               f->n_present, f->n_expected, f->n_series);
        d->next_look_ms = due;
    } else if (f->series_conflict_uid[0] && !c->conflict_accepted) {
        hold(d, f->series_conflict_uid);
    } else {
        d->state = PN_CASE_READY;
        d->by_series = true;
        REASON(d, "only the images drawn on are named: the whole series is used");
        say_count(d, f);
    }
}

/* Rung 3. */
static void decide_by_frame(pn_match_decision *d, const pn_case *c, const pn_match_facts *f,
                            int64_t now_ms)
{
    if (!c->frame_of_reference_uid[0]) {
        fail_at_once(d);
        REASON(d, "the contour names no images, no series and no frame of reference");
        return;
    }
    int64_t due = fallback_due(c, f->candidate_last_ms, now_ms);
    if (f->n_candidates == 0) {
        REASON(d, "no image series of its study and frame of reference yet");
    } else if (now_ms < due) {
        REASON(d, "no images named; %zu series of its frame of reference", f->n_candidates);
        d->next_look_ms = due;
    } else if (f->n_candidates == 1) {
        d->state = PN_CASE_READY;
        d->by_series = true;
        snprintf(d->series_uid, sizeof d->series_uid, "%s", f->candidate[0]);
        REASON(d, "no images named: the only series of its frame of reference");
    } else {
        fail_at_once(d);
        REASON(d, "no images named, and %zu series share its frame of reference: %s, %s",
               f->n_candidates, f->candidate[0], f->candidate[1]);
    }
}

static void give_up(pn_match_decision *d, const pn_match_facts *f)
{
    fail_at_once(d);
    if (f->n_expected > 0) {
        REASON(d, "images missing: %zu of %zu", f->n_expected - f->n_present, f->n_expected);
    } else {
        REASON(d, "images missing: no series that the contour could mean");
    }
}

/* What else is known about the images that are missing. */
static void add_notes(pn_match_decision *d, const pn_match_facts *f)
{
    size_t at = strlen(d->reason);
    if (f->n_removed > 0) {
        char date[15];
        pn_datetime_local(date, f->removed_ms);
        (void)snprintf(d->reason + at, sizeof d->reason - at,
                       "; %zu images were removed on %.4s-%.2s-%.2s", f->n_removed, date, date + 4,
                       date + 6);
        at = strlen(d->reason);
    }
    if (f->pull_note[0]) {
        (void)snprintf(d->reason + at, sizeof d->reason - at, "; %s", f->pull_note);
    }
}

void pn_match_decide(pn_match_decision *out, const pn_case *c, const pn_match_facts *f,
                     int64_t now_ms)
{
    pn_match_decision d = {.state = PN_CASE_WAITING, .n_present = f->n_present,
                           .next_look_ms = c->give_up_at_ms};
    memcpy(d.series_uid, c->series_uid, sizeof d.series_uid);
    if (f->conflict_uid[0] && !c->conflict_accepted) {
        hold(&d, f->conflict_uid);
    } else if (f->n_expected > 0 && f->n_present == f->n_expected) {
        /* A multi-frame image is a volume by itself; images of several series have no one series. */
        if (c->drawn_only && f->series_uid[0] && f->n_multiframe < f->n_present) {
            decide_by_drawn(&d, c, f, now_ms);
        } else {
            d.state = PN_CASE_READY;
        }
    } else if (f->n_present == 0 && c->series_uid[0] && f->n_series > 0) {
        decide_by_named_series(&d, c, f, now_ms);
    } else if (f->n_expected == 0 && !c->series_uid[0]) {
        decide_by_frame(&d, c, f, now_ms);
    } else if (f->n_expected > 0) {
        REASON(&d, "%zu of %zu images", f->n_present, f->n_expected);
    } else {
        REASON(&d, "no image of the named series yet");
    }
    if (d.state == PN_CASE_WAITING) {
        if (now_ms >= c->give_up_at_ms) { give_up(&d, f); }
        add_notes(&d, f);
    }
    if (d.state != PN_CASE_WAITING) { d.next_look_ms = INT64_MAX; }
    if (d.next_look_ms > c->give_up_at_ms && d.state == PN_CASE_WAITING) {
        d.next_look_ms = c->give_up_at_ms;
    }
    *out = d;
}

/* ---- With the store ---------------------------------------------------------------------------- */

static int check_identity(pn_match_decision *d, pn_store *s, const pn_case *c, int64_t now_ms,
                          pn_error *err)
{
    pn_identity_conflict x;
    bool found = false;
    int rc = pn_store_identity_conflict(&x, &found, s, c, d->series_uid, d->by_series, err);
    if (rc != PN_OK || !found) { return rc; }
    bool wait = x.correcting && now_ms < c->give_up_at_ms;
    d->state = wait ? PN_CASE_WAITING : PN_CASE_FAILED;
    if (wait) { d->next_look_ms = c->give_up_at_ms; }
    d->by_series = false;
    REASON(d, "identity conflict: %s is \"%.100s\" in the contour, \"%.100s\" in image %s", x.what,
           x.contour_value, x.image_value, x.image_uid);
    return PN_OK;
}

/* A series found by its frame was not looked at for conflicts yet. */
static int check_found_series(pn_match_decision *d, pn_store *s, const pn_case *c, pn_error *err)
{
    pn_case *as_found = malloc(sizeof *as_found);
    if (as_found == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for a case"); }
    *as_found = *c;
    memcpy(as_found->series_uid, d->series_uid, sizeof as_found->series_uid);
    pn_match_facts f;
    int rc = pn_store_match_facts(&f, s, as_found, err);
    free(as_found);
    if (rc == PN_OK && f.series_conflict_uid[0] && !c->conflict_accepted) {
        d->by_series = false;
        hold(d, f.series_conflict_uid);
    }
    if (rc == PN_OK) { memcpy(d->images_identity, f.series_identity, sizeof d->images_identity); }
    return rc;
}

/* The place in its lineage of a case that is complete. */
static int take_place(pn_match_decision *d, pn_store *s, const pn_case *c, int64_t now_ms,
                      pn_error *err)
{
    pn_lineage_facts f;
    size_t n = 0;
    int rc = pn_store_lineage(&f, s, c->lineage, c->id, err);
    if (rc != PN_OK) { return rc; }
    if (f.later_id != 0) {
        d->state = PN_CASE_DROPPED;
        d->next_look_ms = INT64_MAX;
        REASON(d, "superseded by case %lld", (long long)f.later_id);
        return PN_OK;
    }
    rc = pn_store_supersede(&n, s, c->lineage, c->id, now_ms, err);
    if (rc != PN_OK) { return rc; }
    if (f.running_id != 0) {
        d->state = PN_CASE_WAITING;
        d->by_series = false;
        d->next_look_ms = now_ms + PREDECESSOR_LOOK_MS;
        REASON(d, "complete; case %lld, whose report this one replaces, is being computed",
               (long long)f.running_id);
        return PN_OK;
    }
    d->version = f.version + 1;
    memcpy(d->predecessor_sop_uid, f.sop_uid, sizeof d->predecessor_sop_uid);
    memcpy(d->predecessor_series_uid, f.series_uid, sizeof d->predecessor_series_uid);
    return PN_OK;
}

/* Looking at the lineage and taking the place in it are one transaction, so that no worker
 * claims an earlier case in between. */
static int record(pn_match_decision *d, pn_store *s, const pn_case *c, int64_t now_ms,
                  pn_error *err)
{
    int rc = pn_store_begin(s, err);
    if (rc != PN_OK) { return rc; }
    if (d->state == PN_CASE_READY && c->lineage[0]) { rc = take_place(d, s, c, now_ms, err); }
    if (rc == PN_OK) { rc = pn_store_decide_case(s, c->id, d, now_ms, err); }
    if (rc == PN_OK) { rc = pn_store_commit(s, err); }
    if (rc != PN_OK) { pn_store_rollback(s); }
    return rc;
}

int pn_match_case(pn_match_decision *out, pn_store *s, const pn_case *c, int64_t now_ms,
                  pn_error *err)
{
    pn_match_facts facts;
    int rc = pn_store_match_facts(&facts, s, c, err);
    if (rc != PN_OK) { return rc; }
    pn_match_decision d;
    pn_match_decide(&d, c, &facts, now_ms);
    memcpy(d.images_identity, d.by_series ? facts.series_identity : facts.identity,
           sizeof d.images_identity);
    if (d.state == PN_CASE_READY && d.by_series && !c->series_uid[0]) {
        rc = check_found_series(&d, s, c, err);
    }
    if (rc == PN_OK && d.state == PN_CASE_READY) { rc = check_identity(&d, s, c, now_ms, err); }
    if (rc == PN_OK) { rc = record(&d, s, c, now_ms, err); }
    if (rc == PN_OK) { *out = d; }
    return rc;
}
