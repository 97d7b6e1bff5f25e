/* Reading logits of any element type and memory order; shared by the decodes, not for others. */
#ifndef DECODE_VIEW_H
#define DECODE_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "decode.h"

/* Distances in elements. */
struct decode_view {
    size_t row, pixel, label;
};

static inline struct decode_view decode_view_of(const struct decode_head *head) {
    struct decode_view view;
    if (head->order == DECODE_HWC) {
        view.row = (size_t)head->width * head->classes;
        view.pixel = head->classes;
        view.label = 1;
    } else {
        view.row = head->width;
        view.pixel = 1;
        view.label = (size_t)head->height * head->width;
    }
    return view;
}

static inline int32_t decode_integer(const struct decode_head *head, const void *logits, size_t index) {
    return head->type == DECODE_INT8 ? ((const int8_t *)logits)[index] : ((const uint8_t *)logits)[index];
}

/* What the three decodes demand alike. */
static inline int decode_check(const struct decode_head *head) {
    if (head->height == 0 || head->width == 0 || head->mask_height == 0 || head->mask_width == 0 ||
        head->mask_height % head->height != 0 || head->mask_width % head->width != 0) {
        return DECODE_E_SHAPE;
    }
    if (head->classes < 2 || head->classes > DECODE_MAX_CLASSES) {
        return DECODE_E_CLASSES;
    }
    if (head->type > DECODE_FLOAT32 || head->order > DECODE_CHW) {
        return DECODE_E_TYPE;
    }
    return 0;
}

#endif
