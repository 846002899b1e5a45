/* tls:, access: and the archives' TLS keys; address ranges and fingerprints. */
#include "check.h"
#include <arpa/inet.h>
#include <string.h>
#include <config/access.h>
#include <config/node.h>

#define ARCHIVE(more) "archives:\n  - {name: a, ae_title: A, host: h, port: 104" more "}\n"
#define REST "spool: {folder: /s}\nmodels:\n  - file: m.yaml\n"
#define FILES "certificate: node.crt, key: /k/node.key, ca: ca.crt"
#define HEX "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

#define COLONS "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:" \
               "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"

static int parse(cfg_node *c, const char *text, cfg_error *err)
{
    *err = (cfg_error){0};
    return cfg_node_parse(c, text, strlen(text), "/etc/pn/node.yaml", err);
}

static void test_access__left_out_means_plain_and_open(void **state)
{
    (void)state;
    cfg_node c;
    cfg_error err;
    CHECK_OK(parse(&c, "node: {ae_title: N}\n" ARCHIVE("") REST, &err), err);
    assert_int_equal(c.tls.port, 0);
    assert_string_equal(c.tls.key, "");
    assert_true(c.tls.client_certificate);
    assert_false(cfg_node_uses_tls(&c));
    assert_int_equal(c.access.n_addresses + c.access.n_calling_ae_titles +
                     c.access.n_called_ae_titles + c.access.n_certificates, 0);
    assert_false(c.archives[0].tls);
    cfg_node_free(&c);
}

static void test_access__every_value_is_taken(void **state)
{
    (void)state;
    cfg_node c;
    cfg_error err;
    CHECK_OK(parse(&c, "node: {ae_title: N, port: 0}\n"
                       "tls: {port: 2762, " FILES ", crl: ca.crl}\n"
                       "access: {called_ae_titles: [R], calling_ae_titles: [PACS, 'TPS 1'],\n"
                       "  addresses: [10.7.0.0/16, '::1'], certificates: ['CN=ct1,O=H', '" HEX "']}\n"
                       ARCHIVE(", tls: true, tls_name: pacs.example, tls_fingerprint: 'sha256:" COLONS "'") REST,
                   &err), err);
    assert_int_equal(c.port, 0);
    assert_int_equal(c.tls.port, 2762);
    assert_string_equal(c.tls.certificate, "/etc/pn/node.crt");
    assert_string_equal(c.tls.key, "/k/node.key");
    assert_string_equal(c.tls.ca, "/etc/pn/ca.crt");
    assert_string_equal(c.tls.crl, "/etc/pn/ca.crl");
    assert_int_equal(c.access.n_calling_ae_titles, 2);
    assert_string_equal(c.access.calling_ae_titles[1], "TPS 1");
    assert_string_equal(c.access.called_ae_titles[0], "R");
    assert_string_equal(c.access.addresses[0], "10.7.0.0/16");
    assert_string_equal(c.access.certificates[0], "CN=ct1,O=H");
    assert_true(c.archives[0].tls);
    assert_string_equal(c.archives[0].tls_name, "pacs.example");
    assert_string_equal(c.archives[0].tls_fingerprint, HEX);
    assert_true(cfg_node_uses_tls(&c));
    cfg_node_free(&c);
}

static void test_access__each_message_names_place_key_and_expectation(void **state)
{
    (void)state;
    static const struct { const char *text, *message; } cases[] = {
        {"node: {ae_title: N}\ntls: {port: 2762}\n" ARCHIVE("") REST,
         "tls.certificate: missing, expected a file"},
        {"node: {ae_title: N}\ntls: {certificate: a, key: b}\n" ARCHIVE(", tls: true") REST,
         "tls.ca: missing, expected a file"},
        {"node: {ae_title: N}\n" ARCHIVE(", tls: true") REST,
         "tls: missing, expected certificate, key and ca"},
        {"node: {ae_title: N, port: 2762}\ntls: {port: 2762, " FILES "}\n" ARCHIVE("") REST,
         "2:13: tls.port: got node.port (2762), expected another one"},
        {"node: {ae_title: N}\n" ARCHIVE(", tls_name: x") REST,
         "tls_name: has no meaning without tls: true"},
        {"node: {ae_title: N}\n" ARCHIVE(", tls: true, tls_fingerprint: abc") REST,
         "got \"abc\", expected a SHA-256 fingerprint"},
        {"node: {ae_title: N}\naccess: {addresses: [10.0.0.0/33]}\n" ARCHIVE("") REST,
         "got \"10.0.0.0/33\", expected an IP address, or a range such as 10.7.0.0/16"},
        {"node: {ae_title: N}\naccess: {calling_ae_titles: [ABCDEFGHIJKLMNOPQ]}\n" ARCHIVE("") REST,
         "expected an AE title"},
        {"node: {ae_title: N}\naccess: {certificates: [ct1]}\n" ARCHIVE("") REST,
         "got \"ct1\", expected a subject such as CN=pacs,O=Hospital, or a SHA-256 fingerprint"},
        {"node: {ae_title: N}\ntls: {client_certificate: not_asked}\n"
         "access: {certificates: [CN=a]}\n" ARCHIVE("") REST,
         "certificates: has no meaning with tls.client_certificate not_asked"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cfg_node c;
        cfg_error err;
        assert_int_not_equal(parse(&c, cases[i].text, &err), CFG_OK);
        if (!strstr(err.msg, cases[i].message)) { fail_msg("%zu: %s", i, err.msg); }
    }
}

static bool in(const char *range, const char *address)
{
    uint8_t bytes[16] = {0};
    bytes[10] = bytes[11] = 0xff;
    if (inet_pton(AF_INET, address, bytes + 12) != 1) {
        assert_int_equal(inet_pton(AF_INET6, address, bytes), 1);
    }
    return cfg_address_in(range, bytes);
}

static void test_access__ranges(void **state)
{
    (void)state;
    assert_true(in("10.1.2.3", "10.1.2.3"));
    assert_false(in("10.1.2.3", "10.1.2.4"));
    assert_true(in("10.1.2.0/23", "10.1.3.255"));
    assert_false(in("10.1.2.0/23", "10.1.4.0"));
    assert_true(in("0.0.0.0/0", "203.0.113.9"));
    assert_false(in("0.0.0.0/0", "2001:db8::1"));
    assert_true(in("::/0", "203.0.113.9"));
    assert_true(in("fd00::/8", "fdff::1"));
    assert_false(in("fd00::/8", "fe80::1"));
    assert_true(in("2001:db8::/33", "2001:db8:7fff::1"));
    assert_false(in("2001:db8::/33", "2001:db8:8000::1"));
    static const char *const wrong[] = {"", "10.1.2", "10.1.2.3/", "10.1.2.3/33", "10.1.2.3/-1",
                                        "10.1.2.3/8x", "::/129", "host", "10.1.2.3/0008", "1.2.3.4 "};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(cfg_is_address_range(wrong[i]));
    }
}

static void test_access__fingerprints(void **state)
{
    (void)state;
    assert_true(cfg_fingerprint_is(HEX, HEX));
    assert_true(cfg_fingerprint_is("sha256:" HEX, HEX));
    assert_true(cfg_fingerprint_is(COLONS, HEX));
    assert_false(cfg_fingerprint_is(HEX, "10112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"));
    assert_false(cfg_is_fingerprint(HEX "0"));
    assert_false(cfg_is_fingerprint(""));
    assert_false(cfg_is_fingerprint(":" HEX));
    assert_false(cfg_is_fingerprint(HEX ":"));
    assert_false(cfg_is_fingerprint("zz112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"));
    assert_true(cfg_is_certificate_name("CN=a"));
    assert_false(cfg_is_certificate_name("=a"));
    assert_false(cfg_is_certificate_name("CN="));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_access__left_out_means_plain_and_open),
        cmocka_unit_test(test_access__every_value_is_taken),
        cmocka_unit_test(test_access__each_message_names_place_key_and_expectation),
        cmocka_unit_test(test_access__ranges),
        cmocka_unit_test(test_access__fingerprints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
