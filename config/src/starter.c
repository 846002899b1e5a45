#include <config/node.h>

#include <string.h>

#include "text.h"

static void add_key(txt_buf *b, const char *key, const char *text)
{
    txt_add(b, "%s: ", key);
    txt_add_quoted(b, text);
    txt_add(b, "\n");
}

/* What is no number is written as a text, which the reader refuses by name. */
static void add_number(txt_buf *b, const char *key, const char *text)
{
    if (text[0] == '\0' || text[strspn(text, "0123456789")] != '\0') { add_key(b, key, text); }
    else { txt_add(b, "%s: %s\n", key, text); }
}

static void add_node(txt_buf *b, const cfg_starter *s)
{
    txt_add(b, "# The configuration of a prognode node. After a change: prognode check-config FILE\n"
               "# Every further key, with its meaning, range and default: prognode check-config --reference\n"
               "# Relative paths are taken from the folder of this file.\n\nnode:\n");
    add_key(b, "  ae_title", s->ae_title);
    txt_add(b, "  listen: 127.0.0.1          # this host only; 0.0.0.0 to be reached from others\n");
    add_number(b, "  port", s->port);
    txt_add(b, "\nspool:                       # received objects, results and reports\n");
    add_key(b, "  folder", s->spool);
    if (s->clinical_table) {
        txt_add(b, "\ncases:\n");
        add_key(b, "  clinical_table", s->clinical_table);
    }
}

static void add_archive(txt_buf *b, const cfg_starter *s)
{
    txt_add(b, "\narchives:                    # each report is sent to all of them\n"
               "  - name: pacs               # your own word for it\n");
    add_key(b, "    ae_title", s->archive_ae_title);
    add_key(b, "    host", s->archive_host);
    add_number(b, "    port", s->archive_port);
    txt_add(b, "    query: none              # move or get: fetch missing images from here\n"
               "    commitment: none         # event or find: ask it whether it keeps the reports\n");
}

static void add_model(txt_buf *b, const cfg_starter *s)
{
    txt_add(b, "\nmodels:\n");
    add_key(b, "  - file", s->model);
    if (s->n_contours == 0) {
        txt_add(b, "    # contours: [\"GTV*\"]     # instead of the model's own list\n");
        return;
    }
    txt_add(b, "    contours: [");
    for (size_t i = 0; i < s->n_contours; i++) {
        if (i) { txt_add(b, ", "); }
        txt_add_quoted(b, s->contours[i]);
    }
    txt_add(b, "]\n");
}

char *cfg_node_starter(const cfg_starter *s)
{
    txt_buf b = {0};
    add_node(&b, s);
    add_archive(&b, s);
    add_model(&b, s);
    if (b.failed) { txt_buf_free(&b); }
    return b.text;
}
