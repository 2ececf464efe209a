#include "pg/key_argument.hpp"

namespace segment::pg {

namespace {

Oid declared_type(FunctionCallInfo fcinfo, int index) {
    Oid *types;
    int count;
    get_func_signature(fcinfo->flinfo->fn_oid, &types, &count);
    return types[index];
}

// Reads values of one type as values of another.
struct Reader {
    FmgrInfo output, input;
    Oid parameter;
};

Reader make_reader(Oid from, Oid to) {
    Reader reader{};
    Oid output, input;
    bool is_varlena;
    getTypeOutputInfo(from, &output, &is_varlena);
    getTypeInputInfo(to, &input, &reader.parameter);
    fmgr_info(output, &reader.output);
    fmgr_info(input, &reader.input);
    return reader;
}

Datum read(Reader *reader, Datum value) {
    return InputFunctionCall(&reader->input, OutputFunctionCall(&reader->output, value), reader->parameter, -1);
}

void refuse_null(const char *name) {
    ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be null", name)));
}

}  // namespace

const Column *key_column(const Population *population) {
    const char *role = psprintf("the relation of population \"%s\"", population->name);
    return get_column(relation_registered(population->relation_schema, population->relation_name, role), population->key);
}

spi::Argument key_argument(FunctionCallInfo fcinfo, int index, const Column *key) {
    if (PG_ARGISNULL(index)) {
        refuse_null("key");
    }
    Reader reader = make_reader(declared_type(fcinfo, index), key->type);
    return {key->type, read(&reader, PG_GETARG_DATUM(index))};
}

spi::Argument keys_argument(FunctionCallInfo fcinfo, int index, const Column *key) {
    if (PG_ARGISNULL(index)) {
        refuse_null("keys");
    }
    Oid from = get_element_type(declared_type(fcinfo, index));
    int16 length;
    bool by_value;
    char alignment;
    get_typlenbyvalalign(from, &length, &by_value, &alignment);
    Datum *keys;
    bool *nulls;
    int count;
    deconstruct_array(PG_GETARG_ARRAYTYPE_P(index), from, length, by_value, alignment, &keys, &nulls, &count);
    Reader reader = make_reader(from, key->type);
    for (int i = 0; i < count; i++) {
        CHECK_FOR_INTERRUPTS();
        if (nulls[i]) {
            ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("keys must not hold a null")));
        }
        keys[i] = read(&reader, keys[i]);
    }
    get_typlenbyvalalign(key->type, &length, &by_value, &alignment);
    return {get_array_type(key->type), PointerGetDatum(construct_array(keys, count, key->type, length, by_value, alignment))};
}

}  // namespace segment::pg
