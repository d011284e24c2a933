#include "rules/tool/notifier/terminal.h"

#include "support/catch.h"

using namespace finwatch::rules::notifier;

TEST_CASE("notifier: a Chinese character takes two columns, a combining mark none") {
  CHECK(display_width("") == 0);
  CHECK(display_width("INC-42") == 6);
  CHECK(display_width("凭证录入") == 8);
  CHECK(display_width("（暂停）") == 8);
  CHECK(display_width("e\u0301") == 1);
  CHECK(display_width("한글") == 4);
  CHECK(display_width("ｶﾅ") == 2);
  CHECK(display_width("🔥") == 2);
  CHECK(display_width("⚠️") == 1);
  CHECK(display_width("𠀀") == 2);
}

TEST_CASE("notifier: a text is cut between characters, never wider than asked") {
  CHECK(cut_to("凭证录入失败", 12) == "凭证录入失败");
  CHECK(cut_to("凭证录入失败", 11) == "凭证录入失…");
  CHECK(cut_to("凭证录入失败", 6) == "凭证…");
  CHECK(cut_to("凭证", 1) == "…");
  CHECK(cut_to("凭证", 0).empty());
  for (std::size_t most = 0; most < 14; ++most) CHECK(display_width(cut_to("a凭b证c录d", most)) <= most);
}

TEST_CASE("notifier: what came from elsewhere cannot steer the terminal") {
  CHECK(printable("a\x1b[2Jb") == "a\uFFFD[2Jb");
  CHECK(printable("a\tb\nc\r\n") == "a b c");
  CHECK(printable("\u202Eabc\u2066") == "\uFFFDabc\uFFFD");
  CHECK(printable("\xc2\x9b"
                  "31m") == "\uFFFD31m");
  CHECK(printable("a\xff\xe5\x87") == "a\uFFFD\uFFFD\uFFFD");
  CHECK(printable(std::string_view("a\0b", 3)) == "a\uFFFDb");
  CHECK(printable("凭证 ok") == "凭证 ok");
}

TEST_CASE("notifier: columns stand under each other whatever script is in them") {
  Columns columns;
  CHECK(columns.empty());
  CHECK(columns.text({}).empty());
  columns.add({"编号", "内容", "时限"});
  columns.add({"INC-42", "凭证录入失败 (erp)", "响应剩 12 分钟"});
  columns.add({"INC-7", "Disk", ""});
  CHECK(columns.text({.indent = " "}) ==
        " 编号    内容                时限\n"
        " INC-42  凭证录入失败 (erp)  响应剩 12 分钟\n"
        " INC-7   Disk\n");
}

TEST_CASE("notifier: where the terminal is too narrow one column gives way, down to twelve") {
  Columns columns;
  columns.add({"INC-42", "凭证录入失败，凭证录入失败", "answer 12 min left"});
  for (const std::size_t most : {46U, 47U, 48U}) {
    const std::string line = columns.text({.most = most, .gives_way = 1});
    CAPTURE(most, line);
    CHECK(display_width(line.substr(0, line.size() - 1)) <= most);
  }
  CHECK(columns.text({.most = 10, .gives_way = 1}) == "INC-42  凭证录入失…   answer 12 min left\n");
  CHECK(columns.text({.most = 54, .gives_way = 1}) == columns.text({.gives_way = 1}));
  CHECK(columns.text({.most = 10, .gives_way = 9}) == columns.text({.gives_way = 1}));
}
