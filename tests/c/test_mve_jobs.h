/* The networks of one run of test_mve_board.c. */
#ifndef TEST_MVE_JOBS_H
#define TEST_MVE_JOBS_H

#include <stdint.h>

#include "network.h"

struct job {
    int (*init)(const void *weights);
    void *(*input)(void);
    int (*run)(void);
    const struct network_tensor *input_info;
};

extern const struct job jobs[];
extern const uint32_t job_count;

#endif
