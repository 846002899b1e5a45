#include "dicom_fixture.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include "dicom/runtime.h"

static void need(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "fixture: %s\n", what);
        abort();
    }
}

/* ---- Bytes ---------------------------------------------------------------- */

void dcm_raw(dcm *d, const void *bytes, size_t n)
{
    if (n == 0) { return; }
    while (d->n + n > d->room) {
        d->room = d->room == 0 ? 4096 : 2 * d->room;
        d->data = realloc(d->data, d->room);
        need(d->data != NULL, "memory");
    }
    memcpy(d->data + d->n, bytes, n);
    d->n += n;
}

static void put16(dcm *d, unsigned v)
{
    uint8_t b[2] = {(uint8_t)v, (uint8_t)(v >> 8)};
    if (d->big) { b[0] = (uint8_t)(v >> 8); b[1] = (uint8_t)v; }
    dcm_raw(d, b, 2);
}

static void put32(dcm *d, uint32_t v)
{
    put16(d, d->big ? v >> 16 : v & 0xFFFF);
    put16(d, d->big ? v & 0xFFFF : v >> 16);
}

void dcm_tag(dcm *d, uint32_t tag, const char *vr, uint32_t length)
{
    put16(d, tag >> 16);
    put16(d, tag & 0xFFFF);
    if (d->implicit || tag >> 16 == 0xFFFE) {
        put32(d, length);
        return;
    }
    dcm_raw(d, vr, 2);
    if (strstr("OB OD OF OL OW SQ UC UN UR UT", vr) != NULL) {
        put16(d, 0);
        put32(d, length);
    } else {
        put16(d, length);
    }
}

void dcm_bytes(dcm *d, uint32_t tag, const char *vr, const void *value, size_t n)
{
    dcm_tag(d, tag, vr, (uint32_t)(n + n % 2));
    dcm_raw(d, value, n);
    if (n % 2 != 0) { dcm_raw(d, "", 1); }
}

void dcm_text(dcm *d, uint32_t tag, const char *vr, const char *value)
{
    size_t n = strlen(value);
    if (n % 2 == 0 || strcmp(vr, "UI") == 0) {
        dcm_bytes(d, tag, vr, value, n);
        return;
    }
    dcm_tag(d, tag, vr, (uint32_t)n + 1);
    dcm_raw(d, value, n);
    dcm_raw(d, " ", 1);
}

void dcm_us(dcm *d, uint32_t tag, unsigned value)
{
    dcm_tag(d, tag, "US", 2);
    put16(d, value);
}

void dcm_begin(dcm *d, uint32_t tag) { dcm_tag(d, tag, "SQ", 0xFFFFFFFFu); }
void dcm_item(dcm *d) { dcm_tag(d, 0xFFFEE000u, "", 0xFFFFFFFFu); }
void dcm_end_item(dcm *d) { dcm_tag(d, 0xFFFEE00Du, "", 0); }
void dcm_end(dcm *d) { dcm_tag(d, 0xFFFEE0DDu, "", 0); }

dcm dcm_dataset(const char *syntax)
{
    return (dcm){.implicit = strcmp(syntax, SYNTAX_IMPLICIT) == 0,
                 .big = strcmp(syntax, SYNTAX_BIG_ENDIAN) == 0};
}

dcm dcm_part10(const char *syntax, const char *class_uid, const char *sop_uid)
{
    static const uint8_t preamble[128];
    dcm meta = dcm_dataset(SYNTAX_EXPLICIT), d = dcm_dataset(SYNTAX_EXPLICIT);
    dcm_bytes(&meta, 0x00020001, "OB", "\0\1", 2);
    dcm_text(&meta, 0x00020002, "UI", class_uid);
    dcm_text(&meta, 0x00020003, "UI", sop_uid);
    dcm_text(&meta, 0x00020010, "UI", syntax);
    dcm_text(&meta, 0x00020012, "UI", "1.2.3");
    dcm_text(&meta, 0x00020016, "AE", "SENDER");
    dcm_raw(&d, preamble, sizeof preamble);
    dcm_raw(&d, "DICM", 4);
    dcm_tag(&d, 0x00020000, "UL", 4);
    put32(&d, (uint32_t)meta.n);
    dcm_raw(&d, meta.data, meta.n);
    dcm_free(&meta);
    dcm layout = dcm_dataset(syntax);
    d.implicit = layout.implicit;
    d.big = layout.big;
    return d;
}

void dcm_free(dcm *d)
{
    free(d->data);
    *d = (dcm){.n = 0};
}

void dcm_write(const dcm *d, const char *path)
{
    FILE *f = fopen(path, "wb");
    need(f != NULL, path);
    need(fwrite(d->data, 1, d->n, f) == d->n && fclose(f) == 0, "write");
}

/* ---- Temporary folder -------------------------------------------------------- */

static char folder[64];
static char *stack_paths[512];
static size_t n_stack_paths;

const char *tmp_path(const char *name)
{
    static char ring[8][256];
    static unsigned next;
    if (folder[0] == '\0') {
        strcpy(folder, "/tmp/pn_dicom_XXXXXX");
        need(mkdtemp(folder) != NULL, "mkdtemp");
    }
    char *p = ring[next++ % 8];
    snprintf(p, sizeof ring[0], "%s/%s", folder, name);
    return p;
}

static void remove_tree(const char *path)
{
    DIR *dir = opendir(path);
    if (dir == NULL) {
        unlink(path);
        return;
    }
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        char child[512];
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) { continue; }
        snprintf(child, sizeof child, "%s/%s", path, e->d_name);
        if (e->d_type == DT_DIR) { remove_tree(child); } else { unlink(child); }
    }
    closedir(dir);
    rmdir(path);
}

void tmp_clear(void)
{
    if (folder[0] != '\0') { remove_tree(folder); }
    folder[0] = '\0';
    while (n_stack_paths > 0) { free(stack_paths[--n_stack_paths]); }
}

int dicom_start(void **state)
{
    (void)state;
    pn_error err;
    return pn_dicom_init(&err);
}

int dicom_clear(void **state)
{
    (void)state;
    tmp_clear();
    return 0;
}

/* ---- Slices --------------------------------------------------------------------- */

static const uint8_t zeros[1 << 16];

slice_spec slice_default(void)
{
    return (slice_spec){
        .syntax = SYNTAX_EXPLICIT, .class_uid = CLASS_CT, .sop_uid = "1.2.3.4.1", .study = "1.2.3.1",
        .series = "1.2.3.2", .frame = "1.2.3.3", .patient = "P1", .number = "1",
        .position = "0\\0\\0", .orientation = "1\\0\\0\\0\\1\\0", .spacing = "1\\1", .thickness = "3",
        .slope = "1", .intercept = "0", .photometric = "MONOCHROME2", .rows = 2, .columns = 3,
        .allocated = 16, .stored = 16, .high = 15, .is_signed = 1, .samples = 1, .pixels = zeros,
        .n_pixels = 12, .pixel_vr = "OW",
    };
}

static void text_if(dcm *d, uint32_t tag, const char *vr, const char *value)
{
    if (value != NULL) { dcm_text(d, tag, vr, value); }
}

void slice_write(const slice_spec *s, const char *path)
{
    dcm d = dcm_part10(s->syntax, s->class_uid, s->sop_uid);
    text_if(&d, 0x00080005, "CS", s->character_set);
    dcm_text(&d, 0x00080016, "UI", s->class_uid);
    dcm_text(&d, 0x00080018, "UI", s->sop_uid);
    dcm_text(&d, 0x00080020, "DA", "20200102");
    dcm_text(&d, 0x00080060, "CS", strcmp(s->class_uid, CLASS_CT) == 0 ? "CT" : "MR");
    dcm_text(&d, 0x00100010, "PN", s->patient_name != NULL ? s->patient_name : "Doe^Jane");
    text_if(&d, 0x00100020, "LO", s->patient);
    text_if(&d, 0x00100021, "LO", s->issuer);
    text_if(&d, 0x00180050, "DS", s->thickness);
    text_if(&d, 0x0020000D, "UI", s->study);
    text_if(&d, 0x0020000E, "UI", s->series);
    text_if(&d, 0x00200013, "IS", s->number);
    text_if(&d, 0x00200032, "DS", s->position);
    text_if(&d, 0x00200037, "DS", s->orientation);
    text_if(&d, 0x00200052, "UI", s->frame);
    dcm_us(&d, 0x00280002, s->samples);
    dcm_text(&d, 0x00280004, "CS", s->photometric);
    text_if(&d, 0x00280008, "IS", s->frames);
    dcm_us(&d, 0x00280010, s->rows);
    dcm_us(&d, 0x00280011, s->columns);
    text_if(&d, 0x00280030, "DS", s->spacing);
    dcm_us(&d, 0x00280100, s->allocated);
    dcm_us(&d, 0x00280101, s->stored);
    dcm_us(&d, 0x00280102, s->high);
    dcm_us(&d, 0x00280103, s->is_signed);
    text_if(&d, 0x00281052, "DS", s->intercept);
    text_if(&d, 0x00281053, "DS", s->slope);
    if (s->pixels != NULL) { dcm_bytes(&d, 0x7FE00010, s->pixel_vr, s->pixels, s->n_pixels); }
    dcm_write(&d, path);
    dcm_free(&d);
}

void stack_write(const char **paths, size_t n, unsigned nx, unsigned ny)
{
    slice_spec s = slice_default();
    s.rows = ny;
    s.columns = nx;
    s.n_pixels = (size_t)2 * nx * ny;
    need(s.n_pixels <= sizeof zeros && n_stack_paths + n <= 512, "stack too large");
    for (size_t k = 0; k < n; k++) {
        char uid[40], position[40], number[24], name[40];
        snprintf(uid, sizeof uid, "1.2.3.4.%zu", k + 1);
        snprintf(position, sizeof position, "0\\0\\%zu", 3 * k);
        snprintf(number, sizeof number, "%zu", k + 1);
        snprintf(name, sizeof name, "stack%03zu.dcm", k);
        s.sop_uid = uid;
        s.position = position;
        s.number = number;
        paths[k] = stack_paths[n_stack_paths++] = strdup(tmp_path(name));
        slice_write(&s, paths[k]);
    }
}

/* ---- RTSTRUCT ------------------------------------------------------------------------ */

rtstruct_spec rtstruct_default(void)
{
    return (rtstruct_spec){.study = "1.2.3.1", .patient = "P1", .frame = "1.2.3.3"};
}

static void write_contour(dcm *d, const rtstruct_spec *s, const contour_spec *c)
{
    dcm_item(d);
    if (s->image_uid != NULL) {
        dcm_begin(d, 0x30060016);
        dcm_item(d);
        dcm_text(d, 0x00081150, "UI", CLASS_CT);
        dcm_text(d, 0x00081155, "UI", s->image_uid);
        dcm_end_item(d);
        dcm_end(d);
    }
    dcm_text(d, 0x30060042, "CS", c->type != NULL ? c->type : "CLOSED_PLANAR");
    text_if(d, 0x30060046, "IS", c->points);
    text_if(d, 0x30060050, "DS", c->data);
    dcm_end_item(d);
}

void rtstruct_write(const rtstruct_spec *s, const char *path)
{
    dcm d = dcm_part10(SYNTAX_IMPLICIT, CLASS_RTSTRUCT, "1.2.3.9");
    dcm_text(&d, 0x00080016, "UI", CLASS_RTSTRUCT);
    dcm_text(&d, 0x00080018, "UI", "1.2.3.9");
    dcm_text(&d, 0x00080060, "CS", "RTSTRUCT");
    text_if(&d, 0x00100020, "LO", s->patient);
    text_if(&d, 0x00100021, "LO", s->issuer);
    dcm_text(&d, 0x0020000D, "UI", s->study);
    dcm_text(&d, 0x0020000E, "UI", "1.2.3.8");
    dcm_begin(&d, 0x30060020);
    dcm_item(&d);
    dcm_text(&d, 0x30060022, "IS", "1");
    text_if(&d, 0x30060024, "UI", s->frame);
    dcm_text(&d, 0x30060026, "LO", "GTV");
    dcm_end_item(&d);
    dcm_end(&d);
    dcm_begin(&d, 0x30060039);
    dcm_item(&d);
    dcm_begin(&d, 0x30060040);
    for (size_t c = 0; c < s->n_contours; c++) { write_contour(&d, s, &s->contours[c]); }
    dcm_end(&d);
    dcm_text(&d, 0x30060084, "IS", "1");
    dcm_end_item(&d);
    dcm_end(&d);
    dcm_write(&d, path);
    dcm_free(&d);
}

/* ---- Reference masks --------------------------------------------------------------------- */

static double value_at(const uint8_t *p, int type)
{
    int16_t i16;
    int32_t i32;
    uint16_t u16;
    float f32;
    double f64;
    switch (type) {
    case 2: return p[0];
    case 4: memcpy(&i16, p, 2); return i16;
    case 8: memcpy(&i32, p, 4); return i32;
    case 16: memcpy(&f32, p, 4); return (double)f32;
    case 64: memcpy(&f64, p, 8); return f64;
    case 256: return (int8_t)p[0];
    case 512: memcpy(&u16, p, 2); return u16;
    default: need(false, "NIfTI type"); return 0;
    }
}

double *nifti_read(const char *path, size_t dim[3])
{
    gzFile f = gzopen(path, "rb");
    uint8_t h[352];
    int16_t d[8], type, bits;
    float offset;
    if (f == NULL || gzread(f, h, sizeof h) != (int)sizeof h) { return NULL; }
    memcpy(d, h + 40, sizeof d);
    memcpy(&type, h + 70, 2);
    memcpy(&bits, h + 72, 2);
    memcpy(&offset, h + 108, 4);
    size_t n = 1, bytes = (size_t)bits / 8;
    for (int i = 0; i < 3; i++) { n *= dim[i] = (size_t)d[i + 1]; }
    uint8_t *raw = malloc(n * bytes);
    double *out = malloc(n * sizeof *out);
    need(raw != NULL && out != NULL && gzseek(f, (z_off_t)offset, SEEK_SET) >= 0 &&
         gzread(f, raw, (unsigned)(n * bytes)) == (int)(n * bytes), path);
    gzclose(f);
    for (size_t i = 0; i < n; i++) { out[i] = value_at(raw + i * bytes, type); }
    free(raw);
    return out;
}

static uint8_t *inflated(const uint8_t *data, size_t n, size_t want)
{
    uint8_t *out = malloc(want);
    z_stream z = {.avail_in = (uInt)n, .avail_out = (uInt)want, .next_out = out};
    uint8_t *copy = malloc(n);               /* next_in is not const                         */
    memcpy(copy, data, n);
    z.next_in = copy;
    need(inflateInit2(&z, 15 + 32) == Z_OK && inflate(&z, Z_FINISH) == Z_STREAM_END && z.avail_out == 0,
         "inflate");
    inflateEnd(&z);
    free(copy);
    return out;
}

double *nrrd_read(const char *path, size_t dim[3])
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) { return NULL; }
    static char text[1 << 22];
    size_t n = fread(text, 1, sizeof text, f);
    fclose(f);
    char *body = NULL;
    for (size_t i = 0; i + 1 < n && body == NULL; i++) {
        if (text[i] == '\n' && text[i + 1] == '\n') { body = text + i + 2; text[i + 1] = '\0'; }
    }
    need(body != NULL, "NRRD header");
    const char *sizes = strstr(text, "\nsizes: ");
    need(sizes != NULL && sscanf(sizes, "\nsizes: %zu %zu %zu", &dim[0], &dim[1], &dim[2]) == 3, "NRRD sizes");
    int type = strstr(text, "\ntype: short") != NULL ? 4 : strstr(text, "\ntype: unsigned char") != NULL ? 2
               : strstr(text, "\ntype: unsigned short") != NULL ? 512 : strstr(text, "\ntype: int") != NULL ? 8 : 0;
    size_t bytes = type == 2 ? 1 : type == 8 ? 4 : 2, count = dim[0] * dim[1] * dim[2];
    uint8_t *raw = inflated((const uint8_t *)body, n - (size_t)(body - text), count * bytes);
    double *out = malloc(count * sizeof *out);
    for (size_t i = 0; i < count; i++) { out[i] = value_at(raw + i * bytes, type); }
    free(raw);
    return out;
}

static int is_file(const struct dirent *d) { return d->d_name[0] != '.'; }
static int by_name(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }

size_t paths_read(char ***paths, const char *from)
{
    struct dirent **names;
    int n = scandir(from, &names, is_file, by_name);
    need(n >= 0, from);
    *paths = calloc((size_t)n + 1, sizeof **paths);
    for (int i = 0; i < n; i++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", from, names[i]->d_name);
        (*paths)[i] = strdup(path);
        free(names[i]);
    }
    free(names);
    return (size_t)n;
}

void paths_free(char **paths, size_t n)
{
    for (size_t i = 0; i < n; i++) { free(paths[i]); }
    free(paths);
}
