/* report/words.h - what a report says, word for word: the same in the SR, on the picture page and
 * in the terminal. Numbers are rounded here and nowhere else, so that no two forms differ.
 *
 * Every function writes a whole text into buf, cut at a character's edge where size is too small;
 * PN_WORDS_SIZE is enough for any. Results are those of r's regions. */
#ifndef PN_REPORT_WORDS_H
#define PN_REPORT_WORDS_H
#include <stdbool.h>
#include <stddef.h>
#include "report/messages.h"
#include "report/report.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Manufacturer of everything that the node makes. */
#define PN_MANUFACTURER "prognode"

enum { PN_WORDS_SIZE = 1536, PN_NUMBER_SIZE = 32 };

/* ---- Numbers: four significant digits, whole from 10,000 on; "-" where there is none -------- */
void pn_words_number(char buf[PN_NUMBER_SIZE], double v);
void pn_words_percent(char buf[PN_NUMBER_SIZE], double share);      /* 0.87654 → "87.7" */
void pn_words_percentile(char buf[PN_NUMBER_SIZE], double percentile);   /* 93.2 → "93"  */
/* A feature's name without the word for unfiltered images: "glcm_JointEntropy"; a variable of the
 * patient with its unit: "Age (years)". Lent. */
const char *pn_words_feature(const char *full_name);

/* ---- The result of a region ------------------------------------------------------------------ */
/* "High risk", "Low risk", "Not assessed". Lent by m. */
const char *pn_words_risk(const pn_messages *m, const pn_report_result *result);
/* Whether the model applies, and if not or not quite, why: by the gravest gate. */
void pn_words_applies(char *buf, size_t size, const pn_messages *m, const pn_report *r,
                      const pn_report_result *result);
/* Score, its interval, the cut-point, how many resampled models or networks agree. result->applicable. */
void pn_words_certainty(char *buf, size_t size, const pn_messages *m, const pn_report *r,
                        const pn_report_result *result);
/* True where the interval holds the cut-point, so that either group may be right; said above. */
bool pn_words_unsure(const pn_report *r, const pn_report_result *result);
/* "3-year survival" or, for other endpoints than death, "3-year event-free probability". */
void pn_words_survival_name(char *buf, size_t size, const pn_messages *m, const pn_report *r,
                            const pn_report_survival *s);
/* "87.7 % (95 % interval 80.0 to 95.0 %)". */
void pn_words_survival(char *buf, size_t size, const pn_messages *m, const pn_report_survival *s);
/* What a feature did to the score; where there is no score, where it lies. */
void pn_words_driver(char *buf, size_t size, const pn_messages *m, const pn_report_driver *d);
/* Its name, lent by m, and what is to be said of it: "slice spacing is 7.5 mm; the model is ...". */
const char *pn_words_gate_name(const pn_messages *m, const pn_report_gate *gate);
void pn_words_gate(char *buf, size_t size, const pn_messages *m, const pn_report_gate *gate);
/* "passed", "not met". Lent by m. */
const char *pn_words_gate_state(const pn_messages *m, pn_gate_state state);

/* ---- The report ------------------------------------------------------------------------------ */
/* Name, kind of contour object, voxels and volume. */
void pn_words_contour(char *buf, size_t size, const pn_messages *m, const pn_report *r,
                      const pn_report_region *region);
/* The region's name, "Region 4" where it has none. */
void pn_words_region(char *buf, size_t size, const pn_messages *m, const pn_report_region *region);
void pn_words_model(char *buf, size_t size, const pn_messages *m, const pn_report *r);
/* Patients, events and C-index of the training; "" where the model does not tell. */
void pn_words_training(char *buf, size_t size, const pn_messages *m, const pn_report *r);
/* A figure of the model card: "C-index 0.61, 95 % interval 0.55 to 0.67 (10-fold ...)." */
void pn_words_figure(char *buf, size_t size, const pn_messages *m, const cfg_figure *f);
/* The name of the report's series, and the part of it that every object of the case shares. */
void pn_words_series(char *buf, size_t size, const pn_messages *m, const pn_report *r);

/* ---- Always English: code meanings and JSON ------------------------------------------------- */
const char *pn_report_risk_word(const pn_report_result *result);
/* True where the endpoint is death of any cause, so that "survival" says what is meant. */
bool pn_report_plain_survival(const pn_report *r);
/* "Predicted 3-year survival", or "... event-free probability" for any other endpoint. */
void pn_report_survival_name(char *buf, size_t size, const pn_report *r, double years);

#ifdef __cplusplus
}
#endif
#endif
