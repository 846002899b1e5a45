/* role/spool_sink.c - see spool_sink.h. */
#include "role/spool_sink.h"

int pn_sink_begin(void *payload, const pn_scp_instance *instance, pn_error *err)
{
    pn_spool_sink *s = payload;
    const pn_spool_meta meta = {
        .sop_class_uid = instance->sop_class_uid,
        .sop_uid = instance->sop_uid,
        .transfer_syntax_uid = instance->transfer_syntax_uid,
        .calling_ae = instance->calling_ae,
    };
    return pn_spool_begin(&s->writer, s->spool, &meta, err);
}

int pn_sink_write(void *payload, const void *bytes, size_t n, pn_error *err)
{
    pn_spool_sink *s = payload;
    return pn_spool_write(&s->writer, bytes, n, err);
}

int pn_sink_commit(void *payload, pn_error *err)
{
    pn_spool_sink *s = payload;
    char digest[PN_DIGEST_HEX_SIZE];
    uint64_t n = s->writer.n_bytes;
    int rc = pn_spool_commit(&s->writer, digest, err);
    if (rc == PN_OK) { s->n_bytes += n; }
    s->sync_failed = s->sync_failed || s->writer.sync_failed;
    return rc;
}

void pn_sink_abort(void *payload)
{
    pn_spool_sink *s = payload;
    pn_spool_abort(&s->writer);
}

bool pn_sink_must_stop(void *payload)
{
    const pn_spool_sink *s = payload;
    return s->sync_failed;
}
