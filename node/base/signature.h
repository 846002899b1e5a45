/* base/signature.h - who vouches for a file: a detached Ed25519 signature (RFC 8032), by OpenSSL.
 *
 * What is signed is a line that says what the signature is for, "prognode model file v1" and LF, and then
 * the bytes of the file: a signature made for another purpose with the same key is not good here. The
 * signature is a text of five lines:
 *     prognode signature 1
 *     algorithm: ed25519
 *     key-sha256: 64 hexadecimal digits, of the public key's SubjectPublicKeyInfo (DER)
 *     file-sha256: 64 hexadecimal digits
 *     signature: 88 characters of base64
 * The two digests are there for people and for messages; what counts is the signature. */
#ifndef PN_SIGNATURE_H
#define PN_SIGNATURE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "base/limits.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { PN_ED25519_KEY_SIZE = 32, PN_ED25519_SIZE = 64 };

typedef struct pn_public_key {
    uint8_t raw[PN_ED25519_KEY_SIZE];
    char sha256[PN_DIGEST_HEX_SIZE];      /* of its SubjectPublicKeyInfo: the fingerprint   */
} pn_public_key;

/* A PEM file with one public key ("-----BEGIN PUBLIC KEY-----"). Fails: PN_ECONFIG with the file's name
 * (not there, no public key, of another algorithm than Ed25519, a private one), PN_ENOMEM. */
PN_CHECKED int pn_public_key_read(pn_public_key *out, const char *path, pn_error *err);
/* The same from memory; `name` stands in messages. */
PN_CHECKED int pn_public_key_parse(pn_public_key *out, const char *pem, size_t n, const char *name, pn_error *err);

/* Whether sig is the key's of exactly these bytes. PN_ENOMEM, PN_EINTERNAL: it could not be found out. */
PN_CHECKED int pn_ed25519_verify(bool *good, const pn_public_key *key, const void *bytes, size_t n,
                                 const uint8_t sig[PN_ED25519_SIZE], pn_error *err);

typedef struct pn_signature {
    char key_sha256[PN_DIGEST_HEX_SIZE], file_sha256[PN_DIGEST_HEX_SIZE];
    uint8_t sig[PN_ED25519_SIZE];
} pn_signature;

/* The text above. Fails: PN_EFORMAT (names the line), PN_ELIMIT. */
PN_CHECKED int pn_signature_parse(pn_signature *out, const char *text, size_t n, const char *name, pn_error *err);

/* The same of a file; *found: whether there is one. Fails also: PN_EIO. */
PN_CHECKED int pn_signature_read(pn_signature *out, bool *found, const char *path, pn_error *err);

/* The place in keys of the one that signed these bytes. `name` is the file's, for messages. Fails: PN_ECONFIG
 * (another file was signed, none of the keys signed it, the signature is not good), PN_ENOMEM. */
PN_CHECKED int pn_signature_check(size_t *which, const pn_signature *s, const pn_public_key *keys, size_t n_keys,
                                  const void *bytes, size_t n, const char *name, pn_error *err);

/* Sign the bytes with the private key of a PEM file (mode 0600; OpenSSL asks on the terminal where it has a passphrase);
 * *text is for free(). key: the public half. Fails: PN_ECONFIG (the key file), PN_ENOMEM. */
PN_CHECKED int pn_signature_make(char **text, pn_public_key *key, const void *bytes, size_t n, const char *key_path,
                                 pn_error *err);

#ifdef __cplusplus
}
#endif
#endif
