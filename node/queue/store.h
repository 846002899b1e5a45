/* queue/store.h - the node's memory: catalogue of instances, cases, work queue, outbox.
 *
 * One interface over backends (`sqlite` today). Every change is one transaction, durable when
 * the call returns. Times are milliseconds since the Unix epoch, UTC, handed in by the caller:
 * the store has no clock. Strings handed in are copied; structs given back own what they hold.
 *
 * A pn_store belongs to one thread of one process; open it after fork, never before. Several
 * processes may have the same database open. Errors: PN_ESTORE (transient where the database
 * was busy), PN_EINVAL, PN_ENOMEM, and what each function names. */
#ifndef PN_STORE_H
#define PN_STORE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/limits.h"

enum { PN_REASON_SIZE = 512, PN_NAME_SIZE = 65, PN_OWNER_SIZE = 65, PN_KIND_SIZE = 12 };

typedef struct pn_store pn_store;

typedef struct pn_store_opts {
    bool read_only;            /* for `cases list` and `show`; the database must exist       */
    unsigned busy_timeout_ms;  /* how long to wait for another process's transaction         */
} pn_store_opts;
#define PN_STORE_OPTS_INIT { .read_only = false, .busy_timeout_ms = 10000 }

/* Open, create where absent, and bring the schema up to date. Refuses a database on a network
 * file system, and one whose schema is newer than this program. opts NULL: defaults. */
PN_CHECKED int pn_store_open(pn_store **out, const char *path, const pn_store_opts *opts,
                             pn_error *err);
void pn_store_close(pn_store *s);          /* NULL is fine */
/* The backend's own check of the whole database; PN_ESTORE with the first finding. */
PN_CHECKED int pn_store_check(pn_store *s, pn_error *err);

/* ---- Catalogue ------------------------------------------------------------------------- */

/* The kinds, as pn_kind_word of dicom/header.h says them. */
#define PN_INSTANCE_IMAGE "image"

typedef struct pn_instance {
    char sop_uid[PN_UID_SIZE], digest[PN_DIGEST_HEX_SIZE]; /* the pair is the key            */
    char kind[PN_KIND_SIZE];
    char sop_class_uid[PN_UID_SIZE], study_uid[PN_UID_SIZE], series_uid[PN_UID_SIZE];
    char frame_of_reference_uid[PN_UID_SIZE];
    char patient_id[PN_LO_SIZE], patient_id_issuer[PN_LO_SIZE];
    char modality[17], source_ae[PN_AE_SIZE];
    int64_t received_ms;
    uint64_t size;             /* bytes of the file                                           */
    bool conflict;             /* another digest of this SOP UID is known                     */
    char *header_json;         /* contour objects: pn_header_to_json; else NULL               */
} pn_instance;
void pn_instance_free(pn_instance *i);     /* frees header_json, zeroes */

typedef enum pn_added {
    PN_ADDED_NEW = 0,
    PN_ADDED_SAME,             /* this SOP UID with this digest is known: nothing changed      */
    PN_ADDED_CONFLICT,         /* SOP UID known with another digest: both kept, both marked    */
} pn_added;

/* Add one instance (header_json is borrowed) and wake the open cases that may want it. */
PN_CHECKED int pn_store_add_instance(pn_added *out, pn_store *s, const pn_instance *in,
                                     pn_error *err);
/* The first copy received of a SOP UID (digest NULL) or the very one. PN_ENOTFOUND. */
PN_CHECKED int pn_store_get_instance(pn_instance *out, pn_store *s, const char *sop_uid,
                                     const char *digest, pn_error *err);
PN_CHECKED int pn_store_count_instances(size_t *out, pn_store *s, pn_error *err);
/* Whether the catalogue of this database once held all that the spool held: false for a new
 * database until it is said. */
PN_CHECKED int pn_store_catalogue_complete(bool *out, pn_store *s, pn_error *err);
PN_CHECKED int pn_store_set_catalogue_complete(pn_store *s, pn_error *err);
/* Contour objects (header_json present) that have no case: a crash came between the two. Calls
 * back in order of arrival; a callback that returns non-zero ends the walk with that value. */
typedef int (*pn_instance_fn)(void *arg, const pn_instance *i, pn_error *err);
PN_CHECKED int pn_store_contours_without_case(pn_store *s, pn_instance_fn fn, void *arg,
                                              pn_error *err);

/* A batch: the calls between begin and commit become durable together. Not nested. After
 * any failure call rollback (harmless without begin). */
PN_CHECKED int pn_store_begin(pn_store *s, pn_error *err);
PN_CHECKED int pn_store_commit(pn_store *s, pn_error *err);
void pn_store_rollback(pn_store *s);

/* ---- Cases ------------------------------------------------------------------------------ */

typedef enum pn_case_state {
    PN_CASE_RECEIVED = 0, PN_CASE_WAITING, PN_CASE_READY, PN_CASE_RUNNING, PN_CASE_REPORTED,
    PN_CASE_DELIVERED, PN_CASE_COMMITTED, PN_CASE_HELD, PN_CASE_FAILED, PN_CASE_NOT_APPLICABLE,
    PN_CASE_EXPIRED, PN_CASE_DROPPED, PN_CASE_NSTATES
} pn_case_state;
const char *pn_case_state_word(pn_case_state state);     /* "received", "waiting", …          */
bool pn_case_state_parse(pn_case_state *out, const char *word);

typedef struct pn_case {
    int64_t id;
    pn_case_state state;
    char reason[PN_REASON_SIZE];           /* why it waits, failed, is held; may be ""        */
    /* the contour object */
    char contour_uid[PN_UID_SIZE], contour_digest[PN_DIGEST_HEX_SIZE];
    char contour_kind[PN_KIND_SIZE];       /* "rtstruct" or "seg"                             */
    char patient_id[PN_LO_SIZE], patient_id_issuer[PN_LO_SIZE];
    char study_uid[PN_UID_SIZE];
    char frame_of_reference_uid[PN_UID_SIZE];
    /* the image series: named by the contour, or found by matching; "" while not known       */
    char series_uid[PN_UID_SIZE];
    /* the model; "" and -1 where no model wants this contour */
    int model_index;                       /* into cfg_node.models when the case was made     */
    char model_id[PN_NAME_SIZE], model_sha256[PN_DIGEST_HEX_SIZE];
    /* the regions or segments that the model wants, by number, in the object's order */
    int roi_numbers[PN_MAX_ROIS];
    size_t n_rois;
    /* images */
    size_t n_expected, n_present;          /* of the SOP UIDs that the contour names          */
    bool by_series;                        /* none of those was there: the whole series is used */
    int64_t fallback_at_ms, give_up_at_ms;
    bool conflict_accepted;                /* the operator has said: the first copies are right */
    /* queue */
    int64_t created_ms, updated_ms, not_before_ms;
    unsigned attempts;                     /* claims since creation or the operator's retry   */
    int64_t fence;                         /* claims ever: the token of the running attempt   */
    char lease_owner[PN_OWNER_SIZE];
    int64_t lease_until_ms;
    /* report */
    char content_datetime[15];             /* YYYYMMDDHHMMSS local, fixed at the first claim  */
    unsigned version;                      /* 1, 2, …                                         */
    char predecessor_sop_uid[PN_UID_SIZE];
    char predecessor_series_uid[PN_UID_SIZE];
    char report_sop_uid[PN_UID_SIZE];
    char result_dir[PN_PATH_SIZE];
} pn_case;

/* Make a case from `in` (id, present, queue and report fields are ignored; version 0 means 1)
 * with the SOP UIDs of its images. The state is received, or not_applicable, failed or held
 * where `in` says so. The same contour digest and model id again makes nothing: *made false
 * and *id the existing case. */
PN_CHECKED int pn_store_add_case(int64_t *id, bool *made, pn_store *s, const pn_case *in,
                                 const char *const *image_uids, size_t n_image_uids,
                                 int64_t now_ms, pn_error *err);
PN_CHECKED int pn_store_get_case(pn_case *out, pn_store *s, int64_t id, pn_error *err);

/* Cases by falling id; state PN_CASE_NSTATES: every one; limit 0: no limit. */
typedef int (*pn_case_fn)(void *arg, const pn_case *c, pn_error *err);
PN_CHECKED int pn_store_list_cases(pn_store *s, pn_case_state state, size_t limit,
                                   pn_case_fn fn, void *arg, pn_error *err);

typedef struct pn_store_counts {
    size_t cases[PN_CASE_NSTATES];
    size_t deliveries_pending, deliveries_failed, deliveries_sent;
    size_t instances;
    int64_t oldest_waiting_ms;             /* created_ms of the oldest waiting case, 0: none  */
} pn_store_counts;
PN_CHECKED int pn_store_count(pn_store_counts *out, pn_store *s, pn_error *err);

/* SOP UIDs with the digest of the file that holds each ("" where it is missing). */
typedef struct pn_file_ref {
    char sop_uid[PN_UID_SIZE], digest[PN_DIGEST_HEX_SIZE];
} pn_file_ref;
typedef struct pn_file_list {
    pn_file_ref *item;
    size_t n;
} pn_file_list;
void pn_file_list_free(pn_file_list *l);

/* The images that a case computes on: those named, or the whole series where by_series. The
 * contour object itself is pn_case.contour_digest. First copy of each UID. A named image that
 * is not there is left out: compare with n_expected. At most PN_MAX_SLICES (PN_ELIMIT). */
PN_CHECKED int pn_store_case_images(pn_file_list *out, pn_store *s, int64_t id, pn_error *err);
/* The named images that are not there; digest "". limit 0: all. */
PN_CHECKED int pn_store_case_missing(pn_file_list *out, pn_store *s, int64_t id, size_t limit,
                                     pn_error *err);

/* ---- Matching (role/matching.c decides on these facts) ----------------------------------- */

typedef struct pn_match_facts {
    size_t n_expected, n_present;          /* of the named SOP UIDs, now                      */
    size_t n_series;                       /* images of the case's series_uid                 */
    int64_t series_last_ms;                /* when the last of them came                      */
    /* image series of the case's study and frame of reference; at most two are named         */
    size_t n_candidates;
    char candidate[2][PN_UID_SIZE];
    int64_t candidate_last_ms;             /* when the last image of candidate[0] came        */
    char conflict_uid[PN_UID_SIZE];        /* a named UID, or the contour, with two contents  */
    char series_conflict_uid[PN_UID_SIZE]; /* the same among the images of series_uid         */
} pn_match_facts;
PN_CHECKED int pn_store_match_facts(pn_match_facts *out, pn_store *s, const pn_case *c,
                                    pn_error *err);

/* The first image (of the named UIDs, or of series_uid where by_series) whose Patient ID or
 * Study UID is not the contour's, or whose issuer or frame of reference differs where both
 * state one. *found false: they agree. */
typedef struct pn_identity_conflict {
    char what[32];                         /* "Patient ID", "Study Instance UID", …           */
    char contour_value[PN_LO_SIZE], image_value[PN_LO_SIZE];
    char image_uid[PN_UID_SIZE];
} pn_identity_conflict;
PN_CHECKED int pn_store_identity_conflict(pn_identity_conflict *out, bool *found, pn_store *s,
                                          const pn_case *c, const char *series_uid,
                                          bool by_series, pn_error *err);

/* An open (received or waiting) case that may have changed: an instance came that it may want,
 * or its time has come. *found false: none. Call again until then; decide each one found. */
PN_CHECKED int pn_store_next_to_match(pn_case *out, bool *found, pn_store *s, int64_t now_ms,
                                      pn_error *err);
/* Record the decision: state received/waiting/ready/held/failed, reason, n_present, series_uid,
 * by_series; look again at next_look_ms (INT64_MAX: only when an instance comes). Refused with
 * PN_EINVAL where the case is no longer open. */
typedef struct pn_match_decision {
    pn_case_state state;
    char reason[PN_REASON_SIZE];
    char series_uid[PN_UID_SIZE];
    bool by_series;
    size_t n_present;
    int64_t next_look_ms;
} pn_match_decision;
PN_CHECKED int pn_store_decide_case(pn_store *s, int64_t id, const pn_match_decision *d,
                                    int64_t now_ms, pn_error *err);
/* Hold the ready, waiting and received cases that use this SOP UID (contour or image), because
 * its contents disagree. *n: how many. */
PN_CHECKED int pn_store_hold_users_of(size_t *n, pn_store *s, const char *sop_uid,
                                      const char *reason, int64_t now_ms, pn_error *err);

/* ---- Work queue ---------------------------------------------------------------------------
 * A claim is a lease: who does not finish or renew by lease_until loses the case to the next
 * claim. fence is the token of the attempt: a call with another than the last one given is
 * refused with PN_EINVAL, changes nothing, and means "not yours any more: drop it". */

/* The oldest ready case with not_before <= now, or a running one whose lease has expired.
 * *got false: nothing to do. attempts already counts this claim. */
PN_CHECKED int pn_store_claim_case(pn_case *out, bool *got, pn_store *s, int64_t now_ms,
                                   const char *owner, int64_t lease_ms, pn_error *err);
PN_CHECKED int pn_store_renew_case(pn_store *s, int64_t id, int64_t fence,
                                   int64_t lease_until_ms, pn_error *err);
/* Give back unfinished (shutdown): ready again, and the attempt is not counted. */
PN_CHECKED int pn_store_release_case(pn_store *s, int64_t id, int64_t fence, int64_t now_ms,
                                     pn_error *err);

/* One object for one archive. */
typedef struct pn_outgoing {
    const char *archive;       /* cfg_archive.name                                            */
    const char *path;          /* of the Part 10 file, absolute                               */
    const char *sop_class_uid, *sop_uid;
} pn_outgoing;
/* running -> reported, with one pending delivery for each outgoing (at least one), atomically. */
PN_CHECKED int pn_store_case_reported(pn_store *s, int64_t id, int64_t fence,
                                      const char *report_sop_uid, const char *result_dir,
                                      const pn_outgoing *out, size_t n_out, int64_t now_ms,
                                      pn_error *err);
/* running -> failed (permanent), or -> ready not before not_before_ms. */
PN_CHECKED int pn_store_case_failed(pn_store *s, int64_t id, int64_t fence, bool permanent,
                                    const char *reason, int64_t not_before_ms, int64_t now_ms,
                                    pn_error *err);
/* running -> not_applicable. */
PN_CHECKED int pn_store_case_not_applicable(pn_store *s, int64_t id, int64_t fence,
                                            const char *reason, int64_t now_ms, pn_error *err);

/* ---- Outbox -------------------------------------------------------------------------------- */

typedef enum pn_delivery_state {
    PN_DELIVERY_PENDING = 0, PN_DELIVERY_SENT, PN_DELIVERY_FAILED
} pn_delivery_state;
const char *pn_delivery_state_word(pn_delivery_state state);

typedef struct pn_delivery {
    int64_t id, case_id;
    char archive[PN_NAME_SIZE];
    char path[PN_PATH_SIZE];
    char sop_class_uid[PN_UID_SIZE], sop_uid[PN_UID_SIZE];
    pn_delivery_state state;
    unsigned attempts;         /* since creation or the operator's retry; counts this claim   */
    int64_t fence;             /* token of the claim                                          */
    int64_t next_at_ms, lease_until_ms, updated_ms;
    int last_status;           /* DIMSE status, -1 where there was no answer                  */
    char last_comment[PN_REASON_SIZE];  /* Error Comment, or what went wrong on the way       */
} pn_delivery;

/* The pending delivery (for one archive, or NULL for any) that is due longest and not leased.
 * *got false: none. */
PN_CHECKED int pn_store_claim_delivery(pn_delivery *out, bool *got, pn_store *s, int64_t now_ms,
                                       const char *owner, const char *archive, int64_t lease_ms,
                                       pn_error *err);
/* Stored by the peer. When it was the last of its case: the case is delivered, and
 * *case_done (may be NULL) true. */
PN_CHECKED int pn_store_delivery_sent(bool *case_done, pn_store *s, int64_t id, int64_t fence,
                                      int status, const char *comment, int64_t now_ms,
                                      pn_error *err);
/* Try again at next_at_ms. */
PN_CHECKED int pn_store_delivery_retry(pn_store *s, int64_t id, int64_t fence,
                                       int64_t next_at_ms, int status, const char *comment,
                                       int64_t now_ms, pn_error *err);
/* Give up. The case stays `reported` with the reason; pn_store_retry_case sends again. */
PN_CHECKED int pn_store_delivery_failed(pn_store *s, int64_t id, int64_t fence, int status,
                                        const char *comment, int64_t now_ms, pn_error *err);

typedef int (*pn_delivery_fn)(void *arg, const pn_delivery *d, pn_error *err);
PN_CHECKED int pn_store_case_deliveries(pn_store *s, int64_t case_id, pn_delivery_fn fn,
                                        void *arg, pn_error *err);

/* ---- Operator -------------------------------------------------------------------------------- */

/* failed -> ready where it had been claimed before, else waiting (to be matched again) with a
 * new give-up time (now + give_up_ms); held -> waiting, with the first copy of what conflicts
 * accepted until yet another content comes; reported -> its failed deliveries pending, due now.
 * PN_ENOTFOUND: no such case; PN_EINVAL: nothing of it has failed. *state: the case's state
 * afterwards. */
PN_CHECKED int pn_store_retry_case(pn_case_state *state, pn_store *s, int64_t id,
                                   int64_t give_up_ms, int64_t now_ms, pn_error *err);

#endif
