#include "base/hash.h"
#include <openssl/bn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "check.h"

/* FIPS 180-4 example: SHA-256 of "abc". */
static const char abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

static void sha256__equals_the_published_value_whole_and_in_parts(void **state)
{
    (void)state;
    uint8_t digest[PN_SHA256_SIZE];
    char hex[PN_DIGEST_HEX_SIZE];
    pn_error err = {0};
    CHECK_OK(pn_sha256_of(digest, "abc", 3, &err), err);
    pn_hex(hex, digest, sizeof digest);
    assert_string_equal(hex, abc);

    pn_sha256 s = {0};
    CHECK_OK(pn_sha256_init(&s, &err), err);
    pn_sha256_update(&s, "a", 1);
    pn_sha256_update(&s, "", 0);
    pn_sha256_update(&s, "bc", 2);
    pn_sha256_final(&s, digest);
    pn_hex(hex, digest, sizeof digest);
    assert_string_equal(hex, abc);
}

static void sha256_file__equals_that_of_the_bytes(void **state)
{
    (void)state;
    char path[] = "/tmp/prognode-hash-XXXXXX", hex[PN_DIGEST_HEX_SIZE];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "abc", 3), 3);
    close(fd);
    pn_error err = {0};
    CHECK_OK(pn_sha256_file(hex, path, &err), err);
    assert_string_equal(hex, abc);
    unlink(path);
    assert_int_equal(pn_sha256_file(hex, path, &err), PN_EIO);
}

/* Against OpenSSL's big numbers: "2.25." and the first 16 bytes in decimal. */
static void uid__is_the_decimal_of_the_first_128_bits(void **state)
{
    (void)state;
    uint8_t digest[PN_SHA256_SIZE] = {0};
    unsigned seed = 1;
    for (int round = 0; round < 200; round++) {
        for (size_t i = 0; i < sizeof digest; i++) {
            seed = seed * 1103515245u + 12345u;
            digest[i] = round == 0 ? 0 : round == 1 ? 0xff : (uint8_t)(seed >> 16);
        }
        if (round > 150) { memset(digest, 0, (size_t)(round - 150) % 16); }
        BIGNUM *n = BN_bin2bn(digest, 16, NULL);
        char *decimal = BN_bn2dec(n), want[80], got[PN_UID_SIZE];
        (void)snprintf(want, sizeof want, "2.25.%s", decimal);
        pn_uid_from_digest(got, digest);
        assert_string_equal(got, want);
        OPENSSL_free(decimal);
        BN_free(n);
    }
}

static void uid_from_parts__depends_on_where_parts_end(void **state)
{
    (void)state;
    pn_error err = {0};
    char a[PN_UID_SIZE], b[PN_UID_SIZE], again[PN_UID_SIZE];
    const char *ab_c[] = {"ab", "c", NULL}, *a_bc[] = {"a", "bc", NULL};
    CHECK_OK(pn_uid_from_parts(a, ab_c, &err), err);
    CHECK_OK(pn_uid_from_parts(b, a_bc, &err), err);
    CHECK_OK(pn_uid_from_parts(again, ab_c, &err), err);
    assert_string_not_equal(a, b);
    assert_string_equal(a, again);
    assert_true(strlen(a) < PN_UID_SIZE);
}

/* FIPS 180-4's own examples, in pieces. */
static void sha1__equals_the_published_values(void **state)
{
    (void)state;
    pn_sha1 h;
    pn_error err = {0};
    char hex[PN_SHA1_HEX_SIZE];
    CHECK_OK(pn_sha1_init(&h, &err), err);
    pn_sha1_update(&h, "a", 1);
    pn_sha1_update(&h, "bc", 2);
    pn_sha1_final(&h, hex);
    assert_string_equal(hex, "a9993e364706816aba3e25717850c26c9cd0d89d");
    CHECK_OK(pn_sha1_init(&h, &err), err);
    pn_sha1_final(&h, hex);
    assert_string_equal(hex, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha1__equals_the_published_values),
        cmocka_unit_test(sha256__equals_the_published_value_whole_and_in_parts),
        cmocka_unit_test(sha256_file__equals_that_of_the_bytes),
        cmocka_unit_test(uid__is_the_decimal_of_the_first_128_bits),
        cmocka_unit_test(uid_from_parts__depends_on_where_parts_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
