#include "tests/bench/corpus_words.h"

#include <algorithm>
#include <array>
#include <set>

#include "tests/fakes/seeded_random.h"

namespace awda::bench {

namespace {

struct Pair {
    std::string_view arabic;
    std::string_view latin;
};

constexpr Pair kMale[] = {
    {"محمد", "Mohammed"},     {"علي", "Ali"},       {"أحمد", "Ahmed"},      {"حسين", "Hussein"},
    {"حسن", "Hassan"},        {"مصطفى", "Mustafa"}, {"عمر", "Omar"},        {"كرار", "Karrar"},
    {"عباس", "Abbas"},        {"حيدر", "Haider"},   {"يوسف", "Yousif"},     {"إبراهيم", "Ibrahim"},
    {"خالد", "Khalid"},       {"محمود", "Mahmood"}, {"كاظم", "Kadhim"},     {"جاسم", "Jasim"},
    {"سجاد", "Sajjad"},       {"صالح", "Salih"},    {"كريم", "Kareem"},     {"سعد", "Saad"},
    {"فاضل", "Fadhil"},       {"طه", "Taha"},       {"ياسين", "Yaseen"},    {"أمير", "Ameer"},
    {"مرتضى", "Murtadha"},    {"زيد", "Zaid"},      {"إسماعيل", "Ismail"},  {"هادي", "Hadi"},
    {"ناصر", "Nasir"},        {"قاسم", "Qasim"},    {"رعد", "Raad"},        {"ماجد", "Majid"},
    {"وليد", "Waleed"},       {"سامي", "Sami"},     {"عادل", "Adil"},       {"فلاح", "Falah"},
    {"نوري", "Noori"},        {"صباح", "Sabah"},    {"طارق", "Tariq"},      {"باسم", "Basim"},
    {"هاشم", "Hashim"},       {"جعفر", "Jaafar"},   {"مهدي", "Mahdi"},      {"رضا", "Ridha"},
    {"صادق", "Sadiq"},        {"أنور", "Anwar"},    {"بشار", "Bashar"},     {"ثامر", "Thamir"},
    {"جمال", "Jamal"},        {"حازم", "Hazim"},    {"داود", "Dawood"},     {"رائد", "Raid"},
    {"زياد", "Ziyad"},        {"ستار", "Sattar"},   {"شاكر", "Shakir"},     {"ضياء", "Dhiaa"},
    {"عدنان", "Adnan"},       {"غسان", "Ghassan"},  {"فراس", "Firas"},      {"قيس", "Qais"},
    {"لؤي", "Luay"},          {"مازن", "Mazin"},    {"نبيل", "Nabeel"},     {"وسام", "Wisam"},
    {"يعقوب", "Yaqoob"},      {"أيمن", "Ayman"},    {"بلال", "Bilal"},      {"حمزة", "Hamza"},
    {"رامي", "Rami"},         {"سلمان", "Salman"},  {"شهاب", "Shihab"},     {"عثمان", "Othman"},
    {"غازي", "Ghazi"},        {"فيصل", "Faisal"},   {"مثنى", "Muthanna"},   {"منتظر", "Muntadhar"},
    {"هيثم", "Haitham"},      {"ئازاد", "Azad"},    {"ڕێبوار", "Rebwar"},   {"هێمن", "Hemn"},
    {"کاروان", "Karwan"},     {"دلشاد", "Dilshad"}, {"سەرکەوت", "Sarkawt"}, {"شوان", "Shwan"},
    {"بەختیار", "Bakhtiyar"}, {"نەوزاد", "Nawzad"}, {"هاوڕێ", "Hawre"},     {"زانا", "Zana"},
};

constexpr Pair kFemale[] = {
    {"فاطمة", "Fatima"},   {"زينب", "Zainab"},   {"مريم", "Maryam"},    {"نور", "Noor"},
    {"زهراء", "Zahraa"},   {"سارة", "Sara"},     {"هدى", "Huda"},       {"رقية", "Ruqaya"},
    {"آية", "Aya"},        {"إيمان", "Iman"},    {"أمل", "Amal"},       {"سعاد", "Suad"},
    {"خديجة", "Khadija"},  {"حوراء", "Hawraa"},  {"عائشة", "Aisha"},    {"ليلى", "Layla"},
    {"شيماء", "Shaimaa"},  {"رنا", "Rana"},      {"دعاء", "Duaa"},      {"نادية", "Nadia"},
    {"هناء", "Hanaa"},     {"سميرة", "Sameera"}, {"أسماء", "Asmaa"},    {"بتول", "Batool"},
    {"تبارك", "Tabarak"},  {"جنان", "Jinan"},    {"حنان", "Hanan"},     {"خلود", "Khulood"},
    {"رغد", "Raghad"},     {"ريم", "Reem"},      {"زهرة", "Zahra"},     {"سلمى", "Salma"},
    {"سهى", "Suha"},       {"شهد", "Shahad"},    {"صابرين", "Sabreen"}, {"ضحى", "Dhuha"},
    {"عبير", "Abeer"},     {"علياء", "Alyaa"},   {"غفران", "Ghufran"},  {"فرح", "Farah"},
    {"كوثر", "Kawthar"},   {"لبنى", "Lubna"},    {"لمياء", "Lamyaa"},   {"مروة", "Marwa"},
    {"منى", "Muna"},       {"ميساء", "Maysaa"},  {"نبأ", "Nabaa"},      {"نجلاء", "Najlaa"},
    {"نهى", "Nuha"},       {"هاجر", "Hajir"},    {"هبة", "Hiba"},       {"وفاء", "Wafaa"},
    {"ياسمين", "Yasmeen"}, {"يقين", "Yaqeen"},   {"رحمة", "Rahma"},     {"سكينة", "Sukaina"},
    {"إسراء", "Israa"},    {"أفراح", "Afrah"},   {"بشرى", "Bushra"},    {"حليمة", "Haleema"},
    {"شيرين", "Shireen"},  {"نازدار", "Nazdar"}, {"هێرۆ", "Hero"},      {"شنە", "Shna"},
    {"ژیان", "Zhyan"},     {"ڕووناک", "Roonak"}, {"ئاڤان", "Avan"},     {"چنار", "Chnar"},
    {"بەفرین", "Bafreen"}, {"گوڵاڵە", "Gulala"},
};

/// After "عبد" each makes a man's name.
constexpr Pair kServantOf[] = {
    {"الله", "allah"},      {"الرحمن", "ulrahman"}, {"الكريم", "ulkareem"}, {"الحسين", "ulhussein"},
    {"الأمير", "ulameer"},  {"القادر", "ulqadir"},  {"الرزاق", "ulrazzaq"}, {"الواحد", "ulwahid"},
    {"الستار", "ulsattar"}, {"الجبار", "uljabbar"}, {"الزهرة", "ulzahra"},  {"العزيز", "ulazeez"},
    {"اللطيف", "ullateef"}, {"الحميد", "ulhameed"}, {"الهادي", "ulhadi"},   {"الوهاب", "ulwahab"},
    {"السلام", "ulsalam"},  {"المجيد", "ulmajeed"}, {"الخالق", "ulkhaliq"}, {"الغني", "ulghani"},
};

/// "ال" before and "ي" after make surnames of these.
constexpr Pair kTribes[] = {
    {"جبور", "Jubour"},   {"دليم", "Dulaim"},    {"ساعد", "Saad"},
    {"عبيد", "Ubaid"},    {"تميم", "Tameem"},    {"زبيد", "Zubaid"},
    {"شمر", "Shammar"},   {"خزرج", "Khazraj"},   {"ربيع", "Rabee"},
    {"كعب", "Kaab"},      {"خفاج", "Khafaj"},    {"بيات", "Bayat"},
    {"موسو", "Mosaw"},    {"حسين", "Hussain"},   {"ياسر", "Yasir"},
    {"عزاو", "Azzaw"},    {"جنب", "Janab"},      {"شمس", "Shams"},
    {"عقيل", "Aqeel"},    {"مالك", "Malik"},     {"لام", "Lam"},
    {"غانم", "Ghanim"},   {"كنان", "Kinan"},     {"عامر", "Amir"},
    {"دراج", "Darraj"},   {"زيد", "Zaid"},       {"طائ", "Taa"},
    {"حديد", "Hadeed"},   {"نعيم", "Nuaim"},     {"جميل", "Jumail"},
    {"محمد", "Muhammad"}, {"فهداو", "Fahdaw"},   {"عيساو", "Esaw"},
    {"بغداد", "Baghdad"}, {"موصل", "Mosul"},     {"بصر", "Basr"},
    {"نجف", "Najaf"},     {"كربلائ", "Karbala"}, {"حل", "Hill"},
    {"عان", "An"},        {"تكريت", "Tikreet"},  {"سامرائ", "Samarra"},
    {"كركوك", "Kirkuk"},  {"أربيل", "Erbeel"},   {"شهرستان", "Shahristan"},
    {"جاف", "Jaf"},       {"برزنج", "Barzanj"},  {"طالبان", "Talaban"},
    {"زنگن", "Zangan"},   {"هرك", "Herk"},       {"سورج", "Surch"},
    {"زيبار", "Zebar"},   {"دوسك", "Dosk"},      {"شبك", "Shabak"},
    {"سنجار", "Sinjar"},  {"حمدان", "Hamdan"},   {"عكيد", "Akaid"},
    {"بدر", "Badr"},      {"سودان", "Sudan"},    {"فتلاو", "Fatlaw"},
    {"غراو", "Gharaw"},   {"كلاب", "Kilab"},     {"جحيش", "Juhaish"},
    {"خالد", "Khalid"},   {"راو", "Raw"},        {"هيت", "Heet"},
    {"كبيس", "Kubais"},   {"حلبوس", "Halbus"},   {"مشهدان", "Mashhadan"},
    {"سعد", "Sad"},       {"حيال", "Hayal"},     {"زركان", "Zarkan"},
    {"بهادل", "Bahadil"}, {"ركاب", "Rikab"},     {"عتاب", "Atab"},
    {"شريف", "Shareef"},  {"حكيم", "Hakeem"},    {"صدر", "Sadr"},
    {"خطيب", "Khateeb"},
};

constexpr std::string_view kSmallWords[] = {
    "في",    "من",   "على",  "إلى",    "أن",    "لا",      "لم",    "عن",    "مع",     "بعد",
    "قبل",   "كان",  "كانت", "التي",   "الذي",  "هذا",     "هذه",   "منذ",   "حتى",    "أو",
    "ثم",    "لكن",  "كل",   "بعض",    "غير",   "سنة",     "شهر",   "يوم",   "لدى",    "عند",
    "بين",   "حول",  "بسبب", "عائلته", "زوجته", "أولاده",  "والده", "البيت", "العراق", "العودة",
    "يحتاج", "يطلب", "فقد",  "جواز",   "وثائق", "ألمانيا", "تركيا", "عمل",   "مدرسة",  "علاج",
};

constexpr std::string_view kPhrases[] = {
    "لا توجد ملاحظات",
    "يحتاج إلى مساعدة نقدية عاجلة",
    "البيت مهدم بالكامل ولا يصلح للسكن",
    "يسكن حالياً مع أقاربه",
    "فقد وثائقه أثناء السفر",
    "يحتاج إلى علاج مستمر",
    "الأطفال خارج المدرسة منذ أكثر من سنة",
    "تم شرح الموافقة وفهمها",
    "رفض طلب اللجوء نهائياً",
    "يرغب في العودة إلى عمله السابق",
    "لا يملك دخلاً ثابتاً",
    "الهاتف يعود لأحد الأقارب",
    "يطلب إحالة إلى دائرة الأحوال المدنية",
    "يحتاج إلى ترجمة الشهادات",
    "جرت المقابلة بحضور مترجم",
    "العائلة ستلتحق به لاحقاً",
    "يعاني من مرض السكري وضغط الدم",
    "لا يوجد من يعيله",
    "يحتاج إلى سكن مؤقت",
    "قرب المدرسة الابتدائية",
    "خلف الجامع الكبير",
    "مقابل المركز الصحي",
    "شارع السوق القديم",
    "قرب محطة الوقود",
};

constexpr std::string_view kOccupations[] = {
    "عامل بناء", "سائق",     "كهربائي", "نجار", "حداد", "خياط",  "معلم",  "حلاق",
    "بائع",      "ميكانيكي", "فلاح",    "طباخ", "سباك", "محاسب", "ممرض",  "مهندس",
    "صباغ",      "ربة بيت",  "طالب",    "حارس", "موظف", "خباز",  "مبرمج", "عامل",
    "لحام",      "قصاب",     "مزارع",   "كاسب", "نادل", "مترجم", "صيدلي", "عامل تنظيف",
};

/// Patterns of words: 1, 2 and 3 stand for the letters of the root.
constexpr std::string_view kPatterns[] = {
    "1ا23",  "م12و3", "12ا3", "ت12ي3", "12ي3", "م12ة3", "1و2ا3", "ا1ت2ا3", "م1ا2ي3", "است12ا3",
    "ي12و3", "ت12و3", "123ة", "12و3",  "م123", "ا12ا3", "12اي3", "مت1ا23", "123ون",  "123ات",
};
constexpr std::string_view kPrefixes[] = {"", "ال", "", "و", "بال", "لل", "", "ال"};
constexpr std::string_view kLetters[] = {"ب", "ت", "ج", "ح", "خ", "د", "ر", "ز", "س",
                                         "ش", "ص", "ط", "ع", "ف", "ق", "ك", "ل", "م",
                                         "ن", "ه", "و", "ض", "غ", "ذ", "ث"};
constexpr std::size_t kVocabulary = 3'150;
constexpr std::uint64_t kVocabularySeed = 0x6177646177;

std::vector<Name> names_of(std::span<const Pair> pairs) {
    std::vector<Name> names;
    for (const Pair& pair : pairs) {
        names.push_back({std::string(pair.arabic), std::string(pair.latin)});
    }
    return names;
}

std::vector<std::string> texts_of(std::span<const std::string_view> views) {
    return {views.begin(), views.end()};
}

std::vector<Name> make_male_names() {
    std::vector<Name> names = names_of(kMale);
    // They are about as common as the names of the second dozen, and on.
    std::size_t place = 12;
    for (const Pair& of : kServantOf) {
        const auto at = names.begin() + static_cast<std::ptrdiff_t>(std::min(place, names.size()));
        names.insert(at, {"عبد " + std::string(of.arabic), "Abd" + std::string(of.latin)});
        place += 5;
    }
    return names;
}

std::vector<Name> make_surnames() {
    std::vector<Name> names;
    for (const Pair& tribe : kTribes) {
        names.push_back(
            {"ال" + std::string(tribe.arabic) + "ي", "Al-" + std::string(tribe.latin) + "i"});
    }
    return names;
}

std::string word_of(std::span<const std::string_view, 3> root, std::string_view pattern) {
    std::string word;
    for (const char c : pattern) {
        if (c >= '1' && c <= '3') {
            word += root[static_cast<std::size_t>(c - '1')];
        } else {
            word += c;
        }
    }
    return word;
}

std::vector<std::string> make_vocabulary() {
    std::vector<std::string> words = texts_of(kSmallWords);
    std::set<std::string> known(words.begin(), words.end());
    fakes::SeededRandom random(kVocabularySeed);
    const auto one_of = [&random](const auto& table) {
        return table[random.next_u64() % std::size(table)];
    };
    while (words.size() < kVocabulary) {
        const std::array<std::string_view, 3> root{one_of(kLetters), one_of(kLetters),
                                                   one_of(kLetters)};
        // A root has a handful of words that are used.
        const std::size_t uses = 1 + random.next_u64() % 8;
        for (std::size_t i = 0; i < uses && words.size() < kVocabulary; ++i) {
            std::string word = std::string(one_of(kPrefixes)) + word_of(root, one_of(kPatterns));
            if (known.insert(word).second) words.push_back(std::move(word));
        }
    }
    return words;
}

}  // namespace

const std::vector<Name>& male_names() {
    static const std::vector<Name> names = make_male_names();
    return names;
}

const std::vector<Name>& female_names() {
    static const std::vector<Name> names = names_of(kFemale);
    return names;
}

const std::vector<Name>& surnames() {
    static const std::vector<Name> names = make_surnames();
    return names;
}

const std::vector<std::string>& vocabulary() {
    static const std::vector<std::string> words = make_vocabulary();
    return words;
}

const std::vector<std::string>& stock_phrases() {
    static const std::vector<std::string> phrases = texts_of(kPhrases);
    return phrases;
}

const std::vector<std::string>& occupations() {
    static const std::vector<std::string> words = texts_of(kOccupations);
    return words;
}

const std::vector<Governorate>& governorates() {
    static const std::vector<Governorate> all = {
        {"IQG15", 9, 36'340'000, 43'130'000}, {"IQG08", 10, 33'315'000, 44'366'000},
        {"IQG01", 8, 33'420'000, 43'300'000}, {"IQG18", 6, 32'510'000, 45'830'000},
        {"IQG11", 8, 36'190'000, 44'010'000}, {"IQG06", 15, 35'560'000, 45'430'000},
        {"IQG10", 6, 33'750'000, 44'640'000}, {"IQG13", 4, 35'470'000, 44'390'000},
        {"IQG02", 7, 30'510'000, 47'780'000}, {"IQG09", 7, 36'870'000, 42'990'000},
        {"IQG16", 9, 34'600'000, 43'680'000}, {"IQG07", 4, 32'480'000, 44'430'000},
        {"IQG04", 3, 32'000'000, 44'340'000}, {"IQG12", 3, 32'620'000, 44'020'000},
        {"IQG17", 5, 31'050'000, 46'260'000}, {"IQG05", 4, 31'990'000, 44'930'000},
        {"IQG14", 6, 31'840'000, 47'140'000}, {"IQG03", 4, 31'310'000, 45'280'000},
    };
    return all;
}

std::string district_code(const Governorate& governorate, std::size_t district) {
    const std::string number = std::to_string(district + 1);
    return governorate.code + "Q" + (number.size() < 2 ? "0" : "") + number;
}

}  // namespace awda::bench
