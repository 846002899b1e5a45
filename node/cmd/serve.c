/* prognode serve: run the node in the foreground until SIGTERM or SIGINT. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include "cmd/cmd.h"
#include "role/role.h"

static const char help[] =
    "usage: prognode serve --config FILE\n"
    "\n"
    "Run the node in the foreground: receive images and contours, measure, report, deliver.\n"
    "Logs go to stderr, one line an event. SIGTERM or Ctrl-C stops it in order.\n"
    "\n"
    "  -c, --config FILE   the node's configuration (see `prognode check-config --reference`)\n"
    "  -h, --help          this text\n"
    "\n"
    "exit: 0 after an orderly stop, 1 on failure, 2 wrong use or configuration\n";

int cmd_serve(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {"help", no_argument, NULL, 'h'}, {0}};
    const char *config = NULL;
    int opt;
    while ((opt = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
        switch (opt) {
        case 'c': config = optarg; break;
        case 'h': fputs(help, stdout); return PN_EXIT_OK;
        default: return PN_EXIT_USAGE;
        }
    }
    if (config == NULL || optind < argc) {
        fputs("prognode serve: expected --config FILE and nothing else\n", stderr);
        return PN_EXIT_USAGE;
    }
    pn_error err = {0};
    if (pn_supervisor_run(config, &err) == PN_OK) { return PN_EXIT_OK; }
    fprintf(stderr, "prognode serve: %s\n", err.msg);
    return err.code == PN_ECONFIG ? PN_EXIT_USAGE : PN_EXIT_FAILED;
}
