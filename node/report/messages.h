/* report/messages.h - every sentence and title that a reader sees, by language.
 *
 * The texts stand in config/messages/<language>.yaml and are part of the binary. A text holds
 * named placeholders such as {score}; each language has those of the English text. What goes
 * into them is inserted as it is and never read for placeholders again. Code meanings of the SR
 * are no messages: they stay English (report/sr_codes.h). */
#ifndef PN_REPORT_MESSAGES_H
#define PN_REPORT_MESSAGES_H
#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The name of a gate of the model's intended use, and what is said of it in each state. */
#define PN_GATE_MESSAGES(X, GATE, key)                                                             \
    X(GATE_##GATE##_NAME, "gate." key ".name")                                                     \
    X(GATE_##GATE##_PASSED, "gate." key ".passed")                                                 \
    X(GATE_##GATE##_WARNED, "gate." key ".warned")                                                 \
    X(GATE_##GATE##_FAILED, "gate." key ".failed")                                                 \
    X(GATE_##GATE##_UNKNOWN, "gate." key ".unknown")

#define PN_MESSAGES(X)                                                                             \
    /* the result, in the order in which it is told */                                             \
    X(APPLIES_INSIDE, "applies.inside")                                                            \
    X(APPLIES_REMARK, "applies.remark")                                                            \
    X(APPLIES_OUTSIDE, "applies.outside")                                                          \
    X(APPLIES_MORE, "applies.more")                                                                \
    X(RISK_TITLE, "risk.title")                                                                    \
    X(RISK_HIGH, "risk.high")                                                                      \
    X(RISK_LOW, "risk.low")                                                                        \
    X(RISK_NONE, "risk.none")                                                                      \
    X(CERTAINTY_TITLE, "certainty.title")                                                          \
    X(CERTAINTY_SCORE, "certainty.score")                                                          \
    X(CERTAINTY_INTERVAL, "certainty.interval")                                                    \
    X(CERTAINTY_AGREEMENT, "certainty.agreement")                                                  \
    X(CERTAINTY_NETWORKS, "certainty.networks")                                                    \
    X(CERTAINTY_NETWORKS_AGREE, "certainty.networks_agree")                                        \
    X(CERTAINTY_UNKNOWN, "certainty.unknown")                                                      \
    X(CERTAINTY_CROSSES, "certainty.crosses")                                                      \
    X(CONTOUR_TITLE, "contour.title")                                                              \
    X(CONTOUR_MEASURED, "contour.measured")                                                        \
    X(CONTOUR_VOXELS, "contour.voxels")                                                            \
    X(CONTOUR_UNNAMED, "contour.unnamed")                                                          \
    X(CONTOUR_BY_SERIES, "contour.by_series")                                                      \
    X(MODEL_TITLE, "model.title")                                                                  \
    X(MODEL_NAME, "model.name")                                                                    \
    X(MODEL_RESEARCH, "model.research")                                                            \
    X(MODEL_TRAINING, "model.training")                                                            \
    X(MODEL_TRAINING_ONLY, "model.training_only")                                                  \
    X(MODEL_PERFORMANCE, "model.performance")                                                      \
    X(MODEL_PERFORMANCE_INTERVAL, "model.performance_interval")                                    \
    X(MODEL_LIMITATIONS, "model.limitations")                                                      \
    X(RESEARCH_USE, "research_use")                                                                \
    X(SURVIVAL_TITLE, "survival.title")                                                            \
    X(SURVIVAL_EVENT_TITLE, "survival.event_title")                                                \
    X(SURVIVAL_YEARS, "survival.years")                                                            \
    X(SURVIVAL_EVENT_YEARS, "survival.event_years")                                                \
    X(SURVIVAL_VALUE, "survival.value")                                                            \
    X(SURVIVAL_INTERVAL, "survival.interval")                                                      \
    X(SURVIVAL_OF_GROUP, "survival.of_group")                                                      \
    X(DRIVERS_TITLE, "drivers.title")                                                              \
    X(DRIVERS_RAISES, "drivers.raises")                                                            \
    X(DRIVERS_LOWERS, "drivers.lowers")                                                            \
    X(DRIVERS_VALUE, "drivers.value")                                                              \
    X(VERSION_REPLACES, "version.replaces")                                                        \
    /* the name of the report's series */                                                          \
    X(SERIES_HIGH, "series.high")                                                                  \
    X(SERIES_LOW, "series.low")                                                                    \
    X(SERIES_NONE, "series.none")                                                                  \
    X(SERIES_RESEARCH, "series.research")                                                          \
    X(SERIES_PLAIN, "series.plain")                                                                \
    /* values of gates that are words */                                                           \
    X(CONTRAST_WITH, "contrast.with")                                                              \
    X(CONTRAST_WITHOUT, "contrast.without")                                                        \
    X(CONTRAST_UNKNOWN, "contrast.unknown")                                                        \
    X(ANY, "any")                                                                                  \
    X(RANGE_BETWEEN, "range.between")                                                              \
    X(RANGE_AT_LEAST, "range.at_least")                                                            \
    X(RANGE_AT_MOST, "range.at_most")                                                              \
    /* gates, in the order of pn_gate_kind */                                                      \
    PN_GATE_MESSAGES(X, MODALITY, "modality")                                                      \
    PN_GATE_MESSAGES(X, CONTRAST, "contrast")                                                      \
    PN_GATE_MESSAGES(X, SLICE_THICKNESS, "slice_thickness")                                        \
    PN_GATE_MESSAGES(X, SLICE_SPACING, "slice_spacing")                                            \
    PN_GATE_MESSAGES(X, PIXEL_SPACING, "pixel_spacing")                                            \
    PN_GATE_MESSAGES(X, MISSING_SLICES, "missing_slices")                                          \
    PN_GATE_MESSAGES(X, CONTOUR_COUNT, "contour_count")                                            \
    PN_GATE_MESSAGES(X, MEASURABLE, "measurable")                                                  \
    PN_GATE_MESSAGES(X, ROI_VOXELS, "roi_voxels")                                                  \
    PN_GATE_MESSAGES(X, VARIABLE, "variable")                                                      \
    PN_GATE_MESSAGES(X, FEATURE_RANGE, "feature_range")                                            \
    PN_GATE_MESSAGES(X, DISTANCE, "distance")                                                      \
    PN_GATE_MESSAGES(X, SCORE, "score")                                                            \
    /* the picture page's own */                                                                   \
    X(PAGE_TITLE, "page.title")                                                                    \
    X(PAGE_PATIENT, "page.patient")                                                                \
    X(PAGE_BORN, "page.born")                                                                      \
    X(PAGE_STUDY, "page.study")                                                                    \
    X(PAGE_MADE, "page.made")                                                                      \
    X(PAGE_SLICE, "page.slice")                                                                    \
    X(PAGE_APPLIES, "page.applies")                                                                \
    X(PAGE_GATE, "page.gate")                                                                      \
    X(PAGE_GATE_PASSED, "page.gate_passed")                                                        \
    X(PAGE_GATE_WARNED, "page.gate_warned")                                                        \
    X(PAGE_GATE_FAILED, "page.gate_failed")                                                        \
    X(PAGE_GATE_UNKNOWN, "page.gate_unknown")                                                      \
    X(PAGE_CURVE, "page.curve")                                                                    \
    X(PAGE_CURVE_EVENT, "page.curve_event")                                                        \
    X(PAGE_YEARS, "page.years")                                                                    \
    X(PAGE_AT_RISK, "page.at_risk")                                                                \
    X(PAGE_THIS_PATIENT, "page.this_patient")                                                      \
    X(PAGE_FEATURES, "page.features")                                                              \
    X(PAGE_PERCENTILE, "page.percentile")                                                          \
    X(PAGE_QUANTILES, "page.quantiles")                                                            \
    X(PAGE_CUTPOINT, "page.cutpoint")                                                              \
    X(PAGE_NO_CURVE, "page.no_curve")                                                              \
    X(PAGE_FULL_REPORT, "page.full_report")                                                        \
    X(PAGE_UNKNOWN, "page.unknown")                                                                \
    X(PAGE_SEX, "page.sex")                                                                        \
    X(PAGE_ACCESSION, "page.accession")                                                            \
    X(PAGE_AREA, "page.area")                                                                      \
    X(PAGE_AREA_LARGEST, "page.area_largest")                                                      \
    X(PAGE_WINDOW, "page.window")                                                                  \
    X(PAGE_OUTLINE, "page.outline")                                                                \
    X(PAGE_OTHER_OUTLINES, "page.other_outlines")                                                  \
    X(PAGE_CUTPOINT_AT, "page.cutpoint_at")                                                        \
    X(PAGE_GROUP_OWN, "page.group_own")                                                            \
    X(PAGE_OTHER_REGION, "page.other_region")                                                      \
    X(PAGE_TRIANGLES, "page.triangles")

#define PN_MESSAGE_ID(id, key) PN_MSG_##id,
typedef enum pn_msg_id { PN_MESSAGES(PN_MESSAGE_ID) PN_NMESSAGES } pn_msg_id;
#undef PN_MESSAGE_ID

typedef struct pn_messages pn_messages;

/* The texts of a language ("en", "de", "zh"; "" is English). `override_path` may be NULL or "":
 * else a YAML file with some of the keys, whose texts stand instead of our own. Caller frees.
 * Fails: PN_EUNSUPPORTED (no such language), PN_ECONFIG with file, line and key (unknown key,
 * other placeholders than ours), PN_ENOMEM. */
PN_CHECKED int pn_messages_load(pn_messages **out, const char *language, const char *override_path,
                                pn_error *err);
/* The same with the override's bytes in memory; `name` stands in messages. */
PN_CHECKED int pn_messages_parse(pn_messages **out, const char *language, const char *bytes,
                                 size_t n, const char *name, pn_error *err);
void pn_messages_free(pn_messages *m);                   /* NULL is fine */

const char *pn_msg(const pn_messages *m, pn_msg_id id);  /* lent; with its placeholders */
const char *pn_msg_key(pn_msg_id id);                    /* "gate.modality.failed"      */
const char *pn_messages_language(const pn_messages *m);  /* "en"                        */
const char *pn_messages_language_name(const pn_messages *m);   /* "English", as a code meaning */

typedef struct pn_msg_arg { const char *name, *value; } pn_msg_arg;
/* The text with its placeholders filled, cut at a character's edge where it does not fit. A
 * placeholder without an argument stays as it is. */
void pn_msg_fill(char *out, size_t size, const pn_messages *m, pn_msg_id id,
                 const pn_msg_arg *args, size_t n);
/* PN_MSG_FILL(buf, sizeof buf, m, PN_MSG_X, {"score", "1.2"}, {"cutpoint", "0.3"}) */
#define PN_MSG_FILL(out, size, m, id, ...)                                                         \
    pn_msg_fill((out), (size), (m), (id), (const pn_msg_arg[]){__VA_ARGS__},                       \
                sizeof((const pn_msg_arg[]){__VA_ARGS__}) / sizeof(pn_msg_arg))

/* A file that the build made part of the binary. */
typedef struct pn_embedded_text { const char *language; const unsigned char *bytes; size_t n; } pn_embedded_text;
extern const pn_embedded_text pn_embedded_messages[];
extern const size_t pn_n_embedded_messages;

#ifdef __cplusplus
}
#endif
#endif
