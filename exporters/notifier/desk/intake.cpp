#include "notifier/desk/intake.h"

#include "core/text.h"
#include "web/credentials.h"

namespace finwatch::notifier {
namespace {

enum class Right : unsigned char { may, unnamed, refused };

Right may_send(std::string_view authorization, const IntakeSetup& setup) {
  if (setup.open) return Right::may;
  if (authorization.empty()) return Right::unnamed;
  constexpr std::string_view kBearer = "bearer ";
  if (!setup.token.empty() && lower_case(authorization.substr(0, kBearer.size())) == kBearer &&
      same_secret(trim(authorization.substr(kBearer.size())), setup.token.reveal()))
    return Right::may;
  const std::optional<Credentials> given = parse_basic_auth(authorization);
  if (!given || setup.password.empty()) return Right::refused;
  const bool user = same_secret(given->user, setup.user);
  const bool password = same_secret(given->password, setup.password.reveal());
  return user && password ? Right::may : Right::refused;
}

}  // namespace

void take_in(const WebRequest& request, WebReply reply, Engine& engine) {
  const std::shared_ptr<const Setup> setup = engine.setup();
  const Right right = may_send(request.header("Authorization"), setup->intake);
  if (right != Right::may) engine.turned_away();
  switch (right) {
    case Right::may: break;
    case Right::unnamed:
      return reply.send({.code = 401,
                         .body = "this webhook needs a token or a password: http_config in alertmanager.yml\n",
                         .headers = {{"WWW-Authenticate", setup->intake.token.empty() ? "Basic" : "Bearer"}}});
    case Right::refused: return reply.send({.code = 403, .body = "the token or the password is wrong\n", .headers = {}});
  }
  const auto kept = std::make_shared<WebReply>(std::move(reply));  // a callback must be copyable
  engine.webhook(std::string(request.body()), [kept](const Status& status) {
    if (status) return kept->send({.body = "accepted\n", .headers = {}});
    if (status.error().code == Errc::malformed)
      return kept->send({.code = 400, .body = status.error().message + "\n", .headers = {}});
    kept->send({.code = 503, .body = "not on disk: " + status.error().message + "\n", .headers = {{"Retry-After", "5"}}});
  });
}

}  // namespace finwatch::notifier
