/* Branches that are joined and read by a pointwise convolution, a few rows at a time. */
#include "depthwise_rows.h"
#include "mve.h"
#include "pixel.h"
#include "products.h"

#include <stddef.h>

/* The rows of a layer that are worked on, and what they need. */
struct band {
    const struct kernel_mve_branches *layer;
    const uint8_t *blob;
    const int8_t *in;
    int8_t *scratch;
    int32_t first, count; /* rows */
};

static void branch(const struct kernel_mve_branch *branch, const struct band *band) {
    const struct kernel_conv *conv = &branch->conv;
    const int32_t width = conv->in.width, pixels = band->count * width;
    const int8_t *from = band->in + band->first * width * conv->in.channels;
    int8_t *joined = band->scratch + band->layer->joined;
    if (branch->has_depthwise) {
        int8_t *reduced = band->scratch + band->layer->reduced;
        depthwise_rows(&branch->depthwise, branch->wide != 0, band->blob, band->in, band->first, band->count, reduced,
                       band->scratch + branch->scratch);
        from = reduced;
    }
    if (branch->has_table) {
        struct kernel_place place = branch->place;
        int8_t *looked_up = band->scratch + band->layer->looked_up;
        place.in.height = band->count;
        products(conv, band->blob, from, conv->in.channels, pixels, looked_up);
        kernel_place(&place, band->blob, looked_up, joined);
    } else {
        products_apart(conv, band->blob, from, conv->in.channels, pixels, joined + branch->place.channel,
                       branch->place.out_channels, NULL);
    }
}

void kernel_mve_branches(const struct kernel_mve_branches *layer, const uint8_t *blob, const int8_t *in,
                         const int8_t *pixel, int8_t *out, int8_t *scratch) {
    const struct kernel_conv *last = &layer->last.conv;
    const int32_t *biases = layer->last.channels > 0 ? pixel_biases(&layer->last, blob, pixel, scratch) : NULL;
    const int32_t height = last->out.height, width = last->out.width;
    struct band band = {.layer = layer, .blob = blob, .in = in, .scratch = scratch};
    for (band.first = 0; band.first < height; band.first += layer->rows) {
        const int32_t left = height - band.first;
        band.count = left < layer->rows ? left : layer->rows;
        for (int32_t i = 0; i < layer->count; i++) {
            branch(layer->branches[i], &band);
        }
        products_apart(last, blob, scratch + layer->joined, last->in.channels, band.count * width,
                       out + band.first * width * last->out.channels, last->out.channels, biases);
    }
}
