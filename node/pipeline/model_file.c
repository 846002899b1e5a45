#include "pipeline/model_file.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/file.h"
#include "base/hash.h"

static int read_bytes(pn_model_file *f, const char *path, pn_error *err)
{
    int rc = pn_read_regular_file(&f->bytes, &f->n, path, CFG_MAX_MODEL_BYTES, err);
    if (rc == PN_OK || err == NULL || err->code == PN_ENOMEM) { return rc; }
    err->cls = PN_PERMANENT;
    return (int)(err->code = PN_ECONFIG);
}

static int check_digest(const pn_model_file *f, const char *path, const char *sha256, pn_error *err)
{
    uint8_t digest[PN_SHA256_SIZE];
    char hex[PN_DIGEST_HEX_SIZE];
    int rc = pn_sha256_of(digest, f->bytes, f->n, err);
    if (rc != PN_OK) { return rc; }
    pn_hex(hex, digest, sizeof digest);
    if (strcmp(hex, sha256) == 0) { return PN_OK; }
    return pn_fail(err, PN_ECONFIG, "the model %s is not the one that was checked: SHA-256 %.12s..., expected %.12s...",
                   path, hex, sha256);
}

static int read_keys(pn_public_key *keys, const cfg_signatures *s, pn_error *err)
{
    int rc = PN_OK;
    for (size_t i = 0; i < s->n_trusted_keys && rc == PN_OK; i++) {
        rc = pn_public_key_read(&keys[i], s->trusted_keys[i], err);
    }
    return rc;
}

static int check_signer(pn_model_file *f, const char *path, const cfg_signatures *trust, pn_error *err)
{
    char sig_path[PN_PATH_SIZE];
    pn_signature s;
    bool found = false;
    size_t which = 0;
    pn_public_key *keys = calloc(trust->n_trusted_keys + 1, sizeof *keys);
    if (keys == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for keys"); }
    int rc = read_keys(keys, trust, err);
    if (rc == PN_OK) { rc = pn_path(sig_path, sizeof sig_path, err, "%s.sig", path); }
    if (rc == PN_OK) { rc = pn_signature_read(&s, &found, sig_path, err); }
    if (rc == PN_OK && !found) {
        rc = pn_fail(err, PN_ECONFIG, "the model %s is not signed, and signatures.require is set: there is no %s "
                     "(prognode model sign)", path, sig_path);
    }
    if (rc == PN_OK) { rc = pn_signature_check(&which, &s, keys, trust->n_trusted_keys, f->bytes, f->n, path, err); }
    if (rc == PN_OK) { memcpy(f->signer, keys[which].sha256, sizeof f->signer); }
    free(keys);
    return rc;
}

static int parse(pn_model_file *f, const char *path, pn_error *err)
{
    cfg_error cfg = {0};
    if (cfg_model_parse(&f->model, f->bytes, f->n, path, &cfg) == CFG_OK) { return PN_OK; }
    return cfg.code == CFG_ENOMEM ? pn_fail_transient(err, PN_ENOMEM, "%s", cfg.msg)
                                  : pn_fail(err, PN_ECONFIG, "%s", cfg.msg);
}

int pn_model_file_open(pn_model_file *out, const cfg_model_ref *ref, const cfg_signatures *trust, pn_error *err)
{
    pn_model_file f = {0};
    int rc = read_bytes(&f, ref->file, err);
    if (rc == PN_OK && ref->sha256[0] != '\0') {
        rc = check_digest(&f, ref->file, ref->sha256, err);
    } else if (rc == PN_OK && trust != NULL && trust->require) {
        rc = check_signer(&f, ref->file, trust, err);
    }
    if (rc == PN_OK) { rc = parse(&f, ref->file, err); }
    if (rc == PN_OK) { *out = f; } else { pn_model_file_free(&f); }
    return rc;
}

int pn_model_open(cfg_model *out, const cfg_model_ref *ref, const cfg_signatures *trust, pn_error *err)
{
    pn_model_file f = {0};
    int rc = pn_model_file_open(&f, ref, trust, err);
    if (rc != PN_OK) { return rc; }
    *out = f.model;
    f.model = (cfg_model){0};
    pn_model_file_free(&f);
    return PN_OK;
}

void pn_model_file_free(pn_model_file *f)
{
    free(f->bytes);
    cfg_model_free(&f->model);
    *f = (pn_model_file){0};
}

/* ---- What a running node keeps to ----------------------------------------------------------------- */

static int copy_path(char path[CFG_PATH_SIZE], const char *folder, const char *sha256, pn_error *err)
{
    return pn_path(path, CFG_PATH_SIZE, err, "%s/models/%s.yaml", folder, sha256);
}

static bool is_there(const char *path, const char *sha256)
{
    pn_error ignored;
    pn_model_file there = {0};
    bool same = read_bytes(&there, path, &ignored) == PN_OK && check_digest(&there, path, sha256, &ignored) == PN_OK;
    pn_model_file_free(&there);
    return same;
}

bool pn_model_is_kept(const char *folder, const char *sha256)
{
    char path[CFG_PATH_SIZE];
    return copy_path(path, folder, sha256, NULL) == PN_OK && is_there(path, sha256);
}

int pn_model_pin(cfg_model_ref *ref, const char *folder, const pn_model_file *f, pn_error *err)
{
    const char *sha256 = f->model.file_sha256;
    char models[PN_PATH_SIZE], path[CFG_PATH_SIZE];
    int rc = pn_path(models, sizeof models, err, "%s/models", folder);
    if (rc == PN_OK) { rc = copy_path(path, folder, sha256, err); }
    if (rc == PN_OK) { rc = pn_mkdir_p(models, err); }
    if (rc == PN_OK && !is_there(path, sha256)) { rc = pn_write_file(path, f->bytes, f->n, false, err); }
    if (rc != PN_OK) { return rc; }
    memcpy(ref->file, path, sizeof ref->file);
    memcpy(ref->sha256, sha256, sizeof ref->sha256);
    return PN_OK;
}

int pn_model_pins_write(char **text, const cfg_node *cfg, pn_error *err)
{
    enum { LINE = PN_DIGEST_HEX_SIZE };            /* the digest and LF */
    char *out = calloc(cfg->n_models * LINE + 1, 1);
    if (out == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for models"); }
    for (size_t i = 0; i < cfg->n_models; i++) {
        memcpy(out + i * LINE, cfg->models[i].sha256, LINE - 1);
        out[i * LINE + LINE - 1] = '\n';
    }
    *text = out;
    return PN_OK;
}

int pn_model_pins_read(cfg_node *cfg, const char *text, pn_error *err)
{
    enum { LINE = PN_DIGEST_HEX_SIZE };
    if (strlen(text) != cfg->n_models * LINE) {
        return pn_fail(err, PN_EINTERNAL, "got %zu bytes of digests for %zu models", strlen(text), cfg->n_models);
    }
    for (size_t i = 0; i < cfg->n_models; i++) {
        char *sha256 = cfg->models[i].sha256;
        memcpy(sha256, text + i * LINE, LINE - 1);
        sha256[LINE - 1] = '\0';
        int rc = copy_path(cfg->models[i].file, cfg->spool, sha256, err);
        if (rc != PN_OK) { return rc; }
    }
    return PN_OK;
}
