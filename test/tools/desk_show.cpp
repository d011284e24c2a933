// The notifier's pages with a made-up night in them: prints the address, and serves until it is ended.
//
//   finwatch_desk_show [port] [follows]       # users zhang.wei (responder), admin, auditor; the password is "correct horse"
#include <unistd.h>

#include <cstdio>
#include <string>

#include "desk_night.h"
#include "notifier/incident/ticket.h"
#include "run/runner.h"
#include "web/server.h"

using namespace finwatch::notifier;
using namespace finwatch::notifier::desk_test;

int main(int count, char** arguments) {
  Night night;
  night.engine.leads = count < 3;
  night.engine.leader = night.engine.leads ? "" : "notify2.example.com:19605";
  finwatch::Env env;
  env.clock = &night.clock;
  auto desk = Desk::open(
      night.engine, [&] { return open_fake(night.journal); }, env);
  if (!desk) return std::puts(desk.error().message.c_str()), 1;
  finwatch::Runner runner({.name_prefix = "show"}, env);
  const std::string port = count > 1 ? arguments[1] : "0";
  finwatch::WebHooks hooks;
  hooks.routes = (*desk)->routes();
  auto server = finwatch::WebServer::start({.listen_addresses = {"127.0.0.1:" + port}, .program = "finwatch-notifier"},
                                           std::move(hooks), runner, env);
  if (!server) return std::puts(server.error().message.c_str()), 1;
  std::printf("http://%s/incidents\n", (*server)->addresses()[0].c_str());
  for (const std::int64_t id : {42, 40, 39})
    std::printf("http://%s/ack?t=%s\n", (*server)->addresses()[0].c_str(),
                sign_ticket(night.setup->page.key, {.incident = id, .person = "zhang.wei", .until = kNow + hours{48}}).c_str());
  std::printf("code %s\n", ticket_code(night.setup->page.key, 42, "zhang.wei").c_str());
  std::fflush(stdout);
  ::pause();
  return 0;
}
