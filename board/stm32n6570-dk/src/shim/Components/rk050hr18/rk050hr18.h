/* The board drivers look for this component here; it is in a package of its own. */
#include <rk050hr18.h>
