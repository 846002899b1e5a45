#include "bench_peer.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

bool bench_peer_there(void)
{
    static int answer = -1;
    /* -I: a folder "radiomics" where we happen to stand is not the package */
    if (answer < 0) {
        answer = system("python3 -I -c 'import SimpleITK, radiomics.featureextractor' >/dev/null 2>&1") == 0;
    }
    return answer == 1;
}

static bool write_nrrd(const char *path, const rx_grid *g, const char *type, const void *voxels, size_t size)
{
    FILE *f = fopen(path, "wb");
    if (!f) { return false; }
    size_t n = g->dim[0] * g->dim[1] * g->dim[2];
    fprintf(f, "NRRD0004\ntype: %s\ndimension: 3\nspace: left-posterior-superior\n"
               "sizes: %zu %zu %zu\nspace directions: (%.17g,0,0) (0,%.17g,0) (0,0,%.17g)\n"
               "kinds: domain domain domain\nendian: little\nencoding: raw\nspace origin: (0,0,0)\n\n",
            type, g->dim[0], g->dim[1], g->dim[2], g->spacing_mm[0], g->spacing_mm[1], g->spacing_mm[2]);
    bool whole = fwrite(voxels, size, n, f) == n;
    return (fclose(f) == 0) && whole;
}

void bench_peer_run(const bench_volume *v, double our_ms, int repeats)
{
    char folder[] = "/tmp/bench_peer_XXXXXX", image[64], mask[64], command[512];
    if (!mkdtemp(folder)) { return; }
    snprintf(image, sizeof image, "%s/image.nrrd", folder);
    snprintf(mask, sizeof mask, "%s/mask.nrrd", folder);
    snprintf(command, sizeof command, "python3 -I '%s/tests/bench/peer_pyradiomics.py' %s %s %d",
             PN_SOURCE_DIR, image, mask, repeats);
    double peer_ms = 0;
    if (write_nrrd(image, &v->image.grid, "int16", v->voxels, 2)
        && write_nrrd(mask, &v->mask.grid, "uint8", v->label, 1)) {
        FILE *p = popen(command, "r");
        if (p) {
            if (fscanf(p, "%lf", &peer_ms) != 1) { peer_ms = 0; }
            pclose(p);
        }
    }
    if (peer_ms > 0) { printf("    PyRadiomics: %.2f ms of CPU, %.1f times ours\n", peer_ms, peer_ms / our_ms); }
    else { printf("    PyRadiomics is installed, but failed on this case\n"); }
    unlink(image);
    unlink(mask);
    rmdir(folder);
}
