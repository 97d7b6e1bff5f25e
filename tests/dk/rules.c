/* Calls the board layer's pure rules on this machine: reads lines of numbers, answers each with one. */
#include <stdio.h>

#include "dcache_rule.h"
#include "rotation.h"

/* A letter, then what it takes: d wish size dirty | s(tart) | f(illed) | t(ake) | r(elease) */
int main(void) {
    struct rotation rotation = {0};
    char letter;

    while (scanf(" %c", &letter) == 1) {
        unsigned wish, size, dirty;

        switch (letter) {
        case 'd':
            if (scanf("%u %u %u", &wish, &size, &dirty) != 3) {
                return 1;
            }
            printf("%d\n", (int)dcache_way((enum dcache_wish)wish, size, dirty != 0));
            continue;
        case 's':
            rotation_start(&rotation);
            break;
        case 'f':
            (void)rotation_filled(&rotation);
            break;
        case 't':
            (void)rotation_take(&rotation);
            break;
        default:
            rotation_release(&rotation);
            break;
        }
        printf("%d %d %d %u\n", rotation.filling, rotation.ready, rotation.taken, (unsigned)rotation.frames);
    }
    return 0;
}
