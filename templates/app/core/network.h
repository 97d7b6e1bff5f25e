/* The facade of a compiled network. Whatever made it (the cpu compiler, stedgeai), the app sees only this. */
#ifndef NETWORK_H
#define NETWORK_H

#include <stdbool.h>
#include <stdint.h>

enum network_type { NETWORK_INT8 = 0, NETWORK_UINT8 = 1, NETWORK_FLOAT32 = 2 };
enum network_order { NETWORK_HWC = 0, NETWORK_CHW = 1 };

enum network_error {
    NETWORK_E_WEIGHTS = -1, /* the weights' address is not aligned to 64 bytes, or they cannot be used */
    NETWORK_E_STATE = -2,   /* run before a successful init */
    NETWORK_E_RUN = -3,     /* the inference did not end well */
    NETWORK_E_ORDER = -4,   /* it did, but its steps were told in an order that cannot be */
};

/* Who runs a step of the network; hybrid: the NPU, with the processor's help. */
enum network_unit { NETWORK_CPU = 0, NETWORK_NPU = 1, NETWORK_HYBRID = 2 };

/* A real value is scale * (q - zero_point); batch is 1. */
struct network_tensor {
    uint16_t height, width, channels;
    uint8_t type, order; /* enum network_type, enum network_order */
    float scale;
    int32_t zero_point;
};

extern const struct network_tensor network_input_info, network_output_info;

/* What runs it, and its version: a word without spaces. */
extern const char network_runtime[];

/* Make ready to run with the weights at `weights` (64-byte aligned, read in place). 0 or enum network_error. */
int network_init(const void *weights);

/* Where the input tensor lies. A run may overwrite it. */
void *network_input(void);

/* One inference. 0 or enum network_error. */
int network_run(void);

/* The output tensor, valid until the next network_run. */
const void *network_output(void);

/* How many layers there are whose outputs can be seen; 0 where the NPU runs them. */
extern const uint16_t network_layers;

/*
 * Gets a layer's output, `size` bytes, while it is there. Whether to go on. Of a network that the NPU runs it gets its
 * epoch blocks, without output, and cannot stop it. A block may be told several times: the last time it is done.
 */
typedef bool network_visitor(void *context, uint16_t layer, const void *output, uint32_t size);

/* The inference of network_run with a look at each layer's output, in order. 0 or enum network_error. */
int network_walk(network_visitor *visit, void *context);

/* Who runs the layer or block that a walk's visitor is told of. */
enum network_unit network_unit(void);

#endif
