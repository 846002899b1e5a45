/* tests/radiomics/textured.h - texture of small regions whose intensities are grey levels. */
#ifndef RX_TEST_TEXTURED_H
#define RX_TEST_TEXTURED_H
#include "ibsi_texture.h"
#include "bounds.h"
#include "region.h"

static inline rx_ibsi_texture_settings all_textures(void)
{
    return (rx_ibsi_texture_settings){ RX_IBSI_TEXTURES, RX_IBSI_ALL_AGGREGATIONS, 1, 0 };
}

/* levels_mask: NULL, or where the intensity mask is smaller than r's. */
static inline int texture_try(rx_results *out, const region *r, const uint8_t *levels_mask,
                              const rx_ibsi_texture_settings *s, rx_error *err)
{
    rx_workspace *ws = rx_workspace_new();
    rx_settings cut;
    rx_settings_default(&cut);
    cut.minimum_roi_dimensions = 1;
    cut.bin_width = 1;
    cut.distances[0] = s->distance <= RX_MAX_DISTANCE ? s->distance : 1;
    rx_image image = { r->grid, RX_F64, r->image };
    rx_mask mask = { r->grid, r->mask, 1 };
    rx_roi roi;
    rx_levels l;
    int rc = rx_crop(&roi, &image, &mask, &cut, ws, err);
    if (rc == RX_OK) { rc = rx_discretise(&l, &roi, &cut, ws, err); }
    /* the levels are the intensities: what was discretised is shifted back to them */
    if (rc == RX_OK) {
        uint16_t *voxels = calloc(l.array, sizeof *voxels);
        uint32_t *count = calloc(RX_MAX_GREY_LEVELS + 1, sizeof *count);
        uint16_t *level = calloc(RX_MAX_GREY_LEVELS + 1, sizeof *level);
        uint16_t *dense = calloc(RX_MAX_GREY_LEVELS + 1, sizeof *dense);
        uint16_t *begin = calloc(roi.n[1] * roi.n[2], sizeof *begin), *end = calloc(roi.n[1] * roi.n[2], sizeof *end);
        assert_true(voxels && count && level && dense && begin && end);
        l.total = l.present = l.highest = 0;
        for (size_t k = 0; k < l.n[2]; k++) {
            for (size_t j = 0; j < l.n[1]; j++) {
                for (size_t i = 0; i < l.n[0]; i++) {
                    size_t at = region_at(r, i + roi.min[0], j + roi.min[1], k + roi.min[2]);
                    size_t row = k * l.n[1] + j;
                    if (!r->mask[at] || (levels_mask && !levels_mask[at])) { continue; }
                    unsigned g = (unsigned)r->image[at];
                    assert_true(g >= 1 && g <= RX_MAX_GREY_LEVELS);
                    voxels[rx_levels_at(&l, i, j, k)] = (uint16_t)g;
                    count[g]++;
                    l.total++;
                    if (g > l.highest) { l.highest = g; }
                    if (end[row] == 0) { begin[row] = (uint16_t)i; }
                    end[row] = (uint16_t)(i + 1);
                }
            }
        }
        for (size_t g = 1; g <= RX_MAX_GREY_LEVELS; g++) {
            if (count[g] == 0) { continue; }
            level[l.present] = (uint16_t)g;
            dense[g] = (uint16_t)l.present;
            count[l.present++] = count[g];
        }
        l.voxels = voxels;
        l.count = count;
        l.level = level;
        l.dense = dense;
        l.begin = begin;
        l.end = end;
        l.lowest = level[0];
        rc = rx_ibsi_texture(out, &l, &roi, s, NULL, ws, err);
        free(voxels);
        free(count);
        free(level);
        free(dense);
        free(begin);
        free(end);
    }
    rx_workspace_free(ws);
    return rc;
}

static inline void texture_of(rx_results *out, const region *r, const rx_ibsi_texture_settings *s)
{
    rx_error err = { 0 };
    CHECK_OK(texture_try(out, r, NULL, s, &err), err);
}

static inline double tex(const rx_results *r, const char *name)
{
    const rx_result *v = rx_results_find(r, name);
    if (!v) { fail_msg("no value %s", name); }
    return v->value.v;
}

#endif
