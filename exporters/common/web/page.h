// What pages for people share: what may be asked of them, their language, their frame, and text that is never markup.
//
//   constexpr Phrase kTitle{"锁等待", "Lock waits"};
//   const std::optional<PageRequest> asked = read_page_request(request);       // ?lang=, ?format=, and the page's own ?target=
//   if (!asked) return reply.send({.code = 400, …});
//   std::string page = page_head({.title = kTitle.in(asked->language), .style = kStyle}, *asked);
//   page += "<p>" + as_text(name) + "</p>\n</body>\n</html>\n";
//   reply.send(page_answer(200, *asked, std::move(page)));
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "web/server.h"

namespace finwatch {

enum class Language : unsigned char { chinese, english };

/// `?lang=` first, then the header Accept-Language, then Chinese.
Language choose_language(std::string_view parameter, std::string_view accept_language);

/// A text of a page in both languages. One that lacks a language does not compile.
class Phrase {
 public:
  consteval Phrase(std::string_view chinese, std::string_view english) : chinese_(chinese), english_(english) {
    if (chinese.empty() || english.empty()) throw "a page speaks both languages";
  }
  constexpr std::string_view in(Language language) const { return language == Language::chinese ? chinese_ : english_; }

 private:
  std::string_view chinese_, english_;
};

struct PageRequest {
  Language language = Language::chinese;
  std::string chosen;                                    // "zh" or "en" when ?lang= says so: links keep it
  bool json = false;                                     // by ?format=, else by the header Accept
  std::map<std::string, std::string, std::less<>> rest;  // the page's own parameters

  std::string_view operator[](std::string_view name) const {
    const auto found = rest.find(name);
    return found == rest.end() ? std::string_view() : found->second;
  }
};

/// Nothing for a broken escape or an unknown format: refuse it with 400.
std::optional<PageRequest> read_page_request(const WebRequest& request);
/// HTML or JSON, not to be kept by anybody.
WebAnswer page_answer(int code, const PageRequest& asked, std::string body);

struct PageHead {
  std::string title;
  std::string_view style;  // behind the style that all pages share
  std::string note = {};   // what stands before the links to the other language and to JSON
  std::string keep = {};   // of these links: "&amp;target=nc"
  int refresh_seconds = 0;
};
/// Up to and with the heading and the links.
std::string page_head(const PageHead& head, Language language);
/// Colours and type, in light and in dark.
extern const std::string_view kPageStyle;

/// `text` with & < > " ' escaped for HTML.
std::string escape_html(std::string_view text);
/// The same, and valid UTF-8 whatever it was.
std::string as_text(std::string_view text);

/// "2026-11-26T16:00:00Z"
std::string utc(WallTime time);
/// "3 h 12 min", "48 s": as one says it at night.
std::string for_people(double seconds);

}  // namespace finwatch
