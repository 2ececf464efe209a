#include "pg/report.hpp"

#include <algorithm>

#include "pg/arguments.hpp"
#include "pg/boundary.hpp"
#include "pg/definition_type.hpp"
#include "pg/nearest.hpp"
#include "pg/reading.hpp"

namespace segment::pg {

namespace {

using revenue::Group;

constexpr uint64 max_rows = 1000000;

const Segment *segment_named(const Population *population, const Segments *segments, const char *name) {
    const Segment *segment = find_segment(segments, name);
    if (segment == nullptr) {
        auto **known = static_cast<const char **>(palloc(sizeof(char *) * static_cast<Size>(segments->count + 1)));
        for (int32 i = 0; i < segments->count; i++) {
            known[i] = segments->items[i].name;
        }
        const char *near = nearest_name(name, known, segments->count);
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("population \"%s\" has no segment \"%s\"", population->name, name),
                        near != nullptr ? errhint("Did you mean \"%s\"?", near) : errhint("The view segment.segment lists the segments.")));
    }
    return segment;
}

// The filter's definition. A segment that is kept as a set has no history, but a definition can ask for it.
char *filter_definition(const ReportArguments *arguments, const Segment *segment) {
    const char *filter = arguments->filter != nullptr ? canonical_definition(arguments->filter) : "everyone";
    if (segment == nullptr || segment->has_rows) {
        return pstrdup(filter);
    }
    StringInfoData name;
    initStringInfo(&name);
    for (const char *c = segment->name; *c != '\0'; c++) {
        appendStringInfoString(&name, *c == '\'' ? "'" : "");
        appendStringInfoChar(&name, *c);
    }
    return psprintf("(%s) and in segment '%s'", filter, name.data);
}

void take_chunk(void *state, uint32 chunk, const match::Evaluation *evaluation, const match::Staging *staging) {
    auto *report = static_cast<Report *>(state);
    boundary::core([&] {
        report->members->assign(chunk, evaluation->members(report->run->compilation->segments.back().root));
        report->known->assign(chunk, members::ChunkWords(staging->present(chunk, 0), members::words_per_chunk));
    });
}

}  // namespace

ReportArguments report_arguments(FunctionCallInfo fcinfo, int first) {
    return {optional_text(fcinfo, first), optional_text(fcinfo, first + 1), optional_text(fcinfo, first + 2)};
}

Report begin_report(const Population *population, const ReportArguments *arguments) {
    Report report{};
    const Segments stored = segments_of(population);
    const Segment *segment = arguments->segment != nullptr ? segment_named(population, &stored, arguments->segment) : nullptr;
    auto *segments = static_cast<Segments *>(palloc(sizeof(Segments)));
    *segments = with_definition(stored, filter_definition(arguments, segment));
    const int32 last = segments->count - 1;
    report.caller = begin_reading(population);
    report.run = begin_run(population, segments, &last, 1, GetCurrentTransactionStartTimestamp(), nullptr, Keep::no);
    MemoryContext context = report.run->context;
    boundary::core([&] {
        auto *memory = make_in_context<ContextResource>(context, context);
        report.members = make_in_context<members::BitSet>(context, memory);
        report.known = make_in_context<members::BitSet>(context, memory);
    });
    evaluate_run(report.run, take_chunk, &report);
    report.groups = arguments->by != nullptr ? groups_by(report.run, arguments->by, report.members, &stored) : single_group();
    report.segment = segment != nullptr && segment->has_rows ? read_stays(report.run, &segment->id, 1) : nullptr;
    return report;
}

void end_report(const Report *report) {
    end_run(report->run);
}

void check_size(const Report *report, uint64 cells) {
    if (cells > max_rows / report->groups.count) {
        ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("the report would have more than " UINT64_FORMAT " rows", max_rows),
                        errhint("Use a larger grain, or divide by a trait with fewer values.")));
    }
}

Placement::Placement(const Report *report, std::pmr::memory_resource *memory)
    : report_(report),
      segment_{report->segment, std::pmr::vector<revenue::Spell>(memory)},
      scheme_{report->groups.stays, std::pmr::vector<revenue::Spell>(memory)},
      both_(memory) {}

revenue::Instant Placement::known_from() const {
    const bool has_history = segment_.stays != nullptr || scheme_.stays != nullptr;
    return !has_history ? revenue::never
                        : std::max(segment_.stays != nullptr ? segment_.stays->known_from : revenue::forever_ago,
                                   scheme_.stays != nullptr ? scheme_.stays->known_from : revenue::forever_ago);
}

void Placement::Reader::read(members::Ordinal member) {
    spells.clear();
    for (; at < stays->count && stays->items[at].member <= member; ++at) {
        if (stays->items[at].member == member) {
            spells.push_back(stays->items[at].spell);
        }
    }
}

namespace {

// Where a member is now.
Group current_group(std::span<const revenue::Spell> spells, Group otherwise) {
    return !spells.empty() && spells.back().exited_at == revenue::never ? spells.back().group : otherwise;
}

}  // namespace

revenue::Spells Placement::of_segment(Group group) {
    for (revenue::Spell &spell : segment_.spells) {
        spell.group = group;
    }
    return {segment_.spells, outside(), current_group(segment_.spells, outside())};
}

revenue::Spells Placement::of(members::Ordinal member) {
    if (segment_.stays != nullptr) {
        segment_.read(member);
    }
    if (scheme_.stays == nullptr) {
        Group **of_members = report_->groups.of_members;
        const Group group = of_members == nullptr ? 0 : of_members[member / members::chunk_size][member % members::chunk_size];
        return segment_.stays != nullptr ? of_segment(group) : revenue::Spells{{}, group, group};
    }
    scheme_.read(member);
    if (segment_.stays == nullptr) {
        return {scheme_.spells, 0, current_group(scheme_.spells, 0)};
    }
    revenue::restrict_spells(segment_.spells, scheme_.spells, 0, both_);
    return {both_, outside(), current_group(both_, outside())};
}

}  // namespace segment::pg
