#include "base/hash.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <openssl/evp.h>
#include <string.h>
#include <unistd.h>

int pn_sha256_init(pn_sha256 *s, pn_error *err)
{
    s->ctx = EVP_MD_CTX_new();
    if (s->ctx == NULL || EVP_DigestInit_ex(s->ctx, EVP_sha256(), NULL) != 1) {
        pn_sha256_discard(s);
        return pn_fail_transient(err, PN_ENOMEM, "SHA-256 is not available");
    }
    return PN_OK;
}

void pn_sha256_update(pn_sha256 *s, const void *p, size_t n)
{
    (void)EVP_DigestUpdate(s->ctx, p, n);
}

void pn_sha256_final(pn_sha256 *s, uint8_t out[PN_SHA256_SIZE])
{
    unsigned len = 0;
    (void)EVP_DigestFinal_ex(s->ctx, out, &len);
    pn_sha256_discard(s);
}

void pn_sha256_discard(pn_sha256 *s)
{
    EVP_MD_CTX_free(s->ctx);
    s->ctx = NULL;
}

int pn_sha256_of(uint8_t out[PN_SHA256_SIZE], const void *p, size_t n, pn_error *err)
{
    pn_sha256 s = {0};
    int rc = pn_sha256_init(&s, err);
    if (rc != PN_OK) { return rc; }
    pn_sha256_update(&s, p, n);
    pn_sha256_final(&s, out);
    return PN_OK;
}

int pn_sha1_init(pn_sha1 *s, pn_error *err)
{
    s->ctx = EVP_MD_CTX_new();
    if (s->ctx == NULL || EVP_DigestInit_ex(s->ctx, EVP_sha1(), NULL) != 1) {
        EVP_MD_CTX_free(s->ctx);
        s->ctx = NULL;
        return pn_fail_transient(err, PN_ENOMEM, "SHA-1 is not available");
    }
    return PN_OK;
}

void pn_sha1_update(pn_sha1 *s, const void *p, size_t n)
{
    (void)EVP_DigestUpdate(s->ctx, p, n);
}

void pn_sha1_final(pn_sha1 *s, char hex[PN_SHA1_HEX_SIZE])
{
    uint8_t digest[EVP_MAX_MD_SIZE] = {0};
    unsigned len = 0;
    (void)EVP_DigestFinal_ex(s->ctx, digest, &len);
    pn_hex(hex, digest, (PN_SHA1_HEX_SIZE - 1) / 2);
    EVP_MD_CTX_free(s->ctx);
    s->ctx = NULL;
}

int pn_sha256_file(char hex[PN_DIGEST_HEX_SIZE], const char *path, pn_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) { return pn_fail(err, PN_EIO, "cannot open %s: %s", path, strerror(errno)); }
    pn_sha256 s = {0};
    int rc = pn_sha256_init(&s, err);
    uint8_t block[65536];
    while (rc == PN_OK) {
        ssize_t n = read(fd, block, sizeof block);
        if (n == 0) { break; }
        if (n < 0) {
            if (errno == EINTR) { continue; }
            rc = pn_fail(err, PN_EIO, "cannot read %s: %s", path, strerror(errno));
            break;
        }
        pn_sha256_update(&s, block, (size_t)n);
    }
    close(fd);
    if (rc != PN_OK) {
        pn_sha256_discard(&s);
        return rc;
    }
    uint8_t digest[PN_SHA256_SIZE];
    pn_sha256_final(&s, digest);
    pn_hex(hex, digest, sizeof digest);
    return PN_OK;
}

void pn_hex(char *out, const uint8_t *in, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[in[i] >> 4];
        out[2 * i + 1] = digits[in[i] & 15];
    }
    out[2 * n] = '\0';
}

void pn_uid_from_digest(char uid[PN_UID_SIZE], const uint8_t digest[PN_SHA256_SIZE])
{
    /* Long division of the 128-bit number by 10, 16 bits at a time. */
    uint32_t word[8];
    for (int i = 0; i < 8; i++) { word[i] = (uint32_t)(digest[2 * i] << 8 | digest[2 * i + 1]); }
    char reversed[40];
    int n = 0;
    do {
        uint32_t rest = 0;
        bool zero = true;
        for (int i = 0; i < 8; i++) {
            uint32_t value = rest << 16 | word[i];
            word[i] = value / 10;
            rest = value % 10;
            zero = zero && word[i] == 0;
        }
        reversed[n++] = (char)('0' + rest);
        if (zero) { break; }
    } while (n < (int)sizeof reversed);

    memcpy(uid, "2.25.", 5);
    for (int i = 0; i < n; i++) { uid[5 + i] = reversed[n - 1 - i]; }
    uid[5 + n] = '\0';
}

int pn_uid_from_parts(char uid[PN_UID_SIZE], const char *const *parts, pn_error *err)
{
    pn_sha256 s = {0};
    int rc = pn_sha256_init(&s, err);
    if (rc != PN_OK) { return rc; }
    for (; *parts != NULL; parts++) { pn_sha256_update(&s, *parts, strlen(*parts) + 1); }
    uint8_t digest[PN_SHA256_SIZE];
    pn_sha256_final(&s, digest);
    pn_uid_from_digest(uid, digest);
    return PN_OK;
}
