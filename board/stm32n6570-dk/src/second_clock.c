/*
 * The second clock: a low-power timer on the board's 48 MHz crystal. The first one, the core's cycle counter, hangs on
 * the internal oscillator through a PLL, and on the core not being stopped: both show here.
 */
#include "board.h"
#include "stm32n6xx_hal.h"

#include "system.h"

#define PRESCALER_LOG2 7u /* 375 kHz: the 16 bits wrap after 175 ms */
#define READY_MS 2u

static uint32_t hz;

static bool crystal_on(void) {
    RCC_OscInitTypeDef oscillators = {
        .OscillatorType = RCC_OSCILLATORTYPE_HSE,
        .HSEState = RCC_HSE_ON,
        .PLL1 = {.PLLState = RCC_PLL_NONE},
        .PLL2 = {.PLLState = RCC_PLL_NONE},
        .PLL3 = {.PLLState = RCC_PLL_NONE},
        .PLL4 = {.PLLState = RCC_PLL_NONE},
    };
    RCC_PeriphCLKInitTypeDef clock = {
        .PeriphClockSelection = RCC_PERIPHCLK_CKPER | RCC_PERIPHCLK_LPTIM1,
        .CkperClockSelection = RCC_CLKPCLKSOURCE_HSE,
        .Lptim1ClockSelection = RCC_LPTIM1CLKSOURCE_CLKP,
    };

    return HAL_RCC_OscConfig(&oscillators) == HAL_OK && HAL_RCCEx_PeriphCLKConfig(&clock) == HAL_OK;
}

void second_clock_init(void) {
    const uint32_t begin = HAL_GetTick();

    if (!crystal_on()) {
        return;
    }
    __HAL_RCC_LPTIM1_CLK_ENABLE();
    __HAL_RCC_LPTIM1_CLK_SLEEP_ENABLE();
    LPTIM1->CFGR = PRESCALER_LOG2 << LPTIM_CFGR_PRESC_Pos;
    LPTIM1->CR = LPTIM_CR_ENABLE;
    LPTIM1->ICR = LPTIM_ICR_ARROKCF;
    LPTIM1->ARR = UINT16_MAX;
    while ((LPTIM1->ISR & LPTIM_ISR_ARROK) == 0) {
        if (HAL_GetTick() - begin > READY_MS) {
            return;
        }
    }
    LPTIM1->CR |= LPTIM_CR_CNTSTRT;
    hz = HSE_VALUE >> PRESCALER_LOG2;
}

/* The counter is not synchronous to the bus: what two readings agree on is what it holds. */
static uint16_t count(void) {
    uint32_t before, now = LPTIM1->CNT;

    do {
        before = now;
        now = LPTIM1->CNT;
    } while (now != before);
    return (uint16_t)now;
}

/* The tick's interrupt looks at it often enough to see each wrap. */
uint64_t board_second_ticks(void) {
    static uint64_t ticks;
    const uint32_t masked = __get_PRIMASK();
    uint64_t result;

    if (hz == 0) {
        return 0;
    }
    __disable_irq();
    ticks += (uint16_t)(count() - (uint16_t)ticks);
    result = ticks;
    __set_PRIMASK(masked);
    return result;
}

uint32_t board_second_hz(void) {
    return hz;
}
