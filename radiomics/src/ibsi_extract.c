#include <radiomics/ibsi.h>
#include "ibsi_families.h"
#include "ibsi_texture.h"

static int discretised(rx_results *out, rx_ibsi_trace *trace, const rx_ibsi_case *c, const char *suffix,
                       rx_workspace *ws, rx_error *err)
{
    const rx_ibsi *s = c->settings;
    rx_ibsi_sink sink = { out, suffix };
    rx_ibsi_scale scale = rx_ibsi_scale_of(c, &s->bins);
    rx_levels levels;
    int rc = rx_ibsi_levels(&levels, c, &scale, s->texture.distance, ws, err);
    if (rc != RX_OK) { return rc; }
    if (trace) {
        trace->bin_origin = scale.origin;
        trace->bin_size = scale.size;
        trace->grey_levels = levels.highest;
    }
    if (s->families & RX_IBSI_HISTOGRAM) {
        rc = rx_ibsi_histogram(&sink, &levels, ws, err);
    }
    rx_ibsi_texture_settings texture = s->texture;
    texture.families = s->families & RX_IBSI_TEXTURES;
    if (rc != RX_OK || texture.families == 0 || texture.aggregations == 0) { return rc; }
    return rx_ibsi_texture(out, &levels, &c->roi, &texture, suffix, ws, err);
}

static int all_families(rx_results *out, rx_ibsi_trace *trace, const rx_ibsi_case *c, const char *suffix,
                        rx_workspace *ws, rx_error *err)
{
    unsigned wanted = c->settings->families;
    rx_ibsi_sink sink = { out, suffix };
    int rc = RX_OK;
    if (wanted & RX_IBSI_MORPHOLOGY) { rc = rx_ibsi_morphology(&sink, c, ws, err); }
    if (rc == RX_OK && (wanted & RX_IBSI_LOCAL)) { rc = rx_ibsi_local(&sink, c, err); }
    if (rc == RX_OK && (wanted & RX_IBSI_STATISTICS)) { rc = rx_ibsi_statistics(&sink, c, err); }
    if (rc == RX_OK && (wanted & RX_IBSI_IVH)) { rc = rx_ibsi_ivh(&sink, c, err); }
    /* last: texture takes the memory of the sorted intensities */
    if (rc == RX_OK && (wanted & (RX_IBSI_HISTOGRAM | RX_IBSI_TEXTURES))) {
        rc = discretised(out, trace, c, suffix, ws, err);
    }
    return rc;
}

int rx_ibsi_features(rx_results *out, rx_ibsi_trace *trace, const rx_ibsi_prepared *p,
                     const rx_ibsi *settings, const char *suffix, rx_workspace *ws, rx_error *err)
{
    if (!out || !p || !settings || !ws || !p->image.voxels || !p->morphological.voxels
        || !p->intensity.voxels) {
        return rx_fail(err, RX_EINVAL, "rx_ibsi_features: an argument is missing");
    }
    size_t before = out->n;
    rx_ibsi_case c;
    int rc = rx_ibsi_check(settings, err);
    if (rc == RX_OK) { rc = rx_ibsi_case_make(&c, p, settings, ws, err); }
    if (rc == RX_OK) { rc = all_families(out, trace, &c, suffix, ws, err); }
    if (rc != RX_OK) { out->n = before; }
    return rc;
}

int rx_ibsi_extract(rx_results *out, rx_ibsi_trace *trace, const rx_image *image, const rx_mask *mask,
                    const rx_ibsi *settings, rx_workspace *ws, rx_error *err)
{
    if (!out || !ws) { return rx_fail(err, RX_EINVAL, "rx_ibsi_extract: an argument is missing"); }
    rx_ibsi_prepared p = { 0 };
    int rc = rx_ibsi_prepare(&p, trace, image, mask, settings, err);
    if (rc == RX_OK) { rc = rx_ibsi_features(out, trace, &p, settings, NULL, ws, err); }
    rx_ibsi_prepared_free(&p);
    return rc;
}
