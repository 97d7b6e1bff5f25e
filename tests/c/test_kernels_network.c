/* Runs a compiled network on the host: test_kernels_network <weights.bin> <inputs.bin> <layers.bin> <gaps.bin>
 * For every input in the second file, every layer's output goes to the third, in order of execution. The last file has
 * pairs of int32: offset and size of what no kernel may touch, counted from the input; only sanitizers see to that. */
#include <stdio.h>
#include <stdlib.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

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

static void poison(const char *path) {
    FILE *file = fopen(path, "rb");
    int32_t gap[2];
    if (file == NULL) {
        exit(2);
    }
    while (fread(gap, sizeof gap, 1, file) == 1) {
        ASAN_POISON_MEMORY_REGION((const char *)network_input() + gap[0], (size_t)gap[1]);
    }
    fclose(file);
}

int main(int count, char **words) {
    if (count != 5) {
        return 2;
    }
    poison(words[4]);
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
