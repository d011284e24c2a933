#include "web/page.h"

#include "support/catch.h"

using namespace finwatch;
using Catch::Matchers::Contains;

namespace {

class Asking final : public WebRequest {
 public:
  explicit Asking(std::string_view query, std::string_view accept = {}, std::string_view language = {})
      : query_(query), accept_(accept), language_(language) {}
  std::string_view path() const override { return "/locks"; }
  std::string_view query() const override { return query_; }
  std::string_view body() const override { return {}; }
  std::string_view header(const char* name) const override {
    return name == std::string_view("Accept") ? accept_ : name == std::string_view("Accept-Language") ? language_ : "";
  }

 private:
  std::string_view query_, accept_, language_;
};

}  // namespace

TEST_CASE("page: the language of the question, of the browser, else Chinese") {
  CHECK(choose_language("", "") == Language::chinese);
  CHECK(choose_language("", "fr, de") == Language::chinese);
  CHECK(choose_language("", "en-GB,en;q=0.9,zh;q=0.8") == Language::english);
  CHECK(choose_language("", "en;q=0.5, zh-CN") == Language::chinese);
  CHECK(choose_language("", "en;q=nonsense") == Language::chinese);
  CHECK(choose_language("en", "zh-CN") == Language::english);
  CHECK(choose_language("zh", "en") == Language::chinese);
  CHECK(choose_language("<script>", "en") == Language::english);
}

TEST_CASE("page: what is asked for: parameters of its own, the language, HTML or JSON") {
  const auto asked = read_page_request(Asking("target=db%201&lang=en&target=db2", "text/html,*/*", "zh-CN"));
  CHECK((*asked)["target"] == "db2");
  CHECK((*asked)["flow"] == "");
  CHECK(asked->language == Language::english);
  CHECK(asked->chosen == "en");
  CHECK(!asked->json);
  CHECK(read_page_request(Asking("", "", "en"))->chosen == "");
  CHECK(read_page_request(Asking("format=json", "text/html"))->json);
  CHECK(read_page_request(Asking("", "application/json"))->json);
  CHECK(!read_page_request(Asking("", "text/html, application/json;q=0.1"))->json);
  CHECK(!read_page_request(Asking("format=html", "application/json"))->json);
  CHECK(!read_page_request(Asking("format=xml")));
  CHECK(!read_page_request(Asking("target=%zz")));
  CHECK(page_answer(404, *asked, "").code == 404);
  CHECK(page_answer(200, *read_page_request(Asking("format=json")), "{}").content_type == "application/json");
}

TEST_CASE("page: its head leads to the other language and to JSON, and a title is never markup") {
  const std::string english = page_head(
      {.title = "<b>", .style = "p{}", .note = "now", .keep = "&amp;target=nc", .refresh_seconds = 15}, Language::english);
  CHECK_THAT(english, Contains("<html lang=\"en\">") && Contains("<h1>&lt;b&gt;</h1>") && Contains("p{}</style>") &&
                          Contains("content=\"15\"") && Contains("<a href=\"?lang=zh&amp;target=nc\">中文</a>") &&
                          Contains("<a href=\"?format=json&amp;target=nc\">JSON</a>"));
  CHECK_THAT(page_head({.title = "t", .style = ""}, Language::chinese),
             Contains("<html lang=\"zh-CN\">") && Contains("?lang=en\">English") && !Contains("refresh"));
}
