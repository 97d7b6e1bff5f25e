/* What both files of the blocked set share. */
#ifndef BLOCKED_H
#define BLOCKED_H

/* gcc packs these loops' scalars into vectors of four on a core with Helium, which doubles their instructions. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-tree-vectorize", "no-tree-slp-vectorize")
#endif

#include "kernels.h"
#include "requant.h"

#endif
