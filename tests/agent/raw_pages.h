// raw_pages: every page of a vault's database in clear, those that hold nothing any more as well:
// what somebody with the key could still read in it.
#pragma once

#ifndef SQLITE_HAS_CODEC
#define SQLITE_HAS_CODEC
#endif
#include <sqlcipher/sqlite3.h>

#include <memory>
#include <string>

#include "tests/agent/raw_vault.h"

namespace awda::agent::test {

inline std::string raw_pages(const Path& folder, std::string_view passphrase = kPassphrase) {
    const RawKeys keys = raw_keys(folder, passphrase);
    sqlite3* raw = nullptr;
    AWDA_ASSERT(sqlite3_open((folder / "vault.db").c_str(), &raw) == SQLITE_OK);
    const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> db(raw, &sqlite3_close);
    const std::string text = "x'" + to_hex(keys.database_key.view()) +
                             to_hex(ByteView(keys.keyring.database_salt)) + "'";
    AWDA_ASSERT(sqlite3_key_v2(raw, "main", text.data(), static_cast<int>(text.size())) ==
                SQLITE_OK);
    AWDA_ASSERT(sqlite3_exec(raw, "SELECT count(*) FROM events", nullptr, nullptr, nullptr) ==
                SQLITE_OK);
    sqlite3_int64 size = 0;
    unsigned char* pages = sqlite3_serialize(raw, "main", &size, 0);
    AWDA_ASSERT(pages != nullptr);
    std::string out(reinterpret_cast<const char*>(pages), static_cast<std::size_t>(size));
    sqlite3_free(pages);
    return out;
}

}  // namespace awda::agent::test
