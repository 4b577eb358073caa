// load_form: bytes of a workbook, a CSV or Markdown table or an XForm in, a definition out.
//
// Ownership: the caller's bytes are only read. Threads: pure; safe on any thread.
// The kind of file is told by its content, never by its name. Hostile input costs bounded time and
// memory (limits below) and gives diagnostics.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "forms/definition.h"
#include "forms/diagnostic.h"
#include "platform/bytes.h"

namespace awda::forms {

/// Gives the content of a file a form names ("places.csv"), or nothing if it is not there.
using MediaResolver = std::function<std::optional<std::string>(std::string_view name)>;

class FormCache;  // forms/form_cache.h

struct LoadOptions {
    std::string file_name;  ///< for messages, and the form id where the file has none
    std::string root_name;  ///< name of the root element of a workbook's form; "data" if empty
    MediaResolver media;    ///< may be empty: then choices from files are missing, with a warning
    const FormCache* cache = nullptr;  ///< forms read before; may be null
};

struct LoadResult {
    FormDefinitionPtr definition;  ///< null if there is any error
    Diagnostics diagnostics;
};

inline constexpr std::size_t kFormFileBytesMax = 64U << 20U;
inline constexpr std::size_t kInflatedBytesMax = 256U << 20U;
inline constexpr std::size_t kZipEntriesMax = 4096;
inline constexpr std::size_t kEntryBytesMax = 128U << 20U;  ///< of one entry, inflated
inline constexpr std::size_t kInflationRatioMax = 400;      ///< beyond kInflationFreeBytes
inline constexpr std::size_t kInflationFreeBytes = 16U << 20U;
inline constexpr std::size_t kSheetsMax = 1024;
inline constexpr std::size_t kCellsMax = 4'000'000;  ///< up to the last written one of each row
inline constexpr std::size_t kCellBytesMax = 1U << 20U;
inline constexpr std::size_t kWorkbookTextBytesMax = 64U << 20U;  ///< of all cells
inline constexpr std::size_t kNestingMax = 64;

enum class FormFileKind : std::uint8_t {
    kUnknown,
    kXlsx,  ///< .xlsx, .xlsm
    kXls,   ///< .xls, and what else is kept in an OLE2 file
    kXForm,
    kMarkdown,
    kCsv,
};
[[nodiscard]] FormFileKind sniff(ByteView bytes);

[[nodiscard]] LoadResult load_form(ByteView bytes, const LoadOptions& options = {});

/// The form as ODK XForm XML.
[[nodiscard]] std::string write_xform(const FormDefinition& definition);

}  // namespace awda::forms
