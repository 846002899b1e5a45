# Prints what look.js is to check, with the values of the report's own JSON. Sourced by viewer.sh.
jq -n --slurpfile report "$work"/spool/results/*/report.json '
  [ { name: "report", open: "prognode",
      firstScreen: ["Risk level", "Prognostic risk score", "Prognostic model applicable", "Applicability statement",
                    "Prognostic model: \($report[0].model.id) \($report[0].model.version)", "Tracking Identifier"],
      before: "Elongation" },
    { name: "contours", open: "contours", answer: "Yes", settleMs: 9000, minColoured: 200 } ]'
