/* base/hash.h - SHA-256 (OpenSSL) and the UIDs derived from it. */
#ifndef PN_HASH_H
#define PN_HASH_H
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/limits.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { PN_SHA256_SIZE = 32 };

typedef struct pn_sha256 { void *ctx; } pn_sha256;   /* an EVP_MD_CTX */

PN_CHECKED int pn_sha256_init(pn_sha256 *s, pn_error *err);
void pn_sha256_update(pn_sha256 *s, const void *p, size_t n);
/* Frees the context too; s may be initialised again. */
void pn_sha256_final(pn_sha256 *s, uint8_t out[PN_SHA256_SIZE]);
void pn_sha256_discard(pn_sha256 *s);                /* instead of final; zeroed is fine */
/* Digest of one block. */
PN_CHECKED int pn_sha256_of(uint8_t out[PN_SHA256_SIZE], const void *p, size_t n, pn_error *err);
/* Digest of a file, as hexadecimal. */
PN_CHECKED int pn_sha256_file(char hex[PN_DIGEST_HEX_SIZE], const char *path, pn_error *err);

/* SHA-1 in hexadecimal: not for security, but what ITK and PyRadiomics tell images apart by. */
enum { PN_SHA1_HEX_SIZE = 41 };
typedef struct pn_sha1 { void *ctx; } pn_sha1;       /* an EVP_MD_CTX */
PN_CHECKED int pn_sha1_init(pn_sha1 *s, pn_error *err);
void pn_sha1_update(pn_sha1 *s, const void *p, size_t n);
void pn_sha1_final(pn_sha1 *s, char hex[PN_SHA1_HEX_SIZE]);      /* frees the context too */

/* Lower-case hexadecimal; out holds 2n+1 characters. */
void pn_hex(char *out, const uint8_t *in, size_t n);

/* "2.25." and the first 128 bits of the digest in decimal (PS3.5 B.2): a valid UID that the
 * same inputs always give. */
void pn_uid_from_digest(char uid[PN_UID_SIZE], const uint8_t digest[PN_SHA256_SIZE]);
/* The same from text parts, each ended by a NUL in the digest; the list ends with NULL. */
PN_CHECKED int pn_uid_from_parts(char uid[PN_UID_SIZE], const char *const *parts, pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
