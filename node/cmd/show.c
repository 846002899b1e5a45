/* prognode show FILE.dcm
 *
 * Prints a Structured Report from the file itself: what a reader who has no viewer at hand
 * needs to see. A report of prognode is shown with its headline first and its features in
 * columns; any other as an indented tree.
 * Exit codes: 0 done, 1 cannot be read or is no report, 2 wrong use. */
#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>

#include "dicom/runtime.h"
#include "dicom/sr.h"
#include "report/show.h"

int cmd_show(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        printf("usage: prognode show FILE.dcm\n\nPrints a DICOM Structured Report readably.\n");
        return PN_EXIT_OK;
    }
    if (argc != 2 || argv[1][0] == '-') {
        fprintf(stderr, "usage: prognode show FILE.dcm\n");
        return PN_EXIT_USAGE;
    }
    pn_error err = {0};
    pn_sr_document document = {0};
    pn_buf text = {0};
    int rc = pn_dicom_init(&err);
    if (rc == 0) { rc = pn_sr_read(&document, argv[1], &err); }
    if (rc == 0) { rc = pn_show(&text, &document, &err); }
    if (rc == 0 && (fputs(text.p, stdout) == EOF || fflush(stdout) != 0)) {
        rc = pn_fail(&err, PN_EIO, "cannot write to standard output");
    }
    if (rc != 0) { fprintf(stderr, "prognode show: %s\n", err.msg); }
    pn_buf_free(&text);
    pn_sr_document_free(&document);
    return rc == 0 ? PN_EXIT_OK : PN_EXIT_FAILED;
}
