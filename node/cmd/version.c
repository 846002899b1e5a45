/* prognode version: what is installed, for support and for the conformance statement. */
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include "cmd/cmd.h"
#include "dicom/runtime.h"

int cmd_version(int argc, char **argv)
{
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        puts("usage: prognode version\n\nPrint the versions of prognode and of the libraries in use.");
        return PN_EXIT_OK;
    }
    if (argc > 1) {
        fprintf(stderr, "prognode version: unexpected \"%s\"\n", argv[1]);
        return PN_EXIT_USAGE;
    }
    printf("prognode %s\n%s\n%s\n", PN_VERSION, pn_dicom_version(), OpenSSL_version(OPENSSL_VERSION));
    return PN_EXIT_OK;
}
