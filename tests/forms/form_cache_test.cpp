// The cache of forms: what comes out is what went in, and whatever is wrong with a file is a miss.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <random>

#include "forms/compile.h"
#include "forms/compiled.h"
#include "forms/form_cache.h"
#include "forms/model.h"
#include "tests/fakes/skip.h"
#include "tests/fakes/temp_folder.h"
#include "tests/forms/forms_fixture.h"

using namespace awda;
using namespace awda::forms;
using namespace awda::forms::test;

namespace {

constexpr std::string_view kForm =
    "| survey   |                         |       |                |             |\n"
    "|          | type                    | name  | label::English | calculation |\n"
    "|          | select_one fruit        | f     | Fruit          |             |\n"
    "|          | select_one_from_file p.csv | p  | Place          |             |\n"
    "|          | begin repeat            | r     | Row            |             |\n"
    "|          | integer                 | n     | Number         |             |\n"
    "|          | end repeat              |       |                |             |\n"
    "|          | calculate               | total |                | sum(${n})   |\n"
    "| choices  |                         |       |                |             |\n"
    "|          | list_name               | name  | label::English |             |\n"
    "|          | fruit                   | apple | Apple          |             |\n"
    "|          | fruit                   | plum  | Plum           |             |\n";

LoadOptions with(const FormCache* cache, std::string places = "name,label\nx,X\n") {
    LoadOptions out;
    out.file_name = "fruit.md";
    out.cache = cache;
    out.media = [places](std::string_view name) -> std::optional<std::string> {
        if (name != "p.csv" || places.empty()) return std::nullopt;
        return places;
    };
    return out;
}

ReadForm sample() {
    fakes::TempFolder folder;
    const FormCache cache(folder.path());
    const LoadOptions options = with(&cache);
    REQUIRE(load_form(as_bytes(kForm), options).definition != nullptr);
    auto found = cache.find(FormCache::key_of(as_bytes(kForm), options), options.media);
    REQUIRE(found);
    return std::move(*found);
}

/// All that a person and a record see of a session.
std::string seen(Session& session) {
    std::string out = session.instance_xml();
    for (const ViewNode& node : session.page(Session::Include::kAll)) {
        for (const std::string& text :
             {node.ref, node.appearance, node.parameters, node.label, node.hint, node.guidance,
              node.media.image, node.short_label, node.media.audio, node.value, node.marks.purpose,
              node.problem ? node.problem->message : std::string()}) {
            out += text + '\n';
        }
        for (const bool truth : {node.relevant, node.readonly, node.required, node.can_add}) {
            out += truth ? '1' : '0';
        }
        if (node.choices == nullptr) continue;
        for (const Choice& choice : *node.choices) out += choice.value + choice.label + '\n';
    }
    return out;
}

/// The same after every question has got an answer of some kind.
std::string fill_in(const FormDefinitionPtr& form) {
    Fill fill(form);
    std::string out = seen(fill.session);
    for (const QuestionInfo& question : form->questions()) {
        const ChoicesPtr choices = fill.session.choices(question.path);
        const std::string value = choices == nullptr ? "1"
                                  : choices->empty() ? ""
                                                     : choices->front().value;
        fill.session.answer(question.path, value).ignore("not every question can be answered");
    }
    for (const FormLanguage& language : form->languages()) {
        fill.session.set_language(language.name);
        out += seen(fill.session);
    }
    return out + seen(fill.session);
}

constexpr std::string_view kNoForm = "it does not load";

/// Empty if the form, read anew and from the cache, is one and the same.
std::string difference(ByteView bytes, LoadOptions options) {
    options.cache = nullptr;
    const LoadResult fresh = load_form(bytes, options);
    if (fresh.definition == nullptr) return std::string(kNoForm);
    fakes::TempFolder folder;
    const FormCache cache(folder.path());
    options.cache = &cache;
    const LoadResult cold = load_form(bytes, options);
    const bool kept = cache.find(FormCache::key_of(bytes, options), options.media).has_value();
    if (!kept) return "it was not kept";
    const LoadResult warm = load_form(bytes, options);
    if (cold.definition == nullptr || warm.definition == nullptr) return "it loads no more";
    if (warm.diagnostics.size() != fresh.diagnostics.size()) return "other diagnostics";
    for (std::size_t i = 0; i < fresh.diagnostics.size(); ++i) {
        if (render(warm.diagnostics[i], Language::kArabic) !=
            render(fresh.diagnostics[i], Language::kArabic))
            return "another message";
    }
    if (write_xform(*warm.definition) != write_xform(*fresh.definition)) return "another XForm";
    return fill_in(warm.definition) == fill_in(fresh.definition) ? "" : "another fill-in";
}

}  // namespace

TEST_CASE("a cached form is the form that was read, warnings and all") {
    fakes::TempFolder folder;
    const FormCache cache(folder.path());
    const LoadResult cold = load_form(as_bytes(kForm), with(&cache));
    INFO(errors_of(cold));
    REQUIRE(cold.definition != nullptr);
    REQUIRE(list_files(folder.path()).value().size() == 1);
    const LoadResult warm = load_form(as_bytes(kForm), with(&cache));
    REQUIRE(warm.definition != nullptr);
    CHECK(write_xform(*warm.definition) == write_xform(*cold.definition));
    REQUIRE(warm.diagnostics.size() == cold.diagnostics.size());
    for (std::size_t i = 0; i < cold.diagnostics.size(); ++i) {
        CHECK(render(warm.diagnostics[i], Language::kEnglish) ==
              render(cold.diagnostics[i], Language::kEnglish));
    }
    Fill fill(warm.definition);
    REQUIRE(fill.session.answer("r[1]/n", "4").ok());
    CHECK(fill.session.value("total") == "4");
    CHECK(fill.session.choices("f")->size() == 2);
    CHECK(fill.session.choices("p")->front().label == "X");
}

TEST_CASE("a form is read again when it, its name or a file it names has changed") {
    fakes::TempFolder folder;
    const FormCache cache(folder.path());
    REQUIRE(load_form(as_bytes(kForm), with(&cache)).definition != nullptr);
    const auto hit = [&](std::string_view text, const LoadOptions& options) {
        return cache.find(FormCache::key_of(as_bytes(text), options), options.media).has_value();
    };
    CHECK(hit(kForm, with(&cache)));
    CHECK_FALSE(hit(std::string(kForm) + "\n", with(&cache)));
    CHECK_FALSE(hit(kForm, with(&cache, "name,label\ny,Y\n")));
    CHECK_FALSE(hit(kForm, with(&cache, "")));
    LoadOptions other = with(&cache);
    other.root_name = "other";
    CHECK_FALSE(hit(kForm, other));
    const LoadResult changed = load_form(as_bytes(kForm), with(&cache, "name,label\ny,Y\n"));
    Fill fill(changed.definition);
    CHECK(fill.session.choices("p")->front().value == "y");
}

TEST_CASE("a form with errors is not kept") {
    fakes::TempFolder folder;
    const FormCache cache(folder.path());
    CHECK(load_form(as_bytes("| survey |\n| | type | name |\n| | nothing | a |\n"), with(&cache))
              .definition == nullptr);
    const auto kept = list_files(folder.path());
    CHECK((!kept.ok() || kept->empty()));
}

TEST_CASE("a damaged cache file is a miss, and the form loads all the same") {
    fakes::TempFolder folder;
    const FormCache cache(folder.path());
    REQUIRE(load_form(as_bytes(kForm), with(&cache)).definition != nullptr);
    const Path file = folder.path() / list_files(folder.path()).value().front();
    Bytes bytes = awda::read_file(file).value();
    for (const std::size_t at :
         {std::size_t{0}, std::size_t{9}, std::size_t{45}, bytes.size() / 2, bytes.size() - 1}) {
        Bytes damaged = bytes;
        damaged[at] ^= 0x20U;
        REQUIRE(atomic_write(file, damaged).ok());
        const LoadOptions options = with(&cache);
        CHECK_FALSE(cache.find(FormCache::key_of(as_bytes(kForm), options), options.media));
        CHECK(load_form(as_bytes(kForm), options).definition != nullptr);
        CHECK(awda::read_file(file).value() == bytes);  // and is kept anew
    }
    REQUIRE(atomic_write(file, {}).ok());
    CHECK(load_form(as_bytes(kForm), with(&cache)).definition != nullptr);
    // A folder that can't be is no reason to fail.
    const FormCache nowhere("/dev/null/cache");
    CHECK(load_form(as_bytes(kForm), with(&nowhere)).definition != nullptr);
}

TEST_CASE("a cache file cut short or with a bit turned is a miss") {
    const Hash32 key{7};
    const Bytes right = FormCache::pack(key, sample());
    REQUIRE(FormCache::unpack(key, right));
    CHECK_FALSE(FormCache::unpack(Hash32{8}, right));
    for (std::size_t size = 0; size < right.size(); ++size) {
        CHECK_FALSE(FormCache::unpack(key, ByteView(right).first(size)));
    }
    for (std::size_t bit = 0; bit < right.size() * 8; ++bit) {
        Bytes bent = right;
        bent[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        CHECK_FALSE(FormCache::unpack(key, bent));
    }
}

TEST_CASE("a forged cache file with a right hash can do no harm") {
    const Bytes right = encode_form(sample());
    REQUIRE(decode_form(right));
    for (std::size_t size = 0; size < right.size(); ++size) {
        CHECK_FALSE(decode_form(ByteView(right).first(size)));
    }
    const char* given = std::getenv("AWDA_SEED");
    const unsigned seed =
        given != nullptr ? static_cast<unsigned>(std::atoi(given)) : std::random_device{}();
    INFO("AWDA_SEED=", seed);
    std::mt19937 random(seed);
    for (int i = 0; i < 20'000; ++i) {
        Bytes bent = right;
        for (int changes = 0; changes < 3; ++changes) {
            bent[random() % bent.size()] = static_cast<std::uint8_t>(random());
        }
        const auto form = decode_form(bent);
        if (!form) continue;
        // What still is a form can be written again, and compiles or is refused.
        CHECK(decode_form(encode_form(*form)));
        Diagnostics diagnostics;
        const auto compiled = compile(*form->model, "bent", diagnostics);
        CHECK((compiled != nullptr || has_errors(diagnostics)));
    }
    const Bytes long_lists(64, 0xff);
    CHECK_FALSE(decode_form(long_lists));
}

TEST_CASE("what files beside a form hold is not copied into the cache") {
    fakes::TempFolder folder;
    const FormCache cache(folder.path());
    const LoadOptions options = with(&cache, "name,label\nx,Somebody Secret\n");
    REQUIRE(load_form(as_bytes(kForm), options).definition != nullptr);
    const Path file = folder.path() / list_files(folder.path()).value().front();
    const Bytes bytes = awda::read_file(file).value();
    CHECK(as_text(bytes).find("Secret") == std::string_view::npos);
    CHECK(as_text(bytes).find("Apple") != std::string_view::npos);
    Fill fill(load_form(as_bytes(kForm), options).definition);
    CHECK(fill.session.choices("p")->front().label == "Somebody Secret");
}

TEST_CASE("forms with lists of their own, files and trees come back from the cache as they were") {
    LoadOptions options;
    options.file_name = "places.xml";
    options.media = [](std::string_view name) -> std::optional<std::string> {
        if (name == "tree.xml") return "<root><a><b>1</b><c><d>2</d></c></a></root>";
        if (name == "map.geojson") {
            return R"({"type":"FeatureCollection","features":[{"type":"Feature","id":"x",)"
                   R"("geometry":{"type":"Point","coordinates":[44,33]},)"
                   R"("properties":{"title":"X"}}]})";
        }
        if (name == "itemsets.csv") return "list_name,name,label\ncities,a,A\n";
        return std::nullopt;
    };
    const std::string text = R"(<h:html xmlns="http://www.w3.org/2002/xforms"
        xmlns:h="http://www.w3.org/1999/xhtml" xmlns:jr="http://openrosa.org/javarosa">
        <h:head><h:title>t</h:title><model><instance><data id="f"><p/><q/></data></instance>
        <instance id="own"><root><item><name>n</name><label>N</label></item></root></instance>
        <instance id="deep"><root><a x="1"><b><c>3</c></b></a></root></instance>
        <instance id="tree" src="jr://file/tree.xml"/>
        <instance id="map" src="jr://file/map.geojson"/>
        <instance id="gone" src="jr://file-csv/gone.csv"/>
        <bind nodeset="/data/q" calculate="instance('tree')/root/a/c/d +
          instance('deep')/root/a/b/c"/></model></h:head>
        <h:body><select1 ref="/data/p"><itemset nodeset="instance('map')/root/item"><value
        ref="id"/><label ref="title"/></itemset></select1></h:body></h:html>)";
    CHECK(difference(as_bytes(text), options) == "");

    const std::string_view external =
        "| survey   |                            |      |       |\n"
        "|          | type                       | name | label |\n"
        "|          | select_one_external cities | c    | C     |\n"
        "| external_choices | | | |\n"
        "|          | list_name | name | label |\n"
        "|          | cities    | a    | A     |\n";
    CHECK(difference(as_bytes(external), options) == "it was not kept");
}

TEST_CASE("a file that is a form no more, by what lies beside it, is a miss") {
    // A forged cache file that asks for another file's content than the one it was made with.
    fakes::TempFolder folder;
    const FormCache cache(folder.path());
    const LoadOptions options = with(&cache);
    const Hash32 key = FormCache::key_of(as_bytes(kForm), options);
    ReadForm form = sample();
    for (ModelInstance& instance : form.model->instances) {
        if (instance.from_file) instance.src = "jr://file-csv/other.csv";
    }
    cache.keep(key, form);
    CHECK_FALSE(cache.find(key, options.media));
    form = sample();
    form.media.clear();
    form.media.emplace_back("p.csv", media_mark(std::string("\"")));
    cache.keep(key, form);
    CHECK_FALSE(cache.find(key, [](std::string_view) { return std::string("\""); }));
    CHECK_FALSE(cache.find(key, {}));
}

TEST_CASE("every form that ships comes back from the cache as it was") {
    const std::string root = std::string(AWDA_SOURCE_FOLDER) + "/forms/library";
    int forms = 0;
    for (const auto& entry : std::filesystem::directory_iterator(root)) {
        const Path path = entry.path() / (entry.path().filename().string() + ".xlsx");
        if (!file_exists(path)) continue;
        LoadOptions options;
        options.file_name = path.filename().string();
        INFO(options.file_name);
        CHECK(difference(awda::read_file(path).value(), options) == "");
        ++forms;
    }
    CHECK(forms > 0);
}

TEST_CASE("every real form comes back from the cache as it was") {
    const Path root = shared_folder() + "/conformance/forms";
    if (!std::filesystem::exists(root)) AWDA_SKIP("../shared is not here");
    int same = 0;
    for (const auto& entry : std::filesystem::directory_iterator(root)) {
        if (!entry.is_regular_file()) continue;
        const std::string name = entry.path().filename().string();
        const auto bytes = name.ends_with(".zst") ? read_zst(entry.path().string())
                                                  : test::read_file(entry.path().string());
        REQUIRE(bytes);
        LoadOptions options;
        options.file_name = name;
        INFO(name);
        const std::string found = difference(as_bytes(*bytes), options);
        if (found == kNoForm) continue;  // as pyxform refuses it, too
        CHECK(found == "");
        ++same;
    }
    CHECK(same > 115);
}

TEST_CASE("the folder keeps to its size and drops what was used longest ago") {
    fakes::TempFolder folder;
    const std::string first(kForm);
    const std::string second = first + "\n";
    const std::string third = first + "\n\n";
    std::uint64_t size = 0;
    {
        const FormCache cache(folder.path());
        REQUIRE(load_form(as_bytes(first), with(&cache)).definition != nullptr);
        size = awda::file_size(folder.path() / list_files(folder.path()).value().front()).value();
    }
    const FormCache cache(folder.path(), size * 2 + size / 2);
    const LoadOptions options = with(&cache);
    const Path oldest = folder.path() / list_files(folder.path()).value().front();
    std::filesystem::last_write_time(
        oldest, std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
    REQUIRE(load_form(as_bytes(second), options).definition != nullptr);
    CHECK(list_files(folder.path()).value().size() == 2);
    REQUIRE(load_form(as_bytes(third), options).definition != nullptr);
    CHECK(list_files(folder.path()).value().size() == 2);
    CHECK_FALSE(file_exists(oldest));
}

TEST_CASE("the folder keeps to its number of files, those half written too") {
    fakes::TempFolder folder;
    const FormCache cache(folder.path(), FormCache::kBytesMax, 2);
    const Path half = folder.path() / "00.form.tmp";
    const Path foreign = folder.path() / "notes.txt";
    REQUIRE(atomic_write(half, as_bytes("x")).ok());
    REQUIRE(atomic_write(foreign, as_bytes("x")).ok());
    for (const Path& path : {half, foreign}) {
        std::filesystem::last_write_time(
            path, std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
    }
    std::string text(kForm);
    for (int i = 0; i < 4; ++i) {
        text += "\n";
        REQUIRE(load_form(as_bytes(text), with(&cache)).definition != nullptr);
    }
    CHECK(list_files(folder.path()).value().size() == 3);
    CHECK_FALSE(file_exists(half));
    CHECK(file_exists(foreign));  // is not ours to delete
    // What would not fit at all is not written.
    const FormCache tiny(folder.path() / "tiny", 10);
    REQUIRE(load_form(as_bytes(text), with(&tiny)).definition != nullptr);
    CHECK_FALSE(file_exists(folder.path() / "tiny"));
}

TEST_CASE("the cache's format is the one that is written down") {
    ReadForm form;
    form.model = std::make_shared<FormModel>();
    FormModel& model = *form.model;
    form.media.emplace_back("p.csv", "");
    form.diagnostics.push_back(
        {Severity::kWarning, DiagnosticCode{}, "f", {"survey", 2, "name"}, {"x"}, "y"});
    model.title = "T";
    model.root.name = "data";
    model.root.children.emplace_back();
    model.root.children.back().name = "a";
    model.binds.emplace_back();
    model.binds.back().nodeset = "/data/a";
    model.binds.back().relevant = {"1 = 1", {"survey", 2, "relevant"}};
    model.body.emplace_back();
    model.body.back().kind = ControlKind::kSelect1;
    model.body.back().ref = "/data/a";
    auto table = std::make_shared<TableInstance>(*model.names, "root", "item");
    const std::uint32_t name = table->add_column("name", *model.names);
    const std::uint32_t label = table->add_column("label", *model.names);
    table->begin_row();
    table->set(name, "x");
    table->begin_row();
    table->set(name, "y");
    table->set(label, "x");
    model.instances.emplace_back();
    model.instances.back().id = "list";
    model.instances.back().table = table;
    const Hash32 key{1, 2, 3};
    const std::string hex = to_hex(FormCache::pack(key, form));
    const std::string path = std::string(AWDA_SOURCE_FOLDER) + "/tests/golden/forms/form_cache.hex";
    if (std::getenv("AWDA_WRITE_GOLDEN") != nullptr) std::ofstream(path) << hex << '\n';
    const auto golden = test::read_file(path);
    REQUIRE(golden);
    CHECK(*golden == hex + "\n");
    const auto again = FormCache::unpack(key, FormCache::pack(key, form));
    REQUIRE(again);
    CHECK(again->model->instances[0].table->at(1, 1) == "x");
    CHECK_FALSE(again->model->instances[0].table->has(0, 1));
    CHECK(again->model->body[0].kind == ControlKind::kSelect1);
}
