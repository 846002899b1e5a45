/* net_receiver PORT SPOOL [KEY=NUMBER ...] - pn_receiver_run with the defaults of a test.
 * Keys: total, address, artim, idle, reserve, max. Exit code 0, or the pn_code of the failure. */
#include <config/node.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "role/receiver.h"
#include "role/role.h"

volatile sig_atomic_t pn_role_stop = 0;     /* of role.c */
volatile sig_atomic_t pn_role_reload = 0;

static void set(cfg_node *cfg, const char *argument)
{
    char key[16];
    unsigned long long value = 0;
    if (sscanf(argument, "%15[a-z]=%llu", key, &value) != 2) { exit(100); }
    if (strcmp(key, "total") == 0) { cfg->max_associations = (unsigned)value; }
    else if (strcmp(key, "address") == 0) { cfg->max_associations_per_address = (unsigned)value; }
    else if (strcmp(key, "artim") == 0) { cfg->artim_s = (unsigned)value; }
    else if (strcmp(key, "idle") == 0) { cfg->idle_timeout_s = (unsigned)value; }
    else if (strcmp(key, "reserve") == 0) { cfg->reserve_bytes = value; }
    else if (strcmp(key, "max") == 0) { cfg->max_instance_bytes = value; }
    else { exit(100); }
}

int main(int argc, char **argv)
{
    if (argc < 3) { return 100; }
    cfg_node cfg = { .ae_title = "PROGNODE", .listen = "127.0.0.1", .max_associations = 64,
                     .max_associations_per_address = 64, .artim_s = 30, .idle_timeout_s = 60,
                     .max_instance_bytes = 1ULL << 30 };
    cfg.port = (uint16_t)strtoul(argv[1], NULL, 10);
    (void)snprintf(cfg.spool, sizeof cfg.spool, "%s", argv[2]);
    for (int i = 3; i < argc; i++) { set(&cfg, argv[i]); }
    pn_log_role("receiver");
    const pn_receiver_fds none = {-1, -1, -1};
    pn_error err = {0};
    int rc = pn_receiver_run(&cfg, &none, &err);
    if (rc != PN_OK) { fprintf(stderr, "net_receiver: %s\n", err.msg); }
    return rc;
}
