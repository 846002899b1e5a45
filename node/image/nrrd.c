/* NRRD 1 to 5 (teem.sourceforge.net/nrrd/format.html): header lines up to an empty one, then the
 * voxels, or a header alone with its data in a file beside it. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/limits.h"
#include "image/parts.h"

enum { MAX_DIM = 4, MAX_LINE = 4096, MAX_HEADER = 1 << 20, NAME_SIZE = 512 };

typedef enum encoding { RAW, GZIP, TEXT } encoding;

typedef struct header {
    const char *name;            /* of the file, for messages                                 */
    pn_error *err;
    bool has_type, has_encoding, has_sizes, has_endian, has_space;
    pn_voxel_type type;
    encoding encoding;
    bool big_endian;
    unsigned dimension, space_dimension;
    uint64_t sizes[MAX_DIM];
    double spacings[MAX_DIM], mins[MAX_DIM];
    bool has_direction[MAX_DIM], has_directions, has_spacings;
    double directions[MAX_DIM][3];
    double origin[3];
    double turn[3];              /* of the space's axes to LPS; 1 or -1                       */
    bool unknown_space;
    bool other_kind[MAX_DIM];    /* an axis that is no direction in space                     */
    long long line_skip, byte_skip;
    char data_file[NAME_SIZE];
    uint32_t seen;               /* which of the fields, one bit each                         */
} header;

bool pn_is_nrrd(const uint8_t *head, size_t n)
{
    return n >= 9 && memcmp(head, "NRRD000", 7) == 0 && head[7] >= '1' && head[7] <= '5' &&
           (head[8] == '\n' || head[8] == '\r');
}

static int fail(const header *h, const char *field, const char *value, const char *expected)
{
    return pn_fail(h->err, PN_EFORMAT, "%s: %s is \"%.60s\", expected %s", h->name, field, value, expected);
}

static int refuse(const header *h, const char *field, const char *value, const char *expected)
{
    return pn_fail(h->err, PN_EUNSUPPORTED, "%s: %s is \"%.60s\", expected %s", h->name, field, value, expected);
}

/* ---- Values ---------------------------------------------------------------------------------- */

static const char *skip_blanks(const char *p)
{
    while (*p == ' ' || *p == '\t') { p++; }
    return p;
}

static bool number(double *v, const char **p)
{
    char *end;
    *v = strtod(skip_blanks(*p), &end);
    if (end == skip_blanks(*p)) { return false; }
    *p = end;
    return true;
}

/* "(1,0,0)" of as many numbers as the space has dimensions, at most three. */
static bool vector(double v[3], const char **p, unsigned n)
{
    const char *at = skip_blanks(*p);
    if (*at++ != '(') { return false; }
    for (unsigned i = 0; i < n; i++) {
        if (i > 0 && *at++ != ',') { return false; }
        if (!number(&v[i], &at)) { return false; }
        at = skip_blanks(at);
    }
    if (*at++ != ')') { return false; }
    *p = at;
    return true;
}

/* The next word of a list, or "" at its end. */
static void word(char out[32], const char **p)
{
    const char *at = skip_blanks(*p);
    size_t n = strcspn(at, " \t");
    (void)snprintf(out, 32, "%.*s", (int)(n < 31 ? n : 31), at);
    *p = at + n;
}

static int read_numbers(const header *h, double *out, const char *field, const char *value)
{
    const char *p = value;
    for (unsigned i = 0; i < h->dimension; i++) {
        if (!number(&out[i], &p)) { return fail(h, field, value, "a number for each axis"); }
    }
    return PN_OK;
}

/* ---- Fields ---------------------------------------------------------------------------------- */

static int read_type(header *h, const char *field, const char *value)
{
    static const struct { const char *name; pn_voxel_type type; } known[] = {
        {"signed char", PN_VOXEL_I8}, {"int8", PN_VOXEL_I8}, {"int8_t", PN_VOXEL_I8},
        {"uchar", PN_VOXEL_U8}, {"unsigned char", PN_VOXEL_U8}, {"uint8", PN_VOXEL_U8}, {"uint8_t", PN_VOXEL_U8},
        {"short", PN_VOXEL_I16}, {"short int", PN_VOXEL_I16}, {"signed short", PN_VOXEL_I16},
        {"signed short int", PN_VOXEL_I16}, {"int16", PN_VOXEL_I16}, {"int16_t", PN_VOXEL_I16},
        {"ushort", PN_VOXEL_U16}, {"unsigned short", PN_VOXEL_U16}, {"unsigned short int", PN_VOXEL_U16},
        {"uint16", PN_VOXEL_U16}, {"uint16_t", PN_VOXEL_U16},
        {"int", PN_VOXEL_I32}, {"signed int", PN_VOXEL_I32}, {"int32", PN_VOXEL_I32}, {"int32_t", PN_VOXEL_I32},
        {"uint", PN_VOXEL_U32}, {"unsigned int", PN_VOXEL_U32}, {"uint32", PN_VOXEL_U32}, {"uint32_t", PN_VOXEL_U32},
        {"longlong", PN_VOXEL_I64}, {"long long", PN_VOXEL_I64}, {"long long int", PN_VOXEL_I64},
        {"signed long long", PN_VOXEL_I64}, {"signed long long int", PN_VOXEL_I64}, {"int64", PN_VOXEL_I64},
        {"int64_t", PN_VOXEL_I64},
        {"ulonglong", PN_VOXEL_U64}, {"unsigned long long", PN_VOXEL_U64}, {"unsigned long long int", PN_VOXEL_U64},
        {"uint64", PN_VOXEL_U64}, {"uint64_t", PN_VOXEL_U64},
        {"float", PN_VOXEL_F32}, {"double", PN_VOXEL_F64}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcasecmp(value, known[i].name) == 0) {
            h->type = known[i].type;
            h->has_type = true;
            return PN_OK;
        }
    }
    if (strcasecmp(value, "block") == 0) { return refuse(h, field, value, "integers or reals"); }
    return fail(h, field, value, "a type such as short, unsigned char, float or double");
}

static int read_encoding(header *h, const char *field, const char *value)
{
    static const struct { const char *name; encoding encoding; } known[] = {
        {"raw", RAW}, {"gzip", GZIP}, {"gz", GZIP}, {"txt", TEXT}, {"text", TEXT}, {"ascii", TEXT}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcasecmp(value, known[i].name) == 0) {
            h->encoding = known[i].encoding;
            h->has_encoding = true;
            return PN_OK;
        }
    }
    return refuse(h, field, value, "raw, gzip or text");
}

static int read_dimension(header *h, const char *field, const char *value)
{
    const char *p = value;
    double v;
    if (!number(&v, &p) || !(v >= 1 && v <= 16) || v != floor(v)) { return fail(h, field, value, "1 to 16"); }
    if (v < 2 || v > MAX_DIM) { return refuse(h, field, value, "2, 3, or 4 with one axis of channels"); }
    h->dimension = (unsigned)v;
    return PN_OK;
}

static int read_sizes(header *h, const char *field, const char *value)
{
    double v[MAX_DIM] = {0};
    int rc = read_numbers(h, v, field, value);
    for (unsigned i = 0; rc == PN_OK && i < h->dimension; i++) {
        if (!(v[i] >= 1 && v[i] <= (double)PN_MAX_VOXELS) || v[i] != floor(v[i])) {
            return fail(h, field, value, "whole numbers from 1 on");
        }
        h->sizes[i] = (uint64_t)v[i];
    }
    h->has_sizes = rc == PN_OK;
    return rc;
}

static int read_endian(header *h, const char *field, const char *value)
{
    h->big_endian = strcasecmp(value, "big") == 0;
    h->has_endian = true;
    return h->big_endian || strcasecmp(value, "little") == 0 ? PN_OK : fail(h, field, value, "little or big");
}

static int read_space(header *h, const char *field, const char *value)
{
    static const struct { const char *name, *abbreviation; double turn[3]; } known[] = {
        {"left-posterior-superior", "LPS", {1, 1, 1}},
        {"right-anterior-superior", "RAS", {-1, -1, 1}},
        {"left-anterior-superior", "LAS", {1, -1, 1}},
        {"scanner-xyz", "scanner-xyz", {1, 1, 1}},
        {"3D-right-handed", "3D-right-handed", {1, 1, 1}},
        {"3D-left-handed", "3D-left-handed", {1, 1, 1}}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcasecmp(value, known[i].name) == 0 || strcasecmp(value, known[i].abbreviation) == 0) {
            memcpy(h->turn, known[i].turn, sizeof h->turn);
            h->space_dimension = 3;
            h->has_space = true;
            h->unknown_space = i > 2;
            return PN_OK;
        }
    }
    return refuse(h, field, value, "left-posterior-superior, right-anterior-superior or left-anterior-superior");
}

static int read_space_dimension(header *h, const char *field, const char *value)
{
    if (strcmp(value, "2") != 0 && strcmp(value, "3") != 0) { return refuse(h, field, value, "2 or 3"); }
    h->space_dimension = (unsigned)(value[0] - '0');
    h->has_space = h->unknown_space = true;
    return PN_OK;
}

static int read_directions(header *h, const char *field, const char *value)
{
    const char *p = value;
    if (!h->has_space) { return fail(h, field, value, "\"space\" before it"); }
    for (unsigned i = 0; i < h->dimension; i++) {
        const char *at = skip_blanks(p);
        if (strncasecmp(at, "none", 4) == 0) {
            p = at + 4;
        } else if (vector(h->directions[i], &p, h->space_dimension)) {
            h->has_direction[i] = true;
        } else {
            return fail(h, field, value, "(x,y,z) or none for each axis");
        }
    }
    h->has_directions = true;
    return PN_OK;
}

static int read_origin(header *h, const char *field, const char *value)
{
    const char *p = value;
    if (!h->has_space) { return fail(h, field, value, "\"space\" before it"); }
    return vector(h->origin, &p, h->space_dimension) ? PN_OK : fail(h, field, value, "(x,y,z)");
}

static int read_spacings(header *h, const char *field, const char *value)
{
    h->has_spacings = true;
    return read_numbers(h, h->spacings, field, value);
}

static int read_mins(header *h, const char *field, const char *value)
{
    return read_numbers(h, h->mins, field, value);
}

static int read_kinds(header *h, const char *field, const char *value)
{
    const char *p = value;
    (void)field;
    for (unsigned i = 0; i < h->dimension; i++) {
        char kind[32];
        word(kind, &p);
        h->other_kind[i] = strcasecmp(kind, "domain") != 0 && strcasecmp(kind, "space") != 0 &&
                           strcmp(kind, "???") != 0 && strcasecmp(kind, "none") != 0 && kind[0] != '\0';
    }
    return PN_OK;
}

static int read_skip(const header *h, long long *out, long long least, const char *field, const char *value)
{
    char *end;
    errno = 0;
    *out = strtoll(value, &end, 10);
    if (end == value || errno != 0 || *out < least || *out > LLONG_MAX / 2) {
        return fail(h, field, value, "a whole number");
    }
    return PN_OK;
}

static int read_line_skip(header *h, const char *field, const char *value)
{
    return read_skip(h, &h->line_skip, 0, field, value);
}

static int read_byte_skip(header *h, const char *field, const char *value)
{
    return read_skip(h, &h->byte_skip, -1, field, value);
}

/* A header may come from anywhere: it names no file but its neighbour. */
static int read_data_file(header *h, const char *field, const char *value)
{
    if (strncmp(value, "LIST", 4) == 0 || strchr(value, '%') != NULL || strchr(value, ' ') != NULL) {
        return refuse(h, field, value, "one file");
    }
    if (strchr(value, '/') != NULL || value[0] == '\0' || strlen(value) >= NAME_SIZE) {
        return fail(h, field, value, "the name of a file in the header's own folder");
    }
    (void)snprintf(h->data_file, sizeof h->data_file, "%s", value);
    return PN_OK;
}

typedef int read_fn(header *h, const char *field, const char *value);

/* What is not listed here (content, thicknesses, centers, units ...) says nothing about voxels and
 * their places. */
static const struct { const char *name; bool per_axis; read_fn *read; } fields[] = {
    {"type", false, read_type},          {"dimension", false, read_dimension},
    {"sizes", true, read_sizes},         {"encoding", false, read_encoding},
    {"endian", false, read_endian},      {"space", false, read_space},
    {"space dimension", false, read_space_dimension},
    {"space directions", true, read_directions}, {"space origin", false, read_origin},
    {"spacings", true, read_spacings},   {"axis mins", true, read_mins}, {"axismins", true, read_mins},
    {"kinds", true, read_kinds},         {"line skip", false, read_line_skip},
    {"lineskip", false, read_line_skip}, {"byte skip", false, read_byte_skip},
    {"byteskip", false, read_byte_skip}, {"data file", false, read_data_file},
    {"datafile", false, read_data_file},
};

static int read_field(header *h, char *line)
{
    char *colon = strstr(line, ": ");
    if (line[0] == '#' || strstr(line, ":=") != NULL) { return PN_OK; }
    if (colon == NULL) {
        char *last = strchr(line, ':');
        if (last == NULL || last[1] != '\0') { return fail(h, "a line of the header", line, "\"field: value\""); }
        return PN_OK;
    }
    *colon = '\0';
    const char *value = skip_blanks(colon + 2);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (strcasecmp(line, fields[i].name) != 0) { continue; }
        if ((h->seen >> i & 1) != 0) { return fail(h, fields[i].name, value, "each field once"); }
        h->seen |= (uint32_t)1 << i;
        if (fields[i].per_axis && h->dimension == 0) {
            return fail(h, fields[i].name, value, "\"dimension\" before it");
        }
        return fields[i].read(h, fields[i].name, value);
    }
    return PN_OK;
}

/* The header's lines; *used: where the voxels begin. */
static int read_header(header *h, size_t *used, const uint8_t *bytes, size_t n)
{
    char line[MAX_LINE];
    size_t at = 0;
    for (size_t number_of_line = 0; at < n; number_of_line++) {
        const uint8_t *end = memchr(bytes + at, '\n', n - at);
        size_t length = end != NULL ? (size_t)(end - bytes) - at : n - at;
        if (length >= MAX_LINE || at + length > MAX_HEADER) {
            return pn_fail(h->err, PN_ELIMIT, "%s: line %zu of the header is too long, or the header is",
                           h->name, number_of_line + 1);
        }
        memcpy(line, bytes + at, length);
        at += length + (end != NULL);
        while (length > 0 && isspace((unsigned char)line[length - 1])) { length--; }
        line[length] = '\0';
        if (strlen(line) != length) {
            return pn_fail(h->err, PN_EFORMAT, "%s: line %zu of the header holds a zero byte", h->name, number_of_line + 1);
        }
        if (length == 0) { break; }
        int rc = number_of_line > 0 ? read_field(h, line) : PN_OK;
        if (rc != PN_OK) { return rc; }
    }
    *used = at < n ? at : n;
    return PN_OK;
}

static int check_complete(const header *h)
{
    const char *missing = h->dimension == 0 ? "dimension" : !h->has_sizes ? "sizes" : !h->has_type ? "type"
                        : !h->has_encoding ? "encoding" : NULL;
    if (missing == NULL && !h->has_endian && h->encoding != TEXT && pn_voxel_size(h->type) > 1) { missing = "endian"; }
    return missing == NULL ? PN_OK
                           : pn_fail(h->err, PN_EFORMAT, "%s: the header has no \"%s\"", h->name, missing);
}

/* ---- Axes ------------------------------------------------------------------------------------ */

/* The axis that is none in space, or -1. */
static int channel_axis(int *axis, const header *h)
{
    *axis = -1;
    for (unsigned i = 0; i < h->dimension; i++) {
        bool other = h->other_kind[i] || (h->has_directions && !h->has_direction[i]);
        if (other && *axis >= 0) { return pn_fail(h->err, PN_EUNSUPPORTED, "%s: two axes are none in space", h->name); }
        if (other) { *axis = (int)i; }
    }
    if (*axis < 0 && h->dimension == 4) {
        if (h->sizes[3] != 1 && h->sizes[0] != 1) {
            return pn_fail(h->err, PN_EUNSUPPORTED, "%s holds a series of %llu volumes, expected one", h->name,
                           (unsigned long long)h->sizes[3]);
        }
        *axis = h->sizes[3] == 1 ? 3 : 0;
    }
    if (*axis > 0 && *axis + 1 < (int)h->dimension) {
        return pn_fail(h->err, PN_EUNSUPPORTED, "%s: axis %d is none in space, expected the first or the last",
                       h->name, *axis + 1);
    }
    return PN_OK;
}

static int set_grid(pn_image *im, const header *h, int channels)
{
    double axes[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
    rx_grid *g = &im->grid;
    int to = 0;
    for (int i = 0; i < (int)h->dimension; i++) {
        if (i == channels) { continue; }
        g->dim[to] = (size_t)h->sizes[i];
        if (h->has_directions) {
            for (int r = 0; r < 3; r++) { axes[to][r] = h->turn[r] * h->directions[i][r]; }
        } else {
            axes[to][to] = h->has_spacings && !isnan(h->spacings[i]) ? h->spacings[i] : 1;
            g->origin_mm[to] = isfinite(h->mins[i]) ? h->mins[i] : 0;
        }
        to++;
    }
    if (to < 2) { return pn_fail(h->err, PN_EUNSUPPORTED, "%s has one axis in space, expected 3", h->name); }
    if (to == 2) { g->dim[2] = 1; }
    if (to == 2 && h->has_directions) {                     /* the third is across the two    */
        const double *x = axes[0], *y = axes[1];
        double z[3] = {x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]};
        double length = sqrt(z[0] * z[0] + z[1] * z[1] + z[2] * z[2]);
        for (int r = 0; r < 3; r++) { axes[2][r] = z[r] / length; }
    }
    for (int r = 0; r < 3 && h->has_space; r++) { g->origin_mm[r] = h->turn[r] * h->origin[r]; }
    im->channels = channels < 0 ? 1 : (unsigned)(h->sizes[channels] < UINT_MAX ? h->sizes[channels] : UINT_MAX);
    if (h->unknown_space) {
        (void)snprintf(im->note, sizeof im->note, "the file's space is not the patient's; taken as LPS");
    } else if (!h->has_space) {
        (void)snprintf(im->note, sizeof im->note, "the file says nothing about the patient's position");
    }
    return pn_image_axes(im, axes, h->name, h->err);
}

/* ---- Voxels ---------------------------------------------------------------------------------- */

static int skip_lines(const header *h, const uint8_t **p, size_t *n)
{
    for (long long i = 0; i < h->line_skip; i++) {
        const uint8_t *end = memchr(*p, '\n', *n);
        if (end == NULL) { return pn_fail(h->err, PN_EFORMAT, "%s: fewer than %lld lines to skip", h->name, h->line_skip); }
        *n -= (size_t)(end + 1 - *p);
        *p = end + 1;
    }
    return PN_OK;
}

static void store(void *voxels, size_t i, pn_voxel_type type, double v, long long whole)
{
    switch (type) {
    case PN_VOXEL_I8:  ((int8_t *)voxels)[i] = (int8_t)whole; break;
    case PN_VOXEL_U8:  ((uint8_t *)voxels)[i] = (uint8_t)whole; break;
    case PN_VOXEL_I16: ((int16_t *)voxels)[i] = (int16_t)whole; break;
    case PN_VOXEL_U16: ((uint16_t *)voxels)[i] = (uint16_t)whole; break;
    case PN_VOXEL_I32: ((int32_t *)voxels)[i] = (int32_t)whole; break;
    case PN_VOXEL_U32: ((uint32_t *)voxels)[i] = (uint32_t)whole; break;
    case PN_VOXEL_I64: ((int64_t *)voxels)[i] = (int64_t)whole; break;
    case PN_VOXEL_U64: ((uint64_t *)voxels)[i] = (uint64_t)whole; break;
    case PN_VOXEL_F32: ((float *)voxels)[i] = (float)v; break;
    case PN_VOXEL_F64: ((double *)voxels)[i] = v; break;
    }
}

/* Numbers between blanks, commas or line ends. */
static int load_text(void *voxels, const header *h, size_t n, const uint8_t *p, size_t left)
{
    for (size_t i = 0; i < n; i++) {
        char text[64];
        size_t length = 0;
        while (left > 0 && (isspace(*p) || *p == ',')) { p++; left--; }
        while (left > 0 && !isspace(*p) && *p != ',' && length + 1 < sizeof text) {
            text[length++] = (char)*p++;
            left--;
        }
        text[length] = '\0';
        if (length == 0) { return pn_fail(h->err, PN_EFORMAT, "%s is truncated: %zu voxels, expected %zu", h->name, i, n); }
        char *end;
        double v = strtod(text, &end);
        long long whole = strtoll(text, NULL, 10);
        bool real = h->type == PN_VOXEL_F32 || h->type == PN_VOXEL_F64;
        store(voxels, i, h->type, v, whole);
        const pn_image stored = {.type = h->type, .voxels = voxels};
        if (*end != '\0' || (!real && v != pn_image_value(&stored, i))) {
            return fail(h, "a voxel", text, "a number of the file's type");
        }
    }
    return PN_OK;
}

static int load_bytes(void **out, const header *h, uint64_t count, const uint8_t *p, size_t n, bool mapped)
{
    uint64_t size = count * pn_voxel_size(h->type);
    int rc = skip_lines(h, &p, &n);
    if (rc != PN_OK) { return rc; }
    uint64_t skip = h->byte_skip > 0 ? (uint64_t)h->byte_skip : 0;
    if (h->byte_skip == -1) {
        if (h->encoding != RAW) { return pn_fail(h->err, PN_EFORMAT, "%s: byte skip -1 is for raw data", h->name); }
        skip = n > size ? n - size : 0;
    }
    uint64_t most = h->encoding == GZIP ? pn_inflate_bound(n) : h->encoding == RAW ? n
                    : (uint64_t)n * pn_voxel_size(h->type);
    if (most < skip || most - skip < size) {
        return pn_fail(h->err, PN_EFORMAT, "%s is truncated: %llu voxels of %zu bytes cannot be in its %zu bytes",
                       h->name, (unsigned long long)count, pn_voxel_size(h->type), n);
    }
    size_t before = h->encoding == GZIP ? (size_t)skip : 0;
    uint8_t *voxels = malloc(before + (size_t)size);
    if (voxels == NULL) { return pn_fail_transient(h->err, PN_ENOMEM, "no memory for %llu voxels of %s", (unsigned long long)count, h->name); }
    switch (h->encoding) {
    case RAW: pn_copy_out(voxels, p + skip, (size_t)size, mapped); break;
    case GZIP: rc = pn_inflate(voxels, before + (size_t)size, p, n, h->name, h->err); break;
    case TEXT: rc = load_text(voxels, h, (size_t)count, p + skip, n - (size_t)skip); break;
    }
    if (rc != PN_OK) {
        free(voxels);
        return rc;
    }
    if (before > 0) { memmove(voxels, voxels + before, (size_t)size); }
    *out = voxels;
    return PN_OK;
}

/* One channel of those that lie beside each other (axis 0) or one behind the other. */
static void pick(pn_image *im, bool beside, unsigned channel)
{
    size_t size = pn_voxel_size(im->type);
    uint8_t *p = im->voxels;
    if (im->channels == 1) { return; }
    if (!beside) {
        memmove(p, p + channel * im->n * size, im->n * size);
        return;
    }
    for (size_t i = 0; i < im->n; i++) { memmove(p + i * size, p + (i * im->channels + channel) * size, size); }
}

static int load_voxels(pn_image *im, const header *h, const uint8_t *p, size_t n, bool mapped, unsigned channel,
                       bool beside)
{
    if (channel >= im->channels && im->channels > 1) {
        return pn_fail(h->err, PN_ELIMIT, "%s has %u channels, expected a channel 0 to %u, not %u", h->name,
                       im->channels, im->channels - 1, channel);
    }
    if ((uint64_t)im->channels * im->n > PN_MAX_VOXELS) {
        return pn_fail(h->err, PN_ELIMIT, "%s states %u channels of %zu voxels, expected at most %llu voxels",
                       h->name, im->channels, im->n, PN_MAX_VOXELS);
    }
    int rc = load_bytes(&im->voxels, h, (uint64_t)im->channels * im->n, p, n, mapped);
    if (rc != PN_OK) { return rc; }
    pick(im, beside, channel);
    if (h->has_endian && h->big_endian && h->encoding != TEXT) {
        pn_swap_bytes(im->voxels, im->n, pn_voxel_size(im->type));
    }
    return PN_OK;
}

static int load_beside(pn_image *im, const header *h, const char *folder, unsigned channel, bool beside)
{
    char path[PN_PATH_SIZE];
    if (folder == NULL) { return pn_fail(h->err, PN_EUNSUPPORTED, "%s has its voxels in another file", h->name); }
    size_t length = strlen(folder);
    int made = snprintf(path, sizeof path, "%s%s%s", folder, length > 0 && folder[length - 1] == '/' ? "" : "/", h->data_file);
    if (made < 0 || (size_t)made >= sizeof path) { return pn_fail(h->err, PN_ELIMIT, "the path of %s's data file is too long", h->name); }
    pn_mapped file;
    int rc = pn_mapped_open(&file, path, h->err);
    if (rc != PN_OK) { return rc; }
    rc = load_voxels(im, h, file.p, file.n, true, channel, beside);
    pn_mapped_close(&file);
    return rc;
}

int pn_nrrd_parse(pn_image *out, const uint8_t *bytes, size_t n, const char *name, const char *folder,
                  unsigned channel, pn_error *err)
{
    header h = {.name = name, .err = err, .turn = {1, 1, 1}};
    size_t used = 0;
    int channels = -1;
    int rc = read_header(&h, &used, bytes, n);
    if (rc == PN_OK) { rc = check_complete(&h); }
    if (rc == PN_OK) { rc = channel_axis(&channels, &h); }
    if (rc == PN_OK) { rc = set_grid(out, &h, channels); }
    if (rc == PN_OK) { rc = pn_image_count(out, name, err); }
    if (rc != PN_OK) { return rc; }
    out->type = h.type;
    if (h.data_file[0] != '\0') { return load_beside(out, &h, folder, channel, channels == 0); }
    return load_voxels(out, &h, bytes + used, n - used, folder != NULL, channel, channels == 0);
}
