#include "core/files.h"

#include <sys/stat.h>
#include <unistd.h>

#include "core/text.h"
#include "support/catch.h"
#include "support/collector_test.h"

using namespace finwatch;
using namespace finwatch::test;

TEST_CASE("files: a kept file is read again and again, in both modes, whatever its size") {
  const TemporaryTree tree;
  for (const ReadMode mode : {ReadMode::one, ReadMode::to_end}) {
    KeptFile file(tree.path("proc/large"), mode);
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{4095}, std::size_t{4096}, std::size_t{4097},
                                   std::size_t{100'000}, std::size_t{10}}) {
      const std::string text(size, 'x');
      tree.write("proc/large", text);
      const Result<std::string_view> read = file.read();
      REQUIRE(read);
      CHECK(*read == text);
    }
  }
}

TEST_CASE("files: absence is no data and costs no message; it is found when it comes") {
  const TemporaryTree tree;
  KeptFile file(tree.path("sys/late"));
  CHECK(file.read().error().code == Errc::no_data);
  CHECK(file.read().error().message.empty());
  tree.write("sys/late", "here");
  CHECK(file.read().value_or("") == "here");
}

TEST_CASE("files: what cannot be a file is an error, not a hang") {
  const TemporaryTree tree;
  tree.write("proc/folder/x", "");
  CHECK_FALSE(KeptFile(tree.path("proc/folder")).read());
  REQUIRE(::mkfifo(tree.path("proc/fifo").c_str(), 0600) == 0);
  CHECK_FALSE(KeptFile(tree.path("proc/fifo")).read());
  tree.write("proc/huge", std::string((std::size_t{16} << 20) + 1, 'x'));
  CHECK(KeptFile(tree.path("proc/huge")).read().error().code == Errc::malformed);
  CHECK(read_file(tree.path("proc/huge"), 100).error().code == Errc::malformed);
}

TEST_CASE("files: attributes are trimmed, folders are listed in order, links are read as written") {
  const TemporaryTree tree;
  tree.write("sys/b", " 42 \n");
  tree.write("sys/a/x", "");
  tree.link("sys/c", "../elsewhere");
  CHECK(read_attribute(tree.path("sys/b")) == "42");
  CHECK(read_attribute(tree.path("sys/none")).empty());
  CHECK(list_folder(tree.path("sys")).value_or({}) == std::vector<std::string>{"a", "b", "c"});
  CHECK(list_folder(tree.path("none")).error().code == Errc::no_data);
  CHECK(read_link(tree.path("sys/c")) == "../elsewhere");
  CHECK(read_link(tree.path("sys/b")).empty());
  CHECK(base_name("/sys/class/net/eth0/") == "eth0");
  CHECK(base_name("eth0") == "eth0");
}

TEST_CASE("text: fields, numbers and lines") {
  FieldReader fields("  cpu0\t12  -3 0x1F nan ");
  CHECK(fields.next() == "cpu0");
  CHECK(fields.next_number<std::uint64_t>() == 12U);
  CHECK(fields.next_number<std::uint64_t>() == std::nullopt);
  CHECK(fields.next() == "0x1F");
  CHECK_FALSE(fields.done());
  CHECK(fields.next() == "nan");
  CHECK(fields.done());
  CHECK(fields.next().empty());

  FieldReader columns("a,,b", ',');
  CHECK(columns.next() == "a");
  CHECK(columns.next().empty());
  CHECK(columns.next() == "b");

  CHECK(to_number<int>("12x") == std::nullopt);
  CHECK(to_number<int>("") == std::nullopt);
  CHECK(to_number<std::uint8_t>("256") == std::nullopt);
  CHECK(to_number<unsigned>("ff", 16) == 255U);
  CHECK(to_number<double>("+1e3") == 1000.0);

  LineReader lines("one\n\nthree");
  CHECK(lines.next() == "one");
  CHECK(lines.next() == "");
  CHECK(lines.next() == "three");
  CHECK(lines.next() == std::nullopt);
  CHECK(trim("\t a b \r\n") == "a b");
  CHECK(trim(" \n").empty());
}

TEST_CASE("environment: paths join, and shared things are shared by copies of an Env") {
  CHECK(Env::join("/host/proc/", "/stat") == "/host/proc/stat");
  CHECK(Env::join("/", "etc") == "/etc");
  struct Counter {
    explicit Counter(const Env&) {}
    int value = 0;
  };
  const Env env;
  const Env copy = env;  // NOLINT(performance-unnecessary-copy-initialization): that it is a copy is the point
  env.shared<Counter>()->value = 7;
  CHECK(copy.shared<Counter>()->value == 7);
  CHECK(Env{}.shared<Counter>()->value == 0);
}
