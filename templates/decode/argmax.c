/* decode_argmax: the largest logit of each pixel, nothing else. */
#include <stdbool.h>

#include "decode.h"
#include "pick.h"
#include "view.h"

static bool exceeds(float value, float top) {
    return value > top || (top != top && value == value);
}

static void pick_floats(const struct decode_head *head, const float *logits, uint8_t *mask) {
    const struct decode_view view = decode_view_of(head);
    const size_t pixels = (size_t)head->height * head->width;
    for (size_t pixel = 0; pixel < pixels; pixel++) {
        const float *const first = logits + pixel * view.pixel;
        size_t winner = 0;
        for (size_t label = 1; label < head->classes; label++) {
            if (exceeds(first[label * view.label], first[winner * view.label])) {
                winner = label;
            }
        }
        mask[pixel] = (uint8_t)winner;
    }
}

int decode_argmax(const struct decode_head *head, const void *logits, uint8_t *mask) {
    const int problem = decode_check(head);
    if (problem != 0) {
        return problem;
    }
    if (head->mask_height != head->height || head->mask_width != head->width) {
        return DECODE_E_SHAPE;
    }
    if (head->type == DECODE_FLOAT32) {
        pick_floats(head, logits, mask);
    } else {
        decode_pick(head, logits, mask);
    }
    return 0;
}
