#include "tensor.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "bytes.h"
#include "crc32.h"
#include "loop.h"
#include "network.h"
#include "report.h"

#define NAME_MAX 10 /* characters of the largest number */
#define LAYERS_MAX 512u
#define DIGEST 8u /* bytes: a size and a CRC */

static uint32_t size_of(const struct network_tensor *info) {
    const uint32_t element = info->type == NETWORK_FLOAT32 ? sizeof(float) : 1;

    return (uint32_t)info->height * info->width * info->channels * element;
}

struct wanted {
    uint32_t layer;
    const char *name;
};

/* A layer's output is sent while it is there: later ones may take its place. */
static bool send_wanted(void *context, uint16_t layer, const void *output, uint32_t size) {
    const struct wanted *wanted = context;

    if (layer == wanted->layer) {
        report_bulk(wanted->name, output, size);
    }
    return layer != wanted->layer;
}

/* "input", "output" or a layer's number, which the transfer is called after. */
const char *tensor_send(const struct telemetry_record *record) {
    char name[NAME_MAX + 1] = {0};
    struct wanted wanted = {.name = name};
    bool is_input, is_output;
    int result;

    if (telemetry_count(record) != 1 || telemetry_get(record, "layer", name, NAME_MAX) < 0) {
        return "key";
    }
    is_input = memcmp(name, "input", sizeof "input") == 0;
    is_output = memcmp(name, "output", sizeof "output") == 0;
    if (!is_input && !is_output) {
        if (!telemetry_get_u32(record, "layer", &wanted.layer)) {
            return "key";
        }
        if (wanted.layer >= network_layers) {
            return "range";
        }
    }
    result = loop_feed();
    if (result != 0) {
        return loop_reason(result);
    }
    if (is_input) {
        report_bulk(name, network_input(), size_of(&network_input_info));
        return NULL;
    }
    if ((is_output ? network_run() : network_walk(send_wanted, &wanted)) != 0) {
        return loop_reason(LOOP_E_NETWORK);
    }
    if (is_output) {
        report_bulk(name, network_output(), size_of(&network_output_info));
    }
    return NULL;
}

static bool digest(void *context, uint16_t layer, const void *output, uint32_t size) {
    uint8_t *entry = (uint8_t *)context + layer * DIGEST;

    bytes_store_u32(entry, size);
    bytes_store_u32(entry + 4, crc32_update(0, output, size));
    return true;
}

const char *tensor_digests(const struct telemetry_record *record) {
    static uint8_t digests[LAYERS_MAX * DIGEST];
    int result;

    if (telemetry_count(record) != 0) {
        return "key";
    }
    if (network_layers == 0 || network_layers > LAYERS_MAX) {
        return "range";
    }
    result = loop_feed();
    if (result != 0) {
        return loop_reason(result);
    }
    if (network_walk(digest, digests) != 0) {
        return loop_reason(LOOP_E_NETWORK);
    }
    report_bulk("digests", digests, network_layers * DIGEST);
    return NULL;
}
