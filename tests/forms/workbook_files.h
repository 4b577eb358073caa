// Small writers of workbooks for tests: a zip, an .xlsx's parts, an .xls's records, an OLE2 file.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace awda::forms::test {

inline void put_u16(std::string& out, std::size_t number) {
    out += static_cast<char>(number & 0xffU);
    out += static_cast<char>(number >> 8U & 0xffU);
}

inline void put_u32(std::string& out, std::size_t number) {
    put_u16(out, number);
    put_u16(out, number >> 16U);
}

/// Bytes of 16-bit numbers.
inline std::string words(std::initializer_list<std::size_t> numbers) {
    std::string out;
    for (const std::size_t number : numbers) put_u16(out, number);
    return out;
}

// Zip and .xlsx -----------------------------------------------------------------------------------

inline std::uint32_t crc32_of(std::string_view text) {
    static constexpr std::array<std::uint32_t, 256> kTable = [] {
        std::array<std::uint32_t, 256> out{};
        for (std::uint32_t i = 0; i < out.size(); ++i) {
            out[i] = i;
            for (int bit = 0; bit < 8; ++bit)
                out[i] = out[i] >> 1U ^ ((out[i] & 1U) != 0 ? 0xedb88320 : 0);
        }
        return out;
    }();
    std::uint32_t crc = 0xffffffff;
    for (const char c : text)
        crc = crc >> 8U ^ kTable[(crc ^ static_cast<unsigned char>(c)) & 0xffU];
    return ~crc;
}

using Parts = std::vector<std::pair<std::string, std::string>>;

/// A zip of stored entries.
inline std::string zip_of(const Parts& parts) {
    std::string out;
    std::string directory;
    for (const auto& [name, text] : parts) {
        std::string head;
        head += words({20, 0, 0, 0, 33});
        put_u32(head, crc32_of(text));
        put_u32(head, text.size());
        put_u32(head, text.size());
        put_u16(head, name.size());
        put_u16(head, 0);
        directory += std::string("PK\x01\x02\x14\x00", 6) + head + std::string(10, '\0');
        put_u32(directory, out.size());
        directory += name;
        out += "PK\x03\x04" + head + name + text;
    }
    const std::size_t at = out.size();
    out += directory + std::string("PK\x05\x06\0\0\0\0", 8);
    put_u16(out, parts.size());
    put_u16(out, parts.size());
    put_u32(out, directory.size());
    put_u32(out, at);
    put_u16(out, 0);
    return out;
}

/// The parts of a workbook with one sheet per given (name, content of its part).
inline Parts xlsx_parts(const Parts& sheets, const std::string& strings = "<sst/>",
                        const std::string& styles = "<styleSheet/>") {
    std::string book = "<workbook xmlns:r='r'><sheets>";
    std::string links = "<Relationships>";
    Parts out;
    for (std::size_t i = 0; i < sheets.size(); ++i) {
        const std::string number = std::to_string(i + 1);
        book += "<sheet name='" + sheets[i].first + "' r:id='r" + number + "'/>";
        links += "<Relationship Id='r" + number + "' Type='x/worksheet' Target='worksheets/sheet" +
                 number + ".xml'/>";
        out.emplace_back("xl/worksheets/sheet" + number + ".xml", sheets[i].second);
    }
    links += "<Relationship Id='s' Type='x/sharedStrings' Target='/xl/sharedStrings.xml'/>";
    links += "<Relationship Id='t' Type='x/styles' Target='styles.xml'/></Relationships>";
    out.emplace_back("xl/workbook.xml", book + "</sheets></workbook>");
    out.emplace_back("xl/_rels/workbook.xml.rels", links);
    out.emplace_back("xl/sharedStrings.xml", strings);
    out.emplace_back("xl/styles.xml", styles);
    return out;
}

/// Rows of texts, as a workbook without shared strings has them; empty texts are left out.
inline std::string rows_xml(const std::vector<std::vector<std::string>>& rows) {
    std::string out;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        const std::string number = std::to_string(row + 1);
        out += "<row r=\"" + number + "\">";
        for (std::size_t column = 0; column < rows[row].size(); ++column) {
            if (rows[row][column].empty()) continue;
            out += "<c r=\"" + std::string(1, static_cast<char>('A' + column)) + number +
                   "\" t=\"inlineStr\"><is><t>" + rows[row][column] + "</t></is></c>";
        }
        out += "</row>";
    }
    return out;
}

inline std::string sheet_xml(const std::string& rows) {
    return "<worksheet><sheetData>" + rows + "</sheetData></worksheet>";
}

// .xls --------------------------------------------------------------------------------------------

inline std::string record(std::size_t type, const std::string& body) {
    std::string out;
    put_u16(out, type);
    put_u16(out, body.size());
    return out + body;
}

inline std::string double_bytes(double number) {
    const auto bits = std::bit_cast<std::uint64_t>(number);
    std::string out;
    put_u32(out, bits & 0xffffffffU);
    put_u32(out, bits >> 32U);
    return out;
}

/// A string of one byte a character, as Excel 97 writes it.
inline std::string narrow(std::string_view text) {
    return words({text.size()}) + '\0' + std::string(text);
}

inline std::string label(std::size_t row, std::size_t column, std::string_view text) {
    return record(0x204, words({row, column, 0}) + narrow(text));
}

inline const std::string kXlsEof = record(0x0a, "");  // NOLINT(cert-err58-cpp)

/// A stream of Excel 97: `globals` are records of the book, then come the sheets' records by name.
inline std::string xls_stream(const std::string& globals, const Parts& sheets,
                              std::size_t version = 0x0600) {
    const std::string book = record(0x809, words({version, 5, 0, 0, 0, 0, 0, 0}));
    const std::string open = record(0x809, words({version, 0x10, 0, 0, 0, 0, 0, 0}));
    const auto places = [&](std::size_t at) {
        std::string out;
        for (const auto& [name, records] : sheets) {
            std::string body;
            put_u32(body, at);
            put_u16(body, 0);
            body += static_cast<char>(name.size());
            if (version == 0x0600) body += '\0';
            out += record(0x85, body + name);
            at += open.size() + records.size() + kXlsEof.size();
        }
        return out;
    };
    const std::size_t start = book.size() + globals.size() + places(0).size() + kXlsEof.size();
    std::string out = book + globals + places(start) + kXlsEof;
    for (const auto& [name, records] : sheets) out += open + records + kXlsEof;
    return out;
}

/// An OLE2 file with one stream, in sectors of 512 bytes after each other.
inline std::string cfb_of(const std::string& name, std::string stream) {
    constexpr std::size_t kSector = 512;
    constexpr std::size_t kEnd = 0xfffffffe;
    constexpr std::size_t kFree = 0xffffffff;
    if (stream.size() < 4096) stream.resize(4096);
    stream.resize((stream.size() + kSector - 1) / kSector * kSector);
    const std::size_t sectors = stream.size() / kSector;
    std::string out = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + std::string(16, '\0');
    out += words({0x3e, 3, 0xfffe, 9, 6, 0, 0, 0, 0, 0});
    for (const std::size_t field : {std::size_t{1}, std::size_t{1}, std::size_t{0},
                                    std::size_t{4096}, kEnd, std::size_t{0}, kEnd, std::size_t{0}})
        put_u32(out, field);
    put_u32(out, 0);  // the table of sectors is sector 0, the directory sector 1
    while (out.size() < kSector) put_u32(out, kFree);
    std::string table;
    put_u32(table, 0xfffffffd);
    put_u32(table, kEnd);
    for (std::size_t i = 0; i < sectors; ++i) put_u32(table, i + 1 < sectors ? i + 3 : kEnd);
    while (table.size() < kSector) put_u32(table, kFree);
    const auto entry = [&](std::string_view text, int type, std::size_t child, std::size_t start,
                           std::size_t size) {
        std::string made;
        for (const char c : text) put_u16(made, static_cast<unsigned char>(c));
        made.resize(64);
        put_u16(made, text.size() * 2 + 2);
        made += static_cast<char>(type);
        made += '\1';
        put_u32(made, kFree);
        put_u32(made, kFree);
        put_u32(made, child);
        made.resize(116);
        put_u32(made, start);
        put_u32(made, size);
        put_u32(made, 0);
        return made;
    };
    std::string directory =
        entry("Root Entry", 5, 1, kEnd, 0) + entry(name, 2, kFree, 2, stream.size());
    directory.resize(kSector);
    return out + table + directory + stream;
}

}  // namespace awda::forms::test
