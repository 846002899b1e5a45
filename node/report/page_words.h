/* report/page_words.h - the texts of the picture page. Sentences and numbers that the SR has too
 * come from words.h, so that both say the same; here is what only the page shows. */
#ifndef PN_REPORT_PAGE_WORDS_H
#define PN_REPORT_PAGE_WORDS_H
#include "report/words.h"

/* The texts that only the page has; PN_WORDS_SIZE each, cut at a character's edge. */
void pn_page_cutpoint_text(char out[PN_WORDS_SIZE], const pn_messages *m, double cutpoint);
void pn_page_gate_text(char out[PN_WORDS_SIZE], const pn_messages *m, const pn_report_gate *g);
void pn_page_percentile_text(char out[PN_WORDS_SIZE], const pn_messages *m, const pn_report_driver *d);
/* Another region that the model was applied to: its name, group and score. */
void pn_page_other_text(char out[PN_WORDS_SIZE], const pn_messages *m, const pn_report_region *region);

/* Key slices. */
void pn_page_slice_text(char out[PN_WORDS_SIZE], const pn_messages *m, size_t number, size_t count, double z_mm);
void pn_page_area_text(char out[PN_WORDS_SIZE], const pn_messages *m, double area_mm2, bool largest);
void pn_page_window_text(char out[PN_WORDS_SIZE], const pn_messages *m, double low, double high,
                         const char *modality);

/* Curves. */
void pn_page_group_text(char out[PN_WORDS_SIZE], const pn_messages *m, bool high, bool own);

/* Head and foot. */
void pn_page_person_name(char out[PN_WORDS_SIZE], const char *name);   /* "Müller, Jörg"     */
void pn_page_date(char out[PN_WORDS_SIZE], const char *yyyymmdd);      /* "2026-03-01"; else as it is */
void pn_page_model_line(char out[PN_WORDS_SIZE], const pn_messages *m, const pn_report *r);
void pn_page_made_text(char out[PN_WORDS_SIZE], const pn_messages *m, const pn_report *r);

#endif
