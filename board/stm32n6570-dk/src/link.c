/*
 * The link: USART1, which the probe on the board passes on over USB, 921600 baud. An interrupt collects what comes in,
 * so that nothing is lost while a frame is worked on.
 */
#include "link.h"

#include <string.h>

#include "board.h"
#include "stm32n6570_discovery.h"
#include "system.h"

#define BAUD 921600u
#define PRIORITY 5u
#define RING 1024u

extern UART_HandleTypeDef hcom_uart[];

static volatile uint8_t ring[RING];
static volatile uint32_t received, taken; /* both count up; the byte n is at n % RING */

bool link_init(void) {
    COM_InitTypeDef settings = {
        .BaudRate = BAUD,
        .WordLength = COM_WORDLENGTH_8B,
        .StopBits = COM_STOPBITS_1,
        .Parity = COM_PARITY_NONE,
        .HwFlowCtl = COM_HWCONTROL_NONE,
    };

    if (BSP_COM_Init(COM1, &settings) != BSP_ERROR_NONE || HAL_UARTEx_EnableFifoMode(&hcom_uart[COM1]) != HAL_OK) {
        return false;
    }
    HAL_NVIC_SetPriority(USART1_IRQn, PRIORITY, 0);
    HAL_NVIC_EnableIRQ(USART1_IRQn);
    USART1->CR1 |= USART_CR1_RXNEIE_RXFNEIE;
    return true;
}

void USART1_IRQHandler(void) {
    while ((USART1->ISR & USART_ISR_RXNE_RXFNE) != 0) {
        const uint8_t byte = (uint8_t)USART1->RDR;

        /* What finds no room is lost; the record that it belongs to fails its check. */
        if (received - taken < RING) {
            ring[received % RING] = byte;
            received = received + 1;
        }
    }
    USART1->ICR = USART_ICR_ORECF | USART_ICR_FECF | USART_ICR_NECF | USART_ICR_PECF;
}

void link_flush(void) {
    while ((USART1->ISR & USART_ISR_TC) == 0) {
    }
}

void board_link_write(const void *data, size_t size) {
    const uint8_t *bytes = data;

    for (size_t i = 0; i < size; i++) {
        while ((USART1->ISR & USART_ISR_TXE_TXFNF) == 0) {
        }
        USART1->TDR = bytes[i];
    }
}

size_t board_link_read(void *data, size_t size, uint32_t timeout_ms) {
    const uint32_t begin = HAL_GetTick();
    uint8_t *bytes = data;
    size_t count = 0;

    while (received == taken) {
        if (HAL_GetTick() - begin >= timeout_ms) {
            return 0;
        }
        __WFI(); /* the tick ends it at the latest */
    }
    while (count < size && received != taken) {
        bytes[count++] = ring[taken % RING];
        taken = taken + 1;
    }
    return count;
}

void say(const char *text) {
    board_link_write(text, strlen(text));
    board_link_write("\r\n", 2);
}
