/* A textured sphere of 20 mm in an image of 1 x 1 x 2 mm voxels, and its features by name.
 *
 *   cc $(pkg-config --cflags libradiomics) sphere.c $(pkg-config --libs libradiomics) -lm */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <radiomics/extract.h>

enum { NX = 64, NY = 64, NZ = 32 };

static int16_t intensity[NZ][NY][NX];
static uint8_t label[NZ][NY][NX];

static void make_sphere(const rx_grid *g, double radius_mm)
{
    for (int k = 0; k < NZ; k++) {
        for (int j = 0; j < NY; j++) {
            for (int i = 0; i < NX; i++) {
                double x = i * g->spacing_mm[0] - 32, y = j * g->spacing_mm[1] - 32;
                double z = k * g->spacing_mm[2] - 32;
                label[k][j][i] = x * x + y * y + z * z <= radius_mm * radius_mm;
                intensity[k][j][i] = (int16_t)lrint(50 + 80 * sin(x / 3) * cos(y / 4 + z / 5));
            }
        }
    }
}

int main(void)
{
    rx_grid grid = {
        .dim = { NX, NY, NZ }, .spacing_mm = { 1, 1, 2 }, .direction = { 1, 0, 0, 0, 1, 0, 0, 0, 1 },
    };
    make_sphere(&grid, 20);
    rx_image image = { grid, RX_I16, intensity };
    rx_mask mask = { grid, &label[0][0][0], 1 };

    rx_settings settings;                    /* PyRadiomics' defaults */
    rx_settings_default(&settings);
    settings.bin_width = 10;

    rx_value value[RX_NFEATURES];
    rx_diagnostics about;
    rx_error err;
    rx_workspace *ws = rx_workspace_new();   /* one per thread, used again for every region */
    if (!ws || rx_extract(value, &about, &image, &mask, &settings, ws, &err) != RX_OK) {
        fprintf(stderr, "sphere: %s\n", ws ? err.msg : "no memory");
        rx_workspace_free(ws);
        return 1;
    }
    printf("voxels,%zu\ngrey levels,%u\n", about.roi_voxels, about.grey_levels);
    for (int i = 0; i < RX_NFEATURES; i++) {
        printf("%s,%.12g\n", rx_features()[i].full_name, value[i].v);
    }
    rx_workspace_free(ws);
    return 0;
}
