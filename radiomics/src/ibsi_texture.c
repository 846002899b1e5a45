/* Texture of the `ibsi` profile: what is asked for, and how it is named. */
#include <math.h>
#include <stdio.h>
#include "bounds.h"
#include "ibsi_texture_families.h"

typedef struct aggregation { unsigned bit; const char *tag, *code; } aggregation;

static const aggregation aggregations[] = {
    { RX_IBSI_2D_AVG, "2D_avg", "BTW3" },     { RX_IBSI_2D_COMB, "2D_comb", "SUJT" },
    { RX_IBSI_2_5D_AVG, "2_5D_avg", "JJUI" }, { RX_IBSI_2_5D_COMB, "2_5D_comb", "ZW7Z" },
    { RX_IBSI_3D_AVG, "3D_avg", "ITBB" },     { RX_IBSI_3D_COMB, "3D_comb", "IAZD" },
    { RX_IBSI_2D, "2D", "8QNN" },             { RX_IBSI_2_5D, "2_5D", "62GR" },
    { RX_IBSI_3D, "3D", "KOBO" },
};

static int add(const rx_texture_case *c, const rx_texture_feature *f, unsigned bit, double value,
               rx_error *err)
{
    const aggregation *a = aggregations;
    while (a->bit != bit) { a++; }
    char name[2 * RX_NAME_SIZE];
    snprintf(name, sizeof name, "%s_%s%s", f->tag, a->tag, c->suffix ? c->suffix : "");
    return rx_results_add(c->out, name, f->code, a->code, value, err);
}

int rx_texture_add(const rx_texture_case *c, const rx_texture_feature *f, size_t n, unsigned bit,
                   const double *value, double by, rx_error *err)
{
    for (size_t i = 0; i < n; i++) {
        int rc = add(c, &f[i], bit, value[f[i].from] / by, err);
        if (rc != RX_OK) { return rc; }
    }
    return RX_OK;
}

int rx_texture_leave_out(const rx_texture_case *c, const rx_texture_feature *f, size_t n, unsigned bit,
                         rx_error *err)
{
    if (err) { *err = (rx_error){ 0 }; }
    for (size_t i = 0; i < n; i++) {
        int rc = add(c, &f[i], bit, NAN, err);
        if (rc != RX_OK) { return rc; }
        c->out->v[c->out->n - 1].value.why = RX_TOO_LARGE;
    }
    return RX_OK;
}

static int check(const rx_levels *l, const rx_roi *roi, const rx_ibsi_texture_settings *s, rx_error *err)
{
    if (s->distance < 1 || s->distance > RX_MAX_DISTANCE) {
        return rx_fail(err, RX_EINVAL, "texture distance is %u, must be 1 to %d", s->distance,
                       RX_MAX_DISTANCE);
    }
    if (!(s->ngldm_alpha >= 0)) {
        return rx_fail(err, RX_EINVAL, "NGLDM's alpha is %g, must not be negative", s->ngldm_alpha);
    }
    if (l->pad < s->distance) {
        return rx_fail(err, RX_EINVAL, "the levels have a halo of %zu voxels, distance %u needs as many",
                       l->pad, s->distance);
    }
    for (int a = 0; a < 3; a++) {
        if (l->n[a] == roi->n[a]) { continue; }
        return rx_fail(err, RX_EINVAL, "axis %d has %zu voxels in the levels and %zu in the region", a,
                       l->n[a], roi->n[a]);
    }
    return l->present > 0 ? RX_OK : rx_fail(err, RX_EEMPTY, "no voxel has a grey level");
}

int rx_ibsi_texture(rx_results *out, const rx_levels *levels, const rx_roi *roi,
                    const rx_ibsi_texture_settings *s, const char *suffix, rx_workspace *ws,
                    rx_error *err)
{
    rx_texture_case c = { levels, roi, s, suffix, out };
    int rc = check(levels, roi, s, err);
    if (rc == RX_OK && s->families & RX_IBSI_GLCM) { rc = rx_texture_glcm(&c, ws, err); }
    if (rc == RX_OK && s->families & RX_IBSI_GLRLM) { rc = rx_texture_glrlm(&c, ws, err); }
    if (rc == RX_OK && s->families & (RX_IBSI_GLSZM | RX_IBSI_GLDZM)) { rc = rx_texture_zones(&c, ws, err); }
    if (rc == RX_OK && s->families & (RX_IBSI_NGTDM | RX_IBSI_NGLDM)) { rc = rx_texture_neighbours(&c, ws, err); }
    return rc;
}
