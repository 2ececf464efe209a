#include "pg/spi.hpp"

#include "pg/boundary.hpp"
#include "pg/kept_statement.hpp"

namespace segment::spi {

namespace {

[[noreturn]] void raise_failure(const char *doing, int code) {
    ereport(ERROR, errcode(ERRCODE_INTERNAL_ERROR), errmsg_internal("%s failed: %s", doing, SPI_result_code_string(code)));
    pg_unreachable();
}

ParamListInfo parameters(const Arguments &arguments) {
    if (arguments.size() == 0) {
        return nullptr;
    }
    ParamListInfo list = makeParamList(arguments.size());
    ParamExternData *parameter = list->params;
    for (const Argument &argument : arguments) {
        *parameter++ = {argument.value, argument.null, PARAM_FLAG_CONST, argument.type};
    }
    return list;
}

struct Receiver {
    DestReceiver base;  // first, so that the backend's pointer is ours
    ReceiveRow receive;
    void *state;
};

bool receive_slot(TupleTableSlot *slot, DestReceiver *self) {
    auto *const receiver = reinterpret_cast<Receiver *>(self);
    slot_getallattrs(slot);
    return boundary::core([&] { return receiver->receive(receiver->state, slot); });
}

}  // namespace

void connect(Atomicity atomicity) {
    const int code = SPI_connect_ext(atomicity == Atomicity::may_commit ? SPI_OPT_NONATOMIC : 0);
    if (code < 0) {
        raise_failure("SPI_connect", code);
    }
}

void finish() {
    const int code = SPI_finish();
    if (code < 0) {
        raise_failure("SPI_finish", code);
    }
}

std::uint64_t execute_to(DestReceiver *destination, const char *sql, Arguments arguments, Options options) {
    SPIExecuteOptions spi_options{};
    spi_options.params = parameters(arguments);
    spi_options.read_only = options.read_only;
    spi_options.must_return_tuples = options.returns_rows;
    spi_options.tcount = options.row_limit;
    spi_options.dest = destination;
    SPIPlanPtr plan = options.kept ? kept_statement(sql, arguments) : nullptr;
    const int code = plan != nullptr ? SPI_execute_plan_extended(plan, &spi_options) : SPI_execute_extended(sql, &spi_options);
    if (code < 0) {
        raise_failure(sql, code);
    }
    return SPI_processed;
}

std::uint64_t execute(const char *sql, Arguments arguments, Options options) {
    return execute_to(nullptr, sql, arguments, options);
}

NullableDatum value(std::uint64_t row, int column, Oid type) {
    if (SPI_tuptable == nullptr || row >= SPI_tuptable->numvals) {
        ereport(ERROR, errcode(ERRCODE_INTERNAL_ERROR), errmsg_internal("result has no row " UINT64_FORMAT, row));
    }
    const Oid actual = SPI_gettypeid(SPI_tuptable->tupdesc, column);
    if (actual != type) {
        ereport(ERROR, errcode(ERRCODE_INTERNAL_ERROR),
                errmsg_internal("column %d of a result is of type %u instead of %u", column, actual, type));
    }
    NullableDatum result{};
    result.value = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, &result.isnull);
    return result;
}

NullableDatum copy_value(std::uint64_t row, int column, Oid type, MemoryContext context) {
    NullableDatum result = value(row, column, type);
    if (!result.isnull) {
        const Form_pg_attribute attribute = TupleDescAttr(SPI_tuptable->tupdesc, column - 1);
        MemoryContext previous = MemoryContextSwitchTo(context);
        result.value = datumCopy(result.value, attribute->attbyval, attribute->attlen);
        MemoryContextSwitchTo(previous);
    }
    return result;
}

char *copy_as_cstring(std::uint64_t row, int column, MemoryContext context) {
    if (SPI_tuptable == nullptr || row >= SPI_tuptable->numvals) {
        ereport(ERROR, errcode(ERRCODE_INTERNAL_ERROR), errmsg_internal("result has no row " UINT64_FORMAT, row));
    }
    char *const text = SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column);
    if (text == nullptr && SPI_result != 0) {
        raise_failure("SPI_getvalue", SPI_result);
    }
    return text == nullptr ? nullptr : MemoryContextStrdup(context, text);
}

NullableDatum single_value(Oid type) {
    if (SPI_tuptable == nullptr || SPI_tuptable->numvals != 1 || SPI_tuptable->tupdesc->natts != 1) {
        ereport(ERROR, errcode(ERRCODE_INTERNAL_ERROR), errmsg_internal("result is not a single value"));
    }
    return value(0, 1, type);
}

DestReceiver *make_receiver(ReceiveRow receive, void *state) {
    auto *receiver = static_cast<Receiver *>(palloc0(sizeof(Receiver)));
    receiver->base.receiveSlot = receive_slot;
    receiver->base.rStartup = [](DestReceiver *, int, TupleDesc) {};
    receiver->base.rShutdown = [](DestReceiver *) {};
    receiver->base.rDestroy = [](DestReceiver *self) { pfree(self); };
    receiver->base.mydest = DestNone;
    receiver->receive = receive;
    receiver->state = state;
    return &receiver->base;
}

}  // namespace segment::spi
