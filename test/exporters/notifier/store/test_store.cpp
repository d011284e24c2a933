#include "engines.h"
#include "notifier/store/schema.h"

namespace finwatch::notifier::test {
namespace {

using Catch::Matchers::Contains;

const std::string kStrange = std::string("it's \\ \"quoted\" 100% _x; -- 凭证\n$1 ") + "\xF0\x9F\x94\xA5";

Incident full_incident() {
  Incident i = incident_of(7, State::closed);
  i.area = "database";
  i.runbook = kStrange;
  i.where = "db1:9100";
  i.outcome = Outcome::false_alarm;
  i.began = at(1, 1);
  i.acknowledged = at(2, 999'999'999);
  i.diagnosed = at(3);
  i.resolved = at(4);
  i.verified = at(5);
  i.acknowledged_by = "zhang.wei";
  i.assigned = "li.na";
  i.diagnosis = kStrange;
  i.merged_into = 3;
  i.reopened = 2;
  i.firing = 1;
  i.alerts = 12;
  i.rests = {{at(1), at(2, 5)}, {at(3), at(4)}};
  i.next_step = 3;
  i.told_levels = 0xffffffffU;
  i.refired = at(31);
  return i;
}

Delivery full_delivery() {
  Delivery d = delivery_of(9, 7, DeliveryState::delivered);
  d.purpose = Purpose::breach;
  d.step = 2;
  d.channel = ChannelKind::wecom;
  d.mention = {"zhang.wei", "a'b"};
  d.attempts = 3;
  d.sent = at(10, 1);
  d.code = "isv.BUSINESS_LIMIT_CONTROL";
  d.note = kStrange;
  d.provider_id = "8^2";
  d.fallback_of = 4;
  d.carried_by = 5;
  d.maybe_twice = true;
  return d;
}

template <class Engine>
void comes_back() {
  const Engine engine;
  Changes changes;
  changes.incidents = {full_incident(), incident_of(8)};
  changes.alerts = {alert_of("00ff00ff00ff00ff", 7), alert_of("00ff00ff00ff00aa", 8)};
  changes.alerts[0].firing = false;
  changes.alerts[0].ended = at(99, 7);
  changes.alerts[0].labels = "{\"a\":\"" + kStrange + "\"}";
  changes.alerts[0].generator_url = "http://prometheus/graph?g0.expr=a%20%3E%201";
  changes.timeline = {entry_of(7, "fired", kStrange), entry_of(7, "acknowledged"), entry_of(8, "fired")};
  changes.timeline[1].channel = "link";
  changes.deliveries = {full_delivery(), delivery_of(10, 8)};
  changes.counters = {{{"finwatch_incidents_total", R"(class="major",outcome="solved")"}, 3},
                      {{"finwatch_answer_seconds_sum", ""}, 0.1 + 0.2},
                      {{"finwatch_answer_seconds_bucket", R"(le="1e+300")"}, 12345678901234567.0}};
  must(engine.leading()->commit(changes));

  const auto store = engine.leading();
  const Saved saved = must(store->load(at(0), at(20)));
  CHECK(shown(saved.incidents) == shown(changes.incidents));
  CHECK(shown(saved.deliveries) == shown(changes.deliveries));
  CHECK(saved.counters == changes.counters);
  CHECK(saved.next_incident == 9);
  CHECK(saved.next_delivery == 11);
  std::vector<AlertRecord> bare = changes.alerts;
  for (AlertRecord& alert : bare) alert.labels = alert.annotations = "";
  CHECK(shown(saved.alerts) == shown(bare));

  CHECK(shown(must(store->alerts(7, 10))) == shown(std::vector{changes.alerts[0]}));
  const auto timeline = must(store->timeline(7, 10));
  REQUIRE(timeline.size() == 2);
  CHECK(shown(timeline) == shown(std::vector{changes.timeline[0], changes.timeline[1]}));
  CHECK(timeline[0].sequence < timeline[1].sequence);
  CHECK(shown(*must(store->incident(7))) == shown(changes.incidents[0]));
  CHECK_FALSE(must(store->incident(6)));
  CHECK(must(store->size()).bytes > 0);
  CHECK(must(store->size()).oldest == changes.timeline[0].at);
}
STORE_TEST(comes_back, "what was committed comes back, to the last nanosecond")

template <class Engine>
void empty_store() {
  const Engine engine;
  const auto store = engine.leading();
  const Saved saved = must(store->load(at(0), at(0)));
  CHECK(saved.incidents.empty());
  CHECK(saved.next_incident == 1);
  CHECK(saved.next_delivery == 1);
  CHECK_FALSE(must(store->size()).oldest);
  CHECK(store->commit({}));
}
STORE_TEST(empty_store, "an empty journal begins with number 1")

template <class Engine>
void written_over() {
  const Engine engine;
  const auto store = engine.leading();
  AlertRecord alert = alert_of("aa", 7);
  alert.generator_url = "http://prometheus/graph";
  must(store->commit({.incidents = {incident_of(7)}, .alerts = {alert}}));
  // What Alertmanager says again has labels; a change of state has none, and leaves them. Both may come in one commit.
  AlertRecord ended = alert, moved = alert;
  ended.labels = ended.annotations = ended.alertname = ended.severity = ended.fault_class = ended.generator_url = "";
  ended.firing = false;
  ended.ended = at(50);
  moved.incident = 8;
  moved.labels = R"({"new":"1"})";
  moved.annotations = "";
  must(store->commit({.incidents = {incident_of(7, State::assigned), incident_of(7, State::acknowledged)}, .alerts = {ended}}));
  CHECK(must(store->incident(7))->state == State::acknowledged);
  auto alerts = must(store->alerts(7, 10));
  REQUIRE(alerts.size() == 1);
  CHECK(alerts[0].labels == alert.labels);
  CHECK(alerts[0].annotations == alert.annotations);
  CHECK(alerts[0].alertname == alert.alertname);
  CHECK(alerts[0].severity == alert.severity);
  CHECK(alerts[0].fault_class == alert.fault_class);
  CHECK(alerts[0].generator_url == alert.generator_url);
  CHECK_FALSE(alerts[0].firing);
  must(store->commit({.alerts = {moved, ended, moved, ended}}));
  alerts = must(store->alerts(7, 10));
  REQUIRE(alerts.size() == 1);
  CHECK(alerts[0].labels == moved.labels);
  CHECK(alerts[0].annotations == alert.annotations);
  // Another beginning is another alert.
  alert.starts += nanoseconds{1};
  must(store->commit({.alerts = {alert}}));
  CHECK(must(store->alerts(7, 10)).size() == 2);
  CHECK(must(store->alerts(7, 1)).front().firing);
}
STORE_TEST(written_over, "rows are written over what was there, labels stay where none are given")

template <class Engine>
void loads_what_matters() {
  const Engine engine;
  const auto store = engine.leading();
  Changes changes;
  changes.incidents = {incident_of(1, State::closed), incident_of(2, State::closed), incident_of(3, State::verified)};
  changes.incidents[1].closed = at(5000);
  for (const std::int64_t id : {1, 2, 3}) changes.alerts.push_back(alert_of("aa", id));
  const auto day_ago = at(0);
  for (const DeliveryState state : {DeliveryState::queued, DeliveryState::sending, DeliveryState::delivered,
                                    DeliveryState::failed, DeliveryState::dropped, DeliveryState::delivered}) {
    changes.deliveries.push_back(delivery_of(static_cast<std::int64_t>(changes.deliveries.size()) + 1, 3, state));
    changes.deliveries.back().done.reset();
  }
  changes.deliveries[2].done = day_ago;
  changes.deliveries[3].done = day_ago + hours{3};
  changes.deliveries[4].done = day_ago - seconds{1};
  changes.deliveries[5].done = day_ago - nanoseconds{1};
  must(store->commit(changes));
  const Saved saved = must(store->load(at(5000), day_ago + hours{24}));
  REQUIRE(saved.incidents.size() == 2);
  CHECK(saved.incidents[0].id == 2);
  CHECK(saved.incidents[1].id == 3);
  REQUIRE(saved.alerts.size() == 2);
  CHECK(saved.alerts[0].incident == 2);
  REQUIRE(saved.deliveries.size() == 4);
  CHECK(saved.deliveries[0].id == 1);
  CHECK(saved.deliveries[3].id == 4);
  CHECK(saved.next_incident == 4);
  CHECK(saved.next_delivery == 7);
}
STORE_TEST(loads_what_matters, "load gives what is open, what may reopen, and the deliveries of a day")

template <class Engine>
void inbox() {
  const Engine engine;
  const auto store = engine.leading();
  CHECK(must(store->posted(10)).empty());
  must(store->post("webhook", R"({"alerts":[]})", at(1, 5)));
  must(store->post("action", kStrange, at(2)));
  must(store->post("webhook", "", at(3)));
  auto posted = must(store->posted(2));
  REQUIRE(posted.size() == 2);
  CHECK(posted[0].kind == "webhook");
  CHECK(posted[0].body == R"({"alerts":[]})");
  CHECK(posted[0].at == at(1, 5));
  CHECK(posted[1].body == kStrange);
  must(store->commit({.timeline = {entry_of(1, "fired")}, .consumed = {posted[0].sequence, posted[1].sequence}}));
  const std::int64_t last = posted[1].sequence;
  posted = must(store->posted(10));
  REQUIRE(posted.size() == 1);
  CHECK(posted[0].sequence > last);
  // A number is never given twice, also when everything before it is gone.
  must(store->commit({.consumed = {posted[0].sequence}}));
  must(store->post("webhook", "", at(3)));
  CHECK(must(store->posted(10)).front().sequence > posted[0].sequence);
}
STORE_TEST(inbox, "what another instance accepted waits in the inbox until it is consumed")

template <class Engine>
void all_or_nothing() {
  const Engine engine;
  auto store = engine.leading();
  must(store->commit({.incidents = {incident_of(1)}, .counters = {{{"a_total", ""}, 1}}}));
  must(store->post("webhook", "body", at(1)));
  Changes changes{.incidents = {incident_of(1, State::closed), incident_of(2)},
                  .alerts = {alert_of("aa", 2)},
                  .timeline = {entry_of(2, "fired")},
                  .deliveries = {delivery_of(1, 2)},
                  .counters = {{{"a_total", ""}, 2}, {{"b_total", ""}, std::numeric_limits<double>::quiet_NaN()}},
                  .consumed = {must(store->posted(1)).front().sequence}};
  CHECK_FALSE(store->commit(changes));  // the last row of the last table but one is refused
  for (int look = 0; look < 2; ++look) {
    CHECK(rows_of(*store, 2) == 0);
    CHECK(must(store->incident(1))->state == State::received);
    CHECK(must(store->posted(10)).size() == 1);
    CHECK(must(store->load(at(0), at(0))).counters == Counters{{{"a_total", ""}, 1}});
    store.reset();
    store = engine.leading();
  }
  changes.counters.erase({"b_total", ""});
  must(store->commit(changes));
  CHECK(rows_of(*store, 2) == 4);
}
STORE_TEST(all_or_nothing, "a commit that fails in its middle leaves nothing")

template <class Engine>
void timeline_stays() {
  const Engine engine;
  {
    const auto store = engine.leading();
    Changes changes;
    for (int i = 0; i < 1000; ++i) changes.timeline.push_back(entry_of(1, "note", std::to_string(i)));
    must(store->commit(changes));
    const auto all = must(store->timeline(1, 5000));
    REQUIRE(all.size() == 1000);
    for (std::size_t i = 0; i < all.size(); ++i) REQUIRE(all[i].note == std::to_string(i));
    const auto newest = must(store->timeline(1, 3));
    REQUIRE(newest.size() == 3);
    CHECK(newest[0].note == "997");
    CHECK(newest[2].note == "999");
    CHECK(must(store->timeline(1, 0)).empty());
    CHECK(must(store->timeline(1, -1)).empty());
  }
  const auto database = must(engine.database());
  const Status changed = database->execute("UPDATE timeline SET note = 'nothing happened';");
  REQUIRE_FALSE(changed);
  CHECK_THAT(changed.error().message, Contains("the timeline is never changed"));
}
STORE_TEST(timeline_stays, "the timeline keeps its order and is never changed")

template <class Engine>
void reader_sees() {
  const Engine engine;
  const auto before = engine.reader();
  REQUIRE_FALSE(before);
  CHECK(before.error().code == Errc::no_data);
  const auto writer = engine.leading();
  const auto reader = must(engine.reader());
  for (std::int64_t id = 1; id <= 20; ++id) {
    must(writer->commit({.incidents = {incident_of(id)}, .timeline = {entry_of(id, "fired")}}));
    CHECK(must(reader->incidents({})).front().id == id);
    CHECK(must(reader->timeline(id, 10)).size() == 1);
  }
  CHECK(must(reader->leader()) == "host1:19605");
  CHECK_FALSE(reader->commit({.incidents = {incident_of(99)}}));
  CHECK_FALSE(reader->post("webhook", "", at(0)));
  CHECK_FALSE(reader->lead(seconds{1}));
  CHECK_FALSE(reader->remove_closed(at(0), 10, [](std::string_view) { return ok(); }));
  CHECK_FALSE(must(reader->incident(99)));
}
STORE_TEST(reader_sees, "a reader sees what is committed, while the writer writes, and changes nothing")

template <class Engine>
void versions() {
  const Engine engine;
  must(engine.open());
  const std::vector<Migration> two = {migrations()[0], {.both = "ALTER TABLE inbox ADD COLUMN origin TEXT;"}};
  const std::vector<Migration> broken = {migrations()[0],
                                         {.both = "ALTER TABLE inbox ADD COLUMN origin TEXT; INSERT INTO nowhere VALUES (1);"}};
  {
    const auto database = must(engine.database());
    const Status failed = upgrade(*database, broken);
    REQUIRE_FALSE(failed);
    CHECK_THAT(failed.error().message, Contains("cannot be brought to version 2") && Contains("nowhere"));
    SqlTable rows;
    CHECK_FALSE(database->query("SELECT origin FROM inbox", rows));
    must(check_version(*database));
    const Status older = check_version(*database, two);
    REQUIRE_FALSE(older);
    CHECK_THAT(older.error().message, Contains("older version 1"));
    must(upgrade(*database, two));
    must(database->query("SELECT origin FROM inbox", rows));
  }
  for (const auto& opened : {engine.open(), engine.reader()}) {
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == Errc::config);
    CHECK_THAT(opened.error().message, Contains("version 2") && Contains("knows none above 1"));
  }
}
STORE_TEST(versions, "an older journal is brought up to date as a whole, a newer one is refused")

template <class Engine>
void others_tables() {
  const Engine engine;
  must(must(engine.database())->execute("CREATE TABLE holiday (day TEXT);"));
  const auto opened = engine.open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == Errc::config);
  CHECK_THAT(opened.error().message, Contains("no journal of finwatch-notifier"));
}
STORE_TEST(others_tables, "tables of somebody else are left alone")

template <class Engine>
void large_text() {
  const Engine engine;
  const auto store = engine.leading();
  std::string megabytes(3U << 20, 'x');
  megabytes[77] = '\'';
  must(store->commit({.timeline = {entry_of(1, "note", megabytes), entry_of(1, "note", "after")}}));
  const auto timeline = must(store->timeline(1, 10));
  REQUIRE(timeline.size() == 2);
  CHECK(timeline[0].note == megabytes);
  // What no engine takes becomes a sign that everybody knows.
  must(store->commit({.timeline = {entry_of(2, "note", std::string("a\0b\xff", 4))}}));
  CHECK(must(store->timeline(2, 1)).front().note ==
        "a\xEF\xBF\xBD"
        "b\xEF\xBF\xBD");
}
STORE_TEST(large_text, "long texts and broken ones")

}  // namespace
}  // namespace finwatch::notifier::test
