#include "workspace.h"
#include <stdint.h>
#include <stdlib.h>

bool rx_size_mul(size_t *out, size_t a, size_t b)
{
    if (b != 0 && a > SIZE_MAX / b) { return false; }
    *out = a * b;
    return true;
}

void *rx_buf_need(rx_buf *b, size_t count, size_t size, rx_error *err)
{
    size_t bytes;
    if (!rx_size_mul(&bytes, count, size)) {
        rx_fail(err, RX_ENOMEM, "%zu elements of %zu bytes overflow the address space", count, size);
        return NULL;
    }
    if (bytes == 0) { bytes = 1; }
    if (bytes > b->bytes) {
        /* the old contents are never wanted: free first, so that the peak is one buffer */
        free(b->p);
        b->bytes = 0;
        b->p = malloc(bytes);
        if (!b->p) {
            rx_fail(err, RX_ENOMEM, "no memory for %zu bytes", bytes);
            return NULL;
        }
        b->bytes = bytes;
    }
    return b->p;
}

rx_workspace *rx_workspace_new(void)
{
    rx_workspace *ws = calloc(1, sizeof *ws);
    if (ws) { rx_mesh_table_init(&ws->mesh); }
    return ws;
}

void rx_workspace_free(rx_workspace *ws)
{
    if (!ws) { return; }
    free(ws->bits.p);
    free(ws->levels.p);
    free(ws->tables.p);
    free(ws->voxels.p);
    free(ws->counts.p);
    free(ws->margins.p);
    free(ws->reals.p);
    free(ws->list.p);
    free(ws->cells.p);
    free(ws->merged.p);
    free(ws->merging.p);
    free(ws->basis.p);
    free(ws->dense.p);
    free(ws);
}
