/* cmd/model.c - `prognode model`: what a model file says, who vouches for it, and what it needs.
 *
 *   prognode model show MODEL.yaml
 *   prognode model sign MODEL.yaml --key KEY.pem
 *   prognode model verify MODEL.yaml --trust PUBLIC.pem
 *
 * Exit codes: 0 done, 1 failed (not a model, no good signature), 2 wrong use. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/file.h"
#include "cmd/cmd.h"
#include "cmd/model_show.h"
#include "pipeline/model_file.h"

enum { MAX_TRUSTED = 32 };

static const char usage[] =
    "usage: prognode model show MODEL.yaml\n"
    "       prognode model sign MODEL.yaml --key KEY.pem [-o MODEL.yaml.sig]\n"
    "       prognode model verify MODEL.yaml [--trust PUBLIC.pem ...]\n"
    "\n"
    "show: identity, intended use, features and training figures of a model file, for people.\n"
    "sign: write a signature (Ed25519) of the file beside it. A pair of keys is made by\n"
    "    openssl genpkey -algorithm ed25519 -out KEY.pem\n"
    "    openssl pkey -in KEY.pem -pubout -out PUBLIC.pem\n"
    "verify: whether the file is a model, whether a trusted key signed it, and what a node needs to run it.\n"
    "\n"
    "      --key FILE         private key, PEM, mode 0600\n"
    "      --trust FILE       public key whose signature is good, PEM; may be given several times\n"
    "      --signature FILE   the signature to verify (default MODEL.yaml.sig)\n"
    "  -o, --output FILE      the signature that is written (default MODEL.yaml.sig)\n"
    "  -h, --help             this text\n"
    "\n"
    "exit: 0 done, 1 not a model file, or with --trust no good signature, 2 wrong use\n";

typedef struct options {
    const char *word, *path, *key, *output, *signature;
    const char *trust[MAX_TRUSTED];
    size_t n_trust;
} options;

static int misuse(const char *message, const char *value)
{
    fprintf(stderr, "prognode model: %s%s (--help tells more)\n", message, value);
    return PN_EXIT_USAGE;
}

static int failed(const pn_error *err)
{
    fprintf(stderr, "prognode model: %s\n", err->msg);
    return PN_EXIT_FAILED;
}

/* Exit code, or -1: go on. */
static int check_use(const options *o)
{
    bool sign = strcmp(o->word, "sign") == 0, verify = strcmp(o->word, "verify") == 0;
    if (!sign && !verify && strcmp(o->word, "show") != 0) { return misuse("expected show, sign or verify, not ", o->word); }
    if (sign && o->key == NULL) { return misuse("--key is missing", ""); }
    if (!sign && (o->key != NULL || o->output != NULL)) { return misuse("--key and --output are for sign, not for ", o->word); }
    if (!verify && (o->n_trust > 0 || o->signature != NULL)) {
        return misuse("--trust and --signature are for verify, not for ", o->word);
    }
    return -1;
}

static int parse(options *o, int argc, char **argv)
{
    enum { KEY = 256, TRUST, SIGNATURE };
    static const struct option longs[] = {
        {"key", required_argument, NULL, KEY}, {"trust", required_argument, NULL, TRUST},
        {"signature", required_argument, NULL, SIGNATURE}, {"output", required_argument, NULL, 'o'},
        {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "o:h", longs, NULL)) != -1;) {
        switch (c) {
        case KEY: o->key = optarg; break;
        case TRUST:
            if (o->n_trust == MAX_TRUSTED) { return misuse("--trust is given too often, expected at most 32", ""); }
            o->trust[o->n_trust++] = optarg;
            break;
        case SIGNATURE: o->signature = optarg; break;
        case 'o': o->output = optarg; break;
        case 'h': fputs(usage, stdout); return PN_EXIT_OK;
        default: return PN_EXIT_USAGE;
        }
    }
    if (argc - optind != 2) { return misuse("expected show, sign or verify, and one model file", ""); }
    o->word = argv[optind];
    o->path = argv[optind + 1];
    return check_use(o);
}

static int open_model(pn_model_file *f, const char *path, pn_error *err)
{
    cfg_model_ref ref = {0};
    int rc = pn_path(ref.file, sizeof ref.file, err, "%s", path);
    return rc == PN_OK ? pn_model_file_open(f, &ref, NULL, err) : rc;
}

static int signature_path(char path[PN_PATH_SIZE], const char *given, const char *model, pn_error *err)
{
    return given != NULL ? pn_path(path, PN_PATH_SIZE, err, "%s", given) : pn_path(path, PN_PATH_SIZE, err, "%s.sig", model);
}

/* ---- sign ------------------------------------------------------------------------------------------ */

static int sign(const options *o, const pn_model_file *f, pn_error *err)
{
    char path[PN_PATH_SIZE];
    char *text = NULL;
    pn_public_key key;
    int rc = signature_path(path, o->output, o->path, err);
    if (rc == PN_OK) { rc = pn_signature_make(&text, &key, f->bytes, f->n, o->key, err); }
    if (rc == PN_OK) { rc = pn_write_file(path, text, strlen(text), true, err); }
    /* It is no secret, and a node that runs as another user reads it. */
    if (rc == PN_OK && chmod(path, 0644) != 0) { rc = pn_fail(err, PN_EIO, "%s: cannot be made readable", path); }
    if (rc == PN_OK) {
        printf("signed     %s %s, sha256 %s\n           by the key %s\n           %s\n", f->model.id, f->model.version,
               f->model.file_sha256, key.sha256, path);
    }
    free(text);
    return rc;
}

/* ---- verify ---------------------------------------------------------------------------------------- */

static int check_trusted(const options *o, const pn_model_file *f, const pn_signature *s, pn_error *err)
{
    size_t which = 0;
    int rc = PN_OK;
    pn_public_key *keys = calloc(o->n_trust, sizeof *keys);
    if (keys == NULL) { return pn_fail_transient(err, PN_ENOMEM, "no memory for keys"); }
    for (size_t i = 0; i < o->n_trust && rc == PN_OK; i++) { rc = pn_public_key_read(&keys[i], o->trust[i], err); }
    if (rc == PN_OK) { rc = pn_signature_check(&which, s, keys, o->n_trust, f->bytes, f->n, o->path, err); }
    if (rc == PN_OK) { printf("signature  good: of the key %s (%s)\n", keys[which].sha256, o->trust[which]); }
    free(keys);
    return rc;
}

static int check_untrusted(const options *o, const pn_model_file *f, const pn_signature *s, pn_error *err)
{
    if (strcmp(s->file_sha256, f->model.file_sha256) != 0) {
        return pn_fail(err, PN_ECONFIG, "%s is not the file that was signed: SHA-256 %.12s..., signed was %.12s...",
                       o->path, f->model.file_sha256, s->file_sha256);
    }
    printf("signature  said to be of the key %s; not checked, for want of --trust\n", s->key_sha256);
    return PN_OK;
}

static int check_signature(const options *o, const pn_model_file *f, pn_error *err)
{
    char path[PN_PATH_SIZE];
    pn_signature s;
    bool found = false;
    int rc = signature_path(path, o->signature, o->path, err);
    if (rc == PN_OK) { rc = pn_signature_read(&s, &found, path, err); }
    if (rc != PN_OK) { return rc; }
    if (!found && (o->n_trust > 0 || o->signature != NULL)) {
        return pn_fail(err, PN_ENOTFOUND, "%s is not signed: there is no %s", o->path, path);
    }
    if (!found) {
        printf("signature  none\n");
        return PN_OK;
    }
    return o->n_trust > 0 ? check_trusted(o, f, &s, err) : check_untrusted(o, f, &s, err);
}

static int verify(const options *o, const pn_model_file *f, pn_error *err)
{
    printf("model      %s %s, sha256 %s\n", f->model.id, f->model.version, f->model.file_sha256);
    model_show_needs(&f->model);
    return check_signature(o, f, err);
}

int cmd_model(int argc, char **argv)
{
    options o = {0};
    pn_error err = {0};
    pn_model_file f = {0};
    int code = parse(&o, argc, argv);
    if (code >= 0) { return code; }
    int rc = open_model(&f, o.path, &err);
    if (rc == PN_OK && strcmp(o.word, "sign") == 0) {
        rc = sign(&o, &f, &err);
    } else if (rc == PN_OK && strcmp(o.word, "verify") == 0) {
        rc = verify(&o, &f, &err);
    } else if (rc == PN_OK) {
        model_show(&f.model, o.path);
    }
    pn_model_file_free(&f);
    if (rc == PN_OK && fflush(stdout) != 0) { rc = pn_fail(&err, PN_EIO, "cannot write to stdout"); }
    return rc == PN_OK ? PN_EXIT_OK : failed(&err);
}
