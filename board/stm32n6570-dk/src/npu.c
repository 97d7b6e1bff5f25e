/* Power and clock of the NPU and its memories. */
#include "npu_cache.h"
#include "stm32n6xx_hal.h"

#include "system.h"

/* Runtimes before 3.0 have it; later ones do its work in npu_cache_enable. */
__attribute__((weak)) void npu_cache_init(void);

static void cache_clocks(void) {
    __HAL_RCC_CACHEAXIRAM_MEM_CLK_ENABLE();
    __HAL_RCC_CACHEAXI_CLK_ENABLE();
    __HAL_RCC_CACHEAXI_FORCE_RESET();
    __HAL_RCC_CACHEAXI_RELEASE_RESET();
}

/* The driver asks for the clocks here; runtimes from 3.0 on have a strong one of their own, which asks the next. */
__attribute__((weak)) void HAL_CACHEAXI_MspInit(CACHEAXI_HandleTypeDef *cache) {
    (void)cache;
    cache_clocks();
}

void npu_cache_enable_clocks_and_reset(void);
void npu_cache_enable_clocks_and_reset(void) {
    cache_clocks();
}

static void ram_on(RAMCFG_TypeDef *ram) {
    RAMCFG_HandleTypeDef handle = {.Instance = ram};

    HAL_RAMCFG_EnableAXISRAM(&handle);
}

void npu_init(void) {
    __HAL_RCC_NPU_CLK_ENABLE();
    __HAL_RCC_NPU_FORCE_RESET();
    __HAL_RCC_NPU_RELEASE_RESET();

    __HAL_RCC_AXISRAM2_MEM_CLK_ENABLE();
    __HAL_RCC_AXISRAM3_MEM_CLK_ENABLE();
    __HAL_RCC_AXISRAM4_MEM_CLK_ENABLE();
    __HAL_RCC_AXISRAM5_MEM_CLK_ENABLE();
    __HAL_RCC_AXISRAM6_MEM_CLK_ENABLE();
    __HAL_RCC_RAMCFG_CLK_ENABLE();
    ram_on(RAMCFG_SRAM2_AXI);
    ram_on(RAMCFG_SRAM3_AXI);
    ram_on(RAMCFG_SRAM4_AXI);
    ram_on(RAMCFG_SRAM5_AXI);
    ram_on(RAMCFG_SRAM6_AXI);

    if (npu_cache_init) {
        npu_cache_init();
    }
    npu_cache_enable();

    /* The runtime's software epochs may sleep while the NPU's DMA works for them. */
    __HAL_RCC_XSPI1_CLK_SLEEP_ENABLE();
    __HAL_RCC_XSPI2_CLK_SLEEP_ENABLE();
    __HAL_RCC_NPU_CLK_SLEEP_ENABLE();
    __HAL_RCC_CACHEAXI_CLK_SLEEP_ENABLE();
    __HAL_RCC_LTDC_CLK_SLEEP_ENABLE();
    __HAL_RCC_DCMIPP_CLK_SLEEP_ENABLE();
    __HAL_RCC_CSI_CLK_SLEEP_ENABLE();
    __HAL_RCC_USART1_CLK_SLEEP_ENABLE();
    __HAL_RCC_FLEXRAM_MEM_CLK_SLEEP_ENABLE();
    __HAL_RCC_AXISRAM1_MEM_CLK_SLEEP_ENABLE();
    __HAL_RCC_AXISRAM2_MEM_CLK_SLEEP_ENABLE();
    __HAL_RCC_AXISRAM3_MEM_CLK_SLEEP_ENABLE();
    __HAL_RCC_AXISRAM4_MEM_CLK_SLEEP_ENABLE();
    __HAL_RCC_AXISRAM5_MEM_CLK_SLEEP_ENABLE();
    __HAL_RCC_AXISRAM6_MEM_CLK_SLEEP_ENABLE();
}
