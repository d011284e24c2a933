#include "workflow/run/journal.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "support/catch.h"
#include "support/collector_test.h"

using namespace finwatch;
using namespace finwatch::workflow;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

struct Folder {
  test::TemporaryTree tree;
  ManualClock clock{WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 26} + 10h}};

  std::string path() const { return tree.path("state"); }
  std::unique_ptr<Journal> open() {
    auto journal = Journal::open(path(), Zone{}, clock);
    if (!journal) FAIL(journal.error().message);
    return std::move(*journal);
  }
  std::string text() const { return *read_file(path() + "/journal"); }
};

}  // namespace

TEST_CASE("journal: what is created and not removed is known to the next process") {
  Folder folder;
  {
    const auto journal = folder.open();
    REQUIRE(journal->intend("entry", "run-1", "voucher"));
    CHECK_THAT(folder.text(), Contains("\tintend\tentry\trun-1\tvoucher\t"));  // before anything is sent
    journal->created("entry", "run-1", "voucher", "42");
    REQUIRE(journal->intend("entry", "run-2", "voucher"));
    REQUIRE(journal->intend("entry", "run-3", "voucher"));
    journal->created("entry", "run-3", "voucher", "44");
    journal->removed("entry", "run-3", "voucher");
    REQUIRE(journal->intend("entry", "run-4", "voucher"));
    journal->withdraw("entry", "run-4", "voucher");
  }
  const auto journal = folder.open();
  const std::vector<Leftover> left = journal->leftovers("entry");
  REQUIRE(left.size() == 2);
  CHECK(left[0].run_id == "run-1");
  CHECK(left[0].id == "42");
  CHECK(left[1].run_id == "run-2");
  CHECK(left[1].id.empty());  // its answer never came
  CHECK(journal->leftovers("other").empty());
  journal->swept("entry", "run-5");
  CHECK(journal->leftovers("entry").empty());
}

TEST_CASE("journal: a sweep leaves what the run itself has made") {
  Folder folder;
  const auto journal = folder.open();
  REQUIRE(journal->intend("entry", "old", "voucher"));
  REQUIRE(journal->intend("entry", "now", "voucher"));
  journal->swept("entry", "now");
  REQUIRE(journal->leftovers("entry").size() == 1);
  CHECK(journal->leftovers("entry")[0].run_id == "now");
}

TEST_CASE("journal: writes count for a day of the zone, over a restart too") {
  Folder folder;
  {
    const auto journal = folder.open();
    REQUIRE(journal->intend("entry", "run-1", "voucher"));
    REQUIRE(journal->change("entry", "run-1"));
    CHECK(journal->writes_today("entry") == 2);
    CHECK(journal->writes_today("other") == 0);
  }
  const auto journal = folder.open();
  CHECK(journal->writes_today("entry") == 2);
  folder.clock.advance(14h);
  CHECK(journal->writes_today("entry") == 0);
  REQUIRE(journal->change("entry", "run-2"));
  CHECK(journal->writes_today("entry") == 1);
}

TEST_CASE("journal: a line that a crash cut off is left out, and the next one is whole") {
  Folder folder;
  {
    const auto journal = folder.open();
    REQUIRE(journal->intend("entry", "run-1", "voucher"));
  }
  std::ofstream(folder.path() + "/journal", std::ios::app) << "1795694996\tintend\tentry\trun-2\tvou";
  const auto journal = folder.open();
  REQUIRE(journal->leftovers("entry").size() == 1);
  CHECK(journal->leftovers("entry")[0].run_id == "run-1");
  CHECK_THAT(folder.text(), !Contains("run-2"));
}

TEST_CASE("journal: an id from the system under probe cannot forge a line") {
  Folder folder;
  {
    const auto journal = folder.open();
    REQUIRE(journal->intend("entry", "run-1", "voucher"));
    journal->created("entry", "run-1", "voucher", "7\n1795694996\tswept\tentry\trun-9\t\t\n" + std::string(1000, 'x'));
  }
  const auto journal = folder.open();
  REQUIRE(journal->leftovers("entry").size() == 1);
  CHECK(journal->leftovers("entry")[0].id.size() <= 200);
}

TEST_CASE("journal: one process at a time, and a folder that cannot be used says so") {
  Folder folder;
  const auto journal = folder.open();
  const auto second = Journal::open(folder.path(), Zone{}, folder.clock);
  REQUIRE(!second);
  CHECK_THAT(second.error().message, Contains("another finwatch-workflow works with it"));
  folder.tree.write("file", "");
  const auto third = Journal::open(folder.tree.path("file") + "/state", Zone{}, folder.clock);
  REQUIRE(!third);
  CHECK_THAT(third.error().message, Contains("state folder"));
}

TEST_CASE("journal: stays small however much is written") {
  Folder folder;
  const auto journal = folder.open();
  REQUIRE(journal->intend("entry", "kept", "voucher"));
  for (int i = 0; i < 400; ++i) {
    const std::string run = "run-" + std::to_string(i) + std::string(100, 'r');
    REQUIRE(journal->intend("entry", run, "voucher"));
    journal->removed("entry", run, "voucher");
  }
  CHECK(journal->write_errors() == 0);
  CHECK(journal->writes_today("entry") == 401);
  struct stat file {};
  REQUIRE(::stat((folder.path() + "/journal").c_str(), &file) == 0);
  CHECK(file.st_size < (70 << 10));
}

TEST_CASE("journal: a full disk forbids the write and is counted") {
  Folder folder;
  const auto journal = folder.open();
  REQUIRE(journal->intend("entry", "run-1", "voucher"));
  // A limit on the size of files stands in for a full disk: the kernel refuses in the same place.
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  struct stat file {};
  REQUIRE(::stat((folder.path() + "/journal").c_str(), &file) == 0);
  const auto old = ::signal(SIGXFSZ, SIG_IGN);
  rlimit tight = before;
  tight.rlim_cur = static_cast<rlim_t>(file.st_size) + 10;
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
  const Status refused = journal->intend("entry", "run-2", "voucher");
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, old);
  REQUIRE(!refused);
  CHECK(journal->write_errors() == 1);
  REQUIRE(journal->intend("entry", "run-3", "voucher"));  // on a line of its own
  CHECK(journal->leftovers("entry").size() == 2);
  CHECK_THAT(folder.text(), Contains("\n") && Contains("\tintend\tentry\trun-3\tvoucher\t\n"));
}
