/* queue/store_backend.h - what a backend of the store supplies. Seen by node/queue only.
 *
 * The functions have the contracts of store.h; store.c has checked the arguments (pointers,
 * texts not NULL, states in range) before it calls them. */
#ifndef PN_STORE_BACKEND_H
#define PN_STORE_BACKEND_H
/* Schema version 2 (versions of reports) brought:
 *   instance  pixel_digest, identity_digest, current; which copy is current and which conflict is
 *             worked out anew over all copies of the SOP UID at each insert (store.h). No kind is
 *             exempt: pixel_digest is "" for all but images, so that contours never conflict.
 *   cases     model_version, lineage, contour_datetime, run, priority, ready_ms,
 *             images_identity, report_series_uid. Unique: (contour_digest, model_id, run);
 *             run is 0 for the first, then 1, 2, … for pn_case.again.
 *   outbox    state 'held'.
 * Schema version 5 (several objects of a case) brought:
 *   outbox    kind, place, choice, names_segment, tried_ms; states queued, spare, refused
 *   cases     withdrawn
 * Schema version 7 (storage commitment) brought:
 *   outbox    commitment (the words of pn_commitment_word), commit_at_ms, commit_requests,
 *             commit_failures, transaction_uid
 * match_at_ms says "look at this case" of finished cases too (next_to_revise). */
#include "queue/store.h"

typedef struct pn_store_ops {
    void (*close)(pn_store *s);
    int (*check)(pn_store *s, pn_error *err);
    int (*begin)(pn_store *s, pn_error *err);
    int (*commit)(pn_store *s, pn_error *err);
    void (*rollback)(pn_store *s);

    int (*add_instance)(pn_added *out, pn_store *s, const pn_instance *in, pn_error *err);
    int (*get_instance)(pn_instance *out, pn_store *s, const char *sop_uid, const char *digest,
                        pn_error *err);
    int (*count_instances)(size_t *out, pn_store *s, pn_error *err);
    int (*catalogue_complete)(bool *out, pn_store *s, pn_error *err);
    int (*set_catalogue_complete)(pn_store *s, pn_error *err);
    int (*contours_without_case)(pn_store *s, pn_instance_fn fn, void *arg, pn_error *err);

    int (*add_case)(int64_t *id, bool *made, pn_store *s, const pn_case *in,
                    const char *const *image_uids, size_t n_image_uids, int64_t now_ms,
                    pn_error *err);
    int (*get_case)(pn_case *out, pn_store *s, int64_t id, pn_error *err);
    int (*list_cases)(pn_store *s, pn_case_state state, size_t limit, pn_case_fn fn, void *arg,
                      pn_error *err);
    int (*count)(pn_store_counts *out, pn_store *s, pn_error *err);
    int (*case_images)(pn_file_list *out, pn_store *s, int64_t id, pn_error *err);
    int (*case_missing)(pn_file_list *out, pn_store *s, int64_t id, size_t limit, pn_error *err);
    int (*series_images)(pn_file_list *out, pn_store *s, const char *series_uid, pn_error *err);
    int (*next_files)(pn_file_row *out, size_t *n, pn_store *s, int64_t after_id, size_t limit,
                      pn_error *err);
    int (*file_gone)(pn_store *s, int64_t id, int64_t now_ms, pn_error *err);

    int (*match_facts)(pn_match_facts *out, pn_store *s, const pn_case *c, pn_error *err);
    int (*identity_conflict)(pn_identity_conflict *out, bool *found, pn_store *s,
                             const pn_case *c, const char *series_uid, bool by_series,
                             pn_error *err);
    int (*next_to_match)(pn_case *out, bool *found, pn_store *s, int64_t now_ms, pn_error *err);
    int (*decide_case)(pn_store *s, int64_t id, const pn_match_decision *d, int64_t now_ms,
                       pn_error *err);
    int (*hold_users_of)(size_t *n, pn_store *s, const char *sop_uid, const char *reason,
                         int64_t now_ms, pn_error *err);

    int (*lead)(pn_lead *out, pn_store *s, pn_error *err);
    int (*release_owner)(size_t *n, pn_store *s, const char *owner, int64_t now_ms,
                         pn_error *err);
    int (*claim_case)(pn_case *out, bool *got, pn_store *s, int64_t now_ms, const char *owner,
                      int64_t lease_ms, pn_error *err);
    int (*renew_case)(pn_store *s, int64_t id, int64_t fence, int64_t lease_until_ms,
                      pn_error *err);
    int (*release_case)(pn_store *s, int64_t id, int64_t fence, int64_t now_ms, pn_error *err);
    int (*case_reported)(pn_store *s, int64_t id, int64_t fence, const char *report_sop_uid,
                         const char *report_series_uid, const char *result_dir,
                         const pn_outgoing *out, size_t n_out, int64_t now_ms, pn_error *err);
    int (*case_failed)(pn_store *s, int64_t id, int64_t fence, bool permanent,
                       const char *reason, int64_t not_before_ms, int64_t now_ms,
                       pn_error *err);
    int (*case_not_applicable)(pn_store *s, int64_t id, int64_t fence, const char *reason,
                               int64_t now_ms, pn_error *err);

    int (*claim_delivery)(pn_delivery *out, bool *got, pn_store *s, int64_t now_ms,
                          const char *owner, const char *archive, int64_t lease_ms,
                          pn_error *err);
    int (*delivery_sent)(bool *case_done, pn_store *s, int64_t id, int64_t fence, int status,
                         const char *comment, int64_t commit_at_ms, int64_t now_ms, pn_error *err);
    int (*claim_commitment)(pn_commit_request *out, bool *got, pn_store *s, const char *archive,
                            const char *transaction_uid, int64_t answer_by_ms, int64_t now_ms,
                            pn_error *err);
    int (*commitment_later)(pn_store *s, const char *transaction_uid, const char *comment,
                            int64_t next_at_ms, int64_t now_ms, pn_error *err);
    int (*commitment_answer)(pn_commit_outcome *out, pn_store *s, const char *transaction_uid,
                             const pn_commit_answer *answers, size_t n, int64_t again_ms,
                             int64_t now_ms, pn_error *err);
    int (*delivery_retry)(pn_store *s, int64_t id, int64_t fence, int64_t next_at_ms, int status,
                          const char *comment, int64_t now_ms, pn_error *err);
    int (*delivery_failed)(pn_store *s, int64_t id, int64_t fence, int status,
                           const char *comment, int64_t now_ms, pn_error *err);
    int (*delivery_refused)(bool *case_done, pn_store *s, int64_t id, int64_t fence, int status,
                            const char *comment, int64_t now_ms, pn_error *err);
    int (*is_own_object)(bool *own, pn_store *s, const char *sop_uid, pn_error *err);
    int (*withdraw_case)(pn_case_state *state, pn_store *s, int64_t id, const char *reason,
                         const pn_outgoing *notes, size_t n_notes, int64_t now_ms, pn_error *err);
    int (*case_deliveries)(pn_store *s, int64_t case_id, pn_delivery_fn fn, void *arg,
                           pn_error *err);
    int (*retry_case)(pn_case_state *state, pn_store *s, int64_t id, int64_t give_up_ms,
                      int64_t now_ms, pn_error *err);

    int (*restore_case)(bool *made, pn_store *s, const pn_case *in,
                        const char *const *image_uids, size_t n_image_uids,
                        const pn_outgoing *out, size_t n_out, int64_t now_ms, pn_error *err);
    int (*lineage)(pn_lineage_facts *out, pn_store *s, const char *lineage, int64_t id,
                   pn_error *err);
    int (*supersede)(size_t *n, pn_store *s, const char *lineage, int64_t by_id, int64_t now_ms,
                     pn_error *err);
    int (*next_to_revise)(pn_case *out, bool *found, pn_store *s, pn_error *err);
    int (*revised)(pn_store *s, int64_t id, pn_error *err);
    int (*move_clock)(size_t *n, pn_store *s, int64_t by_ms, int64_t from_ms, int64_t before_ms,
                      pn_error *err);
    int (*newest_change)(int64_t *out_ms, pn_store *s, pn_error *err);
    int (*expire_cases)(size_t *n, pn_store *s, int64_t before_ms, int64_t now_ms,
                        pn_error *err);
    int (*count_reports)(size_t *out, pn_store *s, const char *model_sha256, pn_error *err);
    int (*steer_case)(pn_case_state *state, pn_store *s, int64_t id, pn_steer what,
                      const char *reason, int64_t give_up_ms, int64_t now_ms, pn_error *err);

    int (*claim_pull)(pn_pull *out, bool *got, pn_store *s, int64_t now_ms, const char *owner,
                      int64_t created_before_ms, int64_t lease_ms, pn_error *err);
    int (*renew_pull)(pn_store *s, int64_t case_id, int64_t fence, int64_t lease_until_ms,
                      int64_t now_ms, pn_error *err);
    int (*pull_done)(pn_store *s, int64_t case_id, int64_t fence, const char *note,
                     size_t series_count, int64_t next_at_ms, int64_t now_ms, pn_error *err);
    int (*mark_due)(size_t *n_marked, int64_t *after_id, pn_store *s, const pn_keep_rule *rule,
                    size_t limit, int64_t now_ms, pn_error *err);
    int (*mark_oldest)(size_t *n_marked, bool *found, pn_keep_cursor *at, pn_store *s,
                       int64_t now_ms, pn_error *err);
    int (*remove_marked)(size_t *n, pn_store *s, size_t limit, pn_remove_fn fn, void *arg,
                         pn_error *err);
    int (*next_results)(int64_t *case_id, bool *found, pn_store *s, int64_t before_ms,
                        pn_error *err);
    int (*results_removed)(pn_store *s, int64_t case_id, int64_t now_ms, pn_error *err);
} pn_store_ops;

struct pn_store {              /* a backend's own struct begins with this one */
    const pn_store_ops *ops;
    bool read_only;
};

int pn_store_pg_open(pn_store **out, const char *conninfo, const pn_store_opts *opts,
                     pn_error *err);
int pn_store_sqlite_open(pn_store **out, const char *path, const pn_store_opts *opts,
                         pn_error *err);

#endif
