#include <math.h>
#include <radiomics/ibsi_response.h>
#include <stdio.h>

static const unsigned of_the_image_alone = RX_IBSI_MORPHOLOGY | RX_IBSI_LOCAL;

void rx_ibsi_responses_default(rx_ibsi_responses *r, const rx_ibsi *s)
{
    *r = (rx_ibsi_responses){
        .families = s->families & ~of_the_image_alone,
        .bins = { .by = RX_IBSI_BIN_NUMBER, .number = s->bins.by == RX_IBSI_BIN_NUMBER ? s->bins.number : 32 },
        .ivh_bins = { .by = RX_IBSI_BIN_NUMBER, .number = 1000 },
    };
}

/* How far around the region a filter looks, in mm of the grid that preparation makes. */
static double margin_mm(const rx_response *f, const rx_grid *image, const rx_ibsi *s)
{
    rx_grid grid = *image;
    size_t reach[3];
    double margin = 0;
    for (int a = 0; a < 3; a++) {
        bool kept = s->spacing_mm[a] == 0 || (s->by_slice && a == 2);
        if (!kept) { grid.spacing_mm[a] = s->spacing_mm[a]; }
    }
    if (f->boundary == RX_BOUNDARY_PERIODIC || (f->kind == RX_RESPONSE_WAVELET && f->decimated)) {
        return (double)INFINITY;
    }
    rx_response_reach(reach, f, &grid);
    for (int a = 0; a < 3; a++) {
        margin = fmax(margin, reach[a] == SIZE_MAX ? (double)INFINITY : (double)reach[a] * grid.spacing_mm[a]);
    }
    return margin;
}

/* Within the whole of the morphological mask, to whose border GLDZM's distances are. */
static int respond(rx_ibsi_prepared *out, const rx_ibsi_prepared *p, const rx_response *f, rx_error *err)
{
    rx_volume map = { 0 };
    rx_region part = { 0 };
    int rc = rx_response_map_region(&map, &part, &p->image, &p->morphological, f, err);
    rx_region_free(&part);
    if (rc == RX_OK) { rc = rx_ibsi_prepared_response(out, p, &map, err); }
    if (rc != RX_OK) { rx_volume_free(&map); }
    return rc;
}

static int measure(rx_results *out, const rx_ibsi_prepared *p, const rx_response *f, const rx_ibsi *s,
                   rx_workspace *ws, rx_error *err)
{
    char name[RX_RESPONSE_NAME_SIZE], suffix[RX_RESPONSE_NAME_SIZE + 1];
    rx_ibsi_prepared response = { 0 };
    int rc = rx_response_name(name, f, err);
    if (rc == RX_OK) { rc = respond(&response, p, f, err); }
    if (rc == RX_OK) {
        (void)snprintf(suffix, sizeof suffix, "_%s", name);
        rc = rx_ibsi_features(out, NULL, &response, s, suffix, ws, err);
    }
    rx_ibsi_prepared_free(&response);
    return rc;
}

static int measure_all(rx_results *out, const rx_ibsi_prepared *p, const rx_ibsi *settings,
                       const rx_ibsi_responses *r, rx_workspace *ws, rx_error *err)
{
    rx_ibsi s = *settings;
    s.families = r->families;
    s.bins = r->bins;
    s.ivh_bins = r->ivh_bins;
    s.lowest = -(double)INFINITY;
    s.highest = (double)INFINITY;
    s.outlier_sigma = 0;
    for (size_t i = 0; i < r->n; i++) {
        int rc = measure(out, p, &r->filters[i], &s, ws, err);
        if (rc != RX_OK) { return rc; }
    }
    return RX_OK;
}

static int check(const rx_ibsi_responses *r, rx_error *err)
{
    if (r->families & of_the_image_alone) {
        return rx_fail(err, RX_EINVAL, "families 0x%x: a response has neither morphology nor local intensity",
                       r->families);
    }
    for (size_t i = 0; i < r->n; i++) {
        int rc = rx_response_check(&r->filters[i], err);
        if (rc != RX_OK) { return rc; }
    }
    return RX_OK;
}

int rx_ibsi_extract_filtered(rx_results *out, rx_ibsi_trace *trace, const rx_image *image, const rx_mask *mask,
                             const rx_ibsi *settings, const rx_ibsi_responses *r, rx_workspace *ws, rx_error *err)
{
    if (!out || !image || !settings || !ws) {
        return rx_fail(err, RX_EINVAL, "rx_ibsi_extract_filtered: an argument is missing");
    }
    if (!r) { return rx_ibsi_extract(out, trace, image, mask, settings, ws, err); }
    const size_t before = out->n;
    rx_ibsi wide = *settings;
    rx_ibsi_prepared p = { 0 };
    int rc = check(r, err);
    for (size_t i = 0; rc == RX_OK && i < r->n; i++) {
        wide.margin_mm = fmax(wide.margin_mm, margin_mm(&r->filters[i], &image->grid, settings));
    }
    if (rc == RX_OK) { rc = rx_ibsi_prepare(&p, trace, image, mask, &wide, err); }
    if (rc == RX_OK) { rc = rx_ibsi_features(out, trace, &p, settings, NULL, ws, err); }
    if (rc == RX_OK) { rc = measure_all(out, &p, settings, r, ws, err); }
    rx_ibsi_prepared_free(&p);
    if (rc != RX_OK) { out->n = before; }
    return rc;
}
