#include "spool/meta.h"
#include <string.h>
#include "base/implementation.h"

static void put16(uint8_t *p, size_t v)
{
    p[0] = (uint8_t)(v & 0xff);
    p[1] = (uint8_t)((v >> 8) & 0xff);
}

/* One element of group 0002 with a two-byte length, padded to even; returns its end. */
static uint8_t *put_text(uint8_t *p, unsigned element, const char *vr, const char *text, char pad)
{
    size_t n = strlen(text), padded = n + (n & 1);
    put16(p, 0x0002);
    put16(p + 2, element);
    memcpy(p + 4, vr, 2);
    put16(p + 6, padded);
    memcpy(p + 8, text, n);
    if (padded > n) { p[8 + n] = (uint8_t)pad; }
    return p + 8 + padded;
}

static int check_uid(const char *uid, const char *what, pn_error *err)
{
    size_t n = uid == NULL ? 0 : strnlen(uid, PN_UID_SIZE);
    if (n == 0 || n >= PN_UID_SIZE) {
        return pn_fail(err, PN_EINVAL, "%s has %s characters, expected 1 to 64", what,
                       n == 0 ? "no" : "too many");
    }
    return PN_OK;
}

static int check_title(const char *ae, pn_error *err)
{
    size_t n = strnlen(ae, PN_AE_SIZE);
    if (n >= PN_AE_SIZE) { return pn_fail(err, PN_EINVAL, "AE title of more than 16 characters"); }
    for (size_t i = 0; i < n; i++) {
        if (ae[i] < 0x20 || ae[i] > 0x7e || ae[i] == '\\') {
            return pn_fail(err, PN_EINVAL, "AE title with byte 0x%02x, expected printable ASCII",
                           (unsigned)(unsigned char)ae[i]);
        }
    }
    return PN_OK;
}

int pn_spool_head(uint8_t *out, size_t *n, const pn_spool_meta *meta, pn_error *err)
{
    int rc = check_uid(meta->sop_class_uid, "SOP Class UID", err);
    if (rc == PN_OK) { rc = check_uid(meta->sop_uid, "SOP Instance UID", err); }
    if (rc == PN_OK) { rc = check_uid(meta->transfer_syntax_uid, "Transfer Syntax UID", err); }
    const char *ae = meta->calling_ae == NULL ? "" : meta->calling_ae;
    if (rc == PN_OK) { rc = check_title(ae, err); }
    if (rc != PN_OK) { return rc; }

    memset(out, 0, 128);
    memcpy(out + 128, "DICM", 4);
    uint8_t *group = out + 132, *p = group + 12;      /* group length goes in last */
    static const uint8_t version[] = { 0x02, 0, 0x01, 0, 'O', 'B', 0, 0, 2, 0, 0, 0, 0x00, 0x01 };
    memcpy(p, version, sizeof version);
    p += sizeof version;
    p = put_text(p, 0x0002, "UI", meta->sop_class_uid, '\0');
    p = put_text(p, 0x0003, "UI", meta->sop_uid, '\0');
    p = put_text(p, 0x0010, "UI", meta->transfer_syntax_uid, '\0');
    p = put_text(p, 0x0012, "UI", PN_IMPLEMENTATION_CLASS_UID, '\0');
    p = put_text(p, 0x0013, "SH", PN_IMPLEMENTATION_VERSION, ' ');
    if (ae[0] != '\0') { p = put_text(p, 0x0016, "AE", ae, ' '); }

    static const uint8_t length[] = { 0x02, 0, 0x00, 0, 'U', 'L', 4, 0 };
    memcpy(group, length, sizeof length);
    put16(group + 8, (size_t)(p - (group + 12)));
    put16(group + 10, 0);
    *n = (size_t)(p - out);
    return PN_OK;
}
