/* Picture tuning of the ISP library: the vendor's own table for this sensor. */
#include "imx335_JudgeII_isp_param_conf.h"
