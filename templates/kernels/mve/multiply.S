/* The inner loops of convolutions: int8 dot products of four pixels with two output channels at a time, and their
 * requantisation. multiply.h says how the operands lie in memory.
 *
 * A block is 16 inputs of each pixel: eight multiply-accumulates of 16 products, six loads. A pair's sums take eight
 * general registers, and pointers all others: there is none left to count with. So the code is unrolled, and entered
 * where as many blocks are left as a pixel has. Block 0 of the pixels stays in vector registers for all channels, as far
 * as there are registers. The core overlaps a load with the multiplication next to it: loads and multiplications take
 * turns wherever they can, which is why a block begins to load the weights of the next one. */
    .syntax unified
    .thumb

#define PIXEL0 r1
#define PIXEL1 r3
#define PIXEL2 r5
#define PIXEL3 r7
#define WEIGHTS r9
#define OUT r11
/* Sums of the pair's first and second channel, for pixels 0 to 3. */
#define A0 r0
#define A1 r2
#define A2 r4
#define A3 r6
#define B0 r8
#define B1 r10
#define B2 r12
#define B3 lr
/* q0, q1: weights, then sums. q2: inputs. q3, q4, q5: block 0 of pixels 0, 1, 2. q6: where outputs go. q7: block 0 of
 * pixel 3; or where outputs go, too; or, in multiply_long, the output's zero point eight times. */

/* struct multiply, copied to the stack. */
#define IN 0
#define IN_STEP 4
#define FIRST_WEIGHTS 8
#define LAST_WEIGHTS 12
#define OUTPUT 16
#define OUT_STEP 20
#define GROUPS 24
#define PAIR_STEP 36
#define BIAS 44
#define JOB_SIZE 48
/* In place of members that are needed no longer: where to enter the code, ... */
#define ENTER_FIRST 28
#define ENTER_SECOND 40
#define START 44
/* ... and for multiply_long what is left to do. */
#define RUNS 32
#define NEXT_BIAS 40

#define BLOCK_CODE 56 /* bytes of a block's code */
#define NO_LOAD 4     /* bytes that the last one's code lacks */
#define MOST 31       /* blocks that immediate offsets reach, besides block 0 */

    /* Where to jump to. */
    .macro code_address register, label
    movw \register, #:lower16:(\label + 1)
    movt \register, #:upper16:(\label + 1)
    .endm

    .macro begin
    push {r4-r11, lr}
    vpush {d8-d15}
    ldm r0, {r1-r12}
    push {r1-r12}
    vldrw.u32 q6, [r11]
    .endm

    .macro end
    add sp, sp, #JOB_SIZE
    vpop {d8-d15}
    pop {r4-r11, pc}
    .endm

    /* The next four pixels; their block 0; their outputs; the first pair. */
    .macro begin_group
    ldrd PIXEL0, r0, [sp, #IN]
    add PIXEL1, PIXEL0, r0
    add PIXEL2, PIXEL1, r0
    add PIXEL3, PIXEL2, r0
    add r0, PIXEL3, r0
    str r0, [sp, #IN]
    vldrw.u32 q3, [PIXEL0]
    vldrw.u32 q4, [PIXEL1]
    vldrw.u32 q5, [PIXEL2]
    ldrd OUT, r0, [sp, #OUTPUT]
    add r0, OUT, r0
    str r0, [sp, #OUTPUT]
    ldr WEIGHTS, [sp, #FIRST_WEIGHTS]
    .endm

    .macro end_group label
    ldr r0, [sp, #GROUPS]
    subs r0, r0, #1
    str r0, [sp, #GROUPS]
    bne \label
    .endm

    /* Block 0 but for its last multiplication; `third`: block 0 of pixel 3. */
    .macro first_block_open third
    vldrw.u32 q0, [WEIGHTS], #16
    vmlav.s8 A0, q3, q0
    vldrw.u32 q1, [WEIGHTS], #16
    vmlav.s8 B0, q3, q1
    .ifc \third, q2
    vldrw.u32 q2, [PIXEL3]
    .endif
    vmlav.s8 A1, q4, q0
    vmlav.s8 B1, q4, q1
    vmlav.s8 A2, q5, q0
    vmlav.s8 B2, q5, q1
    vmlav.s8 A3, \third, q0
    .endm

    /* The next block's weights are being loaded. */
    .macro first_block third
    first_block_open \third
    vldrw.u32 q0, [WEIGHTS], #16
    vmlav.s8 B3, \third, q1
    .endm

    .macro only_block third
    vldrw.u32 q0, [WEIGHTS], #16
    vmlav.s8 A0, q3, q0
    vldrw.u32 q1, [WEIGHTS], #16
    vmlav.s8 B0, q3, q1
    vmlav.s8 A1, q4, q0
    vmlav.s8 B1, q4, q1
    vmlav.s8 A2, q5, q0
    vmlav.s8 B2, q5, q1
    vmlav.s8 A3, \third, q0
    vmlav.s8 B3, \third, q1
    .endm

    /* The block before has loaded the first weights. */
    .macro next_block_open offset
    vldrw.u32 q2, [PIXEL0, #\offset]
    vmlava.s8 A0, q2, q0
    vldrw.u32 q1, [WEIGHTS], #16
    vmlava.s8 B0, q2, q1
    vldrw.u32 q2, [PIXEL1, #\offset]
    vmlava.s8 A1, q2, q0
    vmlava.s8 B1, q2, q1
    vldrw.u32 q2, [PIXEL2, #\offset]
    vmlava.s8 A2, q2, q0
    vmlava.s8 B2, q2, q1
    vldrw.u32 q2, [PIXEL3, #\offset]
    vmlava.s8 A3, q2, q0
    .endm

    /* Blocks MOST to 1; entered BLOCK_CODE bytes before the end for each block that there is, less NO_LOAD: behind the
     * last block there are no weights. */
    .macro next_blocks label
\label\()_begin:
    .set at, MOST
    .rept MOST - 1
    next_block_open 16*at
    vldrw.u32 q0, [WEIGHTS], #16
    vmlava.s8 B3, q2, q1
    .set at, at - 1
    .endr
    next_block_open 16
    vmlava.s8 B3, q2, q1
\label\()_end:
    .if \label\()_end - \label\()_begin != MOST * BLOCK_CODE - NO_LOAD
    .error "BLOCK_CODE is wrong"
    .endif
    .endm

    .macro gather_sums
    vmov q0[2], q0[0], A0, A2
    vmov q0[3], q0[1], A1, A3
    vmov q1[2], q1[0], B0, B2
    vmov q1[3], q1[1], B1, B3
    .endm

    /* The pair's constants, behind its weights: biases, multipliers, and what is added before or after rounding. */
    .macro constants
    ldm WEIGHTS!, {r0, r2, r4, r6, r8}
    .endm

    /* (sum + bias) * multiplier, where r0, r2 are biases, r4, r6 multipliers. */
    .macro scale_sums
    vadd.i32 q0, q0, r0
    vadd.i32 q1, q1, r2
    vcvt.f32.s32 q0, q0
    vcvt.f32.s32 q1, q1
    vmul.f32 q0, q0, r4
    vmul.f32 q1, q1, r6
    .endm

    /* clamp(round(that) + zero point). Conversions saturate, so nothing overflows before the clamp. */
    .macro finish zero_point
    scale_sums
    vcvtn.s32.f32 q0, q0
    vcvtn.s32.f32 q1, q1
    vqmovnb.s32 q0, q0
    vqmovnt.s32 q0, q1
    vqadd.s16 q0, q0, \zero_point
    vqmovnb.s16 q0, q0
    .endm

    /* The same where n6gen has proven that no result before the clamp leaves int16, and the zero point is even: behind
     * 1.5 * 2^23 float32 has no fractions, so adding that and the zero point rounds, ties to even, and leaves the
     * result in the low 16 bits. r8 holds the sum of both. */
    .macro finish_fast zero_point
    scale_sums
    vadd.f32 q0, q0, \zero_point
    vadd.f32 q1, q1, \zero_point
    vmovnt.i32 q0, q1
    vqmovnb.s16 q0, q0
    .endm

    /* To neighbouring bytes. */
    .macro finish_pair finish
    gather_sums
    constants
    \finish r8
    vstrb.16 q0, [OUT, q6]
    adds OUT, OUT, #2
    .endm

    /* To two places each; q7 holds the second ones. */
    .macro finish_pair_twice finish
    gather_sums
    constants
    ldr r10, [sp, #PAIR_STEP]
    \finish r8
    vstrb.16 q0, [OUT, q6]
    vstrb.16 q0, [OUT, q7]
    add OUT, OUT, r10
    .endm

    /* Back to `label` unless that was the last pair. */
    .macro end_pairs label
    ldr r0, [sp, #LAST_WEIGHTS]
    cmp WEIGHTS, r0
    bne \label
    .endm

    /* All but multiply_long(): `third` is where block 0 of pixel 3 lies, `end` and `finish` what a pair ends with. Two
     * pairs a turn: if their number is odd, the first turn begins with its second one. */
    .macro pairs name, third, end, finish
    /* r3, r4: first and last weights, r8: blocks. A pair takes 32 bytes for each block and 20 more. */
    subs r4, r4, r3
    lsls r0, r8, #5
    adds r0, r0, #20
    udiv r4, r4, r0
    subs r8, r8, #1
    beq \name\()_only
    mov r0, #BLOCK_CODE
    mul r8, r8, r0
    subs r8, r8, #NO_LOAD
    code_address r1, \name\()_first_end
    code_address r2, \name\()_second_end
    subs r1, r1, r8
    subs r2, r2, r8
    code_address r3, \name\()_first
    code_address r5, \name\()_second
    lsls r4, r4, #31
    it mi
    movmi r3, r5
    str r1, [sp, #ENTER_FIRST]
    strd r2, r3, [sp, #ENTER_SECOND]
\name\()_group:
    begin_group
    .ifc \third, q7
    vldrw.u32 q7, [PIXEL3]
    .endif
    ldr pc, [sp, #START]
\name\()_first:
    first_block \third
    ldr pc, [sp, #ENTER_FIRST]
    next_blocks \name\()_first
    \end \finish
\name\()_second:
    first_block \third
    ldr pc, [sp, #ENTER_SECOND]
    next_blocks \name\()_second
    \end \finish
    end_pairs \name\()_first
    end_group \name\()_group
    end

\name\()_only:
    code_address r3, \name\()_only_first
    code_address r5, \name\()_only_second
    lsls r4, r4, #31
    it mi
    movmi r3, r5
    str r3, [sp, #START]
\name\()_only_group:
    begin_group
    vldrw.u32 \third, [PIXEL3]
    ldr pc, [sp, #START]
\name\()_only_first:
    only_block \third
    \end \finish
\name\()_only_second:
    only_block \third
    \end \finish
    end_pairs \name\()_only_first
    end_group \name\()_only_group
    end
    .endm

    .macro function name
    .section .text.\name, "ax", %progbits
    .balign 4
    .global \name
    .type \name, %function
\name:
    .endm

    function multiply
    begin
    pairs once, q7, finish_pair, finish
    .size multiply, . - multiply

    function multiply_fast
    begin
    pairs fast, q7, finish_pair, finish_fast
    .size multiply_fast, . - multiply_fast

    function multiply_twice
    begin
    vldrw.u32 q7, [r11, #16]
    pairs twice, q2, finish_pair_twice, finish
    .size multiply_twice, . - multiply_twice

    function multiply_twice_fast
    begin
    vldrw.u32 q7, [r11, #16]
    pairs twice_fast, q2, finish_pair_twice, finish_fast
    .size multiply_twice_fast, . - multiply_twice_fast

    function multiply_long
    begin
    vdup.16 q7, r9
    /* Whole runs of MOST blocks, and where to enter for what is left. r8: blocks. */
    subs r8, r8, #1
    movs r0, #MOST
    udiv r1, r8, r0
    mls r8, r1, r0, r8
    /* 0 if nothing is left. */
    movs r2, r8
    beq long_enter
    mov r0, #BLOCK_CODE
    mul r8, r8, r0
    subs r8, r8, #NO_LOAD
    code_address r2, long_end
    subs r2, r2, r8
long_enter:
    str r2, [sp, #ENTER_FIRST]
    str r1, [sp, #RUNS]
long_group:
    begin_group
    ldr r0, [sp, #BIAS]
    str r0, [sp, #NEXT_BIAS]
long_pair:
    first_block_open q2
    vmlav.s8 B3, q2, q1
    push {OUT}
    /* OUT counts runs. */
    ldr OUT, [sp, #4 + RUNS]
    cmp OUT, #0
    beq long_rest
long_run:
    vldrw.u32 q0, [WEIGHTS], #16
    next_blocks long
    cmp OUT, #0
    beq long_done
    addw PIXEL0, PIXEL0, #16*MOST
    addw PIXEL1, PIXEL1, #16*MOST
    addw PIXEL2, PIXEL2, #16*MOST
    addw PIXEL3, PIXEL3, #16*MOST
    subs OUT, OUT, #1
    bne long_run
long_rest:
    ldr OUT, [sp, #4 + ENTER_FIRST]
    cmp OUT, #0
    beq long_done
    vldrw.u32 q0, [WEIGHTS], #16
    mov OUT, #0
    ldr pc, [sp, #4 + ENTER_FIRST]
long_done:
    pop {OUT}
    gather_sums
    ldr r8, [sp, #NEXT_BIAS]
    ldrd r0, r2, [r8], #8
    str r8, [sp, #NEXT_BIAS]
    ldrd r4, r6, [WEIGHTS], #8
    finish q7
    vstrb.16 q0, [OUT, q6]
    adds OUT, OUT, #2
    /* Back to the group's first block; IN is at the next group already. */
    ldrd PIXEL0, r0, [sp, #IN]
    sub PIXEL3, PIXEL0, r0
    sub PIXEL2, PIXEL3, r0
    sub PIXEL1, PIXEL2, r0
    sub PIXEL0, PIXEL1, r0
    end_pairs long_pair
    end_group long_group
    end
    .size multiply_long, . - multiply_long
