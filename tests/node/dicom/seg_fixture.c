/* tests/node/dicom/seg_fixture.c - see seg_fixture.h. */
#include "seg_fixture.h"

seg_spec seg_default(void)
{
    return (seg_spec){.type = "BINARY", .class_uid = CLASS_SEG, .frames = "0", .spacing = "1\\1",
                      .orientation = "1\\0\\0\\0\\1\\0", .frame_uid = "1.2.3.3",
                      .photometric = "MONOCHROME2", .allocated = 1, .padding = -1};
}

static void code_item(dcm *d, uint32_t sequence, uint32_t tag, const char *vr, const char *value)
{
    dcm_begin(d, sequence);
    dcm_item(d);
    dcm_text(d, tag, vr, value);
    dcm_end_item(d);
    dcm_end(d);
}

static void write_frame(dcm *d, const frame_spec *f)
{
    dcm_item(d);
    if (f->segment != 0) {
        dcm_begin(d, 0x0062000A);
        dcm_item(d);
        dcm_us(d, 0x0062000B, f->segment);
        dcm_end_item(d);
        dcm_end(d);
    }
    if (f->position != NULL) { code_item(d, 0x00209113, 0x00200032, "DS", f->position); }
    if (f->orientation != NULL) { code_item(d, 0x00209116, 0x00200037, "DS", f->orientation); }
    dcm_end_item(d);
}

static void write_segment(dcm *d, unsigned number)
{
    dcm_item(d);
    dcm_us(d, 0x00620004, number);
    dcm_text(d, 0x00620005, "LO", "Segment");
    dcm_end_item(d);
}

void seg_write(const seg_spec *s, const char *path)
{
    dcm d = dcm_part10(SYNTAX_EXPLICIT, s->class_uid, "1.2.3.7");
    dcm_text(&d, 0x00080016, "UI", s->class_uid);
    dcm_text(&d, 0x00080018, "UI", "1.2.3.7");
    if (s->source_uid != NULL) {
        dcm_begin(&d, 0x00081115);
        dcm_item(&d);
        code_item(&d, 0x0008114A, 0x00081155, "UI", s->source_uid);
        dcm_text(&d, 0x0020000E, "UI", "1.2.3.2");
        dcm_end_item(&d);
        dcm_end(&d);
    }
    dcm_text(&d, 0x00100020, "LO", "P1");
    dcm_text(&d, 0x0020000D, "UI", "1.2.3.1");
    dcm_text(&d, 0x0020000E, "UI", "1.2.3.70");
    if (s->frame_uid != NULL) { dcm_text(&d, 0x00200052, "UI", s->frame_uid); }
    dcm_us(&d, 0x00280002, 1);
    dcm_text(&d, 0x00280004, "CS", s->photometric);
    dcm_text(&d, 0x00280008, "IS", s->frames);
    dcm_us(&d, 0x00280010, s->rows);
    dcm_us(&d, 0x00280011, s->columns);
    dcm_us(&d, 0x00280100, s->allocated);
    dcm_us(&d, 0x00280101, s->allocated);
    dcm_us(&d, 0x00280102, s->allocated - 1);
    dcm_us(&d, 0x00280103, 0);
    if (s->padding >= 0) { dcm_us(&d, 0x00280120, (unsigned)s->padding); }
    dcm_text(&d, 0x00620001, "CS", s->type);
    dcm_begin(&d, 0x00620002);
    write_segment(&d, 1);
    write_segment(&d, 2);
    write_segment(&d, 3);
    dcm_end(&d);
    if (s->maximum != 0) { dcm_us(&d, 0x0062000E, s->maximum); }
    if (s->fraction != NULL) { dcm_text(&d, 0x00620010, "CS", s->fraction); }
    dcm_begin(&d, 0x52009229);
    dcm_item(&d);
    if (s->orientation != NULL) { code_item(&d, 0x00209116, 0x00200037, "DS", s->orientation); }
    if (s->spacing != NULL) {
        dcm_begin(&d, 0x00289110);
        dcm_item(&d);
        if (s->between != NULL) { dcm_text(&d, 0x00180088, "DS", s->between); }
        dcm_text(&d, 0x00280030, "DS", s->spacing);
        dcm_end_item(&d);
        dcm_end(&d);
    }
    dcm_end_item(&d);
    dcm_end(&d);
    dcm_begin(&d, 0x52009230);
    for (size_t f = 0; f < s->n_frames; f++) { write_frame(&d, &s->frame[f]); }
    dcm_end(&d);
    dcm_bytes(&d, 0x7FE00010, "OB", s->bits, s->n_bits);
    dcm_write(&d, path);
    dcm_free(&d);
}

