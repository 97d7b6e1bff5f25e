/* Runs a compiled network on the host: test_kernels_network <weights.bin> <inputs.bin> <layers.bin>
 * For every input in the second file, every layer's output goes to the third, in order of execution. */
#include <stdio.h>
#include <stdlib.h>

#include "network.h"

static FILE *layers;

/* network.c calls it through NETWORK_LAYER_DONE. */
void layer_done(int index, const void *data, size_t size);

void layer_done(int index, const void *data, size_t size) {
    (void)index;
    if (fwrite(data, 1, size, layers) != size) {
        exit(2);
    }
}

static void *read_all(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        exit(2);
    }
    const size_t size = (size_t)ftell(file);
    rewind(file);
    void *data = aligned_alloc(64, (size + 63) / 64 * 64);
    if (data == NULL || fread(data, 1, size, file) != size) {
        exit(2);
    }
    fclose(file);
    return data;
}

int main(int count, char **words) {
    if (count != 4) {
        return 2;
    }
    uint8_t *weights = read_all(words[1]);
    FILE *inputs = fopen(words[2], "rb");
    layers = fopen(words[3], "wb");
    if (inputs == NULL || layers == NULL) {
        return 2;
    }
    if (network_run() != NETWORK_E_STATE || network_init(NULL) != NETWORK_E_WEIGHTS ||
        network_init(weights + 16) != NETWORK_E_WEIGHTS || network_init(weights) != 0) {
        return 3;
    }
    const size_t size = (size_t)network_input_info.height * network_input_info.width * network_input_info.channels;
    while (fread(network_input(), 1, size, inputs) == size) {
        if (network_run() != 0) {
            return 4;
        }
    }
    free(weights);
    fclose(inputs);
    return fclose(layers) == 0 ? 0 : 2;
}
