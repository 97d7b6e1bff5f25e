/* The board drivers look for this component here; it is in a package of its own. */
#include <aps256xx.h>
