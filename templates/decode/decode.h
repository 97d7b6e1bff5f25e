/* From a segmentation network's logits to a mask of class indices. docs/numerics.md defines the decodes. */
#ifndef DECODE_H
#define DECODE_H

#include <stdint.h>

/* Element types and memory orders; the numbers are those of network.h. */
enum decode_type { DECODE_INT8 = 0, DECODE_UINT8 = 1, DECODE_FLOAT32 = 2 };
enum decode_order { DECODE_HWC = 0, DECODE_CHW = 1 };

/* Largest width x classes of the logits that are interpolated; it sizes the one static buffer (4 bytes each). */
#ifndef DECODE_MAX_ROW
#define DECODE_MAX_ROW 4096
#endif
#define DECODE_MAX_CLASSES 32

/* Why a decode refused; the mask is then untouched. */
enum decode_error {
    DECODE_E_SHAPE = -1,   /* a size of 0, or a mask that is no whole multiple of the logits */
    DECODE_E_CLASSES = -2, /* fewer than 2 or more than DECODE_MAX_CLASSES */
    DECODE_E_TYPE = -3,    /* type or order unknown, or float32 where integers are needed */
    DECODE_E_SIZE = -4,    /* beyond what the buffer, 32-bit sums and a float32 position hold */
    DECODE_E_SCALE = -5    /* decode_rounded: the scale is not within 2^-60 and 2^60 */
};

struct decode_head {
    uint16_t height, width, classes;  /* the logits */
    uint16_t mask_height, mask_width; /* whole multiples of height and width */
    uint8_t order, type;              /* enum decode_order, enum decode_type */
    float scale;                      /* real value = scale * (q - zero_point); float32 logits ignore both */
    int32_t zero_point;
};

/* Each writes mask_height x mask_width bytes, row by row, and returns 0, or one of decode_error. */

/* Argmax of the exact half-pixel bilinear interpolation of the integers. Ties: the lowest class. */
int decode_fine(const struct decode_head *head, const void *logits, uint8_t *mask);

/* As the whole integer network does: interpolate in float32, round each class to the output's scale, then argmax. */
int decode_rounded(const struct decode_head *head, const void *logits, uint8_t *mask);

/* Argmax without upsampling, for logits that have the mask's size already. NaN never wins over a number. */
int decode_argmax(const struct decode_head *head, const void *logits, uint8_t *mask);

/* Nothing: the mask has no pixels. For a network that is cut before its logits, of any number of channels. */
int decode_none(const struct decode_head *head, const void *logits, uint8_t *mask);

#endif
