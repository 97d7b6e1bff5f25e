/* decode_argmax: the largest logit of each pixel, nothing else. */
#include <stdbool.h>

#include "decode.h"
#include "view.h"

static bool exceeds(const struct decode_head *head, const void *logits, size_t index, size_t best) {
    if (head->type == DECODE_FLOAT32) {
        const float value = ((const float *)logits)[index];
        const float top = ((const float *)logits)[best];
        return value > top || (top != top && value == value);
    }
    return decode_integer(head, logits, index) > decode_integer(head, logits, best);
}

int decode_argmax(const struct decode_head *head, const void *logits, uint8_t *mask) {
    const int problem = decode_check(head);
    if (problem != 0) {
        return problem;
    }
    if (head->mask_height != head->height || head->mask_width != head->width) {
        return DECODE_E_SHAPE;
    }
    const struct decode_view view = decode_view_of(head);
    const size_t pixels = (size_t)head->height * head->width;
    for (size_t pixel = 0; pixel < pixels; pixel++) {
        const size_t first = pixel * view.pixel;
        size_t winner = 0;
        for (size_t label = 1; label < head->classes; label++) {
            if (exceeds(head, logits, first + label * view.label, first + winner * view.label)) {
                winner = label;
            }
        }
        mask[pixel] = (uint8_t)winner;
    }
    return 0;
}
