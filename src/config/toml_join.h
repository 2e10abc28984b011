/* Tables in braces that go over several lines, as TOML 1.1 has them, for a parser of TOML 1.0: each
 * is brought into one line, and places in what comes of it lead back to the file. Internal to
 * config. */
#ifndef BGPD_CONFIG_TOML_JOIN_H
#define BGPD_CONFIG_TOML_JOIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Line and column count from 1, the column in characters. */
struct toml_seam {
    uint32_t line;
    uint32_t column;
};

struct toml_join {
    const char *text; /* as long as the file; it, where there is nothing to join */
    char *joined;     /* owned; may hold passwords; NULL: `text` is borrowed */
    size_t len_bytes;
    struct toml_seam *seams; /* owned: in the joined text, what begins a line of the file */
    size_t seam_count;
    size_t seam_size;
};

/* `text` is borrowed until the release. */
void toml_join_init(struct toml_join *join, const char *text, size_t len_bytes);
void toml_join_release(struct toml_join *join);
/* Makes of a place in the joined text the one in the file; 0, 0 stays. */
void toml_join_place(const struct toml_join *join, uint32_t *line, uint32_t *column);

#ifdef __cplusplus
}
#endif

#endif
