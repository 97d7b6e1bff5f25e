/*
 * Stands in for the NPU runtime's header: what the front ends use of it, by the same names. Nothing is computed; which
 * blocks "run" is said by a plan (npu_runtime.c).
 */
#ifndef LL_ATON_RUNTIME_H
#define LL_ATON_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
    LL_ATON_RT_Callbacktype_PRE_START,
    LL_ATON_RT_Callbacktype_POST_START,
    LL_ATON_RT_Callbacktype_PRE_END,
    LL_ATON_RT_Callbacktype_POST_END,
    LL_ATON_RT_Callbacktype_NN_Init,
    LL_ATON_RT_Callbacktype_NN_DeInit,
} LL_ATON_RT_Callbacktype_t;

typedef enum { LL_ATON_RT_NO_WFE, LL_ATON_RT_WFE, LL_ATON_RT_DONE } LL_ATON_RT_RetValues_t;
typedef enum { LL_ATON_User_IO_NOERROR, LL_ATON_User_IO_WRONG_SIZE } LL_ATON_User_IO_Result_t;

typedef struct {
    char kind;
} LL_ATON_RT_EpochBlockItem_t;

typedef struct {
    int unused;
} NN_Instance_TypeDef;

typedef struct {
    void *start;
} LL_Buffer_InfoTypeDef;

typedef void (*TraceEpochBlock_FuncPtr_t)(LL_ATON_RT_Callbacktype_t, const NN_Instance_TypeDef *,
                                          const LL_ATON_RT_EpochBlockItem_t *);

/* A plan's letters: h and b (epoch controller) run on the NPU, s on the CPU, y is hybrid, i a part of one. */
static inline bool EpochBlock_IsEpochPureHW(const LL_ATON_RT_EpochBlockItem_t *block) {
    return block->kind == 'h' || block->kind == 'b';
}

static inline bool EpochBlock_IsEpochPureSW(const LL_ATON_RT_EpochBlockItem_t *block) {
    return block->kind == 's';
}

static inline bool EpochBlock_IsEpochHybrid(const LL_ATON_RT_EpochBlockItem_t *block) {
    return block->kind == 'y';
}

static inline bool EpochBlock_IsEpochInternal(const LL_ATON_RT_EpochBlockItem_t *block) {
    return block->kind == 'i';
}

#define LL_ATON_DECLARE_NAMED_NN_INSTANCE_AND_INTERFACE(name) static NN_Instance_TypeDef NN_Instance_##name;

void LL_ATON_RT_RuntimeInit(void);
void LL_ATON_RT_Init_Network(NN_Instance_TypeDef *instance);
void LL_ATON_RT_Reset_Network(NN_Instance_TypeDef *instance);
LL_ATON_RT_RetValues_t LL_ATON_RT_RunEpochBlock(NN_Instance_TypeDef *instance);
void LL_ATON_RT_SetEpochCallback(TraceEpochBlock_FuncPtr_t callback, NN_Instance_TypeDef *instance);

LL_ATON_User_IO_Result_t LL_ATON_Set_User_Input_Buffer_Default(uint32_t index, void *buffer, uint32_t size);
LL_ATON_User_IO_Result_t LL_ATON_Set_User_Output_Buffer_Default(uint32_t index, void *buffer, uint32_t size);
const LL_Buffer_InfoTypeDef *LL_ATON_Input_Buffers_Info_Default(void);
const LL_Buffer_InfoTypeDef *LL_ATON_Output_Buffers_Info_Default(void);

static inline void *LL_Buffer_addr_start(const LL_Buffer_InfoTypeDef *buffer) {
    return buffer->start;
}

#endif
