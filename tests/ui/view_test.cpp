// The screens, drawn without a window: events go into Ui's queue, records come out.
#include "ui/views/desk_view.h"

#include <imgui.h>

#include <cmath>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/seeded_random.h"
#include "tests/ui/fake_desk.h"
#include "tests/ui/shipped_fonts.h"

using namespace awda;
using namespace awda::ui;

namespace {

forms::ViewNode question(std::string ref, forms::QuestionType type, std::string label) {
    forms::ViewNode node;
    node.kind = forms::ViewKind::kQuestion;
    node.ref = std::move(ref);
    node.type = type;
    node.label = std::move(label);
    node.depth = 1;
    return node;
}

forms::ViewNode group(std::string ref, std::string label) {
    forms::ViewNode node;
    node.kind = forms::ViewKind::kGroup;
    node.ref = std::move(ref);
    node.label = std::move(label);
    return node;
}

forms::ChoicesPtr choices(int count) {
    auto out = std::make_shared<std::vector<forms::Choice>>();
    for (int i = 0; i < count; ++i) {
        out->push_back({"c" + std::to_string(i), "خيار " + std::to_string(i), {}});
    }
    return out;
}

class Bench {
public:
    explicit Bench(Language language = Language::kArabic)
        : ui(test_engine()), view(desk, clock, language) {}

    void settle() {
        for (int i = 0; i < 200; ++i) {
            time += 5;
            ui.begin_frame({1366, 768, view.language(), time}, view.screen());
            const std::uint64_t seen = desk.snapshot()->serial;
            view.draw(ui);
            ui.end_frame();
            // A newer snapshot wakes the window's loop.
            if (!ui.needs_frame() && desk.snapshot()->serial == seen) return;
        }
        FAIL("the page does not settle");
    }
    const WidgetRecord* find(std::string_view id) {
        for (const WidgetRecord& widget : ui.record().widgets) {
            if (widget.id == id) return &widget;
        }
        return nullptr;
    }
    const WidgetRecord& get(std::string_view id) {
        const WidgetRecord* widget = find(id);
        REQUIRE_MESSAGE(widget != nullptr, std::string(id));
        return *widget;
    }
    void click(std::string_view id) {
        const Rect rect = get(id).rect;
        ui.input().post_pointer(rect.x + rect.w / 2, rect.y + rect.h / 2);
        ui.input().post_button(true);
        ui.input().post_button(false);
        time += 1000;  // not a double click
        settle();
    }
    void type(std::u32string_view text) {
        for (const char32_t c : text) ui.input().post_text(c);
        settle();
    }
    void key(Key key, Modifiers modifiers = {}) {
        ui.input().post_key(key, modifiers);
        settle();
    }
    void open_intake() {
        desk.next.vault = agent::VaultState::kOpen;
        desk.next.forms = {{"returnee", "1", "عودة"}};
        desk.is_open = true;
        desk.nodes = {group("person", "الشخص"),
                      question("person/name", forms::QuestionType::kText, "الاسم الكامل"),
                      question("person/age", forms::QuestionType::kInteger, "العمر"),
                      question("person/born", forms::QuestionType::kDate, "تاريخ الولادة"),
                      question("person/sex", forms::QuestionType::kSelectOne, "الجنس"),
                      question("person/place", forms::QuestionType::kSelectOne, "المحافظة"),
                      group("needs", "الاحتياجات"),
                      question("needs/kinds", forms::QuestionType::kSelectMultiple, "الأنواع"),
                      question("needs/text", forms::QuestionType::kText, "ملاحظات")};
        desk.nodes[4].choices = choices(2);
        desk.nodes[5].choices = choices(40);
        desk.nodes[7].choices = choices(5);
        desk.nodes[8].appearance = "multiline";
        desk.publish();
        settle();
    }

    FakeDesk desk;
    fakes::FakeClock clock;
    Ui ui;
    DeskView view;
    std::int64_t time = 1000;
};

}  // namespace

TEST_CASE("logging in posts the name and the passphrase, and the passphrase is in no record") {
    Bench bench;
    bench.desk.next.vault = agent::VaultState::kLocked;
    bench.desk.publish();
    bench.settle();
    CHECK(bench.ui.record().screen == "login");
    CHECK(bench.get("login.officer").focused);
    bench.type(U"زينب");
    CHECK(bench.get("login.officer").value == "زينب");
    bench.key(Key::kTab);
    CHECK(bench.get("login.passphrase").focused);
    bench.type(U"sezame ٣");
    bench.key(Key::kBackspace);
    bench.type(U"4");
    CHECK(to_json(bench.ui.record()).find("sezame") == std::string::npos);
    bench.key(Key::kEnter);
    CHECK(bench.desk.secret == "sezame 4");
    CHECK(bench.desk.last<agent::Unlock>()->officer == "زينب");
    CHECK(bench.ui.record().screen == "list");
}

TEST_CASE("a wrong passphrase is told at the door, in the language chosen") {
    Bench bench;
    bench.desk.next.vault = agent::VaultState::kLocked;
    bench.desk.publish();
    bench.settle();
    bench.desk.next.notice = {1, agent::NoticeKind::kError, Errc::kWrongPassphrase, {}};
    bench.desk.publish();
    bench.settle();
    CHECK(bench.get("login.error").label ==
          errc_message(Errc::kWrongPassphrase, Language::kArabic));
    CHECK(bench.get("login.error").role == "alert");
}

TEST_CASE("the first start asks for a voucher and refuses passphrases that differ") {
    Bench bench;
    bench.settle();
    CHECK(bench.ui.record().screen == "first-start");
    bench.type(U"/media/stick/office.voucher");
    bench.key(Key::kEnter);
    bench.type(U"زينب");
    bench.key(Key::kEnter);
    bench.type(U"one two three four five");
    bench.key(Key::kEnter);
    bench.type(U"one two three four six");
    bench.key(Key::kEnter);
    CHECK(bench.desk.posted.empty());
    CHECK(bench.find("start.error") != nullptr);
    bench.type(U"one two three four five");
    bench.key(Key::kEnter);
    bench.type(U"one two three four five");
    bench.key(Key::kEnter);
    const auto* init = bench.desk.last<agent::InitVault>();
    REQUIRE(init != nullptr);
    CHECK(init->voucher == Path("/media/stick/office.voucher"));
    CHECK(init->officer == "زينب");
}

TEST_CASE("a right-to-left page starts at the right, a left-to-right one at the left") {
    Bench bench;
    bench.open_intake();
    CHECK(bench.ui.record().right_to_left);
    CHECK(bench.get("bar.lock").rect.x < 200);
    CHECK(bench.get("section:person").rect.x > 1000);
    bench.click("language.en");
    CHECK_FALSE(bench.ui.record().right_to_left);
    CHECK(bench.get("bar.lock").rect.x > 1100);
    CHECK(bench.get("section:person").rect.x < 200);
    CHECK(bench.desk.last<agent::SetLanguage>()->language == Language::kEnglish);
}

TEST_CASE("letters typed are posted as answers, and Tab goes through the page") {
    Bench bench;
    bench.open_intake();
    bench.click("q:person/name");
    CHECK(bench.get("q:person/name").focused);
    bench.type(U"علي حسين");
    CHECK(bench.desk.last<agent::Answer>()->ref == "person/name");
    CHECK(bench.desk.last<agent::Answer>()->value == "علي حسين");
    bench.key(Key::kTab);
    CHECK(bench.get("q:person/age").focused);
    bench.type(U"٤x٢");
    CHECK(bench.desk.nodes[2].value == "42");
    bench.key(Key::kUp);
    CHECK(bench.desk.nodes[2].value == "43");
    bench.key(Key::kTab);
    bench.type(U"١٩٨٤٠٣١٢");
    CHECK(bench.desk.nodes[3].value == "1984-03-12");
    bench.key(Key::kTab, {true, false, false});
    CHECK(bench.get("q:person/age").focused);
}

TEST_CASE("typing faster than frames keeps every letter and its order") {
    Bench bench;
    bench.open_intake();
    const Rect name = bench.get("q:person/name").rect;
    bench.ui.input().post_pointer(name.x + 20, name.y + 20);
    bench.ui.input().post_button(true);
    bench.ui.input().post_button(false);
    for (const char32_t c : std::u32string_view(U"abcd")) bench.ui.input().post_text(c);
    bench.ui.input().post_key(Key::kBackspace);
    bench.ui.input().post_text(U'e');
    bench.ui.input().post_key(Key::kTab);
    bench.ui.input().post_text(U'7');
    bench.settle();
    CHECK(bench.desk.nodes[1].value == "abce");
    CHECK(bench.desk.nodes[2].value == "7");
}

TEST_CASE("few choices are buttons that arrows move over, many are a list with a search") {
    Bench bench;
    bench.open_intake();
    bench.click("q:person/sex#c1");
    CHECK(bench.desk.nodes[4].value == "c1");
    CHECK(bench.get("q:person/sex#c1").checked == true);
    bench.key(Key::kDown);
    CHECK(bench.desk.nodes[4].value == "c0");
    bench.click("clear:person/sex");
    CHECK(bench.desk.nodes[4].value.empty());
    bench.ui.focus("q:person/place");
    bench.settle();
    bench.key(Key::kEnter);
    CHECK(bench.get("list.search").focused);
    bench.type(U"٣٧");
    REQUIRE(bench.find("list#c37") != nullptr);
    CHECK(bench.find("list#c1") == nullptr);
    bench.key(Key::kEnter);
    CHECK(bench.desk.nodes[5].value == "c37");
    CHECK(bench.find("list.search") == nullptr);
    CHECK(bench.get("q:person/place").focused);
    bench.key(Key::kEnter);
    bench.key(Key::kEscape);
    CHECK(bench.find("list.search") == nullptr);
    CHECK(bench.desk.nodes[5].value == "c37");
}

TEST_CASE("several choices are kept in the form's order, and a note grows with its text") {
    Bench bench;
    bench.open_intake();
    bench.click("section:needs");
    bench.click("q:needs/kinds#c3");
    bench.click("q:needs/kinds#c1");
    CHECK(bench.desk.nodes[7].value == "c1 c3");
    bench.click("q:needs/kinds#c3");
    CHECK(bench.desk.nodes[7].value == "c1");
    bench.click("q:needs/text");
    const float before = bench.get("q:needs/text").rect.h;
    for (int i = 0; i < 5; ++i) {
        bench.type(U"سطر");
        bench.key(Key::kEnter);
    }
    CHECK(bench.get("q:needs/text").rect.h > before);
    CHECK(bench.desk.nodes[8].value == "سطر\nسطر\nسطر\nسطر\nسطر\n");
}

TEST_CASE(
    "a question whose answers are sealed says so, and takes a new one unless the record is done") {
    Bench bench;
    bench.open_intake();
    CHECK(bench.find("sealed:person/name") == nullptr);
    bench.desk.sealed = {"person/name"};
    bench.desk.publish();
    bench.settle();
    CHECK(bench.find("sealed:person/name") != nullptr);
    CHECK(bench.find("sealed:person/age") == nullptr);
    CHECK(bench.find("q:person/name") != nullptr);
    bench.desk.read_only = true;
    bench.desk.publish();
    bench.settle();
    CHECK(bench.find("sealed:person/name") != nullptr);
    CHECK(bench.find("q:person/name") == nullptr);
    CHECK(bench.find("q:person/age") != nullptr);
}

TEST_CASE("finalising asks first, then leads to the first question that is wrong") {
    Bench bench;
    bench.open_intake();
    bench.desk.nodes[1].value = "علي";
    bench.desk.nodes[8].required = true;
    bench.desk.publish();
    bench.settle();
    bench.click("intake.finalise");
    CHECK(bench.find("ask.yes") != nullptr);
    bench.key(Key::kEscape);
    CHECK(bench.find("ask.yes") == nullptr);
    bench.click("intake.finalise");
    bench.click("ask.yes");
    CHECK(bench.find("problem:needs/text") != nullptr);
    CHECK(bench.get("q:needs/text").focused);
    CHECK(bench.get("q:needs/text").visible);
    bench.type(U"تم");
    bench.click("intake.finalise");
    bench.click("ask.yes");
    CHECK(bench.ui.record().screen == "list");
}

TEST_CASE("a finalised record is shown without a field that can be changed") {
    Bench bench;
    bench.desk.read_only = true;
    bench.open_intake();
    CHECK(bench.find("intake.finalise") == nullptr);
    CHECK(bench.find("intake.amend") != nullptr);
    bench.click("q:person/name");
    bench.type(U"x");
    CHECK(bench.desk.nodes[1].value.empty());
    CHECK_FALSE(bench.get("q:person/name").enabled);
}

TEST_CASE("a newer version of a draft's form is told with its counts, and accepted or put off") {
    Bench bench;
    bench.desk.read_only = true;
    auto change = std::make_shared<agent::FormChangeView>();
    change->kept = 12;
    change->rows = {{agent::AnswerChange::kMoved, "الهاتف", "0750"},
                    {agent::AnswerChange::kNotAllowed, "اللون", "blue"}};
    for (int i = 0; i < 9; ++i) {
        change->rows.push_back({agent::AnswerChange::kNoPlace, "سؤال " + std::to_string(i), "x"});
    }
    bench.desk.change = change;
    bench.open_intake();
    CHECK(bench.get("newer.kept").label.find("١٢") != std::string::npos);
    CHECK(bench.get("newer.moved.rows").label.find("0750") != std::string::npos);
    CHECK(bench.get("newer.refused.rows").label.find("blue") != std::string::npos);
    const std::string homeless = bench.get("newer.homeless.rows").label;
    CHECK(homeless.find("سؤال 2") != std::string::npos);
    CHECK(homeless.find("سؤال 3") == std::string::npos);
    CHECK(homeless.find("٦") != std::string::npos);
    for (const char* id : {"newer.kept", "newer.homeless.rows", "ask.yes", "ask.no"}) {
        CAPTURE(id);
        const Rect rect = bench.get(id).rect;
        CHECK(rect.y >= 0);
        CHECK(rect.bottom() <= 768);
    }
    bench.click("ask.no");
    CHECK(bench.find("ask.yes") == nullptr);
    CHECK(bench.desk.last<agent::AcceptForm>() == nullptr);
    CHECK(bench.find("intake.amend") == nullptr);
    bench.click("intake.newer");
    bench.click("ask.yes");
    CHECK(bench.desk.last<agent::AcceptForm>() != nullptr);
}

TEST_CASE("the list is searched, filtered and opened by the keyboard") {
    Bench bench;
    bench.desk.next.vault = agent::VaultState::kOpen;
    bench.desk.next.forms = {{"returnee", "1", "عودة"}};
    for (std::uint8_t i = 0; i < 200; ++i) {
        agent::IntakeRow row;
        row.instance.value[1] = i;
        row.name = "شخص " + std::to_string(i);
        row.state = i % 2 == 0 ? agent::IntakeState::kDraft : agent::IntakeState::kDelivered;
        bench.desk.intakes.push_back(row);
    }
    bench.desk.publish();
    bench.settle();
    std::size_t rows = 0;
    for (const WidgetRecord& widget : bench.ui.record().widgets)
        rows += widget.role == "row" ? 1U : 0U;
    CHECK(rows > 5);
    CHECK(rows < 40);
    bench.key(Key::kF, {false, true, false});
    bench.type(U"شخص ١٩٩");
    bench.click("list.filter#draft");
    CHECK(bench.find("list.empty") != nullptr);
    bench.click("list.filter#delivered");
    InstanceId wanted;
    wanted.value[1] = 199;
    bench.click("row:" + to_text(wanted));
    REQUIRE(bench.desk.last<agent::OpenIntake>() != nullptr);
    CHECK(bench.desk.last<agent::OpenIntake>()->instance == wanted);
}

TEST_CASE("what waits is always in the bar at the bottom, with the reason when sending fails") {
    Bench bench(Language::kEnglish);
    bench.desk.next.vault = agent::VaultState::kOpen;
    bench.desk.next.sync.waiting_records = 3;
    bench.desk.next.sync.waiting_bytes = 2048;
    bench.desk.next.sync.phase = agent::SyncPhase::kFailed;
    bench.desk.next.sync.error = Errc::kUnknownServer;
    bench.desk.publish();
    bench.settle();
    CHECK(bench.get("status.waiting").value == "3");
    CHECK(bench.get("status.waiting").label.find("2 KB") != std::string::npos);
    CHECK(bench.get("status.sync").value == "unknown_server");
    bench.click("status.send");
    CHECK(bench.desk.last<agent::SyncNow>() != nullptr);
}

TEST_CASE("locking leaves no personal word in the layout cache or the records") {
    Bench bench;
    bench.open_intake();
    bench.click("q:person/name");
    bench.type(U"اسمسري");
    bench.click("bar.lock");
    CHECK(bench.ui.record().screen == "login");
    CHECK(to_json(bench.ui.record()).find("اسمسري") == std::string::npos);
}

TEST_CASE("when the queue of commands is full, what was typed stays in its field") {
    Bench bench;
    bench.open_intake();
    bench.desk.busy = true;
    bench.click("q:person/name");
    bench.type(U"abc");
    CHECK(bench.get("q:person/name").value == "abc");
}

TEST_CASE("any keys, clicks and letters keep the screens alive") {
    fakes::SeededRandom random(99);
    Bench bench;
    bench.open_intake();
    for (int round = 0; round < 600; ++round) {
        std::uint8_t raw[4];
        random.fill(raw);
        const auto x = static_cast<float>(raw[1] * 256 + raw[2]) / 65536 * 1366;
        const auto y = static_cast<float>(raw[3]) * 3;
        switch (raw[0] % 5) {
            case 0:
                bench.ui.input().post_pointer(x, y);
                bench.ui.input().post_button(true);
                bench.ui.input().post_button(false);
                break;
            case 1: bench.ui.input().post_text(U'ا' + raw[1] % 30U); break;
            case 2:
                bench.ui.input().post_key(
                    static_cast<Key>(raw[1] % 24U),
                    {(raw[2] & 1) != 0, (raw[2] & 2) != 0, (raw[2] & 4) != 0});
                break;
            case 3: {
                InputEvent wheel;
                wheel.kind = InputEvent::Kind::kWheel;
                wheel.y = raw[1] > 128 ? 2 : -2;
                bench.ui.input().post(wheel);
                break;
            }
            default: bench.ui.input().post_pointer(x, y); break;
        }
        if (round % 3 == 0) bench.settle();
        if (bench.ui.record().screen != "intake") {
            bench.desk.next.vault = agent::VaultState::kOpen;
            bench.desk.is_open = true;
            bench.desk.publish();
        }
    }
    bench.settle();
    CHECK(bench.ui.record().widgets.size() > 5);
}

TEST_CASE("every point that is drawn lies within the window's width on a mirrored page") {
    Bench bench;
    bench.open_intake();
    const ImDrawData* data = bench.ui.draw_data();
    REQUIRE(data->TotalVtxCount > 100);
    float least = 1e9F;
    float most = -1e9F;
    for (const ImDrawList* list : data->CmdLists) {
        for (const ImDrawCmd& command : list->CmdBuffer)
            CHECK(command.ClipRect.x <= command.ClipRect.z);
        for (const ImDrawVert& vertex : list->VtxBuffer) {
            least = std::min(least, vertex.pos.x);
            most = std::max(most, vertex.pos.x);
        }
    }
    CHECK(least > -20);
    CHECK(most < 1366 + 20);
}

TEST_CASE("a date typed in bursts, with its own hyphens, loses no digit wherever the bursts part") {
    const std::u32string typed = U"2025-03-01";
    for (std::size_t cut = 0; cut <= typed.size(); ++cut) {
        CAPTURE(cut);
        Bench bench;
        bench.open_intake();
        bench.click("q:person/born");
        bench.type(typed.substr(0, cut));
        bench.type(typed.substr(cut));
        CHECK(bench.get("q:person/born").value == "2025-03-01");
    }
}
