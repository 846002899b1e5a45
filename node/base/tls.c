/* base/tls.c - see tls.h: certificates, keys and settings. */
#include "base/tls.h"
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/hash.h"
#include "base/tls_context.h"

/* TLS 1.2: of BCP 195's, those with a fresh key exchange on elliptic curves and an AEAD. */
static const char ciphers_12[] =
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
static const char ciphers_13[] =
    "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256";
static const char groups[] = "X25519:P-256:P-384:P-521";
static const char signatures[] =
    "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:rsa_pss_pss_sha256:rsa_pss_pss_sha384:"
    "rsa_pss_pss_sha512:rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:"
    "RSA+SHA256:RSA+SHA384:RSA+SHA512";

enum {
    SECURITY_LEVEL = 2,            /* 112 bits: RSA of 2048 bits, no SHA-1 in certificates     */
    READ_BUFFER = 131072 + 4096,   /* a PDU of DCMTK's largest size, with its records' headers */
};

/* ---- Certificates as text ------------------------------------------------------------------- */

void pn_tls_subject_of(char out[PN_SUBJECT_SIZE], const X509 *certificate)
{
    out[0] = '\0';
    BIO *b = BIO_new(BIO_s_mem());
    if (b == NULL) { return; }
    if (X509_NAME_print_ex(b, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253) >= 0) {
        int n = BIO_read(b, out, PN_SUBJECT_SIZE - 1);
        out[n > 0 ? n : 0] = '\0';
    }
    BIO_free(b);
}

void pn_tls_fingerprint_of(char out[PN_DIGEST_HEX_SIZE], const X509 *certificate)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    out[0] = '\0';
    if (X509_digest(certificate, EVP_sha256(), digest, &n) == 1 && n == PN_SHA256_SIZE) {
        pn_hex(out, digest, n);
    }
}

const char *pn_tls_reason(void)
{
    const char *reason = ERR_reason_error_string(ERR_peek_error());
    ERR_clear_error();
    return reason != NULL ? reason : "";
}

static int64_t ms_of(const ASN1_TIME *t)
{
    struct tm broken_down;
    memset(&broken_down, 0, sizeof broken_down);
    return t != NULL && ASN1_TIME_to_tm(t, &broken_down) == 1 ? (int64_t)timegm(&broken_down) * 1000 : 0;
}

/* ---- The files, parsed ---------------------------------------------------------------------- */

typedef struct parsed {
    X509 *certificate;
    EVP_PKEY *key;
    STACK_OF(X509) *chain, *ca;
    STACK_OF(X509_CRL) *crl;
} parsed;

static void parsed_free(parsed *p)
{
    X509_free(p->certificate);
    EVP_PKEY_free(p->key);
    sk_X509_pop_free(p->chain, X509_free);
    sk_X509_pop_free(p->ca, X509_free);
    sk_X509_CRL_pop_free(p->crl, X509_CRL_free);
    *p = (parsed){0};
}

/* A node cannot type: a key under a passphrase fails instead of asking the terminal. */
static int no_passphrase(char *buf, int size, int writing, void *ctx)
{
    (void)buf, (void)size, (void)writing, (void)ctx;
    return -1;
}

static BIO *open_pem(const pn_tls_material *m, int which)
{
    return m->pem[which] == NULL ? NULL : BIO_new_mem_buf(m->pem[which], (int)m->n[which]);
}

/* The end of a PEM file shows as "no start line"; anything else is a broken block. */
static bool ended_well(void)
{
    unsigned long e = ERR_peek_last_error();
    bool end = e == 0 || (ERR_GET_LIB(e) == ERR_LIB_PEM && ERR_GET_REASON(e) == PEM_R_NO_START_LINE);
    ERR_clear_error();
    return end;
}

static int read_certificates(STACK_OF(X509) **out, const pn_tls_material *m, int which,
                             const char *name, pn_error *err)
{
    BIO *b = open_pem(m, which);
    *out = sk_X509_new_null();
    if (b == NULL || *out == NULL) {
        BIO_free(b);
        return pn_fail(err, PN_ENOMEM, "no memory for certificates");
    }
    ERR_clear_error();
    X509 *one;
    while ((one = PEM_read_bio_X509(b, NULL, no_passphrase, NULL)) != NULL) { sk_X509_push(*out, one); }
    BIO_free(b);
    if (ended_well() && sk_X509_num(*out) > 0) { return PN_OK; }
    return pn_fail(err, PN_ECONFIG, "TLS %s: %s", name,
                   sk_X509_num(*out) == 0 ? "no certificate in PEM format"
                                          : "a certificate after the first is broken");
}

static int read_crls(parsed *p, const pn_tls_material *m, pn_error *err)
{
    if (m->pem[PN_TLS_CRL] == NULL) { return PN_OK; }
    BIO *b = open_pem(m, PN_TLS_CRL);
    p->crl = sk_X509_CRL_new_null();
    if (b == NULL || p->crl == NULL) {
        BIO_free(b);
        return pn_fail(err, PN_ENOMEM, "no memory for revocation lists");
    }
    ERR_clear_error();
    X509_CRL *one;
    while ((one = PEM_read_bio_X509_CRL(b, NULL, no_passphrase, NULL)) != NULL) {
        sk_X509_CRL_push(p->crl, one);
    }
    BIO_free(b);
    if (ended_well() && sk_X509_CRL_num(p->crl) > 0) { return PN_OK; }
    return pn_fail(err, PN_ECONFIG, "TLS CRL: no revocation list in PEM format, or a broken one");
}

static int read_key(parsed *p, const pn_tls_material *m, pn_error *err)
{
    BIO *b = open_pem(m, PN_TLS_KEY);
    if (b == NULL) { return pn_fail(err, PN_ENOMEM, "no memory for a key"); }
    ERR_clear_error();
    p->key = PEM_read_bio_PrivateKey(b, NULL, no_passphrase, NULL);
    BIO_free(b);
    ERR_clear_error();
    if (p->key != NULL) { return PN_OK; }
    return pn_fail(err, PN_ECONFIG, "TLS key: no private key in PEM format, or one under a passphrase");
}

static int parse(parsed *p, const pn_tls_material *m, pn_error *err)
{
    *p = (parsed){0};
    int rc = read_certificates(&p->chain, m, PN_TLS_CERTIFICATE, "certificate", err);
    if (rc == PN_OK) { p->certificate = sk_X509_shift(p->chain); }
    if (rc == PN_OK) { rc = read_key(p, m, err); }
    if (rc == PN_OK) { rc = read_certificates(&p->ca, m, PN_TLS_CA, "CA", err); }
    if (rc == PN_OK) { rc = read_crls(p, m, err); }
    if (rc == PN_OK && X509_check_private_key(p->certificate, p->key) != 1) {
        char subject[PN_SUBJECT_SIZE];
        pn_tls_subject_of(subject, p->certificate);
        ERR_clear_error();
        rc = pn_fail(err, PN_ECONFIG, "TLS key: not the key of the certificate of %.200s", subject);
    }
    if (rc != PN_OK) { parsed_free(p); }
    return rc;
}

/* ---- Facts ---------------------------------------------------------------------------------- */

static void earlier(int64_t *first, int64_t t)
{
    if (*first == 0 || t < *first) { *first = t; }
}

int pn_tls_facts_of(pn_tls_facts *out, const pn_tls_material *m, pn_error *err)
{
    parsed p;
    int rc = parse(&p, m, err);
    if (rc != PN_OK) { return rc; }
    *out = (pn_tls_facts){
        .not_before_ms = ms_of(X509_get0_notBefore(p.certificate)),
        .not_after_ms = ms_of(X509_get0_notAfter(p.certificate)),
        .n_chain = (unsigned)sk_X509_num(p.chain),
        .n_ca = (unsigned)sk_X509_num(p.ca),
        .n_crl = p.crl ? (unsigned)sk_X509_CRL_num(p.crl) : 0,
    };
    pn_tls_subject_of(out->subject, p.certificate);
    pn_tls_fingerprint_of(out->fingerprint, p.certificate);
    for (int i = 0; i < sk_X509_num(p.ca); i++) {
        earlier(&out->ca_not_after_ms, ms_of(X509_get0_notAfter(sk_X509_value(p.ca, i))));
    }
    for (int i = 0; i < (int)out->n_crl; i++) {
        const ASN1_TIME *next = X509_CRL_get0_nextUpdate(sk_X509_CRL_value(p.crl, i));
        if (next != NULL) { earlier(&out->crl_next_update_ms, ms_of(next)); }
    }
    parsed_free(&p);
    return PN_OK;
}

/* ---- Settings ------------------------------------------------------------------------------- */

/* Its own words about itself are refused below this level or by the provider. */
static int use_own(SSL_CTX *ctx, const parsed *p, pn_error *err)
{
    if (SSL_CTX_use_certificate(ctx, p->certificate) == 1 && SSL_CTX_use_PrivateKey(ctx, p->key) == 1) {
        for (int i = 0; i < sk_X509_num(p->chain); i++) {
            if (SSL_CTX_add1_chain_cert(ctx, sk_X509_value(p->chain, i)) != 1) {
                return pn_fail(err, PN_ECONFIG, "TLS certificate: %s", pn_tls_reason());
            }
        }
        return PN_OK;
    }
    return pn_fail(err, PN_ECONFIG, "TLS certificate or key cannot be used: %s", pn_tls_reason());
}

/* A certificate of the CA file is trusted whatever signed it, so that a peer's own one can be
 * listed; revocation is looked at along the whole chain. */
static int use_trust(SSL_CTX *ctx, const parsed *p, pn_error *err)
{
    X509_STORE *store = SSL_CTX_get_cert_store(ctx);
    bool good = true;
    unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN;
    for (int i = 0; i < sk_X509_num(p->ca); i++) {
        good = good && X509_STORE_add_cert(store, sk_X509_value(p->ca, i)) == 1;
        good = good && SSL_CTX_add_client_CA(ctx, sk_X509_value(p->ca, i)) == 1;
    }
    for (int i = 0; p->crl != NULL && i < sk_X509_CRL_num(p->crl); i++) {
        good = good && X509_STORE_add_crl(store, sk_X509_CRL_value(p->crl, i)) == 1;
        flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
    }
    if (good && X509_STORE_set_flags(store, flags) == 1) { return PN_OK; }
    return pn_fail(err, PN_ECONFIG, "TLS CA or CRL cannot be used: %s", pn_tls_reason());
}

static int tighten(SSL_CTX *ctx, pn_error *err)
{
    SSL_CTX_set_security_level(ctx, SECURITY_LEVEL);
    if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(ctx, ciphers_12) != 1 ||
        SSL_CTX_set_ciphersuites(ctx, ciphers_13) != 1 || SSL_CTX_set1_groups_list(ctx, groups) != 1 ||
        SSL_CTX_set1_sigalgs_list(ctx, signatures) != 1 || SSL_CTX_set_num_tickets(ctx, 0) != 1) {
        return pn_fail(err, PN_EINTERNAL, "TLS settings: %s", pn_tls_reason());
    }
    (void)SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                                       SSL_OP_CIPHER_SERVER_PREFERENCE);
    (void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    (void)SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    /* One system call for many records. */
    SSL_CTX_set_default_read_buffer_len(ctx, READ_BUFFER);
    SSL_CTX_set_read_ahead(ctx, 1);
    return PN_OK;
}

static int set_up(SSL_CTX *ctx, const parsed *p, const pn_tls_opts *opts, pn_error *err)
{
    int rc = tighten(ctx, err);
    if (rc == PN_OK) { rc = use_own(ctx, p, err); }
    if (rc == PN_OK) { rc = use_trust(ctx, p, err); }
    int mode = SSL_VERIFY_PEER;
    if (opts->server) { mode = opts->client_certificate ? mode | SSL_VERIFY_FAIL_IF_NO_PEER_CERT : SSL_VERIFY_NONE; }
    SSL_CTX_set_verify(ctx, mode, pn_tls_verify);
    SSL_CTX_set_verify_depth(ctx, PN_MAX_TLS_CHAIN);
    return rc;
}

int pn_tls_open(pn_tls **out, const pn_tls_material *m, const pn_tls_opts *opts, pn_error *err)
{
    parsed p;
    int rc = parse(&p, m, err);
    if (rc != PN_OK) { return rc; }
    pn_tls *t = calloc(1, sizeof *t);
    SSL_CTX *ctx = SSL_CTX_new(opts->server ? TLS_server_method() : TLS_client_method());
    rc = t == NULL || ctx == NULL ? pn_fail(err, PN_ENOMEM, "no memory for TLS") : set_up(ctx, &p, opts, err);
    parsed_free(&p);
    if (rc != PN_OK) {
        SSL_CTX_free(ctx);
        free(t);
        return rc;
    }
    *t = (pn_tls){ctx, *opts};
    *out = t;
    return PN_OK;
}

void pn_tls_close(pn_tls *t)
{
    if (t == NULL) { return; }
    SSL_CTX_free(t->ctx);
    free(t);
}
