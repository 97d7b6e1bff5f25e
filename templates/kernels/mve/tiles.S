/* Depthwise convolutions 3x3 of tiles: a tile times weights that stand where the kernel does is one output. tiles.h says
 * how the operands lie in memory. */
    .syntax unified
    .thumb

#define INPUT r1
#define OUTPUT r3
#define BIAS r5
#define MULTIPLIER r7
#define LEFT r9 /* blocks in this row of tiles */
#define STEP r11
/* Sums of a block. */
#define A0 r0
#define A1 r2
#define A2 r4
#define A3 r6
#define B0 r8
#define B1 r10
#define B2 r12
#define B3 lr
/* q0, q1: tiles, then sums. q2: the output's zero point, as often as there is room. q3 and, for stride 1, q4, q5, q6: weights for
 * outputs (0,0) (0,1) (1,0) (1,1). q7: where outputs go. */

/* struct tiles, copied to the stack. */
#define IN 0
#define CHANNEL_STEP 4
#define ROW_STEP 8
#define OUT 12
#define OUT_STEP 16
#define BLOCK_STEP 20
#define ROWS 24
#define CHANNELS 28
#define BLOCKS 32
#define BACK_IN 36
#define BACK 40
#define WEIGHTS 44
#define JOB_SIZE 68
/* Behind the struct: what the current channel has left, and where its current row of tiles begins. */
#define ROWS_LEFT 56
#define ROW_IN 60
#define ROW_OUT 64

    .macro gather_sums
    vmov q0[2], q0[0], A0, A2
    vmov q0[3], q0[1], A1, A3
    vmov q1[2], q1[0], B0, B2
    vmov q1[3], q1[1], B1, B3
    .endm

    .macro scale_sums
    gather_sums
    vadd.i32 q0, q0, BIAS
    vadd.i32 q1, q1, BIAS
    vcvt.f32.s32 q0, q0
    vcvt.f32.s32 q1, q1
    vmul.f32 q0, q0, MULTIPLIER
    vmul.f32 q1, q1, MULTIPLIER
    .endm

    .macro put
    vqmovnb.s16 q0, q0
    vstrb.16 q0, [OUTPUT, q7]
    add OUTPUT, OUTPUT, STEP
    .endm

    /* Conversions saturate, so nothing overflows before the clamp. */
    .macro finish
    scale_sums
    vcvtn.s32.f32 q0, q0
    vcvtn.s32.f32 q1, q1
    vqmovnb.s32 q0, q0
    vqmovnt.s32 q0, q1
    vqadd.s16 q0, q0, q2
    put
    .endm

    /* See finish_fast in multiply.S. */
    .macro finish_fast
    scale_sums
    vadd.f32 q0, q0, q2
    vadd.f32 q1, q1, q2
    vmovnt.i32 q0, q1
    put
    .endm

    .macro block_stride_1 finish
    vldrw.u32 q0, [INPUT], #8
    vmlav.s8 A0, q0, q3
    vldrw.u32 q1, [INPUT], #8
    vmlav.s8 B0, q1, q3
    vmlav.s8 A1, q0, q4
    vmlav.s8 B1, q1, q4
    vmlav.s8 A2, q0, q5
    vmlav.s8 B2, q1, q5
    vmlav.s8 A3, q0, q6
    vmlav.s8 B3, q1, q6
    \finish
    .endm

    .macro two_tiles first, second
    vldrw.u32 q0, [INPUT], #8
    vmlav.s8 \first, q0, q3
    vldrw.u32 q1, [INPUT], #8
    vmlav.s8 \second, q1, q3
    .endm

    .macro block_stride_2 finish
    two_tiles A0, A1
    two_tiles A2, A3
    two_tiles B0, B1
    two_tiles B2, B3
    \finish
    .endm

    /* The kernel one row lower: each column's bytes move up in their word. One column further: the words move up. */
    .macro weights_stride_1
    movs r0, #0
    vmov q4, q3
    vshlc q4, r0, #32
    vshl.i32 q5, q3, #8
    vshl.i32 q6, q4, #8
    .endm

    .macro weights_stride_2
    .endm

    .macro tiles name, stride, lanes, finish
    .section .text.tiles_\name, "ax", %progbits
    .balign 4
    .global tiles_\name
    .type tiles_\name, %function
tiles_\name:
    push {r4-r11, lr}
    vpush {d8-d15}
    sub sp, sp, #JOB_SIZE
    ldm r0!, {r1-r7}
    stm sp, {r1-r7}
    ldm r0, {r1-r7}
    add r0, sp, #CHANNELS
    stm r0, {r1-r7}
    vdup.\lanes q2, r6
    vldrw.u32 q7, [r7]
    ldr STEP, [sp, #BLOCK_STEP]
\name\()_channel:
    ldr r0, [sp, #WEIGHTS]
    vldrw.u32 q3, [r0], #16
    ldrd BIAS, MULTIPLIER, [r0], #8
    str r0, [sp, #WEIGHTS]
    weights_\stride
    ldrd INPUT, r0, [sp, #IN]
    add r0, INPUT, r0
    str r0, [sp, #IN]
    ldr OUTPUT, [sp, #OUT]
    add r0, OUTPUT, #1
    str r0, [sp, #OUT]
    ldr r0, [sp, #ROWS]
    str r0, [sp, #ROWS_LEFT]
\name\()_row:
    strd INPUT, OUTPUT, [sp, #ROW_IN]
    ldr LEFT, [sp, #BLOCKS]
\name\()_block:
    block_\stride \finish
    subs LEFT, LEFT, #1
    bne \name\()_block
    ldrd r0, r2, [sp, #BACK_IN]
    cmp r2, #0
    beq \name\()_whole
    sub INPUT, INPUT, r0
    sub OUTPUT, OUTPUT, r2
    block_\stride \finish
\name\()_whole:
    ldrd INPUT, OUTPUT, [sp, #ROW_IN]
    ldr r0, [sp, #ROW_STEP]
    add INPUT, INPUT, r0
    ldr r0, [sp, #OUT_STEP]
    add OUTPUT, OUTPUT, r0
    ldr r0, [sp, #ROWS_LEFT]
    subs r0, r0, #1
    str r0, [sp, #ROWS_LEFT]
    bne \name\()_row
    ldr r0, [sp, #CHANNELS]
    subs r0, r0, #1
    str r0, [sp, #CHANNELS]
    bne \name\()_channel
    add sp, sp, #JOB_SIZE
    vpop {d8-d15}
    pop {r4-r11, pc}
    .size tiles_\name, . - tiles_\name
    .endm

    tiles stride_1, stride_1, 16, finish
    tiles stride_2, stride_2, 16, finish
    tiles stride_1_fast, stride_1, 32, finish_fast
    tiles stride_2_fast, stride_2, 32, finish_fast
