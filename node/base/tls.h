/* base/tls.h - TLS 1.2 and 1.3 over a connected socket.
 *
 * What is allowed is narrower than BCP 195 (RFC 9325) asks: ECDHE with AES-GCM or
 * ChaCha20-Poly1305 only; no renegotiation, no compression, no session tickets and no session
 * cache, so that every association has a fresh key exchange and a fresh look at the peer's
 * certificate. OpenSSL's TLS is seen by base/tls*.c only.
 *
 * Calls on a stream never wait: they say what they want to wait for, and the caller has the
 * deadline. */
#ifndef PN_TLS_H
#define PN_TLS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "base/error.h"
#include "base/limits.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Files ---------------------------------------------------------------------------------- */

enum { PN_TLS_CERTIFICATE, PN_TLS_KEY, PN_TLS_CA, PN_TLS_CRL, PN_TLS_N_FILES };

/* Their contents, PEM. The CRL may be absent (NULL). */
typedef struct pn_tls_material {
    char *pem[PN_TLS_N_FILES];
    size_t n[PN_TLS_N_FILES];
} pn_tls_material;

/* Read the files; "" or NULL for the CRL: none. PN_ECONFIG with the file's name: not there, empty,
 * too large, or a key that its group or others may read or write. */
PN_CHECKED int pn_tls_material_read(pn_tls_material *out, const char *const paths[PN_TLS_N_FILES],
                                    pn_error *err);
/* Overwrites the bytes before they are freed. */
void pn_tls_material_free(pn_tls_material *m);

/* Into a file in memory that other processes have open (memfd), in place of what it held; and out
 * of it. Who reads while it is being written tries again for a moment. */
PN_CHECKED int pn_tls_material_put(int fd, const pn_tls_material *m, pn_error *err);
PN_CHECKED int pn_tls_material_get(pn_tls_material *out, int fd, pn_error *err);

/* What an administrator wants to know. Times in ms since 1970. */
typedef struct pn_tls_facts {
    char subject[PN_SUBJECT_SIZE], fingerprint[PN_DIGEST_HEX_SIZE];
    int64_t not_before_ms, not_after_ms;   /* of the certificate                              */
    int64_t ca_not_after_ms;               /* of the CA certificate that ends first           */
    int64_t crl_next_update_ms;            /* of the list that is due first; 0: no list       */
    unsigned n_chain, n_ca, n_crl;         /* further certificates with ours; in the files    */
} pn_tls_facts;

/* PN_ECONFIG: a file is not what it should be, or key and certificate are no pair. That dates
 * have passed is no failure. */
PN_CHECKED int pn_tls_facts_of(pn_tls_facts *out, const pn_tls_material *m, pn_error *err);

/* ---- Settings ------------------------------------------------------------------------------- */

typedef struct pn_tls pn_tls;      /* certificate, key and whom to trust, for one side          */

typedef struct pn_tls_opts {
    bool server;
    bool client_certificate;       /* a server's: the peer must show one                        */
    /* A server's: whether a certificate that a CA vouches for may connect; NULL: any. subject as
     * RFC 2253 writes it, fingerprint SHA-256 in hexadecimal. */
    bool (*allowed)(void *ctx, const char *subject, const char *fingerprint);
    void *ctx;
} pn_tls_opts;

/* Fails as pn_tls_facts_of. The material may be freed afterwards. */
PN_CHECKED int pn_tls_open(pn_tls **out, const pn_tls_material *m, const pn_tls_opts *opts,
                           pn_error *err);
void pn_tls_close(pn_tls *t);      /* NULL is fine                                             */

/* ---- Streams -------------------------------------------------------------------------------- */

/* Whom a client wants to meet. */
typedef struct pn_tls_expected {
    const char *name;              /* host name or address in the certificate                   */
    const char *fingerprint;       /* 64 hexadecimal digits; takes the place of the name; or NULL */
} pn_tls_expected;

/* The other side, known once the handshake is done. */
typedef struct pn_tls_peer {
    char subject[PN_SUBJECT_SIZE];     /* outside text; "" without a certificate                */
    char fingerprint[PN_DIGEST_HEX_SIZE];
    const char *version, *cipher;      /* static: "TLSv1.3", "TLS_AES_256_GCM_SHA384"           */
} pn_tls_peer;

enum { PN_TLS_FAILED = -1, PN_TLS_WANT_READ = -2, PN_TLS_WANT_WRITE = -3 };

typedef struct pn_tls_stream pn_tls_stream;

/* On a connected socket, which stays the caller's. expected: for a client; borrowed. */
PN_CHECKED int pn_tls_start(pn_tls_stream **out, const pn_tls *t, int fd,
                            const pn_tls_expected *expected, pn_error *err);
/* 0 done, PN_TLS_WANT_..., PN_TLS_FAILED. */
int pn_tls_handshake(pn_tls_stream *s);
/* Bytes, 0 at the end, PN_TLS_WANT_..., PN_TLS_FAILED. n > 0. */
ssize_t pn_tls_read(pn_tls_stream *s, void *buf, size_t n);
/* Bytes taken, at least one, or PN_TLS_WANT_..., PN_TLS_FAILED. n > 0. */
ssize_t pn_tls_write(pn_tls_stream *s, const void *buf, size_t n);
/* Bytes have come that the socket no longer shows. */
bool pn_tls_buffered(const pn_tls_stream *s);
const pn_tls_peer *pn_tls_peer_of(const pn_tls_stream *s);
/* After PN_TLS_FAILED: what was wrong, in words; PN_ENET. */
const char *pn_tls_why(const pn_tls_stream *s);
/* Say goodbye if that needs no waiting, and free. NULL is fine. */
void pn_tls_end(pn_tls_stream *s);

#ifdef __cplusplus
}
#endif
#endif
