/* The facade of a compiled network. Whatever made it (the cpu compiler, stedgeai), the app sees only this. */
#ifndef NETWORK_H
#define NETWORK_H

#include <stdint.h>

enum network_type { NETWORK_INT8 = 0, NETWORK_UINT8 = 1, NETWORK_FLOAT32 = 2 };
enum network_order { NETWORK_HWC = 0, NETWORK_CHW = 1 };

enum network_error {
    NETWORK_E_WEIGHTS = -1, /* the weights' address is not aligned to 64 bytes, or they cannot be used */
    NETWORK_E_STATE = -2,   /* run before a successful init */
    NETWORK_E_RUN = -3,     /* the inference did not end well */
};

/* A real value is scale * (q - zero_point); batch is 1. */
struct network_tensor {
    uint16_t height, width, channels;
    uint8_t type, order; /* enum network_type, enum network_order */
    float scale;
    int32_t zero_point;
};

extern const struct network_tensor network_input_info, network_output_info;

/* Make ready to run with the weights at `weights` (64-byte aligned, read in place). 0 or enum network_error. */
int network_init(const void *weights);

/* Where the input tensor lies. A run may overwrite it. */
void *network_input(void);

/* One inference. 0 or enum network_error. */
int network_run(void);

/* The output tensor, valid until the next network_run. */
const void *network_output(void);

#endif
