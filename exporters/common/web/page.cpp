#include "web/page.h"

#include <algorithm>
#include <ctime>

#include "core/markup.h"
#include "core/text.h"
#include "web/query.h"

namespace finwatch {

constexpr std::string_view kPageStyle =
    "body{font:17px/1.5 system-ui,'Noto Sans CJK SC',sans-serif;max-width:70rem;margin:1rem auto;padding:0 "
    "1rem;background:#fff;"
    "color:#1b1f24}h1{font-size:1.4rem;margin:.5rem 0}h2{font-size:1.25rem;margin:1.8rem 0 .3rem}"
    ".tag{color:#fff;background:#cf222e;padding:0 .5rem;border-radius:.3rem;font-weight:bold}.good{background:#1a7f37}"
    ".quiet{color:#57606a}"
    "@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}.quiet{color:#9da7b3}a{color:#58a6ff}}";

Language choose_language(std::string_view parameter, std::string_view accept_language) {
  if (parameter.starts_with("en")) return Language::english;
  if (parameter.starts_with("zh")) return Language::chinese;
  Language chosen = Language::chinese;
  double best = 0;
  for (FieldReader tags(accept_language, ','); !tags.done();) {
    FieldReader parts(tags.next(), ';');
    const std::string_view tag = trim(parts.next());
    const std::string_view weight = trim(parts.next());
    const double quality = weight.starts_with("q=") ? to_number<double>(weight.substr(2)).value_or(0) : 1;
    if (quality <= best || !(tag.starts_with("en") || tag.starts_with("zh"))) continue;
    best = quality;
    chosen = tag.starts_with("en") ? Language::english : Language::chinese;
  }
  return chosen;
}

std::optional<PageRequest> read_page_request(const WebRequest& request) {
  PageRequest asked;
  QueryReader query(request.query());
  while (query.next()) asked.rest.insert_or_assign(query.name(), query.value());
  const std::string_view format = asked["format"];
  if (query.malformed() || (!format.empty() && format != "json" && format != "html")) return std::nullopt;
  const std::string_view accept = request.header("Accept");
  asked.json = format.empty() ? accept.find("application/json") != std::string_view::npos &&
                                    accept.find("text/html") == std::string_view::npos
                              : format == "json";
  asked.language = choose_language(asked["lang"], request.header("Accept-Language"));
  if (asked["lang"] == "zh" || asked["lang"] == "en") asked.chosen = asked["lang"];
  return asked;
}

WebAnswer page_answer(int code, const PageRequest& asked, std::string body) {
  return {.code = code,
          .content_type = asked.json ? "application/json" : "text/html; charset=utf-8",
          .body = std::move(body),
          .headers = {{"Cache-Control", "no-store"}, {"Vary", "Accept, Accept-Language"}}};
}

std::string page_head(const PageHead& head, Language language) {
  const bool chinese = language == Language::chinese;
  std::string page = std::string("<!DOCTYPE html>\n<html lang=\"") + (chinese ? "zh-CN" : "en") +
                     "\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n";
  if (head.refresh_seconds > 0)
    page += "<meta http-equiv=\"refresh\" content=\"" + std::to_string(head.refresh_seconds) + "\">\n";
  page += "<title>" + as_text(head.title) + "</title>\n<style>";
  page.append(kPageStyle).append(head.style);
  page += "</style>\n</head>\n<body>\n<h1>" + as_text(head.title) + "</h1>\n<p class=\"quiet\">" + head.note +
          " <a href=\"?lang=" + (chinese ? "en" : "zh") + head.keep + "\">" + (chinese ? "English" : "中文") +
          "</a> <a href=\"?format=json" + head.keep + "\">JSON</a></p>\n";
  return page;
}

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text)
    if (c == '\'')
      out += "&#39;";
    else
      append_markup(c, out);
  return out;
}

std::string as_text(std::string_view text) { return escape_html(valid_utf8(text)); }

std::string utc(WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::string for_people(double seconds) {
  const auto whole = static_cast<long long>(std::max(0.0, std::min(seconds, 1e12)));
  if (whole < 60) return std::to_string(whole) + " s";
  if (whole < 3600) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  if (whole < 86400) return std::to_string(whole / 3600) + " h " + std::to_string(whole / 60 % 60) + " min";
  return std::to_string(whole / 86400) + " d " + std::to_string(whole / 3600 % 24) + " h";
}

}  // namespace finwatch
