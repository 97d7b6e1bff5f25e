/* Exact half-pixel bilinear interpolation and argmax with Helium; the twin of the portable interpolate.c.
 *
 * The mask falls into cells, each between four neighbouring logits (at the edges, some of them are the same). In a
 * cell, every class's value is a mean of its four logits with weights that all classes share. So a class that another
 * one beats at all four corners wins nowhere in the cell. Cells whose corners one class wins are filled; in the others
 * only the classes that nobody beats are interpolated. */
#include "interpolate.h"

#include <arm_mve.h>

#include "draw.h"
#include "lines.h"
#include "rounding.h"

/* A row of logits: int8, classes of a column together, columns `pitch` bytes apart. Vectors are read from any column's
 * first byte on, so they reach beyond the last. */
#define COLUMN_BYTES 32
struct logits_row {
    int8_t logits[2 * DECODE_MAX_ROW + COLUMN_BYTES];
    uint8_t winners[DECODE_MAX_ROW / 2 + 16]; /* of each column, the lowest of equals */
};

/* In `winners` with a judge: the winner does not beat all lower classes. */
#define CLOSE 0x80

_Static_assert(COLUMN_BYTES >= DECODE_MAX_CLASSES && CLOSE >= DECODE_MAX_CLASSES, "all classes have room");

/* Those of even and of odd number: what a cell needs of both is here at once. */
static struct logits_row rows[2];

/* Of the cell that is drawn. */
static struct lines lines;

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

/* Most heads have two classes; then sixteen columns are looked at together. */
static void find_winners_of_two(struct logits_row *row, uint32_t width, bool judged) {
    const uint8x16_t lower = vdupq_n_u8(0), higher = vdupq_n_u8(1), close = vdupq_n_u8(judged ? 1 | CLOSE : 1);
    for (uint32_t x = 0; x < width; x += 16) {
        const int8x16x2_t logits = vld2q_s8(row->logits + 2 * x);
        const int8x16_t lead = vqsubq_s8(logits.val[1], logits.val[0]);
        const uint8x16_t found = vpselq_u8(close, higher, vcmpltq_n_s8(lead, ROUNDING_LEAD));
        vst1q_u8(row->winners + x, vpselq_u8(found, lower, vcmpgtq_n_s8(lead, 0)));
    }
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
            const int32_t near = top - ROUNDING_LEAD + 1 > INT8_MIN ? top - ROUNDING_LEAD + 1 : INT8_MIN;
            const uint32_t close = vcmpgeq_n_s8(low, (int8_t)near) | (uint32_t)vcmpgeq_n_s8(high, (int8_t)near) << 16;
            row->winners[x] |= (close & ((1u << row->winners[x]) - 1)) != 0 ? CLOSE : 0;
        }
    }
}

/* Class after class: each one's columns are spread. */
static void load_planes(const struct decode_head *head, const uint8_t *from, uint32_t sign, uint8_t *to) {
    const uint32_t pitch = pitch_of(head->classes), plane = (uint32_t)head->height * head->width;
    const uint16x8_t columns = vmulq_n_u16(vidupq_n_u16(0, 1), (uint16_t)pitch);
    for (uint32_t label = 0; label < head->classes; label++, from += plane) {
        for (uint32_t x = 0; x < head->width; x += 8) {
            const mve_pred16_t inside = vctp16q(head->width - x);
            const uint16x8_t q = veorq_u16(vldrbq_z_u16(from + x, inside), vdupq_n_u16((uint16_t)sign));
            vstrbq_scatter_offset_p_u16(to + x * pitch + label, columns, q, inside);
        }
    }
}

/* Column after column, or all of them at once where they are `pitch` bytes apart already. Whole vectors are stored:
 * what that spoils of the next column is written later. */
static void load_pixels(const struct decode_head *head, const uint8_t *from, uint32_t sign, uint8_t *to) {
    const uint32_t pitch = pitch_of(head->classes);
    const bool packed = pitch == head->classes;
    const uint32_t count = packed ? 1 : head->width, size = packed ? pitch * head->width : head->classes;
    for (uint32_t i = 0; i < count; i++, from += size, to += pitch) {
        for (uint32_t at = 0; at < size; at += 16) {
            const uint8x16_t q = vldrbq_z_u8(from + at, vctp8q(size - at));
            vst1q_u8(to + at, veorq_u8(q, vdupq_n_u8((uint8_t)sign)));
        }
    }
}

static void load_row(const struct decode_head *head, const void *logits, int32_t y, bool judged) {
    struct logits_row *const row = &rows[y & 1];
    const uint8_t *from = (const uint8_t *)logits + (size_t)y * decode_view_of(head).row;
    const uint32_t sign = head->type == DECODE_INT8 ? 0 : 0x80;
    if (head->order == DECODE_HWC) {
        load_pixels(head, from, sign, (uint8_t *)row->logits);
    } else {
        load_planes(head, from, sign, (uint8_t *)row->logits);
    }
    if (head->classes == 2) {
        find_winners_of_two(row, head->width, judged);
    } else {
        find_winners(row, head->width, head->classes, judged);
    }
}

/* The classes that `winner` beats at all four corners: higher ones that are not larger, and lower ones that are smaller
 * by `lead`. Saturation does not matter: steps are few. */
static uint32_t beaten_by(uint32_t winner, const struct lines_cell *cell, uint32_t classes, int8_t lead) {
    uint32_t higher = 0, lower = 0;
    for (uint32_t first = 0; first < classes; first += 16) {
        int8x16_t excess = vqsubq_n_s8(vld1q_s8(cell->corner[0] + first), cell->corner[0][winner]);
        for (int corner = 1; corner < 4; corner++) {
            const int8x16_t here = vld1q_s8(cell->corner[corner] + first);
            excess = vmaxq_s8(excess, vqsubq_n_s8(here, cell->corner[corner][winner]));
        }
        higher |= (uint32_t)vcmpleq_n_s8(excess, 0) << first;
        lower |= (uint32_t)vcmpleq_n_s8(excess, (int8_t)-lead) << first;
    }
    const uint32_t own = 1u << winner;
    return (higher & ~(own | (own - 1))) | (lower & (own - 1));
}

/* Rows of the mask between two rows of logits. */
struct band {
    const struct logits_row *low, *high;
    struct span y;
};

/* The classes that no winner of a corner beats: these winners and others. */
static uint32_t contenders_of(const struct band *band, const struct span *x, const struct lines_cell *cell,
                              uint32_t classes, bool judged) {
    uint32_t left = UINT32_MAX >> (32 - classes), asked = 0;
    /* Of two that share a cell neither is beaten. */
    for (int corner = 0; corner < 4 && classes > 2; corner++) {
        const struct logits_row *row = corner < 2 ? band->low : band->high;
        const uint32_t winner = row->winners[corner % 2 == 0 ? x->low : x->high] & (CLOSE - 1);
        if ((asked >> winner & 1) == 0) {
            asked |= 1u << winner;
            left &= ~beaten_by(winner, cell, classes, judged ? ROUNDING_LEAD : 1);
        }
    }
    return left;
}

/* What a judge wants to know of a cell. */
struct case_file {
    const struct decode_head *head;
    const void *logits;
    decode_judge *judge;
    struct rounding rounding;
    uint32_t among;
    int32_t y, x;
};

static uint8_t ask(const void *context, int32_t y, int32_t x) {
    const struct case_file *file = context;
    return file->judge(file->head, file->logits, file->among, file->y + y, file->x + x);
}

/* Draws a cell that several classes share, as it is without a judge. */
static void draw_plain(const struct draw_area *area, const struct lines_cell *cell, uint32_t contenders) {
    const uint32_t others = contenders & (contenders - 1);
    const bool two = (others & (others - 1)) == 0;
    const bool tagged = !two && cell->whole_y * cell->whole_x <= DRAW_MAX_TAGGED_UNIT;
    const struct lines_scale plain = {0}, tags = {.shift = DRAW_TAG_BITS};
    lines_make(&lines, cell, contenders, tagged ? &tags : &plain);
    if (two) {
        draw_larger(area, &lines);
    } else if (tagged) {
        draw_largest(area, &lines);
    } else {
        draw_largest_plain(area, &lines);
    }
}

/* Who wins all corners of a cell, or CLOSE. */
static uint32_t winner_of(const struct band *band, const struct span *x) {
    const uint8_t *low = band->low->winners, *high = band->high->winners;
    const uint32_t winner = low[x->low];
    const bool all = low[x->high] == winner && high[x->low] == winner && high[x->high] == winner;
    return all && winner < CLOSE ? winner : CLOSE;
}

static void draw_band(const struct band *band, struct case_file *file, uint8_t *mask) {
    const struct decode_head *head = file->head;
    const uint32_t classes = head->classes, pitch = pitch_of(classes);
    const int32_t width = head->width, factor = head->mask_width / width;
    struct lines_cell cell = {
        .part_y = band->y.part,
        .whole_y = 2 * (head->mask_height / head->height),
        .whole_x = 2 * factor,
    };
    struct draw_area area = {.stride = head->mask_width, .height = band->y.end - band->y.begin};
    uint8_t *const row = mask + (size_t)band->y.begin * head->mask_width;
    for (int32_t column = -1; column < width;) {
        struct span x = span_at(column++, width, factor);
        const uint32_t winner = winner_of(band, &x);
        /* Cells side by side that one class wins are filled together. */
        while (winner != CLOSE && column < width) {
            const struct span next = span_at(column, width, factor);
            if (winner_of(band, &next) != winner) {
                break;
            }
            x.end = next.end;
            column++;
        }
        if (x.begin == x.end) {
            continue;
        }
        area.mask = row + x.begin;
        area.width = x.end - x.begin;
        area.room = head->mask_width - x.begin;
        if (winner != CLOSE) {
            draw_flat(&area, (uint8_t)winner);
            continue;
        }
        cell.corner[0] = band->low->logits + (uint32_t)x.low * pitch;
        cell.corner[1] = band->low->logits + (uint32_t)x.high * pitch;
        cell.corner[2] = band->high->logits + (uint32_t)x.low * pitch;
        cell.corner[3] = band->high->logits + (uint32_t)x.high * pitch;
        cell.part_x = x.part;
        const uint32_t contenders = contenders_of(band, &x, &cell, classes, file->judge != NULL);
        if (file->judge == NULL) {
            draw_plain(&area, &cell, contenders);
            continue;
        }
        file->among = contenders;
        file->y = band->y.begin;
        file->x = x.begin;
        lines_make(&lines, &cell, contenders, &file->rounding.scale);
        rounding_draw(&file->rounding, &area, &lines);
    }
}

int decode_interpolate(const struct decode_head *head, const void *logits, uint8_t *mask, decode_judge *judge) {
    const int problem = decode_check_interpolation(head);
    if (problem != 0) {
        return problem;
    }
    struct case_file file = {.head = head, .logits = logits, .judge = judge};
    file.rounding = rounding_of(head, ask, &file);
    lines.kept = 0; /* What a decode costs must not depend on the one before it. */
    load_row(head, logits, 0, judge != NULL);
    for (int32_t band = -1; band < head->height; band++) {
        const struct span y = span_at(band, head->height, head->mask_height / head->height);
        if (y.high > y.low) {
            load_row(head, logits, y.high, judge != NULL);
        }
        if (y.begin < y.end) {
            draw_band(&(struct band){&rows[y.low & 1], &rows[y.high & 1], y}, &file, mask);
        }
    }
    return 0;
}
