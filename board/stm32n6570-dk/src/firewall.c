/* The resource isolation framework: who may reach what. The app runs secure and privileged, as compartment 1. */
#include <stddef.h>

#include "stm32n6xx_hal.h"

#include "system.h"

static const uint32_t masters[] = {RIF_MASTER_INDEX_NPU, RIF_MASTER_INDEX_DCMIPP, RIF_MASTER_INDEX_LTDC1,
                                   RIF_MASTER_INDEX_LTDC2};
static const uint32_t slaves[] = {RIF_RISC_PERIPH_INDEX_NPU,    RIF_RISC_PERIPH_INDEX_CSI,
                                  RIF_RISC_PERIPH_INDEX_DCMIPP, RIF_RISC_PERIPH_INDEX_LTDC,
                                  RIF_RISC_PERIPH_INDEX_LTDCL1, RIF_RISC_PERIPH_INDEX_LTDCL2};

void firewall_init(void) {
    const RIMC_MasterConfig_t as_app = {.MasterCID = RIF_CID_1, .SecPriv = RIF_ATTRIBUTE_SEC | RIF_ATTRIBUTE_PRIV};

    __HAL_RCC_RIFSC_CLK_ENABLE();
    for (size_t i = 0; i < sizeof masters / sizeof masters[0]; i++) {
        HAL_RIF_RIMC_ConfigMasterAttributes(masters[i], &as_app);
    }
    for (size_t i = 0; i < sizeof slaves / sizeof slaves[0]; i++) {
        HAL_RIF_RISC_SetSlaveSecureAttributes(slaves[i], RIF_ATTRIBUTE_SEC | RIF_ATTRIBUTE_PRIV);
    }
    /* Illegal accesses are caught by their own controller, which wants a clock. */
    __HAL_RCC_IAC_CLK_ENABLE();
    __HAL_RCC_IAC_FORCE_RESET();
    __HAL_RCC_IAC_RELEASE_RESET();
}
