/* The session against a scripted cache: what it asks, what it takes, and what it does about all
 * that a cache may do wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/ip.h"
#include "rpki/rtr_session.h"

enum { SESSION = 77, OTHER = 78, START_MS = 1000000 };

struct scene {
    struct record_set records;
    struct rtr_session s;
    uint64_t now_ms;
    long told; /* VRPs and ASPAs that are passed on */
    long told_least;
    uint8_t version; /* of the PDUs that the cache sends */
};

/* --- what the cache does --- */

static void say(struct scene *t, const void *bytes, size_t len_bytes)
{
    size_t taken = rtr_session_input(&t->s, span_of(bytes, len_bytes), t->now_ms);
    assert_true(taken == len_bytes || t->s.end != RTR_END_NONE);
}

static struct writer head(struct scene *t, uint8_t *buf, size_t size, enum rtr_type type,
                          uint16_t flags, uint32_t len_bytes)
{
    struct writer w = writer_over(buf, size);
    writer_u8(&w, t->version);
    writer_u8(&w, (uint8_t)type);
    writer_u16(&w, flags);
    writer_u32(&w, len_bytes);
    return w;
}

static void say_short(struct scene *t, enum rtr_type type, uint16_t flags)
{
    uint8_t buf[8];
    head(t, buf, sizeof(buf), type, flags, 8);
    say(t, buf, sizeof(buf));
}

static void say_serial(struct scene *t, enum rtr_type type, uint16_t session, uint32_t serial)
{
    uint8_t buf[12];
    struct writer w = head(t, buf, sizeof(buf), type, session, 12);
    writer_u32(&w, serial);
    say(t, buf, sizeof(buf));
}

static void say_end(struct scene *t, uint16_t session, uint32_t serial, uint32_t refresh_s,
                    uint32_t retry_s, uint32_t expire_s)
{
    uint8_t buf[24];
    uint32_t len_bytes = t->version == 0 ? 12 : 24;
    struct writer w = head(t, buf, sizeof(buf), RTR_END_OF_DATA, session, len_bytes);
    writer_u32(&w, serial);
    writer_u32(&w, refresh_s);
    writer_u32(&w, retry_s);
    writer_u32(&w, expire_s);
    say(t, buf, len_bytes);
}

/* The VRP for the prefix of this number. */
static void say_vrp(struct scene *t, uint8_t number, bool announce)
{
    uint8_t buf[20];
    struct writer w = head(t, buf, sizeof(buf), RTR_IPV4_PREFIX, 0, 20);
    const uint8_t rest[] = {announce, 24, 24, 0, 10, 0, number, 0, 0, 0, 0xfb, 0xf4};
    writer_bytes(&w, rest, sizeof(rest));
    say(t, buf, sizeof(buf));
}

static void say_aspa(struct scene *t, uint32_t customer, bool announce, uint32_t provider)
{
    uint8_t buf[16];
    uint32_t len_bytes = provider ? 16 : 12;
    struct writer w = head(t, buf, sizeof(buf), RTR_ASPA, announce ? 0x100 : 0, len_bytes);
    writer_u32(&w, customer);
    writer_u32(&w, provider);
    say(t, buf, len_bytes);
}

static void say_error(struct scene *t, uint16_t code)
{
    uint8_t buf[18];
    struct writer w = head(t, buf, sizeof(buf), RTR_ERROR_REPORT, code, 18);
    writer_u32(&w, 0);
    writer_u32(&w, 2);
    writer_bytes(&w, "no", 2);
    say(t, buf, sizeof(buf));
}

/* --- what the router does --- */

static void on_vrp(void *ctx, const struct vrp *vrp, bool add)
{
    struct scene *t = ctx;
    (void)vrp;
    t->told += add ? 1 : -1;
    t->told_least = t->told < t->told_least ? t->told : t->told_least;
}

static void on_aspa(void *ctx, uint32_t customer, const uint32_t *providers, size_t count, bool add)
{
    (void)customer;
    (void)providers;
    (void)count;
    on_vrp(ctx, NULL, add);
}

/* The records do what they have to. */
static void settle(struct scene *t)
{
    const struct record_sink sink = {.vrp = on_vrp, .aspa = on_aspa, .ctx = t};
    record_set_use(&t->records, t->s.has_data);
    t->told_least = t->told;
    while (record_set_step(&t->records, &sink))
        ;
    rtr_session_settled(&t->s, t->now_ms);
}

static struct rtr_pdu sent(struct scene *t)
{
    struct rtr_pdu pdu;
    struct rtr_fault fault;
    size_t len_bytes;
    assert_int_equal(rtr_pdu_read(span_of(t->s.out, t->s.out_bytes), &pdu, &len_bytes, &fault),
                     RTR_READ_PDU);
    assert_int_equal(len_bytes, t->s.out_bytes);
    t->s.out_bytes = 0;
    return pdu;
}

static void expect_reset_query(struct scene *t, uint8_t version)
{
    struct rtr_pdu pdu = sent(t);
    assert_int_equal(pdu.type, RTR_RESET_QUERY);
    assert_int_equal(pdu.version, version);
    assert_int_equal(t->s.state, RTR_ASKING);
}

static void expect_serial_query(struct scene *t, uint16_t session, uint32_t serial)
{
    struct rtr_pdu pdu = sent(t);
    assert_int_equal(pdu.type, RTR_SERIAL_QUERY);
    assert_int_equal(pdu.session_id, session);
    assert_int_equal(pdu.serial, serial);
}

/* It has reported an error, and wants the connection closed. */
static void expect_refusal(struct scene *t, enum rtr_error code)
{
    struct rtr_pdu pdu = sent(t);
    assert_int_equal(pdu.type, RTR_ERROR_REPORT);
    assert_int_equal(pdu.code, code);
    assert_int_equal(t->s.state, RTR_DOWN);
    assert_true(t->s.problem[0] != '\0');
}

static enum rtr_end down(struct scene *t)
{
    enum rtr_end end = rtr_session_down(&t->s, NULL, false, t->now_ms);
    settle(t);
    return end;
}

static void up(struct scene *t)
{
    rtr_session_up(&t->s, t->now_ms);
}

static void pass_s(struct scene *t, uint64_t seconds)
{
    t->now_ms += seconds * 1000;
    rtr_session_tick(&t->s, t->now_ms);
}

static void say_nonsense(struct scene *t)
{
    static const uint8_t bytes[] = {1, 99, 'G', 'E', 'T', ' ', '/', ' '};
    say(t, bytes, sizeof(bytes));
}

static void say_bad_length(struct scene *t)
{
    static const uint8_t bytes[] = {1, RTR_CACHE_RESPONSE, 0, 0, 0xff, 0xff, 0xff, 0xff};
    say(t, bytes, sizeof(bytes));
}

static void flood(struct scene *t)
{
    for (unsigned i = 0; i < 1001 && t->s.end == RTR_END_NONE; i++)
        say_vrp(t, 9, i % 2 == 0);
}

/* Time passes until it asks. */
static void await_query(struct scene *t)
{
    pass_s(t, 1000);
    sent(t);
}

/* Has the cache say this, a word each: "+9" and "-9" are the VRP of that number; a number behind a
 * colon is a session, else it is SESSION, and of "notify" the serial. */
static void play(struct scene *t, const char *says)
{
    char word[32];
    for (int len; sscanf(says, " %31s%n", word, &len) == 1; says += len) {
        const char *colon = strchr(word, ':');
        unsigned number = (unsigned)atoi(colon ? colon + 1 : word + 1);
        uint16_t session = colon ? (uint16_t)number : SESSION;
        size_t name_len = colon ? (size_t)(colon - word) : strlen(word);
        word[name_len] = '\0';
        if (word[0] == '+' || word[0] == '-')
            say_vrp(t, (uint8_t)number, word[0] == '+');
        else if (strcmp(word, "?") == 0)
            await_query(t);
        else if (strcmp(word, "response") == 0)
            say_short(t, RTR_CACHE_RESPONSE, session);
        else if (strcmp(word, "reset") == 0)
            say_short(t, RTR_CACHE_RESET, 0);
        else if (strcmp(word, "query") == 0)
            say_short(t, RTR_RESET_QUERY, 0);
        else if (strcmp(word, "end") == 0)
            say_end(t, session, 6, 1000, 100, 2000);
        else if (strcmp(word, "notify") == 0)
            say_serial(t, RTR_SERIAL_NOTIFY, SESSION, number);
        else if (strcmp(word, "nonsense") == 0)
            say_nonsense(t);
        else if (strcmp(word, "bad-length") == 0)
            say_bad_length(t);
        else if (strcmp(word, "flood") == 0)
            flood(t);
        else
            fail_msg("the cache cannot say '%s'", word);
    }
}

static void begin_with(struct scene *t, uint8_t version, struct rtr_timers timers)
{
    const struct rtr_settings settings = {.version = version, .timers = timers};
    *t = (struct scene){.now_ms = START_MS, .version = version};
    record_set_init(&t->records, 1000);
    rtr_session_init(&t->s, &settings, &t->records);
}

/* A session with the VRPs 1 to 3, serial 5. */
static void begin_synced(struct scene *t, uint8_t version)
{
    begin_with(t, version, (struct rtr_timers){0});
    up(t);
    expect_reset_query(t, version);
    say_short(t, RTR_CACHE_RESPONSE, SESSION);
    for (uint8_t i = 1; i <= 3; i++)
        say_vrp(t, i, true);
    assert_int_equal(t->told, 0);
    say_end(t, SESSION, 5, 1000, 100, 2000);
    assert_int_equal(t->s.state, RTR_APPLYING);
    settle(t);
    assert_int_equal(t->s.state, RTR_SYNCED);
    assert_int_equal(t->told, 3);
}

static void end(struct scene *t)
{
    record_set_release(&t->records);
}

/* --- the protocol as it should be --- */

static void differences(void **state)
{
    (void)state;
    struct scene t;
    for (uint8_t version = 0; version <= 2; version++) {
        begin_synced(&t, version);
        play(&t, "notify:5");
        assert_int_equal(t.s.out_bytes, 0); /* nothing new */
        play(&t, "notify:6");
        expect_serial_query(&t, SESSION, 5);
        play(&t, "response -1 +4 +5");
        settle(&t);
        assert_int_equal(t.told, 3); /* not before the end of data */
        play(&t, "end");
        settle(&t);
        assert_int_equal(t.told, 4);
        assert_int_equal(t.s.serial, 6);
        end(&t);
    }
}

static void it_asks_when_it_is_time(void **state)
{
    (void)state;
    struct scene t;
    begin_synced(&t, 1);
    assert_int_equal(rtr_session_next_ms(&t.s), START_MS + 1000 * 1000);
    pass_s(&t, 999);
    assert_int_equal(t.s.out_bytes, 0);
    pass_s(&t, 1);
    expect_serial_query(&t, SESSION, 5);
    end(&t);
}

static void a_notify_meanwhile_is_not_lost(void **state)
{
    (void)state;
    struct scene t;
    begin_synced(&t, 1);
    pass_s(&t, 1000);
    expect_serial_query(&t, SESSION, 5);
    play(&t, "response notify:7 end");
    settle(&t);
    expect_serial_query(&t, SESSION, 6);
    play(&t, "notify:8 response");
    say_end(&t, SESSION, 8, 1000, 100, 2000);
    settle(&t);
    assert_int_equal(t.s.out_bytes, 0); /* what it told of is there */
    end(&t);
}

static void a_connection_goes_on_where_another_ended(void **state)
{
    (void)state;
    struct scene t;
    begin_synced(&t, 2);
    rtr_session_down(&t.s, "gone", true, t.now_ms);
    assert_string_equal(t.s.problem, "gone");
    settle(&t);
    assert_int_equal(t.told, 3);
    up(&t);
    expect_serial_query(&t, SESSION, 5);
    play(&t, "response +4");
    /* It ends in the midst of an answer: nothing of that counts. */
    assert_int_equal(rtr_session_down(&t.s, "gone", true, t.now_ms), RTR_END_LOST);
    settle(&t);
    assert_int_equal(t.told, 3);
    up(&t);
    expect_serial_query(&t, SESSION, 5);
    end(&t);
}

/* As stayrtr does when it has begun anew: its error report may be lost on the way. */
static void a_query_that_is_answered_by_closing(void **state)
{
    (void)state;
    struct scene t;
    begin_synced(&t, 2);
    rtr_session_down(&t.s, "gone", true, t.now_ms);
    up(&t);
    expect_serial_query(&t, SESSION, 5);
    rtr_session_down(&t.s, "gone", true, t.now_ms);
    settle(&t);
    assert_int_equal(t.told, 3);
    up(&t);
    expect_reset_query(&t, 2);
    end(&t);
    /* Where it has arrived, the next query is not put off, as it is another one. */
    begin_synced(&t, 1);
    rtr_session_down(&t.s, "gone", true, t.now_ms);
    up(&t);
    expect_serial_query(&t, SESSION, 5);
    say_error(&t, RTR_CORRUPT_DATA);
    assert_int_equal(down(&t), RTR_END_LOST);
    up(&t);
    expect_reset_query(&t, 1);
    say_error(&t, RTR_CORRUPT_DATA);
    assert_int_equal(down(&t), RTR_END_ERROR);
    end(&t);
}

/* What both sessions have is there all the time. */
static void a_new_session_replaces_without_a_gap(void **state)
{
    (void)state;
    struct scene t;
    begin_synced(&t, 1);
    rtr_session_down(&t.s, "gone", true, t.now_ms);
    up(&t);
    expect_serial_query(&t, SESSION, 5);
    play(&t, "reset");
    expect_reset_query(&t, 1);
    play(&t, "response:78 +2 +3 +9");
    say_end(&t, OTHER, 1, 1000, 100, 2000);
    settle(&t);
    assert_int_equal(t.told, 3);
    assert_in_range(t.told_least, 2, 3);
    assert_int_equal(t.s.session_id, OTHER);
    /* A notify of a session that is not known tells of one that is new. */
    play(&t, "notify:1");
    expect_reset_query(&t, 1);
    end(&t);
}

static void a_cache_without_data_is_asked_again(void **state)
{
    (void)state;
    struct scene t;
    begin_with(&t, 1, (struct rtr_timers){.retry_s = 7});
    up(&t);
    expect_reset_query(&t, 1);
    say_error(&t, RTR_NO_DATA);
    assert_int_equal(t.s.state, RTR_NO_ANSWER);
    assert_int_equal(t.s.end, RTR_END_NONE);
    pass_s(&t, 6);
    assert_int_equal(t.s.out_bytes, 0);
    pass_s(&t, 1);
    expect_reset_query(&t, 1);
    say_error(&t, RTR_NO_DATA);
    say_serial(&t, RTR_SERIAL_NOTIFY, SESSION, 1); /* now it has some */
    expect_reset_query(&t, 1);
    end(&t);
}

static void router_keys_are_passed_over(void **state)
{
    (void)state;
    struct scene t;
    uint8_t key[40] = {1, RTR_ROUTER_KEY, 1, 0, 0, 0, 0, 40};
    begin_synced(&t, 1);
    pass_s(&t, 1000);
    expect_serial_query(&t, SESSION, 5);
    play(&t, "response");
    say(&t, key, sizeof(key));
    play(&t, "end");
    settle(&t);
    assert_int_equal(t.s.state, RTR_SYNCED);
    end(&t);
}

static void aspas_replace(void **state)
{
    (void)state;
    struct scene t;
    begin_synced(&t, 2);
    play(&t, "? response");
    say_aspa(&t, 65001, true, 65002);
    say_aspa(&t, 65002, true, 65003);
    play(&t, "end");
    settle(&t);
    assert_int_equal(t.told, 5);
    play(&t, "? response");
    say_aspa(&t, 65001, true, 65009);
    say_aspa(&t, 65002, false, 65003); /* a provider too many, as some say it */
    say_end(&t, SESSION, 7, 1000, 100, 2000);
    settle(&t);
    assert_int_equal(t.told, 4);
    assert_int_equal(t.records.in_force[RECORD_ASPA], 1);
    end(&t);
}

/* --- time --- */

static void data_expire(void **state)
{
    (void)state;
    struct scene t;
    begin_synced(&t, 1);
    rtr_session_down(&t.s, "gone", true, t.now_ms);
    pass_s(&t, 1999);
    settle(&t);
    assert_int_equal(t.told, 3);
    assert_int_equal(rtr_session_next_ms(&t.s), START_MS + 2000 * 1000);
    pass_s(&t, 1);
    settle(&t);
    assert_int_equal(t.told, 0);
    assert_false(t.s.has_data);
    assert_non_null(strstr(t.s.problem, "expired"));
    up(&t);
    expect_reset_query(&t, 1);
    end(&t);
}

static void data_expire_within_an_answer(void **state)
{
    (void)state;
    struct scene t;
    begin_synced(&t, 1);
    play(&t, "? response");
    for (unsigned i = 0; i < 20; i++) {
        pass_s(&t, 50); /* never silent, never done */
        if (t.s.state == RTR_RECEIVING)
            say_vrp(&t, (uint8_t)(10 + i), true);
    }
    assert_int_equal(t.s.end, RTR_END_LOST);
    down(&t);
    assert_int_equal(t.told, 0);
    assert_true(record_set_is_empty(&t.records));
    end(&t);
}

static void silence_ends_a_connection(void **state)
{
    (void)state;
    struct scene t;
    begin_synced(&t, 1);
    pass_s(&t, 1000);
    sent(&t);
    pass_s(&t, 59);
    assert_int_equal(t.s.end, RTR_END_NONE);
    pass_s(&t, 1);
    assert_int_equal(t.s.end, RTR_END_ERROR);
    assert_string_equal(t.s.problem, "no answer for 60 s");
    down(&t);
    assert_int_equal(t.told, 3);
    assert_int_equal(rtr_session_retry_s(&t.s), 100);
    end(&t);
}

static void timers_have_bounds(void **state)
{
    (void)state;
    static const struct {
        struct rtr_timers own;
        struct rtr_timers told;
        struct rtr_timers counts;
    } cases[] = {
        {{0, 0, 0}, {3600, 600, 7200}, {3600, 600, 7200}},
        {{0, 0, 0}, {0, 0, 0}, {3600, 600, 7200}},
        {{0, 0, 0}, {UINT32_MAX, UINT32_MAX, UINT32_MAX}, {86400, 7200, 172800}},
        {{0, 0, 0}, {1, 1, 1}, {1, 1, 600}},
        {{0, 0, 0}, {5000, 100, 1000}, {5000, 100, 5001}},
        {{7, 8, 9}, {3600, 600, 7200}, {7, 8, 9}},
        {{0, 0, 9}, {3600, 600, 7200}, {3600, 600, 9}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct scene t;
        const struct rtr_timers *told = &cases[i].told;
        begin_with(&t, 1, cases[i].own);
        up(&t);
        sent(&t);
        play(&t, "response");
        say_end(&t, SESSION, 1, told->refresh_s, told->retry_s, told->expire_s);
        settle(&t);
        assert_memory_equal(&t.s.timers, &cases[i].counts, sizeof(t.s.timers));
        /* The configuration takes back what it said. */
        rtr_session_set(&t.s, &(struct rtr_settings){.version = 1, .timers = {0, 0, 10000}});
        assert_int_equal(t.s.timers.expire_s, 10000);
        end(&t);
    }
}

static void version_0_says_nothing_of_time(void **state)
{
    (void)state;
    struct scene t;
    begin_synced(&t, 0);
    assert_int_equal(t.s.timers.refresh_s, RTR_REFRESH_S);
    assert_int_equal(t.s.timers.expire_s, RTR_EXPIRE_S);
    assert_int_equal(rtr_session_retry_s(&t.s), 0);
    end(&t);
}

/* --- versions --- */

static void a_lower_version_by_error(void **state)
{
    (void)state;
    struct scene t;
    begin_with(&t, 2, (struct rtr_timers){0});
    up(&t);
    expect_reset_query(&t, 2);
    t.version = 0;
    say_error(&t, RTR_UNSUPPORTED_VERSION);
    assert_int_equal(t.s.out_bytes, 0); /* a report is not answered */
    assert_int_equal(down(&t), RTR_END_AGAIN);
    up(&t);
    expect_reset_query(&t, 0);
    say_error(&t, RTR_UNSUPPORTED_VERSION);
    assert_int_equal(down(&t), RTR_END_ERROR);
    up(&t);
    expect_reset_query(&t, 2); /* from the beginning */
    say_error(&t, RTR_UNSUPPORTED_VERSION);
    t.version = 2; /* that is what it was asked in */
    down(&t);
    up(&t);
    expect_reset_query(&t, 0);
    end(&t);
}

static void a_lower_version_by_answer(void **state)
{
    (void)state;
    struct scene t;
    begin_with(&t, 2, (struct rtr_timers){0});
    t.version = 1;
    up(&t);
    expect_reset_query(&t, 2);
    say_serial(&t, RTR_SERIAL_NOTIFY, SESSION, 1); /* too early to mean anything */
    assert_int_equal(t.s.end, RTR_END_NONE);
    play(&t, "response +1");
    say_end(&t, SESSION, 1, 1000, 100, 2000);
    settle(&t);
    assert_int_equal(t.told, 1);
    assert_int_equal(t.s.version, 1);
    pass_s(&t, 1000);
    assert_int_equal(sent(&t).version, 1);
    end(&t);
}

static void a_lower_version_by_silence(void **state)
{
    (void)state;
    struct scene t;
    begin_with(&t, 2, (struct rtr_timers){0});
    for (int version = 2; version >= 0; version--) {
        up(&t);
        expect_reset_query(&t, (uint8_t)version);
        assert_int_equal(rtr_session_down(&t.s, "closed", true, t.now_ms), RTR_END_LOST);
    }
    up(&t);
    expect_reset_query(&t, 2);
    end(&t);
    /* A cache that has spoken version 1 is not taken for one of version 0. */
    begin_synced(&t, 1);
    down(&t);
    up(&t);
    expect_serial_query(&t, SESSION, 5);
    rtr_session_down(&t.s, "closed", true, t.now_ms);
    up(&t);
    expect_reset_query(&t, 1);
    end(&t);
}

static void versions_do_not_change_within(void **state)
{
    (void)state;
    struct scene t;
    begin_synced(&t, 1);
    t.version = 2;
    play(&t, "notify:6");
    expect_refusal(&t, RTR_UNEXPECTED_VERSION);
    assert_int_equal(down(&t), RTR_END_ERROR);
    assert_int_equal(t.told, 3);
    end(&t);
    begin_synced(&t, 2);
    t.version = 1;
    play(&t, "reset");
    expect_refusal(&t, RTR_UNEXPECTED_VERSION);
    end(&t);
    begin_synced(&t, 1);
    t.version = 3;
    play(&t, "reset");
    expect_refusal(&t, RTR_UNSUPPORTED_VERSION);
    end(&t);
}

static void bad_aspas_do_not_cost_the_vrps(void **state)
{
    (void)state;
    struct scene t;
    begin_synced(&t, 2);
    play(&t, "? response");
    say_aspa(&t, 65001, true, 0); /* no provider */
    expect_refusal(&t, RTR_ASPA_PROVIDER_LIST);
    assert_int_equal(down(&t), RTR_END_AGAIN);
    assert_int_equal(t.told, 3);
    up(&t);
    expect_reset_query(&t, 1);
    t.version = 1;
    play(&t, "response");
    t.version = 2; /* whatever is spoken: to be asked again, it waits */
    say_aspa(&t, 65001, true, 0);
    t.version = 1;
    expect_refusal(&t, RTR_UNEXPECTED_VERSION);
    assert_int_equal(down(&t), RTR_END_ERROR);
    end(&t);
    begin_synced(&t, 2);
    play(&t, "? response");
    say_aspa(&t, 65001, false, 0);
    expect_refusal(&t, RTR_WITHDRAWAL_OF_UNKNOWN);
    assert_int_equal(down(&t), RTR_END_AGAIN);
    end(&t);
}

/* --- what caches must not do --- */

/* Each is refused, what was in force stays, and all is asked for again. */
static void faults(void **state)
{
    (void)state;
    static const struct {
        const char *says;
        enum rtr_error code;
        enum rtr_end end;
    } cases[] = {
        {"+9", RTR_CORRUPT_DATA, RTR_END_ERROR},
        {"end", RTR_CORRUPT_DATA, RTR_END_ERROR},
        {"response", RTR_CORRUPT_DATA, RTR_END_ERROR},
        {"reset", RTR_CORRUPT_DATA, RTR_END_ERROR},
        {"? response:78", RTR_CORRUPT_DATA, RTR_END_LOST},
        {"? response end:78", RTR_CORRUPT_DATA, RTR_END_ERROR},
        {"? response +9 +9", RTR_DUPLICATE_ANNOUNCEMENT, RTR_END_ERROR},
        {"? response +3", RTR_DUPLICATE_ANNOUNCEMENT, RTR_END_ERROR},
        {"? response -9", RTR_WITHDRAWAL_OF_UNKNOWN, RTR_END_ERROR},
        {"? response response", RTR_CORRUPT_DATA, RTR_END_ERROR},
        {"? response reset", RTR_CORRUPT_DATA, RTR_END_ERROR},
        {"query", RTR_UNSUPPORTED_TYPE, RTR_END_ERROR},
        {"nonsense", RTR_UNSUPPORTED_TYPE, RTR_END_ERROR},
        {"bad-length", RTR_CORRUPT_DATA, RTR_END_ERROR},
        {"? response flood", RTR_INTERNAL_ERROR, RTR_END_LIMIT},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct scene t;
        begin_synced(&t, 1);
        play(&t, cases[i].says);
        expect_refusal(&t, cases[i].code);
        assert_int_equal(down(&t), cases[i].end);
        assert_int_equal(t.told, 3);
        assert_int_equal(t.records.total, 3);
        up(&t);
        expect_reset_query(&t, 1);
        end(&t);
    }
}

static void reports_are_not_answered(void **state)
{
    (void)state;
    struct scene t;
    static const uint8_t broken[] = {1, RTR_ERROR_REPORT, 0, 0, 0, 0, 0, 16, 0, 0, 0, 9, 0, 0, 0,
                                     0};
    begin_synced(&t, 1);
    say_error(&t, RTR_CORRUPT_DATA);
    assert_int_equal(t.s.out_bytes, 0);
    assert_string_equal(t.s.problem, "the cache reports error 0 (Corrupt Data): no");
    assert_int_equal(down(&t), RTR_END_ERROR);
    end(&t);
    begin_synced(&t, 1);
    say(&t, broken, sizeof(broken));
    assert_int_equal(t.s.out_bytes, 0);
    assert_int_equal(down(&t), RTR_END_ERROR);
    assert_int_equal(t.told, 3);
    end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(differences),
        cmocka_unit_test(it_asks_when_it_is_time),
        cmocka_unit_test(a_notify_meanwhile_is_not_lost),
        cmocka_unit_test(a_connection_goes_on_where_another_ended),
        cmocka_unit_test(a_query_that_is_answered_by_closing),
        cmocka_unit_test(a_new_session_replaces_without_a_gap),
        cmocka_unit_test(a_cache_without_data_is_asked_again),
        cmocka_unit_test(router_keys_are_passed_over),
        cmocka_unit_test(aspas_replace),
        cmocka_unit_test(data_expire),
        cmocka_unit_test(data_expire_within_an_answer),
        cmocka_unit_test(silence_ends_a_connection),
        cmocka_unit_test(timers_have_bounds),
        cmocka_unit_test(version_0_says_nothing_of_time),
        cmocka_unit_test(a_lower_version_by_error),
        cmocka_unit_test(a_lower_version_by_answer),
        cmocka_unit_test(a_lower_version_by_silence),
        cmocka_unit_test(versions_do_not_change_within),
        cmocka_unit_test(bad_aspas_do_not_cost_the_vrps),
        cmocka_unit_test(faults),
        cmocka_unit_test(reports_are_not_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
