/* Clocks: the internal 64 MHz oscillator and four PLLs, at the frequencies that the vendor's examples run at. */
#include "stm32n6570_discovery.h"
#include "stm32n6xx_hal.h"

#include "system.h"

/* output = 64 MHz * n / m / (p1 * p2) */
static RCC_PLLInitTypeDef pll(uint32_t m, uint32_t n, uint32_t p1, uint32_t p2) {
    return (RCC_PLLInitTypeDef){
        .PLLState = RCC_PLL_ON,
        .PLLSource = RCC_PLLSOURCE_HSI,
        .PLLM = m,
        .PLLN = n,
        .PLLP1 = p1,
        .PLLP2 = p2,
    };
}

static RCC_ICInitTypeDef from(uint32_t source, uint32_t divider) {
    return (RCC_ICInitTypeDef){.ClockSelection = source, .ClockDivider = divider};
}

bool clocks_init(void) {
    RCC_OscInitTypeDef oscillators = {
        .OscillatorType = RCC_OSCILLATORTYPE_NONE,
        .PLL1 = pll(2, 25, 1, 1),  /* 800 MHz */
        .PLL2 = pll(8, 125, 1, 1), /* 1000 MHz */
        .PLL3 = pll(8, 225, 1, 2), /* 900 MHz */
        .PLL4 = pll(8, 225, 6, 6), /* 50 MHz, for the panel */
    };
    RCC_ClkInitTypeDef buses = {
        .ClockType = RCC_CLOCKTYPE_CPUCLK | RCC_CLOCKTYPE_SYSCLK | RCC_CLOCKTYPE_HCLK | RCC_CLOCKTYPE_PCLK1 |
                     RCC_CLOCKTYPE_PCLK2 | RCC_CLOCKTYPE_PCLK4 | RCC_CLOCKTYPE_PCLK5,
        .CPUCLKSource = RCC_CPUCLKSOURCE_IC1,
        .SYSCLKSource = RCC_SYSCLKSOURCE_IC2_IC6_IC11,
        .IC1Selection = from(RCC_ICCLKSOURCE_PLL1, 1),  /* CPU */
        .IC2Selection = from(RCC_ICCLKSOURCE_PLL1, 2),  /* AXI */
        .IC6Selection = from(RCC_ICCLKSOURCE_PLL2, 1),  /* NPU */
        .IC11Selection = from(RCC_ICCLKSOURCE_PLL3, 1), /* AXISRAM3 to 6 */
        .AHBCLKDivider = RCC_HCLK_DIV2,
        .APB1CLKDivider = RCC_APB1_DIV1,
        .APB2CLKDivider = RCC_APB2_DIV1,
        .APB4CLKDivider = RCC_APB4_DIV1,
        .APB5CLKDivider = RCC_APB5_DIV1,
    };

    /* The core's voltage has to be up before its clock. */
    BSP_SMPS_Init(SMPS_VOLTAGE_OVERDRIVE);
    return HAL_RCC_OscConfig(&oscillators) == HAL_OK && HAL_RCC_ClockConfig(&buses) == HAL_OK;
}
