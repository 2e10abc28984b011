/* What the holder of a token may announce and withdraw. */
#include <sys/stat.h>
#include <unistd.h>

#include "calls.h"
#include "config/load.h"

static char folder[] = "/tmp/bgpd-rights-XXXXXX";
static struct config *config;

static int enter_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave_folder(void **state)
{
    (void)state;
    unlink("tokens");
    return chdir("/") == 0 ? rmdir(folder) : -1;
}

/* The calls are those of the holder of a token with this name and these keys. */
static void hold_token(const char *name, const char *keys)
{
    static const char text[] = "router_id = \"1.1.1.1\"\napi_tokens = \"tokens\"\n";
    struct config_report report = {0};
    FILE *f = fopen("tokens", "w");
    assert_non_null(f);
    fprintf(f, "[tokens.%s]\nsha256 = \"%064d\"\n%s\n", name, 1, keys);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod("tokens", 0600), 0);
    config = config_parse(text, strlen(text), "t.toml", &report);
    assert_non_null(config);
    client.token = &config->tokens->items[0];
    client.access = client.token->access;
    client.reason = "the role";
    config_report_release(&report);
}

#define INJECTOR                                                                                   \
    "role = \"originate\"\n"                                                                       \
    "prefixes = [\"192.0.2.0/24 le 32\", \"2001:db8::/32 ge 48 le 64\"]\n"

static int set_up(void **state)
{
    config = NULL;
    return setup(state);
}

static int tear_down(void **state)
{
    config_free(config);
    return teardown(state);
}

static void assert_done(const char *method, const char *params)
{
    json_t *answer = call(method, params);
    if (error_code(answer) != 0)
        fail_msg("%s %s: %s", method, params, json_dumps(answer, 0));
    json_decref(answer);
}

static void assert_refused(const char *method, const char *params, const char *why)
{
    json_t *answer = call(method, params);
    const char *message = text_at(json_object_get(answer, "error"), "message");
    if (error_code(answer) != JSONRPC_FORBIDDEN || strcmp(message, why) != 0)
        fail_msg("%s %s: %s", method, params, json_dumps(answer, 0));
    json_decref(answer);
}

static void within_its_prefixes(void **state)
{
    (void)state;
    hold_token("injector", INJECTOR);
    assert_done("advertise_route", "['192.0.2.0/24','10.0.0.1']");
    assert_string_equal(speaker.terms_owner, "injector");
    assert_true(speaker.terms_own_alone);
    speaker.route_owner = "injector";
    assert_done("advertise_route", "['192.0.2.1/32','10.0.0.1']");
    assert_done("advertise_route", "{'prefix':'192.0.2.1/32','next_hop':'10.0.0.1',"
                                   "'family':'ipv4 vpn','rd':'65000:1','labels':[3]}");
    assert_done("advertise_route", "['2001:db8:1::/48','2001:db8::1']");
    unsigned actions = speaker.actions;
    static const char outside[] = " is outside of the prefixes of the token";
    static const struct {
        const char *params, *key;
    } cases[] = {
        {"['192.0.0.0/16','10.0.0.1']", "192.0.0.0/16"},
        {"['0.0.0.0/0','10.0.0.1']", "0.0.0.0/0"},
        {"['192.0.3.0/24','10.0.0.1']", "192.0.3.0/24"},
        {"['2001:db8::/32','2001:db8::1']", "2001:db8::/32"},
        {"['2001:db8::1/128','2001:db8::1']", "2001:db8::1/128"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char why[100];
        snprintf(why, sizeof(why), "%s%s", cases[i].key, outside);
        assert_refused("advertise_route", cases[i].params, why);
    }
    assert_int_equal(speaker.actions, actions);
}

static void flows_by_their_destination(void **state)
{
    (void)state;
    hold_token("injector", INJECTOR);
    assert_done("advertise_flow", "[1,'traffic-rate 0',['destination 192.0.2.7/32','port 80']]");
    speaker.route_owner = "injector";
    static const char *const cases[] = {
        "[1,'traffic-rate 0',['source 192.0.2.7/32']]",
        "[1,'traffic-rate 0',['destination 192.0.3.7/32']]",
        "[1,'traffic-rate 0',['destination 0.0.0.0/0']]",
        "[2,'traffic-rate 0',['destination 2001:db8::/32']]",
        "[2,'traffic-rate 0',['destination ::1:0:0:0/64-128']]",
    };
    unsigned actions = speaker.actions;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *answer = call("advertise_flow", cases[i]);
        if (error_code(answer) != JSONRPC_FORBIDDEN)
            fail_msg("%s: %s", cases[i], json_dumps(answer, 0));
        json_decref(answer);
    }
    assert_int_equal(speaker.actions, actions);
}

static void its_own_alone(void **state)
{
    (void)state;
    hold_token("injector", INJECTOR);
    assert_refused("advertise_route",
                   "{'prefix':'192.0.2.0/24','next_hop':'10.0.0.1','owner':'other'}",
                   "owner: what is announced with this token belongs to injector");
    assert_done("advertise_route",
                "{'prefix':'192.0.2.0/24','next_hop':'10.0.0.1','owner':'injector'}");
    speaker.route_owner = "other";
    assert_refused("advertise_route", "['192.0.2.0/24','10.0.0.1']",
                   "192.0.2.0/24 belongs to other, not to the holder of this token");
    assert_refused("withdraw_route", "['192.0.2.0/24']",
                   "192.0.2.0/24 belongs to other, not to the holder of this token");
    speaker.route_owner = NULL;
    assert_refused("withdraw_route", "['192.0.2.0/24']",
                   "192.0.2.0/24 does not belong to the holder of this token");
    assert_refused("withdraw_originated", "{'owner':'other'}",
                   "owner: what is announced with this token belongs to injector");
    speaker.route_owner = "injector";
    assert_done("withdraw_originated", "{'all':true}");
    assert_string_equal(speaker.filter_owner, "injector");
}

static void whom_it_may_aim_at(void **state)
{
    (void)state;
    hold_token("injector", INJECTOR "to = [\"edge\"]\n");
    assert_done("advertise_route", "['192.0.2.0/24','10.0.0.1']");
    assert_string_equal(speaker.terms_to, "edge"); /* nobody was named */
    speaker.route_owner = "injector";
    assert_done("advertise_route", "{'prefix':'192.0.2.0/24','next_hop':'10.0.0.1','to':['edge']}");
    assert_refused("advertise_route",
                   "{'prefix':'192.0.2.0/24','next_hop':'10.0.0.1','to':['edge','core']}",
                   "to: with this token nothing may be aimed at 'core'");
    assert_done("withdraw_route", "['192.0.2.0/24']");
    assert_string_equal(speaker.terms_to, "edge");
}

/* The role "full" may do as it likes; what it does not say is as its token has it. */
static void full_tokens(void **state)
{
    (void)state;
    hold_token("root", "role = \"full\"");
    speaker.route_owner = "other";
    assert_done("advertise_route", "['10.0.0.0/8','10.0.0.1']");
    assert_string_equal(speaker.terms_owner, "root");
    assert_false(speaker.terms_own_alone);
    assert_done("advertise_route", "{'prefix':'10.0.0.0/8','next_hop':'10.0.0.1','owner':'other'}");
    assert_string_equal(speaker.terms_owner, "other");
    assert_done("withdraw_route", "['10.0.0.0/8']");
    assert_done("withdraw_originated", "{'all':true}");
    assert_null(speaker.filter_owner);
    client.token = NULL;
    assert_done("advertise_route", "['10.0.0.0/8','10.0.0.1']");
    assert_string_equal(speaker.terms_owner, "");
}

#define RIGHT(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIGHT(within_its_prefixes), RIGHT(flows_by_their_destination),
        RIGHT(its_own_alone),       RIGHT(whom_it_may_aim_at),
        RIGHT(full_tokens),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
