/* Stands in for the NPU runtime's header. */
#ifndef LL_ATON_VERSION_H
#define LL_ATON_VERSION_H

#define LL_ATON_VERSION_NAME "stand-in-runtime"

#endif
