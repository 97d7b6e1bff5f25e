/* The Helium twin of input.c: sixteen look-ups at a time. Both loops are the processor's own, which masks the end of
 * the last vector. */
#include "input.h"

#include <arm_mve.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* The same table for each of `count` bytes, at least 1. */
static void map_bytes(const uint8_t *table, const uint8_t *from, uint8_t *to, size_t count) {
    uint8x16_t bytes, values;

    __asm volatile("dlstp.8 lr, %[count]\n"
                   "1:\tvldrb.u8 %q[bytes], [%[from]], #16\n\t"
                   "vldrb.u8 %q[values], [%[table], %q[bytes]]\n\t"
                   "vstrb.8 %q[values], [%[to]], #16\n\t"
                   "letp lr, 1b"
                   : [from] "+r"(from), [to] "+r"(to), [bytes] "=&w"(bytes), [values] "=&w"(values)
                   : [table] "r"(table), [count] "r"(count)
                   : "lr", "memory");
}

/* Where the first pixel's channels go, and how far apart pixels are. */
struct target {
    uint8_t *channel[3];
    size_t pitch;
};

/* Each channel by its own table, for `count` pixels, at least 1. */
static void map_pixels(const struct input_map *map, const uint8_t *from, struct target to, size_t count) {
    const uint8x16_t pixels = vidupq_n_u8(0, 1);
    const uint8x16_t triples = vmulq_n_u8(pixels, 3), spread = vmulq_n_u8(pixels, (uint8_t)to.pitch);
    uint8x16_t bytes, values;

    __asm volatile(
        "dlstp.8 lr, %[count]\n"
        "1:\tvldrb.u8 %q[bytes], [%[from], %q[first]]\n\t"
        "vldrb.u8 %q[values], [%[table0], %q[bytes]]\n\t"
        "vstrb.8 %q[values], [%[to0], %q[spread]]\n\t"
        "vldrb.u8 %q[bytes], [%[from], %q[second]]\n\t"
        "vldrb.u8 %q[values], [%[table1], %q[bytes]]\n\t"
        "vstrb.8 %q[values], [%[to1], %q[spread]]\n\t"
        "vldrb.u8 %q[bytes], [%[from], %q[third]]\n\t"
        "vldrb.u8 %q[values], [%[table2], %q[bytes]]\n\t"
        "vstrb.8 %q[values], [%[to2], %q[spread]]\n\t"
        "add %[from], %[from], #48\n\t"
        "add %[to0], %[to0], %[step]\n\t"
        "add %[to1], %[to1], %[step]\n\t"
        "add %[to2], %[to2], %[step]\n\t"
        "letp lr, 1b"
        : [from] "+r"(from), [to0] "+r"(to.channel[0]), [to1] "+r"(to.channel[1]), [to2] "+r"(to.channel[2]),
          [bytes] "=&w"(bytes), [values] "=&w"(values)
        : [first] "w"(vaddq_n_u8(triples, map->order[0])), [second] "w"(vaddq_n_u8(triples, map->order[1])),
          [third] "w"(vaddq_n_u8(triples, map->order[2])), [spread] "w"(spread), [table0] "r"(map->table[0]),
          [table1] "r"(map->table[1]), [table2] "r"(map->table[2]), [step] "r"(16 * to.pitch), [count] "r"(count)
        : "lr", "memory");
}

/* Whether all channels are mapped alike and stay where they are. */
static bool is_uniform(const struct input_map *map) {
    const size_t size = sizeof map->table[0];

    return map->order[0] == 0 && map->order[1] == 1 && map->order[2] == 2 &&
           memcmp(map->table[0], map->table[1], size) == 0 && memcmp(map->table[0], map->table[2], size) == 0;
}

void input_write(const struct input_map *map, const struct network_tensor *info, const uint8_t *frame, void *tensor) {
    const size_t pixels = (size_t)info->height * info->width;
    uint8_t *const to = tensor;

    if (info->order == NETWORK_CHW) {
        map_pixels(map, frame, (struct target){{to, to + pixels, to + 2 * pixels}, 1}, pixels);
    } else if (is_uniform(map)) {
        map_bytes(map->table[0], frame, to, 3 * pixels);
    } else {
        map_pixels(map, frame, (struct target){{to, to + 1, to + 2}, 3}, pixels);
    }
}
