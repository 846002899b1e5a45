/* One association as requestor: the input is all that the peer answers. An input of odd length
 * answers a C-ECHO, one of even length the C-STORE of a small image. */
#include <string.h>
#include "dicom/runtime.h"
#include "dicom/scu.h"
#include "fuzz.h"

static const char *image;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    static const char syntax[] = "1.2.840.10008.1.2.1", class_uid[] = "1.2.840.10008.5.1.4.1.1.2";
    static const char sop[] = "1.2.3.4", pixels[] = "\xe0\x7f\x10\0OW\0\0\4\0\0\0abcd";
    uint8_t file[256] = {0}, *group = file + 132, *p = group + 12;
    memcpy(file + 128, "DICM", 4);
    const struct { uint8_t element; const char *text; size_t n; } meta[] = {
        { 0x02, class_uid, sizeof class_uid }, { 0x03, sop, sizeof sop }, { 0x10, syntax, sizeof syntax },
    };
    for (size_t i = 0; i < sizeof meta / sizeof *meta; i++) {
        size_t n = meta[i].n & ~(size_t)1;                 /* the end's NUL is the padding */
        const uint8_t head[8] = { 2, 0, meta[i].element, 0, 'U', 'I', (uint8_t)n, 0 };
        memcpy(p, head, sizeof head);
        memcpy(p + 8, meta[i].text, n);
        p += 8 + n;
    }
    const uint8_t length[12] = { 2, 0, 0, 0, 'U', 'L', 4, 0, (uint8_t)(p - (group + 12)) };
    memcpy(group, length, sizeof length);
    memcpy(p, pixels, sizeof pixels - 1);
    image = fz_file(0, file, (size_t)(p - file) + sizeof pixels - 1);
    pn_error err = {0};
    fz_require(pn_dicom_init(&err) == PN_OK);
    return 0;
}

static void check_result(const pn_scu_result *r, int rc)
{
    fz_require(strnlen(r->comment, sizeof r->comment) < sizeof r->comment);
    if (r->stored) {
        fz_require(rc == PN_OK || r->status >= 0);
        fz_require(r->status == 0 || r->status == 0x0111 || (r->status & 0xf000) == 0xb000);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    pn_scu_peer to = { .host = "127.0.0.1", .port = 104, .called_ae = "ARCHIVE",
                       .calling_ae = "PROGNODE", .connect_timeout_s = 1, .dimse_timeout_s = 1 };
    pn_error err = {0};
    pn_scu_result result;
    int rc;
    fz_answers(bytes, n);
    if (n % 2 != 0) {
        rc = pn_scu_echo(&to, &err);
    } else {
        rc = pn_scu_store(&to, &image, 1, &result, &err);
        check_result(&result, rc);
    }
    fz_require(rc == PN_OK || (rc == (int)err.code && err.msg[0] != '\0'));
    fz_require(rc != PN_EINTERNAL);
    fz_hang_up();
    return 0;
}
