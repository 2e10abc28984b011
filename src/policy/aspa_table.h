/* What ASPAs say: the providers of customers (draft-ietf-sidrops-aspa-verification). What several
 * sources name for a customer is united (§3, U-SPAS); each is counted. */
#ifndef BGPD_POLICY_ASPA_TABLE_H
#define BGPD_POLICY_ASPA_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "policy/text_error.h"

struct aspa_customer;

/* Zero-initialised is empty. */
struct aspa_table {
    struct aspa_customer **slots; /* owned array of owned customers; NULL: free */
    uint32_t size;                /* a power of two, or 0 */
    uint32_t count;
};

void aspa_table_release(struct aspa_table *t);

/* A source more names these providers (ascending), or one less. True: what is said of the customer
 * is another thing by that. */
bool aspa_table_add(struct aspa_table *t, uint32_t customer, const uint32_t *providers,
                    size_t count);
bool aspa_table_remove(struct aspa_table *t, uint32_t customer, const uint32_t *providers,
                       size_t count);

/* Whether an AS is a provider of another one (§5.3). */
enum aspa_hop { ASPA_NO_ATTESTATION, ASPA_NOT_PROVIDER, ASPA_PROVIDER };
enum aspa_hop aspa_table_hop(const struct aspa_table *t, uint32_t customer, uint32_t provider);
/* Calls `each` for the providers of a customer, ascending; false: it has no ASPA. */
bool aspa_table_each_provider(const struct aspa_table *t, uint32_t customer,
                              void (*each)(void *ctx, uint32_t provider), void *ctx);

/* What one source says. */
struct aspa {
    uint32_t customer;
    uint32_t *providers; /* owned; ascending */
    size_t count;
};

/* Reads "64500: 64501 64502"; 0 is a provider of those who have none. ERR_INVALID or ERR_RANGE, and
 * *ret_error says what was expected. */
int aspa_parse(const char *text, struct aspa *ret_aspa, struct text_error *ret_error);
void aspa_release(struct aspa *aspa);
/* Adds the providers of another one, which is released. */
void aspa_unite(struct aspa *aspa, struct aspa *other);
/* The order of customers: <0, 0 (the same), >0. */
int aspa_compare(const struct aspa *a, const struct aspa *b);
bool aspa_equal(const struct aspa *a, const struct aspa *b);

#endif
