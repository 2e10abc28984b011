/* Numbers that people write. */
#include "base/number.h"

#include <string.h>

#include "base/err.h"

int number_parse(const char *text, uint32_t max, uint32_t *ret_number)
{
    uint64_t number = 0;
    if (*text == '\0' || text[strspn(text, "0123456789")] != '\0')
        return ERR_INVALID;
    for (const char *p = text; *p != '\0'; p++) {
        number = number * 10 + (uint64_t)(*p - '0');
        if (number > max)
            return ERR_RANGE;
    }
    *ret_number = (uint32_t)number;
    return 0;
}
