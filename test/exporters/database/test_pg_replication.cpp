#include "support/catch.h"
#include "support/fake_sql.h"

namespace finwatch::database {
extern const DatabaseCollector pg_replication_collector;
}

using namespace finwatch;
using namespace finwatch::test;
using finwatch::database::pg_replication_collector;

namespace {

void fill(FakeServer& server, bool is_replica) {
  server.answer(
      "is_replica", {"lag", "is_replica", "last_replay"},
      is_replica ? std::vector<FakeServer::Cells>{{"2.5", "1", "2.5"}} : std::vector<FakeServer::Cells>{{"0", "0", kNull}});
  server.answer("FROM pg_stat_replication", {"application_name", "client_addr", "state", "slot_name", "position", "behind"},
                is_replica ? std::vector<FakeServer::Cells>{}
                           : std::vector<FakeServer::Cells>{{"standby1", "10.0.0.2", "streaming", kNull, "5000", "200"}});
}

constexpr std::string_view kPrimary = R"(pg_replication_lag_seconds{target="nc"} 0
pg_replication_is_replica{target="nc"} 0
)";
constexpr std::string_view kSlots =
    R"(pg_replication_slot_slot_current_wal_lsn{target="nc",slot_name="s",slot_type="physical"} 5000
pg_replication_slot_slot_is_active{target="nc",slot_name="s",slot_type="physical"} 0
)";
constexpr std::string_view kOldSlots = R"(pg_replication_slots_active{target="nc",slot_name="s",database=""} 0
pg_replication_slots_pg_wal_lsn_diff{target="nc",slot_name="s",database=""} 1000
)";
constexpr std::string_view kSenders =
    R"(pg_stat_replication_pg_current_wal_lsn_bytes{target="nc",application_name="standby1",client_addr="10.0.0.2",state="streaming",slot_name=""} 5000
pg_stat_replication_pg_wal_lsn_diff{target="nc",application_name="standby1",client_addr="10.0.0.2",state="streaming",slot_name=""} 200
)";

}  // namespace

TEST_CASE("pg_replication: a primary with PostgreSQL 12") {
  FakeServer server(Engine::postgresql, 120022);
  fill(server, false);
  server.answer("s.slot_type",
                {"slot_name", "slot_type", "database", "active", "current_wal_lsn", "confirmed_flush_lsn", "kept"},
                {{"s", "physical", "", "0", "5000", kNull, "1000"}});
  const Collected got = read_once(pg_replication_collector, server);
  REQUIRE(got.status);
  CHECK(got.samples == std::string(kPrimary) + std::string(kSlots) + std::string(kOldSlots) + std::string(kSenders));
}

TEST_CASE("pg_replication: a primary since PostgreSQL 13, which says whether the WAL is there") {
  for (const int version : {130016, 140013, 150018, 160009, 170005, 180001}) {
    FakeServer server(Engine::postgresql, version);
    fill(server, false);
    server.answer("s.safe_wal_size",
                  {"slot_name", "slot_type", "database", "active", "current_wal_lsn", "confirmed_flush_lsn", "kept",
                   "safe_wal_size", "wal_status", "one"},
                  {{"s", "physical", "", "0", "5000", kNull, "1000", "77", "reserved", "1"}});
    const Collected got = read_once(pg_replication_collector, server);
    REQUIRE(got.status);
    CHECK(got.samples == std::string(kPrimary) + std::string(kSlots) +
                             R"(pg_replication_slot_safe_wal_size_bytes{target="nc",slot_name="s",slot_type="physical"} 77
pg_replication_slot_wal_status{target="nc",slot_name="s",slot_type="physical",wal_status="reserved"} 1
)" + std::string(kOldSlots) + std::string(kSenders));
  }
}

TEST_CASE("pg_replication: a logical slot, whose reader confirmed a position") {
  FakeServer server(Engine::postgresql, 150018);
  fill(server, true);
  server.answer("s.safe_wal_size",
                {"slot_name", "slot_type", "database", "active", "current_wal_lsn", "confirmed_flush_lsn", "kept",
                 "safe_wal_size", "wal_status", "one"},
                {{"l", "logical", "nc", "1", "5000", "4900", "300", kNull, "extended", "1"}});
  const Collected got = read_once(pg_replication_collector, server);
  REQUIRE(got.status);
  CHECK(got.samples.find(R"(pg_replication_slot_slot_current_wal_lsn{target="nc",slot_name="l",slot_type="logical"} 5000
pg_replication_slot_slot_confirmed_flush_lsn{target="nc",slot_name="l",slot_type="logical"} 4900
pg_replication_slot_slot_is_active{target="nc",slot_name="l",slot_type="logical"} 1
pg_replication_slot_wal_status{target="nc",slot_name="l",slot_type="logical",wal_status="extended"} 1
pg_replication_slots_active{target="nc",slot_name="l",database="nc"} 1
pg_replication_slots_pg_wal_lsn_diff{target="nc",slot_name="l",database="nc"} 300
)") != std::string::npos);
}

TEST_CASE("pg_replication: a standby without slots") {
  FakeServer server(Engine::postgresql, 150018);
  fill(server, true);
  server.answer("s.safe_wal_size", {"slot_name"}, {});
  const Collected got = read_once(pg_replication_collector, server);
  REQUIRE(got.status);
  CHECK(got.samples == R"(pg_replication_lag_seconds{target="nc"} 2.5
pg_replication_is_replica{target="nc"} 1
pg_replication_last_replay_seconds{target="nc"} 2.5
)");
}

TEST_CASE("pg_replication: a refused grant") {
  FakeServer server(Engine::postgresql, 150004);
  server.refuse("is_replica", Errc::permission);
  const Collected got = read_once(pg_replication_collector, server);
  CHECK(got.status.error().code == Errc::permission);
  CHECK(got.samples.empty());
}
