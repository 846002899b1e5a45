/* report/words.h - wording that must be the same in every form of a report. */
#ifndef PN_REPORT_WORDS_H
#define PN_REPORT_WORDS_H
#include <stdbool.h>
#include <stddef.h>
#include "report/report.h"

/* Manufacturer of everything that the node makes. */
#define PN_MANUFACTURER "prognode"

/* "High risk", "Low risk", "Not assessed". */
const char *pn_report_risk_word(const pn_report *r);
/* True where the endpoint is death of any cause, so that "survival" says what is meant. */
bool pn_report_plain_survival(const pn_report *r);
/* "Predicted 3-year survival", or "... event-free probability" for any other endpoint. */
void pn_report_survival_name(char *buf, size_t size, const pn_report *r, double years);

#endif
