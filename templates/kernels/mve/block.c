/* A convolution, a depthwise convolution 3x3 and a pointwise one, a few rows at a time: what lies between them is never
 * there as a whole. The first one's outputs go straight into tiles. */
#include "gather.h"
#include "multiply.h"
#include "mve.h"
#include "products.h"
#include "tiles.h"

#include <arm_mve.h>
#include <stdalign.h>
#include <stdbool.h>

#define COLUMN 4    /* bytes of a tile's column */
#define TILE_STEP 2 /* rows of the image from one row of tiles to the next */
#define BLOCK_OUTPUTS 8
#define ALIGNMENT 16

/* The depthwise convolution's input as tiles. */
struct picture {
    const struct kernel_conv *layer; /* the depthwise one */
    int8_t *tiles;
    int32_t channel_step, row_step; /* in bytes */
    int32_t first;                  /* row of tiles at `tiles` */
};

static int32_t round_up(int32_t value, int32_t step) {
    return (value + step - 1) / step * step;
}

static int32_t rows_of_tile(const struct kernel_conv *depthwise) {
    return depthwise->stride.height == 1 ? 2 : 1;
}

static void fill(int8_t *to, int32_t value, int32_t size) {
    for (int32_t i = 0; i < size; i += ALIGNMENT) {
        vst1q_s32((int32_t *)(void *)(to + i), vreinterpretq_s32_s8(vdupq_n_s8((int8_t)value)));
    }
}

/* Words; the last three of what is written may be anything. */
static void copy(int8_t *to, const int8_t *from, int32_t size) {
    for (int32_t i = 0; i < size; i += ALIGNMENT) {
        vst1q_s32((int32_t *)(void *)(to + i), vld1q_s32((const int32_t *)(const void *)(from + i)));
    }
}

/* Row `row` of the image counts from the first row of padding. It is the upper half of one row of tiles, and the lower
 * half of the one before, if that is there. */
static struct products_place place_of(const struct picture *picture, int32_t row) {
    const int32_t tile = row / TILE_STEP - picture->first;
    const int32_t upper = tile * picture->row_step + row % TILE_STEP;
    const int32_t lower = tile > 0 ? upper - picture->row_step + TILE_STEP : upper;
    const struct products_place place = {picture->tiles + lower, upper - lower, COLUMN, picture->channel_step};
    return place;
}

static void padding_row(const struct picture *picture, int32_t row) {
    const struct products_place place = place_of(picture, row);
    const int32_t bytes = picture->row_step;
    for (int32_t i = 0; i < bytes; i += COLUMN) {
        place.first[i] = (int8_t)picture->layer->in_zero_point;
        place.first[place.second + i] = (int8_t)picture->layer->in_zero_point;
    }
}

/* One row of the first convolution's outputs. */
static void image_row(const struct kernel_mve_block *block, const uint8_t *blob, const int8_t *in,
                      const struct picture *picture, int32_t row, int8_t *gathered) {
    const struct kernel_conv *first = &block->first;
    const int32_t y = row - picture->layer->pad.height;
    const int32_t width = first->out.width;
    struct products_place place = place_of(picture, row);
    place.first += picture->layer->pad.width * COLUMN;
    if (block->gathers) {
        const int32_t step = products_blocks(first) * PRODUCTS_BLOCK;
        gather(first, in, y * width, width, step, gathered);
        products_to(first, blob, gathered, step, width, &place);
    } else {
        const int32_t step = first->in.channels;
        products_to(first, blob, in + y * width * step, step, width, &place);
    }
}

/* Rows of tiles from the picture's first one on. */
static void depthwise_rows(const struct picture *picture, const uint8_t *blob, int32_t rows, bool fast, int8_t *out) {
    const struct kernel_conv *layer = picture->layer;
    const bool stride_1 = layer->stride.height == 1;
    const int32_t channels = layer->out.channels;
    const int32_t out_row = layer->out.width * channels;
    /* Columns of a block, and the way from one of its columns to the next one in the tiles. */
    const int32_t columns = stride_1 ? BLOCK_OUTPUTS / 2 : BLOCK_OUTPUTS;
    const int32_t back = (columns - layer->out.width % columns) % columns;
    alignas(4) uint16_t offsets[BLOCK_OUTPUTS];
    for (int32_t i = 0; i < BLOCK_OUTPUTS; i++) {
        const int32_t offset =
            stride_1 ? i / 4 * out_row + (i / 2 % 2 + i % 2 * 2) * channels : (i / 2 + i % 2 * 4) * channels;
        offsets[i] = (uint16_t)offset;
    }
    const struct tiles job = {
        .in = picture->tiles,
        .channel_step = picture->channel_step,
        .row_step = picture->row_step,
        .out = out,
        .out_step = rows_of_tile(layer) * out_row,
        .block_step = columns * channels,
        .rows = rows,
        .channels = channels,
        .blocks = layer->out.width / columns,
        .back_in = back * layer->stride.width * COLUMN,
        .back = back * channels,
        .weights = (const int8_t *)(blob + layer->weights),
        .zero_point = layer->out_zero_point + (fast ? MULTIPLY_FAST : 0),
        .offsets = offsets,
    };
    if (fast) {
        (stride_1 ? tiles_stride_1_fast : tiles_stride_2_fast)(&job);
    } else {
        (stride_1 ? tiles_stride_1 : tiles_stride_2)(&job);
    }
}

void kernel_mve_block(const struct kernel_mve_block *block, const uint8_t *blob, const int8_t *in, int8_t *out,
                      int8_t *scratch) {
    const struct kernel_conv *depthwise = &block->depthwise;
    const struct kernel_conv *last = &block->last;
    const int32_t rows_each = rows_of_tile(depthwise);
    const int32_t rows = (depthwise->out.height + rows_each - 1) / rows_each;
    const int32_t pixels = depthwise->out.height * depthwise->out.width;
    /* Rows of the image that a row of tiles needs besides those that begin it. */
    const int32_t more = depthwise->stride.height == 1 ? 2 : 1;
    const int32_t height = depthwise->in.height;
    struct picture picture = {.layer = depthwise, .tiles = scratch};
    picture.channel_step = (depthwise->out.width * depthwise->stride.width + 2) * COLUMN;
    picture.row_step = depthwise->in.channels * picture.channel_step;
    const int32_t size = round_up((block->rows + 1) * picture.row_step, ALIGNMENT);
    int8_t *between = scratch + size;
    int8_t *gathered =
        between + round_up(block->rows * rows_each * depthwise->out.width * last->in.channels, ALIGNMENT);
    int32_t row = 0;
    fill(scratch, depthwise->in_zero_point, size);
    for (picture.first = 0; picture.first < rows; picture.first += block->rows) {
        const int32_t left = rows - picture.first;
        const int32_t now = left < block->rows ? left : block->rows;
        if (picture.first > 0) {
            copy(scratch, scratch + block->rows * picture.row_step, picture.row_step);
        }
        for (; row < (picture.first + now) * TILE_STEP + more; row++) {
            const int32_t y = row - depthwise->pad.height;
            if (y >= 0 && y < height) {
                image_row(block, blob, in, &picture, row, gathered);
            } else {
                padding_row(&picture, row);
            }
        }
        depthwise_rows(&picture, blob, now, block->rounds != 0, between);
        const int32_t done = picture.first * rows_each * depthwise->out.width;
        const int32_t most = now * rows_each * depthwise->out.width;
        products(last, blob, between, last->in.channels, pixels - done < most ? pixels - done : most,
                 out + done * last->out.channels);
    }
}
