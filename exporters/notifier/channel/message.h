// What is said, to whom; each channel puts it into its own words and form.
//
//   Message message{.reference = "D17", .purpose = Purpose::page, .facts = {facts}, .to = {zhang_wei}, …};
//   const Receipt receipt = channel.send(message, deadline);
//
// One incident, or a digest of several: facts has one entry each, the gravest first, and `more` counts those left out.
#pragma once

#include <string>
#include <vector>

#include "conf/both_languages.h"
#include "conf/zone.h"
#include "notifier/incident/incident.h"

namespace finwatch::notifier {

/// Of one incident, as it stands when the message is made.
struct IncidentFacts {
  std::int64_t id = 0;
  Words title, service, severity, fault_class;  // names for people; service may be empty
  std::string where, runbook;                   // runbook: a link, or empty
  State state = State::received;
  WallTime began;
  std::optional<WallTime> deadline;  // the next one that is promised
  std::string deadline_clock;        // "answer" …; empty without one
  int firing = 0;
  Words note;  // "half of the time to answer is used up", "joined: …"; may be empty
  std::string acknowledged_by;
  std::optional<WallTime> resolved;
};

struct Recipient {
  std::string id;
  Words name;
  std::string email, phone, dingtalk, wecom, feishu;
  std::string link;  // the signed page of the first incident for this person; empty when no address of the page is set up
  std::string code;  // six digits to type there; empty as before
};

struct Message {
  std::string reference;  // the same for every attempt: "D17". OutId, SessionContext, Message-ID are made of it
  Purpose purpose = Purpose::page;
  ChannelKind channel = ChannelKind::console;  // by which it is to be said, also where the console says it instead
  std::vector<IncidentFacts> facts;
  std::size_t more = 0;
  std::vector<Recipient> to;  // one of a personal channel; those to mention in a group
  std::string page;           // where all open incidents are; empty when no address is set up
  Words organisation;
  Zone zone;
  std::vector<std::string> languages;  // "zh", "en"
  int attempt = 1;
  WallTime now;
  WallTime first_attempt;    // of the first attempt, for asking the provider
  bool maybe_twice = false;  // it may have been said before, and the provider cannot be asked: the text says so
};

}  // namespace finwatch::notifier
