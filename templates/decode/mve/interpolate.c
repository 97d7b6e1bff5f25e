/* Exact half-pixel bilinear interpolation and argmax with Helium; the twin of the portable interpolate.c.
 *
 * The mask falls into cells, each between four neighbouring logits (at the edges, some of them are the same). In a
 * cell, every class's value is a mean of its four logits with weights that all classes share. So a class that another
 * one beats at all four corners wins nowhere in the cell. Cells whose corners one class wins are filled; in the others
 * only the classes that nobody beats are interpolated. */
#include "interpolate.h"

#include <arm_mve.h>

#include "draw.h"

/* A row of logits: int8, classes of a column together, columns `pitch` bytes apart. Vectors are read from any column's
 * first byte on, so they reach beyond the last. */
#define COLUMN_BYTES 32
struct logits_row {
    int8_t logits[2 * DECODE_MAX_ROW + COLUMN_BYTES];
    uint8_t winners[DECODE_MAX_ROW / 2]; /* of each column, the lowest of equals */
};

/* In `winners` with a judge: the winner does not beat all others. */
#define CLOSE 0x80

_Static_assert(COLUMN_BYTES >= DECODE_MAX_CLASSES && CLOSE >= DECODE_MAX_CLASSES, "all classes have room");

/* Those of even and of odd number: what a cell needs of both is here at once. */
static struct logits_row rows[2];

/* The pixels between the centres of two neighbouring rows or columns of logits. */
struct span {
    int32_t begin, end; /* pixels of the mask */
    int32_t low, high;  /* the logits; the same one before the first centre and behind the last */
    int32_t part;       /* the weight of `high` at `begin`, of 2 * factor; 2 more from pixel to pixel */
};

/* Number `index` of -1 … size - 1. */
static struct span span_at(int32_t index, int32_t size, int32_t factor) {
    const bool first = index < 0, last = index + 1 == size;
    return (struct span){
        .begin = first ? 0 : index * factor + factor / 2,
        .end = last ? size * factor : (index + 1) * factor + factor / 2,
        .low = first ? 0 : index,
        .high = last ? index : index + 1,
        .part = 1 - (factor & 1),
    };
}

static uint32_t pitch_of(uint32_t classes) {
    uint32_t pitch = 2;
    while (pitch < classes) {
        pitch *= 2;
    }
    return pitch;
}

static void find_winners(struct logits_row *row, uint32_t width, uint32_t classes, bool judged) {
    const int8x16_t least = vdupq_n_s8(INT8_MIN);
    const mve_pred16_t lower = vctp8q(classes), upper = vctp8q(classes > 16 ? classes - 16 : 0);
    const uint32_t pitch = pitch_of(classes);
    for (uint32_t x = 0; x < width; x++) {
        const int8_t *column = row->logits + x * pitch;
        const int8x16_t low = vpselq_s8(vld1q_s8(column), least, lower);
        const int8x16_t high = vpselq_s8(vld1q_s8(column + 16), least, upper);
        const int8_t top = vmaxvq_s8(INT8_MIN, vmaxq_s8(low, high));
        const uint32_t equal = vcmpeqq_n_s8(low, top) | (uint32_t)vcmpeqq_n_s8(high, top) << 16;
        row->winners[x] = (uint8_t)__builtin_ctz(equal);
        if (judged) {
            const int32_t near = top - DRAW_LEAD + 1 > INT8_MIN ? top - DRAW_LEAD + 1 : INT8_MIN;
            const uint32_t close = vcmpgeq_n_s8(low, (int8_t)near) | (uint32_t)vcmpgeq_n_s8(high, (int8_t)near) << 16;
            row->winners[x] |= (close & (close - 1)) != 0 ? CLOSE : 0;
        }
    }
}

static void load_row(const struct decode_head *head, const void *logits, int32_t y, bool judged) {
    const struct decode_view view = decode_view_of(head);
    const uint32_t classes = head->classes, pitch = pitch_of(classes);
    struct logits_row *const row = &rows[y & 1];
    const uint32x4_t sign = vdupq_n_u32(head->type == DECODE_INT8 ? 0 : 0x80);
    const uint32x4_t labels = vmulq_n_u32(vidupq_n_u32(0, 1), (uint32_t)view.label);
    for (uint32_t x = 0; x < head->width; x++) {
        const uint8_t *from = (const uint8_t *)logits + (size_t)y * view.row + x * view.pixel;
        int8_t *to = row->logits + x * pitch;
        for (uint32_t label = 0; label < classes; label += 4) {
            /* A whole vector is stored: what it spoils of the next column is written later. */
            const uint32x4_t q =
                vldrbq_gather_offset_z_u32(from + label * view.label, labels, vctp32q(classes - label));
            vstrbq_s32(to + label, vreinterpretq_s32_u32(veorq_u32(q, sign)));
        }
    }
    find_winners(row, head->width, classes, judged);
}

struct cell {
    struct span y, x;
    const int8_t *corner[4]; /* low low, low high, high low, high high (row, column): logits, classes together */
    uint8_t winner[4];
};

static void find_corners(struct cell *cell, uint32_t pitch) {
    for (int corner = 0; corner < 4; corner++) {
        const struct logits_row *row = &rows[(corner < 2 ? cell->y.low : cell->y.high) & 1];
        const uint32_t column = (uint32_t)(corner % 2 == 0 ? cell->x.low : cell->x.high);
        cell->corner[corner] = row->logits + column * pitch;
        cell->winner[corner] = row->winners[column] & (CLOSE - 1);
    }
}

/* The classes that `winner` beats at all four corners. It must be larger than a higher class by `above`, than a lower
 * one by `below` steps. Saturation does not matter: steps are few. */
static uint32_t beaten_by(uint32_t winner, const struct cell *cell, uint32_t classes, int8_t above, int8_t below) {
    uint32_t higher = 0, lower = 0;
    for (uint32_t first = 0; first < classes; first += 16) {
        int8x16_t excess = vqsubq_n_s8(vld1q_s8(cell->corner[0] + first), cell->corner[0][winner]);
        for (int corner = 1; corner < 4; corner++) {
            const int8x16_t here = vld1q_s8(cell->corner[corner] + first);
            excess = vmaxq_s8(excess, vqsubq_n_s8(here, cell->corner[corner][winner]));
        }
        higher |= (uint32_t)vcmpleq_n_s8(excess, (int8_t)-above) << first;
        lower |= (uint32_t)vcmpleq_n_s8(excess, (int8_t)-below) << first;
    }
    const uint32_t own = 1u << winner;
    return (higher & ~(own | (own - 1))) | (lower & (own - 1));
}

/* The classes that no winner of a corner beats: these winners and others. */
static uint32_t contenders_of(const struct cell *cell, uint32_t classes, bool judged) {
    uint32_t left = UINT32_MAX >> (32 - classes), asked = 0;
    /* Of two that share a cell neither is beaten. */
    for (int corner = 0; corner < 4 && classes > 2; corner++) {
        const uint32_t winner = cell->winner[corner];
        if ((asked >> winner & 1) == 0) {
            asked |= 1u << winner;
            left &= ~beaten_by(winner, cell, classes, judged ? DRAW_LEAD : 0, judged ? DRAW_LEAD : 1);
        }
    }
    return left;
}

/* Values are scaled by `scale`; tags are added if that is DRAW_TAGS. */
static void make_lines(const struct cell *cell, uint32_t contenders, int32_t factor_y, int32_t factor_x, int32_t scale,
                       struct draw_classes *classes) {
    const int32_t whole_y = 2 * factor_y, whole_x = 2 * factor_x;
    classes->count = 0;
    for (; contenders != 0; contenders &= contenders - 1) {
        const int32_t label = __builtin_ctz(contenders), i = classes->count++;
        const int32_t left_step = cell->corner[2][label] - cell->corner[0][label];
        const int32_t right_step = cell->corner[3][label] - cell->corner[1][label];
        const int32_t left = cell->corner[0][label] * whole_y + left_step * cell->y.part;
        const int32_t right = cell->corner[1][label] * whole_y + right_step * cell->y.part;
        const int32_t tag = scale == DRAW_TAGS ? DRAW_TAG(label) : 0;
        classes->labels[i] = (uint8_t)label;
        classes->line[i].value = (left * whole_x + (right - left) * cell->x.part) * scale + tag;
        classes->line[i].slope = 2 * (right - left) * scale;
        classes->step[i].value = 2 * (left_step * whole_x + (right_step - left_step) * cell->x.part) * scale;
        classes->step[i].slope = 4 * (right_step - left_step) * scale;
    }
}

/* What a judge wants to know of a cell. */
struct case_file {
    const struct decode_head *head;
    const void *logits;
    decode_judge *judge;
    uint32_t among;
    int32_t y, x;
};

static uint8_t ask(const void *context, int32_t y, int32_t x) {
    const struct case_file *file = context;
    return file->judge(file->head, file->logits, file->among, file->y + y, file->x + x);
}

/* How far a position of the float32 definition can be off, in 2^-24: it is divided and reduced by a half, each time
 * rounded. Divided by a power of two it is exact. */
static int32_t shift_of(int32_t size, int32_t factor) {
    return (factor & (factor - 1)) == 0 ? 0 : 2 * size;
}

/* How near to a half a value in steps must be for float32 to be able to round it the other way. Where positions shift,
 * values do by 255 times as much at most. The definition rounds products and sums of at most 255 seven times,
 * draw_rounded values three times. It is below 0.19. */
static float doubt_of(const struct decode_head *head) {
    const int32_t height = head->height, width = head->width;
    const int32_t shift = shift_of(height, head->mask_height / height) + shift_of(width, head->mask_width / width);
    return 255.0f * 0x1p-24f * (float)(shift + 12);
}

static struct draw_area area_of(const struct decode_head *head, uint8_t *mask, const struct span *y,
                                const struct span *x) {
    return (struct draw_area){
        .mask = mask + (size_t)y->begin * head->mask_width + (size_t)x->begin,
        .stride = head->mask_width,
        .height = y->end - y->begin,
        .width = x->end - x->begin,
    };
}

/* Draws a cell that several classes share. */
static void draw_cell(struct cell *cell, const struct draw_area *area, struct case_file *file) {
    static struct draw_classes classes;
    const struct decode_head *head = file->head;
    const int32_t factor_y = head->mask_height / head->height, factor_x = head->mask_width / head->width;
    const int32_t unit = 4 * factor_y * factor_x;
    find_corners(cell, pitch_of(head->classes));
    const uint32_t contenders = contenders_of(cell, head->classes, file->judge != NULL);
    const uint32_t others = contenders & (contenders - 1);
    const bool two = (others & (others - 1)) == 0;
    const bool tagged = file->judge == NULL && !two && unit <= DRAW_MAX_TAGGED_UNIT;
    make_lines(cell, contenders, factor_y, factor_x, tagged ? DRAW_TAGS : 1, &classes);
    if (file->judge != NULL) {
        file->among = contenders;
        file->y = cell->y.begin;
        file->x = cell->x.begin;
        draw_rounded(area, &classes, unit, doubt_of(head), ask, file);
    } else if (two) {
        draw_larger(area, &classes);
    } else if (tagged) {
        draw_largest(area, &classes);
    } else {
        draw_largest_plain(area, &classes);
    }
}

/* Who wins all corners of a cell, or CLOSE. */
static uint32_t winner_of(const struct span *y, const struct span *x) {
    const uint8_t *low = rows[y->low & 1].winners, *high = rows[y->high & 1].winners;
    const uint32_t winner = low[x->low];
    const bool all = low[x->high] == winner && high[x->low] == winner && high[x->high] == winner;
    return all && winner < CLOSE ? winner : CLOSE;
}

/* The rows of the mask between two rows of logits. */
static void draw_band(const struct span *y, struct case_file *file, uint8_t *mask) {
    const struct decode_head *head = file->head;
    const int32_t width = head->width, factor = head->mask_width / width;
    for (int32_t column = -1; column < width;) {
        struct cell cell = {.y = *y, .x = span_at(column++, width, factor)};
        const uint32_t winner = winner_of(y, &cell.x);
        /* Cells side by side that one class wins are filled together. */
        while (winner != CLOSE && column < width) {
            const struct span next = span_at(column, width, factor);
            if (winner_of(y, &next) != winner) {
                break;
            }
            cell.x.end = next.end;
            column++;
        }
        if (cell.x.begin == cell.x.end) {
            continue;
        }
        const struct draw_area area = area_of(head, mask, y, &cell.x);
        if (winner == CLOSE) {
            draw_cell(&cell, &area, file);
        } else {
            draw_flat(&area, (uint8_t)winner);
        }
    }
}

int decode_interpolate(const struct decode_head *head, const void *logits, uint8_t *mask, decode_judge *judge) {
    const int problem = decode_check_interpolation(head);
    if (problem != 0) {
        return problem;
    }
    struct case_file file = {.head = head, .logits = logits, .judge = judge};
    load_row(head, logits, 0, judge != NULL);
    for (int32_t band = -1; band < head->height; band++) {
        const struct span y = span_at(band, head->height, head->mask_height / head->height);
        if (y.high > y.low) {
            load_row(head, logits, y.high, judge != NULL);
        }
        if (y.begin < y.end) {
            draw_band(&y, &file, mask);
        }
    }
    return 0;
}
