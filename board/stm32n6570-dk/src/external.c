/* PSRAM (XSPI1) and NOR (XSPI2), both mapped. */
#include "stm32n6570_discovery_xspi.h"
#include "stm32n6xx_hal.h"

#include "system.h"

/* HSLV_VDDIO3 and HSLV_VDDIO2: the pins' supplies are 1.8 V, so they may switch fast. */
#define FUSE_WORD 124u
#define FUSE_BITS (1u << 15 | 1u << 16)
/* 800 MHz / 16 */
#define SLOW_DIVIDER 16u

bool memory_fuse_is_set(void) {
    BSEC_HandleTypeDef fuses = {.Instance = BSEC};
    uint32_t word = 0;

    __HAL_RCC_BSEC_CLK_ENABLE();
    return HAL_BSEC_OTP_Read(&fuses, FUSE_WORD, &word) == HAL_OK && (word & FUSE_BITS) == FUSE_BITS;
}

static bool clock(bool fast) {
    RCC_PeriphCLKInitTypeDef clock = {
        .PeriphClockSelection = RCC_PERIPHCLK_XSPI1 | RCC_PERIPHCLK_XSPI2,
        .Xspi1ClockSelection = fast ? RCC_XSPI1CLKSOURCE_HCLK : RCC_XSPI1CLKSOURCE_IC3,
        .Xspi2ClockSelection = fast ? RCC_XSPI2CLKSOURCE_HCLK : RCC_XSPI2CLKSOURCE_IC3,
    };

    clock.ICSelection[RCC_IC3].ClockSelection = RCC_ICCLKSOURCE_PLL1;
    clock.ICSelection[RCC_IC3].ClockDivider = SLOW_DIVIDER;
    return HAL_RCCEx_PeriphCLKConfig(&clock) == HAL_OK;
}

bool memory_init(bool fast) {
    BSP_XSPI_NOR_Init_t nor = {.InterfaceMode = BSP_XSPI_NOR_OPI_MODE, .TransferRate = BSP_XSPI_NOR_DTR_TRANSFER};

    return clock(fast) && BSP_XSPI_RAM_Init(0) == BSP_ERROR_NONE &&
           BSP_XSPI_RAM_EnableMemoryMappedMode(0) == BSP_ERROR_NONE && BSP_XSPI_NOR_Init(0, &nor) == BSP_ERROR_NONE &&
           BSP_XSPI_NOR_EnableMemoryMappedMode(0) == BSP_ERROR_NONE;
}
