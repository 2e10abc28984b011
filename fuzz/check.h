/* Checks that the fuzz targets share. Every check ends the process when it fails. */
#ifndef BGPD_FUZZ_CHECK_H
#define BGPD_FUZZ_CHECK_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/span.h"
#include "wire/community.h"
#include "wire/family.h"

/* Unlike assert it is there in every build. */
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: CHECK(%s) failed\n", __FILE__, __LINE__, #condition);          \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* What libFuzzer calls. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A route as it was read: its NLRI and its text read back to the same. */
void check_nlri(const struct family_info *f, struct nlri nlri);
/* A canonical flow: its text and its NLRI read back to the same bytes. */
void check_flow(struct span flow, uint8_t ip_version);
/* The text of a community reads back to the same bytes. */
void check_community(void *ctx, const struct community *c);
/* The text of an AS_PATH value (4-octet ASNs) reads back to the same text. */
void check_as_path(struct span value);

#endif
