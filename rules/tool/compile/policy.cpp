// notifier.yml: what finwatch-notifier needs of the contract: the clocks, the steps, who is on duty, and by what ways they are told.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <set>

#include "core/files.h"
#include "rules/tool/compile/routing.h"
#include "rules/tool/compile/yaml_text.h"
#include "rules/tool/contract/rota.h"

namespace finwatch::rules {
namespace {

// "2026-12-06T22:00"
std::string local_text(LocalTime time) {
  return to_text(day_of(time)) + "T" + clock_text(std::chrono::duration_cast<minutes>(time - day_of(time)));
}

bool is_set_up(const Channels& channels, Channel channel) {
  switch (channel) {
    case Channel::email: return channels.email.has_value();
    case Channel::dingtalk: return channels.dingtalk.has_value();
    case Channel::wecom: return channels.wecom.has_value();
    case Channel::feishu: return channels.feishu.has_value();
    case Channel::sms: return channels.sms.has_value();
    case Channel::voice: return channels.voice.has_value();
    case Channel::http: return channels.http.has_value();
  }
  return false;
}

// What a channel must know of a person; robots and gateways speak to a group.
const std::string* address_of(const Person& person, Channel channel) {
  if (channel == Channel::email) return &person.email;
  return channel == Channel::sms || channel == Channel::voice ? &person.phone : nullptr;
}

using Rotas = std::map<std::string, std::pair<Rota, std::string>>;  // by duty, with the text of the file

Result<Rotas> load_rotas(const Contract& contract) {
  Rotas rotas;
  for (const auto& [id, duty] : contract.duties) {
    if (duty.rota.empty()) continue;
    const std::string path = duty.where.beside(duty.rota);
    Result<std::string> text = read_file(path);
    if (!text)
      return Error{Errc::config,
                   duty.where.text() + ": duties." + id + ".rota: cannot read " + path + ": " + text.error().message};
    Result<Rota> rota = read_rota(*text, path, duty.hand_over);
    if (!rota) return rota.error();
    if (Status known = check_people(*rota, contract); !known) return known.error();
    rotas.emplace(id, std::pair{std::move(*rota), std::move(*text)});
  }
  return rotas;
}

std::set<std::string> people_of(const Duty& duty, const Rotas& rotas) {
  std::set<std::string> people(duty.people.begin(), duty.people.end());
  if (const auto rota = rotas.find(duty.id); rota != rotas.end())
    for (const Rota::Line& line : rota->second.first.lines())
      if (!line.person.empty()) people.insert(line.person);
  return people;
}

// A step that could reach nobody is found now, not at three in the morning.
Status check_steps(const Contract& contract, const Rotas& rotas) {
  for (const auto& [id, steps] : contract.policies)
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const std::string at = steps[i].where.text() + ": policies." + id + "[" + std::to_string(i) + "].by: ";
      for (const Channel channel : steps[i].by) {
        if (!is_set_up(*contract.channels, channel))
          return {Errc::config, at + "'" + std::string(to_string(channel)) + "' is not set up: say how under channels." +
                                    std::string(to_string(channel))};
        for (const std::string& person : people_of(contract.duties.at(steps[i].tell), rotas)) {
          const std::string* address = address_of(contract.people.at(person), channel);
          if (address != nullptr && address->empty())
            return {Errc::config, at + std::string(to_string(channel)) + " cannot reach " + person + ": people." + person +
                                      " has no '" + (channel == Channel::email ? "email" : "phone") + "'"};
        }
      }
    }
  return ok();
}

// Relative ones are copied beside what is made; a whole path is read where it is, and changes without compiling.
std::string rota_path(const Duty& duty) { return duty.rota.starts_with('/') ? duty.rota : "rota/" + duty.id + ".csv"; }

class Writer {
 public:
  explicit Writer(const Contract& contract) : contract_(contract) {}

  File file(const std::vector<Area>& areas) {
    yaml_.plain(0, "version", "1");
    yaml_.line(0, "organisation:").words(1, "name", contract_.organisation).text(1, "time_zone", contract_.time_zone);
    yaml_.list(1, "languages", contract_.languages);
    alertmanager(areas);
    calendar();
    promises();
    people();
    yaml_.line(0, contract_.services.empty() ? "services: []" : "services:");
    for (const Service& service : contract_.services)
      yaml_.text(1, "- id", service.id).words(2, "name", service.name).text(2, "class", service.fault_class);
    channels();
    return {"notifier.yml", yaml_.made()};
  }

 private:
  // How often Alertmanager says what still holds: what it says no more has ended unseen.
  void alertmanager(const std::vector<Area>& areas) {
    yaml_.line(0, "alertmanager:").length(1, "says_again_every", notifier_pace(true).repeat);
    for (const Area& area : areas)
      for (const Alert& alert : area.alerts)
        if (alert.heartbeat) {
          yaml_.line(1, "heartbeat:").text(2, "alert", alert.id);
          yaml_.length(2, "silent_after", 3 * heartbeat_pace().repeat + 2 * heartbeat_pace().interval);
          return;
        }
  }

  void calendar() {
    std::vector<std::string> days;
    for (std::size_t i = 0; i < kWeekdays.size(); ++i)
      if (contract_.business_hours.days[i]) days.emplace_back(kWeekdays[i]);
    yaml_.line(0, "calendar:").line(1, "business_hours:").list(2, "days", days);
    yaml_.text(2, "from", clock_text(contract_.business_hours.hours.from));
    yaml_.text(2, "to", clock_text(contract_.business_hours.hours.to));
    yaml_.line(1, contract_.maintenance.empty() ? "maintenance: []" : "maintenance:");
    for (const Maintenance& planned : contract_.maintenance)
      yaml_.text(2, "- id", planned.id)
          .list(3, "services", planned.services)
          .text(3, "from", local_text(planned.from))
          .text(3, "to", local_text(planned.to));
  }

  void clock(std::string_view key, const std::optional<nanoseconds>& promised) {
    if (promised) yaml_.length(2, key, *promised);
  }

  void promises() {
    yaml_.line(0, "classes:");
    for (const auto& [id, fault_class] : contract_.classes) {
      yaml_.line(1, id + ":").words(2, "name", fault_class.name);
      clock("answer", fault_class.answer);
      clock("first_diagnosis", fault_class.first_diagnosis);
      clock("solve", fault_class.solve);
    }
    yaml_.line(0, "severities:");
    for (const auto& [id, severity] : contract_.severities)
      yaml_.line(1, id + ":")
          .words(2, "name", severity.name)
          .text(2, "policy", severity.policy)
          .text(2, "when", severity.business_hours_only ? kBusinessHours : "always");
    yaml_.line(0, "policies:");
    for (const auto& [id, steps] : contract_.policies) {
      yaml_.line(1, id + ":");
      for (const EscalationStep& step : steps) one_step(step);
    }
  }

  void one_step(const EscalationStep& step) {
    std::vector<std::string> by;
    const bool mailed = alertmanager_mails(contract_, step);
    for (const Channel channel : step.by)
      if (!mailed || channel != Channel::email) by.emplace_back(to_string(channel));
    yaml_.length(2, "- after", step.after);
    if (step.unless_acknowledged) yaml_.text(3, "unless", "acknowledged");
    yaml_.text(3, "tell", step.tell).list(3, "by", by);
    // Alertmanager sends this one itself, so that it comes while the notifier does not.
    if (mailed) yaml_.list(3, "by_alertmanager", {"email"});
  }

  void people() {
    yaml_.line(0, "duties:");
    for (const auto& [id, duty] : contract_.duties) {
      yaml_.line(1, id + ":").words(2, "name", duty.name);
      if (duty.rota.empty())
        yaml_.list(2, "people", duty.people);
      else
        yaml_.text(2, "rota", rota_path(duty)).text(2, "hand_over", clock_text(duty.hand_over));
    }
    yaml_.line(0, "people:");
    for (const auto& [id, person] : contract_.people)
      yaml_.line(1, id + ":")
          .words(2, "name", person.name)
          .text_if(2, "email", person.email)
          .text_if(2, "phone", person.phone)
          .text_if(2, "dingtalk", person.dingtalk)
          .text_if(2, "wecom", person.wecom)
          .text_if(2, "feishu", person.feishu);
  }

  void robot(std::string_view key, const std::optional<RobotChannel>& robot) {
    if (!robot) return;
    yaml_.line(1, std::string(key) + ":").text(2, "url_file", robot->url_file).text_if(2, "secret_file", robot->secret_file);
    yaml_.plain(2, "most_per_minute", std::to_string(robot->most_per_minute));
  }

  void call(const HttpCall& call) {
    yaml_.text(2, "url_file", call.url_file).text(2, "method", call.method).text(2, "content_type", call.content_type);
    yaml_.text_if(2, "body", call.body);
    if (!call.success_pointer.empty())
      yaml_.line(2, "success:").text(3, "pointer", call.success_pointer).text(3, "equals", call.success_equals);
  }

  void phone(std::string_view key, const std::optional<PhoneChannel>& phone) {
    if (!phone) return;
    yaml_.line(1, std::string(key) + ":").text(2, "provider", to_string(phone->provider));
    if (phone->provider == Provider::http) call(phone->call);
    yaml_.text_if(2, "region", phone->region).text_if(2, "key_id_file", phone->key_id_file);
    yaml_.text_if(2, "key_secret_file", phone->key_secret_file).text_if(2, "app", phone->app);
    yaml_.text_if(2, "sign_name", phone->sign_name).text_if(2, "template", phone->template_code);
    yaml_.list(2, "variables", phone->variables).text_if(2, "caller", phone->caller);
    yaml_.plain(2, "most_per_day", std::to_string(phone->most_per_day));
  }

  void channels() {
    const Channels& channels = *contract_.channels;
    yaml_.line(0, "channels:");
    if (channels.email) {
      yaml_.line(1, "email:").text(2, "smarthost", channels.email->smarthost).text(2, "from", channels.email->from);
      yaml_.text_if(2, "user", channels.email->user).text_if(2, "password_file", channels.email->password_file);
      yaml_.plain(2, "require_tls", channels.email->require_tls ? "true" : "false");
    }
    robot("dingtalk", channels.dingtalk);
    robot("wecom", channels.wecom);
    robot("feishu", channels.feishu);
    phone("sms", channels.sms);
    phone("voice", channels.voice);
    if (!channels.http) return;
    yaml_.line(1, "http:");
    call(channels.http->call);
    yaml_.plain(2, "most_per_minute", std::to_string(channels.http->most_per_minute));
  }

  const Contract& contract_;
  YamlText yaml_;
};

}  // namespace

Result<std::vector<File>> compile_policy(const Contract& contract, const std::vector<Area>& areas) {
  if (!contract.channels) return std::vector<File>{};
  const Result<Rotas> rotas = load_rotas(contract);
  if (!rotas) return rotas.error();
  if (Status status = check_steps(contract, *rotas); !status) return status.error();
  std::vector<File> files;
  if (contract.channels->notifier) files.push_back(Writer(contract).file(areas));
  for (const auto& [id, rota] : *rotas)
    if (const Duty& duty = contract.duties.at(id); contract.channels->notifier && !duty.rota.starts_with('/')) {
      std::string_view text = rota.second;
      if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
      files.push_back({rota_path(duty), std::string(kMade) + std::string(text)});
    }
  return files;
}

}  // namespace finwatch::rules
