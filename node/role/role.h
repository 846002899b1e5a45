/* role/role.h - what the processes of the node have in common.
 *
 * `prognode serve` is the supervisor. It starts the same binary once for each role:
 *     prognode role receiver|indexer|worker|sender [ARG]
 * Descriptor 3 holds the configuration as the supervisor read it, so that every role sees the
 * same bytes whatever happens to the file; 4 and 5 are the receiver's listening sockets, without
 * and with TLS; 6 is the TLS key, for the roles that need it (role/keys.h); 7 holds the digests of
 * the models that the supervisor has checked (pipeline/model_file.h). */
#ifndef PN_ROLE_H
#define PN_ROLE_H
#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>
#include <config/node.h>
#include "base/error.h"
#include "queue/store.h"

enum { PN_FD_CONFIG = 3, PN_FD_LISTEN, PN_FD_LISTEN_TLS, PN_FD_TLS, PN_FD_MODELS, PN_FD_END,
       PN_N_FDS = PN_FD_END - PN_FD_CONFIG };

/* Set by SIGTERM and SIGINT once pn_role_start has run. */
extern volatile sig_atomic_t pn_role_stop;
/* Set by SIGHUP: there is a new TLS key. */
extern volatile sig_atomic_t pn_role_reload;

/* For a role process: name it in logs and ps, end with its parent, catch SIGTERM and SIGHUP,
 * ignore SIGPIPE, read the configuration from PN_FD_CONFIG and the models' digests from
 * PN_FD_MODELS: the models named are then the checked copies. `config_name` is the file's path, for
 * messages and relative paths. */
PN_CHECKED int pn_role_start(cfg_node *cfg, const char *role, const char *config_name,
                             pn_error *err);

/* Start `prognode ARGS...` (NULL-terminated, without argv[0]). fds[i] becomes
 * descriptor PN_FD_CONFIG + i, -1: none; NULL: none at all. Everything else but stdin, stdout and
 * stderr is closed in the child, which dies with its parent. */
PN_CHECKED int pn_spawn(pid_t *pid, const char *const *args, const int fds[PN_N_FDS], pn_error *err);

/* How a process ended, in words: "exit code 1", "signal 11 (Segmentation fault)". */
const char *pn_exit_words(char *buf, size_t size, int status);

/* "<host>:<role>:<which>": who holds a lease. The same after a restart, so that a role may free
 * what it had (pn_store_release_owner), and of no other role of any node. */
void pn_role_owner(char out[PN_OWNER_SIZE], const cfg_node *cfg, const char *role,
                   const char *which);
/* Free what a role of this name had when it was killed. A failure is logged: the leases end by
 * themselves. */
void pn_role_take_over(pn_store *store, const char *owner);
/* One line a few seconds at most, while the store is away. */
void pn_log_store_trouble(const char *event, const pn_error *why);

/* One bounded piece of a role's work; *nap_ms is how long the role may rest afterwards, 0: there
 * may be more to do. */
typedef int pn_role_turn(void *role, unsigned *nap_ms, pn_error *err);
/* Turn after turn until pn_role_stop is set, or a permanent error, which is returned. One that
 * passes is logged as `event`, and the next turn comes after a rest. */
PN_CHECKED int pn_role_loop(pn_role_turn *turn, void *role, const char *event, pn_error *err);

/* The roles' main loops; each returns when pn_role_stop is set, or on an error that only a
 * restart can cure. */
/* slot: which of the node's workers, "0", "1", … */
PN_CHECKED int pn_worker_run(const cfg_node *cfg, const char *slot, pn_error *err);
PN_CHECKED int pn_sender_run(const cfg_node *cfg, const char *archive, pn_error *err);
/* The supervisor: returns 0 after an orderly stop. */
PN_CHECKED int pn_supervisor_run(const char *config_path, pn_error *err);

#endif
