#!/usr/bin/env python3
"""awkward.py PATIENT OUT [all]: studies that are odd but legal, made of one artificial patient, each in
OUT/KIND; what is expected of each stands in OUT/KIND.expected (patient name, or nothing).

The contours' voxels stay the same, so every study that is measured has the patient's features.
"""
import copy
import glob
import math
import os
import sys

import pydicom

PER_SET = [   # written by pydicom's own encoder
    ("ISO_IR 101", "Wałęsa^Łukasz"), ("ISO_IR 144", "Люксембург^Роза"), ("ISO_IR 127", "قباني^لنزار"),
    ("ISO_IR 126", "Διονύσιος"), ("ISO_IR 138", "שרון^דבורה"), ("ISO_IR 166", "สมชาย^ใจดี"),
    (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう"),
    (["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동"),
    (["", "ISO 2022 IR 58"], "Zhang^XiaoDong=张^小东"),
    ("GB18030", "Wang^XiaoDong=王^小东"), ("GBK", "Wang^XiaoDong=王^小东"), ("ISO_IR 192", "Zoë^Ørsted=王"),
]


def rotate(v):
    """About two axes, 17 and 11 degrees."""
    a, b = math.radians(17), math.radians(11)
    x, y, z = v
    y, z = y * math.cos(a) - z * math.sin(a), y * math.sin(a) + z * math.cos(a)
    return [x * math.cos(b) + z * math.sin(b), y, -x * math.sin(b) + z * math.cos(b)]


def text(v):
    return [f"{x:.10g}"[:16] for x in v]


def oblique(ds):
    if ds.Modality == "CT":
        o = [float(x) for x in ds.ImageOrientationPatient]
        ds.ImageOrientationPatient = text(rotate(o[:3]) + rotate(o[3:]))
        ds.ImagePositionPatient = text(rotate([float(x) for x in ds.ImagePositionPatient]))
        return
    for roi in ds.ROIContourSequence:
        for c in roi.ContourSequence:
            p = [float(x) for x in c.ContourData]
            c.ContourData = text(sum((rotate(p[i:i + 3]) for i in range(0, len(p), 3)), []))


def bare(ds):
    ds.AccessionNumber = ""
    for name in ("StudyDate", "StudyTime", "StudyID", "PatientBirthDate", "PatientSex", "ReferringPhysicianName",
                 "StudyDescription"):
        if name in ds:
            del ds[name]


def without_references(ds):
    if ds.Modality != "RTSTRUCT":
        return
    for name in ("ReferencedFrameOfReferenceSequence",):
        if name in ds:
            del ds[name]
    for roi in ds.ROIContourSequence:
        for c in roi.ContourSequence:
            if "ContourImageSequence" in c:
                del c.ContourImageSequence


def two_contours(ds):
    if ds.Modality != "RTSTRUCT":
        return
    roi = copy.deepcopy(ds.StructureSetROISequence[0])
    contours = copy.deepcopy(ds.ROIContourSequence[0])
    roi.ROINumber = contours.ReferencedROINumber = 77
    roi.ROIName = "GTV second"
    ds.StructureSetROISequence.append(roi)
    ds.ROIContourSequence.append(contours)
    if "RTROIObservationsSequence" in ds:
        seen = copy.deepcopy(ds.RTROIObservationsSequence[0])
        seen.ReferencedROINumber = 77
        seen.ObservationNumber = 77
        ds.RTROIObservationsSequence.append(seen)


def named(charset, name):
    def change(ds):
        ds.SpecificCharacterSet = charset
        ds.PatientName = name
    return change


def unknown_set(ds):
    ds.SpecificCharacterSet = "ISO_IR 100"
    ds.PatientName = "Müller"


def main():
    patient, out = sys.argv[1:3]
    sets = PER_SET if "all" in sys.argv[3:] else [s for i, s in enumerate(PER_SET) if i in (2, 6, 8, 9)]
    kinds = {"plain": None, "oblique": oblique, "bare": bare, "no-references": without_references,
             "two-contours": two_contours, "unknown-set": unknown_set}
    names = {}
    for charset, name in sets:
        kind = "name-" + (charset if isinstance(charset, str) else charset[1]).replace(" ", "-")
        kinds[kind] = named(charset, name)
        names[kind] = name
    for kind, change in kinds.items():
        os.makedirs(os.path.join(out, kind))
        for path in glob.glob(os.path.join(patient, "*.dcm")):
            ds = pydicom.dcmread(path)
            if change:
                change(ds)
            target = os.path.join(out, kind, os.path.basename(path))
            ds.save_as(target)
            if kind == "unknown-set":      # the bytes stay, the name of their set is nobody's
                with open(target, "r+b") as f:
                    data = f.read()
                    at = data.index(b"ISO_IR 100")
                    f.seek(at)
                    f.write(b"ISO_IR 999")
        with open(os.path.join(out, kind + ".expected"), "w", encoding="utf-8") as f:
            f.write(names.get(kind, ""))


if __name__ == "__main__":
    main()
