#include "pg/score_leaves.hpp"

#include <algorithm>
#include <vector>

#include "core/match/number_leaves.hpp"
#include "core/score/total.hpp"
#include "pg/boundary.hpp"
#include "pg/cut_values.hpp"
#include "pg/memory.hpp"

namespace segment::pg {

namespace {

// Of each computed score two kinds of numbers: scores, and indexes of bands.
constexpr uint32 kinds = 2;

class Numbers final : public match::ChunkNumbers {
public:
    Numbers(const ScoreRun &scores, std::pmr::memory_resource *memory) : scores_(scores), bands_(memory) {}

    std::span<const double> numbers(uint32 source, uint32 chunk) override {
        const ComputedScore &computed = scores_.scores[source / kinds];
        computed.results->select(chunk);
        const std::span<const double> scores = computed.results->selected();
        if (source % kinds == 0 || scores.empty()) {
            return scores;
        }
        bands_.resize(scores.size());
        std::ranges::transform(scores, bands_.begin(), [&](double score) {
            const int32 band = score::band_of(computed.score->model.bands, score);
            return band < 0 ? score::missing : band;
        });
        return bands_;
    }

private:
    const ScoreRun &scores_;
    std::pmr::vector<double> bands_;
};

// Calls visit(feature, source) for the features of the plan that are numbers of computed scores.
template <class Visit>
void for_each_feature(const ScoreRun &scores, const definition::Vocabulary &vocabulary, const match::Plan &plan, Visit visit) {
    for (uint32 i = 0; i < static_cast<uint32>(scores.count); i++) {
        const auto name = std::ranges::find(vocabulary.scores, scores.scores[i].score->id, &definition::ScoreName::id);
        for (match::FeatureId feature = 0; name != vocabulary.scores.end() && feature < plan.features().size(); feature++) {
            const std::string_view sql = plan.features()[feature].sql;
            if (sql == name->value.sql) {
                visit(feature, kinds * i);
            } else if (sql == name->band.sql && scores.scores[i].score->model.hysteresis == 0) {
                visit(feature, kinds * i + 1);
            }
        }
    }
}

void measure(void *state, Compilation *compilation) {
    for_each_feature(*static_cast<const ScoreRun *>(state), compilation->vocabulary(), compilation->plan,
                     [&](match::FeatureId feature, uint32) { compilation->plan.measure(feature); });
}

struct Asked {
    uint32 count;
    match::FeatureId *features;
    uint32 *sources;
};

Asked asked_numbers(const ScoreRun &scores, const Run *run) {
    const match::Plan &plan = run->compilation->plan;
    const auto room = static_cast<Size>(plan.features().size());
    Asked asked{0, allocate<match::FeatureId>(room), allocate<uint32>(room)};
    for_each_feature(scores, run->binding.vocabulary, plan, [&](match::FeatureId feature, uint32 source) {
        asked.features[asked.count] = feature;
        asked.sources[asked.count++] = source;
    });
    return asked;
}

double number_of(const ScoreRecord *score, Datum cut, Oid type) {
    if (type == FLOAT8OID) {
        return DatumGetFloat8(cut);
    }
    const std::string_view name = view(DatumGetTextPP(cut));
    const auto &bands = score->model.bands;
    const auto band = std::ranges::find(bands, name, &score::Band::name);
    return band == bands.end() ? score::missing : static_cast<double>(band - bands.begin());
}

// The values of a feature's cuts, which are constants of its type.
std::span<const double> cuts_of(const ScoreRecord *score, const match::Feature &feature, Oid type) {
    const auto count = static_cast<uint32>(feature.cuts.size());
    auto *constants = allocate<std::string_view>(count);
    std::ranges::copy(feature.cuts, constants);
    const ConstantValues values = evaluate_constants(constants, count);
    auto *cuts = allocate<double>(count);
    for (uint32 i = 0; i < count; i++) {
        if (!values.nulls[i] && values.types[i] != type) {
            elog(ERROR, "a score is compared with a constant of type %s", format_type_be(values.types[i]));
        }
        cuts[i] = values.nulls[i] ? score::missing : number_of(score, values.values[i], type);
    }
    return {cuts, count};
}

}  // namespace

Addition known_scores(ScoreRun *scores) {
    return {measure, scores};
}

match::LeafVectors *score_leaves(ScoreRun *scores, Run *run) {
    const Asked asked = asked_numbers(*scores, run);
    match::LeafVectors *of_events = leaf_vectors(run->events);
    if (asked.count == 0) {
        return of_events;
    }
    auto *features = allocate<match::NumberFeature>(asked.count);
    for (uint32 i = 0; i < asked.count; i++) {
        const ScoreRecord *score = scores->scores[asked.sources[i] / kinds].score;
        const match::Feature &feature = run->compilation->plan.features()[asked.features[i]];
        features[i] = {asked.features[i], asked.sources[i], cuts_of(score, feature, asked.sources[i] % kinds == 0 ? FLOAT8OID : TEXTOID)};
    }
    MemoryContext context = run->context;
    return boundary::core([&]() -> match::LeafVectors * {
        auto *memory = make_in_context<ContextResource>(context, context);
        auto *numbers = make_in_context<Numbers>(context, *scores, memory);
        return make_in_context<match::NumberLeaves>(
            context, run->compilation->plan, std::span<const match::NumberFeature>(features, asked.count), *numbers, of_events, memory);
    });
}

}  // namespace segment::pg
