// form_samples: generated forms of the sizes that break other engines.
//
// The same shapes as those the peers were measured on: a three-level cascade of 50,000 choices, a
// repeat with positions and sums, one answer with 2,000 dependents, chains of calculations.
#pragma once

#include <fmt/format.h>
#include <zip.h>

#include <functional>
#include <string>

#include "platform/bytes.h"

namespace awda::bench {

inline std::string xform_of(const std::string& instance, const std::string& model,
                            const std::string& body) {
    return R"(<h:html xmlns="http://www.w3.org/2002/xforms" )"
           R"(xmlns:h="http://www.w3.org/1999/xhtml" xmlns:jr="http://openrosa.org/javarosa">)"
           R"(<h:head><h:title>Sample</h:title><model><instance><data id="sample">)" +
           instance + "</data></instance>" + model + "</model></h:head><h:body>" + body +
           "</h:body></h:html>";
}

inline constexpr int kRegions = 50;
inline constexpr int kDistricts = 20;
inline constexpr int kPlaces = 50;

/// Calls `item(name, label, parent)` for each of the 50 + 1,000 + 50,000 choices, level by level.
inline void each_place(
    int level,
    const std::function<void(const std::string&, const std::string&, const std::string&)>& item) {
    for (int r = 0; r < kRegions; ++r) {
        const std::string region = fmt::format("r{}", r);
        if (level == 0) item(region, "Region " + region, "");
        if (level == 0) continue;
        for (int d = 0; d < kDistricts; ++d) {
            const std::string district = fmt::format("{}_d{}", region, d);
            if (level == 1) item(district, "District " + district, region);
            if (level == 1) continue;
            for (int p = 0; p < kPlaces; ++p) {
                const std::string place = fmt::format("{}_p{}", district, p);
                item(place, "Place " + place, district);
            }
        }
    }
}

/// region → district → place; labels inline, or through itext in two languages.
inline std::string cascade_form(bool itext) {
    static const char* const kLists[] = {"region", "district", "place"};
    std::string lists;
    std::string texts;
    std::string body;
    for (int level = 0; level < 3; ++level) {
        const std::string list = kLists[level];
        lists += "<instance id=\"" + list + "\"><root>";
        int row = 0;
        each_place(level, [&](const std::string& name, const std::string& label,
                              const std::string& parent) {
            const std::string id = fmt::format("{}-{}", list, row++);
            lists += "<item><name>" + name + "</name>";
            lists += itext ? "<itextId>" + id + "</itextId>" : "<label>" + label + "</label>";
            if (level > 0) lists += "<parent>" + parent + "</parent>";
            lists += "</item>";
            texts += "<text id=\"" + id + "\"><value>" + label + "</value></text>";
        });
        lists += "</root></instance>";
        const std::string filter =
            level == 0 ? "" : "[parent = /data/" + std::string(kLists[level - 1]) + "]";
        body += "<select1 ref=\"/data/" + list + "\"><label>" + list +
                "</label><itemset nodeset=\"instance('" + list + "')/root/item" + filter +
                "\"><value ref=\"name\"/><label ref=\"" + (itext ? "jr:itext(itextId)" : "label") +
                "\"/></itemset></select1>";
    }
    std::string model = lists;
    if (itext) {
        model = "<itext><translation lang=\"English (en)\" default=\"true()\">" + texts +
                "</translation><translation lang=\"Arabic (ar)\">" + texts +
                "</translation></itext>" + lists;
    }
    return xform_of("<region/><district/><place/>", model, body);
}

/// Rows with a position, a condition each, and a sum and a count over them.
inline std::string rows_form() {
    return xform_of(
        R"(<total/><people/><person jr:template=""><number/><name/><age/><school/></person>)",
        R"x(<bind nodeset="/data/total" calculate="sum(/data/person/age)"/>)x"
        R"x(<bind nodeset="/data/people" calculate="count(/data/person)"/>)x"
        R"x(<bind nodeset="/data/person/number" calculate="position(..)"/>)x"
        R"x(<bind nodeset="/data/person/age" type="int"/>)x"
        R"x(<bind nodeset="/data/person/school" relevant=" /data/person/age &lt; 18"/>)x",
        R"(<group ref="/data/person"><label>Person</label><repeat nodeset="/data/person">)"
        R"(<input ref="/data/person/name"><label>Name</label></input>)"
        R"(<input ref="/data/person/age"><label>Age</label></input>)"
        R"(<input ref="/data/person/school"><label>School</label></input></repeat></group>)");
}

/// `size` calculations that all read one answer, or each the one before.
inline std::string calculations_form(int size, bool chain) {
    std::string instance = "<c0>1</c0>";
    std::string binds = R"(<bind nodeset="/data/c0" type="int"/>)";
    for (int i = 1; i <= size; ++i) {
        instance += fmt::format("<c{}/>", i);
        binds += fmt::format(R"(<bind nodeset="/data/c{}" type="int" calculate=" /data/c{} + 1"/>)",
                             i, chain ? i - 1 : 0);
    }
    return xform_of(instance, binds, R"(<input ref="/data/c0"><label>Start</label></input>)");
}

/// Sheets of inline strings as a deflated .xlsx: survey and a choices sheet of 50,000 places.
inline Bytes cascade_workbook() {
    int row = 0;
    std::string sheet;
    const auto line = [&](std::initializer_list<std::string> cells) {
        ++row;
        char column = 'A';
        sheet += fmt::format("<row r=\"{}\">", row);
        for (const std::string& cell : cells) {
            sheet += fmt::format("<c r=\"{}{}\" t=\"inlineStr\"><is><t>{}</t></is></c>", column++,
                                 row, cell);
        }
        sheet += "</row>";
    };
    const auto wrapped = [&] {
        row = 0;
        return "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">"
               "<sheetData>" +
               std::exchange(sheet, {}) + "</sheetData></worksheet>";
    };
    line({"type", "name", "label", "choice_filter"});
    line({"select_one region", "region", "Region", ""});
    line({"select_one district", "district", "District", "parent = ${region}"});
    line({"select_one place", "place", "Place", "parent = ${district}"});
    const std::string survey = wrapped();
    line({"list_name", "name", "label", "parent"});
    static const char* const kLists[] = {"region", "district", "place"};
    for (int level = 0; level < 3; ++level) {
        each_place(level,
                   [&](const std::string& name, const std::string& label,
                       const std::string& parent) { line({kLists[level], name, label, parent}); });
    }
    const std::string choices = wrapped();
    const std::pair<const char*, std::string> parts[] = {
        {"[Content_Types].xml",
         "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>"},
        {"xl/workbook.xml",
         "<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" "
         "xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets>"
         "<sheet name=\"survey\" sheetId=\"1\" r:id=\"rId1\"/>"
         "<sheet name=\"choices\" sheetId=\"2\" r:id=\"rId2\"/></sheets></workbook>"},
        {"xl/_rels/workbook.xml.rels",
         "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
         "<Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/"
         "relationships/worksheet\" Target=\"worksheets/sheet1.xml\"/>"
         "<Relationship Id=\"rId2\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/"
         "relationships/worksheet\" Target=\"worksheets/sheet2.xml\"/></Relationships>"},
        {"xl/worksheets/sheet1.xml", survey},
        {"xl/worksheets/sheet2.xml", choices}};
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t* memory = zip_source_buffer_create(nullptr, 0, 0, &error);
    zip_source_keep(memory);
    zip_t* archive = zip_open_from_source(memory, ZIP_TRUNCATE, &error);
    for (const auto& [name, text] : parts) {
        zip_source_t* part = zip_source_buffer(archive, text.data(), text.size(), 0);
        zip_file_add(archive, name, part, ZIP_FL_OVERWRITE);
    }
    zip_close(archive);
    zip_source_open(memory);
    zip_source_seek(memory, 0, SEEK_END);
    Bytes out(static_cast<std::size_t>(zip_source_tell(memory)));
    zip_source_seek(memory, 0, SEEK_SET);
    zip_source_read(memory, out.data(), out.size());
    zip_source_free(memory);
    return out;
}

}  // namespace awda::bench
