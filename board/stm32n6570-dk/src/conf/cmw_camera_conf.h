/* Settings of the camera middleware: the sensor that comes with the board. */
#ifndef CMW_CAMERA_CONF_H
#define CMW_CAMERA_CONF_H

#include "stm32n6570_discovery_bus.h"
#include "stm32n6xx_hal.h"

#define USE_IMX335_SENSOR

#endif
