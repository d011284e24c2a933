#include "database/targets/metadata_locks.h"

#include "support/catch.h"

using namespace finwatch::database;

namespace {

std::string edges_of(const std::vector<MetadataLock>& locks) {
  std::string text;
  for (const LockEdge& edge : metadata_edges(locks))
    text += std::to_string(edge.waiter) + "<-" + std::to_string(edge.blocker) + " ";
  return text;
}

}  // namespace

TEST_CASE("metadata locks: an ALTER waits for a writer, readers wait for the ALTER and not for the writer") {
  CHECK(edges_of({{"TABLE.nc.voucher", 11, "SHARED_WRITE", false},
                  {"TABLE.nc.voucher", 12, "SHARED_UPGRADABLE", false},
                  {"TABLE.nc.voucher", 12, "EXCLUSIVE", true},
                  {"TABLE.nc.voucher", 13, "SHARED_READ", true},
                  {"TABLE.nc.voucher", 14, "SHARED_HIGH_PRIO", true}}) == "12<-11 13<-12 ");
}

TEST_CASE("metadata locks: LOCK TABLES … WRITE, a second ALTER, and objects that are not the same") {
  CHECK(edges_of({{"TABLE.nc.voucher", 11, "SHARED_NO_READ_WRITE", false},
                  {"TABLE.nc.balance", 15, "EXCLUSIVE", false},
                  {"TABLE.nc.voucher", 12, "SHARED_READ", true},
                  {"TABLE.nc.voucher", 13, "SHARED_UPGRADABLE", true}}) == "12<-11 13<-11 ");
  CHECK(edges_of({{"T", 1, "SHARED_UPGRADABLE", false}, {"T", 2, "SHARED_UPGRADABLE", true}}) == "2<-1 ");
}

TEST_CASE("metadata locks: FLUSH TABLES WITH READ LOCK waits for intentions and holds up new ones") {
  CHECK(edges_of({{"GLOBAL", 1, "INTENTION_EXCLUSIVE", false},
                  {"GLOBAL", 2, "SHARED", true},
                  {"GLOBAL", 3, "INTENTION_EXCLUSIVE", true},
                  {"GLOBAL", 4, "INTENTION_EXCLUSIVE", false}}) == "2<-1 2<-4 3<-2 ");
}

TEST_CASE("metadata locks: nothing pending is no edge") {
  CHECK(edges_of({}).empty());
  CHECK(edges_of({{"T", 1, "EXCLUSIVE", false}, {"T", 2, "SHARED_READ", false}}).empty());
}
