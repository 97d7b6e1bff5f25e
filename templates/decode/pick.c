/* The largest logit of each pixel, class by class. */
#include "pick.h"

#include "view.h"

void decode_pick(const struct decode_head *head, const void *logits, uint8_t *mask) {
    const struct decode_view view = decode_view_of(head);
    const size_t pixels = (size_t)head->height * head->width;
    for (size_t pixel = 0; pixel < pixels; pixel++) {
        const size_t first = pixel * view.pixel;
        int32_t top = decode_integer(head, logits, first);
        size_t winner = 0;
        for (size_t label = 1; label < head->classes; label++) {
            const int32_t value = decode_integer(head, logits, first + label * view.label);
            if (value > top) {
                winner = label;
                top = value;
            }
        }
        mask[pixel] = (uint8_t)winner;
    }
}
