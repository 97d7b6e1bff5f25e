/* Tensors for comparisons with the host. Each command takes a frame and runs it as far as it is asked to. */
#ifndef TENSOR_H
#define TENSOR_H

#include "telemetry.h"

/* Send the input, one layer's output, or the network's output as a bulk transfer; or return why not. */
const char *tensor_send(const struct telemetry_record *record);

/* Send size and CRC-32 of every layer's output as a bulk transfer; or return why not. */
const char *tensor_digests(const struct telemetry_record *record);

#endif
