#include "j2k_encode.h"
#include <openjpeg.h>
#include <stdlib.h>
#include <string.h>

typedef struct sink {
    uint8_t *data;
    size_t n, at, room;
} sink;

static OPJ_SIZE_T put(void *bytes, OPJ_SIZE_T n, void *user)
{
    sink *s = user;
    if (s->at + n > s->room) {
        s->room = 2 * (s->at + n);
        s->data = realloc(s->data, s->room);
        if (s->data == NULL) { abort(); }
    }
    memcpy(s->data + s->at, bytes, n);
    s->at += n;
    if (s->at > s->n) { s->n = s->at; }
    return n;
}

static OPJ_BOOL seek(OPJ_OFF_T to, void *user)
{
    sink *s = user;
    if (to < 0 || (size_t)to > s->room) { return OPJ_FALSE; }
    s->at = (size_t)to;
    return OPJ_TRUE;
}

static OPJ_OFF_T skip(OPJ_OFF_T n, void *user)
{
    sink *s = user;
    return seek((OPJ_OFF_T)s->at + n, user) ? n : -1;
}

uint8_t *j2k_encode(size_t *n, const j2k_spec *s, const int32_t *values)
{
    opj_cparameters_t p;
    opj_set_default_encoder_parameters(&p);
    p.tcp_numlayers = 1;
    p.cp_disto_alloc = 1;
    p.irreversible = s->rate > 0;
    p.tcp_rates[0] = (float)s->rate;
    p.numresolution = 3;
    p.tcp_mct = 0;
    if (s->tile > 0) {
        p.tile_size_on = OPJ_TRUE;
        p.cp_tdx = p.cp_tdy = (int)s->tile;
    }
    opj_image_cmptparm_t c[4];
    memset(c, 0, sizeof c);
    for (unsigned i = 0; i < s->components; i++) {
        c[i] = (opj_image_cmptparm_t){.dx = 1, .dy = 1, .w = s->columns, .h = s->rows, .prec = s->precision, .sgnd = s->is_signed};
    }
    opj_image_t *image = opj_image_create(s->components, c, OPJ_CLRSPC_GRAY);
    image->x1 = s->columns;
    image->y1 = s->rows;
    for (unsigned i = 0; i < s->components; i++) {
        memcpy(image->comps[i].data, values, (size_t)s->columns * s->rows * sizeof *values);
    }
    sink out = {.data = NULL};
    opj_codec_t *codec = opj_create_compress(OPJ_CODEC_J2K);
    opj_stream_t *stream = opj_stream_create(65536, OPJ_FALSE);
    opj_stream_set_write_function(stream, put);
    opj_stream_set_seek_function(stream, seek);
    opj_stream_set_skip_function(stream, skip);
    opj_stream_set_user_data(stream, &out, NULL);
    bool good = opj_setup_encoder(codec, &p, image) && opj_start_compress(codec, image, stream) &&
                opj_encode(codec, stream) && opj_end_compress(codec, stream);
    opj_stream_destroy(stream);
    opj_destroy_codec(codec);
    opj_image_destroy(image);
    if (!good) {
        free(out.data);
        return NULL;
    }
    *n = out.n;
    return out.data;
}
