/* Convolutions of one group. */
#include "gather.h"
#include "mve.h"
#include "products.h"

/* Bytes of inputs that are gathered at a time, unless four pixels need more. */
#define GATHERED 4096
#define FEWEST 4

void kernel_mve_pointwise(const struct kernel_conv *layer, const uint8_t *blob, const int8_t *in, int8_t *out,
                          int8_t *scratch) {
    (void)scratch;
    products(layer, blob, in, layer->in.channels, layer->out.height * layer->out.width, out);
}

void kernel_mve_conv(const struct kernel_conv *layer, const uint8_t *blob, const int8_t *in, int8_t *out,
                     int8_t *scratch) {
    const int32_t step = products_blocks(layer) * PRODUCTS_BLOCK;
    const int32_t most = GATHERED / step > FEWEST ? GATHERED / step : FEWEST;
    const int32_t pixels = layer->out.height * layer->out.width;
    for (int32_t first = 0; first < pixels; first += most) {
        const int32_t count = pixels - first < most ? pixels - first : most;
        gather(layer, in, first, count, step, scratch);
        products(layer, blob, scratch, step, count, out + first * layer->out.channels);
    }
}
