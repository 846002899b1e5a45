/* The message catalogue: complete in every language, with the same placeholders; overrides are
 * checked; nothing that is filled in is read again. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include <config/texts.h>

#include "report/messages.h"

static const char *const languages[] = {"en", "de", "zh"};

static pn_messages *load(const char *language)
{
    pn_error err = {0};
    pn_messages *m = NULL;
    CHECK_OK(pn_messages_load(&m, language, NULL, &err), err);
    return m;
}

static const pn_embedded_text *file_of(const char *language)
{
    for (size_t i = 0; i < pn_n_embedded_messages; i++) {
        if (strcmp(pn_embedded_messages[i].language, language) == 0) { return &pn_embedded_messages[i]; }
    }
    fail_msg("no messages in %s", language);
    return NULL;
}

static bool has_key(const cfg_texts *t, const char *key)
{
    for (size_t i = 0; i < t->n; i++) {
        if (strcmp(t->items[i].key, key) == 0) { return true; }
    }
    return false;
}

/* Loading falls back to English, so the files are looked at themselves. */
static void test_messages__every_language_has_every_key(void **state)
{
    (void)state;
    assert_int_equal(pn_n_embedded_messages, 3);
    for (size_t l = 0; l < 3; l++) {
        const pn_embedded_text *f = file_of(languages[l]);
        cfg_texts t = {0};
        cfg_error err = {0};
        CHECK_OK(cfg_texts_parse(&t, (const char *)f->bytes, f->n, languages[l], &err), err);
        for (int id = 0; id < PN_NMESSAGES; id++) {
            const char *key = pn_msg_key((pn_msg_id)id);
            if (!has_key(&t, key)) { fail_msg("%s.yaml has no %s", languages[l], key); }
        }
        assert_int_equal(t.n, PN_NMESSAGES);
        cfg_texts_free(&t);
    }
}

/* Same placeholders is what loading demands; that it does is tested below with an override. */
static void test_messages__every_language_loads(void **state)
{
    (void)state;
    static const char *const names[] = {"English", "German", "Chinese"};
    static const char *const high[] = {"High risk", "Hohes Risiko", "高风险"};
    for (size_t l = 0; l < 3; l++) {
        pn_messages *m = load(languages[l]);
        assert_string_equal(pn_messages_language(m), languages[l]);
        assert_string_equal(pn_messages_language_name(m), names[l]);
        assert_string_equal(pn_msg(m, PN_MSG_RISK_HIGH), high[l]);
        pn_messages_free(m);
    }
    pn_messages *m = load("");
    assert_string_equal(pn_messages_language(m), "en");
    pn_messages_free(m);
}

static void test_messages__unknown_language_is_refused(void **state)
{
    (void)state;
    pn_messages *m = NULL;
    pn_error err = {0};
    assert_int_equal(pn_messages_load(&m, "tlh", NULL, &err), PN_EUNSUPPORTED);
    assert_null(m);
    assert_non_null(strstr(err.msg, "\"tlh\", expected en, de or zh"));
}

static int override_with(pn_messages **m, const char *yaml, pn_error *err)
{
    return pn_messages_parse(m, "de", yaml, strlen(yaml), "own.yaml", err);
}

static void test_messages__override_replaces_some(void **state)
{
    (void)state;
    pn_messages *m = NULL;
    pn_error err = {0};
    CHECK_OK(override_with(&m, "risk:\n  high: ACHTUNG\nmodel:\n  name: \"{version} von {id}\"\n", &err), err);
    assert_string_equal(pn_msg(m, PN_MSG_RISK_HIGH), "ACHTUNG");
    assert_string_equal(pn_msg(m, PN_MSG_RISK_LOW), "Niedriges Risiko");
    char text[64];
    PN_MSG_FILL(text, sizeof text, m, PN_MSG_MODEL_NAME, {"id", "x"}, {"version", "2"});
    assert_string_equal(text, "2 von x");
    pn_messages_free(m);
}

static void test_messages__wrong_overrides_are_refused_with_their_place(void **state)
{
    (void)state;
    static const struct { const char *yaml, *message; } wrong[] = {
        {"risk:\n  hihg: x\n", "own.yaml:2:9: there is no message \"risk.hihg\""},
        {"model:\n  name: \"{id}\"\n", "own.yaml:2:9: model.name: {version} is missing"},
        {"model:\n  name: \"{id} {version} {patient}\"\n", "{patient} is not one of its placeholders"},
        {"risk: [a, b]\n", "expected a text"},
        {"risk:\n  high: \"\"\n", "expected a text"},
        {"risk:\n  high: \"a\\x1bb\"\n", "control character"},
        {"risk:\n  high: \"a\\nb\"\n", "control character"},
        {"just a word\n", "expected keys with texts"},
        {"", "expected keys with texts"},
        {"risk: {high: a, high: b}\n", "own.yaml:1"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        pn_messages *m = NULL;
        pn_error err = {0};
        assert_int_equal(override_with(&m, wrong[i].yaml, &err), PN_ECONFIG);
        assert_null(m);
        if (strstr(err.msg, wrong[i].message) == NULL) {
            fail_msg("%s: '%s', expected '%s'", wrong[i].yaml, err.msg, wrong[i].message);
        }
    }
}

static void test_messages__overlong_text_is_refused(void **state)
{
    (void)state;
    char yaml[CFG_TEXT_MAX_BYTES + 32];
    int n = snprintf(yaml, sizeof yaml, "risk:\n  high: ");
    memset(yaml + n, 'x', CFG_TEXT_MAX_BYTES + 1);
    yaml[n + CFG_TEXT_MAX_BYTES + 1] = '\0';
    pn_messages *m = NULL;
    pn_error err = {0};
    assert_int_equal(override_with(&m, yaml, &err), PN_ECONFIG);
    assert_non_null(strstr(err.msg, "601 bytes, expected at most 600"));
    yaml[n + CFG_TEXT_MAX_BYTES] = '\0';
    CHECK_OK(override_with(&m, yaml, &err), err);
    pn_messages_free(m);
}

static void test_messages__override_file_must_be_there(void **state)
{
    (void)state;
    pn_messages *m = NULL;
    pn_error err = {0};
    assert_int_not_equal(pn_messages_load(&m, "en", "/nonexistent/own.yaml", &err), PN_OK);
    assert_null(m);
    assert_non_null(strstr(err.msg, "/nonexistent/own.yaml"));
}

/* A region's name comes from outside. */
static void test_messages__values_are_not_read_again(void **state)
{
    (void)state;
    pn_messages *m = load("en");
    char text[128];
    PN_MSG_FILL(text, sizeof text, m, PN_MSG_MODEL_NAME, {"id", "{version}%s%n"}, {"version", "{id}"});
    assert_string_equal(text, "{version}%s%n {id}");
    PN_MSG_FILL(text, sizeof text, m, PN_MSG_MODEL_NAME, {"id", "x"});
    assert_string_equal(text, "x {version}");   /* not given: stays to be seen */
    pn_messages_free(m);
}

static void test_messages__cut_at_a_character(void **state)
{
    (void)state;
    pn_messages *m = load("zh");
    const char *whole = pn_msg(m, PN_MSG_RISK_HIGH);     /* three characters of three bytes */
    assert_int_equal(strlen(whole), 9);
    for (size_t size = 1; size <= 10; size++) {
        char text[10];
        memset(text, 'x', sizeof text);
        pn_msg_fill(text, size, m, PN_MSG_RISK_HIGH, NULL, 0);
        assert_int_equal(strlen(text), (size - 1) / 3 * 3);
        assert_memory_equal(text, whole, strlen(text));
    }
    pn_messages_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages__every_language_has_every_key),
        cmocka_unit_test(test_messages__every_language_loads),
        cmocka_unit_test(test_messages__unknown_language_is_refused),
        cmocka_unit_test(test_messages__override_replaces_some),
        cmocka_unit_test(test_messages__wrong_overrides_are_refused_with_their_place),
        cmocka_unit_test(test_messages__overlong_text_is_refused),
        cmocka_unit_test(test_messages__override_file_must_be_there),
        cmocka_unit_test(test_messages__values_are_not_read_again),
        cmocka_unit_test(test_messages__cut_at_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
