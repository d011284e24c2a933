// POST /alertmanager: the door through which alerts come in.
//
//   take_in(request, std::move(reply), engine);
//
// Alertmanager never comes again after a 4xx, so only three things are one: a body that no Alertmanager wrote (400), and a sender that
// may not send (401 without a name, 403 with a wrong one). Everything else is 503, and Alertmanager comes again.
#pragma once

#include "notifier/engine/engine.h"
#include "web/server.h"

namespace finwatch::notifier {

inline constexpr std::size_t kMostWebhook = std::size_t{16} << 20;

void take_in(const WebRequest& request, WebReply reply, Engine& engine);

}  // namespace finwatch::notifier
