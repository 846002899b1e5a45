/* prognode echo - is the peer there, does it know us?
 *
 *   prognode echo [--config FILE] [--archive NAME]     the configured archives, or one of them
 *   prognode echo HOST PORT CALLED [--calling AE]      any peer
 *   prognode echo HOST PORT CALLED --tls [--config FILE] [--name NAME] [--fingerprint HEX]
 *
 * Over TLS the certificate, key and CA are those of the configuration's `tls:`. What the peer's
 * certificate must be made out to is HOST, or NAME; or it must have this fingerprint.
 * Prints a line for each peer with the time that the association took.
 * Exit codes: 0 every peer answered, 1 one did not, 2 wrong use or configuration. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <config/access.h>
#include <config/node.h>
#include "base/file.h"
#include "cmd/cmd.h"
#include "cmd/peer_tls.h"
#include "dicom/runtime.h"
#include "dicom/scu.h"

enum { CONNECT_TIMEOUT_S = 10, DIMSE_TIMEOUT_S = 30 };

static const char usage[] =
    "usage: prognode echo [--config FILE] [--archive NAME]\n"
    "       prognode echo HOST PORT CALLED [--calling AE]\n"
    "       prognode echo HOST PORT CALLED --tls [--config FILE] [--name NAME] [--fingerprint HEX]\n"
    "Ask a peer, or the configured archives, for a sign of life (C-ECHO).\n\n"
    "  --config FILE      the node's configuration (default prognode.yaml)\n"
    "  --archive NAME     of its archives this one only\n"
    "  --calling AE       our own title towards any peer (default PROGNODE)\n"
    "  --tls              over TLS, with the files of the configuration's tls:\n"
    "  --name NAME        that the peer's certificate is made out to, if not HOST\n"
    "  --fingerprint HEX  of the peer's certificate (SHA-256), instead of a name\n"
    "  -h, --help         print this\n";

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
    pn_tls *tls = NULL;
    int worst = peer_config_load(&cfg, "echo", config);
    if (worst == PN_EXIT_OK && cfg_node_uses_tls(&cfg)) { worst = peer_tls_open(&tls, "echo", &cfg); }
    if (worst != PN_EXIT_OK) {
        cfg_node_free(&cfg);
        return worst;
    }
    bool found = false;
    for (size_t i = 0; i < cfg.n_archives; i++) {
        if (name != NULL && strcmp(cfg.archives[i].name, name) != 0) { continue; }
        found = true;
        pn_scu_peer peer = pn_scu_peer_of(&cfg, &cfg.archives[i], tls);
        if (echo_one(&peer) != PN_EXIT_OK) { worst = PN_EXIT_FAILED; }
    }
    if (!found) {
        fprintf(stderr, "prognode echo: no archive is called \"%s\" in %s\n",
                name == NULL ? "" : name, config);
        worst = PN_EXIT_USAGE;
    }
    pn_tls_close(tls);
    cfg_node_free(&cfg);
    return worst;
}

/* With the files of the configuration, whatever else it says. */
static int echo_over_tls(pn_scu_peer *peer, const char *config)
{
    cfg_node cfg = {0};
    pn_tls *tls = NULL;
    int rc = peer_config_load(&cfg, "echo", config);
    if (rc == PN_EXIT_OK && cfg.tls.certificate[0] == '\0') {
        fprintf(stderr, "prognode echo: %s names no tls: certificate\n", config);
        rc = PN_EXIT_USAGE;
    }
    if (rc == PN_EXIT_OK) { rc = peer_tls_open(&tls, "echo", &cfg); }
    peer->secure = true;
    peer->tls = tls;
    if (rc == PN_EXIT_OK) { rc = echo_one(peer); }
    pn_tls_close(tls);
    cfg_node_free(&cfg);
    return rc;
}

typedef struct tls_options { bool tls; const char *config, *name, *fingerprint; } tls_options;

static int echo_peer(char **args, const char *calling, const tls_options *o)
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
    char hex[CFG_FINGERPRINT_DIGITS + 1];
    if (o->fingerprint != NULL && !cfg_fingerprint_read(hex, o->fingerprint)) {
        fprintf(stderr, "prognode echo: fingerprint \"%s\", expected 64 hexadecimal digits\n", o->fingerprint);
        return PN_EXIT_USAGE;
    }
    pn_scu_peer peer = {
        .host = args[0], .port = (uint16_t)port, .called_ae = args[2], .calling_ae = calling,
        .connect_timeout_s = CONNECT_TIMEOUT_S, .dimse_timeout_s = DIMSE_TIMEOUT_S,
        .expected = { .name = o->name != NULL ? o->name : args[0],
                      .fingerprint = o->fingerprint != NULL ? hex : NULL },
    };
    return o->tls ? echo_over_tls(&peer, o->config) : echo_one(&peer);
}

int cmd_echo(int argc, char **argv)
{
    static const struct option options[] = {
        { "config", required_argument, NULL, 'c' }, { "archive", required_argument, NULL, 'a' },
        { "calling", required_argument, NULL, 'f' }, { "tls", no_argument, NULL, 't' },
        { "name", required_argument, NULL, 'n' }, { "fingerprint", required_argument, NULL, 'p' },
        { "help", no_argument, NULL, 'h' }, {0} };
    const char *archive = NULL, *calling = "PROGNODE";
    tls_options o = { .config = "prognode.yaml" };
    int opt;
    while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (opt) {
        case 'c': o.config = optarg; break;
        case 'a': archive = optarg; break;
        case 'f': calling = optarg; break;
        case 't': o.tls = true; break;
        case 'n': o.name = optarg; break;
        case 'p': o.fingerprint = optarg; break;
        case 'h': fputs(usage, stdout); return PN_EXIT_OK;
        default: fputs(usage, stderr); return PN_EXIT_USAGE;
        }
    }
    if (!o.tls && (o.name != NULL || o.fingerprint != NULL)) {
        fputs("prognode echo: --name and --fingerprint have no meaning without --tls\n", stderr);
        return PN_EXIT_USAGE;
    }
    if (argc - optind == 3) { return echo_peer(argv + optind, calling, &o); }
    if (argc != optind || o.tls) {
        fputs(usage, stderr);
        return PN_EXIT_USAGE;
    }
    return echo_archives(o.config, archive);
}
