/* Signatures of files: RFC 8032's own examples by our path, and everything that must not pass. */
#include "base/signature.h"
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/file.h"
#include "base/hash.h"
#include "check.h"

static char folder[] = "/tmp/prognode-signature-XXXXXX";

static const char *in_folder(const char *name)
{
    static char path[4][128];
    static unsigned next;
    char *p = path[next++ % 4];
    (void)snprintf(p, sizeof path[0], "%s/%s", folder, name);
    return p;
}

static size_t from_hex(uint8_t *out, const char *hex)
{
    size_t n = strlen(hex) / 2;
    for (size_t i = 0; i < n; i++) {
        unsigned byte = 0;
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
        out[i] = (uint8_t)byte;
    }
    return n;
}

/* A raw key in the form in which OpenSSL writes it: RFC 8410's DER in PEM. */
static void write_pem(char pem[256], const char *kind, const char *der_head, const char *raw_hex)
{
    uint8_t der[64], base64[128];
    size_t n = from_hex(der, der_head);
    n += from_hex(der + n, raw_hex);
    (void)EVP_EncodeBlock(base64, der, (int)n);
    (void)snprintf(pem, 256, "-----BEGIN %s KEY-----\n%s\n-----END %s KEY-----\n", kind, (char *)base64, kind);
}

static void public_pem(char pem[256], const char *raw_hex) { write_pem(pem, "PUBLIC", "302a300506032b6570032100", raw_hex); }
static void private_pem(char pem[256], const char *raw_hex)
{
    write_pem(pem, "PRIVATE", "302e020100300506032b657004220420", raw_hex);
}

/* RFC 8032, 7.1: tests 1 to 3. */
static const struct { const char *secret, *public, *message, *signature; } rfc[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
     "d25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
     "387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
     "4a7c15e9716ed28dc027beceea1ec40a"},
};

static void public_key(pn_public_key *out, size_t i)
{
    char pem[256];
    pn_error err = {0};
    public_pem(pem, rfc[i].public);
    CHECK_OK(pn_public_key_parse(out, pem, strlen(pem), "rfc.pem", &err), err);
}

static const char *private_file(size_t i)
{
    static char path[128];
    char pem[256];
    pn_error err = {0};
    private_pem(pem, rfc[i].secret);
    (void)snprintf(path, sizeof path, "%s/key-%zu.pem", folder, i);
    CHECK_OK(pn_write_file(path, pem, strlen(pem), false, &err), err);
    return path;
}

static bool verifies(const pn_public_key *key, const void *bytes, size_t n, const uint8_t *sig)
{
    bool good = false;
    pn_error err = {0};
    CHECK_OK(pn_ed25519_verify(&good, key, bytes, n, sig, &err), err);
    return good;
}

static void verify__meets_the_examples_of_the_rfc(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rfc / sizeof rfc[0]; i++) {
        pn_public_key key;
        uint8_t message[8] = {0}, sig[PN_ED25519_SIZE], raw[PN_ED25519_KEY_SIZE];
        size_t n = from_hex(message, rfc[i].message);
        public_key(&key, i);
        assert_int_equal(from_hex(raw, rfc[i].public), sizeof raw);
        assert_memory_equal(key.raw, raw, sizeof raw);
        assert_int_equal(from_hex(sig, rfc[i].signature), sizeof sig);
        assert_true(verifies(&key, message, n, sig));
        /* Every bit of the signature counts, and one byte more of the message. */
        for (size_t bit = 0; bit < 8 * sizeof sig; bit++) {
            sig[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_false(verifies(&key, message, n, sig));
            sig[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        assert_false(verifies(&key, message, n + 1, sig));
    }
}

/* The fingerprint is what `openssl pkey -pubout -outform DER | sha256sum` prints. */
static void public_key__has_the_fingerprint_of_its_der(void **state)
{
    (void)state;
    pn_public_key key;
    uint8_t der[44], digest[PN_SHA256_SIZE];
    char hex[PN_DIGEST_HEX_SIZE];
    size_t n = from_hex(der, "302a300506032b6570032100");
    n += from_hex(der + n, rfc[0].public);
    pn_error err = {0};
    CHECK_OK(pn_sha256_of(digest, der, n, &err), err);
    pn_hex(hex, digest, sizeof digest);
    public_key(&key, 0);
    assert_string_equal(key.sha256, hex);
}

static const char model[] = "schema: 2\nmodel: {id: lung}\n";

static char *signed_text(size_t key, const void *bytes, size_t n)
{
    char *text = NULL;
    pn_public_key public;
    pn_error err = {0};
    CHECK_OK(pn_signature_make(&text, &public, bytes, n, private_file(key), &err), err);
    return text;
}

static int check(const char *text, const pn_public_key *keys, size_t n_keys, const void *bytes, size_t n, size_t *which,
                 pn_error *err)
{
    pn_signature s;
    int rc = pn_signature_parse(&s, text, strlen(text), "m.yaml.sig", err);
    return rc == PN_OK ? pn_signature_check(which, &s, keys, n_keys, bytes, n, "m.yaml", err) : rc;
}

static void signature__passes_for_its_file_and_any_of_the_trusted_keys(void **state)
{
    (void)state;
    pn_public_key keys[3];
    pn_error err = {0};
    for (size_t i = 0; i < 3; i++) { public_key(&keys[i], i); }
    for (size_t i = 0; i < 3; i++) {
        size_t which = 9;
        char *text = signed_text(i, model, sizeof model - 1);
        CHECK_OK(check(text, keys, 3, model, sizeof model - 1, &which, &err), err);
        assert_int_equal(which, i);
        free(text);
    }
}

#define EXPECT_REFUSED(call, words)                                                              \
    do {                                                                                         \
        assert_int_not_equal((call), PN_OK);                                                     \
        if (strstr(err.msg, (words)) == NULL) { fail_msg("\"%s\" lacks \"%s\"", err.msg, words); } \
    } while (0)

static void signature__fails_for_anything_else(void **state)
{
    (void)state;
    pn_public_key keys[2];
    pn_error err = {0};
    size_t which = 9;
    public_key(&keys[0], 0);
    public_key(&keys[1], 1);
    char *text = signed_text(0, model, sizeof model - 1);

    char changed[sizeof model];
    for (size_t i = 0; i < sizeof model - 1; i++) {
        memcpy(changed, model, sizeof model);
        changed[i] ^= 1;
        EXPECT_REFUSED(check(text, keys, 2, changed, sizeof model - 1, &which, &err), "m.yaml is not the file that was signed");
    }
    EXPECT_REFUSED(check(text, keys, 2, model, sizeof model - 2, &which, &err), "not the file that was signed");
    EXPECT_REFUSED(check(text, keys + 1, 1, model, sizeof model - 1, &which, &err), "none of the 1 trusted ones");
    EXPECT_REFUSED(check(text, keys, 0, model, sizeof model - 1, &which, &err), "none of the 0 trusted ones");

    /* The digest changed to fit another file: the signature is still of the first. */
    char *other = signed_text(0, changed, sizeof model - 1);
    char *swapped = strdup(other);
    memcpy(strstr(swapped, "signature: "), strstr(text, "signature: "), 11 + 88);
    EXPECT_REFUSED(check(swapped, keys, 2, changed, sizeof model - 1, &which, &err), "the signature is not good");
    /* Another key's fingerprint on it. */
    memcpy(strstr(text, "key-sha256: ") + 12, keys[1].sha256, 64);
    EXPECT_REFUSED(check(text, keys, 2, model, sizeof model - 1, &which, &err), "the signature is not good");
    assert_int_equal(which, 9);
    free(text);
    free(other);
    free(swapped);
}

/* A good Ed25519 signature of the file's bytes alone, made for some other purpose, is not one of a model. */
static void signature__needs_the_line_of_its_purpose(void **state)
{
    (void)state;
    pn_public_key key;
    pn_error err = {0};
    uint8_t sig[PN_ED25519_SIZE], base64[89];
    size_t which = 9;
    public_key(&key, 1);
    assert_int_equal(from_hex(sig, rfc[1].signature), sizeof sig);
    assert_true(verifies(&key, "\x72", 1, sig));
    (void)EVP_EncodeBlock(base64, sig, sizeof sig);
    char *text = signed_text(1, "\x72", 1);
    size_t which_good = 9;
    CHECK_OK(check(text, &key, 1, "\x72", 1, &which_good, &err), err);
    memcpy(strstr(text, "signature: ") + 11, base64, 88);
    EXPECT_REFUSED(check(text, &key, 1, "\x72", 1, &which, &err), "the signature is not good");
    free(text);
}

static void parse__refuses_every_text_that_is_not_whole(void **state)
{
    (void)state;
    pn_error err = {0};
    pn_signature s;
    char *text = signed_text(0, model, sizeof model - 1);
    size_t n = strlen(text);
    CHECK_OK(pn_signature_parse(&s, text, n, "m.yaml.sig", &err), err);
    for (size_t i = 0; i < n; i++) { assert_int_not_equal(pn_signature_parse(&s, text, i, "m.yaml.sig", &err), PN_OK); }
    static const struct { const char *from, *to, *expected; } wrong[] = {
        {"signature 1", "signature 2", "m.yaml.sig:1: "},   {"ed25519", "ed25518", "m.yaml.sig:2: "},
        {"key-sha256", "key-sha257", "m.yaml.sig:3: "},     {"file-sha256", "file-sha25g", "m.yaml.sig:4: "},
        {"\nsignature: ", "\nsignature:\t", "m.yaml.sig:5: "},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char *changed = strdup(text);
        memcpy(strstr(changed, wrong[i].from), wrong[i].to, strlen(wrong[i].to));
        EXPECT_REFUSED(pn_signature_parse(&s, changed, n, "m.yaml.sig", &err), wrong[i].expected);
        free(changed);
    }
    char large[PN_MAX_SIGNATURE_BYTES + 1];
    memset(large, 'a', sizeof large);
    EXPECT_REFUSED(pn_signature_parse(&s, large, sizeof large, "m.yaml.sig", &err), "4097 bytes");
    char *longer = NULL;
    assert_true(asprintf(&longer, "%s\n", text) > 0);
    EXPECT_REFUSED(pn_signature_parse(&s, longer, n + 1, "m.yaml.sig", &err), "m.yaml.sig:6: expected the end");
    /* Base64 has spare bits in the last digit before "==": they must be 0. */
    char *digit = strstr(text, "==") - 1;
    *digit = (char)(*digit == 'z' ? 'y' : *digit + 1);
    EXPECT_REFUSED(pn_signature_parse(&s, text, n, "m.yaml.sig", &err), "m.yaml.sig:5: ");
    free(longer);
    free(text);
}

static void put(const char *name, const char *text, mode_t mode)
{
    pn_error err = {0};
    CHECK_OK(pn_write_file(in_folder(name), text, strlen(text), false, &err), err);
    assert_int_equal(chmod(in_folder(name), mode), 0);
}

/* A public key of RSA (1024 bits, made for this test and thrown away). */
static const char rsa_pem[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDKZwxVbA24UDgVHWXfp1c8O2LX\n"
    "8y0aybG3PLYgkUN1pKyc9zfVrB2e8FqsfRfj0zuv7BKSkd0DCsw3N5wzFks3s2wl\n"
    "Kctiqh4WL/2NL4wmiE+0ZE7jweVXdOnpkB2MCBTKsxZAamlPvbmCQdHVmKGGbc5L\n"
    "Qwy7qpJtPFnRUYwKfwIDAQAB\n"
    "-----END PUBLIC KEY-----\n";

static void keys__are_told_what_is_wrong_with_them(void **state)
{
    (void)state;
    pn_error err = {0};
    pn_public_key key;
    char pem[256], *text = NULL;
    EXPECT_REFUSED(pn_public_key_read(&key, in_folder("none.pem"), &err), "none.pem");
    assert_int_equal(err.code, PN_ECONFIG);
    EXPECT_REFUSED(pn_public_key_parse(&key, "", 0, "empty.pem", &err), "empty.pem holds no public key");
    EXPECT_REFUSED(pn_public_key_parse(&key, rsa_pem, strlen(rsa_pem), "rsa.pem", &err), "algorithm RSA, expected Ed25519");
    private_pem(pem, rfc[0].secret);
    EXPECT_REFUSED(pn_public_key_parse(&key, pem, strlen(pem), "key.pem", &err), "key.pem holds a private key");
    public_pem(pem, rfc[0].public);
    for (size_t n = 0; n + 1 < strlen(pem) - 4; n++) {
        assert_int_not_equal(pn_public_key_parse(&key, pem, n, "cut.pem", &err), PN_OK);
    }

    put("public.pem", pem, 0600);
    EXPECT_REFUSED(pn_signature_make(&text, &key, "", 0, in_folder("public.pem"), &err), "holds no private key");
    private_pem(pem, rfc[0].secret);
    put("open.pem", pem, 0644);
    EXPECT_REFUSED(pn_signature_make(&text, &key, "", 0, in_folder("open.pem"), &err), "mode 0644");
    assert_int_equal(mkfifo(in_folder("pipe"), 0600), 0);
    EXPECT_REFUSED(pn_public_key_read(&key, in_folder("pipe"), &err), "expected a file");
    assert_null(text);
}

static void signature_read__tells_none_from_a_broken_one(void **state)
{
    (void)state;
    pn_error err = {0};
    pn_signature s;
    bool found = true;
    CHECK_OK(pn_signature_read(&s, &found, in_folder("none.sig"), &err), err);
    assert_false(found);
    put("broken.sig", "prognode signature 1\n", 0600);
    EXPECT_REFUSED(pn_signature_read(&s, &found, in_folder("broken.sig"), &err), "broken.sig:2: ");
    assert_int_equal(mkfifo(in_folder("pipe.sig"), 0600), 0);
    EXPECT_REFUSED(pn_signature_read(&s, &found, in_folder("pipe.sig"), &err), "expected a file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verify__meets_the_examples_of_the_rfc),
        cmocka_unit_test(public_key__has_the_fingerprint_of_its_der),
        cmocka_unit_test(signature__passes_for_its_file_and_any_of_the_trusted_keys),
        cmocka_unit_test(signature__fails_for_anything_else),
        cmocka_unit_test(signature__needs_the_line_of_its_purpose),
        cmocka_unit_test(parse__refuses_every_text_that_is_not_whole),
        cmocka_unit_test(keys__are_told_what_is_wrong_with_them),
        cmocka_unit_test(signature_read__tells_none_from_a_broken_one),
    };
    if (mkdtemp(folder) == NULL) { return 99; }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    pn_error err;
    (void)!pn_remove_tree(folder, &err);
    return failed;
}
