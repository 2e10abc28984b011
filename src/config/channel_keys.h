/* The keys of a channel: [peers.channels."FAMILY"], and what of them a peer or group may also
 * have for all of its channels. Internal to config. */
#ifndef BGPD_CONFIG_CHANNEL_KEYS_H
#define BGPD_CONFIG_CHANNEL_KEYS_H

#include "config/peer_draft.h"
#include "config/schema.h"
#include "config/values.h"

/* Policies: a list of their names, or the one name. */
#define CHAIN_TYPES     (TOML_ARRAY | TOML_STRING)
#define CHAIN_TYPE_TEXT "a list of names of policies"

extern const struct schema schema_channel; /* target: struct config_channel */
extern const struct schema schema_limit;   /* max_prefixes = {…}; target: struct config_limit */

/* Setters of a peer or group (target: struct peer_draft): they check what stands there; what counts
 * for which channel is found by channel_keys_settle. */
value_setter channel_keys_check_max_prefixes;
value_setter channel_keys_check_channels;
value_setter channel_keys_check_policies; /* `import`, `export` */
value_setter channel_keys_check_only;     /* nothing but the type has to be right */

/* Gives a peer whose keys have been read a channel for each of its families. */
void channel_keys_settle(struct loader *l, struct peer_draft *draft);

/* What counts for a family on a key of schema_channel, wherever it stands; NULL: nothing is said.
 */
const struct toml_node *channel_keys_find(const struct peer_draft *draft, enum family family,
                                          const char *name);
/* The item of a table by families (NULL: there is no table), which is a table; NULL. */
const struct toml_node *channel_keys_of_family(const struct toml_node *table, enum family family);

/* Puts the policy that rejects everything where an external peer must have one and has none, and
 * warns of it. When it is known what kind of peer it is. */
void channel_keys_require_policies(struct loader *l, struct peer_draft *draft);

/* Compares the channels of two struct config_peer. A family without a limit is as one that the peer
 * does not have: that is another key. */
schema_same channel_keys_same;
schema_same channel_keys_same_import; /* likewise, by what the policies say */
schema_same channel_keys_same_export;
/* The names of the policies that all channels have; nothing where these differ. */
schema_get channel_keys_tell_import;
schema_get channel_keys_tell_export;
schema_same channel_keys_same_keep;
schema_same channel_keys_same_validation;
schema_same channel_keys_same_aspa;

/* The limits of all channels that have one, for people: ["ipv4 unicast: 100, shutdown, warn_percent
 * 75, received"]. */
schema_get channel_keys_get_limits;

/* Warns of what a peer says for families that it does not have, and notes which ones its group is
 * of use for. */
void channel_keys_check_effect(struct loader *l, const struct peer_draft *draft);
/* Warns of channels of a group whose family no peer has that is in it. */
void channel_keys_check_group(struct loader *l, const struct peer_draft *group);

#endif
