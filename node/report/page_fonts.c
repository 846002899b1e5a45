/* report/page_fonts.c - see page_fonts.h. */
#include "report/page_fonts.h"

#include <cairo-ft.h>
#include <fcntl.h>
#include <ft2build.h>
#include FT_FREETYPE_H
#include <hb-ot.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOTO   "/usr/share/fonts/truetype/noto/"
#define DEJAVU "/usr/share/fonts/truetype/dejavu/"
#define CJK    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"

enum { MAX_FONT_BYTES = 64 << 20 };

/* Both weights of a face; `bold` NULL: drawn with a thicker pen. */
static const struct { const char *regular, *bold; } files[PN_MAX_FONTS] = {
    {NOTO "NotoSans-Regular.ttf", NOTO "NotoSans-Bold.ttf"},
    {NOTO "NotoSansHebrew-Regular.ttf", NOTO "NotoSansHebrew-Bold.ttf"},
    {NOTO "NotoSansArabic-Regular.ttf", NOTO "NotoSansArabic-Bold.ttf"},
    {NOTO "NotoSansThai-Regular.ttf", NOTO "NotoSansThai-Bold.ttf"},
    {NOTO "NotoSansDevanagari-Regular.ttf", NOTO "NotoSansDevanagari-Bold.ttf"},
    {NOTO "NotoSansArmenian-Regular.ttf", NOTO "NotoSansArmenian-Bold.ttf"},
    {NOTO "NotoSansGeorgian-Regular.ttf", NOTO "NotoSansGeorgian-Bold.ttf"},
    {CJK, NULL},
    {DEJAVU "DejaVuSans.ttf", DEJAVU "DejaVuSans-Bold.ttf"},
};

/* What is loaded stays: its files cannot be opened again in the sandbox. */
static pn_fonts loaded;
static FT_Library library;

/* NULL: not there, or not to be read. */
static void *map_file(size_t *n, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) { return NULL; }
    struct stat st;
    void *p = MAP_FAILED;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
        st.st_size <= MAX_FONT_BYTES) {
        *n = (size_t)st.st_size;
        p = mmap(NULL, *n, PROT_READ, MAP_PRIVATE, fd, 0);
    }
    close(fd);
    return p == MAP_FAILED ? NULL : p;
}

/* False where the file is no font or memory ends; the mapping then stays until the end. */
static bool open_font(pn_font *out, const void *bytes, size_t n, bool thicker)
{
    FT_Face face;
    if (FT_New_Memory_Face(library, bytes, (FT_Long)n, 0, &face) != 0) { return false; }
    hb_blob_t *blob = hb_blob_create(bytes, (unsigned)n, HB_MEMORY_MODE_READONLY, NULL, NULL);
    hb_face_t *shape_face = hb_face_create(blob, 0);
    out->shape = hb_font_create(shape_face);
    out->units_per_em = hb_face_get_upem(shape_face);
    hb_face_destroy(shape_face);
    hb_blob_destroy(blob);
    out->draw = cairo_ft_font_face_create_for_ft_face(face, FT_LOAD_NO_HINTING | FT_LOAD_NO_BITMAP);
    if (thicker) { cairo_ft_font_face_set_synthesize(out->draw, CAIRO_FT_SYNTHESIZE_BOLD); }
    return out->shape != hb_font_get_empty() && out->units_per_em > 0 &&
           cairo_font_face_status(out->draw) == CAIRO_STATUS_SUCCESS;
}

static void add_font(pn_weight weight, const char *path, bool thicker)
{
    size_t n = 0;
    void *bytes = map_file(&n, path);
    if (bytes == NULL) { return; }
    if (open_font(&loaded.font[weight][loaded.n[weight]], bytes, n, thicker)) { loaded.n[weight]++; }
}

int pn_fonts_load(pn_error *err)
{
    if (loaded.n[PN_REGULAR] > 0) { return PN_OK; }
    if (library == NULL && FT_Init_FreeType(&library) != 0) {
        return pn_fail_transient(err, PN_ENOMEM, "no memory for fonts");
    }
    for (size_t i = 0; i < PN_MAX_FONTS && files[i].regular != NULL; i++) {
        add_font(PN_REGULAR, files[i].regular, false);
        add_font(PN_BOLD, files[i].bold != NULL ? files[i].bold : files[i].regular,
                 files[i].bold == NULL);
    }
    bool regular = false, bold = false;
    (void)pn_fonts_find(&loaded, PN_REGULAR, 'a', &regular);
    (void)pn_fonts_find(&loaded, PN_BOLD, 'a', &bold);
    if (regular && bold) { return PN_OK; }
    loaded = (pn_fonts){0};
    return pn_fail(err, PN_ECONFIG, "no font for the picture page: install the packages "
                   "fonts-noto-core (or fonts-dejavu-core) and fonts-wqy-microhei");
}

const pn_fonts *pn_fonts_loaded(void) { return &loaded; }

size_t pn_fonts_find(const pn_fonts *f, pn_weight weight, unsigned character, bool *found)
{
    for (size_t i = 0; i < f->n[weight]; i++) {
        hb_codepoint_t glyph = 0;
        if (hb_font_get_nominal_glyph(f->font[weight][i].shape, character, &glyph)) {
            *found = true;
            return i;
        }
    }
    *found = false;
    return 0;
}
