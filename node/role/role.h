/* role/role.h - what the processes of the node have in common.
 *
 * `prognode serve` is the supervisor. It starts the same binary once for each role:
 *     prognode role receiver|indexer|worker|sender [ARG]
 * Descriptor 3 holds the configuration as the supervisor read it, so that every role sees the
 * same bytes whatever happens to the file; descriptor 4 is the receiver's listening socket. */
#ifndef PN_ROLE_H
#define PN_ROLE_H
#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>
#include <config/node.h>
#include "base/error.h"

enum { PN_FD_CONFIG = 3, PN_FD_LISTEN = 4 };

/* Set by SIGTERM and SIGINT once pn_role_start has run. */
extern volatile sig_atomic_t pn_role_stop;

/* For a role process: name it in logs and ps, end with its parent, catch SIGTERM, ignore
 * SIGPIPE, read the configuration from PN_FD_CONFIG. `config_name` is the file's path, for
 * messages and relative paths. */
PN_CHECKED int pn_role_start(cfg_node *cfg, const char *role, const char *config_name,
                             pn_error *err);

/* Start `prognode ARGS...` (NULL-terminated, without argv[0]). config_fd and listen_fd become
 * PN_FD_CONFIG and PN_FD_LISTEN; -1: none. Everything else but stdin, stdout and stderr is
 * closed in the child, which dies with its parent. */
PN_CHECKED int pn_spawn(pid_t *pid, const char *const *args, int config_fd, int listen_fd,
                        pn_error *err);

/* How a process ended, in words: "exit code 1", "signal 11 (Segmentation fault)". */
const char *pn_exit_words(char *buf, size_t size, int status);

/* The roles' main loops; each returns when pn_role_stop is set, or on an error that only a
 * restart can cure. */
PN_CHECKED int pn_worker_run(const cfg_node *cfg, pn_error *err);
PN_CHECKED int pn_sender_run(const cfg_node *cfg, const char *archive, pn_error *err);
/* The supervisor: returns 0 after an orderly stop. */
PN_CHECKED int pn_supervisor_run(const char *config_path, pn_error *err);

#endif
