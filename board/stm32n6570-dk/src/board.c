/* Start-up, clock and reset of the STM32N6570-DK. */
#include "board.h"

#include "link.h"
#include "startup.h"
#include "stm32n6xx_hal.h"
#include "system.h"

#define FAST_TEXT "n6gen: OTP word 124 allows fast memory pins: NOR and PSRAM at 200 MHz"
#define SLOW_TEXT                                                                                                      \
    "n6gen: OTP word 124 does not allow fast memory pins: NOR and PSRAM at 50 MHz, expect slower inference. "          \
    "n6gen never burns fuses."

static uint32_t cpu_hz;

static _Noreturn void give_up(const char *what) {
    say(what);
    board_halt();
}

/* The start-up code keeps interrupts off and the FPU's registers out of their frames; here interrupts are taken. */
static void take_interrupts(void) {
    FPU->FPCCR |= FPU_FPCCR_ASPEN_Msk | FPU_FPCCR_LSPEN_Msk;
    __DSB();
    __ISB();
    __enable_irq();
}

static void caches_on(void) {
    MEMSYSCTL->MSCR |= MEMSYSCTL_MSCR_ICACTIVE_Msk | MEMSYSCTL_MSCR_DCACTIVE_Msk;
    SCB_EnableICache();
    SCB_EnableDCache();
}

/* Counts while the core sleeps, too: a debug feature keeps its clock on. */
static void cycle_counter_on(void) {
    __HAL_RCC_DBG_CLK_ENABLE();
    HAL_DBGMCU_EnableDBGSleepMode();
    DCB->DEMCR |= DCB_DEMCR_TRCENA_Msk;
    DWT->CYCCNT = 0;
    DWT->CTRL |= DWT_CTRL_CYCCNTENA_Msk;
}

void board_init(void) {
    bool fast, clocked;

    SystemInit();
    take_interrupts();
    /* From the loader's clocks to the internal oscillator, so that the PLLs can be set. */
    __HAL_RCC_CPUCLK_CONFIG(RCC_CPUCLKSOURCE_HSI);
    __HAL_RCC_SYSCLK_CONFIG(RCC_SYSCLKSOURCE_HSI);
    HAL_Init();
    caches_on();
    clocked = clocks_init();
    cycle_counter_on();
    cpu_hz = HAL_RCC_GetCpuClockFreq();
    second_clock_init();
    if (!link_init()) {
        board_halt();
    }
    if (!clocked) {
        give_up("n6gen: a PLL does not lock");
    }
    firewall_init();
    npu_init();
    fast = memory_fuse_is_set();
    say(fast ? FAST_TEXT : SLOW_TEXT);
    if (!memory_init(fast)) {
        give_up("n6gen: PSRAM or NOR does not answer");
    }
    if (!display_init()) {
        give_up("n6gen: the display controller does not start");
    }
}

const uint8_t *board_weights(void) {
    return (const uint8_t *)BOARD_WEIGHTS_ADDRESS;
}

/* The counter has 32 bits, 5.4 s; the tick's interrupt looks at it often enough to see each wrap. */
uint64_t board_clock_ticks(void) {
    static uint32_t last, wraps;
    const uint32_t masked = __get_PRIMASK();
    uint64_t ticks;

    __disable_irq();
    {
        const uint32_t now = DWT->CYCCNT;

        wraps += now < last;
        last = now;
        ticks = (uint64_t)wraps << 32 | now;
    }
    __set_PRIMASK(masked);
    return ticks;
}

void SysTick_Handler(void);
void SysTick_Handler(void) {
    HAL_IncTick();
    (void)board_clock_ticks();
    (void)board_second_ticks();
}

uint32_t board_clock_hz(void) {
    return cpu_hz;
}

/* Of the registers as they are; the NPU's is its source divided. */
static uint32_t npu_hz(void) {
    const uint32_t divider = ((RCC->IC6CFGR & RCC_IC6CFGR_IC6INT) >> RCC_IC6CFGR_IC6INT_Pos) + 1;

    return (RCC->IC6CFGR & RCC_IC6CFGR_IC6SEL) == RCC_ICCLKSOURCE_PLL2 ? HAL_RCCEx_GetPLL2CLKFreq() / divider : 0;
}

struct board_clocks board_clocks(void) {
    return (struct board_clocks){HAL_RCC_GetCpuClockFreq(), npu_hz(), HAL_RCC_GetSysClockFreq()};
}

struct board_caches board_caches(void) {
    const uint32_t control = SCB->CCR;

    return (struct board_caches){
        .instructions = (control & SCB_CCR_IC_Msk) != 0,
        .data = (control & SCB_CCR_DC_Msk) != 0,
        .npu = (CACHEAXI->CR1 & CACHEAXI_CR1_EN) != 0,
    };
}

void board_clock_sync(void) {
}

void board_reset(void) {
    link_flush();
    NVIC_SystemReset();
}

void board_halt(void) {
    __disable_irq();
    for (;;) {
        __WFI();
    }
}
