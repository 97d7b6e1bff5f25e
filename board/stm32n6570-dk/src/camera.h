/* What the camera's interrupts call. */
#ifndef CAMERA_H
#define CAMERA_H

void CSI_IRQHandler(void);
void DCMIPP_IRQHandler(void);

#endif
