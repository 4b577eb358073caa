#include "forms/date_names.h"

#include <algorithm>
#include <array>

namespace awda::forms {
namespace {

struct DateNames {
    std::string_view tag;
    std::array<std::string_view, 12> months;
    std::array<std::string_view, 7> days;  ///< from Sunday
};

constexpr std::array<DateNames, 10> kNames{{
    {"en",
     {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
     {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}},
    // Iraq's Arabic month names.
    {"ar",
     {"كانون الثاني", "شباط", "آذار", "نيسان", "أيار", "حزيران", "تموز", "آب", "أيلول",
      "تشرين الأول", "تشرين الثاني", "كانون الأول"},
     {"الأحد", "الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت"}},
    {"ckb",
     {"کانوونی دووەم", "شوبات", "ئازار", "نیسان", "ئایار", "حوزەیران", "تەمووز", "ئاب", "ئەیلوول",
      "تشرینی یەکەم", "تشرینی دووەم", "کانوونی یەکەم"},
     {"یەکشەممە", "دووشەممە", "سێشەممە", "چوارشەممە", "پێنجشەممە", "هەینی", "شەممە"}},
    {"kmr",
     {"Çile", "Sibat", "Adar", "Nîsan", "Gulan", "Hezîran", "Tîrmeh", "Tebax", "Îlon", "Cotmeh",
      "Mijdar", "Kanûn"},
     {"Yekşem", "Duşem", "Sêşem", "Çarşem", "Pêncşem", "În", "Şemî"}},
    {"fr",
     {"janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.",
      "déc."},
     {"dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."}},
    {"tr",
     {"Oca", "Şub", "Mar", "Nis", "May", "Haz", "Tem", "Ağu", "Eyl", "Eki", "Kas", "Ara"},
     {"Paz", "Pzt", "Sal", "Çar", "Per", "Cum", "Cmt"}},
    {"fa",
     {"ژانویه", "فوریه", "مارس", "آوریل", "مه", "ژوئن", "ژوئیه", "اوت", "سپتامبر", "اکتبر",
      "نوامبر", "دسامبر"},
     {"یکشنبه", "دوشنبه", "سه‌شنبه", "چهارشنبه", "پنجشنبه", "جمعه", "شنبه"}},
    {"es",
     {"ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"},
     {"dom", "lun", "mar", "mié", "jue", "vie", "sáb"}},
    {"pt",
     {"jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out", "nov", "dez"},
     {"dom", "seg", "ter", "qua", "qui", "sex", "sáb"}},
    {"de",
     {"Jan", "Feb", "Mär", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez"},
     {"So", "Mo", "Di", "Mi", "Do", "Fr", "Sa"}},
}};

const DateNames& names_of(std::string_view tag) {
    tag = tag.substr(0, tag.find('-'));
    if (tag == "ku") tag = "kmr";
    const auto* const found = std::ranges::find(kNames, tag, &DateNames::tag);
    return found == kNames.end() ? kNames.front() : *found;
}

}  // namespace

std::string_view month_name(unsigned month, std::string_view tag) {
    return names_of(tag).months[(month - 1) % 12];
}

std::string_view weekday_name(unsigned day, std::string_view tag) {
    return names_of(tag).days[day % 7];
}

}  // namespace awda::forms
