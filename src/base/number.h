/* Numbers that people write. */
#ifndef BGPD_BASE_NUMBER_H
#define BGPD_BASE_NUMBER_H

#include <stdint.h>

/* Reads a text that is one decimal number of at most `max`, without sign or spaces. ERR_INVALID,
 * ERR_RANGE. */
int number_parse(const char *text, uint32_t max, uint32_t *ret_number);

#endif
