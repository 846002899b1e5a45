/* report/sr_writer.h - what the parts of the Structured Report share. Private to sr_*.c. */
#ifndef PN_REPORT_SR_WRITER_H
#define PN_REPORT_SR_WRITER_H
#include "dicom/sr.h"
#include "report/messages.h"
#include "report/report.h"

#define PN_SEGMENTATION_STORAGE "1.2.840.10008.5.1.4.1.1.66.4"

typedef struct pn_sr_writer {
    pn_sr *sr;
    const pn_report *report;
    const pn_sr_form *form;
    const pn_messages *words;
} pn_sr_writer;

/* NaN and infinity are told by their qualifier; a number is never made up. */
void pn_sr_put_number(pn_sr_writer *w, pn_code_triple name, double v, rx_why why,
                      pn_code_triple unit);
/* The same for a number that is left out where it is not known. */
void pn_sr_put_known(pn_sr_writer *w, pn_code_triple name, double v, pn_code_triple unit);
void pn_sr_put_risk_level(pn_sr_writer *w, const pn_report_result *result);
/* TID 4019: name and version, then each parameter as "name: value". */
void pn_sr_put_algorithm(pn_sr_writer *w, const char *name, const char *version);
void pn_sr_put_parameter(pn_sr_writer *w, const char *name, const char *value);

/* TID 1411: the measurement group of a region (sr_group.c). */
void pn_sr_put_group(pn_sr_writer *w, const pn_report_region *region);
/* A group for each filtered image of the region. Fails: PN_EINVAL (a feature without a code), PN_ENOMEM. */
PN_CHECKED int pn_sr_put_filtered(pn_sr_writer *w, const pn_report_region *region, pn_error *err);
/* Horizons with their intervals, as numbers. */
void pn_sr_put_survival(pn_sr_writer *w, const pn_report_result *result);
/* What the first n features of the model did, or where they lie where there is no score. */
void pn_sr_put_drivers(pn_sr_writer *w, const pn_report_result *result, size_t n);
/* Each gate as a code, and each as a sentence: among the evaluations codes stand first. */
void pn_sr_put_gates(pn_sr_writer *w, const pn_report_result *result);
void pn_sr_put_gate_statements(pn_sr_writer *w, const pn_report_result *result);
/* Score, cut-point, interval, agreement and distance, as numbers. */
void pn_sr_put_score(pn_sr_writer *w, const pn_report_result *result);

/* Derived Imaging Measurements and Qualitative Evaluations (sr_result.c). */
void pn_sr_put_derived(pn_sr_writer *w);
void pn_sr_put_evaluations(pn_sr_writer *w);

#endif
