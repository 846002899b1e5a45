/* prognode echo - is the peer there, does it know us?
 *
 *   prognode echo [--config FILE] [--archive NAME]     the configured archives, or one of them
 *   prognode echo HOST PORT CALLED [--calling AE]      any peer
 *
 * Prints a line for each peer with the time that the association took.
 * Exit codes: 0 every peer answered, 1 one did not, 2 wrong use or configuration. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <config/node.h>
#include "base/file.h"
#include "cmd/cmd.h"
#include "dicom/runtime.h"
#include "dicom/scu.h"

enum { CONNECT_TIMEOUT_S = 10, DIMSE_TIMEOUT_S = 30 };

static const char usage[] =
    "usage: prognode echo [--config FILE] [--archive NAME]\n"
    "       prognode echo HOST PORT CALLED [--calling AE]\n";

static int echo_one(const pn_scu_peer *peer)
{
    pn_error err = {0};
    int rc = pn_dicom_init(&err);      /* reads the dictionary: not the peer's time */
    int64_t begun = pn_mono_ms();
    if (rc == PN_OK) { rc = pn_scu_echo(peer, &err); }
    if (rc != PN_OK) {
        fprintf(stderr, "prognode echo: %s\n", err.msg);
        return PN_EXIT_FAILED;
    }
    printf("%s %s:%u answered in %lld ms\n", peer->called_ae, peer->host, (unsigned)peer->port,
           (long long)(pn_mono_ms() - begun));
    return PN_EXIT_OK;
}

static int echo_archives(const char *config, const char *name)
{
    cfg_node cfg = {0};
    cfg_error err = {0};
    if (cfg_node_load(&cfg, config, &err) != CFG_OK) {
        fprintf(stderr, "prognode echo: %s\n", err.msg);
        return PN_EXIT_USAGE;
    }
    int worst = PN_EXIT_OK;
    bool found = false;
    for (size_t i = 0; i < cfg.n_archives; i++) {
        if (name != NULL && strcmp(cfg.archives[i].name, name) != 0) { continue; }
        found = true;
        pn_scu_peer peer = pn_scu_peer_of(&cfg, &cfg.archives[i], NULL);
        if (echo_one(&peer) != PN_EXIT_OK) { worst = PN_EXIT_FAILED; }
    }
    if (!found) {
        fprintf(stderr, "prognode echo: no archive is called \"%s\" in %s\n",
                name == NULL ? "" : name, config);
        worst = PN_EXIT_USAGE;
    }
    cfg_node_free(&cfg);
    return worst;
}

static int echo_peer(char **args, const char *calling)
{
    char *end = NULL;
    unsigned long port = strtoul(args[1], &end, 10);
    if (args[1][0] < '0' || args[1][0] > '9' || *end != '\0' || port == 0 || port > 65535) {
        fprintf(stderr, "prognode echo: port \"%s\", expected 1 to 65535\n", args[1]);
        return PN_EXIT_USAGE;
    }
    const char *titles[] = { args[2], calling };
    for (size_t i = 0; i < 2; i++) {
        size_t n = strlen(titles[i]);
        if (n == 0 || n > CFG_AE_SIZE - 1) {
            fprintf(stderr, "prognode echo: AE title \"%s\", expected 1 to 16 characters\n", titles[i]);
            return PN_EXIT_USAGE;
        }
    }
    const pn_scu_peer peer = {
        .host = args[0], .port = (uint16_t)port, .called_ae = args[2], .calling_ae = calling,
        .connect_timeout_s = CONNECT_TIMEOUT_S, .dimse_timeout_s = DIMSE_TIMEOUT_S,
    };
    return echo_one(&peer);
}

int cmd_echo(int argc, char **argv)
{
    static const struct option options[] = {
        { "config", required_argument, NULL, 'c' }, { "archive", required_argument, NULL, 'a' },
        { "calling", required_argument, NULL, 'f' }, { "help", no_argument, NULL, 'h' }, {0} };
    const char *config = "prognode.yaml", *archive = NULL, *calling = "PROGNODE";
    int opt;
    while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (opt) {
        case 'c': config = optarg; break;
        case 'a': archive = optarg; break;
        case 'f': calling = optarg; break;
        case 'h': fputs(usage, stdout); return PN_EXIT_OK;
        default: fputs(usage, stderr); return PN_EXIT_USAGE;
        }
    }
    if (argc - optind == 3) { return echo_peer(argv + optind, calling); }
    if (argc != optind) {
        fputs(usage, stderr);
        return PN_EXIT_USAGE;
    }
    return echo_archives(config, archive);
}
