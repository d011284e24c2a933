#include "web/landing.h"

#include "web/page.h"

namespace finwatch {
namespace {

void add_link(std::string& page, std::string_view path, std::string_view english, std::string_view chinese) {
  page += "<li><a href=\"" + escape_html(path) + "\">" + escape_html(path) + "</a>";
  if (!english.empty()) page += "<span class=\"quiet\">" + escape_html(english) + "</span>";
  if (!chinese.empty()) page += "<span class=\"quiet\" lang=\"zh-CN\">" + escape_html(chinese) + "</span>";
  page += "</li>\n";
}

constexpr std::string_view kStyle =
    "body{font-size:16px;max-width:44rem;margin:3rem auto}h1{font-size:2em;margin:0}p.version{margin-top:0}li{margin:.4rem 0}"
    "span{margin-left:.8rem}";

}  // namespace

std::string landing_page(const WebOptions& options, const WebHooks& hooks) {
  const std::string name = escape_html(options.program);
  std::string page =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>" +
      name + "</title>\n<style>";
  page.append(kPageStyle).append(kStyle);
  page +=
      "</style>\n</head>\n<body>\n<h1>" + name + "</h1>\n<p class=\"version quiet\">" + escape_html(options.version) + "</p>\n";
  if (!options.description.empty()) page += "<p>" + escape_html(options.description) + "</p>\n";
  if (!options.description_zh.empty()) page += "<p lang=\"zh-CN\">" + escape_html(options.description_zh) + "</p>\n";
  page += "<ul>\n";
  add_link(page, options.telemetry_path, "metrics for Prometheus", "供 Prometheus 采集的指标");
  for (const Route& route : hooks.routes)
    if (route.verb == Route::Verb::get && !route.summary.empty()) add_link(page, route.path, route.summary, route.summary_zh);
  add_link(page, "/-/healthy", "the process answers", "进程能应答");
  add_link(page, "/-/ready", "it is ready to be scraped", "已可采集");
  page += "</ul>\n</body>\n</html>\n";
  return page;
}

}  // namespace finwatch
