/* report/sr_codes.h - the coded concepts of the report (PS3.16, TID 1500 and what it includes).
 *
 * Meanings are read by viewers and parsers as they stand: do not re-word or translate them. */
#ifndef PN_REPORT_SR_CODES_H
#define PN_REPORT_SR_CODES_H
#include "dicom/sr.h"

#define PN_SCHEME     "99PROGNODE"
#define PN_CODE(v, s, m) ((pn_code_triple){v, s, m})

/* Not "Imaging Measurement Report" (126000): viewers take that title for an overlay and fail
 * where a group has no coordinates. */
#define C_TITLE             PN_CODE("126001", "DCM", "Oncology Measurement Report")
#define C_LANGUAGE          PN_CODE("121049", "DCM", "Language of Content Item and Descendants")
#define C_OBSERVER_TYPE     PN_CODE("121005", "DCM", "Observer Type")
#define C_DEVICE            PN_CODE("121007", "DCM", "Device")
#define C_OBSERVER_UID      PN_CODE("121012", "DCM", "Device Observer UID")
#define C_OBSERVER_NAME     PN_CODE("121013", "DCM", "Device Observer Name")
#define C_OBSERVER_MAKER    PN_CODE("121014", "DCM", "Device Observer Manufacturer")
#define C_OBSERVER_MODEL    PN_CODE("121015", "DCM", "Device Observer Model Name")
#define C_PROCEDURE         PN_CODE("121058", "DCM", "Procedure reported")
#define C_PROCEDURE_CT      PN_CODE("25045-6", "LN", "CT unspecified body region")
#define C_PROCEDURE_MR      PN_CODE("25056-3", "LN", "MRI unspecified body region")
#define C_PROCEDURE_PT      PN_CODE("44136-0", "LN", "PET unspecified body region")

#define C_MEASUREMENTS      PN_CODE("126010", "DCM", "Imaging Measurements")
#define C_DERIVED           PN_CODE("126011", "DCM", "Derived Imaging Measurements")
#define C_QUALITATIVE       PN_CODE("C0034375", "UMLS", "Qualitative Evaluations")
#define C_ALGORITHM_NAME    PN_CODE("111001", "DCM", "Algorithm Name")
#define C_ALGORITHM_PARAMETERS PN_CODE("111002", "DCM", "Algorithm Parameters")
#define C_ALGORITHM_VERSION PN_CODE("111003", "DCM", "Algorithm Version")
#define C_COMMENT           PN_CODE("121106", "DCM", "Comment")

#define C_GROUP             PN_CODE("125007", "DCM", "Measurement Group")
#define C_TRACKING_ID       PN_CODE("112039", "DCM", "Tracking Identifier")
#define C_TRACKING_UID      PN_CODE("112040", "DCM", "Tracking Unique Identifier")
#define C_FINDING           PN_CODE("121071", "DCM", "Finding")
#define C_NEOPLASM          PN_CODE("108369006", "SCT", "Neoplasm")
#define C_FINDING_SITE      PN_CODE("363698007", "SCT", "Finding Site")
#define C_REGION_IN_SPACE   PN_CODE("130488", "DCM", "Region in Space")
#define C_REGION_NUMBER     PN_CODE("130489", "DCM", "Referenced Region of Interest Identifier")
#define C_SEGMENT           PN_CODE("121191", "DCM", "Referenced Segment")
#define C_SOURCE_SERIES     PN_CODE("121232", "DCM", "Source series for segmentation")

#define C_RISK_LEVEL        PN_CODE("1255619009", "SCT", "Risk level")
#define C_HIGH_RISK         PN_CODE("723509005", "SCT", "High risk")
#define C_LOW_RISK          PN_CODE("723505004", "SCT", "Low risk")
#define C_YES               PN_CODE("373066001", "SCT", "Yes")
#define C_NO                PN_CODE("373067005", "SCT", "No")
#define C_NOT_ASSESSED      PN_CODE("PRG-NA", PN_SCHEME, "Not assessed")
#define C_APPLICABLE        PN_CODE("PRG-APP", PN_SCHEME, "Prognostic model applicable")
#define C_APPLICABILITY     PN_CODE("PRG-APPTXT", PN_SCHEME, "Applicability statement")
#define C_MODEL             PN_CODE("PRG-MODEL", PN_SCHEME, "Prognostic model")
#define C_SCORE             PN_CODE("PRG-RS", PN_SCHEME, "Prognostic risk score")
#define C_CUTPOINT          PN_CODE("PRG-CUT", PN_SCHEME, "Risk score cut-point")
#define C_SCORE_LOW         PN_CODE("PRG-RSLO", PN_SCHEME, "Prognostic risk score, lower 95 percent limit")
#define C_SCORE_HIGH        PN_CODE("PRG-RSHI", PN_SCHEME, "Prognostic risk score, upper 95 percent limit")
#define C_AGREEMENT         PN_CODE("PRG-AGR", PN_SCHEME, "Resampled models that give the same risk group")
#define C_NETWORKS_LOW      PN_CODE("PRG-RSNLO", PN_SCHEME, "Prognostic risk score, 2.5 percent quantile of networks")
#define C_NETWORKS_HIGH     PN_CODE("PRG-RSNHI", PN_SCHEME, "Prognostic risk score, 97.5 percent quantile of networks")
#define C_NETWORKS_AGREE    PN_CODE("PRG-AGRN", PN_SCHEME, "Networks that give the same risk group")
#define C_DISTANCE          PN_CODE("PRG-DIST", PN_SCHEME, "Mahalanobis distance from training patients")
#define C_DISTANCE_RANK     PN_CODE("PRG-DISTP", PN_SCHEME, "Training patients at smaller distance")
#define C_CERTAINTY         PN_CODE("PRG-SURE", PN_SCHEME, "Certainty of risk group")
#define C_MEASURED_CONTOUR  PN_CODE("PRG-ROI", PN_SCHEME, "Measured contour")
#define C_SURVIVAL          PN_CODE("PRG-SURV", PN_SCHEME, "Predicted survival")
#define C_EVENT_FREE        PN_CODE("PRG-EVFREE", PN_SCHEME, "Predicted event-free probability")
#define C_GATE_STATEMENT    PN_CODE("PRG-GATE", PN_SCHEME, "Eligibility statement")
#define C_GATE_PASSED       PN_CODE("PRG-PASSED", PN_SCHEME, "Passed")
#define C_GATE_WARNED       PN_CODE("PRG-WARNED", PN_SCHEME, "To bear in mind")
#define C_GATE_FAILED       PN_CODE("PRG-FAILED", PN_SCHEME, "Not met")
#define C_GATE_UNKNOWN      PN_CODE("PRG-UNKNOWN", PN_SCHEME, "Not known")
#define C_MODEL_FEATURE     PN_CODE("PRG-FEAT", PN_SCHEME, "Model feature among training patients")
#define C_CONTRIBUTION      PN_CODE("PRG-DRV", PN_SCHEME, "Contribution to risk score")
#define C_MODEL_VARIABLE    PN_CODE("PRG-VAR", PN_SCHEME, "Variable of the patient in the model")

#define C_PATIENT_AGE       PN_CODE("121033", "DCM", "Subject Age")
#define C_PATIENT_SEX       PN_CODE("121032", "DCM", "Subject Sex")
#define C_PATIENT_WEIGHT    PN_CODE("27113001", "SCT", "Body weight")
#define C_PATIENT_SIZE      PN_CODE("50373000", "SCT", "Body height")
#define C_MALE              PN_CODE("M", "DCM", "Male")
#define C_FEMALE            PN_CODE("F", "DCM", "Female")
#define C_YEARS             PN_CODE("a", "UCUM", "year")
#define C_KILOGRAM          PN_CODE("kg", "UCUM", "kilogram")
#define C_METRE             PN_CODE("m", "UCUM", "meter")
#define C_IMAGE_FILTER      PN_CODE("PRG-IMAGE", PN_SCHEME, "Image transformation")

#define C_NO_UNITS          PN_CODE("1", "UCUM", "no units")
#define C_PERCENT           PN_CODE("%", "UCUM", "%")

/* CID 42 */
#define C_NOT_A_NUMBER      PN_CODE("114000", "DCM", "Not a number")
#define C_NEGATIVE_INFINITY PN_CODE("114001", "DCM", "Negative Infinity")
#define C_POSITIVE_INFINITY PN_CODE("114002", "DCM", "Positive Infinity")
#define C_NOT_ATTEMPTED     PN_CODE("114007", "DCM", "Measurement not attempted")

#define C_PROCESSING_EQUIPMENT PN_CODE("109102", "DCM", "Processing Equipment")

#endif
