/* Reading a file of which parts are not TOML, so that what else is wrong with it is found as well.
 * Internal to config. */
#ifndef BGPD_CONFIG_MEND_H
#define BGPD_CONFIG_MEND_H

#include <stddef.h>

#include "config/loader.h"
#include "config/toml.h"

/* Parses a text as a whole, under the number of its file. What is not TOML, or stands twice, is
 * reported, and the rest is read without it: what is left of a key has a value of type TOML_BROKEN.
 * l->incomplete is set where something is missing of which not even the key is known. NULL when
 * there are too many errors, or the text is too long to go on from one to the next. */
struct toml_doc *mend_parse(struct loader *l, uint32_t file, const char *text, size_t len_bytes);

#endif
