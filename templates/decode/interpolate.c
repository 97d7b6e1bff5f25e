/* Exact half-pixel bilinear interpolation in integers, and argmax.
 *
 * With a whole factor f, every sample position is a multiple of 1/(2f). So logits are blended with integer weights that
 * sum to 2f down the rows and to 2f along them; values are logits times 4 f_h f_w, without any rounding. Along a row,
 * between two columns of logits, every class is a straight line. A class that wins at both ends of such a run wins all
 * of it; only runs in which the winner changes are walked. */
#include "interpolate.h"

#include <string.h>

/* With a judge: two classes whose exact values are more than two steps apart cannot round to one value, because
 * rounding moves each by half a step and the float32 arithmetic by far less than another half. Closer ones are judged.
 */
#define MARGIN 2

/* One blended row of logits, [width][classes], times 2 f_h. */
static int32_t blended[DECODE_MAX_ROW];

struct winner {
    int32_t label;
    int32_t lead; /* over the second */
};

/* Pixels of one row between the centres of two neighbouring columns of logits. */
struct run {
    const int32_t *low, *high; /* the two columns, [classes] each */
    int32_t begin, end;        /* pixels of the mask */
};

static struct winner best_class(const struct run *run, int32_t classes, int32_t factor, int32_t x) {
    const int32_t *low = run->low;
    const int32_t *high = run->high;
    /* Twice the distance from the lower centre; half a pixel further where the factor is even. */
    const int32_t part = 2 * (x - run->begin) + 1 - (factor & 1);
    const int32_t rest = 2 * factor - part;
    int32_t top = low[0] * rest + high[0] * part;
    int32_t second = INT32_MIN;
    struct winner winner = {0, 0};
    for (int32_t label = 1; label < classes; label++) {
        const int32_t value = low[label] * rest + high[label] * part;
        if (value > top) {
            second = top;
            top = value;
            winner.label = label;
        } else if (value > second) {
            second = value;
        }
    }
    winner.lead = top - second;
    return winner;
}

/* Fills the run if one class leads by more than `open` at both ends, and so all along it. */
static bool fill_run(const struct run *run, int32_t classes, int32_t factor, int32_t open, uint8_t *row) {
    const struct winner first = best_class(run, classes, factor, run->begin);
    const struct winner last = best_class(run, classes, factor, run->end - 1);
    const bool filled = first.label == last.label && first.lead > open && last.lead > open;
    if (filled) {
        memset(row + run->begin, first.label, (size_t)(run->end - run->begin));
    }
    return filled;
}

static void blend_rows(const struct decode_head *head, const void *logits, int32_t y, int32_t factor) {
    const struct decode_view view = decode_view_of(head);
    const int32_t whole = 2 * factor;
    const int32_t last = (head->height - 1) * whole;
    int32_t position = 2 * y + 1 - factor;
    position = position < 0 ? 0 : position > last ? last : position;
    const int32_t part = position % whole;
    const size_t low = (size_t)(position / whole) * view.row;
    const size_t high = part == 0 ? low : low + view.row;
    int32_t *out = blended;
    for (size_t x = 0; x < head->width; x++) {
        for (size_t label = 0; label < head->classes; label++) {
            const size_t at = x * view.pixel + label * view.label;
            *out++ = decode_integer(head, logits, low + at) * (whole - part) +
                     decode_integer(head, logits, high + at) * part;
        }
    }
}

int decode_interpolate(const struct decode_head *head, const void *logits, uint8_t *mask, decode_judge *judge) {
    const int problem = decode_check_interpolation(head);
    if (problem != 0) {
        return problem;
    }
    const int32_t factor_y = head->mask_height / head->height;
    const int32_t factor_x = head->mask_width / head->width;
    const int32_t classes = head->classes;
    const uint32_t all = UINT32_MAX >> (32 - classes);
    /* No lead is below 0, so without a judge nothing is ever open. */
    const int32_t open = judge == NULL ? -1 : MARGIN * 4 * factor_y * factor_x;
    for (int32_t y = 0; y < head->mask_height; y++) {
        blend_rows(head, logits, y, factor_y);
        uint8_t *row = mask + (size_t)y * head->mask_width;
        /* The run of `column` lies between its centre and the next one's. Before the first centre and behind the last
         * both ends are the same column, so the value is constant. */
        for (int32_t column = -1; column < head->width; column++) {
            const struct run run = {
                .low = blended + (column < 0 ? 0 : column) * classes,
                .high = blended + (column + 1 < head->width ? column + 1 : column) * classes,
                .begin = column < 0 ? 0 : column * factor_x + factor_x / 2,
                .end = column + 1 < head->width ? (column + 1) * factor_x + factor_x / 2 : head->mask_width,
            };
            if (run.begin == run.end || fill_run(&run, classes, factor_x, open, row)) {
                continue;
            }
            for (int32_t x = run.begin; x < run.end; x++) {
                const struct winner winner = best_class(&run, classes, factor_x, x);
                row[x] = winner.lead > open ? (uint8_t)winner.label : judge(head, logits, all, y, x);
            }
        }
    }
    return 0;
}
