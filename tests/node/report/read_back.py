#!/usr/bin/env python3
"""read_back.py FOLDER CODES.csv: reads reports with pydicom, which shares no code with prognode,
and compares all that was measured and concluded with what the JSON beside each says.

FOLDER holds KIND.dcm and KIND.json (write_reports); CODES.csv the published feature codes, or
"-" where they are not at hand: then the program's own names are not checked against them.
"""
import csv
import glob
import json
import math
import os
import sys

import pydicom

checks = 0


def same(what, got, want):
    global checks
    checks += 1
    if got != want:
        sys.exit(f"{what}: read {got!r}, expected {want!r}")


def code_of(sequence):
    c = sequence[0]
    return (str(c.CodeValue), str(c.CodingSchemeDesignator))


def children(item):
    return list(getattr(item, "ContentSequence", []))


def find(item, code):
    return [c for c in children(item) if code_of(c.ConceptNameCodeSequence) == code]


def one(item, code, where):
    found = find(item, code)
    if len(found) != 1:
        sys.exit(f"{where}: {len(found)} items {code}, expected one")
    return found[0]


def number(item):
    """The value in full, None where the report says that there is none."""
    if not item.MeasuredValueSequence:
        same("reason of a missing value", item.NumericValueQualifierCodeSequence[0].CodingSchemeDesignator, "DCM")
        return None
    m = item.MeasuredValueSequence[0]
    full, decimal = float(m.FloatingPointValue), float(m.NumericValue)
    if not math.isclose(full, decimal, rel_tol=1e-8, abs_tol=0):
        sys.exit(f"decimal string {decimal} beside {full}")
    return full


def read_numbers(group):
    return {code_of(c.ConceptNameCodeSequence): number(c)
            for c in children(group) if c.ValueType == "NUM"}


OWN = "99PROGNODE"
GROUP, RISK = ("125007", "DCM"), ("1255619009", "SCT")
RISK_CODES = {"High risk": ("723509005", "SCT"), "Low risk": ("723505004", "SCT"),
              "Not assessed": ("PRG-NA", OWN)}


def percent(x):
    return None if x is None else 100 * x


def check_result(group, numbers, risk, where):
    applies = one(group, ("PRG-APP", OWN), where)
    same(where + " applies", code_of(applies.ConceptCodeSequence),
         ("373066001" if risk["applicable"] else "373067005", "SCT"))
    same(where + " group", code_of(one(group, RISK, where).ConceptCodeSequence), RISK_CODES[risk["level"]])
    want = {"PRG-RS": risk["score"], "PRG-RSLO": risk["score_interval"]["low"],
            "PRG-RSHI": risk["score_interval"]["high"], "PRG-AGR": percent(risk["group_agreement"])}
    for s in risk["survival"]:
        name = f"PRG-S{s['years']:g}Y"
        want[name] = percent(s["probability"])
        want[name + "LO"] = percent(s["interval"]["low"])
        want[name + "HI"] = percent(s["interval"]["high"])
    for code, value in want.items():
        same(f"{where} {code}", numbers.get((code, OWN)), value)


def check_gates(holder, risk, where):
    states = {"passed": "PRG-PASSED", "warned": "PRG-WARNED", "failed": "PRG-FAILED", "unknown": "PRG-UNKNOWN"}
    got = [code_of(c.ConceptCodeSequence) for c in children(holder)
           if code_of(c.ConceptNameCodeSequence)[0].startswith("PRG-G-")]
    same(where + " gates", got, [(states[g["state"]], OWN) for g in risk["gates"]])


def check_reference(ds, group, report, region, own_segment, where):
    if report["contours"]["kind"] == "seg" or own_segment:
        ref = one(group, ("121191", "DCM"), where).ReferencedSOPSequence[0]
        index = [r["number"] for r in report["regions"]].index(region["number"]) + 1
        same(where + " segment", int(ref.ReferencedSegmentNumber), index if own_segment else region["number"])
        same(where + " series", one(group, ("121232", "DCM"), where).UID, report["study"]["series_uid"])
    else:
        space = one(group, ("130488", "DCM"), where)
        ref = space.ReferencedSOPSequence[0]
        same(where + " region", one(space, ("130489", "DCM"), where).TextValue, str(region["number"]))
    if not own_segment:
        same(where + " contour", ref.ReferencedSOPInstanceUID, report["contours"]["sop_uid"])
    evidence = [i for study in ds.CurrentRequestedProcedureEvidenceSequence
                for series in study.ReferencedSeriesSequence for i in series.ReferencedSOPSequence]
    uids = [str(i.ReferencedSOPInstanceUID) for i in evidence]
    same(where + " evidence", [str(ref.ReferencedSOPInstanceUID) in uids, report["contours"]["sop_uid"] in uids],
         [True, True])
    same(where + " images", len(uids), report["study"]["images"] + (2 if own_segment else 1))


def check_features(numbers, region, table, where):
    measured = {k: v for k, v in numbers.items() if k[1] != OWN}
    same(where + " features", len(measured), len(region["features"]))
    for name, value in region["features"].items():
        if table is None:
            continue
        same(f"{where} {name}", measured.get(table[name], "not there"), value)
    if table is None:
        key = lambda v: (v is None, v or 0)
        same(where + " values", sorted(measured.values(), key=key), sorted(region["features"].values(), key=key))


def check_report(path, table):
    ds = pydicom.dcmread(path)
    with open(path[:-4] + ".json", encoding="utf-8") as f:
        report = json.load(f)
    own_segment = "own-segment" in path
    same("template", ds.ContentTemplateSequence[0].TemplateIdentifier, "1500")
    same("study", ds.StudyInstanceUID, report["study"]["study_uid"])
    same("patient", str(getattr(ds, "PatientID", "") or ""), report["study"]["patient_id"])
    measurements = one(ds, ("126010", "DCM"), path)
    groups = find(measurements, GROUP)
    order = sorted(report["regions"], key=lambda r: not r["main"])    # the main one stands first
    same("groups", len(groups), len(order))
    for group, region in zip(groups, order):
        where = f"{os.path.basename(path)} {region['name']}"
        same(where, one(group, ("112039", "DCM"), where).TextValue, region["name"])
        same(where, one(group, ("112040", "DCM"), where).UID, region["tracking_uid"])
        numbers = read_numbers(group)
        check_features(numbers, region, table, where)
        check_reference(ds, group, report, region, own_segment, where)
        if "risk" in region:
            check_result(group, numbers, region["risk"], where)
            holder = one(ds, ("C0034375", "UMLS"), where) if region["main"] else group
            check_gates(holder, region["risk"], where)
    if report["risk"]["applicable"]:
        derived = one(ds, ("126011", "DCM"), path)
        same("score", read_numbers(derived)[("PRG-RS", OWN)], report["risk"]["score"])
    equipment = ds.ContributingEquipmentSequence[0]
    same("model", equipment.ManufacturerModelName, report["model"]["id"] + " " + report["model"]["version"])
    algorithm = "\n".join(str(c.TextValue) for holder in [ds] + children(ds) for c in children(holder)
                          if code_of(c.ConceptNameCodeSequence) == ("111002", "DCM"))
    for text in ("sha256: " + report["model"]["sha256"], "settings: " + report["model"]["settings"]):
        same(text[:20], text in algorithm, True)
    if report["predecessor_sop_uid"]:
        old = ds.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0].ReferencedSOPSequence[0]
        same("predecessor", old.ReferencedSOPInstanceUID, report["predecessor_sop_uid"])


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    table = None
    if sys.argv[2] != "-":
        with open(sys.argv[2], newline="", encoding="utf-8") as f:
            table = {}
            for r in csv.DictReader(f):
                table.setdefault(r["feature"], (r["code_value"], r["scheme"]))
    paths = sorted(glob.glob(os.path.join(sys.argv[1], "*.dcm")))
    if not paths:
        sys.exit("no reports in " + sys.argv[1])
    for path in paths:
        check_report(path, table)
    print(f"{len(paths)} reports, {checks} values read back")


if __name__ == "__main__":
    main()
