#include "tests/bench/corpus_form.h"

namespace awda::bench {

namespace {

constexpr std::string_view kYesMostly = "yes:85 no:15";
constexpr std::string_view kNoMostly = "no:78 yes:18 unknown:3 refused:1";
constexpr std::string_view kPaper = "held:45 copy:20 lost:18 authority:7 never:10";
constexpr std::string_view kHeldPapers = "documents/doc_passport=held";

constexpr Question kBefore[] = {
    {"start", Draw::kStart},
    {"end", Draw::kEnd},
    {"today", Draw::kToday},
    {"deviceid", Draw::kDevice},
    {"interview/office", Draw::kOffice},
    {"interview/officer", Draw::kOfficer},
    {"interview/interview_language", Draw::kLanguage, "ar:78 ckb:17 en:5"},
    {"interview/interpreter_present", Draw::kOne, "no:88 yes:12"},
    {"interview/interpreter_name", Draw::kMaleName, "", "interview/interpreter_present=yes"},
    {"interview/case_kind", Draw::kOne, "family:62 individual:29 head_absent:7 minor_alone:2"},
    {"person/sex", Draw::kOne, "male:71 female:29"},
    {"person/given_name", Draw::kGivenName},
    {"person/father_name", Draw::kMaleName},
    {"person/grandfather_name", Draw::kMaleName},
    {"person/surname", Draw::kSurname, "", "", 92},
    {"person/mother_name", Draw::kMotherName},
    {"person/latin_name", Draw::kLatinName, "", "", 55},
    {"person/full_name", Draw::kFullName},
    {"person/birth_mark", Draw::kOne, "exact:74 estimated:16 year_only:10"},
    {"person/birth_date", Draw::kBirthDate, "0 2 40 34 18 6", "person/birth_mark!=year_only"},
    {"person/birth_year", Draw::kBirthYear, "70", "person/birth_mark=year_only"},
    {"person/age", Draw::kAge},
    {"person/birth_governorate", Draw::kGovernorate},
    {"person/marital_status", Draw::kOne, "married:61 single:28 widowed:6 divorced:4 apart:1"},
    {"contact/has_phone", Draw::kOne, "yes:91 no:9"},
    {"contact/phone", Draw::kDigits, "07?########", "contact/has_phone=yes"},
    {"contact/phone_other", Draw::kDigits, "07?########", "", 35},
    {"contact/email", Draw::kEmail, "", "", 12},
    {"contact/contact_ways", Draw::kMany, "call:82 chat:55 sms:20 email:8 relative:6 visit:3"},
    {"origin/governorate", Draw::kGovernorate},
    {"origin/district", Draw::kDistrict},
    {"origin/subdistrict", Draw::kSubdistrict},
    {"origin/place", Draw::kWords, "1 3", "", 60},
    {"origin/left_year", Draw::kYears, "12"},
    {"origin/displaced_before", Draw::kOne, kNoMostly},
    {"family/has_family", Draw::kOne, kYesMostly},
};

constexpr Question kMember[] = {
    {"m_id", Draw::kMemberId},
    {"m_sex", Draw::kOne, "female:52 male:48"},
    {"m_name", Draw::kGivenName},
    {"m_relation", Draw::kOne, "child:64 spouse:21 parent:8 sibling:5 other:2"},
    {"m_birth_date", Draw::kBirthDate, "44 18 17 12 6 3"},
    {"m_age", Draw::kAge},
    {"m_place", Draw::kOne, "together:80 later:9 iraq:6 stays:4 unknown:1"},
    {"m_papers", Draw::kOne, "full:62 part:25 none:13"},
    {"m_national_number", Draw::kDigits, "@##########", "m_papers=full", 85},
    {"m_registered", Draw::kOne, "yes:80 no:14 unknown:6"},
    {"m_in_school", Draw::kOne, "no:55 yes:45", "m_relation=child"},
};

constexpr Question kAfter[] = {
    {"family/family_count", Draw::kFamilyCount},
    {"family/household_size", Draw::kHouseholdSize},
    {"documents/doc_passport", Draw::kOne, kPaper},
    {"documents/passport_number", Draw::kDigits, "^########", kHeldPapers},
    {"documents/passport_expiry", Draw::kFutureDate, "2900", kHeldPapers},
    {"documents/doc_national_card", Draw::kOne, kPaper},
    {"documents/national_number", Draw::kDigits, "@##########",
     "documents/doc_national_card!=never", 80},
    {"documents/doc_civil_id", Draw::kOne, kPaper},
    {"documents/civil_register", Draw::kDigits, "@###", "documents/doc_civil_id!=never", 60},
    {"documents/civil_page", Draw::kDigits, "@####", "documents/doc_civil_id!=never", 60},
    {"documents/doc_ration_card", Draw::kOne, kPaper},
    {"documents/ration_number", Draw::kDigits, "@######", "documents/doc_ration_card!=never", 65},
    {"documents/loss_story", Draw::kWords, "4 14", "documents/doc_passport=lost", 80},
    {"abroad/host_country", Draw::kOne,
     "DEU:36 TUR:24 SWE:8 FIN:6 GRC:5 JOR:5 AUT:4 NLD:3 BEL:3 FRA:2 GBR:2 POL:1 IRN:1"},
    {"abroad/host_since", Draw::kPastDate, "3000"},
    {"abroad/host_months", Draw::kMonthsSince, "abroad/host_since"},
    {"abroad/residence", Draw::kOne,
     "tolerated:34 none:25 asylum:20 temporary:15 permanent:4 citizen:2"},
    {"abroad/asylum_applied", Draw::kOne, "yes:77 no:20 unknown:2 refused:1"},
    {"abroad/asylum_result", Draw::kOne,
     "refused_final:48 refused_appeal:17 pending:14 withdrawn:13 subsidiary:5 granted:3",
     "abroad/asylum_applied=yes"},
    {"abroad/detained", Draw::kOne, kNoMostly},
    {"abroad/detained_days", Draw::kCount, "90", "abroad/detained=yes"},
    {"return/return_stage", Draw::kOne, "returned:66 preparing:25 enquiring:9"},
    {"return/return_channel", Draw::kOne,
     "assisted:58 own_means:22 deported:10 departure_order:6 border:4"},
    {"return/return_date", Draw::kPastDate, "400", "return/return_stage=returned"},
    {"return/entry_point", Draw::kOne,
     "bgw:44 ebl:29 ibrahim_khalil:11 bsr:6 isu:4 njf:3 trebil:2 other:1"},
    {"return/assisted_by", Draw::kMany, "iom:55 host:30 ngo:9 family:8 embassy:6"},
    {"decision/intention", Draw::kOne, "yes:88 undecided:9 no:3"},
    {"decision/return_reasons", Draw::kMany,
     "family:48 no_status:31 no_work:24 refused:22 homesick:19 health:6 security:4 study:1"},
    {"decision/intention_words", Draw::kWords, "4 16", "", 50},
    {"destination/same_as_origin", Draw::kOne, "yes:81 no:19"},
    {"destination/governorate", Draw::kGovernorate, "", "destination/same_as_origin=no"},
    {"destination/district", Draw::kDistrict, "", "destination/same_as_origin=no"},
    {"destination/destination_district", Draw::kSamePlace},
    {"destination/address", Draw::kWords, "2 6", "", 75},
    {"destination/location", Draw::kGps, "", "", 80},
    {"destination/housing", Draw::kOne,
     "hosted:38 rent:27 own_damaged:13 own_sound:10 own_destroyed:8 camp:3 own_occupied:1"},
    {"skills/education", Draw::kOne,
     "primary:34 intermediate:25 secondary:18 none:10 university:9 vocational:3 higher:1"},
    {"skills/languages", Draw::kMany, "ar:88 ckb:27 de:24 en:20 tr:15 sv:4"},
    {"skills/occupation", Draw::kOccupation, "", "", 85},
    {"skills/experience_years", Draw::kCount, "30"},
    {"skills/skills_list", Draw::kMany,
     "driving:30 mason:12 cooking:11 sewing:8 farming:7 computer:6 mechanic:5 electric:4"},
    {"skills/work_wish", Draw::kOne, "business:45 job:38 none:9 former:5 study:3"},
    {"skills/business_idea", Draw::kWords, "3 8", "skills/work_wish=business", 70},
    {"support/needs", Draw::kMany,
     "cash:70 work:45 shelter:28 health:22 food:18 papers:15 school:12 mental:5 legal:4"},
    {"support/difficulties", Draw::kMany, "walking:7 seeing:6 hearing:3 memory:3 selfcare:1"},
    {"support/medicine_week", Draw::kOne, "no:86 yes:14"},
    {"support/medicine", Draw::kWords, "1 4", "support/medicine_week=yes"},
    {"support/needs_note", Draw::kWords, "4 30", "", 60},
    {"support/protection_talk", Draw::kOne, "no:90 later:6 yes:4"},
    {"consent/consent_store", Draw::kOne, "yes:99 no:1"},
    {"consent/consent_labour", Draw::kOne, kYesMostly},
    {"consent/consent_iom", Draw::kOne, kYesMostly},
    {"consent/consent_way", Draw::kOne, "written:72 thumb:17 oral:11"},
    {"consent/officer_note", Draw::kWords, "4 30", "", 60},
    {"case/case_id", Draw::kCaseId},
    {"meta/instanceID", Draw::kInstanceId},
    {"meta/instanceName", Draw::kFullName},
};

}  // namespace

std::span<const Question> questions_before() {
    return kBefore;
}

std::span<const Question> questions_of_member() {
    return kMember;
}

std::span<const Question> questions_after() {
    return kAfter;
}

std::string member_path(std::size_t member) {
    return std::string(kMembers) + "[" + std::to_string(member) + "]";
}

bool is_asked(const Question& question,
              const std::function<std::string_view(std::string_view)>& answer) {
    if (question.relevant.empty()) return true;
    const std::size_t equals = question.relevant.find('=');
    const bool negated = question.relevant[equals - 1] == '!';
    const std::string_view path = question.relevant.substr(0, equals - (negated ? 1 : 0));
    return (answer(path) == question.relevant.substr(equals + 1)) != negated;
}

}  // namespace awda::bench
