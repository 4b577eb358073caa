// Names, words and places of the corpus: tables made once, the same for every seed.
//
// Nobody real is meant. Within a table no two entries are alike, so that an answer tells which
// entry was drawn. Threads: the tables are made on first use and only read from then on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace awda::bench {

struct Name {
    std::string arabic;
    std::string latin;
};

/// Commonest first.
[[nodiscard]] const std::vector<Name>& male_names();
[[nodiscard]] const std::vector<Name>& female_names();
[[nodiscard]] const std::vector<Name>& surnames();

/// About 3,150 Arabic words, commonest first; made of roots and patterns.
[[nodiscard]] const std::vector<std::string>& vocabulary();
/// What officers write again and again.
[[nodiscard]] const std::vector<std::string>& stock_phrases();
[[nodiscard]] const std::vector<std::string>& occupations();

struct Governorate {
    std::string code;  ///< "IQG08"
    int districts = 0;
    std::int32_t latitude = 0;  ///< of its centre, in millionths of a degree
    std::int32_t longitude = 0;
};
/// Those that most come from first.
[[nodiscard]] const std::vector<Governorate>& governorates();
/// "IQG08Q03"
[[nodiscard]] std::string district_code(const Governorate& governorate, std::size_t district);

}  // namespace awda::bench
