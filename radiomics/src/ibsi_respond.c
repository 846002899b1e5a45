#include <radiomics/ibsi.h>
#include <math.h>

/* Voxel i of the response is voxel first + i * step of the prepared image. */
typedef struct place { size_t first[3], step[3]; } place;

static int find_place(place *at, const rx_grid *g, const rx_grid *whole, rx_error *err)
{
    for (int a = 0; a < 3; a++) {
        double along = 0, step = g->spacing_mm[a] / whole->spacing_mm[a];
        for (int x = 0; x < 3; x++) {
            along += (g->origin_mm[x] - whole->origin_mm[x]) * whole->direction[3 * x + a];
        }
        double first = along / whole->spacing_mm[a], i = floor(first + 0.5), n = floor(step + 0.5);
        bool fits = fabs(first - i) < 1e-3 && fabs(step - n) < 1e-3 && i >= 0 && n >= 1
                    && i + n * (double)(g->dim[a] - 1) < (double)whole->dim[a];
        if (!fits) {
            return rx_fail(err, RX_EGRID, "the response lies at voxel %g, every %g, of axis %d, which has %zu",
                           first, step, a, whole->dim[a]);
        }
        at->first[a] = (size_t)i;
        at->step[a] = (size_t)n;
    }
    return RX_OK;
}

static int cut(rx_region *out, const rx_region *in, const rx_grid *g, const place *at, rx_error *err)
{
    int rc = rx_region_new(out, g, err);
    uint8_t *to = out->voxels;
    for (size_t k = 0; rc == RX_OK && k < g->dim[2]; k++) {
        for (size_t j = 0; j < g->dim[1]; j++) {
            size_t y = at->first[1] + j * at->step[1], z = at->first[2] + k * at->step[2];
            const uint8_t *row = in->voxels + (z * in->grid.dim[1] + y) * in->grid.dim[0];
            for (size_t i = 0; i < g->dim[0]; i++) { *to++ = row[at->first[0] + i * at->step[0]]; }
        }
    }
    return rc;
}

int rx_ibsi_prepared_response(rx_ibsi_prepared *out, const rx_ibsi_prepared *p, const rx_volume *response,
                              rx_error *err)
{
    place at;
    rx_ibsi_prepared made = { 0 };
    *out = (rx_ibsi_prepared){ 0 };
    int rc = find_place(&at, &response->grid, &p->image.grid, err);
    if (rc == RX_OK) { rc = cut(&made.morphological, &p->morphological, &response->grid, &at, err); }
    if (rc == RX_OK) { rc = cut(&made.intensity, &p->intensity, &response->grid, &at, err); }
    if (rc != RX_OK) {
        rx_ibsi_prepared_free(&made);
        return rc;
    }
    made.image = *response;
    *out = made;
    return RX_OK;
}
