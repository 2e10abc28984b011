/* Lines of ExaBGP's text API: selectors of neighbors, then a command, which is a row of a table.
 * Newer versions write the selectors as "peer …", too. */
#include "cli/exa_command.h"

#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/ip.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/number.h"
#include "cli/exa_flow.h"
#include "cli/exa_route.h"
#include "cli/exa_words.h"

/* Selectors. */

static int take_selector_address(struct exa_words *w, json_t *selector, const char *key)
{
    struct ip_addr addr;
    const char *text = exa_take(w, "an address");
    if (!text)
        return ERR_INVALID;
    if (strcmp(key, "neighbor") == 0 && strcmp(text, "*") == 0)
        return 0;
    if (ip_parse(text, &addr) != 0)
        return exa_fail(w, "\"%s\" is no address", text);
    char shown[IP_TEXT_MAX];
    json_object_set_new(selector, key, json_string(ip_format(&addr, shown)));
    return 0;
}

static int take_selector_as(struct exa_words *w, json_t *selector, const char *key)
{
    uint32_t number;
    const char *text = exa_take(w, "an AS number");
    if (!text)
        return ERR_INVALID;
    if (number_parse(text, UINT32_MAX, &number) != 0)
        return exa_fail(w, "\"%s\" is no AS number", text);
    json_object_set_new(selector, key, json_integer(number));
    return 0;
}

/* Which families a session allows says nothing of which neighbor it is with. */
static int take_selector_families(struct exa_words *w, json_t *selector, const char *key)
{
    (void)selector;
    (void)key;
    return exa_take(w, "in-open, or families") ? 0 : ERR_INVALID;
}

static const struct {
    const char *name;
    int (*take)(struct exa_words *w, json_t *selector, const char *key);
} selector_words[] = {
    {"neighbor", take_selector_address},  {"local-ip", take_selector_address},
    {"router-id", take_selector_address}, {"local-as", take_selector_as},
    {"peer-as", take_selector_as},        {"family-allowed", take_selector_families},
};

enum { SELECTOR_WORDS = sizeof(selector_words) / sizeof(selector_words[0]) };

/* Takes one condition if there is one. *ret_took says whether. */
static int take_condition(struct exa_words *w, json_t *selector, bool *ret_took)
{
    *ret_took = false;
    for (size_t i = 0; i < SELECTOR_WORDS; i++) {
        if (!exa_take_if(w, selector_words[i].name) && !(i == 0 && exa_take_if(w, "peer")))
            continue;
        *ret_took = true;
        return selector_words[i].take(w, selector, selector_words[i].name);
    }
    return 0;
}

/* "neighbor A peer-as 1, neighbor B announce …" */
static int take_selectors(struct exa_words *w, json_t *selectors)
{
    bool matches_all = false;
    if (!exa_next_is(w, "neighbor") && !exa_next_is(w, "peer"))
        return 0;
    do {
        json_t *selector = json_object();
        bool took = true;
        int err = 0;
        while (!err && took)
            err = take_condition(w, selector, &took);
        matches_all |= json_object_size(selector) == 0;
        json_array_append_new(selectors, selector);
        if (err)
            return err;
    } while (exa_take_if(w, ","));
    if (matches_all)
        json_array_clear(selectors);
    return 0;
}

/* Commands. */

static int take_end(struct exa_words *w)
{
    return exa_peek(w) ? exa_fail_next(w, "expected the end of the line") : 0;
}

static int take_route(struct exa_words *w, struct exa_command *c)
{
    c->kind = EXA_CALLS;
    return exa_take_route(w, IP_NONE, NULL, c);
}

static int take_attributes(struct exa_words *w, struct exa_command *c)
{
    c->kind = EXA_CALLS;
    return exa_take_attributes(w, c);
}

static int take_flow(struct exa_words *w, struct exa_command *c)
{
    c->kind = EXA_CALLS;
    return exa_take_flow(w, IP_NONE, c);
}

/* SAFIs of routes to prefixes, and our families; NULL: what the route's own words speak for. */
static const struct {
    const char *safi;
    const char *families[2]; /* of IPv4 and IPv6 */
} safis[] = {
    {"unicast", {NULL, NULL}},
    {"multicast", {"ipv4 multicast", "ipv6 multicast"}},
    {"nlri-mpls", {"ipv4 labeled-unicast", "ipv6 labeled-unicast"}},
    {"labeled-unicast", {"ipv4 labeled-unicast", "ipv6 labeled-unicast"}},
    {"mpls-vpn", {"ipv4 vpn", "ipv6 vpn"}},
};

enum { SAFI_COUNT = sizeof(safis) / sizeof(safis[0]) };

static int take_family(struct exa_words *w, uint8_t version, struct exa_command *c)
{
    c->kind = EXA_CALLS;
    if (exa_take_if(w, "flow"))
        return exa_take_flow(w, version, c);
    for (size_t i = 0; i < SAFI_COUNT; i++)
        if (exa_take_if(w, safis[i].safi))
            return exa_take_route(w, version, safis[i].families[version == IP_V6], c);
    return exa_fail_next(w, "expected unicast, multicast, nlri-mpls, mpls-vpn or flow");
}

static int take_ipv4(struct exa_words *w, struct exa_command *c)
{
    return take_family(w, IP_V4, c);
}

static int take_ipv6(struct exa_words *w, struct exa_command *c)
{
    return take_family(w, IP_V6, c);
}

static int take_watchdog(struct exa_words *w, struct exa_command *c)
{
    const char *name = exa_peek(w) ? exa_take(w, "the name of a watchdog") : "";
    c->kind = EXA_WATCHDOG;
    if (!name)
        return ERR_INVALID;
    c->watchdog = mem_strdup(name);
    return take_end(w);
}

/* BGPd sends End-of-RIBs when all is sent that there is. */
static int take_eor(struct exa_words *w, struct exa_command *c)
{
    (void)w;
    c->kind = EXA_DONE;
    return 0;
}

/* A family by its two words, "ipv4 unicast", as BGPd calls it. */
static int take_refresh(struct exa_words *w, struct exa_command *c)
{
    static const char *const afis[] = {"ipv4", "ipv6"};
    c->kind = EXA_REFRESH;
    for (size_t afi = 0; afi < 2; afi++) {
        struct strbuf name = {0};
        if (!exa_take_if(w, afis[afi]))
            continue;
        const char *safi = exa_take(w, "a SAFI, as unicast");
        if (!safi)
            return ERR_INVALID;
        for (size_t i = 1; i < SAFI_COUNT && !c->family; i++)
            if (strcasecmp(safi, safis[i].safi) == 0)
                c->family = mem_strdup(safis[i].families[afi]);
        strbuf_printf(&name, "%s %s", afis[afi], safi);
        c->family = c->family ? c->family : strbuf_take(&name);
        strbuf_release(&name);
        return take_end(w);
    }
    return exa_fail_next(w, "expected ipv4 or ipv6");
}

static int take_teardown(struct exa_words *w, struct exa_command *c)
{
    uint32_t code;
    const char *text = exa_take(w, "the code of a Cease");
    if (!text)
        return ERR_INVALID;
    if (number_parse(text, UINT8_MAX, &code) != 0)
        return exa_fail(w, "\"%s\" is no code", text);
    if (json_array_size(c->selectors) == 0)
        c->kind = EXA_DONE; /* it is for those that are named */
    return take_end(w);
}

/* "show neighbor [ADDRESS] summary"; without the last word ExaBGP asks for it. */
static int take_show_neighbor(struct exa_words *w, struct exa_command *c)
{
    int err = 0;
    while (!err && exa_peek(w)) {
        if (exa_take_if(w, "summary"))
            continue;
        if (exa_next_is(w, "extensive") || exa_next_is(w, "configuration") ||
            exa_next_is(w, "json"))
            return exa_fail_next(w, "expected summary (all there is: bgpd show neighbors detail)");
        json_t *selector = json_object();
        err = take_selector_address(w, selector, "neighbor");
        json_array_append_new(c->selectors, selector);
    }
    return err;
}

/* BGPd sends all there is to a session that begins, and whatever changes. */
static int take_flush(struct exa_words *w, struct exa_command *c)
{
    c->kind = EXA_DONE;
    return take_end(w);
}

static int take_clear(struct exa_words *w, struct exa_command *c)
{
    c->kind = EXA_CLEAR;
    return take_end(w);
}

/* Commands of one word that need nothing else. */
static int take_nothing(struct exa_words *w, struct exa_command *c)
{
    (void)c;
    return take_end(w);
}

/* "group start" and "group end": what is between is sent together as it is. */
static int take_group(struct exa_words *w, struct exa_command *c)
{
    (void)c;
    if (!exa_take_if(w, "start") && !exa_take_if(w, "end"))
        return exa_fail_next(w, "expected start or end");
    return take_end(w);
}

/* The words that lead to a command. */
static const struct {
    const char *words;
    bool withdraw;
    enum exa_kind kind;                                      /* unless `take` says another one */
    int (*take)(struct exa_words *w, struct exa_command *c); /* NULL: BGPd has no such thing */
} commands[] = {
    {"announce route", false, EXA_CALLS, take_route},
    {"withdraw route", true, EXA_CALLS, take_route},
    {"announce ipv4", false, EXA_CALLS, take_ipv4},
    {"withdraw ipv4", true, EXA_CALLS, take_ipv4},
    {"announce ipv6", false, EXA_CALLS, take_ipv6},
    {"withdraw ipv6", true, EXA_CALLS, take_ipv6},
    {"announce flow", false, EXA_CALLS, take_flow},
    {"withdraw flow", true, EXA_CALLS, take_flow},
    {"announce attributes", false, EXA_CALLS, take_attributes},
    {"withdraw attributes", true, EXA_CALLS, take_attributes},
    {"announce attribute", false, EXA_CALLS, take_attributes},
    {"withdraw attribute", true, EXA_CALLS, take_attributes},
    {"announce route-refresh", false, EXA_REFRESH, take_refresh},
    {"announce watchdog", false, EXA_WATCHDOG, take_watchdog},
    {"withdraw watchdog", true, EXA_WATCHDOG, take_watchdog},
    {"announce eor", false, EXA_DONE, take_eor},
    {"announce vpls", false, EXA_DONE, NULL},
    {"withdraw vpls", true, EXA_DONE, NULL},
    {"announce operational", false, EXA_DONE, NULL},
    {"show neighbor", false, EXA_SUMMARY, take_show_neighbor},
    {"show adj-rib", false, EXA_DONE, NULL},
    {"flush adj-rib out", false, EXA_DONE, take_flush},
    {"clear adj-rib out", true, EXA_CLEAR, take_clear},
    {"clear adj-rib in", false, EXA_DONE, NULL},
    {"teardown", false, EXA_TEARDOWN, take_teardown},
    {"shutdown", false, EXA_SHUTDOWN, take_nothing},
    {"reload", false, EXA_RELOAD, take_nothing},
    {"restart", false, EXA_DONE, NULL},
    {"version", false, EXA_VERSION, take_nothing},
    {"help", false, EXA_HELP, take_nothing},
    {"enable-ack", false, EXA_ACK_ON, take_nothing},
    {"disable-ack", false, EXA_ACK_OFF, take_nothing},
    {"silence-ack", false, EXA_ACK_SILENCE, take_nothing},
    {"enable-sync", false, EXA_DONE, take_nothing},
    {"disable-sync", false, EXA_DONE, take_nothing},
    {"group", false, EXA_DONE, take_group},
};

enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]) };

const char *exa_nth_command(unsigned n)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (commands[i].take && n-- == 0)
            return commands[i].words;
    return NULL;
}

/* Takes all the words if they come next. */
static bool take_phrase(struct exa_words *w, const char *phrase)
{
    size_t start = w->next;
    while (*phrase) {
        char word[16];
        size_t len = strcspn(phrase, " ");
        memcpy(word, phrase, len);
        word[len] = '\0';
        phrase += len + (phrase[len] == ' ');
        if (exa_take_if(w, word))
            continue;
        w->next = start;
        return false;
    }
    return true;
}

static int unknown_command(struct exa_words *w)
{
    struct strbuf asked = {0};
    strbuf_add(&asked, exa_peek(w));
    bool is_pair = w->next + 1 < w->count && !w->words[w->next + 1].is_sign;
    bool has_verb = exa_next_is(w, "announce") || exa_next_is(w, "withdraw") ||
                    exa_next_is(w, "show") || exa_next_is(w, "flush") || exa_next_is(w, "clear");
    if (is_pair && has_verb)
        strbuf_printf(&asked, " %s", w->words[w->next + 1].text);
    struct nearest nearest = nearest_to(strbuf_text(&asked));
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        nearest_offer(&nearest, commands[i].words);
    if (nearest.best)
        exa_fail_next(w, "unknown command \"%s\"; did you mean \"%s\"?", strbuf_text(&asked),
                      nearest.best);
    else
        exa_fail_next(w, "unknown command \"%s\" (\"help\" lists what there is)",
                      strbuf_text(&asked));
    strbuf_release(&asked);
    return ERR_INVALID;
}

static int take_command(struct exa_words *w, struct exa_command *c)
{
    if (!exa_peek(w))
        return exa_fail_next(w, "expected a command, as \"announce route\"");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (!take_phrase(w, commands[i].words))
            continue;
        c->withdraw = commands[i].withdraw;
        c->kind = commands[i].kind;
        return commands[i].take ? commands[i].take(w, c)
                                : exa_fail(w, "BGPd has no \"%s\"", commands[i].words);
    }
    return unknown_command(w);
}

int exa_translate(const char *line, size_t len_bytes, struct exa_command *ret_command,
                  struct strbuf *error)
{
    struct exa_words w;
    exa_command_init(ret_command);
    size_t blanks = 0;
    while (blanks < len_bytes && strchr(" \t\r\n", line[blanks]) && line[blanks])
        blanks++;
    bool is_comment = blanks < len_bytes && line[blanks] == '#';
    int err = exa_words_read(&w, line, len_bytes, error);
    if (!err && !is_comment)
        err = take_selectors(&w, ret_command->selectors);
    if (!err && !is_comment)
        err = take_command(&w, ret_command);
    exa_words_release(&w);
    return err;
}
