/* The files of a configuration, read as one tree. Internal to config. */
#ifndef BGPD_CONFIG_SOURCES_H
#define BGPD_CONFIG_SOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/loader.h"

/* Parses the text of the file at l->path, and the files that it includes. l->root is what they say
 * together: what a file that is included may hold (`included` of schema_global) is united, tables
 * by their keys, which each but one file may have, and lists one after the other. False: the text
 * cannot be read at all, which was reported. */
bool sources_read(struct loader *l, const char *text, size_t len_bytes);
/* The number that places in a further file carry, which is no part of that tree. */
uint32_t sources_add_file(struct loader *l, const char *path);
/* What lies behind l->root. */
void sources_release(struct loader *l);

/* [parameters] as a file sees them, by its number: its own over those of the files that it
 * includes. A table; borrowed. */
const struct toml_node *sources_parameters(const struct loader *l, uint32_t file);

#endif
