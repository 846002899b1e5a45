/* The port with TLS: the input is all that the peer ever sends, from the first byte of its
 * handshake on. Nothing of it may reach the association. */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/tls.h"
#include "dicom/runtime.h"
#include "dicom/scp.h"
#include "fuzz.h"

static pn_tls *tls;

static void keep(pn_tls_material *m, int which, BIO *b)
{
    char *text = NULL;
    long n = BIO_get_mem_data(b, &text);
    fz_require(n > 0);
    m->pem[which] = strndup(text, (size_t)n);
    m->n[which] = (size_t)n;
    BIO_free(b);
}

/* A certificate that vouches for itself. */
static void make(pn_tls_material *m)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    X509_NAME *name = X509_get_subject_name(x);
    BIO *certificate = BIO_new(BIO_s_mem()), *secret = BIO_new(BIO_s_mem()), *ca = BIO_new(BIO_s_mem());
    fz_require(key && x && certificate && secret && ca);
    fz_require(X509_set_version(x, 2) && ASN1_INTEGER_set(X509_get_serialNumber(x), 1));
    fz_require(X509_gmtime_adj(X509_getm_notBefore(x), -60) && X509_gmtime_adj(X509_getm_notAfter(x), 86400));
    fz_require(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"node", -1, -1, 0));
    fz_require(X509_set_issuer_name(x, name) && X509_set_pubkey(x, key) && X509_sign(x, key, EVP_sha256()) > 0);
    fz_require(PEM_write_bio_X509(certificate, x) && PEM_write_bio_X509(ca, x));
    fz_require(PEM_write_bio_PrivateKey(secret, key, NULL, NULL, 0, NULL, NULL));
    keep(m, PN_TLS_CERTIFICATE, certificate);
    keep(m, PN_TLS_KEY, secret);
    keep(m, PN_TLS_CA, ca);
    X509_free(x);
    EVP_PKEY_free(key);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    pn_error err = {0};
    pn_tls_material m = {0};
    const pn_tls_opts opts = {.server = true, .client_certificate = true};
    fz_require(pn_dicom_init(&err) == PN_OK);
    make(&m);
    fz_require(pn_tls_open(&tls, &m, &opts, &err) == PN_OK);
    pn_tls_material_free(&m);
    return 0;
}

static int begin(void *payload, const pn_scp_instance *instance, pn_error *err)
{
    (void)payload, (void)instance, (void)err;
    fz_broken(__FILE__, __LINE__, "an instance without a handshake");
}

static int take(void *payload, const void *bytes, size_t n, pn_error *err)
{
    (void)bytes, (void)n;
    return begin(payload, NULL, err);
}

static int commit(void *payload, pn_error *err) { return begin(payload, NULL, err); }
static void abort_instance(void *payload) { (void)payload; }

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    int fds[2];
    fz_peer(fds, bytes, n);
    const pn_scp_opts opts = { .ae_title = "PROGNODE", .tls = tls, .artim_s = 1, .idle_timeout_s = 1,
                               .max_instance_bytes = 4096 };
    const pn_scp_handler handler = { .begin = begin, .write = take, .commit = commit,
                                     .abort = abort_instance };
    pn_scp_result result;
    pn_error err = {0};
    int rc = pn_scp_serve(&result, fds[0], &opts, &handler, &err);
    (void)close(fds[0]);
    (void)close(fds[1]);
    fz_require(rc == PN_ENET && rc == (int)err.code && err.msg[0] != '\0');
    fz_require(!result.accepted && result.n_stored == 0);
    fz_require(strcmp(result.end, "refused") == 0 || strcmp(result.end, "closed by peer") == 0);
    return 0;
}
