/* Settings of the ISP library: exposure and white balance in software. */
#ifndef ISP_CONF_H
#define ISP_CONF_H

#define ISP_MW_SW_AEC_ALGO_SUPPORT
#define ISP_MW_SW_AWB_ALGO_SUPPORT

#endif
