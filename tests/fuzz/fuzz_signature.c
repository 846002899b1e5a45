/* The signature of a model file, and the key that is to be trusted: what is taken is canonical, and nothing that
 * was not made with the key is good. */
#include "base/signature.h"
#include <string.h>
#include "fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

/* The public key of RFC 8032's first example; its private half is known, but not to the fuzzer. */
static const char pem[] = "-----BEGIN PUBLIC KEY-----\n"
                          "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
                          "-----END PUBLIC KEY-----\n";

static void try_signature(const uint8_t *bytes, size_t n)
{
    static const char signed_file[] = "schema: 2\n";
    pn_error err = {0};
    pn_signature s;
    pn_public_key key;
    size_t which = 9;
    fz_require(pn_public_key_parse(&key, pem, sizeof pem - 1, "a.pem", &err) == PN_OK);
    int rc = pn_signature_parse(&s, (const char *)bytes, n, "m.sig", &err);
    if (rc != PN_OK) {
        fz_require(err.code == (pn_code)rc && err.msg[0] != '\0');
        return;
    }
    fz_require(strlen(s.key_sha256) == 64 && strlen(s.file_sha256) == 64);
    rc = pn_signature_check(&which, &s, &key, 1, signed_file, sizeof signed_file - 1, "m.yaml", &err);
    fz_require(rc == PN_ECONFIG && which == 9);
    /* As if it had been said of this file and this key. */
    memcpy(s.key_sha256, key.sha256, sizeof s.key_sha256);
    bool good = true;
    fz_require(pn_ed25519_verify(&good, &key, signed_file, sizeof signed_file - 1, s.sig, &err) == PN_OK && !good);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    pn_error err = {0};
    pn_public_key key;
    try_signature(bytes, n);
    if (pn_public_key_parse(&key, (const char *)bytes, n, "k.pem", &err) == PN_OK) {
        fz_require(strlen(key.sha256) == 64);
    }
    return 0;
}
