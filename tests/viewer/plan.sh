# What look.js is to check, with the values of the report's own JSON. Sourced by viewer.sh.

# plan_applies REPORT.json: a case that the model is for, with all its objects.
plan_applies() {
  jq '
    def number: tostring[0:9];
    .risk as $risk | .model as $model | .regions[0] as $region |
    [ { name: "report", open: "SR prognode",
        firstScreen: [
          "Prognostic model applicable: Yes",
          "The model applies to this case.",
          "Risk level: \($risk.level)",
          "Prognostic risk score: \($risk.score | number)",
          "Certainty of risk group",
          "Measured contour: \($region.name)",
          "Prognostic model: \($model.id) \($model.version) (research use only)",
          "1-year event-free probability", "3-year event-free probability", "5-year event-free probability" ],
        before: "Elongation",
        texts: ([ "Research use only. Not for diagnosis or treatment decisions.", $model.sha256 ] +
                [ "Elongation: \($region.features.original_shape_Elongation | number)",
                  "Sphericity: \($region.features.original_shape_Sphericity | number)",
                  "Joint Entropy of GLCM: \($region.features.original_glcm_JointEntropy | number)" ]) },
      { name: "seg", open: "SEG prognode", answer: "Yes", settleMs: 9000, minColoured: 200 },
      { name: "picture", open: "OT prognode", settleMs: 6000, minColoured: 2000 },
      { name: "document", open: "DOC prognode", settleMs: 9000, minColoured: 2000 },
      { name: "contours", open: "contours", answer: "Yes", settleMs: 9000, minColoured: 200 } ]' "$1"
}

# plan_refused REPORT.json: a case that the model is not for.
plan_refused() {
  jq '[ { name: "refused", open: "SR prognode",
          firstScreen: [ "Prognostic model applicable: No", "The model does not apply to this case", "Risk level: Not assessed",
                         "Measured contour" ],
          before: "Elongation",
          absent: [ "High risk", "Low risk", "Prognostic risk score", "event-free probability" ] } ]' "$1"
}
