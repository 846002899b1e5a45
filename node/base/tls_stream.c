/* base/tls_stream.c - see tls.h: one connection. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <strings.h>
#include <sys/socket.h>
#include "base/tls.h"
#include "base/tls_context.h"

enum { WHY_SIZE = 400 };

struct pn_tls_stream {
    SSL *ssl;
    const pn_tls *tls;
    const pn_tls_expected *expected;
    int fd;
    bool eof, done;                /* the socket's end was seen; the handshake is through       */
    char why[WHY_SIZE];
    pn_tls_peer peer;
};

/* ---- The socket -----------------------------------------------------------------------------
 * OpenSSL's own socket BIO would wait, raise SIGPIPE and know nothing of TCP_QUICKACK. */

static int socket_read(BIO *b, char *buf, size_t n, size_t *got)
{
    pn_tls_stream *s = BIO_get_data(b);
    BIO_clear_retry_flags(b);
    ssize_t r;
    do { r = recv(s->fd, buf, n, MSG_DONTWAIT); } while (r < 0 && errno == EINTR);
    *got = r > 0 ? (size_t)r : 0;
    if (r > 0) {
        int on = 1;                /* the kernel forgets it; without, a small answer waits 40 ms */
        (void)setsockopt(s->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
        return 1;
    }
    if (r < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) { BIO_set_retry_read(b); }
    else { s->eof = true; }
    return 0;
}

static int socket_write(BIO *b, const char *buf, size_t n, size_t *done)
{
    const pn_tls_stream *s = BIO_get_data(b);
    BIO_clear_retry_flags(b);
    ssize_t r;
    do { r = send(s->fd, buf, n, MSG_DONTWAIT | MSG_NOSIGNAL); } while (r < 0 && errno == EINTR);
    *done = r > 0 ? (size_t)r : 0;
    if (r < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) { BIO_set_retry_write(b); }
    return r > 0;
}

static long socket_ctrl(BIO *b, int command, long n, void *p)
{
    (void)n, (void)p;
    const pn_tls_stream *s = BIO_get_data(b);
    switch (command) {
    case BIO_CTRL_FLUSH: return 1;
    case BIO_CTRL_EOF: return s->eof;
    default: return 0;
    }
}

/* Made once a process and kept. */
static BIO_METHOD *socket_method(void)
{
    static BIO_METHOD *m = NULL;
    if (m == NULL && (m = BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "socket")) != NULL) {
        (void)BIO_meth_set_read_ex(m, socket_read);
        (void)BIO_meth_set_write_ex(m, socket_write);
        (void)BIO_meth_set_ctrl(m, socket_ctrl);
    }
    return m;
}

/* ---- Whom we talk to ------------------------------------------------------------------------ */

static void refuse(pn_tls_stream *s, const X509 *certificate, const char *what)
{
    char subject[PN_SUBJECT_SIZE] = "";
    if (s->why[0]) { return; }
    if (certificate != NULL) { pn_tls_subject_of(subject, certificate); }
    (void)snprintf(s->why, sizeof s->why, "certificate of \"%.200s\" refused: %s", subject, what);
}

/* In words that an administrator meets in tls: and access:. */
static const char *words_of(int error)
{
    switch (error) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN: return "no CA of tls.ca vouches for it";
    case X509_V_ERR_CERT_NOT_YET_VALID: return "it is not yet valid";
    case X509_V_ERR_CERT_HAS_EXPIRED: return "it has expired";
    case X509_V_ERR_CERT_REVOKED: return "it is revoked";
    case X509_V_ERR_UNABLE_TO_GET_CRL: return "tls.crl has no list of its issuer";
    case X509_V_ERR_CRL_HAS_EXPIRED: return "its issuer's list in tls.crl is out of date";
    case X509_V_ERR_CRL_NOT_YET_VALID: return "its issuer's list in tls.crl is not yet valid";
    case X509_V_ERR_INVALID_PURPOSE: return "it is not for this side of a TLS connection";
    default: return X509_verify_cert_error_string(error);
    }
}

static bool is_acceptable(pn_tls_stream *s, const X509 *certificate)
{
    char subject[PN_SUBJECT_SIZE], fingerprint[PN_DIGEST_HEX_SIZE];
    pn_tls_subject_of(subject, certificate);
    pn_tls_fingerprint_of(fingerprint, certificate);
    const pn_tls_opts *o = &s->tls->opts;
    if (o->server && o->allowed != NULL && !o->allowed(o->ctx, subject, fingerprint)) {
        refuse(s, certificate, "it is not on the list access.certificates");
        return false;
    }
    if (s->expected != NULL && s->expected->fingerprint != NULL &&
        strcmp(s->expected->fingerprint, fingerprint) != 0) {
        char what[160];
        (void)snprintf(what, sizeof what, "its fingerprint is %s, not tls_fingerprint", fingerprint);
        refuse(s, certificate, what);
        return false;
    }
    return true;
}

int pn_tls_verify(int good, X509_STORE_CTX *store)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    pn_tls_stream *s = SSL_get_app_data(ssl);
    const X509 *certificate = X509_STORE_CTX_get_current_cert(store);
    int error = X509_STORE_CTX_get_error(store);
    if (good == 0) {
        char what[320];
        bool name = error == X509_V_ERR_HOSTNAME_MISMATCH || error == X509_V_ERR_IP_ADDRESS_MISMATCH;
        if (name) { (void)snprintf(what, sizeof what, "it is not made out to %.255s", s->expected->name); }
        refuse(s, certificate, name ? what : words_of(error));
        return 0;
    }
    if (X509_STORE_CTX_get_error_depth(store) == 0 && !is_acceptable(s, certificate)) {
        X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
        return 0;
    }
    return 1;
}

/* The name that the certificate must have, and that a server with several is asked for. Only
 * subjectAltName counts (RFC 9525), a common name does not. */
static bool expect(pn_tls_stream *s)
{
    const pn_tls_expected *e = s->expected;
    uint8_t address[16];
    bool numeric = inet_pton(AF_INET, e->name, address) == 1 || inet_pton(AF_INET6, e->name, address) == 1;
    if (!numeric && SSL_set_tlsext_host_name(s->ssl, e->name) != 1) { return false; }
    if (e->fingerprint != NULL) { return true; }
    X509_VERIFY_PARAM *p = SSL_get0_param(s->ssl);
    if (numeric) { return X509_VERIFY_PARAM_set1_ip_asc(p, e->name) == 1; }
    X509_VERIFY_PARAM_set_hostflags(p, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
                                           X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    return X509_VERIFY_PARAM_set1_host(p, e->name, 0) == 1;
}

/* ---- A stream ------------------------------------------------------------------------------- */

int pn_tls_start(pn_tls_stream **out, const pn_tls *t, int fd, const pn_tls_expected *expected,
                 pn_error *err)
{
    pn_tls_stream *s = calloc(1, sizeof *s);
    BIO_METHOD *m = socket_method();
    BIO *b = m != NULL ? BIO_new(m) : NULL;
    if (s != NULL) { s->ssl = SSL_new(t->ctx); }
    if (s == NULL || b == NULL || s->ssl == NULL) {
        BIO_free(b);
        pn_tls_end(s);
        return pn_fail_transient(err, PN_ENOMEM, "no memory for a TLS connection");
    }
    s->tls = t;
    s->fd = fd;
    s->expected = expected;
    BIO_set_data(b, s);
    BIO_set_init(b, 1);
    SSL_set_bio(s->ssl, b, b);
    SSL_set_app_data(s->ssl, s);
    if (t->opts.server) { SSL_set_accept_state(s->ssl); }
    else { SSL_set_connect_state(s->ssl); }
    if (expected != NULL && !expect(s)) {
        int rc = pn_fail(err, PN_ECONFIG, "\"%.255s\": expected a host name or an address", expected->name);
        ERR_clear_error();
        pn_tls_end(s);
        return rc;
    }
    *out = s;
    return PN_OK;
}

static void explain(pn_tls_stream *s)
{
    unsigned long e = ERR_peek_error();
    int reason = ERR_GET_LIB(e) == ERR_LIB_SSL ? ERR_GET_REASON(e) : 0;
    const char *words = pn_tls_reason();
    if (s->why[0]) { return; }
    const char *by_peer = reason > SSL_AD_REASON_OFFSET ? "the peer ended it: " : "";
    switch (reason) {
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: words = "the peer showed no certificate"; break;
    case SSL_R_UNSUPPORTED_PROTOCOL: words = "no version in common, expected TLS 1.2 or 1.3"; break;
    case SSL_R_NO_SHARED_CIPHER: words = "no cipher in common"; break;
    case SSL_R_WRONG_VERSION_NUMBER: words = "the peer does not speak TLS"; break;
    default: break;
    }
    (void)snprintf(s->why, sizeof s->why, "%s%s", by_peer, words[0] ? words : "the connection broke");
}

/* r: of a call on s->ssl that did not succeed. */
static int outcome(pn_tls_stream *s, int r)
{
    switch (SSL_get_error(s->ssl, r)) {
    case SSL_ERROR_WANT_READ: return PN_TLS_WANT_READ;
    case SSL_ERROR_WANT_WRITE: return PN_TLS_WANT_WRITE;
    case SSL_ERROR_ZERO_RETURN: return 0;
    default: break;
    }
    /* Closed without a goodbye: DICOM has its own, so this is an end like another. */
    if (s->eof && s->done && s->why[0] == '\0') {
        ERR_clear_error();
        return 0;
    }
    explain(s);
    return PN_TLS_FAILED;
}

static void know_peer(pn_tls_stream *s)
{
    X509 *certificate = SSL_get1_peer_certificate(s->ssl);
    if (certificate != NULL) {
        pn_tls_subject_of(s->peer.subject, certificate);
        pn_tls_fingerprint_of(s->peer.fingerprint, certificate);
    }
    X509_free(certificate);
    s->peer.version = SSL_get_version(s->ssl);
    s->peer.cipher = SSL_get_cipher_name(s->ssl);
    s->done = true;
}

int pn_tls_handshake(pn_tls_stream *s)
{
    ERR_clear_error();
    int r = SSL_do_handshake(s->ssl);
    if (r == 1) {
        know_peer(s);
        return 0;
    }
    int how = outcome(s, r);
    if (how != 0) { return how; }
    (void)snprintf(s->why, sizeof s->why, "closed in the handshake");
    return PN_TLS_FAILED;
}

ssize_t pn_tls_read(pn_tls_stream *s, void *buf, size_t n)
{
    size_t got = 0;
    ERR_clear_error();
    int r = SSL_read_ex(s->ssl, buf, n, &got);
    return r == 1 ? (ssize_t)got : outcome(s, r);
}

ssize_t pn_tls_write(pn_tls_stream *s, const void *buf, size_t n)
{
    size_t done = 0;
    ERR_clear_error();
    int r = SSL_write_ex(s->ssl, buf, n, &done);
    if (r == 1) { return (ssize_t)done; }
    int how = outcome(s, r);
    return how == 0 ? PN_TLS_FAILED : how;
}

bool pn_tls_buffered(const pn_tls_stream *s) { return SSL_has_pending(s->ssl) == 1; }
const pn_tls_peer *pn_tls_peer_of(const pn_tls_stream *s) { return &s->peer; }
const char *pn_tls_why(const pn_tls_stream *s) { return s->why; }

void pn_tls_end(pn_tls_stream *s)
{
    if (s == NULL) { return; }
    if (s->done && s->why[0] == '\0') {
        ERR_clear_error();
        (void)SSL_shutdown(s->ssl);
        ERR_clear_error();
    }
    SSL_free(s->ssl);
    free(s);
}
