#include "verdict.h"

struct verdict_policy
verdict_policy_default(void)
{
    return (struct verdict_policy){
        .ttl_default_s = 300,
        .ttl_min_s = 1,
        .ttl_max_s = 3600,
        .age_max_s = 0,
        .no_exp_age_max_s = (int64_t)24 * 60 * 60,
        .skew_s = 60,
    };
}

/* Seconds to milliseconds; what does not fit is the end of time. JSON integers stay below 2^53, so only "never" overflows. */
static int64_t
ms_of(int64_t s)
{
    int64_t ms = 0;
    if (__builtin_mul_overflow(s, (int64_t)1000, &ms)) {
        return s < 0 ? INT64_MIN : INT64_MAX;
    }
    return ms;
}

static int64_t
ms_after(int64_t ms, int64_t s)
{
    int64_t sum = 0;
    return __builtin_add_overflow(ms, ms_of(s), &sum) ? INT64_MAX : sum;
}

static int64_t
min64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t
clamped_ttl(const struct verdict_policy *policy, int64_t ttl)
{
    int64_t s = ttl > 0 ? ttl : policy->ttl_default_s;
    if (s < policy->ttl_min_s) {
        s = policy->ttl_min_s;
    }
    return min64(s, policy->ttl_max_s);
}

/* When the token itself ends: its exp, and our limits of its age. */
static int64_t
token_end_ms(const struct verdict_policy *policy, const struct tsl_token *token)
{
    int64_t end = ms_of(token->exp);
    int64_t iat = ms_of(token->iat);
    if (policy->age_max_s > 0) {
        end = min64(end, ms_after(iat, policy->age_max_s));
    }
    if (token->exp == TSL_NO_EXP) {
        end = min64(end, ms_after(iat, policy->no_exp_age_max_s));
    }
    return end;
}

sg_result
verdict_check_list(const struct verdict_policy *policy, const struct tsl_token *token, sg_str uri,
    int64_t fetched_at_ms, int64_t now_ms, int64_t *ret_good_until_ms)
{
    SG_REQUIRE(sg_str_equal(token->sub, uri), VALUE);
    SG_REQUIRE(ms_of(token->iat) <= ms_after(now_ms, policy->skew_s), NOT_YET);
    SG_REQUIRE(fetched_at_ms <= ms_after(now_ms, policy->skew_s), CLOCK);
    int64_t until = min64(
        token_end_ms(policy, token), ms_after(fetched_at_ms, clamped_ttl(policy, token->ttl)));
    SG_REQUIRE(now_ms < until, EXPIRED);
    *ret_good_until_ms = until;
    return SG_DONE;
}

struct verdict
verdict_unknown(enum sg_code code)
{
    return (struct verdict){ .word = VERDICT_UNKNOWN, .code = code };
}

struct verdict
verdict_of_entry(const struct tsl_view *list, uint64_t idx, int64_t good_until_ms)
{
    uint8_t value = 0;
    sg_result r = tsl_get(list, idx, &value);
    if (!sg_ok(r)) {
        return verdict_unknown(r.code);
    }
    return (struct verdict){
        .word = value == TSL_VALID ? VERDICT_GOOD : VERDICT_BAD,
        .value = value,
        .good_until_ms = good_until_ms,
        .code = SG_OK,
    };
}

struct verdict
verdict_decide(const struct verdict_policy *policy, const struct tsl_token *token,
    const struct tsl_view *list, sg_str uri, uint64_t idx, int64_t fetched_at_ms, int64_t now_ms)
{
    int64_t until = 0;
    sg_result r = verdict_check_list(policy, token, uri, fetched_at_ms, now_ms, &until);
    return sg_ok(r) ? verdict_of_entry(list, idx, until) : verdict_unknown(r.code);
}

static int64_t
bsl_end_ms(const struct verdict_policy *policy, const struct bsl_list *list)
{
    int64_t end = ms_of(list->valid_until);
    int64_t from = list->valid_from == INT64_MIN ? INT64_MIN : ms_of(list->valid_from);
    if (policy->age_max_s > 0) {
        end = min64(end, ms_after(from, policy->age_max_s));
    }
    if (list->valid_until == BSL_NO_END) {
        end = min64(end, ms_after(from, policy->no_exp_age_max_s));
    }
    return end;
}

sg_result
verdict_check_bsl(const struct verdict_policy *policy, const struct bsl_list *list, sg_str uri,
    int64_t fetched_at_ms, int64_t now_ms, int64_t *ret_good_until_ms)
{
    SG_REQUIRE(sg_str_equal(list->id, uri), VALUE);
    SG_REQUIRE(list->valid_from == INT64_MIN ||
                   ms_of(list->valid_from) <= ms_after(now_ms, policy->skew_s),
        NOT_YET);
    SG_REQUIRE(fetched_at_ms <= ms_after(now_ms, policy->skew_s), CLOCK);
    /* to whole seconds, upwards: a ttl below one second is one second (ttl_min_s says the same) */
    int64_t ttl = list->ttl_ms / 1000 + (list->ttl_ms % 1000 > 0 ? 1 : 0);
    int64_t until =
        min64(bsl_end_ms(policy, list), ms_after(fetched_at_ms, clamped_ttl(policy, ttl)));
    SG_REQUIRE(now_ms < until, EXPIRED);
    *ret_good_until_ms = until;
    return SG_DONE;
}

struct verdict
verdict_of_bsl_entry(
    const struct bsl_view *list, enum bsl_purpose purpose, uint64_t index, int64_t good_until_ms)
{
    uint8_t value = 0;
    sg_result r = bsl_get(list, index, &value);
    if (!sg_ok(r)) {
        return verdict_unknown(r.code);
    }
    return (struct verdict){
        .word = value == 0 || purpose == BSL_REFRESH ? VERDICT_GOOD : VERDICT_BAD,
        .value = value,
        .good_until_ms = good_until_ms,
        .code = SG_OK,
    };
}

struct verdict
verdict_join(const struct verdict *verdicts, size_t n)
{
    struct verdict all = { .word = VERDICT_GOOD, .good_until_ms = INT64_MAX };
    for (size_t i = 0; i < n; i++) {
        const struct verdict *v = &verdicts[i];
        if (v->word == VERDICT_BAD) {
            return *v;
        }
        if (v->word != VERDICT_GOOD) { /* also what is no verdict at all */
            all = all.word == VERDICT_GOOD ? verdict_unknown(v->code) : all;
            continue;
        }
        if (all.word == VERDICT_GOOD) {
            all.value = v->value > all.value ? v->value : all.value;
            all.good_until_ms = min64(all.good_until_ms, v->good_until_ms);
        }
    }
    return all;
}
