/* The input mapping of the host app: channels rotated, each with a formula of its own. */
#include "app_config.h"

#define ROW8(f, x) f(x), f((x) + 1), f((x) + 2), f((x) + 3), f((x) + 4), f((x) + 5), f((x) + 6), f((x) + 7)
#define ROW64(f, x)                                                                                                    \
    ROW8(f, x), ROW8(f, (x) + 8), ROW8(f, (x) + 16), ROW8(f, (x) + 24), ROW8(f, (x) + 32), ROW8(f, (x) + 40),          \
        ROW8(f, (x) + 48), ROW8(f, (x) + 56)
#define TABLE(f) {ROW64(f, 0), ROW64(f, 64), ROW64(f, 128), ROW64(f, 192)}
#define CENTRED(x) ((x) ^ 128)
#define REVERSED(x) ((x) ^ 127)
#define HALVED(x) ((x) / 2)

const struct input_map app_input_map = {
    .order = {2, 0, 1},
    .table = {TABLE(CENTRED), TABLE(REVERSED), TABLE(HALVED)},
};
