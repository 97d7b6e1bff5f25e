/* The inner loops of depthwise convolutions: 16 channels of one output at a time, any taps. depthwise_run.h says how
 * the operands lie in memory.
 *
 * Products are 16 bits; two of them are added before they are widened, where the compiler has proven that they may. */
    .syntax unified
    .thumb

#define INPUT r1
#define WEIGHTS r2
#define OFFSETS r3
#define X0 r4
#define X1 r5
#define BIAS r6
#define MULTIPLIER r7
#define LEFT r8 /* channels */
#define OUTPUT r9
#define ZERO r12
/* q0, q1, q2, q3: sums of channels 0 4 8 12, 2 6 10 14, 1 5 9 13, 3 7 11 15. q4, q5: inputs, weights, products.
 * q6, q7: 16-bit sums of channels 0 2 4 ... and 1 3 5 ... */

/* struct depthwise_run, copied to the stack. */
#define IN 0
#define OUT 8
#define PIXELS 16
#define FIRST_OFFSET 20
#define SINGLES 28
#define FIRST_WEIGHTS 32
#define FIRST_MULTIPLIER 40
#define RUN_SIZE 48

    .macro widen
    vmovlb.s16 q4, q6
    vmovlt.s16 q5, q6
    vadd.i32 q0, q0, q4
    vadd.i32 q1, q1, q5
    vmovlb.s16 q4, q7
    vmovlt.s16 q5, q7
    vadd.i32 q2, q2, q4
    vadd.i32 q3, q3, q5
    .endm

    .macro steps sum
    vldrw.u32 q4, [MULTIPLIER], #16
    vcvt.f32.s32 \sum, \sum
    vmul.f32 \sum, \sum, q4
    vcvtn.s32.f32 \sum, \sum
    .endm

    .section .text.depthwise_run, "ax", %progbits
    .balign 4
    .global depthwise_run
    .type depthwise_run, %function
depthwise_run:
    push {r4-r11, lr}
    vpush {d8-d15}
    ldm r0, {r1-r12}
    push {r1-r12}
pixel:
    ldrd INPUT, r0, [sp, #IN]
    add r0, INPUT, r0
    str r0, [sp, #IN]
    ldrd OUTPUT, LEFT, [sp, #OUT]
    add r0, OUTPUT, LEFT
    str r0, [sp, #OUT]
    ldrd WEIGHTS, BIAS, [sp, #FIRST_WEIGHTS]
    ldr MULTIPLIER, [sp, #FIRST_MULTIPLIER]
channels:
    vldrw.u32 q0, [BIAS], #16
    vldrw.u32 q1, [BIAS], #16
    vldrw.u32 q2, [BIAS], #16
    vldrw.u32 q3, [BIAS], #16
    ldrd OFFSETS, lr, [sp, #FIRST_OFFSET]
    wls lr, lr, no_pairs
pair:
    ldrd X0, X1, [OFFSETS], #8
    add X0, X0, INPUT
    add X1, X1, INPUT
    vldrb.u8 q4, [X0]
    vldrw.u32 q5, [WEIGHTS], #16
    vmullb.s8 q6, q4, q5
    vmullt.s8 q7, q4, q5
    vldrb.u8 q4, [X1]
    vldrw.u32 q5, [WEIGHTS]
    vmullb.s8 q5, q4, q5
    vadd.i16 q6, q6, q5
    vldrw.u32 q5, [WEIGHTS], #16
    vmullt.s8 q5, q4, q5
    vadd.i16 q7, q7, q5
    widen
    le lr, pair
no_pairs:
    ldr lr, [sp, #SINGLES]
    wls lr, lr, no_singles
single:
    ldr X0, [OFFSETS], #4
    add X0, X0, INPUT
    vldrb.u8 q4, [X0]
    vldrw.u32 q5, [WEIGHTS], #16
    vmullb.s8 q6, q4, q5
    vmullt.s8 q7, q4, q5
    widen
    le lr, single
no_singles:
    steps q0
    steps q1
    steps q2
    steps q3
    /* Conversions saturate, so nothing overflows before the clamp. */
    vqmovnb.s32 q0, q0
    vqmovnt.s32 q0, q1
    vqmovnb.s32 q2, q2
    vqmovnt.s32 q2, q3
    vqadd.s16 q0, q0, ZERO
    vqadd.s16 q2, q2, ZERO
    vqmovnb.s16 q0, q0
    vqmovnt.s16 q0, q2
    vctp.8 LEFT
    vpst
    vstrbt.8 q0, [OUTPUT], #16
    add INPUT, INPUT, #16
    subs LEFT, LEFT, #16
    bgt channels
    ldr r0, [sp, #PIXELS]
    subs r0, r0, #1
    str r0, [sp, #PIXELS]
    bne pixel
    add sp, sp, #RUN_SIZE
    vpop {d8-d15}
    pop {r4-r11, pc}
    .size depthwise_run, . - depthwise_run
