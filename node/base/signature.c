#include "base/signature.h"
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/file.h"
#include "base/hash.h"

static const char purpose[] = "prognode model file v1\n";
static const char format[] = "prognode signature 1\nalgorithm: ed25519\nkey-sha256: %s\nfile-sha256: %s\nsignature: %s\n";
enum { BASE64_SIZE = 88 };                     /* of 64 bytes */

/* The message that is there, as a matter of the configuration. */
static int as_config(pn_error *err, const char *what)
{
    (void)pn_wrap(err, "%s", what);
    if (err != NULL) {
        err->code = PN_ECONFIG;
        err->cls = PN_PERMANENT;
    }
    return PN_ECONFIG;
}

/* ---- Keys --------------------------------------------------------------------------------------- */

static int check_kind(const EVP_PKEY *pkey, const char *name, pn_error *err)
{
    if (EVP_PKEY_is_a(pkey, "ED25519")) { return PN_OK; }
    const char *kind = EVP_PKEY_get0_type_name(pkey);
    return pn_fail(err, PN_ECONFIG, "%s holds a key of the algorithm %.40s, expected Ed25519 (openssl genpkey "
                   "-algorithm ed25519)", name, kind != NULL ? kind : "unknown");
}

static int take_public(pn_public_key *out, const EVP_PKEY *pkey, const char *name, pn_error *err)
{
    int rc = check_kind(pkey, name, err);
    if (rc != PN_OK) { return rc; }
    pn_public_key key = {0};
    size_t n = sizeof key.raw;
    uint8_t *der = NULL, digest[PN_SHA256_SIZE];
    int n_der = i2d_PUBKEY(pkey, &der);
    if (n_der <= 0 || EVP_PKEY_get_raw_public_key(pkey, key.raw, &n) != 1 || n != sizeof key.raw) {
        rc = pn_fail_transient(err, PN_ENOMEM, "no memory for the key of %s", name);
    } else {
        rc = pn_sha256_of(digest, der, (size_t)n_der, err);
    }
    OPENSSL_free(der);
    if (rc != PN_OK) { return rc; }
    pn_hex(key.sha256, digest, sizeof digest);
    *out = key;
    return PN_OK;
}

int pn_public_key_parse(pn_public_key *out, const char *pem, size_t n, const char *name, pn_error *err)
{
    BIO *bio = n <= PN_MAX_KEY_FILE_BYTES ? BIO_new_mem_buf(pem, (int)n) : NULL;
    if (bio == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for the key of %s", name); }
    EVP_PKEY *pkey = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
    BIO_free(bio);
    ERR_clear_error();
    int rc;
    if (pkey != NULL) {
        rc = take_public(out, pkey, name, err);
    } else if (memmem(pem, n, "PRIVATE KEY-----", 16) != NULL) {
        rc = pn_fail(err, PN_ECONFIG, "%s holds a private key, expected a public one (openssl pkey -in KEY.pem "
                     "-pubout)", name);
    } else {
        rc = pn_fail(err, PN_ECONFIG, "%s holds no public key, expected a PEM file (BEGIN PUBLIC KEY)", name);
    }
    EVP_PKEY_free(pkey);
    return rc;
}

int pn_public_key_read(pn_public_key *out, const char *path, pn_error *err)
{
    char *pem = NULL;
    size_t n = 0;
    if (pn_read_regular_file(&pem, &n, path, PN_MAX_KEY_FILE_BYTES, err) != PN_OK) {
        return as_config(err, "trusted key");
    }
    int rc = pn_public_key_parse(out, pem, n, path, err);
    free(pem);
    return rc;
}

/* A key that others can read is nobody's signature. */
static int check_mode(const char *path, pn_error *err)
{
    struct stat st;
    if (stat(path, &st) != 0 || (st.st_mode & (S_IRWXG | S_IRWXO)) == 0) { return PN_OK; }
    return pn_fail(err, PN_ECONFIG, "key %s has mode %04o: others than its owner may open it, expected 0600 or 0400",
                   path, (unsigned)(st.st_mode & 07777));
}

static int read_private(EVP_PKEY **out, const char *path, pn_error *err)
{
    char *pem = NULL;
    size_t n = 0;
    if (pn_read_regular_file(&pem, &n, path, PN_MAX_KEY_FILE_BYTES, err) != PN_OK) {
        return as_config(err, "key");
    }
    int rc = check_mode(path, err);
    BIO *bio = BIO_new_mem_buf(pem, (int)n);
    EVP_PKEY *pkey = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    ERR_clear_error();
    OPENSSL_cleanse(pem, n);
    free(pem);
    if (rc == PN_OK && pkey == NULL) {
        rc = pn_fail(err, PN_ECONFIG, "%s holds no private key that can be read, expected a PEM file (openssl genpkey "
                       "-algorithm ed25519) and its passphrase, if it has one", path);
    }
    if (rc == PN_OK) { rc = check_kind(pkey, path, err); }
    if (rc == PN_OK) { *out = pkey; } else { EVP_PKEY_free(pkey); }
    return rc;
}

/* ---- Signatures ---------------------------------------------------------------------------------- */

int pn_ed25519_verify(bool *good, const pn_public_key *key, const void *bytes, size_t n,
                      const uint8_t sig[PN_ED25519_SIZE], pn_error *err)
{
    EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key->raw, sizeof key->raw);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool able = pkey != NULL && ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1;
    if (able) { *good = EVP_DigestVerify(ctx, sig, PN_ED25519_SIZE, bytes, n) == 1; }
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pkey);
    ERR_clear_error();
    return able ? PN_OK : pn_fail_transient(err, PN_ENOMEM, "no memory to verify a signature");
}

/* The line that says what the signature is for, and the bytes. Ed25519 wants them in one piece. */
static int signed_bytes(uint8_t **out, size_t *n_out, const void *bytes, size_t n, pn_error *err)
{
    *n_out = sizeof purpose - 1 + n;
    *out = malloc(*n_out);
    if (*out == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for %zu bytes to sign", n); }
    memcpy(*out, purpose, sizeof purpose - 1);
    if (n > 0) { memcpy(*out + sizeof purpose - 1, bytes, n); }
    return PN_OK;
}

static int digest_of(char hex[PN_DIGEST_HEX_SIZE], const void *bytes, size_t n, pn_error *err)
{
    uint8_t digest[PN_SHA256_SIZE];
    int rc = pn_sha256_of(digest, bytes, n, err);
    if (rc == PN_OK) { pn_hex(hex, digest, sizeof digest); }
    return rc;
}

/* The place of the key that signed; n_keys: none of them. */
static int find_signer(size_t *which, const pn_signature *s, const pn_public_key *keys, size_t n_keys,
                       const void *bytes, size_t n, pn_error *err)
{
    uint8_t *whole = NULL;
    size_t n_whole = 0;
    int rc = signed_bytes(&whole, &n_whole, bytes, n, err);
    for (*which = 0; rc == PN_OK && *which < n_keys; (*which)++) {
        bool good = false;
        if (strcmp(keys[*which].sha256, s->key_sha256) != 0) { continue; }
        rc = pn_ed25519_verify(&good, &keys[*which], whole, n_whole, s->sig, err);
        if (good) { break; }
    }
    free(whole);
    return rc;
}

int pn_signature_check(size_t *which, const pn_signature *s, const pn_public_key *keys, size_t n_keys,
                       const void *bytes, size_t n, const char *name, pn_error *err)
{
    char hex[PN_DIGEST_HEX_SIZE];
    size_t at = 0;
    int rc = digest_of(hex, bytes, n, err);
    if (rc != PN_OK) { return rc; }
    if (strcmp(hex, s->file_sha256) != 0) {
        return pn_fail(err, PN_ECONFIG, "%s is not the file that was signed: SHA-256 %.12s..., signed was %.12s...",
                       name, hex, s->file_sha256);
    }
    rc = find_signer(&at, s, keys, n_keys, bytes, n, err);
    if (rc != PN_OK) { return rc; }
    if (at < n_keys) {
        *which = at;
        return PN_OK;
    }
    for (size_t i = 0; i < n_keys; i++) {
        if (strcmp(keys[i].sha256, s->key_sha256) == 0) {
            return pn_fail(err, PN_ECONFIG, "%s: the signature is not good: the key %s did not make it of this file",
                           name, s->key_sha256);
        }
    }
    return pn_fail(err, PN_ECONFIG, "%s is signed with the key %s, which is none of the %zu trusted ones", name,
                   s->key_sha256, n_keys);
}

/* ---- The text ------------------------------------------------------------------------------------ */

static bool is_digest(const char *text) { return strspn(text, "0123456789abcdef") == PN_DIGEST_HEX_SIZE - 1; }

/* Only what encodes to the same text again: nothing can be changed in it unseen. */
static bool read_base64(uint8_t out[PN_ED25519_SIZE], const char *text)
{
    uint8_t raw[BASE64_SIZE / 4 * 3], again[BASE64_SIZE + 1];
    if (strlen(text) != BASE64_SIZE || EVP_DecodeBlock(raw, (const uint8_t *)text, BASE64_SIZE) != sizeof raw) {
        return false;
    }
    memcpy(out, raw, PN_ED25519_SIZE);
    (void)EVP_EncodeBlock(again, out, PN_ED25519_SIZE);
    return memcmp(again, text, BASE64_SIZE) == 0;
}

/* The next line of *p, which must begin with `key`; what follows goes to value. */
static bool take_line(char value[128], const char **p, const char *key)
{
    size_t n = strcspn(*p, "\n"), n_key = strlen(key);
    if ((*p)[n] != '\n' || n < n_key || n - n_key >= 128 || memcmp(*p, key, n_key) != 0) { return false; }
    memcpy(value, *p + n_key, n - n_key);
    value[n - n_key] = '\0';
    *p += n + 1;
    return true;
}

static int wrong_line(pn_error *err, const char *name, int line, const char *expected)
{
    return pn_fail(err, PN_EFORMAT, "%s:%d: expected %s; is this a signature of `prognode model sign`?", name, line,
                   expected);
}

int pn_signature_parse(pn_signature *out, const char *text, size_t n, const char *name, pn_error *err)
{
    pn_signature s = {0};
    char copy[PN_MAX_SIGNATURE_BYTES + 1], value[128];
    if (n > PN_MAX_SIGNATURE_BYTES) {
        return pn_fail(err, PN_ELIMIT, "%s has %zu bytes, expected a signature of at most %d", name, n,
                       PN_MAX_SIGNATURE_BYTES);
    }
    memcpy(copy, text, n);
    copy[n] = '\0';
    const char *p = copy;
    if (!take_line(value, &p, "prognode signature 1") || value[0] != '\0') {
        return wrong_line(err, name, 1, "\"prognode signature 1\"");
    }
    if (!take_line(value, &p, "algorithm: ") || strcmp(value, "ed25519") != 0) {
        return wrong_line(err, name, 2, "\"algorithm: ed25519\"");
    }
    if (!take_line(value, &p, "key-sha256: ") || strlen(value) != 64 || !is_digest(value)) {
        return wrong_line(err, name, 3, "\"key-sha256: \" and 64 hexadecimal digits");
    }
    memcpy(s.key_sha256, value, sizeof s.key_sha256);
    if (!take_line(value, &p, "file-sha256: ") || strlen(value) != 64 || !is_digest(value)) {
        return wrong_line(err, name, 4, "\"file-sha256: \" and 64 hexadecimal digits");
    }
    memcpy(s.file_sha256, value, sizeof s.file_sha256);
    if (!take_line(value, &p, "signature: ") || !read_base64(s.sig, value)) {
        return wrong_line(err, name, 5, "\"signature: \" and 88 characters of base64");
    }
    if (p != copy + n) { return wrong_line(err, name, 6, "the end of the file"); }
    *out = s;
    return PN_OK;
}

int pn_signature_read(pn_signature *out, bool *found, const char *path, pn_error *err)
{
    char *text = NULL;
    size_t n = 0;
    pn_error why = {0};
    int rc = pn_read_regular_file(&text, &n, path, PN_MAX_SIGNATURE_BYTES, &why);
    *found = rc != PN_ENOTFOUND;
    if (rc == PN_ENOTFOUND) { return PN_OK; }
    if (rc != PN_OK) { return pn_fail(err, why.code, "signature: %s", why.msg); }
    rc = pn_signature_parse(out, text, n, path, err);
    free(text);
    return rc;
}

/* ---- Signing ------------------------------------------------------------------------------------- */

static int sign(uint8_t sig[PN_ED25519_SIZE], EVP_PKEY *pkey, const void *bytes, size_t n, pn_error *err)
{
    uint8_t *whole = NULL;
    size_t n_whole = 0, n_sig = PN_ED25519_SIZE;
    int rc = signed_bytes(&whole, &n_whole, bytes, n, err);
    if (rc != PN_OK) { return rc; }
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx != NULL && EVP_DigestSignInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
                EVP_DigestSign(ctx, sig, &n_sig, whole, n_whole) == 1 && n_sig == PN_ED25519_SIZE;
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    free(whole);
    return good ? PN_OK : pn_fail_transient(err, PN_ENOMEM, "no memory to sign");
}

static int write_text(char **out, const pn_public_key *key, const char *file_sha256,
                      const uint8_t sig[PN_ED25519_SIZE], pn_error *err)
{
    uint8_t base64[BASE64_SIZE + 1];
    (void)EVP_EncodeBlock(base64, sig, PN_ED25519_SIZE);
    if (asprintf(out, format, key->sha256, file_sha256, (const char *)base64) < 0) {
        *out = NULL;
        return pn_fail_transient(err, PN_ENOMEM, "no memory for a signature");
    }
    return PN_OK;
}

int pn_signature_make(char **text, pn_public_key *key, const void *bytes, size_t n, const char *key_path,
                      pn_error *err)
{
    EVP_PKEY *pkey = NULL;
    uint8_t sig[PN_ED25519_SIZE];
    char hex[PN_DIGEST_HEX_SIZE];
    int rc = read_private(&pkey, key_path, err);
    if (rc != PN_OK) { return rc; }
    rc = take_public(key, pkey, key_path, err);
    if (rc == PN_OK) { rc = digest_of(hex, bytes, n, err); }
    if (rc == PN_OK) { rc = sign(sig, pkey, bytes, n, err); }
    if (rc == PN_OK) { rc = write_text(text, key, hex, sig, err); }
    EVP_PKEY_free(pkey);
    return rc;
}
