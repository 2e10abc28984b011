/* Edit distance between short words: insertions, deletions, substitutions and swaps of neighbouring
 * letters each cost one. A word is near when about a third of it at most is wrong, or when it is
 * the beginning of the candidate. */
#include "base/nearest.h"

#include <string.h>

enum { WORD_MAX = 32 };

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t d[WORD_MAX + 1][WORD_MAX + 1];
    for (size_t i = 0; i <= a_len; i++)
        d[i][0] = i;
    for (size_t j = 0; j <= b_len; j++)
        d[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        for (size_t j = 1; j <= b_len; j++) {
            size_t substitute = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            d[i][j] = min_size(substitute, min_size(d[i - 1][j], d[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = min_size(d[i][j], d[i - 2][j - 2] + 1);
        }
    }
    return d[a_len][b_len];
}

struct nearest nearest_to(const char *word)
{
    return (struct nearest){.word = word};
}

void nearest_offer(struct nearest *n, const char *candidate)
{
    size_t word_len = strlen(n->word);
    size_t candidate_len = strlen(candidate);
    if (word_len == 0 || word_len > WORD_MAX || candidate_len > WORD_MAX)
        return;
    size_t distance = edit_distance(n->word, word_len, candidate, candidate_len);
    if (word_len > 1 && strncmp(n->word, candidate, word_len) == 0)
        distance = 1;
    if (distance > (candidate_len + 2) / 3 || distance >= candidate_len ||
        (n->best && distance >= n->distance))
        return;
    n->best = candidate;
    n->distance = distance;
}
