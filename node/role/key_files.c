/* role/key_files.c - see keys.h: the files, and how long they are good. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "role/keys.h"

static const int64_t day_ms = 24 * 3600 * 1000LL;

static void date_of(char out[24], int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm utc;
    (void)gmtime_r(&seconds, &utc);
    (void)strftime(out, 24, "%Y-%m-%d %H:%M UTC", &utc);
}

static int check_dates(const pn_tls_facts *f, int64_t now_ms, pn_error *err)
{
    char date[24];
    if (now_ms < f->not_before_ms) {
        date_of(date, f->not_before_ms);
        return pn_fail(err, PN_EUNSUPPORTED, "the certificate of %.200s is valid from %s", f->subject, date);
    }
    if (now_ms > f->not_after_ms) {
        date_of(date, f->not_after_ms);
        return pn_fail(err, PN_EUNSUPPORTED, "the certificate of %.200s has expired on %s", f->subject, date);
    }
    return PN_OK;
}

/* What OpenSSL refuses only when it is to be used: too short a key, too weak a signature. */
static int try_both_sides(const pn_tls_material *m, pn_error *err)
{
    int rc = PN_OK;
    for (int server = 0; server < 2 && rc == PN_OK; server++) {
        const pn_tls_opts opts = {.server = server != 0, .client_certificate = true};
        pn_tls *t = NULL;
        rc = pn_tls_open(&t, m, &opts, err);
        pn_tls_close(t);
    }
    return rc;
}

int pn_keys_read(pn_tls_material *out, pn_tls_facts *facts, const cfg_node *cfg, int64_t now_ms,
                 pn_error *err)
{
    const char *const paths[PN_TLS_N_FILES] = {
        [PN_TLS_CERTIFICATE] = cfg->tls.certificate, [PN_TLS_KEY] = cfg->tls.key,
        [PN_TLS_CA] = cfg->tls.ca, [PN_TLS_CRL] = cfg->tls.crl,
    };
    pn_tls_material m = {0};
    int rc = pn_tls_material_read(&m, paths, err);
    if (rc == PN_OK) { rc = pn_tls_facts_of(facts, &m, err); }
    if (rc == PN_OK) { rc = try_both_sides(&m, err); }
    if (rc != PN_OK) {
        pn_tls_material_free(&m);
        return rc;
    }
    *out = m;
    return check_dates(facts, now_ms, err);
}

static void warn(char out[PN_KEYS_MAX_WARNINGS][PN_KEYS_WARNING_SIZE], size_t *n, const char *what,
                 int64_t end_ms, int64_t now_ms, int days)
{
    if (end_ms == 0 || end_ms - now_ms > days * day_ms) { return; }
    char date[24];
    date_of(date, end_ms);
    int64_t left = (end_ms - now_ms) / day_ms;
    if (now_ms > end_ms) {
        (void)snprintf(out[*n], PN_KEYS_WARNING_SIZE, "%s has expired on %s", what, date);
    } else {
        (void)snprintf(out[*n], PN_KEYS_WARNING_SIZE, "%s expires on %s, in %lld day%s", what, date,
                       (long long)left, left == 1 ? "" : "s");
    }
    (*n)++;
}

size_t pn_keys_warnings(char out[PN_KEYS_MAX_WARNINGS][PN_KEYS_WARNING_SIZE], const pn_tls_facts *f,
                        int64_t now_ms)
{
    size_t n = 0;
    char own[280];
    (void)snprintf(own, sizeof own, "the certificate of %.200s", f->subject);
    warn(out, &n, own, f->not_after_ms, now_ms, PN_KEYS_WARN_DAYS);
    warn(out, &n, "a certificate in tls.ca", f->ca_not_after_ms, now_ms, PN_KEYS_WARN_DAYS);
    /* Lists are renewed by the week or the day: only the last day is remarkable. */
    warn(out, &n, "a list in tls.crl", f->crl_next_update_ms, now_ms, 1);
    return n;
}
