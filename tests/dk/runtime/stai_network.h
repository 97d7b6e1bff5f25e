/* Stands in for the header that stedgeai makes from 3.0 on. */
#ifndef STAI_NETWORK_H
#define STAI_NETWORK_H

#include <stdint.h>

typedef enum {
    STAI_SUCCESS,
    STAI_RUNNING_NO_WFE,
    STAI_RUNNING_WFE,
    STAI_DONE,
    STAI_ERROR,
} stai_return_code;
typedef enum { STAI_MODE_ASYNC } stai_run_mode;
typedef void *stai_ptr;
typedef uint32_t stai_size;
typedef int32_t stai_event_type;
typedef void stai_network;
typedef void (*stai_event_cb)(void *, const stai_event_type, const void *);

#define STAI_NETWORK_CONTEXT_SIZE 64
#define STAI_NETWORK_IN_NUM 1
#define STAI_NETWORK_OUT_NUM 1
#define STAI_NETWORK_CONTEXT_DECLARE(name, size) static uint8_t name[size];

stai_return_code stai_runtime_init(void);
stai_return_code stai_network_init(stai_network *network);
stai_return_code stai_network_set_inputs(stai_network *network, const stai_ptr *buffers, stai_size count);
stai_return_code stai_network_set_outputs(stai_network *network, const stai_ptr *buffers, stai_size count);
stai_return_code stai_network_get_inputs(stai_network *network, stai_ptr *buffers, stai_size *count);
stai_return_code stai_network_get_outputs(stai_network *network, stai_ptr *buffers, stai_size *count);
stai_return_code stai_network_run(stai_network *network, stai_run_mode mode);
stai_return_code stai_ext_network_run_continue(stai_network *network);
stai_return_code stai_ext_network_new_inference(stai_network *network);
stai_return_code stai_network_set_callback(stai_network *network, const stai_event_cb callback, void *context);

#endif
