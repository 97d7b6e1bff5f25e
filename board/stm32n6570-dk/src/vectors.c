/* The vector table. What nobody handles is a fault. */
#include "camera.h"
#include "fault_entry.h"
#include "link.h"
#include "startup.h"
#include "stm32n6xx.h"

#define EXCEPTIONS 16
#define INTERRUPTS 195

extern uint32_t link_fault_stack_top[];

void SysTick_Handler(void);
void NPU0_IRQHandler(void); /* the NPU runtime's */

#define AT(irq) [EXCEPTIONS + (irq)]

/* An entry that is named again below takes the place of the range's. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
__attribute__((section(".vectors"), used)) const vector vectors[EXCEPTIONS + INTERRUPTS] = {
    [0] = (vector)link_fault_stack_top,
    [1] = reset_handler,
    [2 ... EXCEPTIONS + INTERRUPTS - 1] = fault_handler,
    AT(SysTick_IRQn) = SysTick_Handler,
    AT(CSI_IRQn) = CSI_IRQHandler,
    AT(DCMIPP_IRQn) = DCMIPP_IRQHandler,
    AT(NPU0_IRQn) = NPU0_IRQHandler,
    AT(USART1_IRQn) = USART1_IRQHandler,
};
#pragma GCC diagnostic pop

/* The name under which the vendor's start-up code looks for it. */
extern const vector g_pfnVectors[EXCEPTIONS + INTERRUPTS] __attribute__((alias("vectors")));
