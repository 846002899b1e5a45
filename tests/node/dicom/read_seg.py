"""Prints a line for each frame of a binary segmentation: segment, source image, source frame (0
where the image has one only), pixels inside, and a checksum over their places. Reads with pydicom
and unpacks the bits itself; fails where the object contradicts itself."""
import sys
import pydicom

ds = pydicom.dcmread(sys.argv[1])
assert ds.SegmentationType == "BINARY" and ds.BitsAllocated == 1
size = ds.Rows * ds.Columns
frames = ds.PerFrameFunctionalGroupsSequence
assert len(frames) == ds.NumberOfFrames
assert len(ds.PixelData) * 8 >= size * len(frames) > (len(ds.PixelData) - 2) * 8
listed = {i.ReferencedSOPInstanceUID for s in ds.ReferencedSeriesSequence for i in s.ReferencedInstanceSequence}
segments = {s.SegmentNumber: s for s in ds.SegmentSequence}
assert sorted(segments) == list(range(1, len(segments) + 1))
assert all(s.TrackingID and s.TrackingUID for s in segments.values())
pointers = [d.DimensionIndexPointer for d in ds.DimensionIndexSequence]
assert pointers == [0x0062000B, 0x00200032]
positions = {}
for n, f in enumerate(frames):
    number = f.SegmentIdentificationSequence[0].ReferencedSegmentNumber
    source = f.DerivationImageSequence[0].SourceImageSequence[0]
    assert source.ReferencedSOPInstanceUID in listed
    index = f.FrameContentSequence[0].DimensionIndexValues
    place = tuple(f.PlanePositionSequence[0].ImagePositionPatient)
    assert index[0] == number and positions.setdefault(index[1], place) == place
    inside, checksum = 0, 0
    for i in range(size):
        bit = n * size + i
        if ds.PixelData[bit >> 3] >> (bit & 7) & 1:
            inside += 1
            checksum = (checksum * 31 + i) % 1000000007
    print(number, source.ReferencedSOPInstanceUID, getattr(source, "ReferencedFrameNumber", 0) or 0, inside, checksum)
