#include "pg/identity.hpp"

namespace segment {

// Setting the value that is there already would cost as much as another: time zone abbreviations are read from a file.
void pin_setting(const char *setting, const char *value) {
    if (const char *current = GetConfigOption(setting, false, false); current != nullptr && strcmp(current, value) == 0) {
        return;
    }
    set_config_option(setting, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

Identity begin_identity(Oid role) {
    Identity before;
    GetUserIdAndSecContext(&before.role, &before.security_context);
    SetUserIdAndSecContext(role, before.security_context | SECURITY_RESTRICTED_OPERATION);
    before.settings_level = NewGUCNestLevel();
    RestrictSearchPath();
    pin_setting("TimeZone", "UTC");
    pin_setting("DateStyle", "ISO, YMD");
    pin_setting("IntervalStyle", "postgres");
    pin_setting("extra_float_digits", "1");
    pin_setting("quote_all_identifiers", "off");
    pin_setting("timezone_abbreviations", "Default");
    return before;
}

void end_identity(const Identity &before) {
    AtEOXact_GUC(false, before.settings_level);
    SetUserIdAndSecContext(before.role, before.security_context);
}

void run_as(Oid role, void (*work)(void *), void *state) {
    const Identity before = begin_identity(role);
    work(state);
    end_identity(before);
}

Oid extension_owner(const char *extension) {
    Relation extensions = table_open(ExtensionRelationId, AccessShareLock);
    ScanKeyData key;
    ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ, CStringGetDatum(extension));
    SysScanDesc scan = systable_beginscan(extensions, ExtensionNameIndexId, true, nullptr, 1, &key);
    HeapTuple tuple = systable_getnext(scan);
    if (!HeapTupleIsValid(tuple)) {
        ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("extension \"%s\" does not exist", extension));
    }
    const Oid owner = reinterpret_cast<Form_pg_extension>(GETSTRUCT(tuple))->extowner;
    systable_endscan(scan);
    table_close(extensions, AccessShareLock);
    return owner;
}

}  // namespace segment
