#include "role/keys.h"
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include "base/log.h"
#include "role/access.h"
#include "role/role.h"

static const int64_t day_ms = 24 * 3600 * 1000LL;

/* ---- Files ---------------------------------------------------------------------------------- */

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

/* ---- Processes ------------------------------------------------------------------------------ */

void pn_keys_shield(void)
{
#ifndef PN_SANITIZED
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

bool pn_keys_wanted(const cfg_node *cfg, const char *role, const char *archive)
{
    if (strcmp(role, "receiver") == 0) { return cfg->tls.port != 0; }
    bool fetcher = strcmp(role, "fetcher") == 0, sender = strcmp(role, "sender") == 0;
    for (size_t i = 0; i < cfg->n_archives; i++) {
        const cfg_archive *a = &cfg->archives[i];
        bool asked = fetcher ? strcmp(a->query, "none") != 0 : sender && strcmp(a->name, archive) == 0;
        if (a->tls && asked) { return true; }
    }
    return false;
}

static int open_from(pn_tls **out, int fd, const pn_tls_opts *opts, pn_error *err)
{
    pn_tls_material m = {0};
    pn_keys_shield();
    int rc = pn_tls_material_get(&m, fd, err);
    if (rc == PN_OK) { rc = pn_tls_open(out, &m, opts, err); }
    pn_tls_material_free(&m);
    return rc;
}

int pn_keys_server(pn_tls **out, const cfg_node *cfg, int fd, pn_error *err)
{
    union { const cfg_node *in; void *ctx; } lent = {cfg};     /* it is only read */
    const pn_tls_opts opts = {.server = true, .client_certificate = cfg->tls.client_certificate,
                              .allowed = pn_access_certificate, .ctx = lent.ctx};
    return open_from(out, fd, &opts, err);
}

int pn_keys_client(pn_tls **out, int fd, pn_error *err)
{
    const pn_tls_opts opts = {.server = false};
    return open_from(out, fd, &opts, err);
}

void pn_keys_follow(pn_tls **tls)
{
    if (!pn_role_reload || *tls == NULL) { return; }
    pn_tls *fresh = NULL;
    pn_error why = {0};
    pn_role_reload = 0;
    int rc = pn_keys_client(&fresh, PN_FD_TLS, &why);
    pn_keys_swap(tls, fresh, rc, &why);
}

void pn_keys_swap(pn_tls **tls, pn_tls *fresh, int rc, const pn_error *why)
{
    if (rc == PN_OK) {
        pn_tls_close(*tls);
        *tls = fresh;
        pn_log(PN_LOG_INFO, "tls_renewed", "%s", "");
        return;
    }
    char quoted[512];
    pn_log(PN_LOG_ERROR, "tls_kept", "reason=%s", pn_log_quote(quoted, sizeof quoted, why->msg));
}
