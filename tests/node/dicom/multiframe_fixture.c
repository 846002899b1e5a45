/* tests/node/dicom/multiframe_fixture.c - see multiframe_fixture.h. */
#include "multiframe_fixture.h"
#include <string.h>

mf_spec mf_default(void)
{
    return (mf_spec){
        .class_uid = CLASS_ENHANCED_CT, .sop_uid = "1.2.3.4.100", .modality = "CT", .rows = 2, .columns = 3,
        .shared = {.orientation = "1\\0\\0\\0\\1\\0", .spacing = "1\\1", .thickness = "3", .slope = "1",
                   .intercept = "0", .rescale_type = "HU"},
    };
}

static bool begin_group(dcm *d, uint32_t sequence, bool present)
{
    if (present) {
        dcm_begin(d, sequence);
        dcm_item(d);
    }
    return present;
}

static void end_group(dcm *d)
{
    dcm_end_item(d);
    dcm_end(d);
}

static void text_if(dcm *d, uint32_t tag, const char *vr, const char *value)
{
    if (value != NULL) { dcm_text(d, tag, vr, value); }
}

static void number_group(dcm *d, uint32_t sequence, uint32_t tag, double value)
{
    if (begin_group(d, sequence, value > 0)) {
        dcm_bytes(d, tag, "FD", &value, sizeof value);
        end_group(d);
    }
}

static void write_groups(dcm *d, const mf_groups *g)
{
    dcm_item(d);
    number_group(d, 0x00189114, 0x00189082, g->echo_ms);
    number_group(d, 0x00189117, 0x00189087, g->b_value);
    number_group(d, 0x00189118, 0x00209241, g->cardiac);
    if (begin_group(d, 0x00189226, g->mr_type != NULL || g->component != NULL)) {
        text_if(d, 0x00089007, "CS", g->mr_type);
        text_if(d, 0x00089208, "CS", g->component);
        end_group(d);
    }
    if (begin_group(d, 0x00189329, g->ct_type != NULL)) {
        dcm_text(d, 0x00089007, "CS", g->ct_type);
        end_group(d);
    }
    if (begin_group(d, 0x00209111, g->stack != NULL || g->temporal != 0)) {
        uint32_t index = g->temporal;
        text_if(d, 0x00209056, "SH", g->stack);
        if (index != 0) { dcm_bytes(d, 0x00209128, "UL", &index, sizeof index); }
        end_group(d);
    }
    if (begin_group(d, 0x00209113, g->position != NULL)) {
        dcm_text(d, 0x00200032, "DS", g->position);
        end_group(d);
    }
    if (begin_group(d, 0x00209116, g->orientation != NULL)) {
        dcm_text(d, 0x00200037, "DS", g->orientation);
        end_group(d);
    }
    if (begin_group(d, 0x00289110, g->spacing != NULL)) {
        text_if(d, 0x00180050, "DS", g->thickness);
        dcm_text(d, 0x00280030, "DS", g->spacing);
        end_group(d);
    }
    if (begin_group(d, 0x00289145, g->slope != NULL)) {
        text_if(d, 0x00281052, "DS", g->intercept);
        dcm_text(d, 0x00281053, "DS", g->slope);
        text_if(d, 0x00281054, "LO", g->rescale_type);
        end_group(d);
    }
    dcm_end_item(d);
}

void mf_write(const mf_spec *s, const char *path)
{
    dcm d = dcm_part10(SYNTAX_EXPLICIT, s->class_uid, s->sop_uid);
    dcm_text(&d, 0x00080016, "UI", s->class_uid);
    dcm_text(&d, 0x00080018, "UI", s->sop_uid);
    dcm_text(&d, 0x00080060, "CS", s->modality);
    dcm_text(&d, 0x00100020, "LO", "P1");
    dcm_text(&d, 0x0020000D, "UI", "1.2.3.1");
    dcm_text(&d, 0x0020000E, "UI", "1.2.3.2");
    dcm_text(&d, 0x00200013, "IS", "7");
    dcm_text(&d, 0x00200052, "UI", "1.2.3.3");
    if (s->parts != 0) { dcm_us(&d, 0x00209163, s->parts); }
    dcm_us(&d, 0x00280002, 1);
    dcm_text(&d, 0x00280004, "CS", "MONOCHROME2");
    text_if(&d, 0x00280008, "IS", s->frames);
    dcm_us(&d, 0x00280010, s->rows);
    dcm_us(&d, 0x00280011, s->columns);
    dcm_us(&d, 0x00280100, 16);
    dcm_us(&d, 0x00280101, 16);
    dcm_us(&d, 0x00280102, 15);
    dcm_us(&d, 0x00280103, 1);
    dcm_begin(&d, 0x52009229);
    write_groups(&d, &s->shared);
    dcm_end(&d);
    if (s->n_frames > 0) {
        dcm_begin(&d, 0x52009230);
        for (size_t f = 0; f < s->n_frames; f++) { write_groups(&d, &s->frame[f]); }
        dcm_end(&d);
    }
    dcm_bytes(&d, 0x7FE00010, "OW", s->pixels, 2 * s->n_pixels);
    dcm_write(&d, path);
    dcm_free(&d);
}
