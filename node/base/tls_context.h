/* base/tls_context.h - what base/tls.c and base/tls_stream.c share. Private to base/. */
#ifndef PN_TLS_CONTEXT_H
#define PN_TLS_CONTEXT_H
#include <openssl/ssl.h>
#include "base/tls.h"

struct pn_tls {
    SSL_CTX *ctx;
    pn_tls_opts opts;
};

/* "CN=ct1,O=Hospital" */
void pn_tls_subject_of(char out[PN_SUBJECT_SIZE], const X509 *certificate);
void pn_tls_fingerprint_of(char out[PN_DIGEST_HEX_SIZE], const X509 *certificate);
/* The oldest reason in OpenSSL's queue of errors, which is emptied; "" where there is none. */
const char *pn_tls_reason(void);
/* SSL_CTX's verify callback, with the stream as the SSL's application data. */
int pn_tls_verify(int good, X509_STORE_CTX *store);

#endif
