/* The registers of an Armv8.1-M core that the app touches (Armv8-M Architecture Reference Manual, names as there). */
#ifndef SCB_H
#define SCB_H

#include <stdint.h>

#define SCB_REGISTER(address) (*(volatile uint32_t *)(address))

#define SYST_CSR SCB_REGISTER(0xE000E010u)
#define SYST_RVR SCB_REGISTER(0xE000E014u)
#define SYST_CVR SCB_REGISTER(0xE000E018u)
#define NVIC_ISER(n) SCB_REGISTER(0xE000E100u + 4u * (n))
#define NVIC_ICPR(n) SCB_REGISTER(0xE000E280u + 4u * (n))
#define SCB_ICSR SCB_REGISTER(0xE000ED04u)
#define SCB_VTOR SCB_REGISTER(0xE000ED08u)
#define SCB_AIRCR SCB_REGISTER(0xE000ED0Cu)
#define SCB_CCR SCB_REGISTER(0xE000ED14u)
#define SCB_CFSR SCB_REGISTER(0xE000ED28u)
#define SCB_HFSR SCB_REGISTER(0xE000ED2Cu)
#define SCB_MMFAR SCB_REGISTER(0xE000ED34u)
#define SCB_BFAR SCB_REGISTER(0xE000ED38u)

#define SYST_CSR_ENABLE (1u << 0)
#define SYST_CSR_TICKINT (1u << 1)
#define SYST_CSR_CORE_CLOCK (1u << 2)
#define SCB_ICSR_PENDSTCLR (1u << 25)
#define SCB_AIRCR_KEY 0x05FA0000u
#define SCB_AIRCR_SYSRESETREQ (1u << 2)
#define SCB_CCR_DIV_0_TRP (1u << 4)
#define SCB_CCR_DC (1u << 16)
#define SCB_CCR_IC (1u << 17)
#define SCB_CCR_LOB (1u << 19)
#define SCB_CFSR_MEMORY 0x000000FFu
#define SCB_CFSR_BUS 0x0000FF00u
#define SCB_CFSR_USAGE 0xFFFF0000u
#define SCB_CFSR_STACKING ((1u << 12) | (1u << 4)) /* STKERR, MSTKERR: the registers could not be saved */
#define SCB_CFSR_STKOF (1u << 20)

#endif
