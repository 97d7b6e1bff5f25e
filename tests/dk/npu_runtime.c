/*
 * A runtime of the NPU's that computes nothing: it walks through the blocks of $NPU_PLAN and tells of them as the real
 * one does. Each block is a letter (ll_aton_runtime.h), with the milliseconds that it takes behind it, if any:
 * "h2 y i5 i s". A `!` before a letter leaves its end out, a `?` its begin, a `+` tells its begin twice; `u` is of no
 * kind, `f` a failure, `*N` repeats the block before it. A plan of `n` takes no watcher. Whenever a run begins,
 * $NPU_LOG gets whether anybody watches.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "ll_aton_caches_interface.h"
#include "ll_aton_runtime.h"
#include "stai_network.h"

#define TICKS_A_MS (board_clock_hz() / 1000u)

static TraceEpochBlock_FuncPtr_t watcher;
static stai_event_cb stai_watcher;
static const NN_Instance_TypeDef *nobody;
static const char *place; /* in the plan; NULL before it has begun */
static LL_ATON_RT_EpochBlockItem_t blocks[1000];
static int8_t result[36];
static unsigned long again;
static unsigned at;
static bool waits;

static const char *plan(void) {
    const char *text = getenv("NPU_PLAN");

    return text != NULL ? text : "h";
}

static void spend(unsigned long ms) {
    const uint64_t begin = board_clock_ticks();

    while (board_clock_ticks() - begin < ms * TICKS_A_MS) {
    }
}

static void note_run(void) {
    const char *name = getenv("NPU_LOG");
    FILE *file = name != NULL ? fopen(name, "a") : NULL;

    if (file != NULL) {
        (void)fputs(watcher != NULL || stai_watcher != NULL ? "watched\n" : "alone\n", file);
        (void)fclose(file);
    }
}

static void tell(LL_ATON_RT_Callbacktype_t event, const LL_ATON_RT_EpochBlockItem_t *block) {
    if (watcher != NULL) {
        watcher(event, nobody, block);
    }
    if (stai_watcher != NULL) {
        stai_watcher(NULL, (stai_event_type)event, block);
    }
}

/* One block; where the plan goes on after it. */
static const char *run_block(const char *text) {
    const char fault = *text == '!' || *text == '?' || *text == '+' ? *text++ : ' ';
    LL_ATON_RT_EpochBlockItem_t *block = &blocks[at++ % (sizeof blocks / sizeof blocks[0])];
    char *end;
    unsigned long ms;

    block->kind = *text++;
    ms = strtoul(text, &end, 10);
    for (int times = fault == '?' ? 0 : fault == '+' ? 2 : 1; times > 0; times--) {
        tell(LL_ATON_RT_Callbacktype_PRE_START, block);
    }
    tell(LL_ATON_RT_Callbacktype_POST_START, block);
    spend(ms);
    tell(LL_ATON_RT_Callbacktype_PRE_END, block);
    if (fault != '!') {
        tell(LL_ATON_RT_Callbacktype_POST_END, block);
    }
    return end;
}

LL_ATON_RT_RetValues_t LL_ATON_RT_RunEpochBlock(NN_Instance_TypeDef *instance) {
    static const char *before;
    char *end;

    (void)instance;
    if (place == NULL) {
        note_run();
        place = plan();
        at = 0;
    }
    place += strspn(place, " ");
    if (*place == '\0') {
        return LL_ATON_RT_DONE;
    }
    if (*place == '*') {
        again = again != 0 ? again - 1 : strtoul(place + 1, &end, 10) - 1;
        (void)run_block(before);
        if (again == 0) {
            (void)strtoul(place + 1, &end, 10);
            place = end;
        }
        return LL_ATON_RT_NO_WFE;
    }
    /* What the NPU runs is waited for first. */
    waits = !waits;
    if (waits) {
        return LL_ATON_RT_WFE;
    }
    before = place;
    place = run_block(place);
    return LL_ATON_RT_NO_WFE;
}

void LL_ATON_RT_RuntimeInit(void) {
}

void LL_ATON_RT_Init_Network(NN_Instance_TypeDef *instance) {
    (void)instance;
    tell(LL_ATON_RT_Callbacktype_NN_Init, NULL);
}

void LL_ATON_RT_Reset_Network(NN_Instance_TypeDef *instance) {
    tell(LL_ATON_RT_Callbacktype_NN_DeInit, NULL);
    LL_ATON_RT_Init_Network(instance);
    place = NULL;
}

void LL_ATON_RT_SetEpochCallback(TraceEpochBlock_FuncPtr_t callback, NN_Instance_TypeDef *instance) {
    (void)instance;
    watcher = callback;
}

LL_ATON_User_IO_Result_t LL_ATON_Set_User_Input_Buffer_Default(uint32_t index, void *buffer, uint32_t size) {
    (void)index, (void)buffer, (void)size;
    return LL_ATON_User_IO_NOERROR;
}

LL_ATON_User_IO_Result_t LL_ATON_Set_User_Output_Buffer_Default(uint32_t index, void *buffer, uint32_t size) {
    (void)index, (void)buffer, (void)size;
    return LL_ATON_User_IO_WRONG_SIZE;
}

const LL_Buffer_InfoTypeDef *LL_ATON_Input_Buffers_Info_Default(void) {
    return NULL;
}

const LL_Buffer_InfoTypeDef *LL_ATON_Output_Buffers_Info_Default(void) {
    static const LL_Buffer_InfoTypeDef info = {result};

    return &info;
}

static stai_ptr input;

stai_return_code stai_runtime_init(void) {
    return STAI_SUCCESS;
}

stai_return_code stai_network_init(stai_network *network) {
    (void)network;
    return STAI_SUCCESS;
}

stai_return_code stai_network_set_inputs(stai_network *network, const stai_ptr *buffers, stai_size count) {
    (void)network;
    input = buffers[0];
    return count == 1 ? STAI_SUCCESS : STAI_ERROR;
}

stai_return_code stai_network_set_outputs(stai_network *network, const stai_ptr *buffers, stai_size count) {
    (void)network, (void)buffers, (void)count;
    return STAI_ERROR;
}

stai_return_code stai_network_get_inputs(stai_network *network, stai_ptr *buffers, stai_size *count) {
    (void)network;
    buffers[0] = input;
    *count = 1;
    return STAI_SUCCESS;
}

stai_return_code stai_network_get_outputs(stai_network *network, stai_ptr *buffers, stai_size *count) {
    (void)network;
    buffers[0] = result;
    *count = 1;
    return STAI_SUCCESS;
}

stai_return_code stai_ext_network_run_continue(stai_network *network) {
    static const stai_return_code codes[] = {
        [LL_ATON_RT_NO_WFE] = STAI_RUNNING_NO_WFE,
        [LL_ATON_RT_WFE] = STAI_RUNNING_WFE,
        [LL_ATON_RT_DONE] = STAI_DONE,
    };

    (void)network;
    /* Only this interface may fail on the way. */
    if (place != NULL && place[strspn(place, " ")] == 'f') {
        return STAI_ERROR;
    }
    return codes[LL_ATON_RT_RunEpochBlock(NULL)];
}

stai_return_code stai_network_run(stai_network *network, stai_run_mode mode) {
    (void)mode;
    return stai_ext_network_run_continue(network);
}

stai_return_code stai_ext_network_new_inference(stai_network *network) {
    (void)network;
    LL_ATON_RT_Reset_Network(NULL);
    return STAI_SUCCESS;
}

stai_return_code stai_network_set_callback(stai_network *network, const stai_event_cb callback, void *context) {
    (void)network, (void)context;
    stai_watcher = callback;
    return *plan() == 'n' && callback != NULL ? STAI_ERROR : STAI_SUCCESS;
}

void LL_ATON_Cache_MCU_Clean_Invalidate_Range(uintptr_t address, uint32_t size) {
    (void)address, (void)size;
}

void LL_ATON_Cache_MCU_Invalidate_Range(uintptr_t address, uint32_t size) {
    (void)address, (void)size;
}
