#include "pg/current_mrr.hpp"

#include <vector>

#include "core/revenue/balances.hpp"
#include "pg/amount.hpp"
#include "pg/boundary.hpp"
#include "pg/interrupts.hpp"
#include "pg/subscription_lines.hpp"

namespace segment::pg {

namespace {

using revenue::Fault;

// A line of a member that the scan had not staged: of a later pass, or of nobody.
struct Undecided {
    members::Ordinal member;
    int32 source, currency;
    std::optional<Fault> fault;
};

// Who has lines in a currency; the last of so many stands for all others.
constexpr int max_currencies = 16;
constexpr int no_currency = -1;
struct CurrencyMembers {
    const text *currency;
    members::BitSet *members;
};

}  // namespace

struct CurrentMrr {
    MemoryContext context;
    const Run *run;
    TimestampTz as_of;
    revenue::Balances *balances;
    members::BitSet *present, *base;
    std::pmr::vector<Undecided> *undecided;
    LineSources sources;
    CurrencyMembers currencies[max_currencies];
    int currency_count;
    revenue::Money *sums;  // by the compilation's segments
    const char *problem;
};

namespace {

// An amount that is too large is a problem of these sums and not of the refresh.
template <typename Work>
void add_up(CurrentMrr *mrr, Work work) {
    boundary::ErrorRecord error;
    if (mrr->problem == nullptr && !boundary::attempt(error, work)) {
        if (error.sqlstate != ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE) {
            boundary::raise(error);
        }
        mrr->problem = MemoryContextStrdup(mrr->context, error.message);
    }
}

void count_fault(CurrentMrr *mrr, int32 source, Fault fault) {
    mrr->sources.faults[source].counts[static_cast<std::size_t>(fault)]++;
}

members::BitSet *make_set(MemoryContext context) {
    return boundary::core([&] {
        auto *memory = make_in_context<ContextResource>(context, context);
        return make_in_context<members::BitSet>(context, memory);
    });
}

// Its number among those that were found so far.
int32 currency_of(CurrentMrr *mrr, const SubscriptionLine &line) {
    if (line.currency == nullptr) {
        return no_currency;
    }
    for (int32 i = 0; i < mrr->currency_count; i++) {
        if (view(mrr->currencies[i].currency) == view(line.currency)) {
            return i;
        }
    }
    if (mrr->currency_count < max_currencies) {
        MemoryContext row = MemoryContextSwitchTo(mrr->context);
        mrr->currencies[mrr->currency_count++] = {DatumGetTextPCopy(PointerGetDatum(line.currency)), make_set(mrr->context)};
        MemoryContextSwitchTo(row);
    }
    return mrr->currency_count - 1;
}

bool have_common_members(const members::BitSet *a, const members::BitSet *b) {
    for (uint32 chunk = 0; chunk < a->chunks(); chunk++) {
        const members::ChunkWords left = a->words(chunk), right = b->words(chunk);
        for (uint32 w = 0; w < members::words_per_chunk; w++) {
            if ((left[w] & right[w]) != 0) {
                return true;
            }
        }
    }
    return false;
}

// Of the members who count.
Currency currencies_of(const CurrentMrr *mrr) {
    Currency currency{};
    for (int i = 0; i < mrr->currency_count && currency.other == nullptr; i++) {
        if (have_common_members(mrr->currencies[i].members, mrr->base)) {
            (currency.first == nullptr ? currency.first : currency.other) = mrr->currencies[i].currency;
        }
    }
    return currency;
}

void take_line(void *state, const SubscriptionLine &line) {
    auto *mrr = static_cast<CurrentMrr *>(state);
    if (line.fault == Fault::no_member) {
        count_fault(mrr, line.source, Fault::no_member);
        return;
    }
    if (line.member == members::no_ordinal) {
        mrr->sources.faults[line.source].unknown_members++;
        return;
    }
    const int32 currency = currency_of(mrr, line);
    if (!staged(mrr->run->scan)->contains(line.member)) {
        mrr->undecided->push_back({line.member, line.source, currency, line.fault});
    } else if (line.fault) {
        count_fault(mrr, line.source, *line.fault);
    } else if (currency != no_currency) {
        mrr->currencies[currency].members->insert(line.member);
    }
    if (!line.fault && line.from <= mrr->as_of && mrr->as_of < line.ends_at) {
        add_up(mrr, [&] { mrr->balances->add(line.member, amount_of(line)); });
    }
}

bool compares_amounts(const Compilation *compilation) {
    bool found = compilation->base().subscriptions;
    for (const CompiledSegment &segment : compilation->segments) {
        found = found || segment.checked.subscriptions;
    }
    return found;
}

}  // namespace

CurrentMrr *read_current_mrr(const Run *run, TimestampTz as_of) {
    if (run->binding.vocabulary.subscriptions == nullptr) {
        return nullptr;
    }
    MemoryContext context = CurrentMemoryContext;
    auto *mrr = static_cast<CurrentMrr *>(palloc0(sizeof(CurrentMrr)));
    mrr->run = run;
    mrr->as_of = as_of;
    mrr->context = context;
    mrr->present = make_set(context);
    mrr->base = make_set(context);
    boundary::core([&] {
        auto *memory = make_in_context<ContextResource>(context, context);
        mrr->balances = make_in_context<revenue::Balances>(context, memory);
        mrr->undecided = make_in_context<std::pmr::vector<Undecided>>(context, memory);
        mrr->sums = make_in_context<std::pmr::vector<revenue::Money>>(context, run->compilation->segments.size() + 1, memory)->data();
    });
    if (const definition::Absence *absence = run->binding.vocabulary.subscriptions->absence; absence != nullptr) {
        mrr->problem = pnstrdup(absence->message.data(), absence->message.size());
        return mrr;
    }
    scan_lines(run, Quantities::no, &mrr->sources, take_line, mrr);
    add_up(mrr, [&] {
        BackendInterrupts interrupts;
        mrr->balances->finish(interrupts);
    });
    return mrr;
}

void add_chunk(CurrentMrr *mrr, uint32 chunk, const match::Evaluation *evaluation, const match::Staging *staging) {
    boundary::core([&] {
        mrr->present->assign(chunk, members::ChunkWords(staging->present(chunk, 0), members::words_per_chunk));
        mrr->base->assign(chunk, evaluation->base_members());
    });
    const auto &segments = mrr->run->compilation->segments;
    add_up(mrr, [&] {
        mrr->balances->select(chunk);
        for (std::size_t i = 0; i < segments.size(); ++i) {
            mrr->sums[i] = revenue::add(mrr->sums[i], mrr->balances->sum(evaluation->members(segments[i].root)));
        }
    });
}

void end_current_mrr(CurrentMrr *mrr) {
    for (const Undecided &line : *mrr->undecided) {
        if (!mrr->present->contains(line.member)) {
            mrr->sources.faults[line.source].unknown_members++;
        } else if (line.fault) {
            count_fault(mrr, line.source, *line.fault);
        } else if (line.currency != no_currency) {
            boundary::core([&] { mrr->currencies[line.currency].members->insert(line.member); });
        }
    }
    note_faults(mrr->sources.faults, mrr->sources.count, mrr->run->ignored);
    if (const Currency currency = currencies_of(mrr); currency.other != nullptr) {
        if (compares_amounts(mrr->run->compilation)) {
            refuse_currencies(&currency);
        }
        mrr->problem = "subscriptions are in more than one currency";
    }
}

NullableDatum current_mrr(const CurrentMrr *mrr, size_t index) {
    if (mrr == nullptr || mrr->problem != nullptr) {
        return {0, true};
    }
    return {numeric_of(mrr->sums[index], mrr->balances->scale()), false};
}

const char *current_mrr_problem(const CurrentMrr *mrr) {
    return mrr == nullptr ? nullptr : mrr->problem;
}

}  // namespace segment::pg
