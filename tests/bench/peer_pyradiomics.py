"""peer_pyradiomics.py image mask repeats: the least CPU milliseconds of PyRadiomics' 107 original
features (binWidth 25), images in memory, as bench_radiomics times ours."""
import logging
import sys
import time

import SimpleITK
from radiomics import featureextractor

logging.getLogger("radiomics").setLevel(logging.ERROR)
SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
image, mask = (SimpleITK.ReadImage(path) for path in sys.argv[1:3])
extractor = featureextractor.RadiomicsFeatureExtractor(binWidth=25)
least = None
for _ in range(int(sys.argv[3])):
    start = time.process_time()
    extractor.execute(image, mask)
    spent = 1000 * (time.process_time() - start)
    least = spent if least is None else min(least, spent)
print(least)
