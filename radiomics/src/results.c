#include <radiomics/results.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static int make_room(rx_results *r, rx_error *err)
{
    if (r->n < r->room) { return RX_OK; }
    size_t room = r->room ? 2 * r->room : 128;
    rx_result *v = room <= SIZE_MAX / sizeof *v ? realloc(r->v, room * sizeof *v) : NULL;
    if (!v) { return rx_fail(err, RX_ENOMEM, "no memory for %zu results", room); }
    r->v = v;
    r->room = room;
    return RX_OK;
}

static int copy_text(char *to, size_t size, const char *from, rx_error *err)
{
    size_t n = from ? strlen(from) : 0;
    if (n >= size) {
        return rx_fail(err, RX_EINVAL, "`%s` is too long: at most %zu characters", from, size - 1);
    }
    if (n > 0) { memcpy(to, from, n); }
    to[n] = '\0';
    return RX_OK;
}

int rx_results_add(rx_results *r, const char *name, const char *ibsi_code,
                   const char *ibsi_aggregation, double v, rx_error *err)
{
    int rc = make_room(r, err);
    if (rc != RX_OK) { return rc; }
    rx_result *to = &r->v[r->n];
    if ((rc = copy_text(to->name, sizeof to->name, name, err)) != RX_OK
        || (rc = copy_text(to->ibsi_code, sizeof to->ibsi_code, ibsi_code, err)) != RX_OK
        || (rc = copy_text(to->ibsi_aggregation, sizeof to->ibsi_aggregation, ibsi_aggregation, err))
           != RX_OK) {
        return rc;
    }
    to->value = isfinite(v) ? (rx_value){ v, RX_DEFINED } : (rx_value){ NAN, RX_UNDEFINED };
    r->n++;
    return RX_OK;
}

const rx_result *rx_results_find(const rx_results *r, const char *name)
{
    for (size_t i = 0; i < r->n; i++) {
        if (strcmp(r->v[i].name, name) == 0) { return &r->v[i]; }
    }
    return NULL;
}

void rx_results_clear(rx_results *r) { r->n = 0; }

void rx_results_free(rx_results *r)
{
    if (!r) { return; }
    free(r->v);
    *r = (rx_results){ 0 };
}
