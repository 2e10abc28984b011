/* Sets that were made of files, with what was in these, so that the next configuration takes over
 * those whose files are as they were: reading a file takes a small part of the time of making a set
 * of it. Counted; immutable once the configuration is loaded, and may then be asked by any thread.
 */
#ifndef BGPD_CONFIG_SET_FILES_H
#define BGPD_CONFIG_SET_FILES_H

#include <stdint.h>

#include "base/strbuf.h"
#include "policy/digest.h"
#include "policy/sets.h"

struct set_files;

struct set_files *set_files_new(void); /* empty, with one reference */
struct set_files *set_files_ref(struct set_files *files);
void set_files_unref(struct set_files *files); /* both: NULL is fine */

/* What a file is recognised by. */
struct policy_digest set_files_digest(const struct strbuf *text);
/* A reference to the settled set of this kind that was made of such a text; NULL. `files` may be
 * NULL. */
void *set_files_find(const struct set_files *files, enum policy_set_kind kind,
                     struct policy_digest text);
/* Takes a reference to a settled set of its own. */
void set_files_add(struct set_files *files, enum policy_set_kind kind, struct policy_digest text,
                   void *set);

#endif
